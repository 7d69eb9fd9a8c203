//! Finds the dictionaries of a model in folders or archives, and recognises their format.

use std::fs;
use std::path::{Path, PathBuf};

use super::zip_file::ZipFile;
use super::{Dictionary, Purpose, ae_pt, saelens};
use crate::core::problem::{Problem, Result};
use crate::core::submodule::{Submodule, SubmoduleKind};
use crate::engine::cancel::Cancel;

/// The layouts, in words, for messages.
const LAYOUTS: &str = "expected folders such as attn_out_layer0/10_32768 with ae.pt in them, or 0-att-sm or blocks.1.hook_resid_pre with cfg.json in it, or a zip of the former";

/// A folder or an archive in which dictionaries are looked for.
enum Root {
    Folder(PathBuf),
    Zip(Box<ZipFile>),
}

/// Opens one dictionary for every submodule of the kinds that the dictionaries are for, in a model with `layers` layers. Each of
/// `roots` is searched in turn.
///
/// # Errors
/// When there is none, a kind has dictionaries for some layers only, a submodule has more than one, or one cannot be read, or
/// `cancel` is raised.
pub fn open_all(roots: &[PathBuf], layers: usize, model_width: usize, cancel: &Cancel) -> Result<Vec<Dictionary>> {
    let listed: Vec<String> = roots.iter().map(|root| root.display().to_string()).collect();
    let mut roots = roots.iter().map(|root| find_root(root)).collect::<Result<Vec<_>>>()?;
    let open = |submodule| {
        cancel.check()?;
        let purpose = Purpose::Use { submodule, width: model_width };
        for root in &mut roots {
            let found = match root {
                Root::Folder(folder) => open_one(folder, purpose)?,
                Root::Zip(zip) => zip.dictionary(purpose)?,
            };
            if let Some(dictionary) = found {
                return Ok(Some(dictionary));
            }
        }
        Ok(None)
    };
    let all = Submodule::all(layers);
    let found: Vec<Option<Dictionary>> = all.iter().copied().map(open).collect::<Result<_>>()?;
    let kinds: Vec<SubmoduleKind> = found.iter().flatten().map(|dictionary| dictionary.submodule().kind).collect();
    let is_missing = |(submodule, found): &(&Submodule, &Option<Dictionary>)| {
        found.is_none() && (kinds.is_empty() || kinds.contains(&submodule.kind))
    };
    // A kind without any dictionary was not trained; one layer without is a file that was not copied.
    if let Some((submodule, _)) = all.iter().zip(&found).find(is_missing) {
        return Err(Problem::new(listed.join(", "), format_args!("holds no dictionary for {submodule}"), LAYOUTS));
    }
    Ok(found.into_iter().flatten().collect())
}

/// The archive at `root`, or the folder that holds the dictionaries: `root` itself, or the only such folder up to two levels
/// below it, as in the published archive (`dictionaries/MODEL`).
fn find_root(root: &Path) -> Result<Root> {
    if root.is_file() {
        return ZipFile::open(root).map(|zip| Root::Zip(Box::new(zip)));
    }
    if holds_dictionaries(root)? {
        return Ok(Root::Folder(root.to_owned()));
    }
    let below = |folders: &[PathBuf]| -> Result<Vec<PathBuf>> {
        let mut all = Vec::new();
        for folder in folders {
            all.extend(children(folder)?.into_iter().filter(|path| path.is_dir()));
        }
        all.sort();
        Ok(all)
    };
    let first = below(&[root.to_owned()])?;
    for level in [first.clone(), below(&first)?] {
        let mut found = Vec::new();
        for folder in level {
            if holds_dictionaries(&folder)? {
                found.push(folder);
            }
        }
        match &found[..] {
            [] => {}
            [folder] => return Ok(Root::Folder(folder.clone())),
            [one, other, ..] => {
                return Err(Problem::new(
                    root.display(),
                    format_args!("holds dictionaries in several folders, such as {} and {}", one.display(), other.display()),
                    "name one of them with --dictionaries",
                ));
            }
        }
    }
    Ok(Root::Folder(root.to_owned()))
}

/// Whether `folder` holds a folder with the name of a dictionary.
fn holds_dictionaries(folder: &Path) -> Result<bool> {
    let is_one = |path: &PathBuf| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let learned = name.split_once("_out_layer").is_some_and(|(kind, layer)| {
            SubmoduleKind::ALL.iter().any(|known| known.name() == kind) && layer.parse::<usize>().is_ok()
        });
        let mut parts = name.splitn(3, '-');
        let (layer, kind) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let saelens = layer.parse::<usize>().is_ok() && SubmoduleKind::ALL.iter().any(|known| known.neuronpedia_name() == kind);
        let hooked = name.strip_prefix("blocks.").is_some_and(|rest| rest.contains(".hook_"));
        (learned || saelens || hooked) && path.is_dir()
    };
    Ok(children(folder)?.iter().any(is_one))
}

fn open_one(root: &Path, purpose: Purpose) -> Result<Option<Dictionary>> {
    let submodule = purpose.submodule();
    match (find_ae_pt(root, submodule)?, find_saelens(root, submodule)?) {
        (Some(first), Some(second)) => Err(more_than_one(root, submodule, &first, &second)),
        (Some(path), None) => ae_pt::open(&path, purpose).map(Some),
        (None, Some(folder)) => saelens::open(&folder, purpose).map(Some),
        (None, None) => Ok(None),
    }
}

/// `attn_out_layer0/10_32768/ae.pt`: the training's settings name the folder between, so any name is accepted.
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

/// TransformerLens's names for the output of `submodule`: the stream that leaves a layer is the one that enters the next.
fn hooks(submodule: Submodule) -> Vec<String> {
    let layer = submodule.layer.0;
    match submodule.kind {
        SubmoduleKind::Attention => vec![format!("blocks.{layer}.hook_attn_out")],
        SubmoduleKind::Mlp => vec![format!("blocks.{layer}.hook_mlp_out")],
        SubmoduleKind::Residual => {
            vec![format!("blocks.{layer}.hook_resid_post"), format!("blocks.{}.hook_resid_pre", layer + 1)]
        }
    }
}

/// `0-att-sm`, where the suffix names the training run, so any suffix is accepted; or `blocks.1.hook_resid_pre`.
fn find_saelens(root: &Path, submodule: Submodule) -> Result<Option<PathBuf>> {
    let prefix = format!("{}-{}-", submodule.layer.0, submodule.kind.neuronpedia_name());
    let hooks = hooks(submodule);
    let is_its = |name: &str| name.starts_with(&prefix) || hooks.iter().any(|hook| hook == name);
    let mut found = children(root)?;
    found.retain(|path| path.is_dir() && path.file_name().is_some_and(|name| is_its(&name.to_string_lossy())));
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
