//! Text from elsewhere to one undoable edit: what cannot be read is reported line by line, the rest is imported.

mod annotations;
mod lists;
mod python;

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

/// Into what an import goes.
#[derive(Clone, Copy)]
pub struct Target<'a> {
    /// What messages call the text: usually its file.
    pub name: &'a str,
    /// The model and dictionaries of the book; tags of others are refused.
    pub subject: &'a Subject,
    /// Where tags apply whose text does not say so.
    pub scope: Scope,
    /// The tags that are looked for among words.
    pub vocabulary: &'a Vocabulary,
    /// The names of the views whose headings are understood.
    pub views: &'a [ViewName],
    /// Whether the model has a feature.
    pub exists: &'a dyn Fn(FeatureId) -> bool,
}

/// What could be read, and what could not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// Everything as one step, to be applied to the book. It only adds: tags and notes that stand there are kept.
    pub edit: Edit,
    /// How many lines or entries it holds.
    pub entries: usize,
    /// One for each unreadable line, in order.
    pub problems: Vec<Problem>,
}

/// Reads `text` in whichever of the three forms it is.
pub fn import(text: &str, target: &Target<'_>) -> Imported {
    let text = text.trim_start_matches('\u{feff}');
    let is_object_with =
        |text: &str, key: &str| serde_json::from_str::<serde_json::Value>(text).is_ok_and(|value| value.get(key).is_some());
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    if is_object_with(first, "Name") {
        annotations(text, target)
    } else if first.trim() == "{" || is_object_with(text, "features") {
        json(text, target)
    } else {
        notebook(text, target)
    }
}

/// Reads this program's own JSON, as a whole or not at all; its entries say themselves where they apply.
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
    edits: Vec<Edit>,
    problems: Vec<Problem>,
}

impl<'a> Collector<'a> {
    fn new(target: &'a Target<'a>) -> Self {
        Self { target, edits: Vec::new(), problems: Vec::new() }
    }

    /// Enters what was read at `place`, or that it was not: (what, remedy).
    fn add(&mut self, place: std::fmt::Arguments<'_>, scope: Scope, read: Result<(FeatureId, Marks), (String, &'static str)>) {
        let (what, remedy) = match read {
            Ok((feature, _)) if !(self.target.exists)(feature) => {
                (format!("names {feature}, which the model does not have"), "check layer and index")
            }
            // A line without tags says nothing, which is no fault.
            Ok((_, marks)) if marks.is_empty() => return,
            Ok((feature, marks)) => return self.edits.push(Edit::Add(feature, scope, marks)),
            Err(problem) => problem,
        };
        self.problems.push(Problem::new(self.target.name, format_args!("{place} {what}"), remedy));
    }

    fn finish(self) -> Imported {
        Imported { entries: self.edits.len(), edit: Edit::Many(self.edits), problems: self.problems }
    }
}

#[cfg(test)]
#[path = "import_tests.rs"]
mod tests;
