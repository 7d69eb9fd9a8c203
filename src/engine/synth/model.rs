//! A GPT-NeoX model with random weights in the files that pythia has: `config.json` and f16 `model.safetensors`.

use half::f16;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensorError, serialize};

use super::{Shape, fault};
use crate::core::problem::Result;
use crate::engine::random::Random;

/// The text of the model's `config.json`.
pub fn config(shape: Shape) -> String {
    let config = serde_json::json!({
        "architectures": ["GPTNeoXForCausalLM"],
        "model_type": "gpt_neox",
        "num_hidden_layers": shape.layers,
        "hidden_size": shape.width,
        "num_attention_heads": shape.heads,
        "intermediate_size": shape.mlp_width,
        "vocab_size": shape.vocabulary,
        "max_position_embeddings": 2048,
        "hidden_act": "gelu",
        "layer_norm_eps": 1e-5,
        "rotary_pct": 0.25,
        "rotary_emb_base": 10_000,
        "use_parallel_residual": true,
        "tie_word_embeddings": false,
        "torch_dtype": "float16",
    });
    format!("{config:#}\n")
}

/// The bytes of the model's `model.safetensors`. Weights keep the scale of activations, so that every layer matters.
pub fn weights(shape: Shape, seed: u32) -> Result<Vec<u8>> {
    let Shape { width, mlp_width, vocabulary, layers, .. } = shape;
    let mut file = Tensors { random: Random::new(seed, "model"), tensors: Vec::new() };
    file.matrix("gpt_neox.embed_in.weight", vocabulary, width, 1.0);
    for layer in 0..layers {
        let name = |part: &str| format!("gpt_neox.layers.{layer}.{part}");
        file.norm(&name("input_layernorm"), width);
        file.norm(&name("post_attention_layernorm"), width);
        file.linear(&name("attention.query_key_value"), 3 * width, width, 1.0);
        file.linear(&name("attention.dense"), width, width, 0.5);
        file.linear(&name("mlp.dense_h_to_4h"), mlp_width, width, 1.0);
        file.linear(&name("mlp.dense_4h_to_h"), width, mlp_width, 0.5);
    }
    file.norm("gpt_neox.final_layer_norm", width);
    file.matrix("embed_out.weight", vocabulary, width, 1.0 / (width as f32).sqrt());
    file.bytes()
}

struct Tensors {
    random: Random,
    tensors: Vec<(String, Vec<usize>, Vec<u8>)>,
}

impl Tensors {
    fn push(&mut self, name: &str, shape: &[usize], mut value: impl FnMut(&mut Random) -> f32) {
        let count: usize = shape.iter().product();
        let mut bytes = Vec::with_capacity(2 * count);
        for _ in 0..count {
            bytes.extend(f16::from_f32(value(&mut self.random)).to_le_bytes());
        }
        self.tensors.push((name.to_owned(), shape.to_vec(), bytes));
    }

    fn matrix(&mut self, name: &str, rows: usize, columns: usize, deviation: f32) {
        self.push(name, &[rows, columns], |random| random.uniform(deviation));
    }

    /// A random matrix as PyTorch stores it, `[out, in]`; `gain` is the ratio of the scale of its outputs to that of its inputs.
    fn linear(&mut self, name: &str, outputs: usize, inputs: usize, gain: f32) {
        self.matrix(&format!("{name}.weight"), outputs, inputs, gain / (inputs as f32).sqrt());
        self.push(&format!("{name}.bias"), &[outputs], |random| random.uniform(0.02));
    }

    fn norm(&mut self, name: &str, width: usize) {
        self.push(&format!("{name}.weight"), &[width], |random| 1.0 + random.uniform(0.1));
        self.push(&format!("{name}.bias"), &[width], |random| random.uniform(0.1));
    }

    fn bytes(self) -> Result<Vec<u8>> {
        let views = self
            .tensors
            .iter()
            .map(|(name, shape, bytes)| Ok((name, TensorView::new(Dtype::F16, shape.clone(), bytes)?)))
            .collect::<std::result::Result<Vec<_>, SafeTensorError>>()
            .map_err(|error| fault("model", error))?;
        serialize(views, None).map_err(|error| fault("model", error))
    }
}
