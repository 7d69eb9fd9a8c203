//! In which prompts features are active, to say of neighbours how often they are so together.

use std::collections::{BTreeMap, BTreeSet};

use super::{ViewPairs, dictionary};
use crate::core::lens::JointActivity;
use crate::core::problem::Result;
use crate::core::submodule::{FeatureId, Submodule};
use crate::engine::attribution::inside::Source;
use crate::engine::cancel::Cancel;
use crate::engine::corpus::chosen::Chosen;
use crate::engine::loaded::Loaded;

/// Prompts that run together.
const TOGETHER: usize = 32;

/// For each of some features the prompts in which it is active.
pub struct Active {
    prompts: usize,
    of: BTreeMap<FeatureId, Vec<bool>>,
}

impl Active {
    /// Runs all prompts of `pairs`, clean and patch ones, and encodes `features`.
    ///
    /// # Errors
    /// When a feature does not exist, a file is damaged, or `cancel` is raised.
    pub fn of(loaded: &Loaded, features: &BTreeSet<FeatureId>, pairs: &ViewPairs, cancel: &Cancel) -> Result<Self> {
        let mut prompts: Vec<&[u32]> = pairs.prompts.iter().chain(&pairs.patch).map(Vec::as_slice).collect();
        // Of which prompt a row speaks does not matter, as long as all features have the same order.
        prompts.sort_by_key(|prompt| prompt.len());
        let mut by_submodule: BTreeMap<Submodule, Vec<FeatureId>> = BTreeMap::new();
        for feature in features {
            by_submodule.entry(feature.submodule).or_default().push(*feature);
        }
        let chosen: Vec<(Chosen<'_>, &[FeatureId])> = by_submodule
            .values()
            .map(|features| {
                let indices = features.iter().map(|feature| feature.index.0).collect();
                Ok((Chosen::new(dictionary(loaded, features[0])?, indices)?, features.as_slice()))
            })
            .collect::<Result<_>>()?;
        let mut of: BTreeMap<FeatureId, Vec<bool>> =
            features.iter().map(|feature| (*feature, vec![false; prompts.len()])).collect();
        let mut first = 0;
        for same in prompts.chunk_by(|left, right| left.len() == right.len()) {
            for together in same.chunks(TOGETHER) {
                let traces = loaded.compute.traces(together, cancel)?;
                for (chosen, features) in &chosen {
                    let source = Source::read_by(chosen.dictionary);
                    let inside = match source {
                        Source::Trace(_) => Vec::new(),
                        Source::Inside(inner) => loaded.compute.activations(&[inner], together, cancel)?.remove(0),
                    };
                    let read: Vec<&[f32]> = match source {
                        Source::Trace(submodule) => traces.iter().map(|trace| trace.output(submodule)).collect(),
                        Source::Inside(_) => inside.iter().map(|array| &array[..]).collect(),
                    };
                    let counted = together[0].len() - pairs.begun;
                    let rows = read.iter().flat_map(|rows| rows.chunks_exact(chosen.dictionary.width()).skip(pairs.begun));
                    let rows: Vec<&[f32]> = rows.collect();
                    let codes = chosen.codes(loaded.compute.as_ref(), &rows, cancel)?;
                    for (place, codes) in codes.chunks(counted.max(1)).enumerate() {
                        for (feature, _) in codes.iter().flatten().filter(|(_, code)| *code != 0.0) {
                            if let Some(active) = of.get_mut(&features[*feature]) {
                                active[first + place] = true;
                            }
                        }
                    }
                }
                first += together.len();
            }
        }
        Ok(Self { prompts: prompts.len(), of })
    }

    /// How often two of the features are active.
    pub fn together(&self, feature: FeatureId, neighbour: FeatureId) -> JointActivity {
        let none = Vec::new();
        let [left, right] = [feature, neighbour].map(|feature| self.of.get(&feature).unwrap_or(&none));
        let count = |active: &[bool]| active.iter().filter(|active| **active).count();
        let both = left.iter().zip(right).filter(|(left, right)| **left && **right).count();
        JointActivity { prompts: self.prompts, feature: count(left), neighbour: count(right), both }
    }
}
