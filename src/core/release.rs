//! What the release of a model's dictionaries says of them beyond what their own files say.

use std::collections::BTreeMap;

use super::declared::Declared;
use super::submodule::Submodule;

/// Statements of a release, such as those of `data/models.toml`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Release {
    /// Whether the dictionaries read centred activations although their files do not say so.
    pub centred: bool,
    /// What is declared of each dictionary, measured by its makers on texts of their own.
    pub declared: BTreeMap<Submodule, Declared>,
}
