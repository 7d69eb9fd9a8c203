//! Turns text from elsewhere into one undoable edit. Lines that cannot be read are reported one by one; the others are
//! imported.

mod annotations;
mod lists;
mod python;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::book::{Edit, Subject};
use super::json::from_json;
use super::marks::Marks;
use super::tag::Scope;
use super::vocabulary::Vocabulary;
use crate::core::problem::Problem;
use crate::core::submodule::FeatureId;
use crate::core::text::excerpt;
use crate::core::view::ViewName;

pub use annotations::annotations;
pub use lists::notebook;

/// The book that an import goes into, and how to read the text.
#[derive(Clone, Copy)]
pub struct Target<'a> {
    /// The text's name in messages, usually its file.
    pub name: &'a str,
    /// The model and dictionaries of the book; tags of other models or dictionaries are refused.
    pub subject: &'a Subject,
    /// The scope of tags whose text does not name one.
    pub scope: Scope,
    /// The tags to look for among the words.
    pub vocabulary: &'a Vocabulary,
    /// The names of the views that headings may refer to.
    pub views: &'a [ViewName],
    /// Tells whether the model has a feature.
    pub exists: &'a dyn Fn(FeatureId) -> bool,
}

/// The result of an import: the edit, and the problems.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// All entries as one step, to be applied to the book. It only adds: existing tags and notes are kept.
    pub edit: Edit,
    /// The number of lines or entries in the edit.
    pub entries: usize,
    /// One problem for each unreadable line, in order.
    pub problems: Vec<Problem>,
}

/// An object with the key of an annotation. The values are not kept: a long file may hold anything.
#[derive(Deserialize)]
struct Annotated {
    #[serde(rename = "Name")]
    _name: IgnoredAny,
}

/// An object with the key of this program's own form.
#[derive(Deserialize)]
struct Listed {
    #[serde(rename = "features")]
    _features: IgnoredAny,
}

fn is_object<T: DeserializeOwned>(text: &str) -> bool {
    text.trim_start().starts_with('{') && serde_json::from_str::<T>(text).is_ok()
}

/// Reads `text`, detecting which of the three forms it has.
pub fn import(text: &str, target: &Target<'_>) -> Imported {
    let text = text.trim_start_matches('\u{feff}');
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    if is_object::<Annotated>(first) {
        annotations(text, target)
    } else if first.trim() == "{" || is_object::<Listed>(text) {
        json(text, target)
    } else {
        notebook(text, target)
    }
}

/// Reads this program's own JSON, completely or not at all; its entries name their scopes themselves.
pub fn json(text: &str, target: &Target<'_>) -> Imported {
    let mut collector = Collector::new(target);
    match from_json(text, target.name) {
        Ok(book) if book.subject() == target.subject => {
            for (index, (feature, scope, marks)) in book.entries().enumerate() {
                collector.add(format_args!("entry {}", index + 1), scope, Ok((feature, marks.clone())));
            }
        }
        Ok(book) => collector.problems.push(Problem::new(
            target.name,
            format_args!("holds tags of {}", described(book.subject())),
            format_args!("open a run of that model and those dictionaries, this one is of {}", described(target.subject)),
        )),
        Err(problem) => collector.problems.push(problem),
    }
    collector.finish()
}

fn described(subject: &Subject) -> String {
    format!("model {} with dictionaries {}", excerpt(&subject.model, 60), excerpt(&subject.dictionaries, 12))
}

/// Gathers the entries and problems of one import.
struct Collector<'a> {
    target: &'a Target<'a>,
    entries: Vec<(FeatureId, Scope, Marks)>,
    problems: Vec<Problem>,
}

impl<'a> Collector<'a> {
    fn new(target: &'a Target<'a>) -> Self {
        Self { target, entries: Vec::new(), problems: Vec::new() }
    }

    /// Adds the entry read at `place`, or the problem why it cannot be read: (what, remedy).
    fn add(&mut self, place: std::fmt::Arguments<'_>, scope: Scope, read: Result<(FeatureId, Marks), (String, &'static str)>) {
        let (what, remedy) = match read {
            Ok((feature, _)) if !(self.target.exists)(feature) => {
                (format!("names {feature}, which the model does not have"), "check layer and index")
            }
            // A line without tags or note adds nothing; this is not a problem.
            Ok((_, marks)) if marks.is_empty() => return,
            Ok((feature, marks)) => return self.entries.push((feature, scope, marks)),
            Err(problem) => problem,
        };
        self.problems.push(Problem::new(self.target.name, format_args!("{place} {what}"), remedy));
    }

    fn finish(self) -> Imported {
        // The entries of one feature are joined at once: one after another, each would take as long as all before it.
        let mut together: BTreeMap<(FeatureId, Scope), Vec<&Marks>> = BTreeMap::new();
        for (feature, scope, marks) in &self.entries {
            together.entry((*feature, *scope)).or_default().push(marks);
        }
        let edits = together.into_iter().map(|((feature, scope), all)| Edit::Add(feature, scope, Marks::joined(&all)));
        Imported { entries: self.entries.len(), edit: Edit::Many(edits.collect()), problems: self.problems }
    }
}

#[cfg(test)]
#[path = "import_tests.rs"]
mod tests;
