//! Makes the demo model: generates its corpus, trains its tokenizer, language model and dictionaries, measures them.
//!
//! With the demo, the whole program runs without a download. Everything follows from one seed:
//!
//! `corpus` -> `vocabulary` -> `language_model` -> `dictionaries` -> `behaviour`, `quality`, `lists` -> `report` -> `readme`.

mod activations;
mod adam;
mod autoencoder;
pub mod behaviour;
pub mod corpus;
mod dictionaries;
mod dictionary;
mod dictionary_files;
mod files;
mod language_model;
mod lists;
mod people_words;
mod person;
pub mod quality;
mod readme;
mod reasons;
pub mod report;
mod resampling;
mod scenes;
mod verbs;
mod vocabulary;
mod windows;
mod words;

use std::path::{Path, PathBuf};

use burn_ndarray::NdArrayDevice;
use tokenizers::Tokenizer;

use crate::core::problem::{Problem, Result};
use crate::core::submodule::Submodule;
use crate::engine::cancel::Cancel;
use crate::engine::model::config::Config;
use crate::engine::model::transformer::Transformer;
use crate::engine::model::weight_files::WeightFiles;
use behaviour::{behaviour, continuations, own_name_lead, professions, read_pairs, swapped};
use language_model::{Plain, WINDOW};
use report::Report;
use windows::Windows;

/// Number of held-out tokens that the dictionaries are measured on.
const EVALUATION_TOKENS: usize = 100_000;
/// Number of held-out windows that the language model's loss is measured on.
const EVALUATION_WINDOWS: usize = 512;
/// Prompts whose continuations go into the README.
const PROMPTS: &[&str] =
    &["James waits because", "Anna waits because", "Alex waits because", "The children wait because", "The king lost"];

/// The options of `train-demo`.
#[derive(Debug, Clone)]
pub struct TrainOptions {
    /// Folder that the files are written to, by default `assets/demo`.
    pub output: PathBuf,
    /// Folder that holds `names.json` and `baseline_names.json`, by default `data`.
    pub data: PathBuf,
    /// Seed of everything random.
    pub seed: u32,
    /// Number of optimiser steps of the language model.
    pub model_steps: usize,
    /// Number of optimiser steps of each dictionary.
    pub dictionary_steps: usize,
    /// Which files in `output` are kept instead of being trained again.
    pub keep: Keep,
}

/// The parts that are not trained again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Everything is trained.
    Nothing,
    /// The tokenizer and the language model are kept.
    Model,
    /// The dictionaries are kept, too: everything is only measured.
    All,
}

impl Default for TrainOptions {
    /// The options that the files in `assets/demo` were made with.
    fn default() -> Self {
        Self {
            output: PathBuf::from("assets/demo"),
            data: PathBuf::from("data"),
            seed: 1,
            model_steps: 4500,
            dictionary_steps: 5000,
            keep: Keep::Nothing,
        }
    }
}

/// Trains everything that is not kept, writes it into `options.output` with a README, and measures it.
///
/// # Errors
/// When a file cannot be read or written, or the finished model misses a requirement; in the latter case the files and the
/// README, which names the missed requirement, are written all the same.
pub fn train_demo(options: &TrainOptions, log: &mut dyn FnMut(&str)) -> Result<Report> {
    // Reading them is cheap, and a mistake in the data should not surface after a quarter of an hour.
    let names = read_pairs(&options.data.join("names.json"))?;
    let baseline = read_pairs(&options.data.join("baseline_names.json"))?;
    let (folder, dictionaries) = (options.output.join("model"), options.output.join("dictionaries"));
    if options.keep == Keep::Nothing {
        train_model(options, &folder, log)?;
    }
    let (model, tokenizer) = open_model(&folder)?;
    if options.keep != Keep::All {
        dictionaries::train_all(&model, &tokenizer, &dictionaries, options.seed, options.dictionary_steps, log)?;
    }

    log("measuring");
    let qualities = quality::measure(&model, &tokenizer, &dictionaries, &names, options.seed, EVALUATION_TOKENS)?;
    let mut windows = Windows::new(&tokenizer, options.seed, "evaluation", WINDOW + 1)?;
    let loss = language_model::loss(&model, &windows.take(EVALUATION_WINDOWS)?, &NdArrayDevice::default());
    let continued = PROMPTS.iter().map(|prompt| Ok(((*prompt).to_owned(), continuations(&model, &tokenizer, prompt, 5)?)));
    let report = Report {
        seed: options.seed,
        steps: (options.model_steps, options.dictionary_steps),
        vocabulary: model.config().vocabulary,
        held_out_loss: f64::from(loss.into_scalar()),
        male: behaviour(&model, &tokenizer, &names)?,
        female: behaviour(&model, &tokenizer, &swapped(&names))?,
        baseline: behaviour(&model, &tokenizer, &baseline)?,
        own_name_lead: own_name_lead(&model, &tokenizer, &baseline)?,
        dictionaries: Submodule::all(model.config().layers).into_iter().zip(qualities).collect(),
        professions: professions(&model, &tokenizer)?,
        continuations: continued.collect::<Result<_>>()?,
        lists_differ_in: lists::differ_in(&options.output, &options.data)?,
        bytes: files::size(&folder)? + files::size(&dictionaries)?,
    };
    files::write(&options.output.join("README.md"), readme::readme(&report).as_bytes())?;
    log(&report.requirements_table());
    log(&report.dictionary_table());
    let missed: Vec<String> =
        report.requirements().into_iter().filter(|row| !row.met).map(|row| format!("{}: {}", row.figure, row.measured)).collect();
    if missed.is_empty() {
        return Ok(report);
    }
    Err(Problem::new(
        options.output.display(),
        format_args!("the demo model misses a requirement ({})", missed.join(", ")),
        "train longer or with another --seed; the table is in its README.md",
    ))
}

/// Trains and saves the tokenizer and the language model.
fn train_model(options: &TrainOptions, folder: &Path, log: &mut dyn FnMut(&str)) -> Result<()> {
    let json = vocabulary::train(options.seed)?;
    let tokenizer = vocabulary::parse(&json, "tokenizer.json")?;
    let size = tokenizer.get_vocab_size(true);
    log(&format!("tokenizer: {size} tokens"));
    let configuration = format!("{:#}\n", language_model::configuration(size));
    let config = Config::parse(configuration.as_bytes(), "config.json")?;
    let model = language_model::train(&config, &tokenizer, options.seed, options.model_steps, log)?;
    files::write(&folder.join("tokenizer.json"), json.as_bytes())?;
    files::write(&folder.join("config.json"), configuration.as_bytes())?;
    files::write(&folder.join("model.safetensors"), &model.to_safetensors_f16()?)
}

/// Loads the model as it was saved, in f16: everything after training works with the rounded weights.
fn open_model(folder: &Path) -> Result<(Transformer<Plain>, Tokenizer)> {
    let tokenizer = vocabulary::parse(&files::read(&folder.join("tokenizer.json"))?, "tokenizer.json")?;
    let config = Config::parse(files::read(&folder.join("config.json"))?.as_bytes(), "config.json")?;
    let weights = WeightFiles::open(folder)?;
    Ok((Transformer::load(&config, &weights, &NdArrayDevice::default(), &Cancel::default())?, tokenizer))
}
