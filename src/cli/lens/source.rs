//! Where the model of a run is.

use std::path::Path;

use crate::cli::arguments::LensArguments;
use crate::cli::study::{self, DEMO};
use crate::core::problem::{Problem, Result};
use crate::core::request::ModelSource;
use crate::core::run::Manifest;
use crate::engine::demo;
use crate::store::presets::Presets;

/// The model that the flags name, else the one of the run: the demo, one that is known by name, or a folder on this machine.
pub fn of(manifest: &Manifest, arguments: &LensArguments) -> Result<ModelSource> {
    let (name, dictionaries) = (&manifest.model.name, arguments.dictionaries.clone());
    if let Some(model) = &arguments.model {
        return study::source(model, dictionaries);
    }
    if *name == demo::NAME && dictionaries.is_none() {
        return study::source(DEMO, None);
    }
    let folder = Path::new(&manifest.model.source).parent().filter(|folder| folder.is_dir());
    match (folder, dictionaries) {
        (Some(folder), Some(dictionaries)) => {
            Ok(ModelSource::Folder { model: folder.to_owned(), dictionaries: vec![dictionaries], name: None })
        }
        (_, dictionaries) if Presets::of_user()?.find(name).is_some() => study::source(name, dictionaries),
        _ => Err(Problem::new(
            arguments.run.display(),
            format_args!("was computed with the model {name}, whose folders it does not name completely"),
            "name them with --model DIR --dictionaries DIR",
        )),
    }
}
