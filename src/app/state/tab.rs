//! Tabs: the views of the study, and the comparisons of two views.

use crate::core::study::Study;
use crate::core::view::View;

/// A view of the study, or a comparison of two views, that the table lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    /// The features in the selection of one view.
    Single(View),
    /// Features in the selection of only one of the two compared views.
    Difference,
    /// Features in the selections of both compared views.
    Similarity,
}

impl Tab {
    /// The tabs of `study`, in the order of the screen and of the digits. A study of a single view has no comparisons.
    pub fn all(study: &Study) -> Vec<Self> {
        let compared = if study.compare.is_some() { &[Self::Difference, Self::Similarity][..] } else { &[] };
        study.all().map(Self::Single).chain(compared.iter().copied()).collect()
    }
}
