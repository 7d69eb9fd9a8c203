//! The tags of a study: short names with their meanings and keys.

use serde::{Deserialize, Serialize};

use crate::core::name::Name;

/// One tag of a study.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagSpec {
    /// In files and on the screen: "FP".
    pub name: Name,
    /// One line for the chooser and the help: "female pronoun".
    pub meaning: String,
    /// The key of the chooser.
    pub key: char,
}

/// The tags of a study, in the order of every list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Vocabulary(pub Vec<TagSpec>);

impl Vocabulary {
    /// Keys of the chooser that no tag can have: reject and note.
    pub const TAKEN_KEYS: [char; 2] = ['x', 'e'];

    /// Words that no tag can be called: they mean something in filters and lists.
    pub const TAKEN_NAMES: [&str; 3] = ["any", "none", "x"];

    /// The tag called `name`, capitals or not: people type `tag=fp`.
    pub fn find(&self, name: &str) -> Option<&TagSpec> {
        self.0.iter().find(|tag| tag.name.as_str().eq_ignore_ascii_case(name))
    }

    /// The tag that `key` chooses.
    pub fn of_key(&self, key: char) -> Option<&TagSpec> {
        self.0.iter().find(|tag| tag.key == key)
    }

    /// The names, in order.
    pub fn names(&self) -> Vec<&str> {
        self.0.iter().map(|tag| tag.name.as_str()).collect()
    }
}
