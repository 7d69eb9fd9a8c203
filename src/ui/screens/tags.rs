//! Tests of tagging by keys, and of saving tags to their file.

use std::sync::Arc;

use super::pilot::{Pilot, problem};
use crate::app::commands;
use crate::app::message::{Effect, Message};
use crate::core::study::testing::{name, tag};
use crate::core::tags::{Features, Scope, TagBook};

fn saves(pilot: &mut Pilot) -> Vec<(Features, u64)> {
    let effects = pilot.asked().into_iter();
    effects
        .map(|effect| match effect {
            Effect::SaveTags(book, revision) => (book.features().clone(), revision),
            other => panic!("{other:?}"),
        })
        .collect()
}

fn study() -> Pilot {
    let mut pilot = Pilot::study();
    pilot.asked();
    pilot
}

#[test]
fn a_tag_is_on_the_screen_at_once_and_saved_when_the_file_says_so() {
    let mut pilot = study();
    pilot.resize(120, 30);
    pilot.press("m p");
    let feature = pilot.state.feature().unwrap();
    assert!(pilot.state.tags()[&feature].has(tag("FP"), name("male")));
    let saved = saves(&mut pilot);
    assert_eq!(saved, [(pilot.state.tags().clone(), 1)]);
    assert!(pilot.screen()[0].ends_with("saving tags"));
    pilot.tell(Message::TagsSaved(1));
    assert!(pilot.screen()[0].ends_with("tags saved"));
    pilot.press("m p");
    assert_eq!(saves(&mut pilot), [(Features::new(), 2)]);
}

#[test]
fn a_tag_of_one_view_applies_there_only() {
    let mut pilot = study();
    pilot.press("2 m tab w");
    let feature = pilot.state.feature().unwrap();
    let tags = &pilot.state.tags()[&feature];
    assert!(tags.has(tag("FW"), name("female")) && !tags.has(tag("FW"), name("male")));
    assert_eq!(tags.scopes().map(|(scope, _)| scope).collect::<Vec<_>>(), [Scope::In(name("female"))]);
}

#[test]
fn marked_rows_are_tagged_together_and_undone_together() {
    let mut pilot = study();
    pilot.press("space space space space space space m x");
    assert_eq!(pilot.state.tags().len(), 6);
    // One of the features loses the tag alone; the next key gives it to all again.
    pilot.press("esc g m x");
    assert_eq!(pilot.state.tags().len(), 5);
    pilot.press("u");
    assert_eq!((pilot.state.tags().len(), pilot.notice().starts_with("undone: ")), (6, true));
    pilot.press("u");
    assert!(pilot.state.tags().is_empty());
    pilot.press("u");
    assert_eq!(pilot.notice(), "there is nothing to undo");
    pilot.press("U ctrl-r");
    assert_eq!(pilot.state.tags().len(), 5);
    pilot.press("U");
    assert_eq!(pilot.notice(), "there is nothing to redo");
}

#[test]
fn an_empty_note_is_removed_and_escape_keeps_the_old_one() {
    let mut pilot = study();
    pilot.press("m e seen enter m e ctrl-u other esc");
    let feature = pilot.state.feature().unwrap();
    assert_eq!(pilot.state.tags()[&feature].in_scope(Scope::Everywhere).note, "seen");
    pilot.press("m e ctrl-u enter");
    assert!(pilot.state.tags().is_empty());
}

#[test]
fn published_tags_cannot_be_changed() {
    let mut pilot = study();
    pilot.press("m p p");
    saves(&mut pilot);
    let (study, published) = (pilot.state.tagging.book.as_ref().unwrap().features().clone(), pilot.state.tags().clone());
    assert_ne!(study, published);
    for key in ["m", "u", "U", "I"] {
        pilot.press(key);
        assert!(pilot.state.overlay.is_none(), "{key}");
        assert!(pilot.notice().ends_with("are read-only; p goes back to the study"), "{key}: {}", pilot.notice());
    }
    pilot.tell(Message::TagsRead(Ok((list(), "list.md".to_owned()))));
    assert!(pilot.notice().ends_with("are read-only; p goes back to the study"));
    assert!(pilot.asked().is_empty());
    assert_eq!((pilot.state.tagging.book.as_ref().unwrap().features(), pilot.state.tags()), (&study, &published));
    pilot.press("p");
    assert_eq!(pilot.state.tags(), &study);
}

#[test]
fn leaving_tries_to_save_tags_that_are_not_saved() {
    let mut pilot = study();
    pilot.press("m p");
    pilot.tell(Message::TagsNotSaved(problem()));
    pilot.asked();
    assert!(pilot.screen()[0].ends_with("TAGS NOT SAVED"));
    for key in ["q", "ctrl-c"] {
        pilot.press(key);
        assert_eq!(saves(&mut pilot).len(), 1, "{key}");
        pilot.tell(Message::TagsNotSaved(problem()));
        assert!(pilot.asked().is_empty());
        assert_eq!(
            pilot.notice(),
            "quit: tags are not saved: tags.json: the disk is full; free some space; E exports them, Q leaves without them"
        );
    }
    pilot.press("E ctrl-u rescue.csv enter");
    assert!(matches!(pilot.asked().as_slice(), [Effect::WriteText { path, .. }] if path == "rescue.csv"));
    pilot.press("Q");
    assert!(matches!(pilot.asked().as_slice(), [Effect::Quit]));
    // Another key takes the wish to leave back.
    pilot.press("q j");
    let asked = saves(&mut pilot);
    pilot.tell(Message::TagsSaved(asked[0].1));
    assert!(pilot.asked().is_empty() && pilot.screen()[0].ends_with("tags saved"));
    assert_eq!(pilot.notice(), "the tags are saved now");
    pilot.tell(Message::TagsNotSaved(problem()));
    pilot.press("q");
    let asked = saves(&mut pilot);
    pilot.tell(Message::TagsSaved(asked[0].1));
    assert!(matches!(pilot.asked().as_slice(), [Effect::Quit]));
    pilot.press("q");
    assert!(matches!(pilot.asked().as_slice(), [Effect::Quit]));
}

