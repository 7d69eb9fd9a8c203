//! Seeded numbers of one case.

use rand_mt::Mt64;

pub struct Numbers(Mt64);

impl Numbers {
    /// The numbers of case `number` at a door.
    pub fn of(door: &str, number: u64) -> Self {
        // FNV-1a, so that every door has cases of its own.
        let seed =
            door.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        Self(Mt64::new(seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
    }

    pub fn next(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// From 0 up, below `limit`; 0 if there is no such number.
    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    pub fn is_one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    pub fn of_these<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}
