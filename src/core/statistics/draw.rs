//! Seeded draws. The generator is the Mersenne Twister of 64 bits (Nishimura 2000), as the crate `rand_mt` has it.

use rand_mt::Mt64;

/// A stream of pseudo-random numbers.
pub struct Draw(Mt64);

impl Draw {
    /// The stream of `seed`.
    pub fn new(seed: u64) -> Self {
        Self(Mt64::new(seed))
    }

    /// The stream that belongs to `key`: more draws from one stream do not change those from another.
    pub fn keyed(key: &[u64]) -> Self {
        Self(Mt64::new_with_key(key.iter().copied()))
    }

    /// An index drawn uniformly from `0..count`, up to a share of `count` in 2^64.
    pub fn below(&mut self, count: u32) -> u32 {
        ((u128::from(self.0.next_u64()) * u128::from(count)) >> 64) as u32
    }

    /// Fills `target` with random bits.
    pub fn bits(&mut self, target: &mut [u8]) {
        for bytes in target.chunks_mut(8) {
            let drawn = self.0.next_u64().to_le_bytes();
            bytes.copy_from_slice(&drawn[..bytes.len()]);
        }
    }
}
