//! A book as text for other programs and readers: CSV for tables, Markdown in the notebook's own form. For JSON see
//! [`super::json`].

use std::collections::BTreeSet;
use std::fmt::Write;

use super::book::TagBook;
use super::remark;
use super::tag::Scope;
use super::vocabulary::Vocabulary;
use crate::core::neuronpedia::Reference;
use crate::core::problem::{Problem, Result};
use crate::core::text::printable;

/// The beginning of the text that [`to_markdown`] writes.
pub(super) const TITLE: &str = "# Tags of ";

const COLUMNS: [&str; 7] = ["submodule", "index", "neuronpedia_layer", "scope", "tags", "rejected", "note"];

/// A header, and one record for each feature and scope with an entry. Control characters in notes are replaced, because a table
/// may be viewed on a terminal.
pub fn to_csv(book: &TagBook, vocabulary: &Vocabulary) -> Result<String> {
    let failed =
        |error: String| Problem::new("tags", format_args!("cannot be written as CSV: {error}"), "report this as a fault");
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS).map_err(|error| failed(error.to_string()))?;
    for (feature, scope, marks) in book.entries() {
        let tags: Vec<String> = vocabulary.ordered(&marks.tags).iter().map(ToString::to_string).collect();
        let reference = Reference::new(&book.subject().model, feature);
        let record = [
            feature.submodule.to_string(),
            reference.index,
            reference.layer,
            scope.to_string(),
            tags.join(" "),
            marks.rejected.to_string(),
            marks.shown_note(),
        ];
        writer.write_record(record).map_err(|error| failed(error.to_string()))?;
    }
    let bytes = writer.into_inner().map_err(|error| failed(error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| failed(error.to_string()))
}

/// The notebook's lists, under one heading for each scope; [`super::import::notebook`] reads them back.
///
/// Reading with the same vocabulary gives the same entries; a vocabulary that lacks a tag reads it as part of a note.
pub fn to_markdown(book: &TagBook, vocabulary: &Vocabulary) -> String {
    let mut text = format!("{TITLE}{}\n", printable(&book.subject().model));
    let vocabulary = vocabulary.extended(book.features());
    for scope in book.entries().map(|(_, scope, _)| scope).collect::<BTreeSet<Scope>>() {
        let entries = book.entries().filter(|(_, entry_scope, _)| *entry_scope == scope);
        // Writing into a string cannot fail.
        let _ = write!(text, "\n## {scope}\n\n");
        for (feature, _, marks) in entries {
            let reference = Reference::new(&book.subject().model, feature);
            let _ = writeln!(
                text,
                "- {}{{'modelId': {}, 'layer': '{}', 'index': '{}'}}, {}",
                if marks.rejected { "X " } else { "" },
                python_string(&reference.model_id),
                reference.layer,
                reference.index,
                printable(&remark::write(marks, &vocabulary))
            );
        }
    }
    text
}

/// Whether both texts are exports of the same kind, judged by how they begin: JSON by its first key, CSV by its header,
/// Markdown by its title.
pub fn is_alike(left: &str, right: &str) -> bool {
    let mark = |text: &str| {
        let first = text.lines().next().unwrap_or_default();
        let kind = match first {
            "{" => text.lines().nth(1).and_then(|line| line.split(':').next()).unwrap_or_default(),
            _ => first.split(" of ").next().unwrap_or_default(),
        };
        kind.trim().to_owned()
    };
    !mark(left).is_empty() && mark(left) == mark(right)
}

fn python_string(text: &str) -> String {
    format!("'{}'", printable(text).replace('\\', "\\\\").replace('\'', "\\'"))
}

#[cfg(test)]
#[path = "export_tests.rs"]
mod tests;
