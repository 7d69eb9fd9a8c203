//! The activations inside of one layer, for a look at where a dictionary belongs: only that layer's weights are read.

use burn::tensor::backend::Backend;
use burn::tensor::{Tensor, TensorData};

use super::config::Config;
use super::load::{Names, Reading};
use super::norm::Normal;
use super::operations::Operations;
use super::site::Site;
use super::transformer::{self, Transformer};
use super::weight_files::WeightFiles;
use crate::core::problem::Result;
use crate::engine::cancel::Cancel;

/// One layer of a model.
pub struct Layer<B: Backend> {
    /// The model without its weights, which are never made.
    model: Transformer<B>,
    weights: transformer::Layer<B>,
    device: B::Device,
}

/// Activations of one layer on the way of one text.
///
/// # Shapes
/// `[positions, width]`; heads: `[positions, heads * head_width]`
pub struct Inside {
    /// The heads' outputs side by side, before the output projection.
    pub heads: Vec<f32>,
    /// The attention's output before the norm that follows it; None in models without one.
    pub attention_before_norm: Option<Vec<f32>>,
    /// The MLP's output before the norm that follows it; None in models without one.
    pub mlp_before_norm: Option<Vec<f32>>,
    /// The stream between attention and MLP; in models whose MLP reads beside the attention, the stream that enters.
    pub middle: Vec<f32>,
    /// What the attention adds to the stream.
    pub attention: Vec<f32>,
    /// What the MLP adds to the stream.
    pub mlp: Vec<f32>,
    /// The stream that leaves the layer.
    pub leaving: Vec<f32>,
    /// What the MLP reads, without the gain and bias of the norm before it.
    pub mlp_normalised: Vec<f32>,
    /// What the MLP reads.
    pub mlp_input: Vec<f32>,
}

impl<B: Operations> Layer<B> {
    /// Reads layer `index` of the model of `config`.
    ///
    /// # Errors
    /// When [`Transformer::load`] would fail at one of its tensors, or `cancel` is raised.
    pub fn load(config: &Config, files: &WeightFiles, index: usize, device: &B::Device, cancel: &Cancel) -> Result<Self> {
        let names = Names::of(config, files, cancel)?;
        let weights = transformer::Layer::load(config, files, names, index, Reading::ByAllThreads, device, cancel)?;
        Ok(Self { model: Transformer::without_layers(config, device), weights, device: device.clone() })
    }

    /// Runs the layer on `entering`, the stream of one text that enters it, `[positions, width]`.
    pub fn look(&self, entering: &[f32]) -> Inside {
        let config = self.model.config();
        let positions = entering.len() / config.width;
        let shape = [1, positions, config.width];
        let entering = Tensor::<B, 3>::from_data(TensorData::new(entering.to_vec(), shape), &self.device);
        let (mut heads, mut attention_before_norm, mut mlp_before_norm) = (Vec::new(), None, None);
        let mut outputs = Vec::new();
        let mut hook = |site: Site, value: Tensor<B, 3>| {
            match site {
                Site::Heads(_) => heads = B::numbers(value.clone()),
                Site::AttentionBeforeNorm(_) => attention_before_norm = Some(B::numbers(value.clone())),
                Site::MlpBeforeNorm(_) => mlp_before_norm = Some(B::numbers(value.clone())),
                // Attention, MLP, stream, in this order.
                Site::Output(_) => outputs.push(value.clone()),
            }
            value
        };
        let tables = self.model.positions(&entering);
        self.model.layer_forward_hooked(&self.weights, entering.clone(), &tables, false, &mut hook);
        let middle = match outputs.first() {
            Some(attention) if !config.parallel_residual => entering + attention.clone(),
            _ => entering,
        };
        let mut outputs = outputs.into_iter().map(B::numbers);
        let mut output = || outputs.next().unwrap_or_default();
        let normal = Normal::of(middle.clone(), config);
        let mlp_input = normal.scaled(&self.weights.mlp_norm);
        Inside {
            heads,
            attention_before_norm,
            mlp_before_norm,
            middle: B::numbers(middle),
            attention: output(),
            mlp: output(),
            leaving: output(),
            mlp_normalised: B::numbers(normal.rows()),
            mlp_input: B::numbers(mlp_input),
        }
    }
}
