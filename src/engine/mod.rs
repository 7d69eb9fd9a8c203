//! The computations: the model, the dictionaries, the data sets and the attribution over them.

pub mod activation;
pub mod attribution;
pub mod bos;
pub mod cache;
pub mod cancel;
pub mod causal;
pub mod compute;
pub mod corpus;
pub mod dataset;
pub mod demo;
pub mod dictionary;
pub mod floor;
pub mod footprint;
pub mod hash;
pub mod identity;
pub mod inspect;
mod json;
pub mod lens;
pub mod loaded;
mod looks;
pub mod memory;
pub mod model;
pub mod random;
mod small_file;
pub mod stamp;
pub mod study;
pub mod synth;
pub mod tensor_file;
pub mod threads;
pub mod token_text;
pub mod tokenizer;
mod tokenizer_fault;
mod tokenizer_settings;
#[cfg(feature = "train")]
pub mod train;
pub mod transpose;
pub mod worker;
