//! The weights of a host model on a device, and the two ends of its arithmetic: embedding and unembedding.
//!
//! What a model computes is stated by its [`Config`]; tensor names and layouts are those of Hugging Face transformers.

use burn::module::{Module, Param};
use burn::tensor::backend::Backend;
use burn::tensor::module::embedding;
use burn::tensor::{Int, Tensor};

use super::config::Config;
use super::norm::Norm;
use super::operations::Operations;
use super::projection::{NORMAL, Projection};

/// A model with its weights on a device.
#[derive(Module, Debug)]
pub struct Transformer<B: Backend> {
    /// `[vocabulary, width]`
    pub(super) embedding: Param<Tensor<B, 2>>,
    /// `[context, width]`, in models that learn their positions.
    pub(super) position_embedding: Option<Param<Tensor<B, 2>>>,
    /// Empty where the layers are held elsewhere.
    pub(super) layers: Vec<Layer<B>>,
    pub(super) final_norm: Norm<B>,
    /// `[vocabulary, width]`: one row per token, so that a logit difference reads two rows. None if the embedding serves as the
    /// unembedding, too.
    pub(super) unembedding: Option<Param<Tensor<B, 2>>>,
    #[module(skip)]
    pub(super) config: Config,
}

/// The weights of one transformer layer.
#[derive(Module, Debug)]
pub struct Layer<B: Backend> {
    /// The layer's place in the model, from 0.
    #[module(skip)]
    pub(super) index: usize,
    pub(super) attention_norm: Norm<B>,
    pub(super) attention_output_norm: Option<Norm<B>>,
    pub(super) mlp_norm: Norm<B>,
    pub(super) mlp_output_norm: Option<Norm<B>>,
    /// `[width, (heads + 2 key_value_heads) * head_width]`: the queries of all heads, then the keys, then the values.
    pub(super) query_key_value: Projection<B>,
    /// Norms of each head's queries and keys, `[head_width]`.
    pub(super) query_norm: Option<Norm<B>>,
    pub(super) key_norm: Option<Norm<B>>,
    /// `[heads * head_width, width]`
    pub(super) attention_output: Projection<B>,
    /// `[width, mlp_width]`; in gated MLPs `[width, 2 mlp_width]`, the gate first.
    pub(super) mlp_input: Projection<B>,
    /// `[mlp_width, width]`
    pub(super) mlp_output: Projection<B>,
}

impl<B: Backend> Layer<B> {
    /// Layer `index` of a model of `config`, with random weights as in [`Transformer::init`].
    pub(super) fn init(config: &Config, index: usize, device: &B::Device) -> Self {
        let linear = |inputs: usize, outputs: usize, bias: bool| Projection::init(inputs, outputs, bias, device);
        let norm = || Norm::init(config, config.width, device);
        let head_norm = || config.head_norms.then(|| Norm::init(config, config.head_width, device));
        let Config { width, mlp_width, head_width, biases, .. } = *config;
        Self {
            index,
            attention_norm: norm(),
            attention_output_norm: config.output_norms.then(norm),
            mlp_norm: norm(),
            mlp_output_norm: config.output_norms.then(norm),
            query_key_value: linear(width, (config.heads + 2 * config.key_value_heads) * head_width, biases.query_key_value),
            query_norm: head_norm(),
            key_norm: head_norm(),
            attention_output: linear(config.heads * head_width, width, biases.attention_output),
            mlp_input: linear(width, if config.gated { 2 * mlp_width } else { mlp_width }, biases.mlp),
            mlp_output: linear(mlp_width, width, biases.mlp),
        }
    }

    /// The layer's place in the model, from 0.
    pub fn index(&self) -> usize {
        self.index
    }
}

impl<B: Operations> Transformer<B> {
    /// A model with random weights (normal, standard deviation 0.02; zero biases), from the backend's seeded generator.
    pub fn init(config: &Config, device: &B::Device) -> Self {
        let layers = (0..config.layers).map(|index| Layer::init(config, index, device)).collect();
        Self { layers, ..Self::without_layers(config, device) }
    }

    /// The same without its layers.
    pub(super) fn without_layers(config: &Config, device: &B::Device) -> Self {
        let table = |rows: usize| NORMAL.init([rows, config.width], device);
        Self {
            embedding: table(config.vocabulary),
            position_embedding: config.learned_positions.then(|| table(config.context)),
            layers: Vec::new(),
            final_norm: Norm::init(config, config.width, device),
            unembedding: (!config.tied).then(|| table(config.vocabulary)),
            config: config.clone(),
        }
    }

    /// The sizes and switches of this model.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Layer `index`.
    ///
    /// # Panics
    /// When the model has not so many layers, or they are held elsewhere: a fault of the caller.
    pub fn layer(&self, index: usize) -> &Layer<B> {
        &self.layers[index]
    }

    /// The residual stream that enters layer 0.
    ///
    /// # Shapes
    /// - tokens: `[examples, positions]`
    /// - output: `[examples, positions, width]`
    pub fn embed(&self, tokens: Tensor<B, 2, Int>) -> Tensor<B, 3> {
        self.placed(embedding(self.embedding.val(), tokens))
    }

    /// The residual stream that enters layer 0, from the rows of the embedding that belong to the tokens.
    ///
    /// # Shapes
    /// - embedded and output: `[examples, positions, width]`
    pub fn placed(&self, embedded: Tensor<B, 3>) -> Tensor<B, 3> {
        let [_, positions, _] = embedded.dims();
        let embedded = match self.config.embedding_scale {
            Some(scale) => embedded * scale,
            None => embedded,
        };
        match &self.position_embedding {
            Some(table) => embedded + table.val().narrow(0, 0, positions).unsqueeze(),
            None => embedded,
        }
    }

    /// The rows of the unembedding, `[vocabulary, width]`.
    pub fn unembedding(&self) -> Tensor<B, 2> {
        self.unembedding.as_ref().unwrap_or(&self.embedding).val()
    }

    /// The logits of the whole vocabulary at every position.
    ///
    /// # Shapes
    /// - residual (the last layer's output): `[examples, positions, width]`
    /// - output: `[examples, positions, vocabulary]`
    pub fn logits(&self, residual: Tensor<B, 3>) -> Tensor<B, 3> {
        let [examples, positions, _] = residual.dims();
        let logits = self.capped(B::product(self.normalised(residual), self.unembedding().transpose()));
        logits.reshape([examples, positions, self.config.vocabulary])
    }

    /// What the unembedding reads of the last layer's output, `[examples, positions, width]`, as `[examples * positions, width]`.
    pub fn normalised(&self, residual: Tensor<B, 3>) -> Tensor<B, 2> {
        let [examples, positions, width] = residual.dims();
        self.final_norm.forward(residual, &self.config).reshape([examples * positions, width])
    }

    /// Logits with the softcap, if the model has one.
    pub fn capped(&self, logits: Tensor<B, 2>) -> Tensor<B, 2> {
        match self.config.logit_softcap {
            Some(cap) => (logits / cap).tanh() * cap,
            None => logits,
        }
    }
}
