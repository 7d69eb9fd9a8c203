//! What a steered model writes: greedy continuations, and sampled ones from a seed. No token is put before a prompt that the attribution
//! does not have.

use super::plain::{Group, Plain};
use super::steering::{Adding, Steering};
use crate::core::causal::steering::{Continuation, Mode};
use crate::core::problem::{Problem, Result};
use crate::core::text::counted;
use crate::engine::cancel::Cancel;
use crate::engine::random::Random;

/// How prompts are continued.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Writing {
    /// Number of prompts, the first of the run.
    pub prompts: usize,
    /// Number of new tokens; none of them ends a continuation early.
    pub tokens: usize,
    /// Number of samples beside the greedy continuation.
    pub samples: usize,
    /// The temperature of samples.
    pub temperature: f64,
    /// Samples are drawn from the most probable tokens that together have this share.
    pub top_p: f64,
    /// The seed of samples.
    pub seed: u32,
}

/// Number of new tokens for which the model's context has room behind each of the first `prompts` clean prompts.
pub fn room(plain: &Plain<'_>, prompts: usize) -> usize {
    let is_continued = |group: &&Group| group.places.iter().any(|place| *place < prompts);
    let longest = plain.groups.iter().filter(is_continued).map(|group| group.positions).max().unwrap_or(0);
    plain.compute.config().context.saturating_sub(longest)
}

/// Checks that the model's context has room for the continuations, before anything is computed.
///
/// # Errors
/// When it has not.
pub fn expect_room(plain: &Plain<'_>, writing: Writing) -> Result<()> {
    let room = room(plain, writing.prompts);
    if writing.tokens <= room {
        return Ok(());
    }
    let (new, context) = (counted(writing.tokens, "new token"), plain.compute.config().context);
    let what = format_args!("the model's context of {context} has no room for {new} behind the longest of the continued prompts");
    let remedy = format_args!("continue by at most {room} with --tokens, which is 0 for no continuation");
    Err(Problem::new("continuation", what, remedy))
}

impl Steering<'_> {
    /// The continuations under `coefficient` in `mode`.
    ///
    /// # Errors
    /// When a continuation would be longer than the model's context, or `cancel` is raised.
    pub fn continuations(&self, coefficient: f32, mode: Mode, writing: Writing, cancel: &Cancel) -> Result<Continuation> {
        expect_room(self.plain, writing)?;
        let prompts = writing.prompts.min(self.plain.pairs);
        let mut found = Continuation {
            coefficient,
            mode,
            greedy: vec![Vec::new(); prompts],
            smallest_gap: vec![f32::INFINITY; prompts],
            sampled: vec![vec![Vec::new(); prompts]; writing.samples],
        };
        for group in &self.plain.groups {
            let pairs: Vec<usize> = (0..group.places.len()).filter(|pair| group.places[*pair] < prompts).collect();
            let places: Vec<usize> = pairs.iter().map(|pair| group.places[*pair]).collect();
            let mut greedy = |slot: usize, logits: &[f32]| {
                let (token, gap) = largest(logits);
                let smallest = &mut found.smallest_gap[places[slot]];
                *smallest = smallest.min(gap);
                token
            };
            let written = self.write(group, &pairs, coefficient, mode, writing.tokens, &mut greedy, cancel)?;
            places.iter().zip(written).for_each(|(place, tokens)| found.greedy[*place] = tokens);
            for (sample, sampled) in found.sampled.iter_mut().enumerate() {
                // A stream for each prompt, so that one does not depend on how many others are continued.
                let stream = |place: &usize| Random::new(writing.seed, &format!("{sample} {place} {}", mode.name()));
                let mut streams: Vec<Random> = places.iter().map(stream).collect();
                let mut draw = |slot: usize, logits: &[f32]| drawn(logits, writing, streams[slot].unit());
                let written = self.write(group, &pairs, coefficient, mode, writing.tokens, &mut draw, cancel)?;
                places.iter().zip(written).for_each(|(place, tokens)| sampled[*place] = tokens);
            }
        }
        Ok(found)
    }

    /// The new tokens of the clean prompts of `pairs`. `pick` sees the logits that follow a sequence, by its slot. Whole sequences are run
    /// again for each token.
    #[expect(clippy::too_many_arguments, reason = "one call of each, and a struct would name the same things once more")]
    fn write(
        &self,
        group: &Group,
        pairs: &[usize],
        coefficient: f32,
        mode: Mode,
        tokens: usize,
        pick: &mut dyn FnMut(usize, &[f32]) -> u32,
        cancel: &Cancel,
    ) -> Result<Vec<Vec<u32>>> {
        let compute = self.plain.compute;
        let (width, vocabulary) = (compute.config().width, compute.config().vocabulary);
        if pairs.is_empty() {
            return Ok(Vec::new());
        }
        let mut sequences: Vec<Vec<u32>> = pairs.iter().map(|pair| group.prompts[0][*pair].clone()).collect();
        for written in 0..tokens {
            let prompts: Vec<&[u32]> = sequences.iter().map(Vec::as_slice).collect();
            let streams = compute.embedded(&prompts)?;
            let streams: Vec<&[f32]> = streams.iter().map(Vec::as_slice).collect();
            let at = |position| if mode.holds(position, group.positions) { coefficient } else { 0.0 };
            let factors: Vec<f32> = (0..group.positions + written).map(at).collect();
            let factors = vec![factors; sequences.len()];
            let edit = Adding { dictionary: self.dictionary, row: &self.row, factors: &factors };
            let ends = compute.run_edited(0, &streams, &edit, cancel)?;
            let last: Vec<&[f32]> = ends.iter().map(|end| &end[end.len() - width..]).collect();
            let logits = compute.end_logits(&last, cancel)?;
            for (slot, (sequence, logits)) in sequences.iter_mut().zip(logits.chunks_exact(vocabulary)).enumerate() {
                sequence.push(pick(slot, logits));
            }
        }
        Ok(sequences.into_iter().map(|mut sequence| sequence.split_off(group.positions)).collect())
    }
}

