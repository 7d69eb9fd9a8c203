//! Weights from Hugging Face files (safetensors in f16, bf16 or f32, whole or divided), widened to f32.
//!
//! Buffers that old checkpoints hold (masks, rotary frequencies) are not read: they are computed.

use burn::module::{Module, Param};
use burn::tensor::{Tensor, TensorData};
use rayon::prelude::*;

use super::config::{Config, Family};
use super::layout::{Layout, QueryKeyValue};
use super::norm::Norm;
use super::operations::Operations;
use super::projection::Projection;
use super::transformer::{Layer, Transformer};
use super::weight_files::WeightFiles;
use crate::core::problem::{Problem, Result};
use crate::core::text::excerpt;
use crate::engine::cancel::Cancel;
use crate::engine::tensor_file::StoredTensor;

impl<B: Operations> Transformer<B> {
    /// Reads every weight that `config` implies. The weights require no gradients: attribution differentiates with respect to
    /// activations only, and tracking weights costs a quarter to half of the time.
    ///
    /// # Errors
    /// When a tensor is missing, has another shape or element type, or holds a value that is not finite, or `cancel` is raised.
    pub fn load(config: &Config, files: &WeightFiles, device: &B::Device, cancel: &Cancel) -> Result<Self> {
        let names = Names::of(config, files, cancel)?;
        let mut model = Self::load_ends(config, files, names, device, cancel)?;
        let layer = |index| Layer::load(config, files, names, index, Reading::ByAllThreads, device, cancel);
        model.layers = (0..config.layers).map(layer).collect::<Result<_>>()?;
        files.release();
        Ok(model)
    }

    /// Reads what is before the layers and after them; the layers are held elsewhere.
    ///
    /// # Errors
    /// As [`Transformer::load`].
    fn load_ends(config: &Config, files: &WeightFiles, names: Names, device: &B::Device, cancel: &Cancel) -> Result<Self> {
        let mut model = Self::load_norms(config, files, names, device, cancel)?;
        let reader = Reader::<B> { files, device, cancel, config, layout: names.layout, reading: Reading::ByAllThreads };
        let shape = [config.vocabulary, config.width];
        model.embedding = reader.matrix(&names.embedding(), shape)?;
        if let Some(name) = names.unembedding {
            model.unembedding = Some(reader.matrix(name, shape)?);
        }
        Ok(model.no_grad())
    }

    /// Reads what is before the layers and after them but for embedding and unembedding, which are held elsewhere, as are the layers.
    ///
    /// # Errors
    /// As [`Transformer::load`].
    pub fn load_norms(config: &Config, files: &WeightFiles, names: Names, device: &B::Device, cancel: &Cancel) -> Result<Self> {
        let Names { layout, .. } = names;
        let reader = Reader::<B> { files, device, cancel, config, layout, reading: Reading::ByAllThreads };
        // Loading overwrites every parameter of an initialised model, so the structure is written down only once, there.
        // burn draws its random values only when they are read.
        let mut model = Self::without_layers(config, device);
        if let Some(part) = layout.positions {
            let table = reader.matrix(&names.model(&format!("{part}.weight")), [config.context, config.width])?;
            model.position_embedding = Some(table);
        }
        reader.norm(&mut model.final_norm, &names.model(layout.final_norm), config.width)?;
        Ok(model)
    }
}

impl<B: Operations> Layer<B> {
    /// Reads the weights of layer `index`.
    ///
    /// # Errors
    /// As [`Transformer::load`], for what is read.
    pub fn load(
        config: &Config,
        files: &WeightFiles,
        names: Names,
        index: usize,
        reading: Reading,
        device: &B::Device,
        cancel: &Cancel,
    ) -> Result<Self> {
        let reader = Reader::<B> { files, device, cancel, config, layout: names.layout, reading };
        let mut layer = Self::init(config, index, device);
        reader.layer(&mut layer, &|part| names.layer(index, part))?;
        Ok(layer.no_grad())
    }
}

/// Rows of a matrix that are read between two checks for cancellation.
pub(super) const ROWS_AT_ONCE: usize = 512;

/// Who reads a matrix.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// All threads: most of the time goes to memory that is touched for the first time.
    ByAllThreads,
    /// The calling thread alone, so that it does not take another task meanwhile, which might wait for what it reads.
    ByOne,
}

/// The names of a model's tensors in its files.
#[derive(Clone, Copy)]
pub struct Names {
    /// The family's layout.
    pub layout: &'static Layout,
    /// In front of every name but that of an unembedding of its own.
    prefix: &'static str,
    /// The unembedding, if it is not the embedding.
    pub unembedding: Option<&'static str>,
}

