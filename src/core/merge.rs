//! Merges shards of one study, computed on several machines, into the run that one machine would have computed.
//!
//! A mean over all examples is the weighted mean of the shards' means. The spread around it is the sum of the spread within
//! each shard, which follows from the shard's standard error, and the spread of the shards' means around the overall mean
//! (Chan, Golub and LeVeque 1983).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::dictionary_report::FitSums;
use super::effects::{Detail, ErrorTerm, SubmoduleEffects, ViewEffects};
use super::notes::each_once;
use super::problem::{Problem, Result};
use super::run::{DataRecord, DictionaryRecord, ExampleRecord, Manifest, ModelRecord, Run, ShardRecord};
use super::selection::Selection;
use super::submodule::{FeatureId, FeatureIndex};
use super::view::View;
use super::view_findings::ViewFindings;
use crate::core::pair_effects::PairEffects;

/// At most this many missing shards are named.
const MOST_MISSING: usize = 12;

/// A run with the name of the file it was read from.
pub type Named = (String, Run);

/// Merges `runs` into the run over all examples.
///
/// # Errors
/// If the runs are not all shards of one study, each exactly once.
pub fn merge(mut runs: Vec<Named>) -> Result<Run> {
    let records = runs.iter().map(|(name, run)| shard(name, run)).collect::<Result<Vec<_>>>()?;
    let of = records.first().map_or(0, |record| record.of);
    let mut numbers = BTreeMap::new();
    for ((name, _), record) in runs.iter().zip(&records) {
        if record.of != of {
            return Err(Problem::new(
                name,
                format_args!("is one of {} shards, the first one of {of}", record.of),
                "merge shards of one division",
            ));
        }
        if let Some(other) = numbers.insert(record.number, name) {
            let submodules = |name: &String| {
                let run = runs.iter().find(|(other, _)| other == name).map(|(_, run)| run);
                run.map(|run| run.manifest.dictionaries.iter().map(|record| record.submodule.clone()).collect::<Vec<_>>())
            };
            let remedy = if submodules(name) == submodules(other) {
                "name every shard once"
            } else {
                "they are of other submodules: merge the shards of each group of submodules first, then what that gives"
            };
            return Err(Problem::new(name, format_args!("is shard {}/{of}, as is {other}", record.number), remedy));
        }
    }
    let missing = of - numbers.len();
    if missing > 0 {
        // A file may claim any number of shards: only as many are looked for as are named.
        let absent = (1..=of).filter(|number| !numbers.contains_key(number)).take(MOST_MISSING);
        let named: Vec<String> = absent.map(|number| format!("{number}/{of}")).collect();
        let more = if missing > named.len() { format!(" and {} more", missing - named.len()) } else { String::new() };
        let what = if missing == 1 { "shard" } else { "shards" };
        return Err(Problem::new(
            "merge",
            format_args!("{what} {}{more} missing", named.join(", ")),
            "compute them with `run --shard`, then name all of them",
        ));
    }
    for (name, run) in &runs[1..] {
        expect_same_study(&runs[0].1.manifest, &run.manifest, name)?;
        expect_same_dictionaries(&runs[0].1.manifest, &run.manifest, name)?;
    }
    runs.sort_by_key(|(_, run)| run.manifest.shard.as_ref().map(|record| record.number));
    let runs: Vec<Run> = runs.into_iter().map(|(_, run)| run).collect();
    let manifest = manifest(&runs)?;
    let views = manifest.study.all().map(|view| merge_view(view, &runs, manifest.detail)).collect();
    Ok(Run { manifest, views })
}

fn shard<'a>(name: &str, run: &'a Run) -> Result<&'a ShardRecord> {
    run.manifest
        .shard
        .as_ref()
        .ok_or_else(|| Problem::new(name, "is a whole run, no shard", "name files that `run --shard I/N` wrote"))
}

