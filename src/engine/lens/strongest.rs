//! Keeps the largest of many numbers.

/// The `count` largest values with their keys, largest first; of equal values the smaller key comes first.
pub struct Strongest<K> {
    count: usize,
    kept: Vec<(K, f32)>,
}

impl<K: Ord + Copy> Strongest<K> {
    pub fn new(count: usize) -> Self {
        Self { count, kept: Vec::with_capacity(count + 1) }
    }

    /// Keeps `value` if it is among the largest so far.
    pub fn offer(&mut self, key: K, value: f32) {
        let before = |(other, kept): &(K, f32)| *kept > value || (kept.total_cmp(&value).is_eq() && *other < key);
        if self.kept.len() < self.count || !self.kept.last().is_some_and(before) {
            let place = self.kept.partition_point(before);
            self.kept.insert(place, (key, value));
            self.kept.truncate(self.count);
        }
    }

    pub fn into_kept(self) -> Vec<(K, f32)> {
        self.kept
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn they_are_the_first_of_a_sorted_list(values in prop::collection::vec(-3_i8..4, 0..30), count in 1_usize..6) {
            let mut strongest = Strongest::new(count);
            let mut all: Vec<(usize, f32)> = values.iter().map(|value| f32::from(*value)).enumerate().collect();
            all.iter().for_each(|(key, value)| strongest.offer(*key, *value));
            all.sort_by(|left, right| right.1.total_cmp(&left.1));
            all.truncate(count);
            prop_assert_eq!(strongest.into_kept(), all);
        }
    }
}
