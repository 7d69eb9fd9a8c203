//! The book of tags: all of them, changed by edits that can be undone and redone without limit.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::marks::{FeatureTags, Marks};
use super::tag::{Scope, Tag};
use crate::core::submodule::FeatureId;
use crate::core::text::excerpt;

/// What tags hang on: they survive every recomputation with the same model and dictionaries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The model's name, also the `modelId` of its features.
    pub model: String,
    /// Hash over all dictionaries, as hexadecimal digits; `engine::identity::subject` computes it.
    pub dictionaries: String,
}

/// Every feature about which something is said.
pub type Features = BTreeMap<FeatureId, FeatureTags>;

/// One step that can be undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// Adds a tag, or takes it away.
    Toggle(FeatureId, Scope, Tag),
    /// Sets the reject mark, or clears it.
    Reject(FeatureId, Scope, bool),
    /// Replaces the note; an empty one removes it.
    Note(FeatureId, Scope, String),
    /// Adds to what is said, as an import does.
    Add(FeatureId, Scope, Marks),
    /// Replaces all that is said about a feature, as a merge does.
    Put(FeatureId, FeatureTags),
    /// Several edits that are undone together.
    Many(Vec<Edit>),
}

/// One feature before and after a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// Which feature.
    pub feature: FeatureId,
    /// What was said.
    pub before: FeatureTags,
    /// What is said now.
    pub after: FeatureTags,
}

/// What an edit, an undo or a redo changed; its text says so in a message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// Only features that differ, in order.
    pub features: Vec<Changed>,
}

impl Change {
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
    /// Changes as they were made, latest last.
    undo: Vec<Change>,
    /// Undone changes as they were first made, the next to redo last.
    redo: Vec<Change>,
}

impl TagBook {
    /// An empty book.
    pub fn new(subject: Subject) -> Self {
        Self::from_features(subject, Features::new())
    }

    /// A book that says `features`, without history.
    pub(super) fn from_features(subject: Subject, mut features: Features) -> Self {
        features.retain(|_, tags| !tags.is_empty());
        Self { subject, features, undo: Vec::new(), redo: Vec::new() }
    }

    /// The same tags without their history, for a file.
    pub fn without_history(&self) -> Self {
        Self::from_features(self.subject.clone(), self.features.clone())
    }

    /// What the tags hang on.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// Every feature about which something is said.
    pub fn features(&self) -> &Features {
        &self.features
    }

    /// What is said about `feature`.
    pub fn of(&self, feature: FeatureId) -> &FeatureTags {
        static NONE: FeatureTags = FeatureTags::NONE;
        self.features.get(&feature).unwrap_or(&NONE)
    }

    /// All that is said, line by line, in order.
    pub fn entries(&self) -> impl Iterator<Item = (FeatureId, Scope, &Marks)> {
        self.features.iter().flat_map(|(feature, tags)| tags.scopes().map(|(scope, marks)| (*feature, scope, marks)))
    }

    /// Makes `edit`. One that changes nothing leaves the history alone.
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

    /// Takes back the latest edit and returns what that changed.
    pub fn undo(&mut self) -> Option<Change> {
        let change = self.undo.pop()?;
        self.redo.push(change.clone());
        let change = change.reversed();
        self.put(&change);
        Some(change)
    }

    /// Makes the edit that was undone last again and returns what that changed.
    pub fn redo(&mut self) -> Option<Change> {
        let change = self.redo.pop()?;
        self.put(&change);
        self.undo.push(change.clone());
        Some(change)
    }

    /// How many edits can be undone.
    pub fn undoable(&self) -> usize {
        self.undo.len()
    }

    /// How many edits can be redone.
    pub fn redoable(&self) -> usize {
        self.redo.len()
    }

    /// Enters into `touched` what `edit` makes of the features it touches.
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
            Edit::Add(feature, scope, marks) => self.touch(feature, touched).change(scope, |standing| standing.add(&marks)),
            Edit::Put(feature, tags) => *self.touch(feature, touched) = tags,
            Edit::Many(edits) => edits.into_iter().for_each(|edit| self.plan(edit, touched)),
        }
    }

    /// What `feature` has come to so far in `touched`.
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
    /// What changed in which scope, without the feature.
    fn said(&self) -> String {
        let said = [&self.before, &self.after].into_iter().flat_map(|tags| tags.scopes().map(|(scope, _)| scope));
        let scopes = said.collect::<BTreeSet<Scope>>().into_iter().filter_map(|scope| {
            let parts = differences(self.before.in_scope(scope), self.after.in_scope(scope));
            (!parts.is_empty()).then(|| format!("{scope} {}", parts.join(", ")))
        });
        scopes.collect::<Vec<_>>().join("; ")
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
