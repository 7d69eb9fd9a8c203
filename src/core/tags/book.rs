//! The book of tags: all tags, changed by edits that can be undone and redone without limit.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::marks::{FeatureTags, Marks};
use super::tag::{Scope, Tag};
use crate::core::submodule::FeatureId;
use crate::core::text::excerpt;

/// Most changes of the history that are stored.
const MOST_CHANGES: usize = 1_000;

/// Most features in all stored changes together: an import may change a hundred thousand.
const MOST_FEATURES: usize = 20_000;

/// The model and dictionaries that tags belong to. Tags survive every new run with the same ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The model's name, also the `modelId` of its features.
    pub model: String,
    /// Hash over all dictionaries, as hexadecimal digits; `engine::identity::subject` computes it.
    pub dictionaries: String,
}

/// Every feature that has tags, a reject mark or a note.
pub type Features = BTreeMap<FeatureId, FeatureTags>;

/// A change of the book, which can be undone as one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// Adds a tag, or removes it if the feature has it.
    Toggle(FeatureId, Scope, Tag),
    /// Sets the reject mark, or clears it.
    Reject(FeatureId, Scope, bool),
    /// Replaces the note; an empty one removes it.
    Note(FeatureId, Scope, String),
    /// Adds tags, reject mark and note to those that exist, as an import does.
    Add(FeatureId, Scope, Marks),
    /// Replaces the feature's tags, marks and notes in all scopes, as a merge does.
    Put(FeatureId, FeatureTags),
    /// Several edits that are undone together.
    Many(Vec<Edit>),
}

/// One feature before and after a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// The feature that changed.
    pub feature: FeatureId,
    /// Its tags, marks and notes before the change.
    pub before: FeatureTags,
    /// Its tags, marks and notes after the change.
    pub after: FeatureTags,
}

/// The result of an edit, an undo or a redo; displaying it gives the text of a message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// The features that differ, in order.
    pub features: Vec<Changed>,
}

impl Change {
    /// Number of entries that differ: one for each feature and scope.
    pub fn entries(&self) -> usize {
        self.features.iter().map(|changed| changed.scopes().len()).sum()
    }

    fn reversed(mut self) -> Self {
        for changed in &mut self.features {
            std::mem::swap(&mut changed.before, &mut changed.after);
        }
        self
    }
}

/// All tags of one [`Subject`], with their history.
#[derive(Debug, Clone)]
pub struct TagBook {
    subject: Subject,
    features: Features,
    /// Changes as they were made, the latest last.
    undo: Vec<Change>,
    /// Undone changes as they were first made; the next one to redo is last.
    redo: Vec<Change>,
}

impl TagBook {
    /// An empty book.
    pub fn new(subject: Subject) -> Self {
        Self::from_features(subject, Features::new())
    }

    /// A book that holds `features`, without history.
    pub(super) fn from_features(subject: Subject, mut features: Features) -> Self {
        features.retain(|_, tags| !tags.is_empty());
        Self { subject, features, undo: Vec::new(), redo: Vec::new() }
    }

    /// A book with these tags and the latest part of their history, for files.
    pub fn recent(&self) -> Self {
        let latest = |changes: &[Change]| {
            let mut features = 0;
            let fits = |change: &&Change| {
                features += change.features.len();
                features <= MOST_FEATURES
            };
            let count = changes.iter().rev().take(MOST_CHANGES).take_while(fits).count();
            changes.iter().skip(changes.len() - count).cloned().collect()
        };
        let (undo, redo) = (latest(&self.undo), latest(&self.redo));
        Self { subject: self.subject.clone(), features: self.features.clone(), undo, redo }
    }

    /// The changes that can be undone and those that can be redone, each with the next one last.
    pub(super) fn history(&self) -> (&[Change], &[Change]) {
        (&self.undo, &self.redo)
    }

    /// Replaces the history by one that was stored.
    pub(super) fn set_history(&mut self, undo: Vec<Change>, redo: Vec<Change>) {
        (self.undo, self.redo) = (undo, redo);
    }

    /// Takes the change that would be undone next out of the history and returns it, if a feature is no longer as that change left
    /// it. Only a stored history has such changes: another program may have changed the tags since.
    pub fn take_outdated_undo(&mut self) -> Option<Change> {
        let outdated = self.undo.last()?.features.iter().any(|changed| *self.of(changed.feature) != changed.after);
        if outdated { self.undo.pop() } else { None }
    }

    /// Takes the change that would be redone next out of the history and returns it, if a feature is no longer as it was before.
    pub fn take_outdated_redo(&mut self) -> Option<Change> {
        let outdated = self.redo.last()?.features.iter().any(|changed| *self.of(changed.feature) != changed.before);
        if outdated { self.redo.pop() } else { None }
    }

    /// The model and dictionaries that the tags belong to.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// Every feature that has tags, a reject mark or a note.
    pub fn features(&self) -> &Features {
        &self.features
    }

    /// The tags, marks and notes of `feature`; empty if it has none.
    pub fn of(&self, feature: FeatureId) -> &FeatureTags {
        static NONE: FeatureTags = FeatureTags::NONE;
        self.features.get(&feature).unwrap_or(&NONE)
    }

