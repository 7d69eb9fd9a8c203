//! The codes of a few features of one dictionary, without those of all others where the rule allows it.

use std::ops::Range;

use rayon::prelude::*;

use crate::core::problem::Result;
use crate::engine::cancel::Cancel;
use crate::engine::compute::{Compute, TOKENS_AT_ONCE};
use crate::engine::dictionary::Dictionary;
use crate::engine::lanes::{dispatched, dot};

/// Features of a dictionary, ready to be encoded.
pub struct Chosen<'a> {
    /// The dictionary.
    pub dictionary: &'a Dictionary,
    /// The features, ascending.
    features: Vec<u32>,
    /// `[features, width]`: their encoders; None if the rule needs the pre-activations of all features.
    encoders: Option<Vec<f32>>,
}

impl<'a> Chosen<'a> {
    /// Reads what the encoder needs of `features`, ascending, which the dictionary has.
    pub fn new(dictionary: &'a Dictionary, features: Vec<u32>) -> Result<Self> {
        let encoders = if dictionary.arithmetic().rule.decides_each_alone() {
            let mut encoders = Vec::with_capacity(features.len() * dictionary.width());
            for feature in &features {
                let start = *feature as usize;
                encoders.extend(dictionary.encoder(Range { start, end: start + 1 })?);
            }
            Some(encoders)
        } else {
            None
        };
        Ok(Self { dictionary, features, encoders })
    }

    /// For each of `tokens`, `[width]` each, the chosen features that are active, by their place among the chosen, with their codes.
    pub fn codes(&self, compute: &dyn Compute, tokens: &[&[f32]], cancel: &Cancel) -> Result<Vec<Vec<(usize, f32)>>> {
        let mut found = Vec::with_capacity(tokens.len());
        for tokens in tokens.chunks(TOKENS_AT_ONCE) {
            cancel.check()?;
            if let Some(encoders) = &self.encoders {
                found.extend(self.alone(encoders, tokens)?);
                continue;
            }
            for codes in compute.encode(self.dictionary, tokens, cancel)? {
                let place = |(feature, code): &(u32, f32)| Some((self.features.binary_search(feature).ok()?, *code));
                found.push(codes.iter().filter_map(place).collect());
            }
            self.dictionary.release();
        }
        Ok(found)
    }

    /// The codes where the rule decides each feature alone.
    fn alone(&self, encoders: &[f32], tokens: &[&[f32]]) -> Result<Vec<Vec<(usize, f32)>>> {
        let width = self.dictionary.width();
        let inputs = self.dictionary.inputs(tokens)?;
        let (rule, bias) = (&self.dictionary.arithmetic().rule, self.dictionary.encoder_bias());
        let of_token = |input: &[f32]| {
            let (mut codes, mut one, mut pre) = (Vec::new(), Vec::new(), vec![0.0; self.features.len()]);
            dispatched(
                #[inline(always)]
                || {
                    for (pre, encoder) in pre.iter_mut().zip(encoders.chunks_exact(width)) {
                        *pre = dot(input, encoder);
                    }
                },
            );
            for ((place, feature), pre) in self.features.iter().enumerate().zip(pre) {
                rule.select(*feature as usize, &[pre + bias[*feature as usize]], &[], &mut one);
                codes.extend(one.drain(..).map(|(_, code)| (place, code)));
            }
            codes
        };
        Ok(inputs.par_chunks_exact(width).map(of_token).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::request::ModelSource;
    use crate::engine::loaded::Loaded;
    use crate::engine::memory::Bounds;

    #[test]
    fn a_few_features_have_the_codes_that_they_have_among_all() {
        let cancel = Cancel::default();
        let loaded = Loaded::open(&ModelSource::Demo, None, Bounds::NONE, &cancel).unwrap();
        let trace = &loaded.compute.traces(&[&[300, 400, 500, 600]], &cancel).unwrap()[0];
        let mut active = 0;
        for dictionary in &loaded.dictionaries {
            let tokens: Vec<&[f32]> = trace.output(dictionary.submodule()).chunks_exact(dictionary.width()).collect();
            let features: Vec<u32> = (0..512).step_by(3).collect();
            let chosen = Chosen::new(dictionary, features.clone()).unwrap();
            let all = loaded.compute.encode(dictionary, &tokens, &cancel).unwrap();
            for (found, all) in chosen.codes(loaded.compute.as_ref(), &tokens, &cancel).unwrap().iter().zip(&all) {
                let expected: Vec<&(u32, f32)> = all.iter().filter(|(feature, _)| feature % 3 == 0).collect();
                assert_eq!(found.len(), expected.len());
                for ((place, code), (feature, expected)) in found.iter().zip(expected) {
                    assert_eq!(features[*place], *feature);
                    assert!((code - expected).abs() <= 1e-5 * expected.max(1.0), "{code} {expected}");
                }
                active += found.len();
            }
        }
        assert!(active > 20, "{active}");
    }
}
