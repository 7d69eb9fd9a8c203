//! Finds the dictionaries of a model in folders, and recognises their format.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Dictionary, ae_pt, saelens};
use crate::core::problem::{Problem, Result};
use crate::core::submodule::Submodule;
use crate::engine::cancel::Cancel;

/// The layouts, in words, for messages.
const LAYOUTS: &str = "expected folders such as attn_out_layer0/10_32768 with ae.pt in them, or 0-att-sm with cfg.json in it";

/// Opens one dictionary for every submodule of a model with `layers` layers. A submodule is looked for in each of `roots` in turn.
///
/// # Errors
/// When a submodule has none, or more than one, or one that cannot be read, or `cancel` is raised.
pub fn open_all(roots: &[PathBuf], layers: usize, model_width: usize, cancel: &Cancel) -> Result<Vec<Dictionary>> {
    for root in roots {
        fs::read_dir(root).map_err(|error| Problem::from_io(root, "list it", &error))?;
    }
    let open = |submodule| cancel.check().and_then(|()| open_one(roots, submodule, model_width));
    Submodule::all(layers).into_iter().map(open).collect()
}

fn open_one(roots: &[PathBuf], submodule: Submodule, model_width: usize) -> Result<Dictionary> {
    for root in roots {
        match (find_ae_pt(root, submodule)?, find_saelens(root, submodule)?) {
            (Some(first), Some(second)) => return Err(more_than_one(root, submodule, &first, &second)),
            (Some(path), None) => return ae_pt::open(&path, submodule, model_width),
            (None, Some(folder)) => return saelens::open(&folder, submodule, model_width),
            (None, None) => {}
        }
    }
    let listed: Vec<String> = roots.iter().map(|root| root.display().to_string()).collect();
    Err(Problem::new(listed.join(", "), format_args!("holds no dictionary for {submodule}"), LAYOUTS))
}

/// `attn_out_layer0/10_32768/ae.pt`: the training's settings name the folder between, so whatever it is called is taken.
fn find_ae_pt(root: &Path, submodule: Submodule) -> Result<Option<PathBuf>> {
    let folder = root.join(format!("{}_out_layer{}", submodule.kind.name(), submodule.layer.0));
    if !folder.is_dir() {
        return Ok(None);
    }
    let mut found: Vec<PathBuf> = children(&folder)?
        .into_iter()
        .chain([folder.clone()])
        .map(|child| child.join("ae.pt"))
        .filter(|path| path.exists())
        .collect();
    found.sort();
    only(found, &folder, submodule)
}

/// `0-att-sm`: the suffix names the training run, so whatever it is is taken.
fn find_saelens(root: &Path, submodule: Submodule) -> Result<Option<PathBuf>> {
    let prefix = format!("{}-{}-", submodule.layer.0, submodule.kind.neuronpedia_name());
    let mut found = children(root)?;
    found.retain(|path| path.is_dir() && path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&prefix)));
    found.sort();
    only(found, root, submodule)
}

fn only(mut found: Vec<PathBuf>, folder: &Path, submodule: Submodule) -> Result<Option<PathBuf>> {
    if let [first, second, ..] = found.as_slice() {
        return Err(more_than_one(folder, submodule, first, second));
    }
    Ok(found.pop())
}

fn more_than_one(folder: &Path, submodule: Submodule, first: &Path, second: &Path) -> Problem {
    Problem::new(
        folder.display(),
        format_args!("holds more than one dictionary for {submodule}: {} and {}", first.display(), second.display()),
        "keep one of them in the folder given by --dictionaries",
    )
}

fn children(folder: &Path) -> Result<Vec<PathBuf>> {
    let unreadable = |error: std::io::Error| Problem::from_io(folder, "list it", &error);
    fs::read_dir(folder).map_err(unreadable)?.map(|entry| entry.map(|entry| entry.path()).map_err(unreadable)).collect()
}
