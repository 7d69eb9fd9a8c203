//! Finds the model and the dictionaries of a run on this machine: those of a name that the program knows, else where the run's record says
//! that they were. Whether they are the run's own is not decided here: their hashes and arithmetic are compared when they are open.

use std::path::{Path, PathBuf};

use super::hub::cache::{Local, here};
use super::presets::Presets;
use crate::core::parts::Parts;
use crate::core::problem::{Problem, Result};
use crate::core::release::Release;
use crate::core::request::{DEMO_NAME, ModelSource};
use crate::core::run::{DictionaryRecord, Manifest};
use crate::core::submodule::{Submodule, SubmoduleKind};

/// The model of the run that `manifest` records.
///
/// # Errors
/// When its files are not where the run was computed from, as seen from the current folder, and are no known model's either.
pub fn of(manifest: &Manifest) -> Result<ModelSource> {
    let whole = whole(manifest)?;
    let mut used: Vec<Submodule> = manifest.dictionaries.iter().filter_map(DictionaryRecord::place).collect();
    used.sort_unstable();
    // The run may have used some of the dictionaries that lie there.
    Ok(if used == Submodule::all(manifest.model.layers) { whole } else { ModelSource::Part(Box::new(whole), Parts::of(used)) })
}

fn whole(manifest: &Manifest) -> Result<ModelSource> {
    if manifest.model.name == DEMO_NAME && !Path::new(&manifest.model.source).exists() {
        return Ok(ModelSource::Demo);
    }
    let presets = Presets::of_user()?;
    let named = presets.all().iter().filter(|preset| preset.model_name == manifest.model.name);
    let complete = named.filter_map(|preset| match here(preset) {
        Local::Complete(source) => Some(source),
        Local::Missing(_) => None,
    });
    let complete: Vec<ModelSource> = complete.collect();
    // A known model says more than a record does, such as whether its dictionaries read centred activations.
    if let Some(own) = complete.iter().find(|source| holds(source, manifest)) {
        return Ok(own.clone());
    }
    by_record(manifest).or_else(|problem| complete.into_iter().next().ok_or(problem))
}

/// Whether the record's files are those of `source`.
fn holds(source: &ModelSource, manifest: &Manifest) -> bool {
    let ModelSource::Folder { model, dictionaries, .. } = source else { return false };
    let is_below = |record: &DictionaryRecord| dictionaries.iter().any(|folder| Path::new(&record.source).starts_with(folder));
    Path::new(&manifest.model.source).starts_with(model) && manifest.dictionaries.iter().all(is_below)
}

fn by_record(manifest: &Manifest) -> Result<ModelSource> {
    let absent = |what: &str, place: &str| {
        let remedy = "put the files back, or name model and dictionaries on the command line with --model and --dictionaries";
        Problem::new(format_args!("{what} {place}"), "is not on this machine, or not seen from this folder", remedy)
    };
    let weights = Path::new(&manifest.model.source);
    let model = weights.parent().filter(|_| weights.exists());
    let model = model.ok_or_else(|| absent("the run's model", &manifest.model.source))?;
    let mut dictionaries: Vec<PathBuf> = Vec::new();
    for record in &manifest.dictionaries {
        let root = root(Path::new(&record.source)).ok_or_else(|| absent("the run's dictionary", &record.source))?;
        if !dictionaries.contains(&root) {
            dictionaries.push(root);
        }
    }
    // Only a known model says of all dictionaries that they are centred; where files say it themselves, saying it again changes nothing.
    let centred = !manifest.dictionaries.is_empty() && manifest.dictionaries.iter().all(DictionaryRecord::is_centred);
    // A path without a folder is seen from the current one.
    let model = if model.as_os_str().is_empty() { PathBuf::from(".") } else { model.to_owned() };
    Ok(ModelSource::Folder {
        model,
        dictionaries,
        name: Some(manifest.model.name.clone()),
        release: Release { centred, ..Release::default() },
    })
}

/// The folder or archive in which the dictionary at `path` was found: the one that holds a folder such as `0-att-sm` or
/// `attn_out_layer0`; where no name says the submodule, the dictionary's own folder. None if the file is not there.
fn root(path: &Path) -> Option<PathBuf> {
    if let Some(archive) = path.ancestors().skip(1).find(|ancestor| ancestor.is_file()) {
        return Some(archive.to_owned());
    }
    let own = path.parent().filter(|_| path.exists())?;
    let named = path.ancestors().skip(1).find(|folder| says_submodule(folder));
    let root = named.map_or(Some(own), Path::parent)?;
    Some(if root.as_os_str().is_empty() { PathBuf::from(".") } else { root.to_owned() })
}

/// Whether a folder's name begins with a submodule's: `0-att-sm`, `attn_out_layer0`, or is that of the embedding.
fn says_submodule(folder: &Path) -> bool {
    let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let is_layer = |text: &str| text.parse::<usize>().is_ok();
    let learned = name
        .split_once("_out_layer")
        .is_some_and(|(kind, layer)| SubmoduleKind::ALL.iter().any(|known| known.name() == kind) && is_layer(layer));
    let mut parts = name.splitn(3, '-');
    let (layer, kind) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let of_embedding = name == "embed" || name.starts_with("e-res-");
    of_embedding || learned || (is_layer(layer) && SubmoduleKind::ALL.iter().any(|known| known.neuronpedia_name() == kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_of_dictionaries_is_the_one_above_a_submodule_or_the_dictionary_s_own() {
        let folder = tempfile::tempdir().unwrap();
        let file = |path: &str| {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, "").unwrap();
            path
        };
        for (path, expected) in [
            ("2024-runs/saes/0-att-sm/sae_weights.safetensors", "2024-runs/saes"),
            ("dictionaries/mlp_out_layer3/10_32768/ae.pt", "dictionaries"),
            ("2024-runs/layer_1/width_16k/average_l0_9/params.npz", "2024-runs/layer_1/width_16k/average_l0_9"),
        ] {
            assert_eq!(root(&file(path)), Some(folder.path().join(expected)), "{path}");
        }
        let archive = file("saes.zip");
        assert_eq!(root(&archive.join("attn_out_layer0/10_32768/ae.pt")), Some(archive));
        assert_eq!(root(&folder.path().join("0-att-sm/nothing")), None);
    }
}
