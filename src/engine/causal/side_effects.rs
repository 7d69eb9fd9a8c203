//! What edits do to the prediction of texts: every next token's probability, with and without the edit.

use rayon::prelude::*;

use super::ablation::{Told, first_layer};
use super::edit::Ablating;
use super::plain::{Group, Pair, Plain, Sides};
use super::steering::Steering;
use super::targets::Targets;
use crate::core::causal::scores::resamples;
use crate::core::causal::set::Part;
use crate::core::causal::side_effects::{Damage, TextSums};
use crate::core::causal::way::{ErrorTreatment, Way};
use crate::core::problem::{Problem, Result};
use crate::core::progress::Progress;
use crate::core::total::total;
use crate::engine::cancel::Cancel;
use crate::engine::compute::{Answers, Compute};
use crate::engine::dictionary::Dictionary;

/// Tokens whose logits are computed together: with a vocabulary of 256,000 these are 64 MB.
const LOGITS_AT_ONCE: usize = 64;

/// Tokens of the texts that run together, at least one text. Of each of them the probabilities of all next tokens are held: before the edit with
/// their logarithms, and the logarithms after it. With a vocabulary of 256,000 these are three times 128 MB, beside the logits.
const TOKENS_AT_ONCE: usize = 128;

/// The plain runs of `texts`, token ids of two tokens and more each.
///
/// # Errors
/// When there is no text, a dictionary turns out to be damaged, or `cancel` is raised.
pub fn plain_of<'a>(
    compute: &'a dyn Compute,
    dictionaries: &'a [Dictionary],
    texts: &[Vec<u32>],
    cancel: &Cancel,
) -> Result<Plain<'a>> {
    Plain::new(compute, dictionaries, &pairs_of(texts)?, Sides::Clean, cancel)
}

/// The texts of two tokens and more among `texts`, as the clean prompts of pairs.
///
/// # Errors
/// When there is none.
pub fn pairs_of(texts: &[Vec<u32>]) -> Result<Vec<Pair>> {
    let text = |tokens: &Vec<u32>| Pair { clean: tokens.clone(), patch: tokens.clone(), answers: Answers { clean: 0, patch: 0 } };
    let pairs: Vec<Pair> = texts.iter().filter(|tokens| tokens.len() > 1).map(text).collect();
    if pairs.is_empty() {
        return Err(Problem::new(
            "corpus",
            "has no text of two tokens",
            "give texts of some words: a first token is not predicted",
        ));
    }
    Ok(pairs)
}

/// The damage that ablating as each of `edits` does to `texts`, as [`on_texts`] has it, with intervals over texts.
///
/// # Errors
/// As for [`on_texts`].
pub fn damage(
    prompts: &Plain<'_>,
    texts: &Plain<'_>,
    edits: &[Vec<Part>],
    how: (Way, ErrorTreatment),
    told: Told<'_>,
    cancel: &Cancel,
) -> Result<Vec<Damage>> {
    let draws = resamples(texts.pairs);
    Ok(on_texts(prompts, texts, edits, how, told, cancel)?.iter().map(|sums| Damage::of(sums, &draws)).collect())
}

/// The damage that each of `coefficients` times the decoder row does, added at every position of the texts that `steering` has.
///
/// # Errors
/// When a probability without the edit is not finite, or `cancel` is raised.
pub fn damage_of_steering(steering: &Steering<'_>, coefficients: &[f32], told: Told<'_>, cancel: &Cancel) -> Result<Vec<Damage>> {
    let texts = steering.plain;
    let ends = |edit: usize, group: &Group, pairs: &[usize]| match coefficients[edit] {
        0.0 => Ok(None),
        coefficient => steering.ends_of_texts(coefficient, group, pairs, cancel).map(Some),
    };
    let draws = resamples(texts.pairs);
    Ok(sums_of(texts, coefficients.len(), &ends, told, cancel)?.iter().map(|sums| Damage::of(sums, &draws)).collect())
}

