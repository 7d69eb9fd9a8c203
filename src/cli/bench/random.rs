//! Seeded draws, so that two runs of a benchmark look at the same numbers and press the same keys.

use rand_mt::Mt;

/// The seed of every draw; it stands in the report.
pub const SEED: u32 = 20_240_601;

/// A stream of random numbers.
pub struct Random(Mt);

impl Random {
    /// An independent stream for each `purpose`.
    pub fn new(purpose: &str) -> Self {
        Self(Mt::new_with_key(std::iter::once(SEED).chain(purpose.bytes().map(u32::from))))
    }

    /// A number above 0 and not above 1.
    pub fn unit(&mut self) -> f64 {
        (f64::from(self.0.next_u32()) + 1.0) / 4_294_967_296.0
    }

    /// A number from `from` up to, but not including, `until`, which is larger.
    pub fn between(&mut self, from: usize, until: usize) -> usize {
        from + ((u64::from(self.0.next_u32()) * (until - from) as u64) >> 32) as usize
    }
}
