//! The tags, reject mark and note of one feature, in each scope.

use std::collections::{BTreeMap, BTreeSet, HashSet};

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

    /// All tags, reject marks and notes of `all`; nothing is lost.
    pub(super) fn joined(all: &[&Self]) -> Self {
        Self {
            tags: all.iter().flat_map(|marks| &marks.tags).copied().collect(),
            rejected: all.iter().any(|marks| marks.rejected),
            note: join_notes(&all.iter().map(|marks| marks.note.as_str()).collect::<Vec<_>>()),
        }
    }
}

/// Separates notes that were joined.
const JOINT: &str = " / ";

/// Joins notes and keeps each part once, in time linear in their length. Notes that are all the same stay as they are.
pub(super) fn join_notes(notes: &[&str]) -> String {
    let Some(first) = notes.first().filter(|first| notes.iter().all(|note| note == *first)) else {
        let mut seen = HashSet::new();
        let parts = notes.iter().flat_map(|note| note.split(JOINT)).filter(|part| !part.is_empty() && seen.insert(*part));
        return parts.collect::<Vec<_>>().join(JOINT);
    };
    (*first).to_owned()
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

    /// The tags of all scopes, each once.
    pub fn of_all_scopes(&self) -> BTreeSet<Tag> {
        self.scopes().flat_map(|(_, marks)| marks.tags.iter().copied()).collect()
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
    use proptest::prelude::*;

    use super::*;
    use crate::core::study::testing::{name, tag};
    use crate::core::tags::testing::config;

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
        assert_eq!(marks.shown_note(), "a\\x1b[2Jb");
        assert_eq!(marks.note, "a\x1b[2Jb");
    }

    #[test]
    fn joined_notes_lose_nothing_and_repeat_nothing() {
        for (notes, joined) in [
            (&[] as &[&str], ""),
            (&["", "b"], "b"),
            (&["a", "b"], "a / b"),
            (&["a / b", "b"], "a / b"),
            (&["a / a", "a / a"], "a / a"),
            (&["not plural", "plural", "not plural"], "not plural / plural"),
        ] {
            assert_eq!(join_notes(notes), joined);
        }
    }

    /// Joins two notes part by part.
    fn naively(left: &str, right: &str) -> String {
        let mut parts: Vec<&str> = Vec::new();
        for part in left.split(JOINT).chain(right.split(JOINT)) {
            if !part.is_empty() && !parts.contains(&part) {
                parts.push(part);
            }
        }
        if left == right { left.to_owned() } else { parts.join(JOINT) }
    }

    proptest! {
        #![proptest_config(config())]

        #[test]
        fn joining_all_notes_is_joining_one_after_another(notes in prop::collection::vec("[ab]{0,2}( / [ab]{0,2}){0,2}", 2..6)) {
            let all: Vec<&str> = notes.iter().map(String::as_str).collect();
            let (first, others) = all.split_first().unwrap();
            let one_by_one = others.iter().fold((*first).to_owned(), |left, right| naively(&left, right));
            prop_assert_eq!(join_notes(&all), one_by_one);
            // Notes that an import joins first, and then with the one that is there.
            prop_assert_eq!(join_notes(&[first, &join_notes(others)]), join_notes(&all));
        }
    }
}