/// A list as the notebook writes it, with one line whose feature is not in the small study.
fn list() -> String {
    let line = |mark: &str, layer: &str, index: u32, note: &str| {
        format!("{mark}{{'modelId': 'pythia-70m-deduped', 'layer': '{layer}', 'index': '{index}'}}, {note}\n")
    };
    line("", "0-att-sm", 26074, "FP") + &line("X ", "1-mlp-sm", 2, "end FN") + &line("", "7-res-sm", 1, "MP")
}

#[test]
fn the_notebooks_list_is_one_step_that_can_be_undone() {
    let mut pilot = study();
    pilot.press("I list.md enter");
    assert!(matches!(pilot.asked().as_slice(), [Effect::ReadTags(path)] if path == "list.md"));
    pilot.tell(Message::TagsRead(Ok((list(), "list.md".to_owned()))));
    assert!(pilot.notice().starts_with(
        "imported 2 entries from list.md; those that name no view count everywhere; 1 could not be read, first: list.md: line 3"
    ));
    let tags = pilot.state.tags().clone();
    let rows = &pilot.state.table.listing.rows;
    assert_eq!(tags.keys().copied().collect::<Vec<_>>(), [rows[0].feature, rows[1].feature]);
    assert!(tags[&rows[0].feature].has(tag("FP"), name("baseline")));
    let second = tags[&rows[1].feature].in_scope(Scope::Everywhere);
    assert!(second.rejected && second.tags.contains(&tag("FN")));
    assert_eq!(saves(&mut pilot).len(), 1);
    pilot.press("u");
    assert!(pilot.state.tags().is_empty());
    pilot.press("U");
    assert_eq!(pilot.state.tags(), &tags);
}

#[test]
fn entries_that_change_nothing_are_not_counted() {
    let mut pilot = study();
    pilot.press("m p");
    saves(&mut pilot);
    pilot.tell(Message::TagsRead(Ok((list(), "list.md".to_owned()))));
    let said = "imported 1 entry from list.md; 1 more was here already; those that name no view count everywhere";
    assert!(pilot.notice().starts_with(said), "{}", pilot.notice());
    saves(&mut pilot);
    pilot.tell(Message::TagsRead(Ok((list(), "list.md".to_owned()))));
    assert!(pilot.notice().starts_with("nothing changed: all 2 entries from list.md were here already"), "{}", pilot.notice());
    assert!(pilot.asked().is_empty());
    // The step before is still the one that is undone.
    pilot.press("u");
    assert_eq!(pilot.state.tags().len(), 1);
}

#[test]
fn published_tags_are_a_start_where_they_fit() {
    let mut pilot = study();
    let take = commands::find("take-published-tags").unwrap();
    assert_eq!(
        (take.enabled)(&pilot.state).unwrap_err(),
        "the published tags are of pythia-70m-deduped with another number of layers"
    );
    // A study of the published model with the same dictionaries.
    let published = Arc::clone(&pilot.state.setting.published);
    pilot.state.study = Some(Arc::clone(&published.findings));
    pilot.state.tagging.book = Some(TagBook::new(published.tags.subject().clone()));
    let effects = commands::run(&mut pilot.state, take);
    let count = published.tags.entries().count();
    assert!(count > 30 && matches!(effects.as_slice(), [Effect::SaveTags(..), ..]));
    assert_eq!(pilot.notice(), format!("imported {count} entries of the published study; u takes them back"));
    assert_eq!(pilot.state.tags(), published.tags.features());
    assert!(commands::run(&mut pilot.state, take).is_empty());
    assert_eq!(pilot.notice(), format!("nothing changed: all {count} entries of the published study were here already"));
    pilot.press("u");
    assert!(pilot.state.tags().is_empty());
    let mut other = (*published.findings).clone();
    other.model = "other".to_owned();
    pilot.state.study = Some(Arc::new(other));
    assert!((take.enabled)(&pilot.state).unwrap_err().starts_with("the published tags are of pythia-70m-deduped"));
}

#[test]
fn a_filter_by_tag_follows_the_tags() {
    let mut pilot = study();
    pilot.press("m p / tag=FP enter");
    assert_eq!(pilot.features().len(), 1);
    pilot.press("u");
    assert!(pilot.features().is_empty());
    pilot.press("U");
    assert_eq!(pilot.features().len(), 1);
}

#[test]
fn tags_that_cannot_be_read_cannot_be_changed() {
    let mut pilot = study();
    pilot.state.tagging.book = None;
    pilot.tell(Message::TagsUnreadable(problem()));
    pilot.press("m");
    assert_eq!((pilot.state.overlay.is_none(), pilot.notice()), (true, "tag: tags.json: the disk is full; free some space"));
    assert!(pilot.screen()[0].ends_with("tags unreadable"));
}
