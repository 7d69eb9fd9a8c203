//! Host models: their configurations, their weights in the layouts of Hugging Face transformers, and their arithmetic in burn.
//!
//! A model is described by its [`config::Config`]; one forward and one hand-derived backward pass ([`passes`]) serve all families.

pub mod attention;
pub mod config;
mod gemma2;
mod gpt2;
mod gpt_neox;
mod inner;
pub mod inside;
mod keys;
pub mod layout;
mod llama;
pub mod load;
pub mod mlp;
pub mod norm;
mod notes;
pub mod operations;
#[cfg(test)]
mod oracle;
mod parse;
pub mod passes;
pub mod positions;
pub mod products;
pub mod projection;
pub mod rotary;
mod rotary_keys;
#[cfg(feature = "train")]
pub mod save;
pub mod site;
pub mod tables;
pub mod transformer;
pub mod weight_files;
