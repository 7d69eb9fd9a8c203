//! Tags: a researcher's remarks on features, with undo, import and export.
//!
//! A [`TagBook`] holds all tags, reject marks and notes for the features of one model with its dictionaries. It changes only
//! through [`Edit`]s, each of which can be undone. [`import`] turns text into edits, [`export`] and [`json`] turn a book into
//! text, [`history`] its changes, and [`merge()`] merges two books that developed from a common start. `store::tags_file` handles the files.

mod book;
pub mod export;
pub mod history;
pub mod import;
pub mod json;
mod marks;
mod merge;
mod remark;
mod tag;
#[cfg(test)]
pub(in crate::core) mod testing;
mod vocabulary;

pub use book::{Change, Changed, Edit, Features, Subject, TagBook};
pub use marks::{FeatureTags, Marks};
pub use merge::merge;
pub use tag::{Scope, Tag};
pub use vocabulary::{TagSpec, Vocabulary};
