//! The tags of the study and how they stand.

use crate::core::problem::Problem;
use crate::core::tags::{Subject, TagBook};

/// The tags with how they stand.
#[derive(Debug, Clone, Default)]
pub struct Tagging {
    /// All tags; none until their file was read.
    pub book: Option<TagBook>,
    /// Their file.
    pub path: String,
    /// Why the file cannot be read; none where it can.
    pub problem: Option<Problem>,
    /// Counts changes.
    pub revision: u64,
    /// The latest revision that is in the file.
    pub saved: u64,
    /// Why the latest save failed; none where it did not.
    pub unsaved: Option<Problem>,
    /// The subject whose tags were asked for.
    pub subject: Option<Subject>,
    /// Where the next tag applies, unless changed: everywhere, or only in the view that is on.
    pub only_this_view: bool,
}

/// Whether what was tagged is in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nothing is known of any tags.
    Unknown,
    /// The latest change is in the file.
    Saved,
    /// The latest change is on its way into the file.
    Saving,
    /// The latest change could not be written.
    NotSaved,
    /// The file could not be read.
    Unreadable,
    /// Other tags are on the screen.
    ReadOnly,
}

impl Standing {
    /// In words, for the header.
    pub fn text(self) -> &'static str {
        match self {
            Self::Unknown => "",
            Self::Saved => "tags saved",
            Self::Saving => "saving tags",
            Self::NotSaved => "TAGS NOT SAVED",
            Self::Unreadable => "tags unreadable",
            Self::ReadOnly => "tags of the study, read-only",
        }
    }

    /// Whether work can be lost.
    pub fn is_endangered(self) -> bool {
        matches!(self, Self::NotSaved | Self::Unreadable)
    }
}