/// What each of `edits` does to the prediction of the texts of `texts`, which [`plain_of`] made: for each edit the sums of each text.
/// Ablated features take the values that `way` gives them in the prompts of `prompts`.
///
/// # Errors
/// When `way` has no value for a token of another text, a probability without the edits is not finite, or `cancel` is raised.
pub fn on_texts(
    prompts: &Plain<'_>,
    texts: &Plain<'_>,
    edits: &[Vec<Part>],
    (way, error): (Way, ErrorTreatment),
    told: Told<'_>,
    cancel: &Cancel,
) -> Result<Vec<Vec<TextSums>>> {
    expect_for_any_text(way)?;
    let targets = Targets::new(prompts, way);
    let ends = |edit: usize, group: &Group, pairs: &[usize]| {
        let edit = edits[edit].as_slice();
        // Features that are off in these texts change nothing when they are set to 0, and most are off in most texts.
        let is_idle = way == Way::Zero && !is_active(edit, group, pairs);
        let Some(first) = first_layer(texts, edit).filter(|_| !is_idle) else { return Ok(None) };
        let streams: Vec<&[f32]> = pairs.iter().map(|pair| group.traces[0][*pair].entering(first)).collect();
        let sequences: Vec<(usize, &[Part])> = pairs.iter().map(|pair| (*pair, edit)).collect();
        let edit =
            Ablating { plain: texts, group, targets: &targets, error, sequences: &sequences, reads_every_position: true, cancel };
        texts.compute.run_edited(first, &streams, &edit, cancel).map(Some)
    };
    sums_of(texts, edits.len(), &ends, told, cancel)
}

/// Fails if `way` takes its values from pairs.
///
/// # Errors
/// The ways that there are for any text.
pub fn expect_for_any_text(way: Way) -> Result<()> {
    if way.is_for_any_text() {
        return Ok(());
    }
    let names: Vec<&str> = Way::ALL.into_iter().filter(|way| way.is_for_any_text()).map(Way::name).collect();
    let what = "takes its values from the pairs, token by token: a neutral text has none";
    Err(Problem::new(format_args!("way {way}"), what, format_args!("use {}", names.join(" or "))))
}

/// Whether a feature of `edit` is active at a token of these `pairs` of `group`.
fn is_active(edit: &[Part], group: &Group, pairs: &[usize]) -> bool {
    let of_dictionary = |(dictionary, part): (usize, &Part)| {
        let mut codes =
            pairs.iter().flat_map(|pair| &group.clean(dictionary)[pair * group.positions..(pair + 1) * group.positions]);
        *part != Part::Nothing && codes.any(|codes| codes.iter().any(|(feature, _)| part.holds(*feature)))
    };
    edit.iter().enumerate().any(of_dictionary)
}

/// What leaves the last layer of each of some pairs of a group under the edit of that number; None where the edit changes nothing.
type Ends<'a> = dyn Fn(usize, &Group, &[usize]) -> Result<Option<Vec<Vec<f32>>>> + 'a;

/// For each of `count` edits the sums of each text, not finite where an edit leads to such probabilities: they spoil no other edit.
fn sums_of(texts: &Plain<'_>, count: usize, ends: &Ends<'_>, told: Told<'_>, cancel: &Cancel) -> Result<Vec<Vec<TextSums>>> {
    let mut found = vec![vec![TextSums::default(); texts.pairs]; count];
    let total = texts.pairs * count;
    let mut progress = Progress { stage: "side effects".to_owned(), done: 0, total: total as u64 };
    for group in &texts.groups {
        let places: Vec<usize> = (0..group.places.len()).collect();
        for pairs in places.chunks((TOKENS_AT_ONCE / group.positions).max(1)) {
            let layers = texts.compute.config().layers;
            let plain: Vec<&[f32]> = pairs.iter().map(|pair| group.traces[0][*pair].entering(layers)).collect();
            let before = log_probabilities(texts, &plain, cancel)?;
            let exponential = |logs: &Vec<f32>| logs.par_iter().map(|log| f64::from(*log).exp() as f32).collect();
            let probabilities: Vec<Vec<Vec<f32>>> = before.iter().map(|text| text.iter().map(exponential).collect()).collect();
            for (edit, found) in found.iter_mut().enumerate() {
                told(progress.clone());
                let after = match ends(edit, group, pairs)? {
                    None => None,
                    Some(ends) => {
                        let ends: Vec<&[f32]> = ends.iter().map(Vec::as_slice).collect();
                        Some(log_probabilities(texts, &ends, cancel)?)
                    }
                };
                for (slot, pair) in pairs.iter().enumerate() {
                    let (before, probabilities) = (&before[slot], &probabilities[slot]);
                    let after = after.as_ref().map_or(before, |after| &after[slot]);
                    found[group.places[*pair]] = sums(&group.prompts[0][*pair], before, probabilities, after);
                }
                progress.done += pairs.len() as u64;
            }
        }
    }
    told(progress);
    if found.iter().flatten().any(|text| !text.loss_before.is_finite()) {
        let remedy = "check that the weights are those of the model's configuration";
        return Err(Problem::new("side effects", "a probability of the plain run is not a finite number", remedy));
    }
    Ok(found)
}

