//! The site finder: tries a dictionary at the places around the one that its files say, in both frames, with the known scales and rules, with
//! and without a BOS token, and measures how well it fits in each.

mod arithmetics;
mod spots;
mod texts;

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::core::dictionary_report::DictionaryReport;
use crate::core::inspection::Candidate;
use crate::core::problem::Result;
use crate::engine::activation::Trace;
use crate::engine::cancel::Cancel;
use crate::engine::compute::Compute;
use crate::engine::dictionary::Dictionary;
use crate::engine::dictionary::arithmetic::Scale;
use crate::engine::dictionary::codes::{DecoderRows, active_features, reconstruction_errors, transcoding_errors};
use crate::engine::dictionary::place::Place;
use crate::engine::dictionary::report::Fit;
use crate::engine::model::weight_files::WeightFiles;
use arithmetics::{Tried, arithmetics, stated};
use spots::{Spot, neighbours, spots};
pub use texts::{Texts, read};

/// Tokens that are encoded together: what features are active at them decides the memory.
const TOKENS_AT_ONCE: usize = 256;

/// Tokens on which every set-up is tried before the best ones are measured on all.
const FIRST_TOKENS: usize = 256;

/// Set-ups that are measured on all tokens, beside the stated one.
const BEST: usize = 12;

/// A dictionary on a model, set up as its files say or as it is used.
pub struct Set<'a> {
    /// The model on its backend.
    pub compute: &'a dyn Compute,
    /// The model's weight files, of which single layers are read.
    pub weights: &'a WeightFiles,
    /// The dictionary.
    pub dictionary: &'a Dictionary,
    /// The place that it is said to read.
    pub place: &'a Place,
    /// Whether texts are said to begin with BOS; None if nothing is said.
    pub bos: Option<bool>,
}

impl Set<'_> {
    fn transcodes(&self) -> bool {
        self.dictionary.reads() != self.dictionary.writes()
    }
}

/// One set-up that was measured.
struct Measured {
    /// Index of the place among all that were tried.
    spot: usize,
    tried: Tried,
    bos: bool,
    /// How many of place, frame, scale, rule and BOS differ from what the files say.
    changes: usize,
    report: DictionaryReport,
}

impl Measured {
    fn explained(&self) -> f64 {
        self.report.explained.unwrap_or(f64::NEG_INFINITY)
    }

    /// Best first, to the tenth of a per cent that is shown; then what changes least.
    fn rank(&self, other: &Self) -> Ordering {
        let shown = |measured: &Self| (1000.0 * measured.explained()).round();
        shown(other).total_cmp(&shown(self)).then(self.changes.cmp(&other.changes))
    }
}

/// Measures the dictionary of `set` in every set-up: all on the first tokens, the best ones and the stated one on all. `texts` are token ids;
/// those with `bos` in front are measured too, if it is given. Empty if the dictionary has the width of no place that is tried.
///
/// # Errors
/// When a weight is not finite, or `cancel` is raised.
pub fn candidates(set: &Set<'_>, texts: &[Vec<u32>], bos: Option<u32>, cancel: &Cancel) -> Result<Vec<Candidate>> {
    // Measured once, they serve all copies of the dictionary.
    set.dictionary.norms_for_rule(cancel)?;
    let (mut all_spots, mut found): (Vec<Spot>, Vec<Measured>) = (Vec::new(), Vec::new());
    for bos in std::iter::once(None).chain(bos.map(Some)) {
        let texts: Vec<Vec<u32>> = texts.iter().map(|text| bos.into_iter().chain(text.iter().copied()).collect()).collect();
        let traces = traces(set.compute, &texts, cancel)?;
        let width = set.compute.config().width;
        let is_first: Vec<bool> =
            traces.iter().flat_map(|trace| (0..trace.entering(0).len() / width).map(|position| position == 0)).collect();
        let is_stated_bos = set.bos.is_none_or(|stated| stated == bos.is_some());
        for spot in spots(set, &traces, cancel)? {
            let tokens: Vec<&[f32]> = spot.reads.chunks_exact(spot.width).collect();
            // Another rule that changes nothing here, such as a k that no token reaches, is none.
            let mut stated_report = None;
            for tried in arithmetics(set.dictionary, &tokens, &is_first) {
                let Some(report) = fit(set.compute, &tried.dictionary, &spot, FIRST_TOKENS, cancel)? else { continue };
                if !tried.rule.is_empty() && stated_report == Some(report) {
                    continue;
                }
                if tried.changes == 0 {
                    stated_report = Some(report);
                }
                let changes = usize::from(!spot.is_stated) + tried.changes + usize::from(!is_stated_bos);
                found.push(Measured { spot: all_spots.len(), tried, bos: bos.is_some(), changes, report });
            }
            all_spots.push(spot);
        }
    }
    found.sort_by(Measured::rank);
    let mut place = 0;
    found.retain(|measured| {
        place += 1;
        place <= BEST || measured.changes == 0
    });
    for measured in &mut found {
        if let Some(report) = fit(set.compute, &measured.tried.dictionary, &all_spots[measured.spot], usize::MAX, cancel)? {
            measured.report = report;
        }
    }
    found.sort_by(Measured::rank);
    let candidate = |measured: Measured| {
        let Measured { spot, tried: Tried { frame, scale, rule, .. }, bos, changes, report } = measured;
        Candidate { place: all_spots[spot].name.clone(), frame, scale, rule, bos, changes, is_stated: changes == 0, report }
    };
    Ok(found.into_iter().map(candidate).collect())
}

