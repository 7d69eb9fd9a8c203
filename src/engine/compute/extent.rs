//! How much is done at once: three limits, at three levels.
//!
//! - [`TOKENS_AT_ONCE`] bounds the tokens of the prompts that the attribution hands to a backend in one call, whatever batch was
//!   asked for: memory does not grow with the length of prompts, and the computation can be cancelled between two calls.
//! - [`TOKENS_PER_TASK`] bounds the tokens that one thread of the `native` backend takes through a layer together: products run
//!   at their rate, while what a layer reads and writes stays in a core's cache.
//! - [`Extent::tokens`] bounds the tokens (points of segments included) that a burn backend takes through a layer together: a
//!   card wants thousands, a processor no more than its caches hold.

#[cfg(any(feature = "cuda", test))]
use crate::engine::model::config::Config;

/// Tokens of one call to a backend; on a processor burn takes as many through a layer together. Fewer would slow the products
/// down, more would make cancelling wait.
pub const TOKENS_AT_ONCE: usize = 512;

/// Tokens that one task of the `native` backend takes through a layer together: enough that products run at their rate, few
/// enough that what a layer reads and writes stays in a core's cache, and that cancelling waits for no more than a few
/// hundredths of a second.
pub const TOKENS_PER_TASK: usize = 256;

/// The sizes of the pieces of work of a burn backend. They change how fast something is computed and how soon it can be
/// cancelled; they change results only by the rounding of sums in another order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// Tokens that go through a layer together.
    pub tokens: usize,
    /// Features whose encoders are multiplied together.
    pub features: usize,
    /// Bytes of encoders that stay on the device for later batches and computations.
    pub resident_bytes: u64,
}

impl Extent {
    /// The extent of a processor: pieces that stay in its caches and are over soon; weights stay in their files. At a width of
    /// 512 the encoders of so many features are 8 MiB.
    pub const PROCESSOR: Self = Self { tokens: TOKENS_AT_ONCE, features: 4096, resident_bytes: 0 };

    /// The extent of a graphics card that does not say how much memory it has: what fits into half a gigabyte at pythia-70m's size.
    #[cfg(feature = "wgpu")]
    pub const CARD_OF_UNKNOWN_MEMORY: Self = Self { tokens: 2 * TOKENS_AT_ONCE, features: 16384, resident_bytes: 0 };

    /// The extent of a graphics card with `memory` bytes in all. A quarter of the memory is for the points of segments that go
    /// through together, with everything that the backward pass needs (about 0.5 MB a token at pythia-70m's size), and another
    /// quarter for encoders (pythia-70m's are 1.2 GB).
    #[cfg(any(feature = "cuda", test))]
    pub fn of_card(memory: u64, config: &Config) -> Self {
        // Numbers per token, roughly, of each layer: inputs, norms, queries, keys, values, products and their gradients.
        let numbers = config.layers * (20 * config.width + 6 * config.mlp_width);
        let tokens = memory / 4 / (size_of::<f32>() * numbers).max(1) as u64;
        let tokens = usize::try_from(tokens).unwrap_or(usize::MAX).clamp(TOKENS_AT_ONCE, 16 * TOKENS_AT_ONCE);
        Self { tokens, features: usize::MAX, resident_bytes: memory / 4 }
    }
}
