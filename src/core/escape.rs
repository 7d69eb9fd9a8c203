//! Escapes for characters that a reader would not see, or that act on what stands around them: controls, format characters, joiners that
//! join nothing, and every space but U+0020. Two names that look alike are then the same name: a joiner at the end of a whole text joins
//! nothing, and only at the end of a text that was cut it may.

use std::borrow::Cow;
use std::fmt::Write;
use std::sync::LazyLock;

use regex::Regex;

/// What is not seen: controls, separators, format characters and what a font may leave out, with the empty Braille cell; without U+0020,
/// and without the format characters that have a shape, such as the Arabic number sign.
static HIDDEN: LazyLock<Regex> = LazyLock::new(|| {
    class(r"[[\p{Cc}\p{Cf}\p{Z}\p{Default_Ignorable_Code_Point}\u{2800}]--[\x20\p{Prepended_Concatenation_Mark}]]")
});

/// Letters and marks of the scripts in which a joiner between two of them changes their shapes.
static JOINED: LazyLock<Regex> = LazyLock::new(|| {
    let scripts = [
        "Arabic",
        "Syriac",
        "Mandaic",
        "Nko",
        "Mongolian",
        "Devanagari",
        "Bengali",
        "Gurmukhi",
        "Gujarati",
        "Oriya",
        "Tamil",
        "Telugu",
        "Kannada",
        "Malayalam",
        "Sinhala",
        "Tibetan",
        "Myanmar",
        "Khmer",
    ];
    class(&format!(r"[[\p{{L}}\p{{M}}]&&[{}]]", scripts.map(|script| format!(r"\p{{scx={script}}}")).concat()))
});

static PICTOGRAPH: LazyLock<Regex> = LazyLock::new(|| class(r"\p{Extended_Pictographic}"));
static SKIN_TONE: LazyLock<Regex> = LazyLock::new(|| class(r"\p{Emoji_Modifier}"));

const NON_JOINER: char = '\u{200c}';
const JOINER: char = '\u{200d}';

/// The box around a digit.
const KEYCAP: char = '\u{20e3}';

/// A class of single characters.
fn class(class: &str) -> Regex {
    Regex::new(class).expect("the classes are the program's own")
}

fn is_of(class: &Regex, character: char) -> bool {
    class.is_match(character.encode_utf8(&mut [0; 4]))
}

fn is_hidden(character: char) -> bool {
    if character.is_ascii() { character.is_ascii_control() } else { is_of(&HIDDEN, character) }
}

/// Replaces every character that is not seen by its escape, such as `\n`, `\x1b` and `\u202e`; those that are part of one that is seen stay:
/// of an emoji, or between letters that they join. What was made printable stays as it is.
pub fn printable(text: &str) -> String {
    escaped(text, false)
}

/// As [`printable`], of a text that was cut, such as one of the [`tokens`] of a prompt: a joiner at its end may join what followed.
pub fn printable_part(text: &str) -> String {
    escaped(text, true)
}

/// The first `count` characters of `text` as [`printable`] shows them in all of it.
pub fn printable_start(text: &str, count: usize) -> String {
    let characters: Vec<char> = text.chars().collect();
    let mut shown = String::with_capacity(text.len());
    escape(&characters, count, false, &|_| false, &mut shown);
    shown
}

fn escaped(text: &str, goes_on: bool) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    let characters: Vec<char> = text.chars().collect();
    let mut shown = String::with_capacity(text.len());
    escape(&characters, characters.len(), goes_on, &|_| false, &mut shown);
    shown
}

fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// As [`printable`], with the line breaks and tabs of `text` as they are. In text of JSON these are the escapes of JSON itself.
pub fn visible(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\n' | b'\t')) {
        return Cow::Borrowed(text);
    }
    let characters: Vec<char> = text.chars().collect();
    let mut shown = String::with_capacity(text.len());
    escape(&characters, characters.len(), false, &|character| matches!(character, '\n' | '\t'), &mut shown);
    Cow::Owned(shown)
}

/// The text of one token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenText {
    /// Characters of the prompt.
    Decoded(String),
    /// The bytes of a token that holds no whole character, or its name in the vocabulary.
    Spelled(String),
}

/// The texts of tokens that follow each other, made printable in such a way that those of two different prompts differ: a backslash of the
/// prompt is doubled. An emoji of several characters stands at the first of its tokens, a joiner at the token before it; a single one of
/// them stays as it is by [`printable_part`].
pub fn tokens(texts: &[TokenText]) -> Vec<String> {
    let places = |(place, text): (usize, &TokenText)| match text {
        TokenText::Decoded(text) => text.chars().map(|character| (character, Some(place))).collect::<Vec<_>>(),
        // Like the end of a text: what stands before and behind it joins nothing.
        TokenText::Spelled(_) => vec![(' ', None)],
    };
    let (characters, places): (Vec<char>, Vec<Option<usize>>) = texts.iter().enumerate().flat_map(places).unzip();
    let mut shown: Vec<String> = texts
        .iter()
        .map(|text| match text {
            TokenText::Decoded(_) => String::new(),
            TokenText::Spelled(text) => printable(text),
        })
        .collect();
    let mut home = None;
    for (at, (character, place)) in characters.iter().zip(places).enumerate() {
        let Some(place) = place else { continue };
        let kept = is_hidden(*character) && is_part(&characters, at, false);
        // A joiner that belongs to an emoji joins the next pictograph to it, too.
        let goes_on = kept || (at > 0 && continues_emoji(&characters, at));
        let own = home.filter(|_| goes_on).unwrap_or(place);
        home = Some(own);
        match *character {
            '\\' => shown[own].push_str("\\\\"),
            other if kept || !is_hidden(other) => shown[own].push(other),
            hidden => push_escaped(hidden, &mut shown[own]),
        }
    }
    shown
}

