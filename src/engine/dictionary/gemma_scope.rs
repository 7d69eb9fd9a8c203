//! Gemma Scope: `layer_1/width_16k/average_l0_9/params.npz` with `W_enc [d, n]`, `W_dec [n, d]`, `b_enc`, `b_dec`, `threshold`.
//!
//! Source: <https://huggingface.co/google/gemma-scope>, Lieberum et al. 2024, arXiv:2408.05147. There is no configuration: JumpReLU
//! without a subtraction of the bias is the rule of all of them, and place and L0 stand in the folders' names. The dictionary in the
//! folder `embedding` was trained on embeddings that Gemma multiplies by the root of the width, which its weights do not know.

use std::path::Path;

use super::arithmetic::{Arithmetic, WriteFactors};
use super::npz::NpzFile;
use super::parts::Parts;
use super::place::Place;
use super::rule::Rule;
use super::{Dictionary, Format, Purpose, Stated};
use crate::core::problem::{Problem, Result};
use crate::core::submodule::SubmoduleKind;
use crate::core::text::excerpt;
use crate::engine::tensor_file::Bytes;
use crate::files::stamp::Stamp;

/// The file's name.
pub const FILE: &str = "params.npz";

/// The arrays of every dictionary.
const ARRAYS: [&str; 5] = ["W_enc", "W_dec", "b_enc", "b_dec", "threshold"];

/// What is read and what is refused, in words.
pub fn capability() -> (String, String) {
    let reads = "JumpReLU, mapped where it lies; res, mlp, att, the embedding's; transcoders";
    (reads.to_owned(), "an archive without threshold, or with compressed arrays".to_owned())
}

/// Opens the dictionary in `folder`.
pub fn open(folder: &Path, purpose: Purpose) -> Result<Dictionary> {
    let path = folder.join(FILE);
    let stamp = Stamp::of(&path);
    let file = NpzFile::read(Bytes::map(&path)?, path.display().to_string())?;
    if let Some(array) = file.names().find(|name| !ARRAYS.contains(name)) {
        return Err(Problem::new(
            file.name(),
            format_args!("holds the array '{}', which no dictionary of Gemma Scope has", excerpt(array, 60)),
            format_args!("expected: {}", ARRAYS.join(", ")),
        ));
    }
    let array = |name: &str| {
        file.tensor(name)?.ok_or_else(|| {
            let remedy = if name == "threshold" {
                "without it the file could only be read as plain ReLU, which gives other codes: fetch the file again"
            } else {
                "the file is damaged or not of Gemma Scope: fetch it again"
            };
            Problem::new(file.name(), format_args!("holds no array '{name}'"), remedy)
        })
    };
    let thresholds = array("threshold")?.values()?;
    let encoder = array("W_enc")?;
    let said = Said::of(folder);
    let mut arithmetic = Arithmetic::plain(Rule::JumpRelu { thresholds }, false);
    if said.reads == Place::Embedding {
        let root = encoder.shape().first().map_or(1.0, |width| (*width as f32).sqrt());
        arithmetic = Arithmetic { input_factor: 1.0 / root, write_factors: WriteFactors::All(root), ..arithmetic };
    }
    let mut stated = Stated { bos: Some(true), active: said.active, ..Stated::default() };
    if !said.reads.is_said() {
        stated.notes.push("its path does not say which place of the model it reads".to_owned());
    }
    let parts = Parts {
        encoder,
        encoder_bias: Some(array("b_enc")?),
        decoder: array("W_dec")?,
        decoder_bias: array("b_dec")?,
        skip: None,
        arithmetic,
        reads: said.reads,
        writes: said.writes,
    };
    let dictionary = Dictionary::assemble(Format::GemmaScope, purpose, parts, file.shared_bytes(), file.name().to_owned())?;
    Ok(dictionary.with_stated(stated).read_from(vec![stamp]))
}

/// What the names of folders say: `google/gemma-scope-2b-pt-res/layer_1/width_16k/average_l0_9`.
pub struct Said {
    /// The place that is read.
    pub reads: Place,
    /// The place that is written.
    pub writes: Place,
    /// Active features of a token.
    active: Option<f64>,
}

impl Said {
    /// What the path `folder` says.
    pub fn of(folder: &Path) -> Self {
        let full = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        let names: Vec<String> = full.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
        let number = |prefix: &str| names.iter().rev().find_map(|name| name.strip_prefix(prefix)?.parse::<usize>().ok());
        let layer = number("layer_");
        let of_scope = |name: &&String| name.contains("gemma") && name.contains("scope");
        let release = names.iter().rev().find(of_scope).map(String::as_str).unwrap_or_default();
        let nowhere = || Place::Unknown(String::new());
        let (reads, writes) = match layer {
            None if names.iter().rev().take(3).any(|name| name == "embedding") => (Place::Embedding, Place::Embedding),
            Some(layer) if release.ends_with("-res") => twice(Place::output(SubmoduleKind::Residual, layer)),
            Some(layer) if release.ends_with("-mlp") => twice(Place::output(SubmoduleKind::Mlp, layer)),
            Some(layer) if release.ends_with("-att") => twice(Place::Heads(layer)),
            Some(layer) if release.ends_with("-transcoders") => {
                (Place::MlpNormalised(layer), Place::output(SubmoduleKind::Mlp, layer))
            }
            _ => (nowhere(), nowhere()),
        };
        Self { reads, writes, active: number("average_l0_").map(|active| active as f64) }
    }
}

fn twice(place: Place) -> (Place, Place) {
    (place.clone(), place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_say_place_and_number_of_active_features() {
        for (path, reads, active) in [
            ("/x/models--google--gemma-scope-2b-pt-res/snapshots/1/layer_12/width_16k/average_l0_82", "resid_12", Some(82.0)),
            ("/gemma-scope-9b-pt-mlp/layer_3/width_16k/average_l0_9", "mlp_3", Some(9.0)),
            ("/gemma-scope-2b-pt-res/embedding/width_4k/average_l0_6", "the token embedding", Some(6.0)),
            (
                "/gemma-scope-2b-pt-transcoders/layer_2/width_16k/average_l0_6",
                "what the MLP of layer 2 reads, without the norm's gain",
                Some(6.0),
            ),
            ("/elsewhere/layer_1/width_16k", "a place that its files do not say", None),
        ] {
            let said = Said::of(Path::new(path));
            assert_eq!((said.reads.to_string().as_str(), said.active), (reads, active), "{path}");
        }
    }
}
