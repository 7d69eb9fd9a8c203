//! Python's `random.shuffle` after `random.seed(n)`, so that "the first 50 examples" are the same ones as in the notebook.
//!
//! Source: CPython's `Lib/random.py` (`shuffle`, `_randbelow_with_getrandbits`) and `Modules/_randommodule.c` (seeding by an
//! array of 32-bit words, little end first). The Mersenne Twister itself is the crate `rand_mt`.

use rand_mt::Mt;

/// Shuffles in place as Python would after `random.seed(seed)`.
pub fn shuffle<T>(items: &mut [T], seed: u64) {
    let words = [seed as u32, (seed >> 32) as u32];
    let key = if words[1] == 0 { &words[..1] } else { &words[..] };
    let mut generator = Mt::new_with_key(key.iter().copied());
    for last in (1..items.len()).rev() {
        items.swap(last, below(&mut generator, last + 1));
    }
}

/// A random number in `0..limit`: draws as many bits as `limit` has until the number fits.
fn below(generator: &mut Mt, limit: usize) -> usize {
    let bits = usize::BITS - limit.leading_zeros();
    loop {
        let drawn = random_bits(generator, bits);
        if drawn < limit {
            return drawn;
        }
    }
}

/// `random.getrandbits(bits)`: the high bits of 32-bit words, little end first.
fn random_bits(generator: &mut Mt, bits: u32) -> usize {
    let mut value = 0;
    let mut have = 0;
    while have < bits {
        let take = (bits - have).min(32);
        value |= ((generator.next_u32() >> (32 - take)) as usize) << have;
        have += take;
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `random.seed(s); x = list(range(n)); random.shuffle(x); x[:10]` in CPython 3.11.
    #[test]
    fn matches_cpython() {
        let first = |seed, count: u32| {
            let mut items: Vec<u32> = (0..count).collect();
            shuffle(&mut items, seed);
            items.truncate(10);
            items
        };
        assert_eq!(first(12, 50), [19, 3, 8, 38, 11, 46, 4, 39, 25, 13]);
        assert_eq!(first(0, 50), [43, 1, 28, 14, 36, 12, 0, 27, 47, 7]);
        assert_eq!(first(1, 7), [3, 6, 5, 2, 0, 4, 1]);
        assert_eq!(first(1_099_511_627_781, 1000), [207, 690, 542, 290, 700, 351, 177, 707, 551, 415]);
    }
}
