//! saescope finds the features of sparse autoencoders that carry a concept in a language model.

pub mod cli;
pub mod core;
pub mod engine;
pub mod store;
