//! The user's tags of a run, for commands that print them.

use crate::core::problem::Result;
use crate::core::tags::{Subject, TagBook};
use crate::store::folders;
use crate::store::tags_file::TagsFile;

/// The user's tags of `subject`.
///
/// # Errors
/// If there are tags that cannot be read.
pub fn of(subject: &Subject) -> Result<TagBook> {
    // Without a home folder there are no tags.
    let Ok(folder) = folders::data() else { return Ok(TagBook::new(subject.clone())) };
    Ok(TagsFile::open(&folder.join(folders::TAGS), subject)?.1)
}