/// Compares everything that decides the numbers but the dictionaries.
pub(super) fn expect_same_study(first: &Manifest, other: &Manifest, name: &str) -> Result<()> {
    let data = |data: &DataRecord| (data.sha256.clone(), data.lines, data.dropped);
    let model = |manifest: &Manifest| {
        let ModelRecord { sha256, config_sha256, layers, width, .. } = &manifest.model;
        (sha256.clone(), config_sha256.clone(), *layers, *width)
    };
    let tokenizer = |manifest: &Manifest| (manifest.model.tokenizer_sha256.clone(), manifest.model.prefix_space);
    let same = [
        ("method", (first.method, first.quadrature()) == (other.method, other.quadrature())),
        ("seed, tokens or examples", (first.seed, first.tokens, first.examples) == (other.seed, other.tokens, other.examples)),
        ("model", model(first) == model(other)),
        ("tokenizer", tokenizer(first) == tokenizer(other)),
        ("BOS token in front of every prompt (one run has one)", first.model.bos == other.model.bos),
        ("study", first.study == other.study),
        ("pair lists", first.data.iter().map(data).eq(other.data.iter().map(data))),
    ];
    match same.into_iter().find(|(_, same)| !same) {
        None => Ok(()),
        Some((what, _)) => Err(differs(name, what)),
    }
}

fn expect_same_dictionaries(first: &Manifest, other: &Manifest, name: &str) -> Result<()> {
    let dictionaries = |manifest: &Manifest| {
        // The same file can be computed in two ways: its release says the frame.
        let record = |record: &DictionaryRecord| {
            (record.submodule.clone(), record.sha256.clone(), record.features, record.arithmetic.clone())
        };
        manifest.dictionaries.iter().map(record).collect::<Vec<_>>()
    };
    if dictionaries(first) == dictionaries(other) { Ok(()) } else { Err(differs(name, "dictionaries")) }
}

fn differs(name: &str, what: &str) -> Problem {
    Problem::new(name, format_args!("differs from the first shard in its {what}"), "merge shards of one study")
}

fn manifest(runs: &[Run]) -> Result<Manifest> {
    let mut whole = runs[0].manifest.clone();
    whole.shard = None;
    for (list, data) in whole.data.iter_mut().enumerate() {
        data.examples = in_order(runs, list)?;
        let not_joined = runs.iter().flat_map(|run| &run.manifest.data[list].not_joined).copied();
        data.not_joined = not_joined.collect::<BTreeSet<usize>>().into_iter().collect();
    }
    for (index, record) in whole.dictionaries.iter_mut().enumerate() {
        // A report covers its own shard's prompts only. Former versions did not keep what the overall one follows from.
        let mut shards = runs.iter().map(|run| run.manifest.dictionaries[index].fit.as_ref());
        let first = shards.next().flatten().cloned();
        let all = shards.fold(first, |sums, more| sums?.and(more?));
        (record.report, record.fit) = (all.as_ref().and_then(FitSums::report), None);
    }
    sum_up(&mut whole, runs);
    Ok(whole)
}

/// Puts the earliest start, the smallest detail, the notes and the sum of all times of `runs` into the manifest of all.
pub(super) fn sum_up(whole: &mut Manifest, runs: &[Run]) {
    whole.created_unix_seconds = runs.iter().map(|run| run.manifest.created_unix_seconds).min().unwrap_or_default();
    whole.detail = runs.iter().map(|run| run.manifest.detail).min().unwrap_or_default();
    whole.notes = each_once(runs.iter().flat_map(|run| run.manifest.notes.iter().cloned()));
    for run in &runs[1..] {
        let seconds = run.manifest.seconds;
        whole.seconds.open += seconds.open;
        whole.seconds.hash += seconds.hash;
        whole.seconds.attribution += seconds.attribution;
    }
}

/// The examples of all shards in the pair list `list`, each at its place in the whole list.
fn in_order(runs: &[Run], list: usize) -> Result<Vec<ExampleRecord>> {
    let mut examples = BTreeMap::new();
    let mut count = 0;
    for run in runs {
        let shared = &run.manifest.data[list].examples;
        count += shared.len();
        examples.extend(places(run, list).iter().copied().zip(shared.iter().cloned()));
    }
    let gapless = examples.len() == count && examples.keys().copied().eq(0..count);
    let damaged = || {
        Problem::new("merge", "the shards' examples do not fit together", "compute the shards again with one version of saescope")
    };
    if gapless { Ok(examples.into_values().collect()) } else { Err(damaged()) }
}

/// The places that the examples of a shard's pair list have in the whole list.
fn places(run: &Run, list: usize) -> &[usize] {
    run.manifest.shard.as_ref().map_or(&[], |record| &record.places[list])
}

/// One shard's part of a view.
pub(super) struct Part<'a> {
    /// What the shard found.
    pub effects: &'a ViewEffects,
    /// The place of each of the shard's examples in the whole list.
    pub order: &'a [usize],
}

impl<'a> Part<'a> {
    fn of(run: &'a Run, view: View) -> Self {
        Self { effects: run.view(view), order: places(run, run.manifest.study.view(view).pairs) }
    }