/// For each text and each of its tokens but the last, the logarithms of the probabilities of the next token, `[vocabulary]`. `ends` are the
/// streams that leave the last layer.
fn log_probabilities(texts: &Plain<'_>, ends: &[&[f32]], cancel: &Cancel) -> Result<Vec<Vec<Vec<f32>>>> {
    let width = texts.compute.config().width;
    let predicting = |end: &&[f32]| end.len() / width - 1;
    // Texts are short, and each product reads all of the unembedding: tokens of several texts go together.
    let tokens: Vec<&[f32]> = ends.iter().flat_map(|end| end.chunks_exact(width).take(predicting(end))).collect();
    let mut found = Vec::with_capacity(tokens.len());
    for tokens in tokens.chunks(LOGITS_AT_ONCE) {
        let logits = texts.compute.end_logits(tokens, cancel)?;
        let rows: Vec<&[f32]> = logits.chunks_exact(logits.len() / tokens.len()).collect();
        found.par_extend(rows.into_par_iter().map(normalised));
    }
    let mut found = found.into_iter();
    Ok(ends.iter().map(|end| found.by_ref().take(predicting(end)).collect()).collect())
}

/// The logarithm of the softmax of `logits`; sums are in 64 bits.
fn normalised(logits: &[f32]) -> Vec<f32> {
    let largest = f64::from(logits.iter().copied().fold(f32::NEG_INFINITY, f32::max));
    let sum: f64 = logits.iter().map(|logit| (f64::from(*logit) - largest).exp()).sum();
    let normaliser = largest + sum.ln();
    logits.iter().map(|logit| (f64::from(*logit) - normaliser) as f32).collect()
}

/// The sums of the text of these `tokens`, from the logarithms of its probabilities before and after the edit, and the probabilities before it.
fn sums(tokens: &[u32], before: &[Vec<f32>], probabilities: &[Vec<f32>], after: &[Vec<f32>]) -> TextSums {
    let rows = before.par_iter().zip(probabilities).zip(after);
    let divergence = rows.map(|((before, probabilities), after)| {
        let terms = before.iter().zip(after).zip(probabilities);
        terms.map(|((before, after), probability)| f64::from(*probability) * f64::from(before - after)).sum::<f64>()
    });
    // Summed one after another, so that the order of threads changes nothing.
    let divergences: Vec<f64> = divergence.collect();
    // By rounding the sum of a text that is hardly changed can be below zero, which no divergence is. What is not a number stays none.
    let divergence = total(divergences);
    let loss =
        |logs: &[Vec<f32>]| -logs.iter().zip(&tokens[1..]).map(|(logs, next)| f64::from(logs[*next as usize])).sum::<f64>();
    TextSums {
        tokens: before.len(),
        loss_before: loss(before),
        loss_after: loss(after),
        divergence: if divergence < 0.0 { 0.0 } else { divergence },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_divergence_is_that_of_the_plain_from_the_edited_and_never_below_zero() {
        let logs = |probabilities: [f32; 2]| vec![probabilities.map(f32::ln).to_vec()];
        let (before, after) = ([0.5_f32, 0.5], [0.25_f32, 0.75]);
        let found = sums(&[0, 1], &logs(before), &[before.to_vec()], &logs(after));
        // 0.5 ln(0.5 / 0.25) + 0.5 ln(0.5 / 0.75); the other way round it is 0.1308.
        assert!((found.divergence - 0.143_841).abs() < 1e-6, "{found:?}");
        assert!((found.loss_after - found.loss_before - (0.5_f64 / 0.75).ln()).abs() < 1e-6, "{found:?}");
        let rounded = vec![logs(before)[0].iter().map(|log| log + 6e-8).collect()];
        assert!(sums(&[0, 1], &logs(before), &[before.to_vec()], &rounded).divergence.abs() < f64::MIN_POSITIVE);
    }

    #[test]
    fn probabilities_add_up_to_one_whatever_the_size_of_logits() {
        for logits in [[0.0_f32, 1.0, -2.0], [1000.0, 999.0, -1000.0], [-1000.0, -1001.0, -1002.0]] {
            let sum: f32 = normalised(&logits).iter().map(|value| value.exp()).sum();
            assert!((sum - 1.0).abs() < 1e-6, "{logits:?}: {sum}");
        }
    }
}
