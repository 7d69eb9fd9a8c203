//! What dictionaries read and write of a batch's plain runs, in the traces or inside of layers.

use std::collections::HashMap;

use super::sharing::Sharing;
use crate::core::problem::Result;
use crate::core::submodule::Submodule;
use crate::engine::activation::{Array, Trace};
use crate::engine::compute::Inner;
use crate::engine::dictionary::Dictionary;
use crate::engine::dictionary::place::Place;

/// Where an activation is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// In the trace of a run.
    Trace(Submodule),
    /// Inside of a layer.
    Inside(Inner),
}

impl Source {
    /// The activation at `submodule`.
    pub fn of(submodule: Submodule) -> Self {
        Inner::of(submodule).map_or(Self::Trace(submodule), Self::Inside)
    }

    /// What `dictionary` reads: for an autoencoder the activation that it decomposes.
    pub fn read_by(dictionary: &Dictionary) -> Self {
        if !dictionary.is_transcoder() {
            return Self::of(dictionary.submodule());
        }
        match dictionary.reads() {
            Place::MlpStream(layer) => Self::Inside(Inner::MlpStream(*layer)),
            Place::MlpInput(layer) => Self::Inside(Inner::MlpInput(*layer)),
            Place::MlpNormalised(layer) => Self::Inside(Inner::MlpNormalised(*layer)),
            other => unreachable!("transcoders that read {other} are refused when they are opened"),
        }
    }
}

/// The activations inside of layers that the dictionaries need, for each side (clean, patch) one `[positions, width]` per pair.
pub struct Inside(HashMap<Inner, [Vec<Array>; 2]>);

impl Inside {
    /// Runs the prompts of the batch once more, if any dictionary needs what its traces do not hold.
    pub fn of(sharing: &Sharing<'_>) -> Result<Self> {
        let mut wanted: Vec<Inner> = Vec::new();
        for dictionary in sharing.model.dictionaries {
            for source in [Source::of(dictionary.submodule()), Source::read_by(dictionary)] {
                if let Source::Inside(inner) = source
                    && !wanted.contains(&inner)
                {
                    wanted.push(inner);
                }
            }
        }
        if wanted.is_empty() {
            return Ok(Self(HashMap::new()));
        }
        let run = |prompts: &[&[u32]]| sharing.model.compute.activations(&wanted, prompts, sharing.cancel);
        let (clean, patch) = (run(&sharing.batch.clean)?, run(&sharing.batch.patch)?);
        let sides = clean.into_iter().zip(patch).map(|(clean, patch)| [clean, patch]);
        Ok(Self(wanted.iter().copied().zip(sides).collect()))
    }

    /// The activations at `source` in the run of pair `pair` of side `side` (0 clean, 1 patch), whose trace is `trace`,
    /// `[positions, width]`.
    pub fn at<'a>(&'a self, source: Source, side: usize, pair: usize, trace: &'a Trace) -> &'a [f32] {
        match source {
            Source::Trace(submodule) => trace.output(submodule),
            Source::Inside(inner) => &self.0[&inner][side][pair],
        }
    }
}