    /// The numbers of `feature` in this shard; None if it never differed there.
    fn term(&self, ordinal: usize, feature: FeatureIndex) -> Option<Term<'a>> {
        let effects = &self.effects.submodules[ordinal];
        let slot = effects.features.binary_search(&feature).ok()?;
        let width = self.effects.positions;
        let positions = &effects.position_effects[slot * width..(slot + 1) * width];
        Some(Term { mean: effects.effects[slot], standard_error: effects.standard_errors[slot], positions })
    }

    /// Whether the activation of `feature` differed between clean and patch at some token of this shard.
    fn differs(&self, feature: FeatureId) -> bool {
        let effects = self.effects.submodule(feature.submodule);
        effects.is_some_and(|effects| effects.features.binary_search(&feature.index).is_ok())
    }

    fn count(&self) -> f64 {
        self.effects.clean_metrics.len() as f64
    }
}

fn merge_view(view: View, runs: &[Run], detail: usize) -> ViewEffects {
    let parts: Vec<Part<'_>> = runs.iter().map(|run| Part::of(run, view)).collect();
    let metrics = |pick: fn(&ViewEffects) -> &[f32]| {
        let places = parts.iter().flat_map(|part| part.order.iter().copied().zip(pick(part.effects).iter().copied()));
        places.collect::<BTreeMap<usize, f32>>().into_values().collect::<Vec<f32>>()
    };
    let positions = parts.iter().map(|part| part.effects.positions).max().unwrap_or(0);
    let submodules = (0..parts[0].effects.submodules.len()).map(|ordinal| merge_submodule(&parts, ordinal, positions));
    let mut whole = ViewEffects {
        view,
        clean_metrics: metrics(|effects| &effects.clean_metrics),
        patch_metrics: metrics(|effects| &effects.patch_metrics),
        positions,
        submodules: submodules.collect(),
        detail: Detail::default(),
    };
    // This uses the same ranking as everywhere else. A merge runs alone, so a second copy of the effects for its duration does
    // no harm.
    let findings = ViewFindings::from_effects(whole.clone(), runs[0].manifest.model.layers);
    let strongest = findings.select(Selection::TopK(detail)).features;
    whole.detail = merge_detail(&parts, strongest.into_iter().map(|selected| selected.feature));
    whole
}

/// The numbers of one feature or error term in one shard.
#[derive(Clone, Copy)]
struct Term<'a> {
    mean: f32,
    standard_error: f32,
    positions: &'a [f32],
}

/// Merges the numbers of one feature or error term. A term is None for a shard in which the feature never differed: its effect
/// is 0 in every example.
fn merge_term(parts: &[Part<'_>], terms: &[Option<Term<'_>>], positions: usize) -> (f32, f32, Vec<f32>) {
    let all: f64 = parts.iter().map(Part::count).sum();
    let mean = |term: Option<Term<'_>>| term.map_or(0.0, |term| f64::from(term.mean));
    let weighted = || parts.iter().map(Part::count).zip(terms.iter().copied());
    let whole = weighted().map(|(count, term)| count * mean(term)).sum::<f64>() / all;
    let squares: f64 = weighted()
        .map(|(count, term)| {
            // A single example has no spread, and its standard error is NaN.
            let error = term.map_or(0.0, |term| f64::from(term.standard_error));
            let within = if count > 1.0 { error * error * count * (count - 1.0) } else { 0.0 };
            within + count * (mean(term) - whole).powi(2)
        })
        .sum();
    let standard_error = if all > 1.0 { (squares / (all - 1.0) / all).sqrt() as f32 } else { f32::NAN };
    let mut sums = vec![0.0; positions];
    for (count, term) in weighted() {
        for (sum, value) in sums.iter_mut().zip(term.map_or(&[][..], |term| term.positions)) {
            *sum += count * f64::from(*value);
        }
    }
    (whole as f32, standard_error, sums.into_iter().map(|sum| (sum / all) as f32).collect())
}

