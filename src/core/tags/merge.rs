//! Merges two books that developed from a common start, so that two programs can tag at the same time.

use std::collections::BTreeSet;

use super::book::{Edit, Features};
use super::marks::{FeatureTags, Marks, join_notes};
use super::tag::Scope;

/// The edit that brings the changes of `theirs` into `ours`; both developed from `base`.
///
/// If only one side changed a tag, a reject mark or a note, its version is taken. If both changed a note, both notes are kept.
pub fn merge(base: &Features, ours: &Features, theirs: &Features) -> Edit {
    let all: BTreeSet<_> = [base, ours, theirs].into_iter().flat_map(Features::keys).collect();
    let none = FeatureTags::NONE;
    let puts = all.into_iter().map(|feature| {
        let [base, ours, theirs] = [base, ours, theirs].map(|features| features.get(feature).unwrap_or(&none));
        let mut tags = FeatureTags::default();
        let scopes = [base, ours, theirs].into_iter().flat_map(|tags| tags.scopes().map(|(scope, _)| scope));
        for scope in scopes.collect::<BTreeSet<Scope>>() {
            let merged = merge_marks(base.in_scope(scope), ours.in_scope(scope), theirs.in_scope(scope));
            tags.change(scope, |marks| *marks = merged);
        }
        Edit::Put(*feature, tags)
    });
    Edit::Many(puts.collect())
}

fn merge_marks(base: &Marks, ours: &Marks, theirs: &Marks) -> Marks {
    // A flag has two values, so if both sides changed it, they agree.
    let either = |of: &dyn Fn(&Marks) -> bool| if of(ours) == of(base) { of(theirs) } else { of(ours) };
    let note = if ours.note == base.note {
        theirs.note.clone()
    } else if theirs.note == base.note {
        ours.note.clone()
    } else {
        join_notes(&[&ours.note, &theirs.note])
    };
    Marks {
        tags: [base, ours, theirs]
            .into_iter()
            .flat_map(|marks| &marks.tags)
            .filter(|tag| either(&|marks| marks.tags.contains(tag)))
            .copied()
            .collect(),
        rejected: either(&|marks| marks.rejected),
        note,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::core::tags::TagBook;
    use crate::core::tags::testing::{books, config, edits, feature};

    fn merged(base: &TagBook, ours: &TagBook, theirs: &TagBook) -> Features {
        let mut book = ours.clone();
        book.apply(merge(base.features(), ours.features(), theirs.features()));
        book.features().clone()
    }

    proptest! {
        #![proptest_config(config())]

        #[test]
        fn what_one_side_left_alone_comes_from_the_other(base in books(), all in edits()) {
            let mut changed = base.clone();
            changed.apply(Edit::Many(all));
            prop_assert_eq!(&merged(&base, &changed, &base), changed.features());
            prop_assert_eq!(&merged(&base, &base, &changed), changed.features());
            prop_assert_eq!(&merged(&base, &changed, &changed), changed.features());
        }

        #[test]
        fn both_sides_get_the_same_tags_and_reject_marks(base in books(), left in edits(), right in edits()) {
            let (mut ours, mut theirs) = (base.clone(), base.clone());
            ours.apply(Edit::Many(left));
            theirs.apply(Edit::Many(right));
            let without_notes = |features: Features| -> Vec<_> {
                let all = features.iter().flat_map(|(feature, tags)| {
                    tags.scopes().map(|(scope, marks)| (*feature, scope, marks.tags.clone(), marks.rejected))
                });
                all.filter(|(.., tags, rejected)| *rejected || !tags.is_empty()).collect()
            };
            prop_assert_eq!(without_notes(merged(&base, &ours, &theirs)), without_notes(merged(&base, &theirs, &ours)));
        }
    }

    #[test]
    fn two_new_notes_are_both_kept() {
        let note = |text: &str| {
            let mut book = TagBook::new(crate::core::tags::testing::subject());
            book.apply(Edit::Note(feature(1), Scope::Everywhere, text.to_owned()));
            book
        };
        let all = merged(&note("old"), &note("mine"), &note("yours"));
        assert_eq!(all[&feature(1)].in_scope(Scope::Everywhere).note, "mine / yours");
    }
}