/// The token of the largest logit (of equal ones the first), and its distance to the second.
fn largest(logits: &[f32]) -> (u32, f32) {
    let (mut token, mut first, mut second) = (0, f32::NEG_INFINITY, f32::NEG_INFINITY);
    for (index, logit) in logits.iter().enumerate() {
        if *logit > first {
            (token, first, second) = (index as u32, *logit, first);
        } else if *logit > second {
            second = *logit;
        }
    }
    (token, first - second)
}

/// The token at `unit`, in 0..1, of the cumulative distribution of the most probable tokens.
fn drawn(logits: &[f32], writing: Writing, unit: f64) -> u32 {
    let (_, most) = logits.iter().enumerate().fold(
        (0, f32::NEG_INFINITY),
        |best, (index, logit)| {
            if *logit > best.1 { (index, *logit) } else { best }
        },
    );
    let weight = |logit: f32| (f64::from(logit - most) / writing.temperature).exp();
    let mut weights: Vec<(u32, f64)> = logits.iter().enumerate().map(|(token, logit)| (token as u32, weight(*logit))).collect();
    weights.sort_unstable_by(|left, right| right.1.total_cmp(&left.1).then(left.0.cmp(&right.0)));
    let sum: f64 = weights.iter().map(|(_, weight)| weight).sum();
    let (mut held, mut count) = (0.0, 0);
    while count < weights.len() && (count == 0 || held < writing.top_p * sum) {
        held += weights[count].1;
        count += 1;
    }
    let mut rest = unit * held;
    for (token, weight) in &weights[..count] {
        rest -= weight;
        if rest < 0.0 {
            return *token;
        }
    }
    weights[count - 1].0
}

#[cfg(test)]
mod tests {
    use super::*;

    const WRITING: Writing = Writing { prompts: 1, tokens: 1, samples: 1, temperature: 1.0, top_p: 1.0, seed: 12 };

    #[test]
    fn the_largest_logit_and_its_lead() {
        assert_eq!(largest(&[1.0, 3.0, 2.5, 3.0]), (1, 0.0));
        assert_eq!(largest(&[-2.0, -1.0, -4.0]), (1, 1.0));
    }

    #[test]
    fn draws_follow_the_distribution_and_its_limits() {
        // Probabilities 0.5, 0.25, 0.25 in the order of tokens 2, 0, 1.
        let logits = [0.0, 0.0, 2.0_f32.ln()];
        let tokens = |writing: Writing| [0.0, 0.49, 0.51, 0.74, 0.76, 0.999].map(|unit| drawn(&logits, writing, unit));
        assert_eq!(tokens(WRITING), [2, 2, 0, 0, 1, 1]);
        assert_eq!(tokens(Writing { top_p: 0.3, ..WRITING }), [2; 6]);
        assert_eq!(tokens(Writing { top_p: 0.6, ..WRITING }), [2, 2, 2, 0, 0, 0]);
        assert_eq!(tokens(Writing { temperature: 0.01, ..WRITING }), [2; 6]);
    }
}
