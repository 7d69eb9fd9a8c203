//! Tests of the tags file: saved tags are there, damaged or changed files are kept, and no other files are left behind.

use super::*;
use crate::core::study::testing::tag;
use crate::core::submodule::{FeatureId, FeatureIndex, Submodule, SubmoduleKind};
use crate::core::tags::{Change, Edit, Scope, Tag, merge};

fn subject() -> Subject {
    Subject { model: "EleutherAI/pythia-70m".to_owned(), dictionaries: "0123456789abcdef0123".to_owned() }
}

fn toggle(index: u32, tag: Tag) -> Edit {
    let feature = FeatureId { submodule: Submodule::new(SubmoduleKind::Mlp, 1), index: FeatureIndex(index) };
    Edit::Toggle(feature, Scope::Everywhere, tag)
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn saved_tags_come_back_and_nothing_else_is_left() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("new/tags");
    let (mut file, mut book) = TagsFile::open(&folder, &subject()).unwrap();
    assert!(book.features().is_empty() && !folder.exists());
    for index in 0..3 {
        book.apply(toggle(index, tag("FN")));
        assert_eq!(file.save(&book), Ok(Saved::Written));
        assert_eq!(TagsFile::open(&folder, &subject()).unwrap().1.features(), book.features());
    }
    book.undo();
    assert_eq!(file.save(&book), Ok(Saved::Written));
    let (_, read) = TagsFile::open(&folder, &subject()).unwrap();
    assert_eq!((read.features(), read.undoable()), (book.features(), 0));
    assert_eq!(names(&folder), ["EleutherAI_pythia-70m-0123456789ab.json", "EleutherAI_pythia-70m-0123456789ab.lock"]);
}

#[test]
fn file_names_stay_in_the_folder() {
    let name = |model: &str| file_name(&Subject { model: model.to_owned(), dictionaries: "../..".to_owned() });
    assert_eq!(name("../../a b"), "_.._a_b-.._...json");
    assert_eq!(name(""), "-.._...json");
}

#[test]
fn a_damaged_file_is_refused_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let (mut file, mut book) = TagsFile::open(folder.path(), &subject()).unwrap();
    book.apply(toggle(1, tag("NOT")));
    assert_eq!(file.save(&book), Ok(Saved::Written));
    let whole = std::fs::read(file.path()).unwrap();
    for damaged in [&whole[..whole.len() / 2], b"", b"\xff", b"{}"] {
        std::fs::write(file.path(), damaged).unwrap();
        let message = TagsFile::open(folder.path(), &subject()).unwrap_err().to_string();
        assert!(message.contains("EleutherAI_pythia-70m-0123456789ab.json"), "{message}");
        assert!(!matches!(file.save(&book), Ok(Saved::Written)));
        assert!(merge_in(&mut file, &mut book).is_err());
        assert_eq!(std::fs::read(file.path()).unwrap(), damaged);
    }
    let mut other = subject();
    other.dictionaries.push('f');
    std::fs::write(file.path(), whole).unwrap();
    let message = TagsFile::open(folder.path(), &other).unwrap_err().to_string();
    assert!(message.contains("0123456789abcdef0123, not"), "{message}");
}

/// Reads the file again and merges, as the explorer does.
fn merge_in(file: &mut TagsFile, book: &mut TagBook) -> Result<Change> {
    let Some((base, theirs)) = file.reread(book.subject())? else { return Ok(Change::default()) };
    Ok(book.apply(merge(&base, book.features(), &theirs)))
}

#[test]
fn a_change_by_another_program_is_noticed_and_merged() {
    let folder = tempfile::tempdir().unwrap();
    let (mut ours, mut our_book) = TagsFile::open(folder.path(), &subject()).unwrap();
    our_book.apply(toggle(1, tag("NOT")));
    assert_eq!(ours.save(&our_book), Ok(Saved::Written));
    let (mut theirs, mut their_book) = TagsFile::open(folder.path(), &subject()).unwrap();
    their_book.apply(Edit::Many(vec![toggle(1, tag("NOT")), toggle(2, tag("MAYBE"))]));
    assert_eq!(theirs.save(&their_book), Ok(Saved::Written));

    our_book.apply(toggle(3, tag("AMB")));
    let Ok(Saved::ChangedElsewhere(problem)) = ours.save(&our_book) else { panic!("written over") };
    assert!(problem.to_string().contains("changed by another program"), "{problem}");
    assert_eq!(merge_in(&mut ours, &mut our_book).unwrap().to_string(), "2 features");
    assert_eq!(ours.save(&our_book), Ok(Saved::Written));
    let (_, read) = TagsFile::open(folder.path(), &subject()).unwrap();
    assert_eq!(read.features().keys().map(|feature| feature.index.0).collect::<Vec<_>>(), [2, 3]);

    std::fs::remove_file(ours.path()).unwrap();
    assert_eq!(merge_in(&mut ours, &mut our_book), Ok(Change::default()));
    assert_eq!(ours.save(&our_book), Ok(Saved::Written));
}

#[test]
fn programs_that_save_at_once_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    std::thread::scope(|threads| {
        for thread in 0..4 {
            let folder = folder.path();
            threads.spawn(move || {
                let (mut file, mut book) = TagsFile::open(folder, &subject()).unwrap();
                for step in 0..10 {
                    book.apply(toggle(thread * 10 + step, tag("MAYBE")));
                    while file.save(&book).unwrap() != Saved::Written {
                        merge_in(&mut file, &mut book).unwrap();
                    }
                }
            });
        }
    });
    assert_eq!(TagsFile::open(folder.path(), &subject()).unwrap().1.features().len(), 40);
    assert_eq!(names(folder.path()).len(), 2);
}
