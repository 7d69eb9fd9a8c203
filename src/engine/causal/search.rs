//! Looks for the subset of a list whose ablation leaves the least bias: greedily, and in full where the list is short.

use super::ablation::{Told, expect_finite, metrics};
use super::plain::Plain;
use crate::core::causal::scores::{denominator_of, removed_bias, resamples, score_of};
use crate::core::causal::search::{MOST_EXHAUSTIVE, Search, Subset, best, subsets};
use crate::core::causal::set::{FeatureSet, Member, Part};
use crate::core::causal::way::{ErrorTreatment, Way};
use crate::core::problem::Result;
use crate::core::progress::Progress;
use crate::core::submodule::FeatureId;
use crate::core::text::counted;
use crate::engine::cancel::Cancel;

/// Searches among the subsets of `features`. The greedy search adds the feature that leaves least, until none leaves less: up to
/// `n (n + 1) / 2` edits of all pairs for `n` features. `so_far` hears of every step.
///
/// # Errors
/// When the dictionaries lack a feature, a metric is not finite, or `cancel` is raised.
pub fn search(
    plain: &Plain<'_>,
    features: &[FeatureId],
    way: Way,
    error: ErrorTreatment,
    told: Told<'_>,
    so_far: &mut dyn FnMut(&Search),
    cancel: &Cancel,
) -> Result<Search> {
    let (sizes, all) = (plain.sizes(), plain.metrics(cancel)?);
    let draws = resamples(all.len());
    let edit = |features: &[FeatureId]| -> Result<Vec<Part>> {
        let members = features.iter().copied().map(Member::Feature).collect();
        FeatureSet { name: "the list".to_owned(), members }.parts(&sizes)
    };
    let mut run = |stage: String, sets: &[Vec<FeatureId>]| {
        let edits: Vec<Vec<Part>> = sets.iter().map(|features| edit(features)).collect::<Result<_>>()?;
        let mut tell = |progress: Progress| told(Progress { stage: stage.clone(), ..progress });
        let found = metrics(plain, &edits, way, error, &mut tell, cancel)?;
        let named = |place: usize| sets[place].iter().map(ToString::to_string).collect::<Vec<_>>().join(" with ");
        expect_finite(&found, named)?;
        Ok(found)
    };
    let (mut chosen, mut before) = (Vec::new(), all.clone());
    let mut search = Search {
        way,
        error,
        examples: all.len(),
        all: denominator_of(&all),
        features: features.to_vec(),
        greedy: Vec::new(),
        left: Vec::new(),
        exhaustive: None,
    };
    loop {
        let with = |feature: &FeatureId| chosen.iter().chain([feature]).copied().collect::<Vec<_>>();
        let candidates: Vec<Vec<FeatureId>> = features.iter().filter(|feature| !chosen.contains(feature)).map(with).collect();
        let mut found = run(format!("greedy, {}", counted(chosen.len() + 1, "feature")), &candidates)?;
        let Some(place) = best(&before, &found) else { break };
        chosen.clone_from(&candidates[place]);
        before = found.swap_remove(place);
        search.greedy.push((chosen[chosen.len() - 1], removed_bias(&all, &before, &draws)));
        search.left.push(score_of(&before, &draws));
        so_far(&search);
    }
    if features.len() <= MOST_EXHAUSTIVE {
        let held = |subset: u32| {
            let held = features.iter().enumerate().filter(move |(place, _)| subset >> place & 1 == 1);
            held.map(|(_, feature)| *feature).collect::<Vec<_>>()
        };
        let sets: Vec<Vec<FeatureId>> = subsets(features.len()).into_iter().map(held).collect();
        let found = run("all subsets".to_owned(), &sets)?;
        let chosen = best(&all, &found);
        let ablated = |features: Vec<FeatureId>, metrics: &[f32]| {
            let (bias, left) = (removed_bias(&all, metrics, &draws), score_of(metrics, &draws));
            Subset { features, bias, left: Some(left) }
        };
        let subset = |place: usize| ablated(sets[place].clone(), &found[place]);
        // The empty set is a subset, too.
        let nothing = || ablated(Vec::new(), &all);
        search.exhaustive = Some(chosen.map_or_else(nothing, subset));
    }
    Ok(search)
}
