//! Ablation of sets of features: the metric with a set alone, and without it.

use std::collections::{BTreeMap, HashMap};

use super::edit::Ablating;
use super::plain::Plain;
use super::targets::Targets;
use crate::core::causal::scores::{AblatedSet, Ablation};
use crate::core::causal::set::{FeatureSet, Part};
use crate::core::causal::way::{ErrorTreatment, Way};
use crate::core::problem::{Problem, Result};
use crate::core::progress::Progress;
use crate::core::text::printable;
use crate::engine::cancel::Cancel;
use crate::engine::compute::TOKENS_AT_ONCE;

/// Hears how far a check has come.
pub type Told<'a> = &'a mut dyn FnMut(Progress);

/// Ablates every set, and every feature outside it, in one way. Runs that several sets need are run once.
///
/// # Errors
/// When a set names a feature that the dictionaries do not have, a metric is not finite, or `cancel` is raised.
pub fn ablate(
    plain: &Plain<'_>,
    sets: &[FeatureSet],
    way: Way,
    error: ErrorTreatment,
    told: Told<'_>,
    cancel: &Cancel,
) -> Result<Ablation> {
    let sizes = plain.sizes();
    let mut edits = vec![vec![Part::Everything; sizes.len()]];
    for set in sets {
        let parts = set.parts(&sizes)?;
        edits.push(parts.iter().map(Part::complement).collect());
        edits.push(parts);
    }
    let found = metrics(plain, &edits, way, error, told, cancel)?;
    expect_finite(&found, |place| match (place.checked_sub(1), place % 2) {
        (None, _) => "every feature".to_owned(),
        (Some(set), 1) => format!("every feature outside '{}'", sets[set / 2].name),
        (Some(set), _) => format!("the set '{}'", sets[set / 2].name),
    })?;
    let mut metrics = found.into_iter();
    let mut next = || metrics.next().unwrap_or_else(|| unreachable!("there is one list for each edit"));
    let empty = next();
    let mut ablated = Vec::with_capacity(sets.len());
    for set in sets {
        let (kept, removed) = (next(), next());
        ablated.push(AblatedSet { name: set.name.clone(), members: set.members.clone(), kept, removed });
    }
    Ok(Ablation { way, error, all: plain.metrics(cancel)?, empty, sets: ablated })
}

/// Fails if a metric of some edit is not finite; `name` says what was ablated there.
///
/// # Errors
/// The first such edit.
pub fn expect_finite(metrics: &[Vec<f32>], name: impl Fn(usize) -> String) -> Result<()> {
    let Some(place) = metrics.iter().position(|metrics| metrics.iter().any(|metric| !metric.is_finite())) else { return Ok(()) };
    let what = format_args!("a metric is not a finite number when {} is ablated", printable(&name(place)));
    Err(Problem::new("ablation", what, "leave it out, or check that model and dictionaries belong together"))
}

/// The first layer in which `edit` ablates something; None if it ablates nothing.
pub fn first_layer(plain: &Plain<'_>, edit: &[Part]) -> Option<usize> {
    let ablated = plain.dictionaries.iter().zip(edit).filter(|(_, part)| **part != Part::Nothing);
    ablated.map(|(dictionary, _)| dictionary.submodule().layer.0).min()
}

/// The metric of each pair's clean prompt under each of `edits`, which name the ablated features as a part of each dictionary. Equal
/// edits are run once. An edit that leads to numbers that are not finite spoils no other: see [`expect_finite`].
///
/// # Errors
/// When `cancel` is raised.
pub fn metrics(
    plain: &Plain<'_>,
    edits: &[Vec<Part>],
    way: Way,
    error: ErrorTreatment,
    told: Told<'_>,
    cancel: &Cancel,
) -> Result<Vec<Vec<f32>>> {
    let mut known: HashMap<&[Part], usize> = HashMap::new();
    let mut distinct: Vec<&[Part]> = Vec::new();
    let of_edit: Vec<usize> = edits
        .iter()
        .map(|edit| {
            *known.entry(edit).or_insert_with(|| {
                distinct.push(edit);
                distinct.len() - 1
            })
        })
        .collect();
    let unchanged = plain.metrics(cancel)?;
    let mut found = vec![unchanged; distinct.len()];
    // Layers below the first ablated feature run as in the plain run, so sequences start at their first layer.
    let mut starts: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (place, edit) in distinct.iter().enumerate() {
        if let Some(first) = first_layer(plain, edit) {
            starts.entry(first).or_default().push(place);
        }
    }
    let targets = Targets::new(plain, way);
    let mut progress = Progress {
        stage: format!("{way}, {error}"),
        done: 0,
        total: (starts.values().map(Vec::len).sum::<usize>() * plain.pairs) as u64,
    };
    for (first, places) in &starts {
        for group in &plain.groups {
            let sequences: Vec<(usize, usize)> =
                places.iter().flat_map(|place| (0..group.places.len()).map(move |pair| (*place, pair))).collect();
            for sequences in sequences.chunks((TOKENS_AT_ONCE / group.positions).max(1)) {
                told(progress.clone());
                let streams: Vec<&[f32]> = sequences.iter().map(|(_, pair)| group.traces[0][*pair].entering(*first)).collect();
                let edited: Vec<(usize, &[Part])> = sequences.iter().map(|(place, pair)| (*pair, distinct[*place])).collect();
                let edit =
                    Ablating { plain, group, targets: &targets, error, sequences: &edited, reads_every_position: false, cancel };
                let ends = plain.compute.run_edited(*first, &streams, &edit, cancel)?;
                let ends: Vec<&[f32]> = ends.iter().map(Vec::as_slice).collect();
                let answers: Vec<_> = sequences.iter().map(|(_, pair)| group.answers[*pair]).collect();
                for ((place, pair), metric) in sequences.iter().zip(plain.metrics_of(&ends, &answers, cancel)?) {
                    found[*place][group.places[*pair]] = metric;
                }
                progress.done += sequences.len() as u64;
            }
        }
    }
    told(progress);
    Ok(of_edit.into_iter().map(|place| found[place].clone()).collect())
}
