//! Text to tokens and back, by the model's own `tokenizer.json`.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use serde_json::{Map, Value};

use super::json::object;
use super::tokenizer_fault::fault;
use super::tokenizer_growth;
use super::tokenizer_settings::{Asked, BosToken, apply};
use crate::core::problem::{Problem, Result};
use crate::core::text::excerpt;
use crate::engine::hash::sha256_hex;
use crate::engine::token_text::{self, beginning};
use crate::files::whole::read;

/// Most bytes of a `tokenizer.json`: about twice those of Gemma 2 with 256,000 tokens (34 MB in newer versions), the largest of the
/// models that are read. Reading one takes many times its size in memory.
const LARGEST: u64 = 1 << 26;

/// Most characters of the text of one token. Those of models have at most a few hundred; a run holds the text of every token of its prompts.
const LONGEST_TEXT: usize = 1_000;

/// A Hugging Face tokenizer with the name and hash of its file.
pub struct Tokenizer {
    inner: tokenizers::Tokenizer,
    name: String,
    sha256: String,
    /// Bytes of the longest token of the vocabulary.
    longest: usize,
    /// What the files beside `tokenizer.json` ask for.
    asked: Asked,
}

impl Tokenizer {
    /// Reads the `tokenizer.json` at `path` and the settings beside it, as `AutoTokenizer` of transformers does.
    pub fn open(path: &Path) -> Result<Self> {
        let bytes = read(path, LARGEST)?;
        let name = path.display().to_string();
        let mut settings = parse(&bytes, &name)?;
        let asked = apply(path.parent().unwrap_or(path), &mut settings)?;
        Ok(Self { asked, ..Self::build(settings, &bytes, name)? })
    }

    /// A tokenizer from the bytes of its file; `name` is what messages call it.
    pub fn from_bytes(bytes: &[u8], name: String) -> Result<Self> {
        Self::build(parse(bytes, &name)?, bytes, name)
    }

    fn build(mut settings: Map<String, Value>, bytes: &[u8], name: String) -> Result<Self> {
        if let Some(dropout) =
            settings.get("model").and_then(|model| model.get("dropout")).filter(|dropout| dropout.as_f64() > Some(0.0))
        {
            let what = format!("its dropout is {dropout}, so that the same text gets other tokens each time");
            return Err(Problem::new(name, what, "set dropout to null, as in a file for use after the training"));
        }
        if let Some(what) = tokenizer_growth::fault(&settings) {
            return Err(Problem::new(name, what, "use the model's own tokenizer.json"));
        }
        // It only adds special tokens and trims offsets, which are not used.
        settings.insert("post_processor".to_owned(), Value::Null);
        let read = || {
            let mut inner = tokenizers::Tokenizer::from_bytes(serde_json::to_string(&settings).ok()?).ok()?;
            // Some files carry settings for training batches, which would cut or pad prompts unnoticed.
            inner.with_padding(None).with_truncation(None).ok()?;
            let longest = inner.get_vocab(true).keys().map(String::len).max().unwrap_or(0);
            Some((inner, longest))
        };
        if let Some((inner, longest)) = caught(read).flatten() {
            return Ok(Self { inner, name, sha256: sha256_hex(bytes), longest, asked: Asked::default() });
        }
        let (what, remedy) = fault(&settings).unwrap_or_else(|| {
            let what = "a part of it is missing, or a pattern in it cannot be read";
            (what.to_owned(), "use the model's own tokenizer.json".to_owned())
        });
        Err(Problem::new(name, format_args!("is not a tokenizer that can be used: {what}"), remedy))
    }

    /// SHA-256 of the tokenizer's file.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// The value of `add_prefix_space`, if the files beside the tokenizer's set it to another.
    pub fn prefix_space(&self) -> Option<bool> {
        self.asked.prefix_space
    }

    /// The path of the file by which the tokenizer's own program would put a BOS token in front of a text; [`Tokenizer::encode`] never does. None if it
    /// would not.
    pub fn asks_for_bos(&self) -> Option<String> {
        self.asked.bos.map(|file| self.beside(file))
    }

    /// Whether `add_bos_token` is false, and transformers would put the BOS token of `tokenizer.json` in front of a text all the same.
    pub fn ignores_no_bos(&self) -> bool {
        self.asked.ignores_no_bos
    }

