//! Turns effects at single tokens into means, standard errors and means per position. Sums are kept in f64, so that the order
//! and the size of batches do not show in results.

use super::detail::{DetailKeeper, Entry};
use super::pair_keeper::{LARGEST, PairKeeper};
use super::{TokenEffects, ViewInput};
use crate::core::effects::{ErrorTerm, SubmoduleEffects, ViewEffects};
use crate::core::submodule::{FeatureIndex, Submodule};
use crate::core::view::View;
use crate::engine::dictionary::Dictionary;

/// Collects the metrics and effects of one view, batch after batch.
pub struct ViewAggregate {
    view: View,
    positions: usize,
    clean_metrics: Vec<f32>,
    patch_metrics: Vec<f32>,
    submodules: Vec<SubmoduleAggregate>,
    detail: DetailKeeper,
    in_example: InExample,
}

impl ViewAggregate {
    /// An empty aggregate over the examples of `view` that keeps the single tokens of the `detail` strongest features.
    pub fn new(view: &ViewInput<'_>, dictionaries: &[Dictionary], detail: usize) -> Self {
        let ViewInput { view, examples, is_part, .. } = *view;
        let positions = examples.iter().map(|example| example.clean.len()).max().unwrap_or(0);
        let submodules = dictionaries
            .iter()
            .map(|dictionary| {
                SubmoduleAggregate::new(dictionary.submodule(), dictionary.features(), positions, LARGEST / dictionaries.len())
            })
            .collect();
        Self {
            view,
            positions,
            clean_metrics: vec![f32::NAN; examples.len()],
            patch_metrics: vec![f32::NAN; examples.len()],
            submodules,
            detail: DetailKeeper::new(detail, is_part),
            in_example: InExample::default(),
        }
    }

    /// Stores the clean and patch metrics of `examples`, which are indices into the data set; one metric per example.
    pub fn set_metrics(&mut self, examples: &[usize], clean: &[f32], patch: &[f32]) {
        for ((example, clean), patch) in examples.iter().zip(clean).zip(patch) {
            self.clean_metrics[*example] = *clean;
            self.patch_metrics[*example] = *patch;
        }
    }

    /// Adds the effects at all tokens of a batch in the submodule of ordinal `ordinal`.
    ///
    /// # Shapes
    /// - effects: one per example of the batch and position, `positions` of them per example
    pub fn add(&mut self, ordinal: usize, examples: &[usize], positions: usize, effects: &[TokenEffects]) {
        for (example, tokens) in examples.iter().zip(effects.chunks_exact(positions)) {
            self.submodules[ordinal].add_example(*example, tokens, &mut self.in_example);
            for (position, token) in tokens.iter().enumerate() {
                self.detail.extend(token.features.iter().map(|(change, effect)| Entry {
                    submodule: ordinal as u32,
                    feature: change.feature,
                    example: *example as u32,
                    position: position as u32,
                    effect: *effect,
                    clean: change.clean,
                    patch: change.patch,
                }));
            }
        }
        let submodules = &self.submodules;
        self.detail.shrink(|submodule, feature| submodules[submodule as usize].strength(feature));
    }

    /// The means of the submodule of ordinal `ordinal` over all examples: final once every batch of the view was added.
    pub fn submodule(&self, ordinal: usize) -> SubmoduleEffects {
        self.submodules[ordinal].means(self.clean_metrics.len())
    }

    /// The means of all submodules over all examples, with the detail.
    pub fn finish(self) -> ViewEffects {
        let examples = self.clean_metrics.len();
        // One after another, so that a view's sums and means of all features are not in memory together.
        let submodules: Vec<SubmoduleEffects> = self.submodules.into_iter().map(|aggregate| aggregate.means(examples)).collect();
        let detail = self.detail.finish(&submodules);
        ViewEffects {
            view: self.view,
            clean_metrics: self.clean_metrics,
            patch_metrics: self.patch_metrics,
            positions: self.positions,
            submodules,
            detail,
        }
    }
}

