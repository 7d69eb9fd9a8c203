//! The edit of a run in which features are ablated.
//!
//! With x a submodule's output in the modified run, f its codes, and g those codes with the ablated entries set to their target, the
//! output becomes `x + W_dec (g - f)` (the error of the modified output stays) or, since a clean error is `x_clean - W_dec f_clean -
//! bias`, `x_clean + W_dec (g - f_clean)` (the error of the clean prompt is put in place).
//!
//! A dictionary that scales each token writes `factor (W_dec g + bias) + offset` with the factor and offset of the token that is written:
//! those of x. So the output becomes `x + factor W_dec (g - f)` or `x_clean + factor (W_dec g + bias) + offset - factor_clean (W_dec
//! f_clean + bias) - offset_clean`.

use std::ops::Range;

use rayon::prelude::*;

use super::plain::{Group, Plain};
use super::targets::Targets;
use crate::core::causal::set::Part;
use crate::core::causal::way::ErrorTreatment;
use crate::core::problem::Result;
use crate::core::submodule::Submodule;
use crate::engine::cancel::Cancel;
use crate::engine::compute::{Edit, Entry, feeds};
use crate::engine::dictionary::arithmetic::Written;
use crate::engine::dictionary::codes::{Change, DecoderRows, TokenCodes, changes, changes_of_scaled};

/// The ablated features, as a part of each dictionary.
pub type Ablated = [Part];

/// Sequences in which features are ablated, each by itself.
pub struct Ablating<'a> {
    /// The model with its plain runs.
    pub plain: &'a Plain<'a>,
    /// The group that the sequences belong to.
    pub group: &'a Group,
    /// The values that ablated features take.
    pub targets: &'a Targets,
    /// What becomes of the error terms.
    pub error: ErrorTreatment,
    /// For each sequence the pair whose clean prompt it is, and what is ablated.
    pub sequences: &'a [(usize, &'a Ablated)],
    /// Whether what leaves the last layer is read at every position, rather than at the last one alone.
    pub reads_every_position: bool,
    /// Raised when nobody waits for the result any more.
    pub cancel: &'a Cancel,
}

/// A token whose output is changed.
struct Row {
    /// The token's place among those of the call.
    place: usize,
    /// The token's place among those of the group's clean prompts.
    token: usize,
    /// The sequence that the token belongs to.
    sequence: usize,
}

/// What becomes of one token's output.
struct Move {
    /// The token's place among those of the group's clean prompts.
    token: usize,
    /// The codes that are replaced, and what by.
    changed: Vec<Change>,
    /// How the token scales what the replaced codes write.
    before: Written,
    /// How the token scales what the new codes write.
    now: Written,
}

impl Ablating<'_> {
    /// Whether an edit before `submodule` reaches it in a run with `ablated`. If none does, its output is that of the plain run.
    fn is_reached(&self, ablated: &Ablated, submodule: Submodule) -> bool {
        let dictionaries = self.plain.dictionaries.iter().zip(ablated);
        dictionaries
            .filter(|(_, part)| **part != Part::Nothing)
            .any(|(dictionary, _)| feeds(dictionary.submodule(), submodule, self.plain.compute.config()))
    }

    fn changes_output(&self, ablated: &Ablated, dictionary: usize, submodule: Submodule) -> bool {
        let is_ablated = ablated[dictionary] != Part::Nothing;
        is_ablated || self.error == ErrorTreatment::Clean && self.is_reached(ablated, submodule)
    }

    /// The tokens that are changed. At the last layer the metric reads the last position alone.
    fn rows(&self, dictionary: usize, submodule: Submodule, sequences: Range<usize>) -> Vec<Row> {
        let positions = self.group.positions;
        let config = self.plain.compute.config();
        let is_last = Entry::after(submodule, config).is_above_attention(config) && !self.reads_every_position;
        let read = if is_last { positions - 1..positions } else { 0..positions };
        let first = sequences.start;
        let changed = sequences.filter(|sequence| self.changes_output(self.sequences[*sequence].1, dictionary, submodule));
        let rows = |sequence: usize| {
            let pair = self.sequences[sequence].0;
            read.clone().map(move |position| Row {
                place: (sequence - first) * positions + position,
                token: pair * positions + position,
                sequence,
            })
        };
        changed.flat_map(rows).collect()
    }

    /// The codes of the outputs of `rows`. None where they are not read, since every feature takes its target.
    fn codes(&self, rows: &[Row], dictionary: usize, outputs: &[f32]) -> Result<Vec<Option<TokenCodes>>> {
        let encoder = &self.plain.dictionaries[dictionary];
        let plain = self.group.clean(dictionary);
        let mut codes: Vec<Option<TokenCodes>> = vec![None; rows.len()];
        let (mut computed, mut tokens) = (Vec::new(), Vec::new());
        for (slot, row) in rows.iter().enumerate() {
            let ablated = self.sequences[row.sequence].1;
            if self.error != ErrorTreatment::Recomputed && ablated[dictionary] == Part::Everything {
                continue;
            }
            if self.is_reached(ablated, encoder.submodule()) {
                computed.push(slot);
                tokens.push(&outputs[row.place * encoder.width()..(row.place + 1) * encoder.width()]);
            } else {
                codes[slot] = Some(plain[row.token].clone());
            }
        }
        if !tokens.is_empty() {
            let found = self.plain.compute.encode(encoder, &tokens, self.cancel)?;
            computed.into_iter().zip(found).for_each(|(slot, found)| codes[slot] = Some(found));
        }
        Ok(codes)
    }
}

