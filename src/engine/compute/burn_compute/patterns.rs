//! Attention patterns: the forward pass up to a layer, which leaves them for its backward pass.

use std::ops::Range;

use super::BurnCompute;
use crate::core::problem::Result;
use crate::engine::activation::Array;
use crate::engine::cancel::Cancel;
use crate::engine::model::operations::Operations;

impl<B: Operations> BurnCompute<B> {
    /// The patterns of [`super::Compute::attention_patterns`].
    pub(super) fn patterns(&self, layer: usize, prompts: &[&[u32]], cancel: &Cancel) -> Result<Vec<Array>> {
        let positions = prompts.first().map_or(1, |prompt| prompt.len().max(1));
        let size = self.model.config().heads * positions * positions;
        let run = |part: &Range<usize>| {
            let mut hidden = self.embed(&prompts[part.clone()])?;
            let tables = self.model.positions(&hidden);
            for before in 0..layer {
                hidden = self.model.layer_forward(&*self.layer(before, cancel)?, hidden, &tables, false).0;
            }
            let (_, kept) = self.model.layer_forward(&*self.layer(layer, cancel)?, hidden, &tables, false);
            Ok(B::numbers(kept.pattern().clone()).chunks_exact(size).map(Array::from).collect::<Vec<_>>())
        };
        Ok(self.run(&self.parts(prompts.len(), positions), run)?.into_iter().flatten().collect())
    }
}

#[cfg(test)]
mod tests {
    use crate::core::request::Backend;
    use crate::core::submodule::{Submodule, SubmoduleKind};
    use crate::engine::cancel::Cancel;
    use crate::engine::compute;
    use crate::engine::demo;
    use crate::engine::model::config::Config;
    use crate::engine::model::weight_files::WeightFiles;

    /// Attention of GPT-NeoX, written down once more: one number after another in f64, from the files.
    struct Plainly<'a> {
        config: &'a Config,
        weights: &'a WeightFiles,
    }

    impl Plainly<'_> {
        fn tensor(&self, layer: usize, name: &str) -> Vec<f64> {
            let tensor = self.weights.tensor(&format!("gpt_neox.layers.{layer}.{name}")).unwrap();
            tensor.values().unwrap().into_iter().map(f64::from).collect()
        }

        /// The pattern of `head` for the stream that enters `layer`, `[positions, width]`.
        fn pattern(&self, layer: usize, head: usize, stream: &[f32]) -> Vec<f64> {
            let Config { width, head_width, rotary_width, .. } = *self.config;
            let [gain, shift] = ["weight", "bias"].map(|part| self.tensor(layer, &format!("input_layernorm.{part}")));
            let [weight, bias] = ["weight", "bias"].map(|part| self.tensor(layer, &format!("attention.query_key_value.{part}")));
            let rows = stream.chunks_exact(width).map(|row| {
                let row: Vec<f64> = row.iter().map(|value| f64::from(*value)).collect();
                let mean = row.iter().sum::<f64>() / width as f64;
                let variance = row.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / width as f64;
                let norm = (variance + self.config.norm_epsilon).sqrt();
                row.iter().zip(&gain).zip(&shift).map(|((value, gain), shift)| (value - mean) / norm * gain + shift).collect()
            });
            let rows: Vec<Vec<f64>> = rows.collect();
            // The file holds query, key and value of each head together.
            let part = |which: usize, row: &[f64], position: usize| -> Vec<f64> {
                let first = (3 * head + which) * head_width;
                let product = |output: usize| {
                    let weights = &weight[output * width..(output + 1) * width];
                    bias[output] + weights.iter().zip(row).map(|(weight, value)| weight * value).sum::<f64>()
                };
                let mut vector: Vec<f64> = (first..first + head_width).map(product).collect();
                let half = rotary_width / 2;
                for pair in 0..half {
                    let frequency = self.config.rotary_base.powf(-2.0 * pair as f64 / rotary_width as f64);
                    let (sine, cosine) = (position as f64 * frequency).sin_cos();
                    let (left, right) = (vector[pair], vector[pair + half]);
                    vector[pair] = left * cosine - right * sine;
                    vector[pair + half] = right * cosine + left * sine;
                }
                vector
            };
            let of = |which: usize| rows.iter().enumerate().map(|(position, row)| part(which, row, position)).collect::<Vec<_>>();
            let (queries, keys) = (of(0), of(1));
            let mut pattern = vec![0.0; rows.len() * rows.len()];
            for (query, vector) in queries.iter().enumerate() {
                let along = |key: &Vec<f64>| vector.iter().zip(key).map(|(query, key)| query * key).sum::<f64>();
                let weights: Vec<f64> =
                    keys[..=query].iter().map(|key| (along(key) / (head_width as f64).sqrt()).exp()).collect();
                let sum: f64 = weights.iter().sum();
                for (key, weight) in weights.iter().enumerate() {
                    pattern[query * rows.len() + key] = weight / sum;
                }
            }
            pattern
        }
    }

    #[test]
    fn patterns_are_those_of_a_plain_computation_on_every_backend() {
        let (config, weights, cancel) = (demo::config().unwrap(), demo::weights().unwrap(), Cancel::default());
        let plainly = Plainly { config: &config, weights: &weights };
        let tokenizer = demo::tokenizer().unwrap();
        let prompts = ["John runs because he", "Anna waits because she"].map(|text| tokenizer.encode(text).unwrap());
        let prompts: Vec<&[u32]> = prompts.iter().map(Vec::as_slice).collect();
        let positions = prompts[0].len();
        assert!(positions > 3 && prompts[1].len() == positions);
        for backend in [Backend::Flex, Backend::NdArray].into_iter().filter(|backend| compute::is_built_in(*backend)) {
            let compute = compute::open(Some(backend), &config, &weights, &cancel).unwrap();
            let traces = compute.traces(&prompts, &cancel).unwrap();
            for layer in 0..config.layers {
                let entering =
                    layer.checked_sub(1).map_or(Submodule::EMBEDDING, |before| Submodule::new(SubmoduleKind::Residual, before));
                let patterns = compute.attention_patterns(layer, &prompts, &cancel).unwrap();
                assert_eq!(patterns.len(), prompts.len());
                for (trace, pattern) in traces.iter().zip(&patterns) {
                    assert_eq!(pattern.len(), config.heads * positions * positions);
                    for (head, pattern) in pattern.chunks_exact(positions * positions).enumerate() {
                        let expected = plainly.pattern(layer, head, trace.output(entering));
                        for (place, (found, expected)) in pattern.iter().zip(&expected).enumerate() {
                            let what = format!("{backend}, layer {layer}, head {head}, place {place}: {found}, {expected}");
                            assert!((f64::from(*found) - expected).abs() < 1e-5, "{what}");
                            let is_later = place % positions > place / positions;
                            assert!(!is_later || *found == 0.0, "{what}");
                        }
                        for row in pattern.chunks_exact(positions) {
                            assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-5, "{row:?}");
                        }
                    }
                }
            }
        }
        // A raised signal ends it.
        cancel.cancel();
        let compute = compute::open(None, &config, &weights, &Cancel::default()).unwrap();
        assert!(compute.attention_patterns(0, &prompts, &cancel).is_err());
    }
}
