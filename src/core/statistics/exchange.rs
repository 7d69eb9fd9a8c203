//! The test by exchange: how large would a mean be if it did not matter which prompt of a pair is the clean one?
//!
//! If the prompts of a pair differ in nothing that a feature carries, exchanging them is as likely as not, pair by pair. Every pattern of
//! exchanges gives a mean `T(s)`; p is the share of patterns whose mean is at least as large as the one observed (Fisher's randomisation
//! test).

use super::draw::Draw;
use super::{TIE, sample::mean};

/// Up to so many examples all patterns are tried: 2^16 of them.
pub const MOST_EXACT: usize = 16;

/// Number of patterns that are drawn beyond.
pub const DRAWN: usize = 10_000;

/// Examples that are looked up together.
const TOGETHER: usize = 8;

/// Patterns of exchanges: one bit an example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patterns {
    examples: usize,
    /// `[patterns, bytes of a pattern]`; bit `i % 8` of byte `i / 8` says whether example `i` is exchanged.
    bytes: Vec<u8>,
    is_exact: bool,
}

impl Patterns {
    /// All patterns of `examples` examples if they are at most [`MOST_EXACT`], else [`DRAWN`] patterns drawn from `seed`.
    pub fn new(examples: usize, seed: u64) -> Self {
        let width = examples.div_ceil(TOGETHER).max(1);
        if examples <= MOST_EXACT {
            let bytes = (0..1_u32 << examples).flat_map(|pattern| pattern.to_le_bytes().into_iter().take(width)).collect();
            return Self { examples, bytes, is_exact: true };
        }
        let mut bytes = vec![0; width * DRAWN];
        Draw::new(seed).bits(&mut bytes);
        Self { examples, bytes, is_exact: false }
    }

    /// Whether these are all patterns, so that p is exact.
    pub fn is_exact(&self) -> bool {
        self.is_exact
    }

    /// Number of patterns.
    pub fn count(&self) -> usize {
        self.bytes.len() / self.width()
    }

    /// The smallest p that any feature could have: one pattern of all if every one was tried, else one of one more than were drawn. If
    /// exchanged effects are the kept ones `turned`, the pattern that exchanges every example always reaches the mean, too: then two of all.
    pub fn smallest_p(&self, turned: bool) -> f64 {
        let count = self.count() as f64;
        match (self.is_exact, turned) {
            (true, true) => (2.0 / count).min(1.0),
            (true, false) => 1.0 / count,
            (false, _) => 1.0 / (count + 1.0),
        }
    }

    fn width(&self) -> usize {
        self.examples.div_ceil(TOGETHER).max(1)
    }

    /// The mean under each pattern: of `kept` where the pattern keeps an example, of `exchanged` where it exchanges one.
    ///
    /// # Panics
    /// If there are not as many values as examples: a fault of the caller.
    fn means(&self, kept: &[f64], exchanged: &[f64]) -> impl Iterator<Item = f64> {
        assert!(kept.len() == self.examples && exchanged.len() == self.examples, "effects are not of as many examples");
        let pairs: Vec<(f64, f64)> = kept.iter().copied().zip(exchanged.iter().copied()).collect();
        // The sum of eight examples for each of the 256 ways to exchange them.
        let sums = |together: &[(f64, f64)]| -> Vec<f64> {
            let sum = |byte: usize| {
                let chosen = together.iter().enumerate().map(
                    |(bit, (kept, exchanged))| {
                        if byte >> bit & 1 == 0 { *kept } else { *exchanged }
                    },
                );
                chosen.sum::<f64>()
            };
            (0..1 << TOGETHER).map(sum).collect()
        };
        // Most features act in a few pairs only: eight without any effect add nothing.
        let acts = |(_, together): &(usize, &[(f64, f64)])| together.iter().any(|pair| *pair != (0.0, 0.0));
        let acting = pairs.chunks(TOGETHER).enumerate().filter(acts);
        let tables: Vec<(usize, Vec<f64>)> = acting.map(|(byte, together)| (byte, sums(together))).collect();
        let examples = self.examples as f64;
        self.bytes
            .chunks_exact(self.width())
            .map(move |pattern| tables.iter().map(|(byte, table)| table[usize::from(pattern[*byte])]).sum::<f64>() / examples)
    }

