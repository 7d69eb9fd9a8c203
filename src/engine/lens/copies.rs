//! Features of different layers' residual streams whose decoder rows point nearly the same way.

use rayon::prelude::*;

use super::{length, row};
use crate::core::families::{Alike, COSINE};
use crate::core::problem::Result;
use crate::core::submodule::{FeatureId, SubmoduleKind};
use crate::engine::cancel::Cancel;
use crate::engine::lanes::dot;
use crate::engine::loaded::Loaded;

/// All pairs among `features` that may be copies of each other: see [`crate::core::families`].
///
/// # Errors
/// When a feature does not exist, a file is damaged, or `cancel` is raised.
pub fn alike(loaded: &Loaded, features: &[FeatureId], cancel: &Cancel) -> Result<Vec<Alike>> {
    let mut of_stream: Vec<FeatureId> =
        features.iter().copied().filter(|feature| feature.submodule.kind == SubmoduleKind::Residual).collect();
    of_stream.sort_unstable();
    of_stream.dedup();
    let rows: Vec<Vec<f32>> = of_stream.iter().map(|feature| row(loaded, *feature)).collect::<Result<_>>()?;
    let lengths: Vec<f64> = rows.iter().map(|row| length(row)).collect();
    let pairs_of = |left: usize| {
        cancel.check()?;
        let pair = |right: usize| {
            let product = lengths[left] * lengths[right];
            let cosine = if product > 0.0 { (f64::from(dot(&rows[left], &rows[right])) / product) as f32 } else { 0.0 };
            Alike { left: of_stream[left], right: of_stream[right], cosine }
        };
        let others = (left + 1..rows.len()).filter(|right| of_stream[left].submodule != of_stream[*right].submodule);
        Ok(others.map(pair).filter(|alike| alike.cosine >= COSINE).collect::<Vec<_>>())
    };
    let found: Vec<Vec<Alike>> = (0..rows.len()).into_par_iter().map(pairs_of).collect::<Result<_>>()?;
    Ok(found.into_iter().flatten().collect())
}
