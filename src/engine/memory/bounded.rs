//! A table that holds at most so many bytes.
//!
//! Computations go through their keys from the first to the last, again and again. Forgetting what was used longest ago would then
//! forget everything just before it is asked for, once a study is larger than the bound. So a full table forgets first what neither the
//! running computation nor the one before used, then what the running one has not used yet, each only as far as room is needed, and else
//! takes nothing more.

use std::collections::HashMap;
use std::hash::Hash;

/// What a table and a shared array take beside keys and contents.
const OVERHEAD: usize = 64;

/// Values by key.
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
    /// The last computation that asked for it or made it.
    used: u64,
}

impl<K: Hash + Eq, V: Clone> Bounded<K, V> {
    /// An empty table for at most `bound` bytes.
    pub fn new(bound: usize) -> Self {
        Self { bound, bytes: 0, computation: 0, entries: HashMap::new() }
    }

    /// Another computation begins.
    pub fn begin(&mut self) {
        self.computation += 1;
    }

    /// What is known of `key`.
    pub fn get(&mut self, key: &K) -> Option<V> {
        let entry = self.entries.get_mut(key)?;
        entry.used = self.computation;
        Some(entry.value.clone())
    }

    /// Remembers `value`, which takes `bytes` with its key, if there is room.
    pub fn insert(&mut self, key: K, value: V, bytes: usize) {
        let bytes = bytes + OVERHEAD;
        if bytes > self.bound {
            return;
        }
        for older in [self.computation.saturating_sub(1), self.computation] {
            if self.bytes + bytes > self.bound {
                // Some more than is needed, so that the table is not gone through for each value.
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

    /// Bytes in use.
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

    /// A value of 10 bytes with what is counted for it.
    const ONE: usize = 10 + OVERHEAD;

    #[test]
    fn a_full_table_keeps_what_the_running_computation_uses() {
        let mut table = Bounded::new(3 * ONE);
        table.begin();
        (0..5).for_each(|key| table.insert(key, key, 10));
        assert!(holds(&table, &[0, 1, 2]) && table.bytes() == 3 * ONE);
        // The next one uses two of them and has one of its own; the third makes room.
        table.begin();
        assert_eq!((table.get(&1), table.get(&2), table.get(&4)), (Some(1), Some(2), None));
        table.insert(7, 7, 10);
        assert!(holds(&table, &[1, 2, 7]));
        // Nothing that is in use makes room.
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
