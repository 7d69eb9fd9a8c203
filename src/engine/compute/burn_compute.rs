//! The arithmetic of [`Compute`] on any burn backend with automatic differentiation.

use burn::tensor::backend::AutodiffBackend;
use burn::tensor::{Int, Tensor, TensorData};

use super::{Answers, Compute, Trace};
use crate::core::problem::Result;
use crate::core::submodule::{Submodule, SubmoduleKind};
use crate::engine::activation::Activation;
use crate::engine::dictionary::Dictionary;
use crate::engine::model::config::Config;
use crate::engine::model::neox::NeoX;
use crate::engine::tensor_file::TensorFile;

/// Tokens that go through the layers together on the path: beyond this, products run at full rate and memory only grows.
const TOKENS_AT_ONCE: usize = 2048;

/// Tokens that are encoded together: 512 x 32768 activations are 64 MiB.
const ENCODED_AT_ONCE: usize = 512;

/// A model on backend `B`.
pub struct BurnCompute<B: AutodiffBackend> {
    model: NeoX<B>,
    device: B::Device,
    backend: &'static str,
}

impl<B: AutodiffBackend> BurnCompute<B> {
    /// Loads the weights onto `device`.
    pub fn load(backend: &'static str, config: &Config, weights: &TensorFile, device: B::Device) -> Result<Self> {
        Ok(Self { model: NeoX::load(config, weights, &device)?, device, backend })
    }

    fn tokens(&self, prompts: &[&[u32]]) -> Tensor<B, 2, Int> {
        let positions = prompts.first().map_or(0, |prompt| prompt.len());
        let ids: Vec<i32> = prompts.iter().flat_map(|prompt| prompt.iter().map(|token| *token as i32)).collect();
        Tensor::from_data(TensorData::new(ids, [prompts.len(), positions]), &self.device)
    }

    fn answers(&self, answers: &[Answers], pick: impl Fn(&Answers) -> u32) -> Tensor<B, 1, Int> {
        let ids: Vec<i32> = answers.iter().map(|answer| pick(answer) as i32).collect();
        Tensor::from_data(TensorData::new(ids, [answers.len()]), &self.device)
    }

    fn upload(&self, activation: &Activation) -> Tensor<B, 3> {
        Tensor::from_data(TensorData::new(activation.values.clone(), activation.shape()), &self.device)
    }

    fn metric(&self, residual: Tensor<B, 3>, answers: &[Answers]) -> Tensor<B, 1> {
        let clean = self.answers(answers, |answer| answer.clean);
        let patch = self.answers(answers, |answer| answer.patch);
        self.model.logit_difference(residual, clean, patch)
    }

    /// The last layer's output when `submodule`'s output is `moved` and everything it does not feed comes from `around`.
    fn run_moved(&self, around: &Around<B>, submodule: Submodule, moved: Tensor<B, 3>) -> Tensor<B, 3> {
        let layer = submodule.layer.0;
        let residual = match submodule.kind {
            SubmoduleKind::Residual => moved,
            SubmoduleKind::Mlp => around.below.clone() + around.other.clone() + moved,
            // In a parallel layer the MLP does not read the attention's output; in a sequential one it does and runs again.
            SubmoduleKind::Attention if self.model.config().parallel_residual => {
                around.below.clone() + moved + around.other.clone()
            }
            SubmoduleKind::Attention => {
                let middle = around.below.clone() + moved;
                middle.clone() + self.model.mlp(layer, middle)
            }
        };
        self.model.run_layers(layer + 1, residual, &mut |_, output| output)
    }

    /// What surrounds `submodule` in the run `base`, for the examples `rows` of it.
    fn around(&self, base: &Trace, submodule: Submodule, rows: &[usize]) -> Around<B> {
        let layer = submodule.layer.0;
        let below = if layer == 0 { &base.embedding } else { base.output(Submodule::new(SubmoduleKind::Residual, layer - 1)) };
        let other = match submodule.kind {
            SubmoduleKind::Mlp => SubmoduleKind::Attention,
            SubmoduleKind::Attention | SubmoduleKind::Residual => SubmoduleKind::Mlp,
        };
        let other = base.output(Submodule::new(other, layer));
        Around { below: self.upload(&gather(below, rows)), other: self.upload(&gather(other, rows)) }
    }
}

/// The inputs of a layer's sum that stay as they were while one submodule is moved.
struct Around<B: AutodiffBackend> {
    /// The residual stream that enters the layer.
    below: Tensor<B, 3>,
    /// The other block's output: attention for the MLP, MLP for attention.
    other: Tensor<B, 3>,
}

fn gather(activation: &Activation, rows: &[usize]) -> Activation {
    let size = activation.positions * activation.width;
    let values = rows.iter().flat_map(|row| &activation.values[row * size..(row + 1) * size]).copied().collect();
    Activation::new(values, [rows.len(), activation.positions, activation.width])
}

fn download<B: AutodiffBackend, const D: usize>(tensor: Tensor<B, D>) -> Vec<f32> {
    values(tensor.into_data())
}

fn values(data: TensorData) -> Vec<f32> {
    data.convert::<f32>().into_vec().unwrap_or_else(|error| unreachable!("data was converted to f32: {error:?}"))
}

fn download_activation<B: AutodiffBackend>(tensor: Tensor<B, 3>) -> Activation {
    let shape = tensor.dims();
    Activation::new(download(tensor), shape)
}