/// Sums over examples of one feature's or error term's effect.
#[derive(Clone, Copy, Default)]
struct Term {
    sum: f64,
    /// Sum of the squares of single examples' effects.
    squares: f64,
}

impl Term {
    fn mean(&self, examples: usize) -> f32 {
        (self.sum / examples as f64) as f32
    }

    /// The standard error of the mean over examples; an example in which the feature did not differ counts as 0.
    fn standard_error(&self, examples: usize) -> f32 {
        let count = examples as f64;
        let variance = (self.squares - self.sum * self.sum / count) / (count - 1.0);
        // Rounding can leave a tiny negative number where all examples agree; a single example gives 0/0.
        if examples > 1 { (variance.max(0.0) / count).sqrt() as f32 } else { f32::NAN }
    }
}

/// Sums over the tokens of the example that is being added, by slot: one buffer for all submodules.
#[derive(Default)]
struct InExample {
    sums: Vec<Option<f64>>,
    /// The slots that have a sum.
    met: Vec<u32>,
}

impl InExample {
    fn add(&mut self, slot: u32, effect: f32) {
        let place = slot as usize;
        if place >= self.sums.len() {
            self.sums.resize(place + 1, None);
        }
        match &mut self.sums[place] {
            Some(sum) => *sum += f64::from(effect),
            none => {
                *none = Some(f64::from(effect));
                self.met.push(slot);
            }
        }
    }

    /// Takes the sums out, in the order in which the slots were met.
    fn drain(&mut self) -> impl Iterator<Item = (u32, f64)> + '_ {
        let sums = &mut self.sums;
        self.met.drain(..).filter_map(|slot| Some((slot, sums[slot as usize].take()?)))
    }
}

/// The sums of many terms. A study of thousands of prompts meets nearly every feature of every dictionary in every view, so the
/// sums lie side by side in a few arrays.
struct Terms {
    positions: usize,
    sums: Vec<Term>,
    /// `[terms, positions]`
    position_sums: Vec<f64>,
    pairs: PairKeeper,
}

impl Terms {
    /// No terms yet, at so many positions; the effects of up to `pairs` single pairs will be kept.
    fn new(positions: usize, pairs: usize) -> Self {
        let pairs = PairKeeper::new(pairs);
        Self { positions, sums: Vec::new(), position_sums: Vec::new(), pairs }
    }

    fn push(&mut self) -> u32 {
        self.sums.push(Term::default());
        self.position_sums.resize(self.sums.len() * self.positions, 0.0);
        (self.sums.len() - 1) as u32
    }

    fn add(&mut self, slot: u32, position: usize, effect: f32, example: &mut InExample) {
        self.position_sums[slot as usize * self.positions + position] += f64::from(effect);
        example.add(slot, effect);
    }

    /// Ends the example of index `pair`.
    fn finish_example(&mut self, pair: usize, example: &mut InExample) {
        for (slot, effect) in example.drain() {
            let term = &mut self.sums[slot as usize];
            term.sum += effect;
            term.squares += effect * effect;
            self.pairs.push(slot, pair as u32, effect as f32);
        }
        self.pairs.shrink(|slot| self.sums[slot as usize].sum.abs());
    }

    fn position_means(&self, slot: usize, examples: usize) -> impl Iterator<Item = f32> + '_ {
        let sums = &self.position_sums[slot * self.positions..(slot + 1) * self.positions];
        sums.iter().map(move |sum| (sum / examples as f64) as f32)
    }
}

/// The slot of a feature that has no term yet.
const NONE: u32 = u32::MAX;

struct SubmoduleAggregate {
    submodule: Submodule,
    /// For every feature of the dictionary its place in `terms`, or [`NONE`].
    slots: Vec<u32>,
    terms: Terms,
    /// The error term's sums, in slot 0.
    error: Terms,
    gradient_dot_change: Option<f64>,
}

