//! Weights from a Hugging Face GPT-NeoX file (`model.safetensors`, f16, bf16 or f32), widened to f32.
//!
//! Buffers that old checkpoints hold (`attention.bias`, `attention.masked_bias`, `rotary_emb.inv_freq`) are not read: masks and
//! frequencies are computed.

use burn::module::{Module, Param};
use burn::tensor::backend::Backend;
use burn::tensor::{Tensor, TensorData};

use super::config::Config;
use super::neox::NeoX;
use crate::core::problem::{Problem, Result};
use crate::core::text::excerpt;
use crate::engine::cancel::Cancel;
use crate::engine::tensor_file::{StoredTensor, TensorFile};

impl<B: Backend> NeoX<B> {
    /// Reads every weight that `config` implies. The weights require no gradients: attribution differentiates with respect to
    /// activations only, and tracking weights costs a quarter to half of the time.
    ///
    /// # Errors
    /// When a tensor is missing, has another shape or element type, or holds a value that is not finite, or `cancel` is raised.
    pub fn load(config: &Config, file: &TensorFile, device: &B::Device, cancel: &Cancel) -> Result<Self> {
        expect_known_tensors(config, file)?;
        let reader = Reader::<B> { file, device, cancel };
        // Loading overwrites every parameter of an initialised model, so the structure is written down only once, in `init`.
        // burn draws its random values only when they are read.
        let mut model = Self::init(config, device);
        let (width, mlp_width, vocabulary) = (config.width, config.mlp_width, config.vocabulary);
        model.embed_in.weight = reader.matrix("gpt_neox.embed_in.weight", [vocabulary, width])?;
        model.embed_out = reader.matrix("embed_out.weight", [vocabulary, width])?;
        reader.norm(&mut model.final_layer_norm, "gpt_neox.final_layer_norm", width)?;
        for (index, layer) in model.layers.iter_mut().enumerate() {
            let name = |part: &str| format!("gpt_neox.layers.{index}.{part}");
            reader.norm(&mut layer.input_layernorm, &name("input_layernorm"), width)?;
            reader.norm(&mut layer.post_attention_layernorm, &name("post_attention_layernorm"), width)?;
            reader.linear(&mut layer.query_key_value, &name("attention.query_key_value"), [width, 3 * width])?;
            reader.linear(&mut layer.dense, &name("attention.dense"), [width, width])?;
            reader.linear(&mut layer.dense_h_to_4h, &name("mlp.dense_h_to_4h"), [width, mlp_width])?;
            reader.linear(&mut layer.dense_4h_to_h, &name("mlp.dense_4h_to_h"), [mlp_width, width])?;
        }
        Ok(model.no_grad())
    }
}

/// Rows of a matrix that are read between two checks for cancellation.
const ROWS_AT_ONCE: usize = 4096;

/// Fails if the file holds a tensor that the configuration does not account for. Then they do not belong together: a model cut
/// to fewer layers would compute without complaint.
pub fn expect_known_tensors(config: &Config, file: &TensorFile) -> Result<()> {
    const BUFFERS: [&str; 3] = ["attention.bias", "attention.masked_bias", "attention.rotary_emb.inv_freq"];
    const PARTS: [&str; 6] = [
        "input_layernorm",
        "post_attention_layernorm",
        "attention.query_key_value",
        "attention.dense",
        "mlp.dense_h_to_4h",
        "mlp.dense_4h_to_h",
    ];
    let known = |name: &str| match name.strip_prefix("gpt_neox.layers.").and_then(|rest| rest.split_once('.')) {
        Some((layer, part)) => {
            let weight = part.strip_suffix(".weight").or_else(|| part.strip_suffix(".bias"));
            layer.parse::<usize>().is_ok_and(|layer| layer < config.layers)
                && (BUFFERS.contains(&part) || weight.is_some_and(|part| PARTS.contains(&part)))
        }
        None => matches!(
            name,
            "gpt_neox.embed_in.weight"
                | "embed_out.weight"
                | "gpt_neox.final_layer_norm.weight"
                | "gpt_neox.final_layer_norm.bias"
        ),
    };
    let names = file.names()?;
    // A number of layers is not believed before anything is made for it.
    if names.len() < config.layers {
        return Err(Problem::new(
            file.name(),
            format_args!("holds {} tensors, a model of {} layers has more", names.len(), config.layers),
            "check that config.json and weights belong to the same GPT-NeoX model",
        ));
    }
    match names.into_iter().find(|name| !known(name)) {
        None => Ok(()),
        Some(name) => Err(Problem::new(
            file.name(),
            format_args!("holds the tensor '{}', which a model of {} layers has not", excerpt(&name, 80), config.layers),
            "check that config.json and weights belong to the same GPT-NeoX model",
        )),
    }
}

struct Reader<'a, B: Backend> {
    file: &'a TensorFile,
    device: &'a B::Device,
    cancel: &'a Cancel,
}

impl<B: Backend> Reader<'_, B> {
    fn values(&self, tensor: &StoredTensor) -> Result<Vec<f32>> {
        let rows = tensor.shape()[0];
        let mut values = Vec::with_capacity(tensor.shape().iter().product());
        for first in (0..rows).step_by(ROWS_AT_ONCE) {
            self.cancel.check()?;
            values.extend(tensor.narrowed(0, first..rows.min(first + ROWS_AT_ONCE)).values()?);
        }
        Ok(values)
    }

    fn vector(&self, name: &str, length: usize) -> Result<Param<Tensor<B, 1>>> {
        let values = self.values(&self.file.tensor(name)?.expect_shape(&[length])?)?;
        Ok(Param::from_tensor(Tensor::from_data(TensorData::new(values, [length]), self.device)))
    }

    fn matrix(&self, name: &str, shape: [usize; 2]) -> Result<Param<Tensor<B, 2>>> {
        let values = self.values(&self.file.tensor(name)?.expect_shape(&shape)?)?;
        Ok(Param::from_tensor(Tensor::from_data(TensorData::new(values, shape), self.device)))
    }

    fn norm(&self, norm: &mut burn::nn::LayerNorm<B>, name: &str, width: usize) -> Result<()> {
        norm.gamma = self.vector(&format!("{name}.weight"), width)?;
        norm.beta = Some(self.vector(&format!("{name}.bias"), width)?);
        Ok(())
    }

    /// Reads a linear layer and transposes it: PyTorch stores it as `[out, in]`, burn multiplies by `[in, out]`.
    fn linear(&self, linear: &mut burn::nn::Linear<B>, name: &str, [inputs, outputs]: [usize; 2]) -> Result<()> {
        let stored = self.file.tensor(&format!("{name}.weight"))?.expect_shape(&[outputs, inputs])?;
        let values = self.values(&stored.transposed())?;
        linear.weight = Param::from_tensor(Tensor::from_data(TensorData::new(values, [inputs, outputs]), self.device));
        linear.bias = Some(self.vector(&format!("{name}.bias"), outputs)?);
        Ok(())
    }
}