/// Whether the character at `at`, which is seen, is one with the pictograph before it.
fn continues_emoji(characters: &[char], at: usize) -> bool {
    match characters[at] {
        KEYCAP => characters[at - 1] == '\u{fe0f}' && is_part(characters, at - 1, false),
        tone if is_of(&SKIN_TONE, tone) => is_of(&PICTOGRAPH, characters[at - 1]),
        other => characters[at - 1] == JOINER && is_of(&PICTOGRAPH, other) && ends_emoji(&characters[..at - 1]),
    }
}

/// Writes the first `count` of `characters`, but for those that `stays` says with escapes. `goes_on` says whether `characters` were cut, so
/// that what follows is not known.
fn escape(characters: &[char], count: usize, goes_on: bool, stays: &dyn Fn(char) -> bool, shown: &mut String) {
    for (at, character) in characters.iter().enumerate().take(count) {
        if !is_hidden(*character) || stays(*character) || is_part(characters, at, goes_on) {
            shown.push(*character);
        } else {
            push_escaped(*character, shown);
        }
    }
}

/// Whether the hidden character at `at` is part of one that is seen; `goes_on` says whether a joiner at the end may join something.
fn is_part(characters: &[char], at: usize, goes_on: bool) -> bool {
    let Some(before) = at.checked_sub(1).map(|before| characters[before]) else { return false };
    let after = characters.get(at + 1).copied();
    let joins = |class: &Regex| after.map_or(goes_on, |after| is_of(class, after));
    match characters[at] {
        // The signs for an emoji, in colour or as text.
        '\u{fe0e}' | '\u{fe0f}' => {
            is_of(&PICTOGRAPH, before) || (matches!(before, '0'..='9' | '#' | '*') && after == Some(KEYCAP))
        }
        JOINER if ends_emoji(&characters[..at]) => joins(&PICTOGRAPH),
        JOINER | NON_JOINER => is_of(&JOINED, before) && joins(&JOINED),
        _ => false,
    }
}

/// Whether `characters` end with a pictograph and what may belong to it.
fn ends_emoji(characters: &[char]) -> bool {
    let belongs = |character: &char| *character == '\u{fe0f}' || is_of(&SKIN_TONE, *character);
    characters.iter().rev().find(|character| !belongs(character)).is_some_and(|character| is_of(&PICTOGRAPH, *character))
}

