//! Features one by one: where each is on, and how much of the bias goes with it.

use super::ablation::{Told, expect_finite, metrics};
use super::plain::{Group, Plain};
use crate::core::causal::each::{Each, Single};
use crate::core::causal::scores::{removed_bias, resamples, score_of};
use crate::core::causal::set::{FeatureSet, Member, Part};
use crate::core::causal::way::{ErrorTreatment, Way};
use crate::core::problem::Result;
use crate::core::submodule::FeatureId;
use crate::engine::cancel::Cancel;
use crate::engine::dictionary::codes::TokenCodes;

/// Ablates each of `features` by itself, by zero and by resample. `plain` holds clean and patch prompts.
///
/// # Errors
/// When the dictionaries lack a feature, a metric is not finite, or `cancel` is raised.
pub fn each(plain: &Plain<'_>, features: &[FeatureId], error: ErrorTreatment, told: Told<'_>, cancel: &Cancel) -> Result<Each> {
    let sizes = plain.sizes();
    let alone =
        |feature: &FeatureId| FeatureSet { name: "the list".to_owned(), members: vec![Member::Feature(*feature)] }.parts(&sizes);
    let edits: Vec<Vec<Part>> = features.iter().map(alone).collect::<Result<_>>()?;
    let all = plain.metrics(cancel)?;
    let draws = resamples(all.len());
    let zero = metrics(plain, &edits, Way::Zero, error, told, cancel)?;
    let resample = metrics(plain, &edits, Way::Resample, error, told, cancel)?;
    [&zero, &resample].into_iter().try_for_each(|found| expect_finite(found, |place| features[place].to_string()))?;
    let single = |((feature, zero), resample): ((&FeatureId, &Vec<f32>), &Vec<f32>)| Single {
        feature: *feature,
        on_clean: examples_on(plain, *feature, Group::clean),
        on_patch: examples_on(plain, *feature, Group::patch),
        zero: removed_bias(&all, zero, &draws),
        resample: removed_bias(&all, resample, &draws),
        left: Some([zero, resample].map(|left| score_of(left, &draws))),
    };
    Ok(Each::new(error, &all, features.iter().zip(&zero).zip(&resample).map(single).collect()))
}

/// Number of pairs in which `feature` is active at some token of a side.
fn examples_on(plain: &Plain<'_>, feature: FeatureId, side: fn(&Group, usize) -> &[TokenCodes]) -> usize {
    let Some(dictionary) = plain.dictionary(feature.submodule) else { return 0 };
    let is_on = |codes: &TokenCodes| codes.binary_search_by_key(&feature.index.0, |(index, _)| *index).is_ok();
    let of_group =
        |group: &Group| side(group, dictionary).chunks_exact(group.positions).filter(|pair| pair.iter().any(is_on)).count();
    plain.groups.iter().map(of_group).sum()
}
