//! Writes a model as Hugging Face does: `model.safetensors` with the `gpt_neox` tensor names, in f16.

use burn::tensor::Tensor;
use burn::tensor::backend::Backend;
use half::f16;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, serialize};

use super::neox::NeoX;
use crate::core::problem::{Problem, Result};

impl<B: Backend> NeoX<B> {
    /// The bytes of a `model.safetensors` that [`NeoX::load`] and transformers read.
    pub fn to_safetensors_f16(&self) -> Result<Vec<u8>> {
        let mut tensors: Vec<(String, Vec<usize>, Vec<u8>)> = Vec::new();
        push(&mut tensors, "gpt_neox.embed_in.weight".to_owned(), self.embed_in.weight.val())?;
        push(&mut tensors, "embed_out.weight".to_owned(), self.embed_out.val())?;
        let mut norms = vec![("gpt_neox.final_layer_norm".to_owned(), &self.final_layer_norm)];
        let mut linears = Vec::new();
        for (index, layer) in self.layers.iter().enumerate() {
            let name = |part: &str| format!("gpt_neox.layers.{index}.{part}");
            norms.push((name("input_layernorm"), &layer.input_layernorm));
            norms.push((name("post_attention_layernorm"), &layer.post_attention_layernorm));
            linears.push((name("attention.query_key_value"), &layer.query_key_value));
            linears.push((name("attention.dense"), &layer.dense));
            linears.push((name("mlp.dense_h_to_4h"), &layer.dense_h_to_4h));
            linears.push((name("mlp.dense_4h_to_h"), &layer.dense_4h_to_h));
        }
        for (name, norm) in norms {
            push(&mut tensors, format!("{name}.weight"), norm.gamma.val())?;
            if let Some(beta) = &norm.beta {
                push(&mut tensors, format!("{name}.bias"), beta.val())?;
            }
        }
        for (name, linear) in linears {
            push(&mut tensors, format!("{name}.weight"), linear.weight.val().transpose())?;
            if let Some(bias) = &linear.bias {
                push(&mut tensors, format!("{name}.bias"), bias.val())?;
            }
        }
        let unwritable = |error: safetensors::SafeTensorError| {
            Problem::new(
                "model.safetensors",
                format_args!("cannot be written: {error}"),
                "this is a fault of the program: report it",
            )
        };
        let views: Vec<(String, TensorView<'_>)> = tensors
            .iter()
            .map(|(name, shape, bytes)| {
                Ok((name.clone(), TensorView::new(Dtype::F16, shape.clone(), bytes).map_err(unwritable)?))
            })
            .collect::<Result<_>>()?;
        serialize(views, None).map_err(unwritable)
    }
}

fn push<B: Backend, const D: usize>(
    tensors: &mut Vec<(String, Vec<usize>, Vec<u8>)>,
    name: String,
    tensor: Tensor<B, D>,
) -> Result<()> {
    let shape = tensor.dims().to_vec();
    let values: Vec<f32> = tensor.into_data().convert::<f32>().into_vec().map_err(|error| {
        Problem::new(&name, format_args!("cannot be read back: {error:?}"), "this is a fault of the program: report it")
    })?;
    let bytes = values.iter().flat_map(|value| f16::from_f32(*value).to_le_bytes()).collect();
    tensors.push((name, shape, bytes));
    Ok(())
}
