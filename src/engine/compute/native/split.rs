//! How work is split into tasks.

use std::ops::Range;

/// `0..total` in parts of at most `at_most` of nearly the same size. Their number is a multiple of the number of threads where
/// `total` allows it, so that every thread gets equally many.
pub fn evenly(total: usize, at_most: usize) -> Vec<Range<usize>> {
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
