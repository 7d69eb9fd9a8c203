//! A table that holds at most a given number of bytes.
//!
//! Computations go through their keys from first to last, again and again. If a study is larger than the bound, forgetting the
//! least recently used value would forget each value just before it is asked for. So a full table first forgets values that
//! neither the running computation nor the one before used, then values that the running one has not used yet, each only as far
//! as room is needed. If that is not enough, it does not take the new value.

use std::collections::HashMap;
use std::hash::Hash;

/// Bytes that an entry of the table and a shared array take beside key and contents.
const OVERHEAD: usize = 64;

/// Values by key, in a bounded number of bytes.
#[derive(Debug)]
pub struct Bounded<K, V> {
    bound: usize,
    bytes: usize,
    computation: u64,
    entries: HashMap<K, Entry<V>>,
}

#[derive(Debug)]
struct Entry<V> {
    value: V,
    bytes: usize,
    /// Number of the last computation that asked for the value or inserted it.
    used: u64,
}

impl<K: Hash + Eq, V: Clone> Bounded<K, V> {
    /// An empty table for at most `bound` bytes.
    pub fn new(bound: usize) -> Self {
        Self { bound, bytes: 0, computation: 0, entries: HashMap::new() }
    }

    /// Tells the table that another computation begins.
    pub fn begin(&mut self) {
        self.computation += 1;
    }

    /// The value of `key`, if it is remembered; marks it as used.
    pub fn get(&mut self, key: &K) -> Option<V> {
        let entry = self.entries.get_mut(key)?;
        entry.used = self.computation;
        Some(entry.value.clone())
    }

    /// Remembers `value` if there is room; `bytes` is its size with its key.
    pub fn insert(&mut self, key: K, value: V, bytes: usize) {
        let bytes = bytes + OVERHEAD;
        if bytes > self.bound {
            return;
        }
        for older in [self.computation.saturating_sub(1), self.computation] {
            if self.bytes + bytes > self.bound {
                // Frees more than needed, so that the table is not searched for each value.
                let needed = (self.bytes + bytes - self.bound).max(self.bound / 16);
                let mut freed = 0;
                self.entries.retain(|_, entry| {
                    let stays = entry.used >= older || freed >= needed;
                    freed += if stays { 0 } else { entry.bytes };
                    stays
                });
                self.bytes -= freed;
            }
        }
        if self.bytes + bytes <= self.bound {
            let entry = Entry { value, bytes, used: self.computation };
            self.bytes += bytes;
            if let Some(before) = self.entries.insert(key, entry) {
                self.bytes -= before.bytes;
            }
        }
    }

    /// Bytes in use, overhead included.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(table: &Bounded<u32, u32>, keys: &[u32]) -> bool {
        table.entries.len() == keys.len() && keys.iter().all(|key| table.entries.contains_key(key))
    }

    /// Bytes that a value of 10 bytes takes in the table.
    const ONE: usize = 10 + OVERHEAD;

    #[test]
    fn a_full_table_keeps_what_the_running_computation_uses() {
        let mut table = Bounded::new(3 * ONE);
        table.begin();
        (0..5).for_each(|key| table.insert(key, key, 10));
        assert!(holds(&table, &[0, 1, 2]) && table.bytes() == 3 * ONE);
        // The next computation uses two values and inserts one of its own; the third makes room.
        table.begin();
        assert_eq!((table.get(&1), table.get(&2), table.get(&4)), (Some(1), Some(2), None));
        table.insert(7, 7, 10);
        assert!(holds(&table, &[1, 2, 7]));
        // Values that are in use make no room.
        table.insert(8, 8, 10);
        assert!(holds(&table, &[1, 2, 7]));
    }

    #[test]
    fn only_as_much_as_is_needed_is_forgotten_and_the_oldest_first() {
        let mut table = Bounded::new(3 * ONE);
        for key in 0..3 {
            table.begin();
            table.insert(key, key, 10);
        }
        table.begin();
        table.insert(3, 3, 10);
        assert!(table.entries.len() == 3 && table.entries.contains_key(&2) && table.entries.contains_key(&3));
        table.insert(4, 4, 10);
        assert!(holds(&table, &[2, 3, 4]));
        table.insert(5, 5, 10);
        assert!(holds(&table, &[3, 4, 5]) && table.bytes() == 3 * ONE);
    }

    #[test]
    fn a_value_is_counted_once_and_one_that_does_not_fit_is_not_kept() {
        let mut table = Bounded::new(3 * ONE);
        table.insert(1, 1, 10);
        table.insert(1, 2, 20);
        assert_eq!((table.get(&1), table.bytes()), (Some(2), 20 + OVERHEAD));
        table.insert(2, 2, 3 * ONE);
        assert!(holds(&table, &[1]), "nothing makes room in vain");
        let mut none = Bounded::new(0);
        none.insert(1, 1, 1);
        assert_eq!((none.get(&1), none.bytes()), (None, 0));
    }
}