    /// The paths of the files that call a token the BOS token or put one in front of texts, with what they say and its number.
    pub fn bos_tokens(&self) -> impl Iterator<Item = (String, &BosToken)> {
        self.asked.bos_tokens.iter().map(|token| (self.beside(token.file), token))
    }

    /// What a reader of the results should know of the settings: sentences without a full stop.
    pub fn notes(&self) -> &[String] {
        &self.asked.notes
    }

    /// The path of the file called `name` beside the tokenizer's.
    fn beside(&self, name: &str) -> String {
        Path::new(&self.name).with_file_name(name).display().to_string()
    }

    /// The most bytes that a text of `tokens` tokens can have. A word that is not in the vocabulary may be one token in some kinds
    /// of tokenizers, so the bound is never tight.
    pub fn most_bytes(&self, tokens: usize) -> usize {
        tokens.saturating_mul(self.longest).max(1 << 20)
    }

    /// The token ids of `text`. No special token is added: see [`crate::engine::bos`].
    pub fn encode(&self, text: &str) -> Result<Vec<u32>> {
        let encoded = caught(|| self.inner.encode_fast(text, false).ok()).flatten();
        encoded.map(|encoding| encoding.get_ids().to_vec()).ok_or_else(|| self.contradiction(text))
    }

    /// The token ids of `text` as [`Tokenizer::encode`] gives them, each with the bytes of `text` that it stands for.
    pub fn encode_with_spans(&self, text: &str) -> Result<(Vec<u32>, Vec<Range<usize>>)> {
        let encoded = caught(|| self.inner.encode(text, false).ok()).flatten().ok_or_else(|| self.contradiction(text))?;
        let spans = encoded.get_offsets().iter().map(|(start, end)| *start..*end);
        Ok((encoded.get_ids().to_vec(), spans.collect()))
    }

    /// The problem that the tokenizer's file makes no tokens of `text`.
    fn contradiction(&self, text: &str) -> Problem {
        let what = format!("cannot tokenise '{}'", excerpt(text, 60));
        Problem::new(&self.name, what, "the file contradicts itself: use the model's own tokenizer.json")
    }

    /// The text of each of `tokens` in printable characters, the first `LONGEST_TEXT` of a longer one: see [`token_text::texts`].
    pub fn texts(&self, tokens: &[u32]) -> Vec<String> {
        let together = |tokens: &[u32]| caught(|| self.inner.decode(tokens, false).ok()).flatten().unwrap_or_default();
        // Without a decoder the library puts a space between any two tokens, whether the text had one or not.
        let is_plain = self.inner.get_decoder().is_none();
        let decode = |tokens: &[u32]| {
            if is_plain { tokens.iter().map(|token| together(&[*token])).collect() } else { together(tokens) }
        };
        // Cut at once, so that long texts of many tokens are not held together.
        let texts = token_text::texts(tokens, LONGEST_TEXT, decode, |token| self.spelled(token));
        texts.iter().map(|text| excerpt(text, LONGEST_TEXT)).collect()
    }

    /// A token as its vocabulary writes it; `#` and its id if it has no letters there.
    fn spelled(&self, token: u32) -> String {
        let text = self.inner.id_to_token(token).filter(|text| !text.is_empty());
        text.map_or_else(|| format!("#{token}"), |text| token_text::spelled(&beginning(text, LONGEST_TEXT)))
    }
}

fn parse(bytes: &[u8], name: &str) -> Result<Map<String, Value>> {
    object(bytes).map_err(|what| {
        Problem::new(name, format_args!("is not a tokenizer: it {what}"), what.remedy("use the model's own tokenizer.json"))
    })
}

