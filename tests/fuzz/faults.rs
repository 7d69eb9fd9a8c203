//! Inputs that failed once, and what is said of them now: the files of `tests/fixtures/faults` at the doors of the same names.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::harness::Verdict;

/// A door, a file in its folder, and a part of the message with which it is refused; empty if it is read.
const SAID: &[(&str, &str, &str)] = &[
    ("corpus_labels", "empty.toml", "has no [[labels]]"),
    ("corpus_labels", "without_meaning.toml", ":1: [[labels]] has no meaning; add meaning = "),
    ("label_files", "header_of_a_list.labels", "has a second line that is no JSON object"),
    ("label_files", "header_without_keys.labels", "has a second line that lacks the key 'model'"),
    ("model_config", "attention_dropout_negative.json", "attention_dropout is -1; it must be a number from 0 to 1"),
    ("model_config", "dtype_empty_list.json", "dtype is []; it must be a type of numbers"),
    ("model_config", "torch_dtype_of_no_type.json", "torch_dtype is \"x\"; it must be a type of numbers"),
    ("neuronpedia_lines", "activation_too_large.jsonl", "has the maxActApprox 1e+39; it must be a number that fits 32 bits"),
    ("neuronpedia_lines", "byte_order_mark.jsonl", "line 1 begins with a byte order mark"),
    (
        "neuronpedia_lines",
        "index_beyond_any_dictionary.jsonl",
        "has the index \"99999999999\"; it must be a whole number from 0 to 4194303",
    ),
    ("neuronpedia_lines", "index_fraction.jsonl", "has the index 1.5; it must be a whole number from 0 to 4194303"),
    ("neuronpedia_lines", "index_negative.jsonl", "has the index -1; it must be a whole number from 0 to 4194303"),
    ("neuronpedia_lines", "index_null.jsonl", "has the index null; it must be a whole number from 0 to 4194303"),
    ("neuronpedia_lines", "index_word.jsonl", "has the index \"abc\"; it must be a whole number from 0 to 4194303"),
    ("neuronpedia_lines", "list_of_the_values.jsonl", "where an object is expected"),
    ("neuronpedia_lines", "model_half_of_a_character.jsonl", "holds half of a character at column"),
    ("neuronpedia_lines", "model_missing.jsonl", "has no modelId; it must be a text of 1 to 100"),
    ("neuronpedia_lines", "model_number.jsonl", "has the modelId 5; it must be a text of 1 to 100"),
    ("neuronpedia_lines", "model_path.jsonl", "has the modelId \"../../../etc\"; it must be a text of 1 to 100"),
    ("neuronpedia_lines", "model_twice.jsonl", "has the key 'modelId' twice"),
    ("neuronpedia_lines", "nested_too_deeply.jsonl", "ends too early"),
    ("neuronpedia_lines", "number_alone.jsonl", "is 5 where an object is expected"),
    ("neuronpedia_lines", "words.jsonl", "is no JSON from column 1 on"),
    ("sae_lens_config", "context_size_empty_list.json", "context_size is []; it must be a whole number from 1"),
    ("sae_lens_config", "context_size_negative.json", "context_size is -1; it must be a whole number from 1"),
    ("sae_lens_config", "device_number.json", "device is 3; it must be text"),
    ("sae_lens_config", "dtype_empty_list.json", "dtype is []; it must be a type of numbers"),
    ("sae_lens_config", "dtype_of_no_type.json", "dtype is \"x\"; it must be a type of numbers"),
    ("sae_lens_config", "l1_coefficient_empty_list.json", "l1_coefficient is []; it must be a number of at least 0"),
    ("sae_lens_config", "lr_negative.json", "lr is -1; it must be a number of at least 0"),
    ("sae_lens_config", "neuronpedia_id_of_a_path.json", ""),
    ("sae_lens_config", "neuronpedia_id_of_any_length.json", ""),
    ("study_files", "prompts_of_gigabytes.toml", "pairs.first makes 1.09 GB of prompts in 90000 pairs, more than the 64.0 MB"),
    ("tokenizer", "added_token_stripped_and_lowercased.json", ""),
    ("tokenizer", "byte_level_24_times.json", "its normalizer can make a text 16777216 times as long, more than 100"),
    (
        "tokenizer",
        "byte_level_24_times_before_the_model.json",
        "its pre_tokenizer can make a text 16777216 times as long, more than 10",
    ),
    ("tokenizer", "character_map_that_is_cut.json", "its normalizer holds a precompiled_charsmap that is cut short"),
    ("tokenizer", "character_map_without_content.json", "a part of it is missing, or a pattern in it cannot be read"),
    ("tokenizer", "decoders_nested_too_deeply.json", "nests values more than 64 deep"),
    ("tokenizer", "half_of_a_character.json", "holds half of a character"),
    ("tokenizer", "merge_outside_the_vocabulary.json", "but model.vocab has no token 'Ġ<|end|>'"),
    ("tokenizer", "strip_longer_than_the_text.json", "cannot tokenise"),
    ("tokenizer", "template_without_a.json", "cannot tokenise"),
    ("tokenizer", "token_of_any_length.json", ""),
    ("tokenizer", "word_of_any_length.json", "max_input_chars_per_word is 1000000000, more than 1000"),
];

/// Folders whose files are held against the words of other tests.
const ELSEWHERE: [&str; 3] = ["ae_pt", "run_files", "shards"];

/// The folder of the inputs that failed once at `door`.
pub fn folder(door: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/faults").join(door)
}

/// Why `verdict` is not what is said of `file` at `door`.
pub fn objection(door: &str, file: &str, verdict: &Verdict) -> Option<String> {
    let (.., says) = SAID.iter().find(|(other, name, _)| (*other, *name) == (door, file))?;
    match verdict {
        Verdict::Refused(message) if !says.is_empty() && message.contains(says) => None,
        Verdict::Read if says.is_empty() => None,
        Verdict::Refused(message) => Some(format!("it should say '{says}': {message}")),
        Verdict::Read => Some(format!("it is read, and should be refused with '{says}'")),
        Verdict::Wrong(_) => None,
    }
}

/// No file is left out of the table, and nothing in the table is missing.
#[test]
fn every_file_that_failed_once_is_in_the_table() {
    let names = |path: &Path| -> Vec<String> {
        let entries = std::fs::read_dir(path).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    };
    let doors = names(&folder("")).into_iter().filter(|door| !ELSEWHERE.contains(&door.as_str()));
    let found: BTreeSet<(String, String)> =
        doors.flat_map(|door| names(&folder(&door)).into_iter().map(move |file| (door.clone(), file))).collect();
    let said = SAID.iter().map(|(door, file, _)| ((*door).to_owned(), (*file).to_owned())).collect();
    assert_eq!(found, said);
}
