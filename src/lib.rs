//! saescope finds and explores the features of sparse autoencoders (SAEs) that carry a concept in a language model.
//!
//! This is the map of the house. Data flows one way, and opening the rooms in this order follows it:
//!
//! ```text
//! pairs of prompts -> engine::dataset -> (engine::model + engine::dictionary) -> engine::attribution -> core::run
//!                  -> store::run_file -> core::selection, core::comparison -> cli
//! ```
//!
//! | room | what lives there | may use |
//! |---|---|---|
//! | [`core`] | identifiers, effects, selections, comparisons, tags, Neuronpedia links, invariants: pure rules, no files, no burn | nothing |
//! | [`engine`] | GPT-NeoX in burn, dictionaries and their formats, tokenizer, data sets, attribution, the demo model, the background job | `core` |
//! | [`store`] | run files, tag files, atomic writes, the Hugging Face cache | `core` |
//! | [`cli`] | headless commands | all above |
//!
//! `tests/architecture.rs` fails on an arrow that the table does not allow. Beside `src` there are `assets/demo` (the demo model, made by
//! `src/engine/train`), `data` (prompts that the program ships) and `tests`.
//!
//! # Where a number comes from
//! An effect on the screen is [`core::effects::SubmoduleEffects`], made in `engine::attribution::aggregate` from effects at single tokens,
//! which `engine::attribution::gradient` (or `exact`) computes from the gradient that [`engine::compute::Compute`] asks of burn. Every
//! failure is one [`core::problem::Problem`].

pub mod cli;
pub mod core;
pub mod engine;
pub mod store;
