//! Every number of every family of host models against golden tensors from transformers (float64), in every layout of files that
//! is read. `fixtures/hosts/README.md` says what the goldens are and how far a float32 run of the library itself is from them.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

#[path = "../support/mod.rs"]
mod support;

mod backends;
mod files;
mod golden;
mod inside;
mod layers;
mod public;
mod sites;
mod study;

use std::path::PathBuf;

use saescope::engine::cancel::Cancel;
use saescope::engine::model::config::Config;
use saescope::engine::model::weight_files::WeightFiles;

/// The models, each with the folders that hold it.
const HOSTS: [(&str, &[&str]); 5] = [
    ("gpt2", &["model", "model_hub", "model_old"]),
    ("gemma2", &["model"]),
    ("llama", &["model", "model_bf16", "model_sharded"]),
    ("qwen3", &["model"]),
    ("pythia-lm-head", &["model"]),
];

/// The groups of prompts that have patch prompts, and those that have clean prompts alone.
const PAIRS: [&str; 2] = ["short", "bos"];
const GROUPS: [&str; 4] = ["short", "bos", "one", "long"];

fn host(path: &str) -> PathBuf {
    support::fixture("hosts").join(path)
}

fn config(path: &str) -> Config {
    Config::parse(&std::fs::read(host(path)).unwrap(), path).unwrap()
}

fn weights(folder: &str) -> WeightFiles {
    WeightFiles::open(&host(folder)).unwrap()
}

fn never() -> Cancel {
    Cancel::default()
}
