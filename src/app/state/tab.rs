//! What can be switched between: the views of the study, and comparisons of two.

use crate::core::study::Study;
use crate::core::view::View;

/// What of the study the table lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    /// One view.
    Single(View),
    /// Features that only one of two selections holds.
    Difference,
    /// Features that both selections hold.
    Similarity,
}

impl Tab {
    /// What can be switched between in `study`, in the order of the screen and of the digits. A single view has nothing to compare with.
    pub fn all(study: &Study) -> Vec<Self> {
        let compared = if study.compare.is_some() { &[Self::Difference, Self::Similarity][..] } else { &[] };
        study.all().map(Self::Single).chain(compared.iter().copied()).collect()
    }
}
