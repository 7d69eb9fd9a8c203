//! The arithmetic of GPT-NeoX, with a hook at the output of every submodule.
//!
//! Source: Black et al. 2022, "GPT-NeoX-20B" (arXiv:2204.06745), and the `gpt_neox` model of Hugging Face transformers, whose
//! tensor names and layouts the loader follows.

use burn::module::{Initializer, Module, Param};
use burn::nn::{Embedding, EmbeddingConfig, LayerNorm, LayerNormConfig, Linear, LinearConfig};
use burn::tensor::activation::{gelu_approximate, relu, softmax};
use burn::tensor::backend::Backend;
use burn::tensor::{Bool, Int, Tensor};

use super::config::{ActivationFunction, Config};
use super::rotary::Rotary;
use crate::core::submodule::{Submodule, SubmoduleKind};

/// A GPT-NeoX model with its weights on a device.
#[derive(Module, Debug)]
pub struct NeoX<B: Backend> {
    pub(super) embed_in: Embedding<B>,
    pub(super) layers: Vec<Layer<B>>,
    pub(super) final_layer_norm: LayerNorm<B>,
    /// `[vocabulary, width]`: one row per token, so that a logit difference reads two rows.
    pub(super) embed_out: Param<Tensor<B, 2>>,
    #[module(skip)]
    pub(super) config: Config,
}

/// The weights of one transformer layer.
#[derive(Module, Debug)]
pub struct Layer<B: Backend> {
    pub(super) input_layernorm: LayerNorm<B>,
    pub(super) post_attention_layernorm: LayerNorm<B>,
    /// `[width, heads * 3 * head_width]`: query, key and value of each head side by side.
    pub(super) query_key_value: Linear<B>,
    pub(super) dense: Linear<B>,
    pub(super) dense_h_to_4h: Linear<B>,
    pub(super) dense_4h_to_h: Linear<B>,
}

/// Exact GELU, `x / 2 (1 + erf(x / sqrt 2))`, written out: burn 0.21 gives its own `gelu` the derivative of the tanh
/// approximation, which puts gradients off by 5e-4.
fn gelu<B: Backend>(input: Tensor<B, 3>) -> Tensor<B, 3> {
    let erf = (input.clone() * std::f64::consts::FRAC_1_SQRT_2).erf();
    input * (erf + 1.0) * 0.5
}

/// Applies a linear layer to all tokens of all examples as one matrix. On three dimensions burn multiplies example by example,
/// and each product of a few rows packs the whole weight again: at pythia-70m's size that takes several times as long.
///
/// # Shapes
/// - input: `[examples, positions, inputs]`, output: `[examples, positions, outputs]`
pub(super) fn project<B: Backend>(layer: &Linear<B>, input: Tensor<B, 3>) -> Tensor<B, 3> {
    let [examples, positions, inputs] = input.dims();
    let output = layer.forward(input.reshape([examples * positions, inputs]));
    let [_, outputs] = output.dims();
    output.reshape([examples, positions, outputs])
}

/// Intermediate values of attention that its backward pass reads.
///
/// # Shapes
/// query `[examples, heads, queries, head_width]`, key and value with all positions, pattern
/// `[examples, heads, queries, positions]`
pub(super) struct Attended<B: Backend> {
    pub query: Tensor<B, 4>,
    pub key: Tensor<B, 4>,
    pub value: Tensor<B, 4>,
    pub pattern: Tensor<B, 4>,
}

/// Tables that depend on a batch's shape only and serve all layers.
pub struct Positions<B: Backend> {
    pub(super) rotary: Option<Rotary<B>>,
    /// `[1, 1, positions, positions]`, true where the key lies after the query.
    future: Tensor<B, 4, Bool>,
}

impl<B: Backend> NeoX<B> {
    /// A model with random weights (normal, standard deviation 0.02; zero biases), from the backend's seeded generator.
    pub fn init(config: &Config, device: &B::Device) -> Self {
        let normal = Initializer::Normal { mean: 0.0, std: 0.02 };
        let linear = |inputs: usize, outputs: usize| {
            let mut layer = LinearConfig::new(inputs, outputs).with_initializer(normal.clone()).init(device);
            layer.bias = Some(Initializer::Zeros.init([outputs], device));
            layer
        };
        let norm = || LayerNormConfig::new(config.width).with_epsilon(config.layer_norm_epsilon).init(device);
        let layers = (0..config.layers)
            .map(|_| Layer {
                input_layernorm: norm(),
                post_attention_layernorm: norm(),
                query_key_value: linear(config.width, 3 * config.width),
                dense: linear(config.width, config.width),
                dense_h_to_4h: linear(config.width, config.mlp_width),
                dense_4h_to_h: linear(config.mlp_width, config.width),
            })
            .collect();
        Self {
            embed_in: EmbeddingConfig::new(config.vocabulary, config.width).with_initializer(normal.clone()).init(device),
            layers,
            final_layer_norm: norm(),
            embed_out: normal.init([config.vocabulary, config.width], device),
            config: config.clone(),
        }
    }

    /// The sizes and switches of this model.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The residual stream that enters layer 0.
    ///
    /// # Shapes
    /// - tokens: `[examples, positions]`
    /// - output: `[examples, positions, width]`
    pub fn embed(&self, tokens: Tensor<B, 2, Int>) -> Tensor<B, 3> {
        self.embed_in.forward(tokens)
    }

