//! Results of earlier computations with the same model and dictionaries, for the next one to reuse.
//!
//! Keys are contents: token ids, answers, the quadrature of a segment. So a study with other answers finds the activations
//! and codes of its prompts, one with one more pair finds everything of all the others, and one with another method finds what
//! both methods need. What a backend computes for an example does not depend on its neighbours, except for the order of f32
//! sums, so a remembered number is the one that would come out again, up to rounding (`tests/memory.rs`).

mod bounded;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use bounded::Bounded;

use crate::core::problem::Result;
use crate::core::quadrature::Quadrature;
use crate::core::submodule::Submodule;
use crate::engine::activation::Array;
use crate::engine::compute::Answers;
use crate::engine::dictionary::codes::TokenCodes;

/// Identifies an array of numbers by what it was computed from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ArrayKey {
    /// The stream that enters layer 0 and the outputs of all layers, `[1 + outputs, positions, width]`.
    Outputs {
        /// Token ids of the prompt.
        prompt: Box<[u32]>,
    },
    /// The gradient of the metric at the plain run with respect to the same, `[1 + outputs, positions, width]`.
    PlainGradients {
        /// Token ids of the prompt.
        prompt: Box<[u32]>,
        /// The two tokens that the metric compares.
        answers: Answers,
    },
    /// The weighted sum of the gradients at the points between the ends of the segment from one prompt's output to another's, at the
    /// positions that the metric depends on, `[positions, width]`.
    PathSum {
        /// The submodule that is moved.
        submodule: Submodule,
        /// Token ids of the prompts at the start and at the end; sorted where both directions pass the same points.
        ends: [Box<[u32]>; 2],
        /// The two tokens that the metric compares.
        answers: Answers,
        /// The points between the ends, and their weights.
        quadrature: Quadrature,
    },
}

/// Identifies the codes of one dictionary at the last token of a text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CodesKey {
    /// Ordinal of the dictionary's submodule.
    pub submodule: u32,
    /// Token ids of the text, the token included.
    pub prefix: Box<[u32]>,
}

/// The most that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Most bytes of activations and gradients.
    pub arrays: usize,
    /// Most bytes of codes.
    pub codes: usize,
}

impl Bounds {
    /// For repeated computations: 192 MiB of arrays and 64 MiB of codes. The published study takes 46 and 4.
    pub const EXPLORER: Self = Self { arrays: 192 << 20, codes: 64 << 20 };

    /// For a single run: codes are needed again in later batches whose prompts begin with the same tokens; arrays are needed
    /// again too seldom to be kept.
    pub const RUN: Self = Self { arrays: 0, codes: 8 << 20 };

    /// Nothing is kept.
    pub const NONE: Self = Self { arrays: 0, codes: 0 };
}

/// How much of a computation was remembered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Number of arrays and codes that did not have to be computed.
    pub found: u64,
    /// Number of arrays and codes that were computed.
    pub computed: u64,
    /// Bytes in use by both tables.
    pub bytes: usize,
}

/// The tables of arrays and of codes, and the counts of the running computation.
#[derive(Debug)]
pub struct Memory {
    arrays: Mutex<Bounded<ArrayKey, Array>>,
    codes: Mutex<Bounded<CodesKey, TokenCodes>>,
    found: AtomicU64,
    computed: AtomicU64,
}

impl Memory {
    /// An empty memory that keeps at most `bounds`.
    pub fn new(bounds: Bounds) -> Self {
        Self {
            arrays: Mutex::new(Bounded::new(bounds.arrays)),
            codes: Mutex::new(Bounded::new(bounds.codes)),
            found: AtomicU64::new(0),
            computed: AtomicU64::new(0),
        }
    }

    /// Tells the memory that another computation begins; [`Memory::usage`] counts from here.
    pub fn begin(&self) {
        lock(&self.arrays).begin();
        lock(&self.codes).begin();
        self.found.store(0, Ordering::Relaxed);
        self.computed.store(0, Ordering::Relaxed);
    }

    /// How much of the running or last computation was remembered.
    pub fn usage(&self) -> Usage {
        Usage {
            found: self.found.load(Ordering::Relaxed),
            computed: self.computed.load(Ordering::Relaxed),
            bytes: lock(&self.arrays).bytes() + lock(&self.codes).bytes(),
        }
    }

    /// The arrays of `keys`. `compute` is called at most once, with the places among the keys of the arrays that are missing,
    /// and returns these in that order. If a key occurs more than once, only its first place is missing.
    pub fn arrays(&self, keys: &[ArrayKey], compute: impl FnOnce(&[usize]) -> Result<Vec<Array>>) -> Result<Vec<Array>> {
        self.complete(&self.arrays, keys, compute, |key, value| {
            let tokens = match key {
                ArrayKey::Outputs { prompt } | ArrayKey::PlainGradients { prompt, .. } => prompt.len(),
                ArrayKey::PathSum { ends, .. } => ends.iter().map(|prompt| prompt.len()).sum(),
            };
            size_of_val(&**value) + size_of::<u32>() * tokens + size_of::<ArrayKey>()
        })
    }

