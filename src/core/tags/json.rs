//! The JSON form of a book: it is stored in the tags file and written by `export`, and reading it restores the book exactly.

use serde::{Deserialize, Serialize};

use super::book::{Features, Subject, TagBook};
use super::marks::Marks;
use super::tag::{Scope, Tag};
use crate::core::format_error::of_json;
use crate::core::problem::{Problem, Result};
use crate::core::submodule::{FeatureId, FeatureIndex};
use crate::core::text::excerpt;

/// The version of this form, the only one that is read.
pub const FORMAT: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: u32,
    model: String,
    dictionaries: String,
    features: Vec<Entry>,
}

/// The version of any form; the other keys are not looked at.
#[derive(Deserialize)]
struct Head {
    format: Option<u64>,
}

/// The tags, reject mark and note of one feature in one scope.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    submodule: String,
    index: FeatureIndex,
    scope: String,
    tags: Vec<String>,
    rejected: bool,
    note: String,
}

/// The book as JSON text.
pub fn to_json(book: &TagBook) -> Result<String> {
    let entries = book.entries().map(|(feature, scope, marks)| Entry {
        submodule: feature.submodule.to_string(),
        index: feature.index,
        scope: scope.to_string(),
        tags: marks.tags.iter().map(ToString::to_string).collect(),
        rejected: marks.rejected,
        note: marks.note.clone(),
    });
    let Subject { model, dictionaries } = book.subject().clone();
    let document = Document { format: FORMAT, model, dictionaries, features: entries.collect() };
    let text = serde_json::to_string_pretty(&document)
        .map_err(|error| Problem::new("tags", format_args!("cannot be written as JSON: {error}"), "report this as a fault"))?;
    Ok(text + "\n")
}

/// Reads the output of [`to_json`], without history; messages call the file `name`.
///
/// # Errors
/// Anything unexpected is an error: tags that were not understood would be lost by the next save.
pub fn from_json(text: &str, name: &str) -> Result<TagBook> {
    let damaged = |what: String| Problem::new(name, format_args!("holds no readable tags: {what}"), "repair it, or move it away");
    let unknown = |problem: Problem| damaged(problem.to_string());
    let unread = |error: serde_json::Error| damaged(format!("it {}", of_json(text.as_bytes(), &error)));
    // The format is checked before the rest, whose fields may differ in another version.
    let format = match serde_json::from_str(text) {
        Ok(Head { format }) => format,
        Err(error) if error.is_data() => None,
        Err(error) => return Err(unread(error)),
    };
    if format != Some(u64::from(FORMAT)) {
        let found = format.map_or_else(|| "none".to_owned(), |format| format.to_string());
        let what = format_args!("has tags format {found}, this program reads format {FORMAT}");
        return Err(Problem::new(name, what, "use the version of saescope that wrote it"));
    }
    let document: Document = serde_json::from_str(text).map_err(unread)?;
    let mut features = Features::new();
    for entry in document.features {
        let feature = FeatureId { submodule: entry.submodule.parse().map_err(unknown)?, index: entry.index };
        let named = |text: &str, what: &str| damaged(format!("the {what} '{}' of {feature} is not a name", excerpt(text, 40)));
        let scope = Scope::new(&entry.scope).map_err(|_| named(&entry.scope, "scope"))?;
        let tags = entry.tags.iter().map(|tag| Tag::new(tag).map_err(|_| named(tag, "tag"))).collect::<Result<_>>()?;
        let standing = features.entry(feature).or_default();
        if !standing.in_scope(scope).is_empty() {
            return Err(damaged(format!("{feature} is listed twice for the scope {scope}")));
        }
        standing.change(scope, |marks| *marks = Marks { tags, rejected: entry.rejected, note: entry.note });
    }
    Ok(TagBook::from_features(Subject { model: document.model, dictionaries: document.dictionaries }, features))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::core::tags::testing::{books, config};

    proptest! {
        #![proptest_config(config())]

        #[test]
        fn a_book_comes_back_exactly(book in books()) {
            let text = to_json(&book).unwrap();
            let read = from_json(&text, "tags.json").unwrap();
            prop_assert_eq!(read.features(), book.features());
            prop_assert_eq!(read.subject(), book.subject());
            prop_assert_eq!(to_json(&read).unwrap(), text);
        }
    }

    #[test]
    fn damage_is_named() {
        let entry = r#"{"submodule": "resid_5", "index": 1, "scope": "male", "tags": ["FP"], "rejected": false, "note": ""}"#;
        let document = |entries: &str| format!(r#"{{"format": 1, "model": "m", "dictionaries": "0", "features": [{entries}]}}"#);
        assert!(from_json(&document(entry), "t").is_ok());
        let cases = [
            (String::new(), "ends too early"),
            (document(entry).replace("format\": 1", "format\": 2"), "format 2"),
            (document(entry).replace("FP", "Q Q"), "Q Q"),
            (document(entry).replace("resid_5", "nowhere"), "nowhere"),
            (document(entry).replace("male", "ma le"), "ma le"),
            (document(entry).replace("note", "nose"), "nose"),
            (document(&format!("{entry}, {entry}")), "twice"),
        ];
        for (text, expected) in cases {
            let message = from_json(&text, "t.json").unwrap_err().to_string();
            assert!(message.starts_with("t.json: ") && message.contains(expected), "{message}");
        }
    }
}
