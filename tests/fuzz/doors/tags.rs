//! Tags: their own file, and imports in every form.

use saescope::core::study::Study;
use saescope::core::submodule::{FeatureId, FeatureIndex, LayerIndex, Submodule, SubmoduleKind};
use saescope::core::tags::export::{to_csv, to_markdown};
use saescope::core::tags::history;
use saescope::core::tags::import::{Target, import};
use saescope::core::tags::json::{from_json, to_json};
use saescope::core::tags::{Edit, Scope, Subject, Tag, TagBook};
use saescope::store::studies;

use super::text;
use crate::harness::{Door, Verdict};
use crate::mutate::Mutator;

fn subject() -> Subject {
    Subject { model: "small".to_owned(), dictionaries: "ab".repeat(32) }
}

fn target<'a>(subject: &'a Subject, study: &'a Study, views: &'a [saescope::core::view::ViewName]) -> Target<'a> {
    let exists = &|feature: FeatureId| feature.submodule.layer.0 < 6 && feature.index.0 < 32_768;
    Target { name: "import", subject, scope: Scope::Everywhere, vocabulary: &study.tags, views, exists }
}

/// A book with a tag and a note.
fn book() -> TagBook {
    let mut book = TagBook::new(subject());
    let study = studies::names().unwrap().study;
    let views: Vec<_> = study.all().map(|view| study.name(view)).collect();
    let subject = subject();
    let imported = import("## male\n- 2-res-sm/17 FP a note\n- 0-mlp-sm/5 MN\n", &target(&subject, &study, &views));
    book.apply(imported.edit);
    book
}

#[test]
fn tag_files() {
    let read = |bytes: &[u8]| match text(bytes) {
        Ok(text) => Verdict::of(from_json(text, "tags.json"), |book| {
            let written = to_json(&book).map_err(|problem| problem.to_string())?;
            match from_json(&written, "again") {
                Ok(again) if again.features() == book.features() && again.subject() == book.subject() => Ok(()),
                Ok(_) => Err("it is read differently".to_owned()),
                Err(problem) => Err(format!("it cannot be read again: {problem}")),
            }
        }),
        Err(error) => Verdict::Refused(error),
    };
    let seeds = vec![to_json(&book()).unwrap().into_bytes(), to_json(&TagBook::new(subject())).unwrap().into_bytes()];
    Door { name: "tag_files", seeds, mutator: Mutator::Json, one_in: 1, read: &read }.pass();
}

#[test]
fn tag_imports() {
    let (subject, study) = (subject(), studies::names().unwrap().study);
    let views: Vec<_> = study.all().map(|view| study.name(view)).collect();
    let read = |bytes: &[u8]| {
        let Ok(text) = text(bytes) else { return Verdict::Refused("not UTF-8".to_owned()) };
        let imported = import(text, &target(&subject, &study, &views));
        if let Some(line) = imported.problems.iter().map(ToString::to_string).find(|line| line.chars().any(char::is_control)) {
            return Verdict::Wrong(format!("no printable line: {line:?}"));
        }
        let mut book = TagBook::new(subject.clone());
        book.apply(imported.edit);
        let again = import(&to_json(&book).unwrap(), &target(&subject, &study, &views));
        let mut second = TagBook::new(subject.clone());
        second.apply(again.edit);
        if second.features() != book.features() || !again.problems.is_empty() {
            return Verdict::Wrong(format!("JSON is imported differently: {:?}", again.problems.first()));
        }
        let vocabulary = study.tags.extended(book.features());
        drop((to_csv(&book, &vocabulary).unwrap(), to_markdown(&book, &vocabulary)));
        Verdict::Read
    };
    let lists = "# features\n## male\n- 2-res-sm/17 FP a note\n0-mlp-sm/5, MN\n[('resid_1', 364)]\n".to_owned();
    let annotation = r#"{"Name": "resid_2/17", "Annotation": "male names (FP)"}"#;
    let seeds = [lists, format!("{annotation}\n{annotation}\n"), to_json(&book()).unwrap(), to_markdown(&book(), &study.tags)];
    let seeds = seeds.map(String::into_bytes).to_vec();
    Door { name: "tag_imports", seeds, mutator: Mutator::Text, one_in: 1, read: &read }.pass();
}

/// Marks are undone one by one, whatever they were.
#[test]
fn edits() {
    let read = |bytes: &[u8]| {
        let mut book = TagBook::new(subject());
        for piece in bytes.chunks(3) {
            let feature = FeatureId {
                submodule: Submodule { layer: LayerIndex(usize::from(piece[0] % 6)), kind: SubmoduleKind::Mlp },
                index: FeatureIndex(u32::from(piece[0])),
            };
            match (piece.get(1), Tag::new("FP")) {
                (Some(0..100), Ok(tag)) => drop(book.apply(Edit::Toggle(feature, Scope::Everywhere, tag))),
                (Some(100..150), _) => drop(book.apply(Edit::Reject(feature, Scope::Everywhere, piece.len() > 2))),
                (Some(150..200), _) => drop(book.apply(Edit::Note(feature, Scope::Everywhere, format!("{piece:?}")))),
                (Some(200..), _) => drop(book.redo()),
                _ => drop(book.undo()),
            }
        }
        while book.undo().is_some() {}
        if book.features().is_empty() { Verdict::Read } else { Verdict::Wrong("something is left".to_owned()) }
    };
    Door { name: "edits", seeds: vec![b"abcdefghijkl".to_vec()], mutator: Mutator::Bytes, one_in: 1, read: &read }.pass();
}

#[test]
fn tag_history() {
    let subject = || Subject { model: "m".to_owned(), dictionaries: "0".to_owned() };
    let read = |bytes: &[u8]| match text(bytes) {
        Ok(text) => {
            let mut book = TagBook::new(subject());
            Verdict::of(history::restore(&mut book, text, "tags.history"), |()| {
                while book.take_outdated_undo().is_some() || book.undo().is_some() {}
                while book.take_outdated_redo().is_some() || book.redo().is_some() {}
                Ok(())
            })
        }
        Err(error) => Verdict::Refused(error),
    };
    let seed = br#"{"format":1,"model":"m","dictionaries":"0","undo":[[{"submodule":"resid_1","index":3,"before":[],
"after":[{"scope":"everywhere","tags":["FP"],"rejected":false,"note":"n"}]}]],"redo":[]}"#;
    Door { name: "tag_history", seeds: vec![seed.to_vec()], mutator: Mutator::Json, one_in: 1, read: &read }.pass();
}