    /// All entries of the book, by feature and scope, in order.
    pub fn entries(&self) -> impl Iterator<Item = (FeatureId, Scope, &Marks)> {
        self.features.iter().flat_map(|(feature, tags)| tags.scopes().map(|(scope, marks)| (*feature, scope, marks)))
    }

    /// Applies `edit` and returns its changes. An edit that changes nothing leaves the history alone.
    pub fn apply(&mut self, edit: Edit) -> Change {
        let mut touched = Features::new();
        self.plan(edit, &mut touched);
        let changed = touched.into_iter().map(|(feature, after)| Changed { feature, before: self.of(feature).clone(), after });
        let change = Change { features: changed.filter(|changed| changed.before != changed.after).collect() };
        if !change.features.is_empty() {
            self.put(&change);
            self.undo.push(change.clone());
            self.redo.clear();
        }
        change
    }

    /// Undoes the latest edit and returns the changes this made.
    pub fn undo(&mut self) -> Option<Change> {
        let change = self.undo.pop()?;
        self.redo.push(change.clone());
        let change = change.reversed();
        self.put(&change);
        Some(change)
    }

    /// Applies the edit that was undone last again and returns the changes this made.
    pub fn redo(&mut self) -> Option<Change> {
        let change = self.redo.pop()?;
        self.put(&change);
        self.undo.push(change.clone());
        Some(change)
    }

    /// Number of edits that can be undone.
    pub fn undoable(&self) -> usize {
        self.undo.len()
    }

    /// Number of edits that can be redone.
    pub fn redoable(&self) -> usize {
        self.redo.len()
    }

    /// Puts into `touched` the state to which `edit` brings each feature it touches.
    fn plan(&self, edit: Edit, touched: &mut Features) {
        match edit {
            Edit::Toggle(feature, scope, tag) => self.touch(feature, touched).change(scope, |marks| {
                if !marks.tags.remove(&tag) {
                    marks.tags.insert(tag);
                }
            }),
            Edit::Reject(feature, scope, rejected) => {
                self.touch(feature, touched).change(scope, |marks| marks.rejected = rejected);
            }
            Edit::Note(feature, scope, note) => self.touch(feature, touched).change(scope, |marks| marks.note = note),
            Edit::Add(feature, scope, marks) => {
                self.touch(feature, touched).change(scope, |standing| *standing = Marks::joined(&[standing, &marks]));
            }
            Edit::Put(feature, tags) => *self.touch(feature, touched) = tags,
            Edit::Many(edits) => edits.into_iter().for_each(|edit| self.plan(edit, touched)),
        }
    }

    /// The state of `feature` so far: that in `touched`, or else that in the book.
    fn touch<'a>(&self, feature: FeatureId, touched: &'a mut Features) -> &'a mut FeatureTags {
        touched.entry(feature).or_insert_with(|| self.of(feature).clone())
    }

    fn put(&mut self, change: &Change) {
        for changed in &change.features {
            if changed.after.is_empty() {
                self.features.remove(&changed.feature);
            } else {
                self.features.insert(changed.feature, changed.after.clone());
            }
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.features.as_slice() {
            [] => formatter.write_str("nothing"),
            [changed] => write!(formatter, "{}: {}", changed.feature, changed.said()),
            [first, others @ ..] => {
                write!(formatter, "{} features", 1 + others.len())?;
                let said = first.said();
                if others.iter().all(|changed| changed.said() == said) { write!(formatter, ": {said}") } else { Ok(()) }
            }
        }
    }
}

impl Changed {
    /// The change in each scope as text, without the feature's name.
    fn said(&self) -> String {
        let said = self.scopes().into_iter().map(|scope| {
            let parts = differences(self.before.in_scope(scope), self.after.in_scope(scope));
            format!("{scope} {}", parts.join(", "))
        });
        said.collect::<Vec<_>>().join("; ")
    }

    /// The scopes in which the entry differs.
    fn scopes(&self) -> BTreeSet<Scope> {
        let said = [&self.before, &self.after].into_iter().flat_map(|tags| tags.scopes().map(|(scope, _)| scope));
        said.filter(|scope| self.before.in_scope(*scope) != self.after.in_scope(*scope)).collect()
    }
}

fn differences(before: &Marks, after: &Marks) -> Vec<String> {
    let mut parts: Vec<String> = after.tags.difference(&before.tags).map(|tag| format!("+{tag}")).collect();
    parts.extend(before.tags.difference(&after.tags).map(|tag| format!("-{tag}")));
    match (before.rejected, after.rejected) {
        (false, true) => parts.push("rejected".to_owned()),
        (true, false) => parts.push("not rejected".to_owned()),
        _ => {}
    }
    if before.note != after.note {
        parts.push(if after.note.is_empty() { "no note".to_owned() } else { format!("note '{}'", excerpt(&after.note, 40)) });
    }
    parts
}

#[cfg(test)]
#[path = "book_tests.rs"]
mod tests;
