//! Which format the files of a folder are in, and the dictionary in it.

use std::fs;
use std::path::Path;

use super::host::Host;
use super::{Dictionary, Format, Purpose, ae_pt, gemma_scope, gemma_scope_2, llama_scope, saelens, saelens_rule, sparsify};
use crate::core::capability::Capability;
use crate::core::problem::{Problem, Result};
use crate::core::text::excerpt;
use crate::files::whole;

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

/// How files of weights end, whole ones and those that are still being downloaded.
const WEIGHTS: [&str; 7] = [".safetensors", ".npz", ".pt", ".pth", ".bin", ".incomplete", ".part"];

/// Configurations that stand beside weights.
const CONFIGURATIONS: [&str; 5] = ["cfg.json", "config.json", "config.yaml", "config.yml", llama_scope::CONFIGURATION];

/// Files that a model's own folder holds.
const OF_MODELS: [&str; 5] =
    ["model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "tokenizer.json", "tokenizer_config.json"];

/// The files of `folder` that make it look like a dictionary's, sorted.
fn telling_files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().filter(|entry| !entry.path().is_dir());
    let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.retain(|name| CONFIGURATIONS.contains(&name.as_str()) || WEIGHTS.iter().any(|end| name.ends_with(end)));
    names.sort();
    names
}

/// Whether `folder`, which holds no whole dictionary, looks as if it should: it holds weights or, `is_last` of its path, a configuration,
/// and is no model's folder.
pub fn resembles(folder: &Path, is_last: bool) -> bool {
    let names = telling_files(folder);
    let is_telling = |name: &String| is_last || !CONFIGURATIONS.contains(&name.as_str());
    names.iter().any(is_telling) && !OF_MODELS.iter().any(|name| folder.join(name).exists() || folder.join(name).is_symlink())
}

/// What `folder` holds and what it lacks to be a dictionary, for the end of a sentence; None if it is one.
pub fn missing(folder: &Path) -> Option<String> {
    if detect(folder).is_some() {
        return None;
    }
    let held = telling_files(folder);
    // Of formats that share files, the first that has any of them there is meant.
    let is_there = |file: &&str| folder.join(file).is_file();
    let meant = FILES.into_iter().find(|(_, files)| files.iter().any(&is_there));
    let lacks = match meant {
        Some((format, files)) => {
            let absent: Vec<&str> = files.iter().copied().filter(|file| !is_there(file)).collect();
            format!(", but no {} ({})", absent.join(", "), format.name())
        }
        None => ", which is in no format that is read (`saescope models`)".to_owned(),
    };
    Some(format!("holds {}{lacks}", excerpt(&held.join(", "), 120)))
}

/// Opens the dictionary in `folder` as [`open()`] does, for the model `host`: with its places in the words of that model.
///
/// # Errors
/// As for [`open()`], and when it cannot be used on such a model.
pub fn open_for(folder: &Path, purpose: Purpose, host: &Host) -> Result<Dictionary> {
    open(folder, purpose)?.in_model(host)
}

/// Fails if `folder` holds the weights of two dictionaries, in two formats: which of them is meant is not known.
///
/// # Errors
/// Then, and when one of the files is a link that leads nowhere.
pub fn expect_one(folder: &Path) -> Result<()> {
    for file in FILES.iter().flat_map(|(_, files)| *files).map(|file| folder.join(file)).filter(|path| path.is_symlink()) {
        whole::is_present(&file)?;
    }
    let weights = |files: &[&'static str]| files.last().copied();
    let mut whole = FILES.into_iter().filter(|(_, files)| files.iter().all(|file| folder.join(file).is_file()));
    let Some((one, files)) = whole.next() else { return Ok(()) };
    let Some((other, others)) = whole.find(|(_, others)| weights(others) != weights(files)) else {
        // A part of another dictionary's files is as telling. Only config.json is everybody's name.
        let is_foreign = |file: &&str| *file != "config.json" && !files.contains(file) && folder.join(file).is_file();
        let foreign = FILES.iter().find_map(|(format, others)| Some((others.iter().find(|file| is_foreign(file))?, format)));
        let Some((file, format)) = foreign else { return Ok(()) };
        let (is, of) = (files.join(" and "), format.name());
        let what = format_args!("holds {is} ({}) and {file}, which is a file of {of}", one.name());
        return Err(Problem::new(folder.display(), what, "keep the files of the one that is meant"));
    };
    let what = format_args!(
        "holds two dictionaries, {} ({}) and {} ({})",
        files.join(" and "),
        one.name(),
        others.join(" and "),
        other.name()
    );
    Err(Problem::new(folder.display(), what, "keep the files of the one that is meant"))
}

/// Opens the dictionary in `folder`, whatever its format. Where a model is known, [`open_for`] opens it.
///
/// # Errors
/// When the folder holds none, or one that is damaged, not supported, or unfit for `purpose`.
pub fn open(folder: &Path, purpose: Purpose) -> Result<Dictionary> {
    expect_one(folder)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_with_the_weights_of_two_dictionaries_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str| fs::write(folder.path().join(name), "").unwrap();
        for name in ["cfg.json", "sae_weights.safetensors", "config.json"] {
            write(name);
        }
        // The same weights, of which both configurations speak.
        assert_eq!(expect_one(folder.path()), Ok(()));
        write("ae.pt");
        let problem = expect_one(folder.path()).unwrap_err();
        assert!(problem.what().starts_with("holds two dictionaries, cfg.json and sae_weights.safetensors ("), "{problem}");
        assert!(problem.what().contains("and ae.pt ("), "{problem}");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_leads_nowhere_is_no_absent_configuration() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("ae.pt"), "").unwrap();
        std::os::unix::fs::symlink("gone", folder.path().join("config.json")).unwrap();
        assert!(expect_one(folder.path()).unwrap_err().what().contains("is a link to gone"));
    }
}
