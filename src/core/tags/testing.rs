//! Random books and edits from a fixed seed, for the tests of tags.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::{Edit, Marks, Scope, Subject, Tag, TagBook, Vocabulary};
use crate::core::study::testing::{names, tag};
use crate::core::submodule::{FeatureId, FeatureIndex, Submodule, SubmoduleKind};

pub(in crate::core) fn config() -> ProptestConfig {
    ProptestConfig { cases: 128, failure_persistence: None, rng_seed: RngSeed::Fixed(7), ..ProptestConfig::default() }
}

pub(super) fn subject() -> Subject {
    Subject { model: "pythia-70m-deduped".to_owned(), dictionaries: "0123456789abcdef".to_owned() }
}

/// The ten tags of the study of names.
pub(super) fn vocabulary() -> Vocabulary {
    names().tags
}

/// Feature `index` of `resid_0`.
pub(super) fn feature(index: u32) -> FeatureId {
    FeatureId { submodule: Submodule::new(SubmoduleKind::Residual, 0), index: FeatureIndex(index) }
}

/// Few different features, so that edits often touch the same one.
fn features() -> impl Strategy<Value = FeatureId> {
    (0..3_usize, 8..12_usize, 0..2_u32).prop_map(|(kind, layer, index)| FeatureId {
        submodule: Submodule::new(SubmoduleKind::ALL[kind], layer),
        index: FeatureIndex(index),
    })
}

fn scopes() -> impl Strategy<Value = Scope> {
    let views = names().views.into_iter().map(|view| Scope::In(view.name));
    prop::sample::select(std::iter::once(Scope::Everywhere).chain(views).collect::<Vec<_>>())
}

fn tags() -> impl Strategy<Value = Tag> {
    // The list includes a tag of another study.
    let others = vec![tag("STEREO")];
    let own = vocabulary().0.into_iter().map(|tag| tag.name);
    prop::sample::select(own.chain(others).collect::<Vec<_>>())
}

/// Notes of any characters, including quotes, line breaks and control characters.
pub(super) fn notes() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), "[ -~]{0,12}", "(?s).{0,6}", Just("a,\"b\"\r\nc\x1b{'\\".to_owned())]
}

fn marks() -> impl Strategy<Value = Marks> {
    (prop::collection::btree_set(tags(), 0..4), any::<bool>(), notes()).prop_map(|(tags, rejected, note)| Marks {
        tags,
        rejected,
        note,
    })
}

fn edit() -> impl Strategy<Value = Edit> {
    let single = prop_oneof![
        (features(), scopes(), tags()).prop_map(|(feature, scope, tag)| Edit::Toggle(feature, scope, tag)),
        (features(), scopes(), any::<bool>()).prop_map(|(feature, scope, rejected)| Edit::Reject(feature, scope, rejected)),
        (features(), scopes(), notes()).prop_map(|(feature, scope, note)| Edit::Note(feature, scope, note)),
        (features(), scopes(), marks()).prop_map(|(feature, scope, marks)| Edit::Add(feature, scope, marks)),
    ];
    single.prop_recursive(2, 8, 4, |inner| prop::collection::vec(inner, 0..4).prop_map(Edit::Many))
}

pub(super) fn edits() -> impl Strategy<Value = Vec<Edit>> {
    prop::collection::vec(edit(), 0..20)
}

pub(super) fn books() -> impl Strategy<Value = TagBook> {
    edits().prop_map(|edits| {
        let mut book = TagBook::new(subject());
        book.apply(Edit::Many(edits));
        book
    })
}
