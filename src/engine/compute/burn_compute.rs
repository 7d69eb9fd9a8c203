//! The arithmetic of [`Compute`] on any burn backend with automatic differentiation.

use burn::tensor::backend::AutodiffBackend;
use burn::tensor::{Int, Tensor, TensorData};

use super::encoders::{Encoders, Piece};
use super::extent::Extent;
use super::tape::{Tape, gradient};
use super::{Answers, Compute, Trace};
use crate::core::problem::Result;
use crate::core::submodule::{Submodule, SubmoduleKind};
use crate::engine::activation::Activation;
use crate::engine::cancel::Cancel;
use crate::engine::dictionary::Dictionary;
use crate::engine::dictionary::codes::{Codes, active};
use crate::engine::model::config::Config;
use crate::engine::model::neox::NeoX;
use crate::engine::tensor_file::TensorFile;

/// A model on backend `B`.
pub struct BurnCompute<B: AutodiffBackend> {
    model: NeoX<B>,
    device: B::Device,
    backend: &'static str,
    extent: Extent,
    encoders: Encoders<B::InnerBackend>,
}

impl<B: AutodiffBackend> BurnCompute<B> {
    /// Loads the weights onto `device`, which does and keeps as much as `extent` says.
    pub fn load(
        backend: &'static str,
        config: &Config,
        weights: &TensorFile,
        device: B::Device,
        extent: Extent,
        cancel: &Cancel,
    ) -> Result<Self> {
        let model = NeoX::load(config, weights, &device, cancel)?;
        Ok(Self { model, encoders: Encoders::new(device.clone(), extent), device, backend, extent })
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

    /// The output of `submodule`'s layer when `submodule`'s output is `moved` and everything it does not feed comes from `around`.
    fn finish_layer(&self, around: &Around<B>, submodule: Submodule, moved: Tensor<B, 3>) -> Tensor<B, 3> {
        match submodule.kind {
            SubmoduleKind::Residual => moved,
            SubmoduleKind::Mlp => around.below.clone() + around.other.clone() + moved,
            // In a parallel layer the MLP does not read the attention's output; in a sequential one it does and runs again.
            SubmoduleKind::Attention if self.model.config().parallel_residual => {
                around.below.clone() + moved + around.other.clone()
            }
            SubmoduleKind::Attention => {
                let middle = around.below.clone() + moved;
                middle.clone() + self.model.mlp(submodule.layer.0, middle)
            }
        }
    }

    /// The last layer's output when `hidden` enters layer `first`; `hook` is that of [`NeoX::run_layers`].
    fn run_layers(
        &self,
        first: usize,
        hidden: Tensor<B, 3>,
        hook: &mut impl FnMut(Submodule, Tensor<B, 3>) -> Tensor<B, 3>,
        cancel: &Cancel,
    ) -> Result<Tensor<B, 3>> {
        let positions = self.model.positions(&hidden);
        (first..self.model.config().layers).try_fold(hidden, |hidden, layer| {
            cancel.check()?;
            Ok(self.model.run_layer(layer, hidden, &positions, hook))
        })
    }

    /// The same on a tape.
    fn record_layers(
        &self,
        first: usize,
        hidden: Tensor<B, 3>,
        hook: &mut impl FnMut(Submodule, Tensor<B, 3>) -> Tensor<B, 3>,
        tape: &mut Tape<'_, B>,
    ) -> Result<Tensor<B, 3>> {
        let positions = self.model.positions(&hidden);
        (first..self.model.config().layers)
            .try_fold(hidden, |hidden, layer| tape.step(hidden, |hidden| self.model.run_layer(layer, hidden, &positions, hook)))
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
        Around { below: self.upload(&below.select(rows)), other: self.upload(&other.select(rows)) }
    }
}

/// The inputs of a layer's sum that stay as they were while one submodule is moved.
struct Around<B: AutodiffBackend> {
    /// The residual stream that enters the layer.
    below: Tensor<B, 3>,
    /// The other block's output: attention for the MLP, MLP for attention.
    other: Tensor<B, 3>,
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

