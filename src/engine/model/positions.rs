//! What depends on the positions of tokens alone: rotary tables and the masks of attention.

use burn::tensor::backend::Backend;
use burn::tensor::{Bool, Tensor};

use super::config::Config;
use super::rotary::Rotary;

/// Tables that depend on a batch's shape only and serve all layers.
pub struct Positions<B: Backend> {
    pub(super) rotary: Option<Rotary<B>>,
    /// True where the key lies after the query, `[1, 1, positions, positions]`.
    future: Tensor<B, 4, Bool>,
    /// For each window of the model that is shorter than the prompts: true where the key lies after the query or before its window.
    outside: Vec<(usize, Tensor<B, 4, Bool>)>,
}

impl<B: Backend> Positions<B> {
    /// The tables for prompts of `positions` tokens.
    pub fn new(config: &Config, positions: usize, device: &B::Device) -> Self {
        let shape = [positions, positions];
        let future: Tensor<B, 4, Bool> = Tensor::<B, 2, Bool>::tril_mask(shape, 0, device).unsqueeze();
        let mut windows: Vec<usize> = config.windows.iter().flatten().copied().filter(|window| *window < positions).collect();
        windows.sort_unstable();
        windows.dedup();
        let outside = windows.into_iter().map(|window| {
            // Masks the keys up to `window` before the query.
            let past: Tensor<B, 4, Bool> = Tensor::<B, 2, Bool>::triu_mask(shape, 1 - window as i64, device).unsqueeze();
            (window, future.clone().bool_or(past))
        });
        Self { rotary: Rotary::new(config, positions, device), outside: outside.collect(), future }
    }

    /// True where a query of a layer with `window` does not see a key, `[1, 1, positions, positions]`.
    pub(super) fn hidden_from(&self, window: Option<usize>) -> Tensor<B, 4, Bool> {
        let found = self.outside.iter().find(|(size, _)| Some(*size) == window);
        found.map_or_else(|| self.future.clone(), |(_, mask)| mask.clone())
    }
}