impl<B: AutodiffBackend> Compute for BurnCompute<B> {
    fn backend(&self) -> &'static str {
        self.backend
    }

    fn config(&self) -> &Config {
        self.model.config()
    }

    fn trace(&self, prompts: &[&[u32]]) -> Trace {
        let layers = self.model.config().layers;
        let embedding = self.model.embed(self.tokens(prompts));
        let mut outputs = Vec::with_capacity(3 * layers);
        self.model.run_layers(0, embedding.clone(), &mut |submodule, output| {
            outputs.push((submodule, download_activation(output.clone())));
            output
        });
        outputs.sort_by_key(|(submodule, _)| *submodule);
        let submodules = outputs.into_iter().map(|(_, output)| output).collect();
        Trace { embedding: download_activation(embedding), submodules, layers }
    }

    fn last_logits(&self, prompts: &[&[u32]]) -> Vec<f32> {
        let residual = self.model.run_layers(0, self.model.embed(self.tokens(prompts)), &mut |_, output| output);
        let [_, positions, _] = residual.dims();
        download(self.model.logits(residual.narrow(1, positions - 1, 1)))
    }

    fn metrics(&self, trace: &Trace, answers: &[Answers]) -> Vec<f32> {
        let last = trace.output(Submodule::new(SubmoduleKind::Residual, trace.layers - 1));
        download(self.metric(self.upload(last), answers))
    }

    fn moved_metrics(
        &self,
        base: &Trace,
        submodule: Submodule,
        moved: &Activation,
        rows: &[usize],
        answers: &[Answers],
    ) -> Vec<f32> {
        let around = self.around(base, submodule, rows);
        let answers: Vec<Answers> = rows.iter().map(|row| answers[*row]).collect();
        download(self.metric(self.run_moved(&around, submodule, self.upload(moved)), &answers))
    }

    fn path_gradient(
        &self,
        base: &Trace,
        submodule: Submodule,
        patch: &Activation,
        alphas: &[f32],
        answers: &[Answers],
        check_cancel: &mut dyn FnMut() -> Result<()>,
    ) -> Result<Activation> {
        let clean = base.output(submodule);
        let [examples, positions, width] = clean.shape();
        let points_at_once = (TOKENS_AT_ONCE / (examples * positions).max(1)).max(1);
        let mut sum = Activation::new(vec![0.0; clean.values.len()], clean.shape());
        let (start, change) = (self.upload(clean), self.upload(patch) - self.upload(clean));
        for alphas in alphas.chunks(points_at_once) {
            check_cancel()?;
            let count = alphas.len();
            let rows: Vec<usize> = (0..count).flat_map(|_| 0..examples).collect();
            let answers: Vec<Answers> = rows.iter().map(|row| answers[*row]).collect();
            let points: Vec<Tensor<B, 3>> = alphas.iter().map(|alpha| start.clone() + change.clone() * *alpha).collect();
            let moved = Tensor::cat(points, 0).detach().require_grad();
            let residual = self.run_moved(&self.around(base, submodule, &rows), submodule, moved.clone());
            let gradients = self.metric(residual, &answers).sum().backward();
            // Where the moved output does not reach the metric, burn keeps no gradient: it is zero.
            if let Some(gradient) = moved.grad(&gradients) {
                let summed = gradient.reshape([count, examples * positions * width]).sum_dim(0);
                for (target, value) in sum.values.iter_mut().zip(values(summed.into_data())) {
                    *target += value;
                }
            }
        }
        let count = alphas.len() as f32;
        sum.values.iter_mut().for_each(|value| *value /= count);
        Ok(sum)
    }

    fn gradients(&self, prompts: &[&[u32]], answers: &[Answers]) -> Vec<Activation> {
        let embedding = self.model.embed(self.tokens(prompts));
        let shape = embedding.dims();
        // A zero added to an output has the output's own gradient, and leaves are all that burn keeps gradients of.
        let mut leaves = Vec::new();
        let residual = self.model.run_layers(0, embedding, &mut |submodule, output| {
            let leaf = Tensor::zeros(shape, &self.device).require_grad();
            leaves.push((submodule, leaf.clone()));
            output + leaf
        });
        let gradients = self.metric(residual, answers).sum().backward();
        leaves.sort_by_key(|(submodule, _)| *submodule);
        leaves
            .into_iter()
            .map(|(_, leaf)| match leaf.grad(&gradients) {
                Some(gradient) => Activation::new(values(gradient.into_data()), shape),
                None => Activation::new(vec![0.0; shape.iter().product()], shape),
            })
            .collect()
    }

    fn encode(&self, dictionary: &Dictionary, activations: &[&Activation], each: &mut dyn FnMut(&[f32])) -> Result<()> {
        type Plain<B> = <B as AutodiffBackend>::InnerBackend;
        let (width, features) = (dictionary.width(), dictionary.features());
        let plain =
            |values: Vec<f32>, shape: [usize; 2]| Tensor::<Plain<B>, 2>::from_data(TensorData::new(values, shape), &self.device);
        let encoder = plain(dictionary.encoder()?, [width, features]);
        let encoder_bias = plain(dictionary.encoder_bias().to_vec(), [1, features]);
        let decoder_bias = plain(dictionary.decoder_bias().to_vec(), [1, width]);
        for activation in activations {
            for tokens in activation.values.chunks(ENCODED_AT_ONCE * width) {
                let input = plain(tokens.to_vec(), [tokens.len() / width, width]) - decoder_bias.clone();
                let codes = (input.matmul(encoder.clone()) + encoder_bias.clone()).clamp_min(0.0);
                values(codes.into_data()).chunks_exact(features).for_each(&mut *each);
            }
        }
        Ok(())
    }
}
