//! The text of the tokens of a prompt. A character may take several tokens: its text then stands at the first of them, and that
//! of the others is empty, so that the texts together are the prompt and every token keeps its place.

use std::iter::repeat_n;

use crate::core::escape::{TokenText, tokens as shown};

/// Most tokens that are tried as one piece of text. A token is at least a byte and a character at most four, but a token may also
/// end one character and begin the next.
const LONGEST: usize = 16;

/// The text of each of `tokens`, printable as [`shown`] says, up to `most` characters and one more where it is longer. `decode` gives the
/// text of tokens together, with U+FFFD for bytes that are no character; a token without text of its own, or that belongs to no whole
/// character, is shown as `spelled` says.
///
/// Decoders may take the space from the front of a text, as those of SentencePiece do. So each text is what its tokens add to the text of
/// those before them.
pub fn texts(tokens: &[u32], most: usize, decode: impl Fn(&[u32]) -> String, spelled: impl Fn(u32) -> String) -> Vec<String> {
    let mut texts: Vec<TokenText> = Vec::with_capacity(tokens.len());
    // Where the piece before begins.
    let mut before = 0;
    while texts.len() < tokens.len() {
        let start = texts.len();
        let most_tokens = (tokens.len() - start).min(LONGEST);
        let context = decode(&tokens[before..start]);
        let added = |count: usize| {
            let together = decode(&tokens[before..start + count]);
            let own = together.strip_prefix(&context).map(str::to_owned);
            // Bytes before that are no character can be understood in another way together with these.
            let alone = || Some(decode(&tokens[start..start + count]));
            let is_whole = |text: &String| !text.contains('\u{fffd}');
            Some((count, own.filter(is_whole).or_else(|| alone().filter(is_whole))?))
        };
        match (1..=most_tokens).find_map(added) {
            Some((count, text)) if !text.is_empty() => {
                texts.push(TokenText::Decoded(beginning(text, most)));
                texts.extend(repeat_n(TokenText::Decoded(String::new()), count - 1));
            }
            _ => texts.push(TokenText::Spelled(spelled(tokens[start]))),
        }
        before = start;
    }
    shown(&texts)
}

/// The first characters of `text`: `most`, and one more by which it is seen that it was cut.
pub fn beginning(mut text: String, most: usize) -> String {
    if let Some((end, _)) = text.char_indices().nth(most + 1) {
        text.truncate(end);
        text.shrink_to_fit();
    }
    text
}

/// The bytes of a token of a byte-level vocabulary, those outside ASCII as `\xe2`; other tokens as their vocabulary writes them.
pub fn spelled(token: &str) -> String {
    let bytes: Option<Vec<u8>> = token.chars().map(byte_of).collect();
    bytes.map_or_else(|| token.to_owned(), |bytes| bytes.escape_ascii().to_string())
}

/// The byte for which a character stands in byte-level vocabularies: `bytes_to_unicode` of GPT-2
/// (<https://github.com/openai/gpt-2/blob/master/src/encoder.py>).
fn byte_of(character: char) -> Option<u8> {
    let stands_for_itself = |byte: &u8| matches!(byte, 33..=126 | 161..=172 | 174..=255);
    let code = u32::from(character);
    match u8::try_from(code) {
        Ok(byte) => Some(byte).filter(stands_for_itself),
        Err(_) => (0..=u8::MAX).filter(|byte| !stands_for_itself(byte)).nth(code as usize - 256),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Token ids are bytes here, and 256 and 257 hold the end of one character and the beginning of the next.
    fn bytes(tokens: &[u32]) -> Vec<u8> {
        let bytes = |token: &u32| match token {
            256 => vec![0xa9, 0xe2],
            257 => vec![b' ', 0xf0, 0x9f],
            byte => vec![*byte as u8],
        };
        tokens.iter().flat_map(bytes).collect()
    }

    fn of(tokens: &[u32]) -> Vec<String> {
        let decode = |tokens: &[u32]| String::from_utf8_lossy(&bytes(tokens)).into_owned();
        texts(tokens, 1000, decode, |token| bytes(&[token]).escape_ascii().to_string())
    }

    #[test]
    fn a_character_stands_at_its_first_token() {
        let cases: [(&[u32], &[&str]); 7] = [
            (&[], &[]),
            (&[0x61, 0x62], &["a", "b"]),
            (&[0x61, 0xc3, 0xa9, 0x62], &["a", "é", "", "b"]),
            (&[0xe5, 0x90, 0x8d, 0xe5, 0x89, 0x8d], &["名", "", "", "前", "", ""]),
            (&[0x61, 257, 0x8f, 0xb3], &["a", " 🏳", "", ""]),
            // One token ends é and begins €, so the two cannot be told apart.
            (&[0xc3, 256, 0x82, 0xac], &["é€", "", "", ""]),
            // A character that is never ended.
            (&[0x61, 0xf0, 0x9f, 0x62], &["a", "\\xf0", "\\x9f", "b"]),
        ];
        for (tokens, expected) in cases {
            assert_eq!(of(tokens), expected);
        }
    }

    #[test]
    fn texts_are_as_many_as_tokens_and_make_up_the_text() {
        let text = "José 名前 🏳\u{fe0f}\u{200d}🌈 שלום e\u{301}";
        let tokens: Vec<u32> = text.bytes().map(u32::from).collect();
        let texts = of(&tokens);
        assert_eq!((texts.len(), texts.concat().as_str()), (tokens.len(), text));
    }

    #[test]
    fn a_byte_level_token_is_spelled_in_bytes() {
        // The vocabulary's letters for the bytes of " 🏳": 20 f0 9f.
        assert_eq!(spelled("ĠðŁ"), " \\xf0\\x9f");
        assert_eq!(spelled("<0xF0>"), "<0xF0>");
        assert_eq!(spelled("名"), "名");
        let letters: std::collections::BTreeSet<u8> = (0..400).filter_map(char::from_u32).filter_map(byte_of).collect();
        assert_eq!(letters.len(), 256);
    }
}
