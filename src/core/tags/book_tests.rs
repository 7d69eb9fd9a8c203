//! Tests of the book with random edits, undos and redos, and of the text of its messages.

use proptest::prelude::*;

use super::*;
use crate::core::study::testing::{name, tag};
use crate::core::tags::testing::{config, edits, feature, subject};

proptest! {
    #![proptest_config(config())]

    #[test]
    fn as_many_undos_restore_the_book_and_as_many_redos_bring_it_back(first in edits(), second in edits()) {
        let mut book = TagBook::new(subject());
        for edit in first {
            book.apply(edit);
        }
        let start = book.clone();
        let mut states = vec![start.features().clone()];
        for edit in second {
            if !book.apply(edit).features.is_empty() {
                states.push(book.features().clone());
            }
        }
        prop_assert_eq!(book.undoable(), start.undoable() + states.len() - 1);
        for state in states.iter().rev().skip(1) {
            prop_assert!(book.undo().is_some());
            prop_assert_eq!(book.features(), state);
        }
        for state in states.iter().skip(1) {
            prop_assert!(book.redo().is_some());
            prop_assert_eq!(book.features(), state);
        }
        prop_assert!(book.redo().is_none());
        while book.undo().is_some() {}
        prop_assert!(book.features().is_empty());
    }

    #[test]
    fn a_change_tells_the_difference_and_an_undo_its_reverse(all in edits()) {
        let mut book = TagBook::new(subject());
        for edit in all {
            let before = book.features().clone();
            let change = book.apply(edit);
            let mut patched = before.clone();
            for changed in &change.features {
                prop_assert_ne!(&changed.before, &changed.after);
                patched.insert(changed.feature, changed.after.clone());
            }
            patched.retain(|_, tags| !tags.is_empty());
            prop_assert_eq!(book.features(), &patched);
            if !change.features.is_empty() {
                prop_assert_eq!(book.undo(), Some(change.clone().reversed()));
                prop_assert_eq!(book.features(), &before);
                prop_assert_eq!(book.redo(), Some(change));
            }
        }
    }
}

fn toggle(index: u32, tag: Tag) -> Edit {
    Edit::Toggle(feature(index), Scope::Everywhere, tag)
}

#[test]
fn a_new_edit_clears_redo_but_one_without_effect_does_not() {
    let mut book = TagBook::new(subject());
    book.apply(toggle(1, tag("NOT")));
    book.undo();
    book.apply(Edit::Reject(feature(1), Scope::Everywhere, false));
    book.apply(Edit::Many(vec![toggle(2, tag("NOT")), toggle(2, tag("NOT"))]));
    assert_eq!((book.undoable(), book.redoable()), (0, 1));
    book.apply(toggle(2, tag("MAYBE")));
    assert_eq!((book.undoable(), book.redoable()), (1, 0));
    assert!(book.redo().is_none());
}

#[test]
fn many_edits_are_one_step() {
    let mut book = TagBook::new(subject());
    book.apply(Edit::Many(vec![toggle(1, tag("NOT")), toggle(2, tag("MAYBE")), toggle(1, tag("AMB"))]));
    assert_eq!((book.features().len(), book.undoable()), (2, 1));
    assert_eq!(book.undo().unwrap().to_string(), "2 features");
    assert!(book.features().is_empty());
}

#[test]
fn messages_say_what_changed() {
    let mut book = TagBook::new(subject());
    assert_eq!(book.apply(toggle(7, tag("FP"))).to_string(), "0-res-sm/7: everywhere +FP");
    let scope = Scope::In(name("male"));
    let note = Edit::Note(feature(7), scope, "a\x1bb".to_owned());
    let change = book.apply(Edit::Many(vec![toggle(7, tag("FP")), note, Edit::Reject(feature(7), scope, true)]));
    assert_eq!(change.to_string(), "0-res-sm/7: everywhere -FP; male rejected, note 'a\\x1bb'");
    assert_eq!(book.undo().unwrap().to_string(), "0-res-sm/7: everywhere +FP; male not rejected, no note");
    assert_eq!(book.apply(Edit::Many(Vec::new())).to_string(), "nothing");
}