    fn trace(&self, prompts: &[&[u32]], cancel: &Cancel) -> Result<Trace> {
        let layers = self.model.config().layers;
        let embedding = self.model.embed(self.tokens(prompts));
        let mut outputs = Vec::with_capacity(3 * layers);
        let keep = &mut |submodule, output: Tensor<B, 3>| {
            outputs.push((submodule, download_activation(output.clone())));
            output
        };
        self.run_layers(0, embedding.clone(), keep, cancel)?;
        outputs.sort_by_key(|(submodule, _)| *submodule);
        let submodules = outputs.into_iter().map(|(_, output)| output).collect();
        Ok(Trace { embedding: download_activation(embedding), submodules, layers })
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
        cancel: &Cancel,
    ) -> Result<Vec<f32>> {
        let answers: Vec<Answers> = rows.iter().map(|row| answers[*row]).collect();
        let residual = self.finish_layer(&self.around(base, submodule, rows), submodule, self.upload(moved));
        let residual = self.run_layers(submodule.layer.0 + 1, residual, &mut |_, output| output, cancel)?;
        Ok(download(self.metric(residual, &answers)))
    }

    fn path_gradient(
        &self,
        base: &Trace,
        submodule: Submodule,
        patch: &Activation,
        alphas: &[f32],
        answers: &[Answers],
        cancel: &Cancel,
    ) -> Result<Activation> {
        let clean = base.output(submodule);
        let [examples, positions, width] = clean.shape();
        let points_at_once = (self.extent.tokens / (examples * positions).max(1)).max(1);
        let mut sum = Activation::new(vec![0.0; clean.values.len()], clean.shape());
        let start = self.upload(clean);
        let change = self.upload(patch) - start.clone();
        for alphas in alphas.chunks(points_at_once) {
            let count = alphas.len();
            let rows: Vec<usize> = (0..count).flat_map(|_| 0..examples).collect();
            let answers: Vec<Answers> = rows.iter().map(|row| answers[*row]).collect();
            let points: Vec<Tensor<B, 3>> = alphas.iter().map(|alpha| start.clone() + change.clone() * *alpha).collect();
            let around = self.around(base, submodule, &rows);
            let mut tape = Tape::new(cancel);
            let residual = tape.step(Tensor::cat(points, 0), |moved| self.finish_layer(&around, submodule, moved))?;
            let residual = self.record_layers(submodule.layer.0 + 1, residual, &mut |_, output| output, &mut tape)?;
            let gradient = tape.backward(residual, |residual| self.metric(residual, &answers), &mut |_| {})?;
            let summed = gradient.reshape([count, examples * positions * width]).sum_dim(0);
            for (target, value) in sum.values.iter_mut().zip(values(summed.into_data())) {
                *target += value;
            }
        }
        let count = alphas.len() as f32;
        sum.values.iter_mut().for_each(|value| *value /= count);
        Ok(sum)
    }

    fn gradients(&self, prompts: &[&[u32]], answers: &[Answers], cancel: &Cancel) -> Result<Vec<Activation>> {
        let embedding = self.model.embed(self.tokens(prompts));
        let shape = embedding.dims();
        // A zero added to an output has the output's own gradient, and leaves are all that burn keeps gradients of.
        let mut leaves: Vec<(Submodule, Tensor<B, 3>)> = Vec::new();
        let add_leaf = &mut |submodule, output: Tensor<B, 3>| {
            let leaf = Tensor::zeros(shape, &self.device).require_grad();
            leaves.push((submodule, leaf.clone()));
            output + leaf
        };
        let mut tape = Tape::new(cancel);
        let residual = self.record_layers(0, embedding, add_leaf, &mut tape)?;
        let mut found = Vec::with_capacity(leaves.len());
        // Layers come back last first, each with its own leaves: attention, MLP, residual.
        tape.backward(residual, |residual| self.metric(residual, answers), &mut |gradients| {
            let of_this_layer = leaves.split_off(leaves.len() - SubmoduleKind::ALL.len());
            found.extend(of_this_layer.into_iter().map(|(submodule, leaf)| (submodule, gradient(&leaf, gradients))));
        })?;
        found.sort_by_key(|(submodule, _)| *submodule);
        Ok(found.into_iter().map(|(_, gradient)| Activation::new(values(gradient.into_data()), shape)).collect())
    }