    /// The codes of `keys`, with `compute` as in [`Memory::arrays`].
    pub fn codes(&self, keys: &[CodesKey], compute: impl FnOnce(&[usize]) -> Result<Vec<TokenCodes>>) -> Result<Vec<TokenCodes>> {
        self.complete(&self.codes, keys, compute, |key, value| {
            size_of_val(&**value) + size_of_val(&*key.prefix) + size_of::<CodesKey>()
        })
    }

    fn complete<K: std::hash::Hash + Eq + Clone, V: Clone>(
        &self,
        table: &Mutex<Bounded<K, V>>,
        keys: &[K],
        compute: impl FnOnce(&[usize]) -> Result<Vec<V>>,
        bytes: impl Fn(&K, &V) -> usize,
    ) -> Result<Vec<V>> {
        let mut first: HashMap<&K, usize> = HashMap::with_capacity(keys.len());
        let firsts: Vec<usize> = keys.iter().enumerate().map(|(place, key)| *first.entry(key).or_insert(place)).collect();
        let known: Vec<Option<V>> = {
            let mut table = lock(table);
            keys.iter().map(|key| table.get(key)).collect()
        };
        let missing: Vec<usize> = (0..keys.len()).filter(|place| known[*place].is_none() && firsts[*place] == *place).collect();
        self.found.fetch_add((keys.len() - missing.len()) as u64, Ordering::Relaxed);
        self.computed.fetch_add(missing.len() as u64, Ordering::Relaxed);
        let computed = if missing.is_empty() { Vec::new() } else { compute(&missing)? };
        assert_eq!(computed.len(), missing.len(), "as many values as were missing");
        let mut table = lock(table);
        for (place, value) in missing.iter().zip(&computed) {
            table.insert(keys[*place].clone(), value.clone(), bytes(&keys[*place], value));
        }
        let fresh: HashMap<usize, V> = missing.into_iter().zip(computed).collect();
        Ok(known.into_iter().zip(firsts).map(|(known, first)| known.unwrap_or_else(|| fresh[&first].clone())).collect())
    }
}

/// Locks a table. A computation that panicked left it whole: values are inserted only when they are finished.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(prompts: &[u32]) -> Vec<ArrayKey> {
        prompts.iter().map(|token| ArrayKey::Outputs { prompt: [*token].into() }).collect()
    }

    fn first(arrays: &[Array]) -> Vec<f32> {
        arrays.iter().map(|array| array[0]).collect()
    }

    #[test]
    fn only_what_is_missing_is_computed_and_all_come_in_the_order_of_the_keys() {
        let memory = Memory::new(Bounds::EXPLORER);
        memory.begin();
        let found = memory
            .arrays(&keys(&[5, 6]), |missing| {
                assert_eq!(missing, [0, 1]);
                Ok(vec![[0.5].into(), [0.6].into()])
            })
            .unwrap();
        assert_eq!(first(&found), [0.5, 0.6]);
        memory.begin();
        let found = memory
            .arrays(&keys(&[7, 6, 8, 5]), |missing| {
                assert_eq!(missing, [0, 2]);
                Ok(vec![[0.7].into(), [0.8].into()])
            })
            .unwrap();
        assert_eq!(first(&found), [0.7, 0.6, 0.8, 0.5]);
        let usage = memory.usage();
        assert_eq!((usage.found, usage.computed), (2, 2));
        let one = size_of::<f32>() + size_of::<u32>() + size_of::<ArrayKey>();
        assert!(usage.bytes > 4 * one, "{usage:?}");
    }

    #[test]
    fn a_key_that_returns_is_computed_once() {
        let memory = Memory::new(Bounds::NONE);
        let found = memory
            .arrays(&keys(&[5, 6, 5]), |missing| {
                assert_eq!(missing, [0, 1]);
                Ok(vec![[0.5].into(), [0.6].into()])
            })
            .unwrap();
        assert_eq!(first(&found), [0.5, 0.6, 0.5]);
        assert_eq!((memory.usage().found, memory.usage().computed), (1, 2));
    }

    #[test]
    fn nothing_is_kept_of_a_computation_that_fails_or_where_nothing_may_be() {
        let memory = Memory::new(Bounds::NONE);
        let problem = || crate::core::problem::Problem::new("a", "b", "c");
        assert!(memory.arrays(&keys(&[1]), |_| Err(problem())).is_err());
        for _ in 0..2 {
            let found = memory.arrays(&keys(&[1]), |missing| Ok(vec![[missing.len() as f32].into()])).unwrap();
            assert_eq!(first(&found), [1.0]);
        }
        assert_eq!(memory.usage(), Usage { found: 0, computed: 3, bytes: 0 });
    }
}
