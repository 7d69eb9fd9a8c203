//! Trains the demo language model: next-token prediction on windows of the corpus, with burn's `AdamW`.

use std::time::Instant;

use burn::backend::Autodiff;
use burn::grad_clipping::GradientClippingConfig;
use burn::module::AutodiffModule;
use burn::optim::{AdamWConfig, GradientsParams, Optimizer};
use burn::tensor::activation::log_softmax;
use burn::tensor::backend::Backend;
use burn::tensor::{Int, Tensor, TensorData};
use burn_ndarray::{NdArray, NdArrayDevice};
use tokenizers::Tokenizer;

use super::windows::Windows;
use crate::core::problem::Result;
use crate::engine::model::config::Config;
use crate::engine::model::operations::Operations;
use crate::engine::model::transformer::Transformer;

/// The backend after training, without gradients.
pub type Plain = NdArray<f32>;
type Tracking = Autodiff<Plain>;

/// Number of tokens in one window of the model's input.
pub const WINDOW: usize = 24;
const WINDOWS_PER_STEP: usize = 32;
const PEAK_LEARNING_RATE: f64 = 3e-3;
const FINAL_SHARE: f64 = 0.05;
const WARM_UP: usize = 100;

/// The `config.json` of the demo model.
pub fn configuration(vocabulary: usize) -> serde_json::Value {
    serde_json::json!({
        "architectures": ["GPTNeoXForCausalLM"],
        "model_type": "gpt_neox",
        "bos_token_id": 0,
        "eos_token_id": 0,
        "hidden_act": "gelu",
        "hidden_size": 64,
        "initializer_range": 0.02,
        "intermediate_size": 256,
        "layer_norm_eps": 1e-5,
        "max_position_embeddings": 64,
        "num_attention_heads": 4,
        "num_hidden_layers": 4,
        "rotary_emb_base": 10000,
        "rotary_pct": 0.25,
        "tie_word_embeddings": false,
        "torch_dtype": "float16",
        "use_cache": true,
        "use_parallel_residual": true,
        "vocab_size": vocabulary,
    })
}

/// Trains a model for `steps` steps from random weights.
pub fn train(
    config: &Config,
    tokenizer: &Tokenizer,
    seed: u32,
    steps: usize,
    log: &mut dyn FnMut(&str),
) -> Result<Transformer<Plain>> {
    let device = NdArrayDevice::default();
    Tracking::seed(&device, u64::from(seed));
    let mut model = Transformer::<Tracking>::init(config, &device);
    let mut optimizer = AdamWConfig::new()
        .with_weight_decay(0.1)
        .with_beta_2(0.98)
        .with_epsilon(1e-8)
        .with_grad_clipping(Some(GradientClippingConfig::Norm(1.0)))
        .init::<Tracking, Transformer<Tracking>>();
    let mut windows = Windows::new(tokenizer, seed, "language model", WINDOW + 1)?;
    let start = Instant::now();
    let mut mean_loss = 0.0;
    for step in 0..steps {
        let loss = loss(&model, &windows.take(WINDOWS_PER_STEP)?, &device);
        let value = f64::from(loss.clone().into_scalar());
        mean_loss = if step == 0 { value } else { 0.98 * mean_loss + 0.02 * value };
        let gradients = GradientsParams::from_grads(loss.backward(), &model);
        model = optimizer.step(learning_rate(step, steps), model, gradients);
        if (step + 1) % 100 == 0 || step + 1 == steps {
            let seconds = start.elapsed().as_secs_f64();
            log(&format!("language model: step {} of {steps}, loss {mean_loss:.3}, {seconds:.0} s", step + 1));
        }
    }
    Ok(model.valid())
}

/// Mean next-token cross-entropy in nats over windows of `WINDOW + 1` tokens.
///
/// # Shapes
/// - tokens: `[windows * (WINDOW + 1)]`
pub fn loss<B: Operations>(model: &Transformer<B>, tokens: &[i32], device: &B::Device) -> Tensor<B, 1> {
    let windows = tokens.len() / (WINDOW + 1);
    let tokens = Tensor::<B, 2, Int>::from_data(TensorData::new(tokens.to_vec(), [windows, WINDOW + 1]), device);
    let inputs = tokens.clone().narrow(1, 0, WINDOW);
    let targets = tokens.narrow(1, 1, WINDOW).reshape([windows * WINDOW, 1]);
    let residual = model.run_layers(0, model.embed(inputs), &mut |_, output| output);
    let logits: Tensor<B, 2> = model.logits(residual).flatten(0, 1);
    log_softmax(logits, 1).gather(1, targets).mean().neg()
}

/// Linear warm-up, then a cosine down to a small share of the peak (Loshchilov and Hutter 2017, arXiv:1608.03983).
fn learning_rate(step: usize, steps: usize) -> f64 {
    if step < WARM_UP {
        return PEAK_LEARNING_RATE * (step + 1) as f64 / WARM_UP as f64;
    }
    let progress = (step - WARM_UP) as f64 / steps.saturating_sub(WARM_UP).max(1) as f64;
    let cosine = 0.5 * (1.0 + (std::f64::consts::PI * progress).cos());
    PEAK_LEARNING_RATE * (FINAL_SHARE + (1.0 - FINAL_SHARE) * cosine)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn learning_rate_rises_and_falls() {
        assert!(learning_rate(0, 1000) < learning_rate(50, 1000));
        assert!((learning_rate(WARM_UP, 1000) - PEAK_LEARNING_RATE).abs() < 1e-9);
        assert!((learning_rate(1000, 1000) - PEAK_LEARNING_RATE * FINAL_SHARE).abs() < 1e-9);
    }
}