    fn encode(&self, dictionary: &Dictionary, activations: &[&Activation], cancel: &Cancel) -> Result<Vec<Codes>> {
        type Plain<B> = <B as AutodiffBackend>::InnerBackend;
        let width = dictionary.width();
        let plain =
            |values: Vec<f32>, shape: [usize; 2]| Tensor::<Plain<B>, 2>::from_data(TensorData::new(values, shape), &self.device);
        let decoder_bias = plain(dictionary.decoder_bias().to_vec(), [1, width]);
        let inputs = activations
            .iter()
            .map(|activation| plain(activation.values.clone(), [activation.rows().len(), width]) - decoder_bias.clone());
        let inputs: Vec<Tensor<Plain<B>, 2>> = inputs.collect();
        let mut found: Vec<Vec<Vec<(u32, f32)>>> =
            activations.iter().map(|activation| vec![Vec::new(); activation.rows().len()]).collect();
        self.encoders.visit(dictionary, |Piece { first, weights, bias }| {
            let [_, count] = weights.dims();
            for (input, rows) in inputs.iter().zip(&mut found) {
                cancel.check()?;
                let codes = (input.clone().matmul(weights.clone()) + bias.clone()).clamp_min(0.0);
                for (row, activations) in rows.iter_mut().zip(values(codes.into_data()).chunks_exact(count)) {
                    row.extend(active(first, activations));
                }
            }
            Ok(())
        })?;
        let codes = found.into_iter().map(|rows| {
            let mut codes = Codes::new();
            rows.into_iter().for_each(|row| codes.push(row));
            codes
        });
        Ok(codes.collect())
    }
}

#[cfg(test)]
mod tests {
    use burn::backend::Autodiff;
    use burn_ndarray::{NdArray, NdArrayDevice};

    use super::*;
    use crate::engine::demo;

    /// What a graphics card is asked for, on the processor: all points of all paths in one batch, encoders that stay.
    #[test]
    fn a_card_s_extent_gives_a_processor_s_numbers() {
        let (config, weights, cancel) = (demo::config().unwrap(), demo::weights().unwrap(), Cancel::default());
        let load = |extent| {
            let device = NdArrayDevice::Cpu;
            BurnCompute::<Autodiff<NdArray<f32>>>::load("ndarray", &config, &weights, device, extent, &cancel).unwrap()
        };
        let (card, processor) = (load(Extent::of_card(80 << 30, &config)), load(Extent { tokens: 20, ..Extent::PROCESSOR }));
        let prompts: Vec<Vec<u32>> = (0..7).map(|prompt| vec![prompt, 20 + prompt, 30, 31]).collect();
        let prompts: Vec<&[u32]> = prompts.iter().map(Vec::as_slice).collect();
        let answers = vec![Answers { clean: 5, patch: 9 }; 4];
        let alphas: Vec<f32> = (1..10).map(|step| step as f32 / 10.0).collect();
        let (clean, patch) = (card.trace(&prompts[..4], &cancel).unwrap(), card.trace(&prompts[3..], &cancel).unwrap());
        for submodule in Submodule::all(config.layers) {
            let gradient = |compute: &dyn Compute| {
                compute.path_gradient(&clean, submodule, patch.output(submodule), &alphas, &answers, &cancel).unwrap().values
            };
            let (card, processor) = (gradient(&card), gradient(&processor));
            let largest = processor.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
            assert!(largest > 0.0);
            for (card, processor) in card.iter().zip(processor) {
                assert!((card - processor).abs() <= 1e-5 * largest, "{submodule}: {card}, {processor} of {largest}");
            }
        }
        for dictionary in demo::dictionaries(&config).unwrap() {
            let output = clean.output(dictionary.submodule());
            let codes = |compute: &dyn Compute| compute.encode(&dictionary, &[output], &cancel).unwrap();
            // The second time from what stayed on the device.
            assert_eq!((codes(&card), codes(&card)), (codes(&processor), codes(&processor)));
        }
        assert!(card.encoders.bytes() > 0);
    }
}
