//! The weights of the layers in the layout that the hand-written arithmetic needs.
//!
//! The scale and shift of a layer norm are linear, and so are the layers that read it, so they are folded into these:
//! `(n * s + t) W + b = n (s W) + (t W + b)`. Queries, keys and values, which the file keeps interleaved head by head, are three
//! blocks of columns here, so that the last layer can compute queries for the last position alone.

use super::product::Matrix;
use crate::core::problem::Result;
use crate::engine::cancel::Cancel;
use crate::engine::compute::layers::{Layers, Stored};
use crate::engine::model::config::Config;
use crate::engine::model::load::Names;
use crate::engine::model::weight_files::WeightFiles;
use crate::engine::tensor_file::StoredTensor;

/// A linear layer in memory, `input W + b`.
pub struct Linear {
    /// `[inputs, outputs]`
    pub matrix: Matrix,
    /// `[outputs]`
    pub bias: Vec<f32>,
}

/// The weights of one transformer layer, with its layer norms folded in.
pub struct Layer {
    /// Queries from the normalised input: `[width, width]`, heads side by side.
    pub query: Linear,
    /// Keys, then values, from the normalised input: `[width, 2 width]`, heads side by side in each.
    pub key_value: Linear,
    /// The attention's output projection: `[width, width]`.
    pub dense: Linear,
    /// The MLP's hidden layer, from its normalised input: `[width, mlp_width]`.
    pub hidden: Linear,
    /// The MLP's output layer: `[mlp_width, width]`.
    pub output: Linear,
}

/// All weights of a model.
pub struct Weights {
    /// The layers.
    pub layers: Layers<Layer>,
    /// Scale and shift of the final layer norm.
    pub final_norm: [Vec<f32>; 2],
    /// The embedding, `[vocabulary, width]`. It stays in the file, of which a study reads a few dozen rows.
    pub embed_in: StoredTensor,
    /// The unembedding, `[vocabulary, width]`. It stays in the file, too.
    pub embed_out: StoredTensor,
}

impl Weights {
    /// Reads every weight that `config` implies.
    ///
    /// # Errors
    /// When a tensor is missing, has another shape or element type, or holds a value that is not finite, or `cancel` is raised.
    pub fn load(model: Stored<'_>, cancel: &Cancel) -> Result<Self> {
        let Stored { config, weights: file, kept } = model;
        let names = Names::of(config, file, cancel)?;
        let unembedding = names.unembedding.unwrap_or("gpt_neox.embed_in.weight");
        let reader = Reader { file, cancel };
        let (sizes, files) = (config.clone(), file.clone());
        let layer = move |index, cancel: &Cancel| {
            let layer = Reader { file: &files, cancel }.layer(&sizes, index);
            files.release();
            layer
        };
        Ok(Self {
            embed_in: reader.left_in_file("gpt_neox.embed_in.weight", [config.vocabulary, config.width])?,
            embed_out: reader.left_in_file(unembedding, [config.vocabulary, config.width])?,
            final_norm: reader.norm("gpt_neox.final_layer_norm", config.width)?,
            layers: Layers::load(config.layers, kept, layer, cancel)?,
        })
    }
}

/// A matrix `[inputs, outputs]`, row-major, with its bias, before it is put into its final layout.
struct Plain {
    values: Vec<f32>,
    bias: Vec<f32>,
}

impl Plain {
    /// Folds the layer norm's `scale` and `shift` in: the result reads inputs that were not scaled and shifted.
    fn fold(mut self, [scale, shift]: &[Vec<f32>; 2]) -> Self {
        let outputs = self.bias.len();
        for ((row, scale), shift) in self.values.chunks_exact_mut(outputs).zip(scale).zip(shift) {
            for (value, bias) in row.iter_mut().zip(&mut self.bias) {
                *bias += shift * *value;
                *value *= scale;
            }
        }
        self
    }

    /// The layer that computes only the outputs `columns`, in that order.
    fn columns(&self, columns: &[usize]) -> Linear {
        let rows = self.values.chunks_exact(self.bias.len());
        let inputs = rows.len();
        let values = rows.flat_map(|row| columns.iter().map(|column| row[*column])).collect();
        let bias = columns.iter().map(|column| self.bias[*column]).collect();
        Linear { matrix: Matrix::new(inputs, columns.len(), values), bias }
    }

    fn whole(self) -> Linear {
        let inputs = self.values.len() / self.bias.len();
        Linear { matrix: Matrix::new(inputs, self.bias.len(), self.values), bias: self.bias }
    }
}

struct Reader<'a> {
    file: &'a WeightFiles,
    cancel: &'a Cancel,
}

impl Reader<'_> {
    fn layer(&self, config: &Config, index: usize) -> Result<Layer> {
        let name = |part: &str| format!("gpt_neox.layers.{index}.{part}");
        let (width, head_width) = (config.width, config.head_width);
        let attention_norm = self.norm(&name("input_layernorm"), width)?;
        let mixed = self.linear(&name("attention.query_key_value"), [width, 3 * width])?.fold(&attention_norm);
        let columns = |parts: &[usize]| -> Vec<usize> {
            let heads = parts.iter().flat_map(|part| (0..config.heads).map(move |head| (3 * head + part) * head_width));
            heads.flat_map(|first| first..first + head_width).collect()
        };
        let mlp_norm = self.norm(&name("post_attention_layernorm"), width)?;
        Ok(Layer {
            query: mixed.columns(&columns(&[0])),
            key_value: mixed.columns(&columns(&[1, 2])),
            dense: self.linear(&name("attention.dense"), [width, width])?.whole(),
            hidden: self.linear(&name("mlp.dense_h_to_4h"), [width, config.mlp_width])?.fold(&mlp_norm).whole(),
            output: self.linear(&name("mlp.dense_4h_to_h"), [config.mlp_width, width])?.whole(),
        })
    }

    fn vector(&self, name: &str, length: usize) -> Result<Vec<f32>> {
        self.file.tensor(name)?.expect_shape(&[length])?.values()
    }

    fn norm(&self, name: &str, width: usize) -> Result<[Vec<f32>; 2]> {
        Ok([self.vector(&format!("{name}.weight"), width)?, self.vector(&format!("{name}.bias"), width)?])
    }

    /// Reads a linear layer and transposes it: PyTorch stores it as `[outputs, inputs]`.
    fn linear(&self, name: &str, [inputs, outputs]: [usize; 2]) -> Result<Plain> {
        self.cancel.check()?;
        let stored = self.file.tensor(&format!("{name}.weight"))?.expect_shape(&[outputs, inputs])?;
        Ok(Plain { values: stored.transposed().values()?, bias: self.vector(&format!("{name}.bias"), outputs)? })
    }

    fn left_in_file(&self, name: &str, shape: [usize; 2]) -> Result<StoredTensor> {
        let stored = self.file.tensor(name)?.expect_shape(&shape)?;
        stored.expect_all_finite(self.cancel)?;
        Ok(stored)
    }
}
