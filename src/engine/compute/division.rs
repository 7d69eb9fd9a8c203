//! How the sequences of a call are divided into what goes through a layer together.

use std::ops::Range;

use rayon::prelude::*;

use crate::core::problem::Result;

/// What a backend takes through a layer together.
#[derive(Debug, Clone, Copy)]
pub enum Division {
    /// One batch of at most so many tokens after another: the backend divides each operation among its threads by itself.
    #[cfg_attr(
        not(any(feature = "flex", feature = "cuda", feature = "wgpu", test)),
        expect(dead_code, reason = "the processor's own backend takes tasks")
    )]
    Batches(usize),
    /// One task of at most so many tokens on each thread, from its start to its end: threads meet when all is done, not after each
    /// operation.
    Tasks(usize),
}

impl Division {
    /// How many sequences of `positions` tokens go together at most.
    pub fn sequences(self, positions: usize) -> usize {
        let (Self::Batches(tokens) | Self::Tasks(tokens)) = self;
        (tokens / positions.max(1)).max(1)
    }

    /// `0..total` in parts of at most `at_most`.
    pub fn parts(self, total: usize, at_most: usize) -> Vec<Range<usize>> {
        match self {
            Self::Batches(_) => (0..total).step_by(at_most.max(1)).map(|first| first..total.min(first + at_most)).collect(),
            Self::Tasks(_) => evenly(total, at_most),
        }
    }

    /// Runs `work` on each of `parts`, in their order or all at once, and returns the results in their order.
    ///
    /// # Errors
    /// One of `work`: the first in time.
    pub fn run<P: Sync, T: Send>(self, parts: &[P], work: impl Fn(&P) -> Result<T> + Sync + Send) -> Result<Vec<T>> {
        match self {
            Self::Batches(_) => parts.iter().map(work).collect(),
            // One by one, since they differ in their work: a thread that is done takes the next one from another.
            Self::Tasks(_) => parts.par_iter().with_max_len(1).map(work).collect(),
        }
    }
}

/// `0..total` in parts of at most `at_most` of nearly the same size. Their number is a multiple of the number of threads where
/// `total` allows it, so that every thread gets equally many.
fn evenly(total: usize, at_most: usize) -> Vec<Range<usize>> {
    let threads = rayon::current_num_threads();
    let parts = total.div_ceil(at_most.max(1)).next_multiple_of(threads).min(total);
    (0..parts).map(|part| part * total / parts..(part + 1) * total / parts).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_everything_once_and_are_even() {
        for (total, at_most) in [(0, 3), (1, 3), (7, 3), (50, 9), (3, 100)] {
            let parts = evenly(total, at_most);
            assert_eq!(parts.iter().cloned().flatten().collect::<Vec<_>>(), (0..total).collect::<Vec<_>>());
            let sizes: Vec<usize> = parts.iter().map(ExactSizeIterator::len).collect();
            assert!(sizes.iter().all(|size| *size <= at_most && *size > 0 && size.abs_diff(sizes[0]) <= 1), "{sizes:?}");
        }
    }
}
