//! The tags of the study and whether they are saved.

use crate::core::problem::Problem;
use crate::core::tags::{Subject, TagBook};

/// The tags of the study, their file, and whether they are saved.
#[derive(Debug, Clone, Default)]
pub struct Tagging {
    /// All tags; None until their file was read.
    pub book: Option<TagBook>,
    /// Path of the file of the tags.
    pub path: String,
    /// The reason why the file cannot be read; None if it can.
    pub problem: Option<Problem>,
    /// Number of changes so far.
    pub revision: u64,
    /// The latest revision that was written into the file.
    pub saved: u64,
    /// The reason why the latest save failed; None if it succeeded.
    pub unsaved: Option<Problem>,
    /// Whether the program leaves when the save that was asked for last succeeds; the next key takes this back.
    pub leaving: bool,
    /// The subject whose tags were asked for.
    pub subject: Option<Subject>,
    /// Whether the next tag applies only in the view that ranks the row at the cursor, instead of everywhere.
    pub only_this_view: bool,
}

/// Whether the tags are in their file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// No tags were read.
    Unknown,
    /// The latest change is in the file.
    Saved,
    /// The latest change is on its way into the file.
    Saving,
    /// The latest change could not be written.
    NotSaved,
    /// The file could not be read, so tags cannot be changed.
    Unreadable,
    /// The tags on the screen are those of the published figures.
    ReadOnly,
}

impl Standing {
    /// Words for the header; empty if no tags were read.
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

    /// Whether changes of the user can be lost.
    pub fn is_endangered(self) -> bool {
        matches!(self, Self::NotSaved | Self::Unreadable)
    }
}
