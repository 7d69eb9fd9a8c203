//! The published figures inside the program: `data/published`.

use crate::core::problem::Result;
use crate::core::published::Published;

/// What the study of names printed.
const NAMES: &str = include_str!("../../data/published/names_comparison.json");

/// The figures with their tags.
///
/// # Errors
/// When the program was built with a damaged file.
pub fn names() -> Result<Published> {
    Published::parse(NAMES, "data/published/names_comparison.json")
}