impl Names {
    /// The names in `files`, which must hold no tensor that the configuration does not account for: then they do not belong
    /// together, and a model cut to fewer layers would compute without complaint.
    ///
    /// # Errors
    /// When there is such a tensor, or an unembedding that contradicts the configuration, or `cancel` is raised.
    pub fn of(config: &Config, files: &WeightFiles, cancel: &Cancel) -> Result<Self> {
        let layout = Layout::of(config.family);
        let remedy = format!("check that config.json and weights belong to the same {} model", config.family.class());
        let all = files.names();
        // A number of layers is not believed before anything is made for it.
        if all.len() < config.layers {
            let what = format!("holds {} tensors, a model of {} layers has more", all.len(), config.layers);
            return Err(Problem::new(files.name(), what, remedy));
        }
        // GPT-2's own files are those of the bare model.
        let bare = config.family == Family::Gpt2 && files.has(&format!("{}.weight", layout.embedding));
        let prefix = if bare { "" } else { layout.prefix };
        let heads: Vec<&'static str> = layout.unembedding.iter().copied().filter(|name| files.has(name)).collect();
        let known = |name: &str| {
            layout.unembedding.contains(&name) || name.strip_prefix(prefix).is_some_and(|name| layout.has(config, name))
        };
        if let Some(name) = all.into_iter().find(|name| !known(name)) {
            let what = format!("holds the tensor '{}', which a model of {} layers has not", excerpt(name, 80), config.layers);
            return Err(Problem::new(files.name(), what, remedy));
        }
        if let [one, other, ..] = heads[..] {
            let what = format!("holds the unembedding twice, as {one} and as {other}");
            return Err(Problem::new(files.name(), what, "keep the one that the model was trained with"));
        }
        let names = Self { layout, prefix, unembedding: None };
        if !config.tied {
            return Ok(Self { unembedding: Some(heads.first().copied().unwrap_or(layout.unembedding[0])), ..names });
        }
        if let Some(head) = heads.first() {
            names.expect_tied(head, files, cancel)?;
        }
        Ok(names)
    }

    /// The name of `part` of the model.
    pub fn model(&self, part: &str) -> String {
        format!("{}{part}", self.prefix)
    }

    /// The name of the embedding.
    pub fn embedding(&self) -> String {
        self.model(&format!("{}.weight", self.layout.embedding))
    }

    /// The name of `part` of layer `index`.
    pub fn layer(&self, index: usize, part: &str) -> String {
        format!("{}{}.{index}.{part}", self.prefix, self.layout.layers)
    }

    /// Fails unless the unembedding `head` of a model whose embedding serves as such is the embedding once more.
    fn expect_tied(&self, head: &str, files: &WeightFiles, cancel: &Cancel) -> Result<()> {
        let embedding = files.tensor(&self.embedding())?;
        let head = files.tensor(head)?.expect_shape(embedding.shape())?;
        let rows = embedding.shape()[0];
        for first in (0..rows).step_by(ROWS_AT_ONCE) {
            cancel.check()?;
            let part = first..rows.min(first + ROWS_AT_ONCE);
            if embedding.narrowed(0, part.clone()).values()? != head.narrowed(0, part).values()? {
                return Err(Problem::new(
                    head.place(),
                    "differs from the embedding, which config.json says is used in its place (tie_word_embeddings)",
                    "set tie_word_embeddings to false if the model has an unembedding of its own",
                ));
            }
        }
        Ok(())
    }
}

struct Reader<'a, B: Operations> {
    files: &'a WeightFiles,
    device: &'a B::Device,
    cancel: &'a Cancel,
    config: &'a Config,
    layout: &'static Layout,
    reading: Reading,
}

