//! The published figures that the program ships, from `data/published`.

use std::path::Path;

use super::studies;
use crate::core::problem::Result;
use crate::core::published::Published;
use crate::files::whole;

/// The printed figures of the study of names.
const NAMES: &str = include_str!("../../data/published/names_comparison.json");

/// The printed figures of the study of names, with its tags.
///
/// # Errors
/// If the program was built with a damaged file.
pub fn names() -> Result<Published> {
    Published::parse(NAMES, "data/published/names_comparison.json", &studies::names()?.study)
}

/// Reads other figures of the study of names from the file at `path`, in the same form.
pub fn read(path: &Path) -> Result<Published> {
    let text = whole::text(path, whole::BY_HAND)?;
    Published::parse(&text, &path.display().to_string(), &studies::names()?.study)
}
