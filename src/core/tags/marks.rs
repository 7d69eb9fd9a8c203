//! The tags, reject mark and note of one feature, in each scope.

use std::collections::{BTreeMap, BTreeSet};

use super::tag::{Scope, Tag};
use crate::core::text::printable;
use crate::core::view::ViewName;

/// The tags, reject mark and note of a feature in one scope.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Marks {
    /// The tags, any number of them.
    pub tags: BTreeSet<Tag>,
    /// Whether the feature is crossed out: it was looked at and is left out of the list.
    pub rejected: bool,
    /// Free text exactly as it was entered or read; empty if there is no note. To show it, use [`Marks::shown_note`].
    pub note: String,
}

impl Marks {
    /// Whether there is no tag, no reject mark and no note.
    pub fn is_empty(&self) -> bool {
        self.tags.is_empty() && !self.rejected && self.note.is_empty()
    }

    /// The note, safe to show on a terminal.
    pub fn shown_note(&self) -> String {
        printable(&self.note)
    }

    /// Adds the tags, reject mark and note of `other`; nothing that exists is lost.
    pub(super) fn add(&mut self, other: &Self) {
        self.tags.extend(&other.tags);
        self.rejected |= other.rejected;
        self.note = join_notes(&self.note, &other.note);
    }
}

/// Separates notes that were joined.
const JOINT: &str = " / ";

/// Joins both notes and keeps each part once.
pub(super) fn join_notes(left: &str, right: &str) -> String {
    if left == right {
        return left.to_owned();
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in left.split(JOINT).chain(right.split(JOINT)) {
        if !part.is_empty() && !parts.contains(&part) {
            parts.push(part);
        }
    }
    parts.join(JOINT)
}

static NO_MARKS: Marks = Marks { tags: BTreeSet::new(), rejected: false, note: String::new() };

/// The tags, reject marks and notes of a feature in all scopes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FeatureTags {
    /// Entries that are not empty, so that equal content means equal values.
    scopes: BTreeMap<Scope, Marks>,
}

impl FeatureTags {
    /// The value for a feature without tags, marks or notes.
    pub(super) const NONE: Self = Self { scopes: BTreeMap::new() };

    /// Whether no scope has an entry.
    pub fn is_empty(&self) -> bool {
        self.scopes.is_empty()
    }

    /// The entry of exactly `scope`; empty if there is none.
    pub fn in_scope(&self, scope: Scope) -> &Marks {
        self.scopes.get(&scope).unwrap_or(&NO_MARKS)
    }

    /// The scopes that have an entry, each with its entry.
    pub fn scopes(&self) -> impl Iterator<Item = (Scope, &Marks)> {
        self.scopes.iter().map(|(scope, marks)| (*scope, marks))
    }

    /// The entries that apply in `view`: first that of all views, then that of this view only.
    pub fn applying_in(&self, view: ViewName) -> impl Iterator<Item = (Scope, &Marks)> {
        self.scopes().filter(move |(scope, _)| scope.covers(view))
    }

    /// Whether `tag` applies in `view`.
    pub fn has(&self, tag: Tag, view: ViewName) -> bool {
        self.applying_in(view).any(|(_, marks)| marks.tags.contains(&tag))
    }

    /// The tags that apply in `view`, each once.
    pub fn tags(&self, view: ViewName) -> BTreeSet<Tag> {
        self.applying_in(view).flat_map(|(_, marks)| marks.tags.iter().copied()).collect()
    }

    /// Whether the feature is rejected in `view`.
    pub fn is_rejected(&self, view: ViewName) -> bool {
        self.applying_in(view).any(|(_, marks)| marks.rejected)
    }

    /// Changes the entry of `scope`; an entry that becomes empty is removed.
    pub fn change(&mut self, scope: Scope, change: impl FnOnce(&mut Marks)) {
        let mut marks = self.scopes.remove(&scope).unwrap_or_default();
        change(&mut marks);
        if !marks.is_empty() {
            self.scopes.insert(scope, marks);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::study::testing::{name, tag};

    #[test]
    fn a_view_sees_what_is_said_everywhere_and_its_own() {
        let [male, female, baseline] = ["male", "female", "baseline"].map(name);
        let mut tags = FeatureTags::default();
        tags.change(Scope::Everywhere, |marks| marks.tags.extend([tag("FN")]));
        tags.change(Scope::In(male), |marks| {
            marks.tags.extend([tag("FP")]);
            marks.rejected = true;
        });
        assert_eq!(tags.tags(male), [tag("FP"), tag("FN")].into());
        assert_eq!(tags.tags(female), [tag("FN")].into());
        assert!(tags.is_rejected(male) && !tags.is_rejected(female));
        assert!(tags.has(tag("FN"), baseline) && !tags.has(tag("FP"), baseline));
        tags.change(Scope::Everywhere, |marks| marks.tags.clear());
        tags.change(Scope::In(male), |marks| *marks = Marks::default());
        assert_eq!(tags, FeatureTags::NONE);
    }

    #[test]
    fn notes_are_kept_as_they_are_and_shown_without_control_characters() {
        let marks = Marks { note: "a\x1b[2Jb".to_owned(), ..Marks::default() };
        assert_eq!(marks.shown_note(), "a\u{fffd}[2Jb");
        assert_eq!(marks.note, "a\x1b[2Jb");
    }

    #[test]
    fn joined_notes_lose_nothing_and_repeat_nothing() {
        assert_eq!(join_notes("", "b"), "b");
        assert_eq!(join_notes("a", "b"), "a / b");
        assert_eq!(join_notes("a / b", "b"), "a / b");
        assert_eq!(join_notes("not plural", "plural"), "not plural / plural");
    }
}