/// Measures the autoencoder of `set` as its files say at the stated place and a layer before and after, best first: the cheap part of
/// [`candidates`]. `traces` gives the plain runs of texts as the study has them, with BOS or without, and is asked for them where they
/// are needed. Empty for other dictionaries and places.
///
/// # Errors
/// As for [`candidates`].
pub fn near_candidates(
    set: &Set<'_>,
    traces: impl FnOnce() -> Result<Arc<Vec<Trace>>>,
    cancel: &Cancel,
) -> Result<Vec<Candidate>> {
    if set.transcodes() || !matches!(set.place, Place::Output(_)) {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for spot in neighbours(set, &traces()?) {
        let Tried { frame, scale, rule, dictionary, .. } = stated(set.dictionary);
        let Some(report) = fit(set.compute, &dictionary, &spot, usize::MAX, cancel)? else { continue };
        let (changes, is_stated, bos) = (usize::from(!spot.is_stated), spot.is_stated, set.bos.unwrap_or(false));
        found.push(Candidate { place: spot.name, frame, scale, rule, bos, changes, is_stated, report });
    }
    found.sort_by(|one, other| {
        other.report.explained.unwrap_or(f64::NEG_INFINITY).total_cmp(&one.report.explained.unwrap_or(f64::NEG_INFINITY))
    });
    Ok(found)
}

/// The plain runs of `texts`, each by itself: their lengths differ.
///
/// # Errors
/// When `cancel` is raised, or a layer cannot be read.
pub fn traces(compute: &dyn Compute, texts: &[Vec<u32>], cancel: &Cancel) -> Result<Vec<Trace>> {
    let mut by_length: BTreeMap<usize, Vec<&[u32]>> = BTreeMap::new();
    texts.iter().for_each(|text| by_length.entry(text.len()).or_default().push(text));
    let runs = by_length.values().map(|texts| compute.traces(texts, cancel));
    Ok(runs.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
}

/// How well `dictionary` fits at the first `most` tokens of `spot`; None if there is no token to measure.
fn fit(
    compute: &dyn Compute,
    dictionary: &Dictionary,
    spot: &Spot,
    most: usize,
    cancel: &Cancel,
) -> Result<Option<DictionaryReport>> {
    let mut fit = Fit::default();
    let written_width = dictionary.written_width();
    let writes = spot.writes.as_ref().unwrap_or(&spot.reads).chunks_exact(written_width);
    // A token of nothing has no length to be divided by; in the centred frame that is one of equal values.
    let usable = |(read, _): &(&[f32], &[f32])| {
        dictionary.arithmetic().scale != Scale::ConstantNorm || dictionary.arithmetic().has_length(read)
    };
    let tokens: Vec<(&[f32], &[f32])> = spot.reads.chunks_exact(spot.width).zip(writes).filter(usable).take(most).collect();
    for tokens in tokens.chunks(TOKENS_AT_ONCE) {
        let (reads, targets): (Vec<&[f32]>, Vec<&[f32]>) = tokens.iter().copied().unzip();
        let codes = compute.encode(dictionary, &reads, cancel)?;
        let decoder = DecoderRows::read(dictionary, active_features(&codes), cancel)?;
        let errors = match &spot.writes {
            Some(_) => transcoding_errors(dictionary, &reads, &targets, &codes, &decoder)?,
            None => reconstruction_errors(dictionary, &reads, &codes, &decoder),
        };
        for ((target, error), codes) in targets.iter().zip(errors.chunks_exact(written_width)).zip(&codes) {
            match &spot.writes {
                Some(_) => fit.add(target, error, codes.len()),
                None => fit.add(&dictionary.framed_output(target), error, codes.len()),
            }
        }
    }
    Ok(fit.report())
}
