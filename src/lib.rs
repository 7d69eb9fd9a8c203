//! saescope finds and explores the features of sparse autoencoders (SAEs) that carry a concept in a language model.
//!
//! This is the map of the house. Data flows one way, and opening the rooms in this order follows it:
//!
//! ```text
//! a study (store::studies) -> pairs of prompts -> engine::dataset -> (engine::model + engine::dictionary) -> engine::attribution -> core::run
//!                  -> core::findings -> core::rows -> app -> ui (on a terminal: term) | cli (plain tables, export, check)
//! ```
//!
//! | room | what lives there | may use |
//! |---|---|---|
//! | [`core`] | studies and their templates, identifiers, effects, selections, comparisons, the rows and cells of tables, what is taken along, filters, tags, Neuronpedia links, invariants: pure rules, no files, no burn | nothing |
//! | [`files`] | reads files that others wrote: what is a file, how much of it is read, whether it is still the same one | `core` |
//! | [`engine`] | host models in burn, dictionaries and their formats, tokenizer, data sets, attribution, the demo model, the background job | `core`, `files` |
//! | [`store`] | the study files, run files, kept runs, tag files, sessions, the log, the published figures, atomic writes, folders, the models known by name, the Hugging Face hub and its cache | `core`, `files` |
//! | [`app`] | the explorer without its terminal: state, messages, `update`, the one registry of commands, configuration | `core` |
//! | [`ui`] | draws a state: decides nothing | `core`, `app` |
//! | [`term`] | the impure edge: the event loop, jobs, clipboard, browser, colours, what the terminal and the desktop can do | all above |
//! | [`cli`] | commands and flags, plain tables, `doctor`, benchmarks, the way into the explorer | all above |
//!
//! `tests/architecture` fails on an arrow that the table does not allow, and on files that use each other in a circle. Beside `src` there are `assets/demo` (the demo model, made by
//! `src/engine/train`), `data` (prompts that the program ships, and the published figures) and `tests`.
//!
//! # Where a number comes from
//! An effect on the screen is [`core::effects::SubmoduleEffects`], made in `engine::attribution::aggregate` from effects at single tokens,
//! which `engine::attribution::gradient` (or `exact`) computes from the gradient that [`engine::compute::Compute`] gives: the passes of
//! [`engine::model`], or what [`engine::memory`] holds of them from an earlier computation with the same files. Which
//! features are listed is decided in [`core::rows::arrange`], what their cells say in [`core::rows::cells`], what the pairs show of one
//! feature in [`core::evidence`], on which prompt it fires in [`core::firing`], what a key does in
//! [`app::commands`]. What a picture shows is [`core::picture`]; [`app::drawing`] draws it with characters, `cli::plot` as SVG and PNG.
//! What a causal check says is [`core::causal::check::Found`], made in `engine::causal`; the explorer asks for one in
//! [`app::checks`]. The effects of pairs that are dealt out anew, which [`core::shuffled`] compares with a list, are computed in
//! [`engine::shuffled`]. What features respond to in a text is counted in [`engine::corpus`] and compared with the labels of [`core::label`].
//! How fast it could be is in [`engine::floor`]. Every failure is one [`core::problem::Problem`].
//!
//! # On which device
//! [`engine::compute::open`] chooses among [`core::request::Backend::ALL`], from the fastest to the slowest that is built in and works:
//! - All of them run one model, [`engine::model`]: a forward and a hand-derived backward pass, without a tape, composed of the operations
//!   of [`engine::model::operations::Operations`]. Their default is burn's tensor operations: so on `cuda`, `wgpu` and `flex`.
//! - On `ndarray`, the processor's, they are kernels on slices (`engine::compute::processor`). Tests hold them against the defaults, the
//!   defaults against automatic differentiation, and both against numbers of PyTorch.
//! - Every matrix product of a card goes through [`engine::model::products::Products`], which keeps the precision of f32; a card that
//!   rounds all the same is found out by a probe before it is used, is never taken unasked, and the run is named after what it did.
//!
//! Encoders run on the processor whatever the device, by one code (`engine::compute::encode`, which says why); decoder rows are multiplied
//! and effects summed there, too, in f32 with sums in f64 ([`engine::attribution`]).

pub mod app;
pub mod cli;
pub mod core;
pub mod engine;
pub mod files;
pub mod store;
pub mod term;
pub mod ui;
