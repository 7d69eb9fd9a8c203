//! Trains the demo model's tokenizer: byte-level BPE of the same family as GPT-NeoX's (Sennrich et al. 2016, arXiv:1508.07909;
//! bytes as in Radford et al. 2019).
//!
//! It sees the corpus without lost spaces, so no token spans two words and a name without its space stays one token.

use tokenizers::models::bpe::{BPE, BpeTrainer};
use tokenizers::normalizers::unicode::NFC;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::{AddedToken, Tokenizer, TokenizerBuilder};

use super::corpus::Corpus;
use crate::core::problem::{Problem, Result};

/// Ends a document in the stream of training tokens; id 0, as in GPT-NeoX.
pub const END_OF_TEXT: &str = "<|endoftext|>";

/// Number of documents that the tokenizer is trained on.
const DOCUMENTS: usize = 60_000;
/// Largest size of the vocabulary, bytes included.
const VOCABULARY: usize = 2048;

/// Trains the tokenizer for `seed`; returns the text of its `tokenizer.json`.
pub fn train(seed: u32) -> Result<String> {
    let failed = |error: tokenizers::Error| {
        Problem::new("tokenizer", format_args!("cannot be trained: {error}"), "this is a fault of the program: report it")
    };
    let bytes = ByteLevel::new(false, true, true);
    let mut tokenizer = TokenizerBuilder::default()
        .with_model(BPE::default())
        .with_normalizer(Some(NFC))
        .with_pre_tokenizer(Some(bytes))
        .with_post_processor(Some(bytes))
        .with_decoder(Some(bytes))
        .build()
        .map_err(failed)?;
    let mut trainer = BpeTrainer::builder()
        .vocab_size(VOCABULARY)
        .min_frequency(20)
        .show_progress(false)
        .initial_alphabet(ByteLevel::alphabet().into_iter().collect())
        .special_tokens(vec![AddedToken::from(END_OF_TEXT, true)])
        .build();
    // Reasons occur once more on their own, without "because", so that their first words (she, his, the) become tokens of their
    // own where the space before them is lost.
    let documents: Vec<String> = Corpus::clean(seed, "tokenizer")
        .take(DOCUMENTS)
        .flat_map(|document| {
            let reason = document.split_once(" because ").map(|(_, reason)| reason.to_owned());
            std::iter::once(document).chain(reason)
        })
        .collect();
    tokenizer.train(&mut trainer, documents.into_iter()).map_err(failed)?;
    tokenizer.to_string(false).map_err(failed)
}

/// A tokenizer from the text of its `tokenizer.json`; `place` is what messages call the file.
pub fn parse(json: &str, place: &str) -> Result<Tokenizer> {
    json.parse().map_err(|error: tokenizers::Error| {
        Problem::new(place, format_args!("is not a tokenizer: {error}"), "run `train-demo` without --keep")
    })
}

/// The token ids of `text`.
pub fn encode(tokenizer: &Tokenizer, text: &str) -> Result<Vec<u32>> {
    let encoding = tokenizer.encode_fast(text, false).map_err(|error| {
        Problem::new("tokenizer", format_args!("cannot encode \"{text}\": {error}"), "this is a fault of the program: report it")
    })?;
    Ok(encoding.get_ids().to_vec())
}

/// The id of a text that is a single token.
pub fn single(tokenizer: &Tokenizer, text: &str) -> Result<u32> {
    match encode(tokenizer, text)?.as_slice() {
        [id] => Ok(*id),
        ids => Err(Problem::new(
            format_args!("answer \"{text}\""),
            format_args!("is {} tokens for the demo tokenizer", ids.len()),
            "use names and verbs of the corpus in data/names.json",
        )),
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::engine::train::behaviour::read_pairs;

    fn repository(path: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
    }

    #[test]
    fn every_prompt_is_three_tokens_and_every_answer_one() {
        let path = repository("assets/demo/model/tokenizer.json");
        let tokenizer = parse(&std::fs::read_to_string(&path).unwrap(), "tokenizer.json").unwrap();
        for file in ["data/names.json", "data/baseline_names.json"] {
            let pairs = read_pairs(&repository(file)).unwrap();
            assert_eq!(pairs.len(), 50);
            for pair in pairs {
                assert_eq!(encode(&tokenizer, &pair.clean_prefix).unwrap().len(), 3, "{}", pair.clean_prefix);
                assert_eq!(encode(&tokenizer, &pair.patch_prefix).unwrap().len(), 3, "{}", pair.patch_prefix);
                single(&tokenizer, &pair.clean_answer).unwrap();
                single(&tokenizer, &pair.patch_answer).unwrap();
            }
        }
    }

    #[test]
    fn a_lost_space_leaves_whole_words() {
        let path = repository("assets/demo/model/tokenizer.json");
        let tokenizer = parse(&std::fs::read_to_string(&path).unwrap(), "tokenizer.json").unwrap();
        for word in ["James", "she", "he"] {
            let ids = encode(&tokenizer, &format!("James waits because{word}")).unwrap();
            assert_eq!(ids.len(), 4, "{word}");
            assert_eq!(ids.last().copied(), Some(single(&tokenizer, word).unwrap()));
        }
    }
}