fn merge_submodule(parts: &[Part<'_>], ordinal: usize, positions: usize) -> SubmoduleEffects {
    let found: Vec<&SubmoduleEffects> = parts.iter().map(|part| &part.effects.submodules[ordinal]).collect();
    let features: BTreeSet<_> = found.iter().flat_map(|effects| effects.features.iter().copied()).collect();
    let mut whole = SubmoduleEffects {
        submodule: found[0].submodule,
        dictionary_features: found[0].dictionary_features,
        features: features.iter().copied().collect(),
        effects: Vec::with_capacity(features.len()),
        standard_errors: Vec::with_capacity(features.len()),
        position_effects: Vec::with_capacity(features.len() * positions),
        pair_effects: PairEffects::default(),
        error: ErrorTerm { effect: 0.0, standard_error: 0.0, position_effects: Vec::new() },
        gradient_dot_change: None,
    };
    for feature in features {
        whole.pair_effects.push(merge_pairs(parts, ordinal, feature));
        let terms: Vec<Option<Term<'_>>> = parts.iter().map(|part| part.term(ordinal, feature)).collect();
        let (effect, standard_error, by_position) = merge_term(parts, &terms, positions);
        whole.effects.push(effect);
        whole.standard_errors.push(standard_error);
        whole.position_effects.extend(by_position);
    }
    let errors: Vec<Option<Term<'_>>> = found
        .iter()
        .map(|effects| {
            let ErrorTerm { effect, standard_error, position_effects } = &effects.error;
            Some(Term { mean: *effect, standard_error: *standard_error, positions: position_effects })
        })
        .collect();
    let (effect, standard_error, position_effects) = merge_term(parts, &errors, positions);
    whole.error = ErrorTerm { effect, standard_error, position_effects };
    let all: f64 = parts.iter().map(Part::count).sum();
    let changes: Option<Vec<f64>> =
        parts.iter().zip(&found).map(|(part, effects)| Some(part.count() * f64::from(effects.gradient_dot_change?))).collect();
    whole.gradient_dot_change = changes.map(|changes| (changes.iter().sum::<f64>() / all) as f32);
    whole
}

/// The effects of a feature in the pairs of all shards; None if some shard did not keep its own.
fn merge_pairs(parts: &[Part<'_>], ordinal: usize, feature: FeatureIndex) -> Option<Vec<(u32, f32)>> {
    let mut whole = Vec::new();
    for part in parts {
        let entries = part.effects.submodules[ordinal].in_pairs(feature)?;
        whole.extend(entries.map(|(pair, effect)| (part.order[pair as usize] as u32, effect)));
    }
    whole.sort_unstable_by_key(|(pair, _)| *pair);
    Some(whole)
}

/// Merges the effects at single tokens of the overall strongest features. A feature that differed in some shard which has dropped its
/// entries is left out and counted, also if it has no effect there: its activations are missing.
pub(super) fn merge_detail(parts: &[Part<'_>], strongest: impl Iterator<Item = FeatureId>) -> Detail {
    let kept: Vec<HashMap<FeatureId, u32>> = parts
        .iter()
        .map(|part| part.effects.detail.features.iter().enumerate().map(|(index, feature)| (*feature, index as u32)).collect())
        .collect();
    let is_complete =
        |feature: FeatureId| parts.iter().zip(&kept).all(|(part, kept)| kept.contains_key(&feature) || !part.differs(feature));
    let (features, incomplete): (Vec<FeatureId>, Vec<FeatureId>) = strongest.partition(|feature| is_complete(*feature));
    let ranks: HashMap<FeatureId, u32> = features.iter().enumerate().map(|(rank, feature)| (*feature, rank as u32)).collect();
    // The fields are rank, example, position, and the values effect, clean, patch.
    let mut entries: Vec<(u32, u32, u32, [f32; 3])> = Vec::new();
    for part in parts {
        let detail = &part.effects.detail;
        for (entry, feature) in detail.entry_features.iter().enumerate() {
            // The reader of run files has checked both indices. Features that some shard dropped have no rank.
            let Some(rank) = ranks.get(&detail.features[*feature as usize]) else { continue };
            let example = &part.order[detail.entry_examples[entry] as usize];
            let values = [detail.entry_effects[entry], detail.entry_clean[entry], detail.entry_patch[entry]];
            entries.push((*rank, *example as u32, detail.entry_positions[entry], values));
        }
    }
    entries.sort_unstable_by_key(|(rank, example, position, _)| (*rank, *example, *position));
    let value = |index: usize| entries.iter().map(|(.., values)| values[index]).collect();
    Detail {
        features,
        incomplete: incomplete.len(),
        entry_features: entries.iter().map(|(rank, ..)| *rank).collect(),
        entry_examples: entries.iter().map(|(_, example, ..)| *example).collect(),
        entry_positions: entries.iter().map(|(_, _, position, _)| *position).collect(),
        entry_effects: value(0),
        entry_clean: value(1),
        entry_patch: value(2),
    }
}