    /// Runs the layers from `first` on. `hook` sees every submodule's output in the order of computation (attention, MLP,
    /// residual of each layer) and returns what replaces it in the rest of the model.
    ///
    /// # Shapes
    /// - hidden (the residual stream that enters layer `first`), hooked outputs, output: `[examples, positions, width]`
    pub fn run_layers(
        &self,
        first: usize,
        hidden: Tensor<B, 3>,
        hook: &mut impl FnMut(Submodule, Tensor<B, 3>) -> Tensor<B, 3>,
    ) -> Tensor<B, 3> {
        let positions = self.positions(&hidden);
        (first..self.layers.len()).fold(hidden, |hidden, index| self.run_layer(index, hidden, &positions, hook))
    }

    /// The tables that [`NeoX::run_layer`] needs for the shape of `hidden`, `[examples, positions, width]`.
    pub fn positions(&self, hidden: &Tensor<B, 3>) -> Positions<B> {
        let [_, positions, _] = hidden.dims();
        let device = hidden.device();
        Positions {
            rotary: Rotary::new(&self.config, positions, &device),
            future: Tensor::<B, 2, Bool>::tril_mask([positions, positions], 0, &device).unsqueeze(),
        }
    }

    /// Runs layer `index` alone, as [`NeoX::run_layers`] does.
    ///
    /// # Shapes
    /// - hidden (the residual stream that enters the layer), hooked outputs, output: `[examples, positions, width]`
    pub fn run_layer(
        &self,
        index: usize,
        hidden: Tensor<B, 3>,
        positions: &Positions<B>,
        hook: &mut impl FnMut(Submodule, Tensor<B, 3>) -> Tensor<B, 3>,
    ) -> Tensor<B, 3> {
        let attention = self.attention(&self.layers[index], hidden.clone(), positions);
        let attention = hook(Submodule::new(SubmoduleKind::Attention, index), attention);
        let mlp_input = if self.config.parallel_residual { hidden.clone() } else { hidden.clone() + attention.clone() };
        let mlp = hook(Submodule::new(SubmoduleKind::Mlp, index), self.mlp(index, mlp_input));
        hook(Submodule::new(SubmoduleKind::Residual, index), hidden + attention + mlp)
    }

    /// The output of the MLP of layer `layer` for the residual stream that it reads.
    ///
    /// # Shapes
    /// - input and output: `[examples, positions, width]`
    fn mlp(&self, layer: usize, input: Tensor<B, 3>) -> Tensor<B, 3> {
        let layer = &self.layers[layer];
        let hidden = project(&layer.dense_h_to_4h, layer.post_attention_layernorm.forward(input));
        let hidden = match self.config.activation {
            ActivationFunction::Gelu => gelu(hidden),
            ActivationFunction::GeluTanh => gelu_approximate(hidden),
            ActivationFunction::Relu => relu(hidden),
        };
        project(&layer.dense_4h_to_h, hidden)
    }

    /// Causal self-attention on the stream that enters the layer.
    ///
    /// # Shapes
    /// - hidden and output: `[examples, positions, width]`
    fn attention(&self, layer: &Layer<B>, hidden: Tensor<B, 3>, positions: &Positions<B>) -> Tensor<B, 3> {
        let (output, _) = self.attend(layer, layer.input_layernorm.forward(hidden), positions, false);
        output
    }

    /// Causal self-attention on the normalised input; if `last` is set, only for the last position.
    ///
    /// # Shapes
    /// - read: `[examples, positions, width]`, output: `[examples, positions, width]` or, if `last` is set,
    ///   `[examples, 1, width]`
    pub(super) fn attend(
        &self,
        layer: &Layer<B>,
        read: Tensor<B, 3>,
        positions: &Positions<B>,
        last: bool,
    ) -> (Tensor<B, 3>, Attended<B>) {
        let [examples, length, width] = read.dims();
        let (heads, head_width) = (self.config.heads, self.config.head_width());
        let mixed = project(&layer.query_key_value, read);
        // [examples, heads, positions, 3 * head_width]: each head carries its own query, key and value side by side.
        let mixed = mixed.reshape([examples, length, heads, 3 * head_width]).swap_dims(1, 2);
        let part = |index: usize| mixed.clone().narrow(3, index * head_width, head_width);
        let rotate = |tensor: Tensor<B, 4>| match &positions.rotary {
            Some(rotary) => rotary.apply(tensor),
            None => tensor,
        };
        let (query, key, value) = (rotate(part(0)), rotate(part(1)), part(2));
        let (query, future) = if last {
            (query.narrow(2, length - 1, 1), positions.future.clone().narrow(2, length - 1, 1))
        } else {
            (query, positions.future.clone())
        };
        let scores = query.clone().matmul(key.clone().swap_dims(2, 3)) * self.attention_scale();
        let pattern = softmax(scores.mask_fill(future, f32::NEG_INFINITY), 3);
        let queries = if last { 1 } else { length };
        let output = pattern.clone().matmul(value.clone()).swap_dims(1, 2).reshape([examples, queries, width]);
        (project(&layer.dense, output), Attended { query, key, value, pattern })
    }

    pub(super) fn attention_scale(&self) -> f64 {
        (self.config.head_width() as f64).sqrt().recip()
    }

    /// The logits of the whole vocabulary at every position.
    ///
    /// # Shapes
    /// - residual (the last layer's output): `[examples, positions, width]`
    /// - output: `[examples, positions, vocabulary]`
    pub fn logits(&self, residual: Tensor<B, 3>) -> Tensor<B, 3> {
        let [examples, positions, width] = residual.dims();
        let normalised = self.final_layer_norm.forward(residual).reshape([examples * positions, width]);
        normalised.matmul(self.embed_out.val().transpose()).reshape([examples, positions, self.config.vocabulary])
    }
}
