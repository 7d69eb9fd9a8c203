//! Seeded draws for the demo model's training and for random weights, so that one seed gives one result. Only the language
//! model's first weights come from burn's own generator, seeded alike.
//!
//! The generator is the Mersenne Twister (Matsumoto and Nishimura 1998), which the data-set shuffle needs anyway.

use rand_mt::Mt;

/// A stream of pseudo-random numbers.
pub struct Random(Mt);

impl Random {
    /// An independent stream for `seed` and `purpose`: more draws for one purpose do not change those for another.
    pub fn new(seed: u32, purpose: &str) -> Self {
        let words = purpose.bytes().map(u32::from);
        Self(Mt::new_with_key(std::iter::once(seed).chain(words)))
    }

    /// A number drawn uniformly from `0..1`.
    pub fn unit(&mut self) -> f64 {
        f64::from(self.0.next_u32()) / 4_294_967_296.0
    }

    /// An index drawn uniformly from `0..count`; 0 for an empty range.
    pub fn below(&mut self, count: usize) -> usize {
        ((u64::from(self.0.next_u32()) * count as u64) >> 32) as usize
    }

    /// True with the given probability.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// An item drawn uniformly from a list that is not empty.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// An index drawn in proportion to `weights`.
    pub fn weighted(&mut self, weights: &[f64]) -> usize {
        let mut rest = self.unit() * weights.iter().sum::<f64>();
        for (index, weight) in weights.iter().enumerate() {
            rest -= weight;
            if rest < 0.0 {
                return index;
            }
        }
        weights.len().saturating_sub(1)
    }

    /// A draw from the uniform distribution around 0 with standard deviation `deviation`.
    pub fn uniform(&mut self, deviation: f32) -> f32 {
        // Drawn from 24 bits, so that it is exact in f32.
        let unit = (self.0.next_u32() >> 8) as f32 / 16_777_216.0;
        (2.0 * unit - 1.0) * deviation * 3.0_f32.sqrt()
    }

    /// A draw from the standard normal distribution (Box and Muller 1958).
    pub fn normal(&mut self) -> f32 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        (radius * (std::f64::consts::TAU * self.unit()).cos()) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_repeat_for_a_seed_and_differ_by_purpose() {
        let draw = |seed, purpose| {
            let mut random = Random::new(seed, purpose);
            (0..8).map(|_| random.below(1000)).collect::<Vec<_>>()
        };
        assert_eq!(draw(1, "corpus"), draw(1, "corpus"));
        assert_ne!(draw(1, "corpus"), draw(2, "corpus"));
        assert_ne!(draw(1, "corpus"), draw(1, "dictionary"));
    }

    #[test]
    fn draws_follow_their_distribution() {
        let mut random = Random::new(3, "test");
        let mut counts = [0; 3];
        for _ in 0..30_000 {
            counts[random.weighted(&[1.0, 2.0, 3.0])] += 1;
        }
        assert!(counts.iter().zip([5000, 10_000, 15_000]).all(|(count, expected)| i32::abs(count - expected) < 500));
        let mean_square = (0..10_000).map(|_| random.normal().powi(2)).sum::<f32>() / 10_000.0;
        assert!((mean_square - 1.0).abs() < 0.1);
        let uniform: Vec<f32> = (0..10_000).map(|_| random.uniform(2.0)).collect();
        let mean_square = uniform.iter().map(|value| value * value).sum::<f32>() / 10_000.0;
        assert!((mean_square - 4.0).abs() < 0.2 && uniform.iter().all(|value| value.abs() <= 2.0 * 3.0_f32.sqrt()));
    }
}