impl<B: Operations> Reader<'_, B> {
    fn values(&self, tensor: &StoredTensor) -> Result<Vec<f32>> {
        if self.reading == Reading::ByOne {
            self.cancel.check()?;
            return tensor.values();
        }
        let (rows, count) = (tensor.shape()[0], tensor.shape().iter().product::<usize>());
        let mut values = vec![0.0; count];
        let pieces = values.par_chunks_mut(ROWS_AT_ONCE * (count / rows)).enumerate();
        pieces.try_for_each(|(piece, values)| {
            self.cancel.check()?;
            let first = piece * ROWS_AT_ONCE;
            tensor.narrowed(0, first..rows.min(first + ROWS_AT_ONCE)).read_into(values)
        })?;
        Ok(values)
    }

    fn stored_vector(&self, name: &str, length: usize) -> Result<Vec<f32>> {
        self.values(&self.files.tensor(name)?.expect_shape(&[length])?)
    }

    fn vector(&self, values: Vec<f32>) -> Param<Tensor<B, 1>> {
        let length = values.len();
        Param::from_tensor(Tensor::from_data(TensorData::new(values, [length]), self.device))
    }

    fn matrix(&self, name: &str, shape: [usize; 2]) -> Result<Param<Tensor<B, 2>>> {
        let values = self.values(&self.files.tensor(name)?.expect_shape(&shape)?)?;
        Ok(Param::from_tensor(Tensor::from_data(TensorData::new(values, shape), self.device)))
    }

    fn norm(&self, norm: &mut Norm<B>, name: &str, width: usize) -> Result<()> {
        let mut gain = self.stored_vector(&format!("{name}.weight"), width)?;
        gain.iter_mut().for_each(|gain| *gain += self.layout.gain_offset);
        norm.gain = self.vector(gain);
        if norm.bias.is_some() {
            norm.bias = Some(self.vector(self.stored_vector(&format!("{name}.bias"), width)?));
        }
        Ok(())
    }

    /// Reads layers with the same input of width `inputs`, each with its number of outputs, as one whose outputs lie side by side.
    fn linear(&self, linear: &mut Projection<B>, parts: &[(String, usize)], inputs: usize) -> Result<()> {
        self.linear_of(linear, parts, inputs, None)
    }

    /// The same with the outputs in the order `columns`.
    fn linear_of(
        &self,
        linear: &mut Projection<B>,
        parts: &[(String, usize)],
        inputs: usize,
        columns: Option<&[usize]>,
    ) -> Result<()> {
        let outputs: usize = parts.iter().map(|(_, outputs)| outputs).sum();
        let mut values = vec![0.0; inputs * outputs];
        let mut first = 0;
        for (name, count) in parts {
            let stored = self.files.tensor(&format!("{name}.weight"))?;
            let stored = if self.layout.inputs_first {
                stored.expect_shape(&[inputs, *count])?
            } else {
                stored.expect_shape(&[*count, inputs])?.transposed()
            };
            let part = self.values(&stored)?;
            for (row, part) in values.chunks_exact_mut(outputs).zip(part.chunks_exact(*count)) {
                row[first..first + count].copy_from_slice(part);
            }
            first += count;
        }
        let in_order = |values: Vec<f32>| match columns {
            Some(columns) => values.chunks_exact(outputs).flat_map(|row| columns.iter().map(|column| row[*column])).collect(),
            None => values,
        };
        linear.set_weight(in_order(values), inputs, self.config, self.device);
        if linear.bias.is_some() {
            let biases = parts.iter().map(|(name, outputs)| self.stored_vector(&format!("{name}.bias"), *outputs));
            linear.bias = Some(self.vector(in_order(biases.collect::<Result<Vec<_>>>()?.concat())));
        }
        Ok(())
    }

    /// Reads every weight of a layer; `name` makes the names of its tensors.
    fn layer(&self, layer: &mut Layer<B>, name: &impl Fn(&str) -> String) -> Result<()> {
        let Config { width, mlp_width, .. } = *self.config;
        self.norm(&mut layer.attention_norm, &name(self.layout.attention_norm), width)?;
        self.norm(&mut layer.mlp_norm, &name(self.layout.mlp_norm), width)?;
        for (norm, part) in [
            (&mut layer.attention_output_norm, self.layout.attention_output_norm),
            (&mut layer.mlp_output_norm, self.layout.mlp_output_norm),
        ] {
            if let (Some(norm), Some(part)) = (norm, part) {
                self.norm(norm, &name(part), width)?;
            }
        }
        if let (Some(query), Some(key), Some([query_part, key_part])) =
            (&mut layer.query_norm, &mut layer.key_norm, self.layout.head_norms)
        {
            self.norm(query, &name(query_part), self.config.head_width)?;
            self.norm(key, &name(key_part), self.config.head_width)?;
        }
        self.query_key_value(&mut layer.query_key_value, name)?;
        let heads = self.config.heads * self.config.head_width;
        self.linear(&mut layer.attention_output, &[(name(self.layout.attention_output), width)], heads)?;
        let inputs: Vec<(String, usize)> = self.layout.mlp_input.iter().map(|part| (name(part), mlp_width)).collect();
        self.linear(&mut layer.mlp_input, &inputs, width)?;
        self.linear(&mut layer.mlp_output, &[(name(self.layout.mlp_output), width)], mlp_width)?;
        Ok(())
    }

    fn query_key_value(&self, linear: &mut Projection<B>, name: &impl Fn(&str) -> String) -> Result<()> {
        let Config { width, heads, key_value_heads, head_width, .. } = *self.config;
        let sizes = [heads, key_value_heads, key_value_heads].map(|heads| heads * head_width);
        let whole = |part: &str| [(name(part), sizes.iter().sum())];
        match self.layout.query_key_value {
            QueryKeyValue::Separate(parts) => {
                let parts: Vec<(String, usize)> = parts.into_iter().map(name).zip(sizes).collect();
                self.linear(linear, &parts, width)
            }
            QueryKeyValue::Thirds(part) => self.linear(linear, &whole(part), width),
            QueryKeyValue::PerHead(part) => {
                self.linear_of(linear, &whole(part), width, Some(&thirds_from_heads(heads, head_width)))
            }
        }
    }
}

/// Where each column of `queries | keys | values` stands if query, key and value of each head lie side by side.
pub fn thirds_from_heads(heads: usize, head_width: usize) -> Vec<usize> {
    let of =
        |part: usize| (0..heads).flat_map(move |head| (0..head_width).map(move |column| (3 * head + part) * head_width + column));
    (0..3).flat_map(of).collect()
}
