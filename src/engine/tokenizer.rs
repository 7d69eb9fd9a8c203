//! Text to tokens and back, by the model's own `tokenizer.json`.

use std::path::Path;

use crate::core::problem::{Problem, Result};
use crate::core::text::{excerpt, printable};
use crate::engine::hash::sha256_hex;
use crate::engine::token_text;

/// A Hugging Face tokenizer with the name and hash of its file.
pub struct Tokenizer {
    inner: tokenizers::Tokenizer,
    name: String,
    sha256: String,
}

impl Tokenizer {
    /// Reads the `tokenizer.json` at `path`.
    pub fn open(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(|error| Problem::from_io(path, "read it", &error))?;
        Self::from_bytes(&bytes, path.display().to_string())
    }

    /// A tokenizer from the bytes of its file; `name` is what messages call it.
    pub fn from_bytes(bytes: &[u8], name: String) -> Result<Self> {
        match tokenizers::Tokenizer::from_bytes(bytes) {
            Ok(mut inner) => {
                // Some files carry settings for training batches, which would cut or pad prompts unnoticed.
                inner.with_padding(None);
                match inner.with_truncation(None) {
                    Ok(_) => Ok(Self { inner, name, sha256: sha256_hex(bytes) }),
                    Err(error) => {
                        Err(Problem::new(name, format_args!("cannot be used: {error}"), "use the model's own tokenizer.json"))
                    }
                }
            }
            Err(error) => {
                Err(Problem::new(name, format_args!("is not a tokenizer: {error}"), "use the model's own tokenizer.json"))
            }
        }
    }

    /// SHA-256 of the tokenizer's file.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// The token ids of `text`. No special token is added; GPT-NeoX's own tokenizer adds none either.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>> {
        match self.inner.encode_fast(text, false) {
            Ok(encoding) => Ok(encoding.get_ids().to_vec()),
            Err(error) => Err(Problem::new(
                &self.name,
                format_args!("cannot tokenise '{}': {error}", excerpt(text, 60)),
                "check the tokenizer file",
            )),
        }
    }

    /// The text of each of `tokens` in printable characters: see [`token_text::texts`].
    pub fn texts(&self, tokens: &[u32]) -> Vec<String> {
        let decode = |tokens: &[u32]| self.inner.decode(tokens, false).unwrap_or_default();
        let texts = token_text::texts(tokens, decode, |token| self.spelled(token));
        texts.iter().map(|text| printable(text)).collect()
    }

    /// A token as its vocabulary writes it; `#` and its id if it is in none.
    fn spelled(&self, token: u32) -> String {
        self.inner.id_to_token(token).map_or_else(|| format!("#{token}"), |text| token_text::spelled(&text))
    }
}
