//! The JSON form of a book's history: it is stored beside the tags, so that changes can be undone after a restart.

use serde::{Deserialize, Serialize};

use super::book::{Change, Changed, Subject, TagBook};
use super::marks::{FeatureTags, Marks};
use super::tag::{Scope, Tag};
use crate::core::format_error::of_json;
use crate::core::problem::{Problem, Result};
use crate::core::submodule::{FeatureId, FeatureIndex};

/// The version of this form, the only one that is read.
const FORMAT: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: u32,
    model: String,
    dictionaries: String,
    /// Changes as they were made, the latest last.
    undo: Vec<Vec<Entry>>,
    /// Undone changes as they were first made; the next one to redo is last.
    redo: Vec<Vec<Entry>>,
}

/// One feature before and after a change.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    submodule: String,
    index: FeatureIndex,
    before: Vec<Scoped>,
    after: Vec<Scoped>,
}

/// Tags, reject mark and note in one scope.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Scoped {
    scope: String,
    tags: Vec<String>,
    rejected: bool,
    note: String,
}

/// The history of the book as JSON text, without its tags.
pub fn to_json(book: &TagBook) -> Result<String> {
    let (undo, redo) = book.history();
    let changes = |changes: &[Change]| changes.iter().map(|change| change.features.iter().map(entry).collect()).collect();
    let Subject { model, dictionaries } = book.subject().clone();
    let document = Document { format: FORMAT, model, dictionaries, undo: changes(undo), redo: changes(redo) };
    serde_json::to_string(&document)
        .map_err(|error| Problem::new("history", format_args!("cannot be written as JSON: {error}"), "report this as a fault"))
}

fn entry(changed: &Changed) -> Entry {
    let scoped = |tags: &FeatureTags| {
        let scopes = tags.scopes().map(|(scope, marks)| Scoped {
            scope: scope.to_string(),
            tags: marks.tags.iter().map(ToString::to_string).collect(),
            rejected: marks.rejected,
            note: marks.note.clone(),
        });
        scopes.collect()
    };
    Entry {
        submodule: changed.feature.submodule.to_string(),
        index: changed.feature.index,
        before: scoped(&changed.before),
        after: scoped(&changed.after),
    }
}

/// Gives `book` the history that [`to_json`] wrote; messages call the file `name`.
///
/// # Errors
/// If the text is damaged or belongs to another subject; the book then has no history.
pub fn restore(book: &mut TagBook, text: &str, name: &str) -> Result<()> {
    let damaged = |what: String| Problem::new(name, format_args!("holds no readable history: {what}"), "it will be replaced");
    let document: Document =
        serde_json::from_str(text).map_err(|error| damaged(format!("it {}", of_json(text.as_bytes(), &error))))?;
    let subject = Subject { model: document.model, dictionaries: document.dictionaries };
    if document.format != FORMAT || subject != *book.subject() {
        return Err(damaged("it is of another version, model or dictionaries".to_owned()));
    }
    let changes = |changes: Vec<Vec<Entry>>| {
        let change =
            |entries: Vec<Entry>| entries.into_iter().map(changed).collect::<Option<_>>().map(|features| Change { features });
        changes.into_iter().map(change).collect::<Option<Vec<Change>>>()
    };
    let (Some(undo), Some(redo)) = (changes(document.undo), changes(document.redo)) else {
        return Err(damaged("it names features, scopes or tags that cannot be".to_owned()));
    };
    book.set_history(undo, redo);
    Ok(())
}

fn changed(entry: Entry) -> Option<Changed> {
    let feature = FeatureId { submodule: entry.submodule.parse().ok()?, index: entry.index };
    Some(Changed { feature, before: tags(entry.before)?, after: tags(entry.after)? })
}

fn tags(scopes: Vec<Scoped>) -> Option<FeatureTags> {
    let mut all = FeatureTags::default();
    for Scoped { scope, tags, rejected, note } in scopes {
        let tags = tags.iter().map(|tag| Tag::new(tag).ok()).collect::<Option<_>>()?;
        all.change(Scope::new(&scope).ok()?, |marks| *marks = Marks { tags, rejected, note });
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::core::study::testing::tag;
    use crate::core::tags::json;
    use crate::core::tags::testing::{config, edits, feature, subject};
    use crate::core::tags::{Edit, Scope};

    /// The book as a file gives it back: its tags and its history.
    fn reopened(book: &TagBook) -> TagBook {
        let mut read = json::from_json(&json::to_json(book).unwrap(), "tags").unwrap();
        restore(&mut read, &to_json(&book.recent()).unwrap(), "history").unwrap();
        read
    }

    proptest! {
        #![proptest_config(config())]

        #[test]
        fn what_could_be_undone_can_be_undone_after_a_restart(all in edits(), undone in 0..5_usize) {
            let mut book = TagBook::new(subject());
            for edit in all {
                book.apply(edit);
            }
            (0..undone).for_each(|_| { book.undo(); });
            let mut read = reopened(&book);
            prop_assert_eq!((read.undoable(), read.redoable()), (book.undoable(), book.redoable()));
            loop {
                prop_assert!(read.take_outdated_undo().is_none());
                let (left, right) = (read.undo(), book.undo());
                prop_assert_eq!(&left, &right);
                prop_assert_eq!(read.features(), book.features());
                if left.is_none() {
                    break;
                }
            }
        }
    }

    #[test]
    fn a_change_that_no_longer_applies_is_taken_out() {
        let toggle = |tag_name: &str| Edit::Toggle(feature(1), Scope::Everywhere, tag(tag_name));
        let mut book = TagBook::new(subject());
        book.apply(Edit::Toggle(feature(2), Scope::Everywhere, tag("FP")));
        book.apply(toggle("FP"));
        let history = to_json(&book).unwrap();
        book.apply(toggle("MN"));
        // Another program has added a tag since the history was written.
        let mut read = json::from_json(&json::to_json(&book).unwrap(), "tags").unwrap();
        restore(&mut read, &history, "history").unwrap();
        assert_eq!(read.take_outdated_undo().unwrap().to_string(), "0-res-sm/1: everywhere +FP");
        assert_eq!(read.features(), book.features(), "no tag is lost");
        assert!(read.take_outdated_undo().is_none());
        assert_eq!(read.undo().unwrap().to_string(), "0-res-sm/2: everywhere -FP");
    }

    #[test]
    fn damage_is_named_and_leaves_no_history() {
        let mut book = TagBook::new(subject());
        book.apply(Edit::Toggle(feature(1), Scope::Everywhere, tag("FP")));
        let text = to_json(&book).unwrap();
        for (right, wrong) in
            [("{", "["), ("\"format\":1", "\"format\":2"), ("FP", "Q Q"), ("resid_0", "nowhere"), ("pythia", "other")]
        {
            let mut read = TagBook::new(subject());
            let problem = restore(&mut read, &text.replacen(right, wrong, 1), "h").unwrap_err();
            assert!(problem.what().starts_with("holds no readable history: "), "{problem}");
            assert_eq!(read.undoable(), 0);
        }
    }
}
