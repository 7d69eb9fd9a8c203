//! The decoder rows that point most nearly the same way.

use rayon::prelude::*;

use super::strongest::Strongest;
use super::{NEIGHBOURS, length};
use crate::core::lens::{JointActivity, Neighbour};
use crate::core::problem::Result;
use crate::core::submodule::{FeatureId, FeatureIndex, Submodule};
use crate::engine::activation::Trace;
use crate::engine::cancel::Cancel;
use crate::engine::dictionary::Dictionary;
use crate::engine::lanes::dot;

/// Rows that are read together.
const TOGETHER: usize = 1024;

/// A feature with its nearest so far.
struct Search<'a> {
    feature: FeatureId,
    row: &'a [f32],
    length: f64,
    within: Strongest<FeatureId>,
    across: Strongest<FeatureId>,
}

impl Search<'_> {
    /// Compares with a row of the feature `other`, of length `length`. A row of zeros points nowhere and is near nothing.
    fn offer(&mut self, other: FeatureId, row: &[f32], length: f64) {
        let product = self.length * length;
        if other == self.feature || product <= 0.0 {
            return;
        }
        let cosine = (f64::from(dot(self.row, row)) / product) as f32;
        self.across.offer(other, cosine);
        if other.submodule == self.feature.submodule {
            self.within.offer(other, cosine);
        }
    }
}

/// Whether what is written at `submodule` is added to the residual stream as it is.
pub fn writes_into_stream(submodule: Submodule) -> bool {
    Trace::holds(submodule)
}

/// For each of `features`, whose decoder rows are `rows`, the nearest within its dictionary and across all that write into the
/// stream.
pub fn of(
    dictionaries: &[Dictionary],
    features: &[FeatureId],
    rows: &[Vec<f32>],
    cancel: &Cancel,
) -> Result<Vec<[Vec<Neighbour>; 2]>> {
    let search = |(feature, row)| {
        let [within, across] = [NEIGHBOURS, NEIGHBOURS].map(Strongest::new);
        Search { feature, row, length: length(row), within, across }
    };
    let rows = rows.iter().map(Vec::as_slice);
    let mut searches: Vec<Search<'_>> = features.iter().copied().zip(rows).map(search).collect();
    // What is written elsewhere than into the stream has directions of another space.
    for dictionary in dictionaries.iter().filter(|dictionary| writes_into_stream(dictionary.submodule())) {
        let (submodule, width) = (dictionary.submodule(), dictionary.written_width());
        for first in (0..dictionary.features()).step_by(TOGETHER) {
            cancel.check()?;
            let block = dictionary.decoder(first..dictionary.features().min(first + TOGETHER))?;
            let lengths: Vec<f64> = block.chunks_exact(width).map(length).collect();
            searches.par_iter_mut().for_each(|search| {
                for (place, (row, length)) in block.chunks_exact(width).zip(&lengths).enumerate() {
                    search.offer(FeatureId { submodule, index: FeatureIndex((first + place) as u32) }, row, *length);
                }
            });
        }
        dictionary.release();
    }
    // Who is active together is found when all neighbours are known.
    let near = |(feature, cosine)| Neighbour { feature, cosine, activity: JointActivity::default() };
    let found = |strongest: Strongest<FeatureId>| strongest.into_kept().into_iter().map(near).collect();
    Ok(searches.into_iter().map(|search| [search.within, search.across].map(found)).collect())
}
