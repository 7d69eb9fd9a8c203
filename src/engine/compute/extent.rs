//! How much is done at once: three limits, at three levels.
//!
//! - [`TOKENS_AT_ONCE`] bounds the tokens of the prompts that the attribution hands to a backend in one call, whatever batch was
//!   asked for: memory does not grow with the length of prompts, and the computation can be cancelled between two calls.
//! - [`TOKENS_PER_TASK`] bounds the tokens that one thread of the `ndarray` backend takes through a layer together: products run
//!   at their rate, while what a layer reads and writes stays in a core's cache.
//! - The tokens (points of segments included) that the other backends take through a layer together are bounded, too: a card wants
//!   thousands, a processor no more than its caches hold. The bound changes results only by the rounding of sums in another order.

#[cfg(any(feature = "cuda", test))]
use crate::engine::model::config::Config;

/// Tokens of one call to a backend; `flex` takes as many through a layer together. Fewer would slow the products
/// down, more would make cancelling wait.
pub const TOKENS_AT_ONCE: usize = 512;

/// Tokens that one task of the `ndarray` backend takes through a layer together: enough that products run at their rate, few
/// enough that what a layer reads and writes stays in a core's cache, and that cancelling waits for no more than a few
/// hundredths of a second.
pub const TOKENS_PER_TASK: usize = 256;

/// Tokens that burn takes through a layer together on a graphics card that does not say how much memory it has: what fits into half a
/// gigabyte at pythia-70m's size.
#[cfg(feature = "wgpu")]
pub const TOKENS_ON_A_CARD: usize = 2 * TOKENS_AT_ONCE;

/// Tokens that burn takes through a layer together on a graphics card with `memory` bytes in all: a quarter of the memory is for them,
/// with everything that the backward pass needs (about 0.5 MB a token at pythia-70m's size).
#[cfg(any(feature = "cuda", test))]
pub fn tokens_on_card(memory: u64, config: &Config) -> usize {
    // Numbers per token, roughly, of each layer: inputs, norms, queries, keys, values, products and their gradients.
    let numbers = config.layers * (20 * config.width + 6 * config.mlp_width);
    let tokens = memory / 4 / (size_of::<f32>() * numbers).max(1) as u64;
    usize::try_from(tokens).unwrap_or(usize::MAX).clamp(TOKENS_AT_ONCE, 16 * TOKENS_AT_ONCE)
}
