//! Finds the model and the dictionaries of a run where its record says that they were.

use std::path::{Path, PathBuf};

use crate::cli::study::DEMO;
use crate::core::problem::{Problem, Result};
use crate::core::request::ModelSource;
use crate::core::run::{DictionaryRecord, Manifest};
use crate::engine::demo;

/// The model of the run that `manifest` records.
///
/// # Errors
/// When its files are not where the run was computed from, as seen from the current folder.
pub fn of(manifest: &Manifest) -> Result<ModelSource> {
    if manifest.model.name == demo::NAME && !Path::new(&manifest.model.source).exists() {
        return Ok(ModelSource::Demo);
    }
    let weights = Path::new(&manifest.model.source);
    let model = weights.parent().filter(|_| weights.exists()).ok_or_else(|| {
        let remedy =
            format_args!("name it with --model DIR --dictionaries DIR, or --model {DEMO} or the name of a downloaded one");
        Problem::new(
            format_args!("the run's model {}", weights.display()),
            "is not on this machine, or not seen from this folder",
            remedy,
        )
    })?;
    let mut dictionaries: Vec<PathBuf> = Vec::new();
    for record in &manifest.dictionaries {
        let root = root(record).ok_or_else(|| {
            let remedy = "name model and dictionaries with --model DIR --dictionaries DIR";
            Problem::new(
                format_args!("the run's dictionary {}", record.source),
                "is not on this machine, or not seen from this folder",
                remedy,
            )
        })?;
        if !dictionaries.contains(&root) {
            dictionaries.push(root);
        }
    }
    Ok(ModelSource::Folder { model: model.to_owned(), dictionaries, name: Some(manifest.model.name.clone()), centred: false })
}

/// The folder or archive in which the dictionary of `record` was found: the one that holds `0-att-sm` or `attn_out_layer0`.
fn root(record: &DictionaryRecord) -> Option<PathBuf> {
    let path = Path::new(&record.source);
    if let Some(archive) = path.ancestors().skip(1).find(|ancestor| ancestor.is_file()) {
        return Some(archive.to_owned());
    }
    let holds = |folder: &&Path| {
        let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let of_embedding = name == "embed" || name.starts_with("e-res-");
        of_embedding || name.contains("_out_layer") || name.split('-').next().is_some_and(|layer| layer.parse::<usize>().is_ok())
    };
    let folder = path.ancestors().skip(1).find(holds).filter(|_| path.exists())?;
    let root = folder.parent()?;
    Some(if root.as_os_str().is_empty() { PathBuf::from(".") } else { root.to_owned() })
}