    /// The share of patterns whose |mean| is at least that of `kept`, equal ones included. Of drawn patterns, what was observed is counted
    /// as one more, so that p is never 0 (Phipson and Smyth 2010).
    pub fn p(&self, kept: &[f64], exchanged: &[f64]) -> f64 {
        if kept.is_empty() {
            return 1.0;
        }
        let largest = kept.iter().chain(exchanged).fold(0.0_f64, |largest, value| largest.max(value.abs()));
        let observed = mean(kept).abs() - TIE * largest;
        let reached = self.means(kept, exchanged).filter(|mean| mean.abs() >= observed).count() as f64;
        let count = self.count() as f64;
        if self.is_exact { reached / count } else { (reached + 1.0) / (count + 1.0) }
    }

    /// The share of patterns whose |mean| is strictly above `threshold`: how often a feature would be listed by chance.
    pub fn above(&self, kept: &[f64], exchanged: &[f64], threshold: f64) -> f64 {
        // What no pattern can reach need not be looked for: most features are far below.
        let most = kept.iter().zip(exchanged).map(|(kept, exchanged)| kept.abs().max(exchanged.abs())).sum::<f64>();
        if most / (self.examples.max(1) as f64) * (1.0 + TIE) <= threshold {
            return 0.0;
        }
        self.means(kept, exchanged).filter(|mean| mean.abs() > threshold).count() as f64 / self.count() as f64
    }
}

/// The effects of exchanged pairs if nothing better is known: with the sign turned.
pub fn turned(effects: &[f64]) -> Vec<f64> {
    effects.iter().map(|effect| -effect).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        /// The plain definition: every pattern one by one.
        #[test]
        fn exact_p_is_that_of_the_plain_definition(pairs in prop::collection::vec((-4_i8..5, -4_i8..5), 1..11)) {
            let (kept, exchanged): (Vec<f64>, Vec<f64>) = pairs.iter().map(|(x, r)| (f64::from(*x), f64::from(*r))).unzip();
            let observed = kept.iter().sum::<f64>().abs();
            let reached = (0..1_u32 << pairs.len()).filter(|pattern| {
                let chosen = kept.iter().zip(&exchanged).enumerate();
                chosen.map(|(bit, (x, r))| if pattern >> bit & 1 == 0 { *x } else { *r }).sum::<f64>().abs() >= observed
            });
            let expected = reached.count() as f64 / f64::from(1_u32 << pairs.len());
            prop_assert!((Patterns::new(pairs.len(), 1).p(&kept, &exchanged) - expected).abs() < 1e-12);
        }
    }

    /// Ten values of one sign and ten of none: only patterns that keep all ten or turn all ten reach the mean.
    #[test]
    fn drawn_patterns_agree_with_the_exact_ones() {
        let values: Vec<f64> = (0..20_u8).map(|place| if place < 4 { 1.0 } else { 0.0 }).collect();
        let drawn = Patterns::new(values.len(), 5);
        assert!(!drawn.is_exact() && drawn.count() == DRAWN);
        // Exact: 2 of 2^4.
        assert!((drawn.p(&values, &turned(&values)) - 0.125).abs() < 0.015);
        assert!((drawn.above(&values, &turned(&values), 0.15) - 0.125).abs() < 0.015);
        assert!(drawn.smallest_p(true) > 0.0 && (Patterns::new(8, 5).smallest_p(false) - 1.0 / 256.0).abs() < 1e-15);
        assert_eq!(drawn, Patterns::new(values.len(), 5));
    }

    #[test]
    fn no_p_is_below_the_smallest_and_equal_effects_reach_it() {
        for examples in 1..9 {
            let patterns = Patterns::new(examples, 1);
            let values = vec![1.0; examples];
            let found = [patterns.p(&values, &turned(&values)), patterns.p(&values, &vec![0.0; examples])];
            let smallest = [true, false].map(|turned| patterns.smallest_p(turned));
            assert_eq!(found.map(f64::to_bits), smallest.map(f64::to_bits), "{examples}");
        }
    }

    #[test]
    fn no_example_shows_nothing() {
        for values in [&[][..], &[0.0; 3]] {
            assert!(Patterns::new(values.len(), 1).p(values, values) >= 1.0, "{values:?}");
        }
    }
}
