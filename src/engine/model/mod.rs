//! GPT-NeoX: configuration, arithmetic, weights from and to Hugging Face files.

pub mod config;
pub mod load;
pub mod neox;
pub mod passes;
pub mod rotary;
#[cfg(feature = "train")]
pub mod save;
