//! What two lists of a comparison share; [`alike`](super::alike) computes it.

use std::sync::{Mutex, PoisonError};

use super::selection::Selection;
use super::view::View;

/// What two lists share.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Overlap {
    /// Number of features that both lists hold.
    pub common: usize,
    /// Number of features that at least one list holds.
    pub union: usize,
    /// Spearman's rank correlation of both views' effects, with their signs, over the features of either list, ties at their average
    /// rank; None where an effect is not known, or one view has no two different ones.
    pub spearman: Option<f64>,
}

impl Overlap {
    /// `common / union` (Jaccard index); None if both lists are empty.
    pub fn jaccard(&self) -> Option<f64> {
        (self.union > 0).then(|| self.common as f64 / self.union as f64)
    }
}

/// The overlap that was asked for last: rows are arranged for every new filter and order, while it depends on views and selection alone and
/// takes longer than they do. Everything about it follows from the numbers, so that two are always equal.
#[derive(Debug, Default)]
pub struct LastOverlap(Mutex<Option<([View; 2], Selection, Overlap)>>);

impl PartialEq for LastOverlap {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// Numbers are copied to be changed: a copy knows no overlap.
impl Clone for LastOverlap {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl LastOverlap {
    /// The overlap of the lists that `selection` picks in `views`, in either order of the views; `compute` is called unless it was asked
    /// for last.
    pub fn or_compute(&self, mut views: [View; 2], selection: Selection, compute: impl FnOnce() -> Overlap) -> Overlap {
        views.sort_unstable();
        let last = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = last().filter(|(of, by, _)| (*of, *by) == (views, selection));
        if let Some((.., overlap)) = known {
            return overlap;
        }
        let overlap = compute();
        *last() = Some((views, selection, overlap));
        overlap
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_comparison_is_computed_once_and_another_one_anew() {
        let (last, views) = (LastOverlap::default(), [View(0), View(1)]);
        let overlap = |common| Overlap { common, union: 9, spearman: None };
        let asked = |views, selection, common| last.or_compute(views, selection, || overlap(common)).common;
        assert_eq!(asked(views, Selection::TopK(5), 1), 1);
        assert_eq!(asked([View(1), View(0)], Selection::TopK(5), 2), 1, "in the other order");
        assert_eq!(asked(views, Selection::TopK(6), 3), 3, "of other lists");
        assert_eq!(asked([View(0), View(2)], Selection::TopK(6), 4), 4, "of other views");
        assert_eq!(asked(views, Selection::TopK(5), 5), 5, "only the last one is kept");
        assert_eq!(
            last.clone().or_compute(views, Selection::TopK(5), || overlap(6)).common,
            6,
            "numbers that may have been changed"
        );
    }
}
