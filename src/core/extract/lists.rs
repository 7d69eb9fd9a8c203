//! Lists of features on Neuronpedia.

use super::Extract;
use crate::core::neuronpedia::{Reference, quick_lists};
use crate::core::problem::Result;

/// The addresses of the quick list of the rows, one or several; rows without a page are left out. There are none if the features have no
/// pages.
///
/// # Errors
/// If the title is too long for an address.
pub fn links(extract: &Extract<'_>) -> Result<Vec<String>> {
    let Some(pages) = &extract.pages else { return Ok(Vec::new()) };
    let references: Vec<Reference> = extract.rows.iter().filter_map(|row| pages.reference(row.feature)).collect();
    quick_lists(extract.title, &references)
}