impl Edit for Ablating<'_> {
    fn touches(&self, submodule: Submodule) -> bool {
        self.plain.dictionary(submodule).is_some_and(|dictionary| {
            self.sequences.iter().any(|(_, ablated)| self.changes_output(ablated, dictionary, submodule))
        })
    }

    fn apply(&self, submodule: Submodule, sequences: Range<usize>, outputs: &mut [f32]) -> Result<()> {
        let Some(dictionary) = self.plain.dictionary(submodule) else { return Ok(()) };
        let width = self.plain.dictionaries[dictionary].width();
        let rows = self.rows(dictionary, submodule, sequences);
        let found = self.codes(&rows, dictionary, outputs)?;
        let plain = self.group.clean(dictionary);
        let (number, dictionary) = (dictionary, &self.plain.dictionaries[dictionary]);
        let change = |(row, found): (&Row, Option<TokenCodes>)| {
            let output = &outputs[row.place * width..(row.place + 1) * width];
            // An encoder finds no feature in what is no number: the output stays, so that the metric is none, too.
            if found.is_some() && output.iter().any(|value| !value.is_finite()) {
                return None;
            }
            let part = &self.sequences[row.sequence].1[number];
            let found = found.as_deref().unwrap_or_default();
            let wanted = ablated_codes(found, self.targets.at(self.group, number, row.token), part);
            let now = dictionary.written(output);
            if self.error == ErrorTreatment::Recomputed {
                return Some(Move { token: row.token, changed: changes(found, &wanted), before: now, now });
            }
            let before = dictionary.written(self.group.output(0, submodule, row.token));
            let changed = changes_of_scaled(&plain[row.token], &wanted, (before.factor, now.factor));
            Some(Move { token: row.token, changed, before, now })
        };
        let found: Vec<Option<Move>> = rows.par_iter().zip(found).map(change).collect();
        let features = found.iter().flatten().flat_map(|moved| &moved.changed).map(|change| change.feature);
        let decoder = DecoderRows::read(dictionary, features, self.cancel)?;
        let mut moves: Vec<Option<Move>> = (0..outputs.len() / width).map(|_| None).collect();
        rows.iter().zip(found).for_each(|(row, moved)| moves[row.place] = moved);
        outputs.par_chunks_exact_mut(width).zip(moves).for_each(|(output, moved)| {
            let Some(Move { token, changed, before, now }) = moved else { return };
            if self.error != ErrorTreatment::Recomputed {
                output.copy_from_slice(self.group.output(0, submodule, token));
            }
            for change in changed {
                let step = change.written(before.factor, now.factor);
                output.iter_mut().zip(decoder.row(change.feature)).for_each(|(value, weight)| *value += step * weight);
            }
            if before != now {
                let (factor, offset) = (now.factor - before.factor, now.offset - before.offset);
                output.iter_mut().zip(dictionary.decoder_bias()).for_each(|(value, bias)| *value += factor * bias + offset);
            }
        });
        Ok(())
    }
}

/// `found` with the features of `part` set to `targets`, ascending.
fn ablated_codes(found: &[(u32, f32)], targets: &[(u32, f32)], part: &Part) -> Vec<(u32, f32)> {
    let kept = found.iter().filter(|(feature, _)| !part.holds(*feature));
    let set = targets.iter().filter(|(feature, _)| part.holds(*feature));
    let mut codes: Vec<(u32, f32)> = kept.chain(set).copied().collect();
    codes.sort_unstable_by_key(|(feature, _)| *feature);
    codes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ablated_features_take_their_targets_and_others_stay() {
        let (found, targets) = ([(1, 0.5), (3, 2.0), (7, 1.0)], [(2, 4.0), (3, 5.0), (9, 6.0)]);
        let codes = |part: &Part| ablated_codes(&found, &targets, part);
        assert_eq!(codes(&Part::Nothing), found);
        assert_eq!(codes(&Part::Everything), targets);
        let part = Part::Features(vec![1, 2, 3]);
        assert_eq!(codes(&part), [(2, 4.0), (3, 5.0), (7, 1.0)]);
        assert_eq!(codes(&part.complement()), [(1, 0.5), (3, 2.0), (9, 6.0)]);
    }
}