/// The result of `work`; None if it panics, as the crate tokenizers does on some files that contradict themselves.
fn caught<T>(work: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(work)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A vocabulary with an entry of 5 MB made a run of two pairs take 3.8 GB.
    #[test]
    fn the_text_of_a_token_is_cut() {
        let long = "z".repeat(100_000);
        let text = format!(r#"{{"model":{{"vocab":{{"{long}":0,"{}":1}},"merges":[]}}}}"#, "y".repeat(LONGEST_TEXT));
        let tokenizer = Tokenizer::from_bytes(text.as_bytes(), "tokenizer.json".to_owned()).unwrap();
        let texts = tokenizer.texts(&[0, 1, 0]);
        assert_eq!(texts.iter().map(|text| text.chars().count()).collect::<Vec<_>>(), [1_001, 1_000, 1_001]);
        assert!(texts[0].ends_with("z…") && texts[1].ends_with('y'));
        assert_eq!(tokenizer.spelled(0).len(), 1_001);
    }

    /// The decoder of Llama 1 and 2, as transformers writes it: it takes the space from the front of what is decoded.
    #[test]
    fn texts_of_a_sentence_piece_vocabulary_make_up_the_prompt() {
        let words = ["▁John", "▁", "▁runs", "▁because", "s", "<unk>"];
        let bytes = (0..=255_u8).map(|byte| format!("<0x{byte:02X}>"));
        let vocabulary: Map<String, Value> =
            words.map(str::to_owned).into_iter().chain(bytes).zip(0..).map(|(token, id)| (token, Value::from(id))).collect();
        let metaspace = r#"{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true}"#;
        let pieces = r#"{"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
            {"type": "ByteFallback"}, {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]}"#;
        for (decoder, is_byte) in [(pieces, true), (metaspace, false)] {
            let text = format!(
                r#"{{"decoder": {decoder}, "model": {{"type": "BPE", "vocab": {}, "merges": [], "byte_fallback": true}}}}"#,
                Value::Object(vocabulary.clone())
            );
            let tokenizer = Tokenizer::from_bytes(text.as_bytes(), "tokenizer.json".to_owned()).unwrap();
            let [john, space, runs, because, s] = [0, 1, 2, 3, 4];
            assert_eq!(tokenizer.texts(&[john, s, runs, space, space, because]), ["John", "s", " runs", " ", " ", " because"]);
            let byte = |byte: u8| 6 + u32::from(byte);
            if is_byte {
                let tokens = [john, space, byte(0xe6), byte(0x97), byte(0xa5), byte(0xc3), byte(0xa9), runs, because];
                assert_eq!(tokenizer.texts(&tokens), ["John", " ", "日", "", "", "é", "", " runs", " because"]);
                // A character that is never ended.
                let tokens = [john, byte(0xe6), runs, byte(0xff), byte(0xc3), byte(0xa9), because];
                assert_eq!(tokenizer.texts(&tokens), ["John", "<0xE6>", " runs", "<0xFF>", "é", "", " because"]);
            }
        }
    }

    #[test]
    fn a_file_that_makes_the_crate_panic_is_named() {
        let panicking = [
            r#"{"model":{"vocab":{"h":1,"Ġ":4},"merges":[["Ġ","h"]]}}"#,
            r#"{"decoder":{"type":"Sequence","decoders":[{"content":" ","start":1,"stop":4}]},"model":{"vocab":[["",0]]}}"#,
            r#"{"post_processor":{"single":[{"Sequence":{"id":"B","type_id":1}}],"pair":[],"special_tokens":{}},"model":{"unk_token":"","vocab":{}}}"#,
            r#"{"added_tokens":[{"id":0,"content":"\u65e5","lstrip":true,"rstrip":false,"single_word":false,"normalized":true,"special":false}],"normalizer":{"type":"Lowercase"},"model":{"vocab":{"a":0},"merges":[]}}"#,
            r#"{"normalizer":{"type":"Precompiled","precompiled_charsmap":"AA=="},"model":{"vocab":{"a":0},"merges":[]}}"#,
        ];
        let deep = format!(r#"{{"model":{{"vocab":{{}},"merges":[]}},"decoder":{}1{}}}"#, "[".repeat(150), "]".repeat(150));
        for text in panicking.into_iter().chain([deep.as_str(), r#"{"model": "\ud800"}"#, "{}", "{\"model\": {}}"]) {
            // Whatever does not open must be named; whatever opens must answer without a panic.
            match Tokenizer::from_bytes(text.as_bytes(), "tokenizer.json".to_owned()) {
                Err(problem) => {
                    let said = problem.to_string();
                    assert!(said.starts_with("tokenizer.json: is not a tokenizer"), "{text}: {said}");
                    assert!(!said.contains("untagged") && !said.contains("variant"), "{said}");
                }
                Ok(tokenizer) => {
                    for text in ["h", " h", "日本 x"] {
                        if let Err(problem) = tokenizer.encode(text) {
                            assert!(problem.to_string().starts_with("tokenizer.json: cannot tokenise"), "{problem}");
                        }
                    }
                    assert!(!tokenizer.texts(&[0]).concat().is_empty());
                }
            }
        }
    }
}
