//! From effects at single tokens to means, standard errors and means per position. Sums are kept in f64, so that the order and the
//! size of batches do not show.

use std::collections::HashMap;

use super::TokenEffects;
use super::detail::{DetailKeeper, Entry};
use crate::core::effects::{ErrorTerm, SubmoduleEffects, ViewEffects};
use crate::core::submodule::{FeatureIndex, Submodule};
use crate::core::view::View;
use crate::engine::dataset::Example;
use crate::engine::dictionary::Dictionary;

/// Collects everything that one view finds.
pub struct ViewAggregate {
    view: View,
    positions: usize,
    clean_metrics: Vec<f32>,
    patch_metrics: Vec<f32>,
    submodules: Vec<SubmoduleAggregate>,
    detail: DetailKeeper,
}

impl ViewAggregate {
    /// Nothing found yet over `examples`; `detail` features will keep their single examples.
    pub fn new(view: View, examples: &[Example], dictionaries: &[Dictionary], detail: usize) -> Self {
        let positions = examples.iter().map(|example| example.clean.len()).max().unwrap_or(0);
        let submodules = dictionaries
            .iter()
            .map(|dictionary| SubmoduleAggregate {
                submodule: dictionary.submodule(),
                dictionary_features: dictionary.features(),
                positions,
                slots: HashMap::new(),
                terms: Vec::new(),
                error: Term::new(positions),
                gradient_dot_change: None,
            })
            .collect();
        Self {
            view,
            positions,
            clean_metrics: vec![f32::NAN; examples.len()],
            patch_metrics: vec![f32::NAN; examples.len()],
            submodules,
            detail: DetailKeeper::new(detail),
        }
    }

    /// Which view this is.
    pub fn view(&self) -> View {
        self.view
    }

    /// Notes the metrics of `examples`.
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
            self.submodules[ordinal].add_example(tokens);
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

    /// Means over all examples of the submodule of ordinal `ordinal`: final once every batch of the view was added.
    pub fn submodule(&self, ordinal: usize) -> SubmoduleEffects {
        self.submodules[ordinal].means(self.clean_metrics.len())
    }

    /// Means over all examples.
    pub fn finish(self) -> ViewEffects {
        let submodules: Vec<SubmoduleEffects> = (0..self.submodules.len()).map(|ordinal| self.submodule(ordinal)).collect();
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

/// Sums of one feature or error term.
struct Term {
    feature: u32,
    sum: f64,
    /// Sum of the squares of single examples' effects.
    squares: f64,
    positions: Vec<f64>,
    /// The running sum of the example that is being added.
    current: f64,
}

impl Term {
    fn new(positions: usize) -> Self {
        Self { feature: 0, sum: 0.0, squares: 0.0, positions: vec![0.0; positions], current: 0.0 }
    }

    fn add(&mut self, position: usize, effect: f32) {
        self.positions[position] += f64::from(effect);
        self.current += f64::from(effect);
    }

    fn finish_example(&mut self) {
        self.sum += self.current;
        self.squares += self.current * self.current;
        self.current = 0.0;
    }

    fn mean(&self, examples: usize) -> f32 {
        (self.sum / examples as f64) as f32
    }

    /// Of the mean over examples; those in which the feature did not differ count as 0.
    fn standard_error(&self, examples: usize) -> f32 {
        let count = examples as f64;
        let variance = (self.squares - self.sum * self.sum / count) / (count - 1.0);
        // Rounding can leave a tiny negative number where all examples agree; a single example gives 0/0.
        if examples > 1 { (variance.max(0.0) / count).sqrt() as f32 } else { f32::NAN }
    }

    fn position_means(&self, examples: usize) -> impl Iterator<Item = f32> + '_ {
        self.positions.iter().map(move |sum| (sum / examples as f64) as f32)
    }
}

struct SubmoduleAggregate {
    submodule: Submodule,
    dictionary_features: usize,
    positions: usize,
    /// Feature to index into `terms`.
    slots: HashMap<u32, usize>,
    terms: Vec<Term>,
    error: Term,
    gradient_dot_change: Option<f64>,
}

impl SubmoduleAggregate {
    fn add_example(&mut self, tokens: &[TokenEffects]) {
        let mut touched = Vec::new();
        for (position, token) in tokens.iter().enumerate() {
            for (change, effect) in &token.features {
                let slot = *self.slots.entry(change.feature).or_insert_with(|| {
                    self.terms.push(Term { feature: change.feature, ..Term::new(self.positions) });
                    self.terms.len() - 1
                });
                self.terms[slot].add(position, *effect);
                touched.push(slot);
            }
            self.error.add(position, token.error);
            if let Some(part) = token.gradient_dot_change {
                *self.gradient_dot_change.get_or_insert(0.0) += f64::from(part);
            }
        }
        self.error.finish_example();
        touched.sort_unstable();
        touched.dedup();
        touched.into_iter().for_each(|slot| self.terms[slot].finish_example());
    }

    fn strength(&self, feature: u32) -> f64 {
        self.slots.get(&feature).map_or(0.0, |slot| self.terms[*slot].sum.abs())
    }

    fn means(&self, examples: usize) -> SubmoduleEffects {
        let mut terms: Vec<&Term> = self.terms.iter().collect();
        terms.sort_by_key(|term| term.feature);
        SubmoduleEffects {
            submodule: self.submodule,
            dictionary_features: self.dictionary_features,
            features: terms.iter().map(|term| FeatureIndex(term.feature)).collect(),
            effects: terms.iter().map(|term| term.mean(examples)).collect(),
            standard_errors: terms.iter().map(|term| term.standard_error(examples)).collect(),
            position_effects: terms.iter().flat_map(|term| term.position_means(examples)).collect(),
            error: ErrorTerm {
                effect: self.error.mean(examples),
                standard_error: self.error.standard_error(examples),
                position_effects: self.error.position_means(examples).collect(),
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
        let mut term = Term::new(2);
        for (first, second) in [(1.0, 0.0), (2.0, 1.0), (0.0, -1.0)] {
            term.add(0, first);
            term.add(1, second);
            term.finish_example();
        }
        // Examples 1, 3, -1 and one in which the feature did not differ: mean 3/4.
        assert_eq!(term.mean(4).to_bits(), 0.75_f32.to_bits());
        let variance = [1.0_f32, 3.0, -1.0, 0.0].iter().map(|effect| (effect - 0.75).powi(2)).sum::<f32>() / 3.0;
        assert!((term.standard_error(4) - (variance / 4.0).sqrt()).abs() < 1e-6);
        assert_eq!(term.position_means(4).collect::<Vec<_>>(), [0.75, 0.0]);
        assert!(term.standard_error(1).is_nan());
    }
}