fn push_escaped(character: char, shown: &mut String) {
    // Writing into a string cannot fail.
    let _ = match character {
        '\n' => shown.write_str("\\n"),
        '\r' => shown.write_str("\\r"),
        '\t' => shown.write_str("\\t"),
        '\0'..' ' => write!(shown, "\\x{:02x}", u32::from(character)),
        _ => character.encode_utf16(&mut [0; 2]).iter().try_for_each(|unit| write!(shown, "\\u{unit:04x}")),
    };
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    /// A family of three, a flag, a farmer of a darker skin, a keycap and a heart in colour.
    const EMOJI: [&str; 5] =
        ["👨\u{200d}👩\u{200d}👧", "🏳\u{fe0f}\u{200d}🌈", "👨\u{1f3fe}\u{200d}🌾", "1\u{fe0f}\u{20e3}", "❤\u{fe0f}"];

    /// Words of Persian and Hindi with joiners between their letters.
    const WORDS: [&str; 2] = ["می\u{200c}خواهم", "क्\u{200d}ष"];

    #[test]
    fn what_is_not_seen_is_escaped() {
        assert_eq!(printable("a\x1b[31mb\nc\u{9b}d\t\r"), "a\\x1b[31mb\\nc\\u009bd\\t\\r");
        let hidden = [
            '\u{200b}', '\u{200c}', '\u{200d}', '\u{feff}', '\u{ad}', '\u{200e}', '\u{200f}', '\u{61c}', '\u{2028}', '\u{2029}',
            '\u{2060}', '\u{2064}', '\u{a0}', '\u{1680}', '\u{2003}', '\u{202f}', '\u{3000}', '\u{202e}', '\u{2066}', '\u{34f}',
            '\u{3164}', '\u{fe0f}', '\u{180e}', '\u{2800}', '\u{7f}',
        ];
        for character in hidden {
            let text = format!("John runs{character} because");
            assert_eq!(printable(&text), format!("John runs\\u{:04x} because", u32::from(character)));
        }
        // A tag character, in the two halves that JSON writes.
        assert_eq!(printable("a\u{e0041}"), "a\\udb40\\udc41");
        assert_eq!(printable("José 名前 שלום Кто e\u{301} \u{600}"), "José 名前 שלום Кто e\u{301} \u{600}");
    }

    #[test]
    fn joiners_and_selectors_stay_where_they_join() {
        for text in EMOJI.into_iter().chain(WORDS) {
            assert_eq!(printable(text), text);
            assert_eq!(tokens(&[TokenText::Decoded(text.to_owned())]), [text]);
        }
        let escaped = ["a\u{200d}b", "a\u{fe0f}", "1\u{fe0f}", "\u{200d}🌈", "❤\u{fe0f}\u{fe0f}", "م\u{200c} ", "🌈\u{200c}🌈"];
        for text in escaped {
            assert!(printable(text).contains("\\u"), "{text:?}");
        }
        // At the end of a whole text a joiner joins nothing, and two names would look alike.
        let at_end = ["🌈\u{200d}", "👨\u{1f3fe}\u{200d}", "م\u{200c}", "م\u{200d}", "क्\u{200d}"];
        for text in at_end {
            let escape = format!("\\u{:04x}", u32::from(text.chars().last().unwrap()));
            assert!(printable(text).ends_with(&escape) && visible(text).ends_with(&escape), "{text:?}: {}", printable(text));
            assert_eq!(printable_part(text), text);
        }
    }

    #[test]
    fn a_start_is_shown_as_it_is_in_the_whole() {
        for text in EMOJI.into_iter().chain(WORDS).chain(["🌈\u{200d}", "م\u{200c} a", "a\u{200d}b", "a\nb"]) {
            let characters: Vec<char> = text.chars().collect();
            let starts: Vec<String> = (0..=characters.len()).map(|count| printable_start(text, count)).collect();
            assert!(starts.windows(2).all(|pair| pair[1].starts_with(&pair[0])), "{starts:?}");
            assert_eq!(starts.last(), Some(&printable(text)));
        }
    }

    #[test]
    fn an_emoji_of_several_tokens_stands_at_the_first() {
        let of = |texts: &[&str]| tokens(&texts.iter().map(|text| TokenText::Decoded((*text).to_owned())).collect::<Vec<_>>());
        assert_eq!(of(&["a", " 🏳", "\u{fe0f}\u{200d}", "🌈", " b"]), ["a", " 🏳\u{fe0f}\u{200d}🌈", "", "", " b"]);
        assert_eq!(of(&["👨", "\u{1f3fe}", "\u{200d}", "🌾", "🌾"]), ["👨\u{1f3fe}\u{200d}🌾", "", "", "", "🌾"]);
        assert_eq!(of(&["می", "\u{200c}", "خواهم"]), ["می\u{200c}", "", "خواهم"]);
        // At the end it joins nothing.
        assert_eq!(of(&["می", "\u{200c}"]), ["می", "\\u200c"]);
        assert_eq!(of(&["John", " runs\u{200b}", "\u{a0}"]), ["John", " runs\\u200b", "\\u00a0"]);
        assert_eq!(of(&["a\n", "\\", "n"]), ["a\\n", "\\\\", "n"]);
        let spelled = TokenText::Spelled("\\xf0".to_owned());
        assert_eq!(tokens(&[TokenText::Decoded("\\xf0".to_owned()), spelled]), ["\\\\xf0", "\\xf0"]);
    }

    #[test]
    fn prompts_that_differ_are_shown_differently() {
        let between = [
            "", "\n", "\\n", "\\\\n", "\u{200b}", "\\u200b", "\u{200c}", "\u{200d}", "\u{feff}", "\u{ad}", "\u{2028}", "\u{a0}",
            " ",
        ];
        let shown = |between: &&str| tokens(&[TokenText::Decoded(format!("John runs{between} because"))]).concat();
        assert_eq!(between.iter().map(shown).collect::<BTreeSet<_>>().len(), between.len());
    }

    #[test]
    fn text_of_json_stays_the_same_json() {
        let value = serde_json::json!({ "a\u{202e}\u{9b}": ["\u{7f}\u{e0041}\n\t", "🏳\u{fe0f}\u{200d}🌈"] });
        let text = serde_json::to_string_pretty(&value).unwrap();
        let shown = visible(&text);
        assert!(shown.contains("\\u202e\\u009b") && shown.contains("\\u007f\\udb40\\udc41"), "{shown}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), value);
    }

    proptest! {
        #[test]
        fn what_is_printable_stays_so(text in "(?s).{0,20}", more in "[\u{200b}-\u{200f}\u{fe0f}\u{a0}a🌈👨م\u{1f3fe}\\\\n]{0,12}") {
            let shown = printable(&(text.clone() + &more));
            prop_assert_eq!(printable(&shown), shown.as_str());
            let shown = tokens(&[TokenText::Decoded(more), TokenText::Decoded(text)]);
            for token in shown {
                prop_assert_eq!(printable_part(&token), token.as_str());
            }
        }
    }
}
