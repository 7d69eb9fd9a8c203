//! Which format the files of a folder are in, and the dictionary in it.

use std::path::Path;

use super::{Dictionary, Format, Purpose, ae_pt, gemma_scope, gemma_scope_2, llama_scope, saelens, saelens_rule, sparsify};
use crate::core::capability::Capability;
use crate::core::problem::{Problem, Result};

/// The formats by the files that a folder holds. A folder is of the first format whose files it has all.
const FILES: [(Format, &[&str]); 7] = [
    (Format::SaeLens, &["cfg.json", "sae_weights.safetensors"]),
    (Format::Sparsify, &["cfg.json", sparsify::FILE]),
    (Format::DictionaryLearning, &["ae.pt"]),
    (Format::GemmaScope, &[gemma_scope::FILE]),
    (Format::GemmaScope2, &["config.json", gemma_scope_2::FILE]),
    (Format::LlamaScope, &[llama_scope::CONFIGURATION, "checkpoints/final.safetensors"]),
    (Format::LlamaScopeR1, &["config.json", "sae_weights.safetensors"]),
];

/// What is read of each format and what is refused, from the readers themselves.
pub fn capabilities() -> Vec<Capability> {
    let of = |(format, files): (Format, &[&str])| {
        let (reads, refuses) = match format {
            Format::SaeLens => saelens_rule::capability(),
            Format::Sparsify => sparsify::capability(),
            Format::DictionaryLearning => ae_pt::capability(),
            Format::GemmaScope => gemma_scope::capability(),
            Format::GemmaScope2 => gemma_scope_2::capability(),
            Format::LlamaScope => llama_scope::capability(),
            Format::LlamaScopeR1 => llama_scope::capability_r1(),
        };
        Capability { format: format.name(), files: files.join(", "), reads, refuses }
    };
    FILES.into_iter().map(of).collect()
}

/// The format of the files in `folder`; None if it holds no dictionary.
pub fn detect(folder: &Path) -> Option<Format> {
    FILES.into_iter().find(|(_, files)| files.iter().all(|file| folder.join(file).is_file())).map(|(format, _)| format)
}

/// Opens the dictionary in `folder`, whatever its format.
///
/// # Errors
/// When the folder holds none, or one that is damaged, not supported, or unfit for `purpose`.
pub fn open(folder: &Path, purpose: Purpose) -> Result<Dictionary> {
    match detect(folder) {
        Some(Format::SaeLens) => saelens::open(folder, purpose),
        Some(Format::Sparsify) => sparsify::open(folder, purpose),
        Some(Format::DictionaryLearning) => ae_pt::open(&folder.join("ae.pt"), purpose),
        Some(Format::GemmaScope) => gemma_scope::open(folder, purpose),
        Some(Format::GemmaScope2) => gemma_scope_2::open(folder, purpose),
        Some(Format::LlamaScope) => llama_scope::open(folder, purpose),
        Some(Format::LlamaScopeR1) => llama_scope::open_r1(folder, purpose),
        None => {
            let files = FILES.map(|(format, files)| format!("{} ({})", files.join(" and "), format.name()));
            Err(Problem::new(folder.display(), "holds no dictionary", format_args!("expected {}", files.join(", or "))))
        }
    }
}