impl SubmoduleAggregate {
    fn new(submodule: Submodule, features: usize, positions: usize, pairs: usize) -> Self {
        let mut error = Terms::new(positions, 0);
        error.push();
        Self { submodule, slots: vec![NONE; features], terms: Terms::new(positions, pairs), error, gradient_dot_change: None }
    }

    fn add_example(&mut self, pair: usize, tokens: &[TokenEffects], in_example: &mut InExample) {
        for (position, token) in tokens.iter().enumerate() {
            for (change, effect) in &token.features {
                let slot = &mut self.slots[change.feature as usize];
                if *slot == NONE {
                    *slot = self.terms.push();
                }
                self.terms.add(*slot, position, *effect, in_example);
            }
            if let Some(part) = token.gradient_dot_change {
                *self.gradient_dot_change.get_or_insert(0.0) += f64::from(part);
            }
        }
        self.terms.finish_example(pair, in_example);
        for (position, token) in tokens.iter().enumerate() {
            self.error.add(0, position, token.error, in_example);
        }
        self.error.finish_example(pair, in_example);
    }

    fn strength(&self, feature: u32) -> f64 {
        let slot = self.slots[feature as usize];
        if slot == NONE { 0.0 } else { self.terms.sums[slot as usize].sum.abs() }
    }

    fn means(&self, examples: usize) -> SubmoduleEffects {
        let found = self.slots.iter().enumerate().filter(|(_, slot)| **slot != NONE);
        let (features, slots): (Vec<FeatureIndex>, Vec<usize>) =
            found.map(|(feature, slot)| (FeatureIndex(feature as u32), *slot as usize)).unzip();
        let terms = || slots.iter().map(|slot| &self.terms.sums[*slot]);
        SubmoduleEffects {
            submodule: self.submodule,
            dictionary_features: self.slots.len(),
            effects: terms().map(|term| term.mean(examples)).collect(),
            standard_errors: terms().map(|term| term.standard_error(examples)).collect(),
            position_effects: slots.iter().flat_map(|slot| self.terms.position_means(*slot, examples)).collect(),
            pair_effects: self.terms.pairs.of(&slots),
            features,
            error: ErrorTerm {
                effect: self.error.sums[0].mean(examples),
                standard_error: self.error.sums[0].standard_error(examples),
                position_effects: self.error.position_means(0, examples).collect(),
            },
            gradient_dot_change: self.gradient_dot_change.map(|sum| (sum / examples as f64) as f32),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_error_is_that_of_the_mean_over_examples() {
        let (mut terms, mut example) = (Terms::new(2, 100), InExample::default());
        let slot = terms.push();
        for (pair, (first, second)) in [(1.0, 0.0), (2.0, 1.0), (0.0, -1.0)].into_iter().enumerate() {
            terms.add(slot, 0, first, &mut example);
            terms.add(slot, 1, second, &mut example);
            terms.finish_example(pair, &mut example);
        }
        let term = terms.sums[slot as usize];
        // Examples 1, 3, -1 and one in which the feature did not differ: mean 3/4.
        assert_eq!(term.mean(4).to_bits(), 0.75_f32.to_bits());
        let variance = [1.0_f32, 3.0, -1.0, 0.0].iter().map(|effect| (effect - 0.75).powi(2)).sum::<f32>() / 3.0;
        assert!((term.standard_error(4) - (variance / 4.0).sqrt()).abs() < 1e-6);
        assert_eq!(terms.position_means(slot as usize, 4).collect::<Vec<_>>(), [0.75, 0.0]);
        assert!(term.standard_error(1).is_nan());
        let in_pairs = terms.pairs.of(&[slot as usize]);
        assert_eq!(in_pairs.of(0).unwrap().collect::<Vec<_>>(), [(0, 1.0), (1, 3.0), (2, -1.0)]);
    }
}
