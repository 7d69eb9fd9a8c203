//! How much a device does at once, and how much it keeps.

/// The size of pieces of work. They change how fast something is computed, and how soon it can be cancelled, but no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// Tokens that go through a layer together on the way along a path.
    pub tokens: usize,
    /// Features whose encoders are multiplied together.
    pub features: usize,
    /// Bytes of encoders that stay on the device for later batches and computations.
    pub resident_bytes: u64,
}

impl Extent {
    /// On a processor: pieces that stay in its caches and are over soon; weights stay in their files. At a width of 512 the encoders of
    /// so many features are 8 MiB.
    pub const PROCESSOR: Self = Self { tokens: super::TOKENS_AT_ONCE, features: 4096, resident_bytes: 0 };

    /// On a graphics card with so much memory: all points of a path for all examples of a batch at once, which at pythia-70m's size take
    /// about 0.4 MB a token with everything that the way back needs, and half of the memory for encoders (pythia-70m's are 1.2 GB).
    #[cfg(any(feature = "cuda", test))]
    pub fn of_card(memory: u64) -> Self {
        Self { tokens: 16 * super::TOKENS_AT_ONCE, features: usize::MAX, resident_bytes: memory / 2 }
    }
}
