//! Writes a GPT-NeoX model as Hugging Face does: `model.safetensors` with the `gpt_neox` tensor names, in f16.

use burn::tensor::backend::Backend;
use burn::tensor::{Tensor, TensorData};
use half::f16;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, serialize};

use super::load::thirds_from_heads;
use super::operations::Operations;
use super::transformer::Transformer;
use crate::core::problem::{Problem, Result};

impl<B: Operations> Transformer<B> {
    /// The bytes of a `model.safetensors` that [`Transformer::load`] and transformers read.
    pub fn to_safetensors_f16(&self) -> Result<Vec<u8>> {
        let mut tensors: Vec<(String, Vec<usize>, Vec<u8>)> = Vec::new();
        push(&mut tensors, "gpt_neox.embed_in.weight".to_owned(), self.embedding.val())?;
        push(&mut tensors, "embed_out.weight".to_owned(), self.unembedding())?;
        let mut norms = vec![("gpt_neox.final_layer_norm".to_owned(), &self.final_norm)];
        let mut linears = Vec::new();
        for (index, layer) in self.layers.iter().enumerate() {
            let name = |part: &str| format!("gpt_neox.layers.{index}.{part}");
            norms.push((name("input_layernorm"), &layer.attention_norm));
            norms.push((name("post_attention_layernorm"), &layer.mlp_norm));
            let name_of = name("attention.query_key_value");
            let mixed = &layer.query_key_value;
            // The file keeps query, key and value of each head side by side.
            let columns = heads_from_thirds(self.config.heads, self.config.head_width);
            let matrix = mixed.weight.matrix();
            let columns = Tensor::from_data(TensorData::from(&columns[..]), &matrix.device());
            let weight = matrix.transpose().select(0, columns.clone());
            push(&mut tensors, format!("{name_of}.weight"), weight)?;
            if let Some(bias) = &mixed.bias {
                push(&mut tensors, format!("{name_of}.bias"), bias.val().select(0, columns))?;
            }
            linears.push((name("attention.dense"), &layer.attention_output));
            linears.push((name("mlp.dense_h_to_4h"), &layer.mlp_input));
            linears.push((name("mlp.dense_4h_to_h"), &layer.mlp_output));
        }
        for (name, norm) in norms {
            push(&mut tensors, format!("{name}.weight"), norm.gain.val())?;
            if let Some(bias) = &norm.bias {
                push(&mut tensors, format!("{name}.bias"), bias.val())?;
            }
        }
        for (name, linear) in linears {
            push(&mut tensors, format!("{name}.weight"), linear.weight.matrix().transpose())?;
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

/// The inverse of [`thirds_from_heads`].
fn heads_from_thirds(heads: usize, head_width: usize) -> Vec<i32> {
    let mut inverse = vec![0; 3 * heads * head_width];
    for (third, place) in thirds_from_heads(heads, head_width).into_iter().enumerate() {
        inverse[place] = third as i32;
    }
    inverse
}
