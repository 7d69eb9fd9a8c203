//! The pairs of prompts on which a feature acts most, as far as their effects were kept.

use crate::core::filter::contains_lowercase;
use crate::core::findings::Findings;
use crate::core::submodule::FeatureId;
use crate::core::view::View;

/// The pairs that count: of few of them it is seen at a glance what they have in common.
const PAIRS: usize = 3;

/// Whether a prompt of one of the pairs in which `feature` has its largest |effects| in `view` contains `needle_lowercase`, a text
/// without capitals; None if its effects in single pairs were not kept.
pub fn contain(findings: &Findings, view: View, feature: FeatureId, needle_lowercase: &str) -> Option<bool> {
    let effects = findings.view(view).by_example(feature)?;
    let data = findings.data(view)?;
    let mut strongest: Vec<usize> = (0..effects.len()).filter(|pair| effects[*pair] != 0.0).collect();
    strongest.sort_by(|left, right| effects[*right].abs().total_cmp(&effects[*left].abs()));
    let pairs = strongest.into_iter().take(PAIRS).filter_map(|pair| data.examples.get(pair));
    let mut prompts = pairs.flat_map(|pair| [pair.clean_text.concat(), pair.patch_text.concat()]);
    Some(prompts.any(|prompt| contains_lowercase(&prompt, needle_lowercase)))
}
