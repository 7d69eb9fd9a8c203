//! The tags of a study: short names, each with a meaning and a key.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use unicode_width::UnicodeWidthStr;

use super::Features;
use super::tag::Tag;
use crate::core::text::printable;

/// One tag of a study.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagSpec {
    /// The name in files and on the screen: "FP".
    pub name: Tag,
    /// The meaning in one line, for the chooser and the help: "female pronoun".
    pub meaning: String,
    /// The key that picks the tag in the chooser.
    pub key: char,
}

/// The tags of a study, in the order in which lists show them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Vocabulary(pub Vec<TagSpec>);

impl Vocabulary {
    /// Keys of the chooser that no tag can have: `x` rejects, `e` edits the note.
    pub const TAKEN_KEYS: [char; 2] = ['x', 'e'];

    /// Words that cannot be the name of a tag, because they have a meaning in filters and lists.
    pub const TAKEN_NAMES: [&str; 3] = ["any", "none", "x"];

    /// Whether `key` can choose a tag: a visible character of one column that does nothing else in the chooser.
    pub fn is_key(key: char) -> bool {
        let text = key.to_string();
        printable(&text) == text && text.trim() == text && text.width() == 1 && !Self::TAKEN_KEYS.contains(&key)
    }

    /// Refuses tags that cannot be told from each other or from something else.
    pub(in crate::core) fn check(&self) -> Result<(), String> {
        let names: BTreeSet<String> = self.0.iter().map(|tag| tag.name.as_str().to_ascii_lowercase()).collect();
        let keys: BTreeSet<char> = self.0.iter().map(|tag| tag.key).collect();
        if names.len() < self.0.len() || keys.len() < self.0.len() {
            return Err("two tags of its study have one name or one key".to_owned());
        }
        if Self::TAKEN_NAMES.into_iter().any(|taken| names.contains(taken)) || !keys.into_iter().all(Self::is_key) {
            return Err("a tag of its study has a name or a key that means something else".to_owned());
        }
        Ok(())
    }

    /// The tag called `name`, ignoring case, because users type `tag=fp`.
    pub fn find(&self, name: &str) -> Option<&TagSpec> {
        self.0.iter().find(|tag| tag.name.as_str().eq_ignore_ascii_case(name))
    }

    /// The tag that `key` picks in the chooser.
    pub fn of_key(&self, key: char) -> Option<&TagSpec> {
        self.0.iter().find(|tag| tag.key == key)
    }

    /// The names of the tags, in order.
    pub fn names(&self) -> Vec<&str> {
        self.0.iter().map(|tag| tag.name.as_str()).collect()
    }

    /// The tag called exactly `name`, for finding tags among other words.
    pub fn exactly(&self, name: &str) -> Option<Tag> {
        self.0.iter().map(|tag| tag.name).find(|tag| tag.as_str() == name)
    }

    /// `tags` in the order of this vocabulary; tags of other studies come last, by name.
    pub fn ordered(&self, tags: &BTreeSet<Tag>) -> Vec<Tag> {
        let own = self.0.iter().map(|tag| tag.name).filter(|tag| tags.contains(tag));
        let others = tags.iter().copied().filter(|tag| self.exactly(tag.as_str()).is_none());
        own.chain(others).collect()
    }

    /// This vocabulary with the tags of `features` that it lacks, for reading text that may contain them. The added tags have
    /// no key.
    pub fn extended(&self, features: &Features) -> Self {
        let used: BTreeSet<Tag> =
            features.values().flat_map(|tags| tags.scopes().flat_map(|(_, marks)| marks.tags.iter().copied())).collect();
        let others = self.ordered(&used).into_iter().filter(|tag| self.exactly(tag.as_str()).is_none());
        let specs = others.map(|name| TagSpec { name, meaning: String::new(), key: '\0' });
        Self(self.0.iter().cloned().chain(specs).collect())
    }
}
