//! Tests of saves that fail: what was not saved is shown again, told for its own subject only, and saved when it can be.

use super::*;
use crate::core::submodule::{FeatureId, FeatureIndex};
use crate::core::tags::{Edit, Scope, Tag};

fn subject(model: &str) -> Subject {
    Subject { model: model.to_owned(), dictionaries: "ab".repeat(32) }
}

fn tagged(subject: &Subject) -> TagBook {
    let mut book = TagBook::new(subject.clone());
    let feature = FeatureId { submodule: "mlp_0".parse().unwrap(), index: FeatureIndex(5) };
    book.apply(Edit::Toggle(feature, Scope::Everywhere, Tag::new("FP").unwrap()));
    book
}

/// A saver, the messages that it sends, and the folder of its tags.
fn saver() -> (Saver, Receiver<Incoming>, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let (sender, receiver) = channel();
    let log = Arc::new(Log::open(&folder.path().join("log")));
    (Saver::new(folder.path().join("tags"), sender, log).unwrap(), receiver, folder)
}

/// The next message, in short; a save is tried again every two seconds.
fn next(receiver: &Receiver<Incoming>) -> String {
    match receiver.recv_timeout(Duration::from_secs(20)).unwrap() {
        Incoming::Message(Message::TagsOpened(book, _)) => format!("{} opened, {}", book.subject().model, book.features().len()),
        Incoming::Message(Message::TagsSaved(revision)) => format!("saved {revision}"),
        Incoming::Message(Message::TagsNotSaved(_)) => "not saved".to_owned(),
        Incoming::Message(Message::Failed(_)) => "failed".to_owned(),
        Incoming::Finished(outcome) => format!("finished, {}", if outcome.is_ok() { "saved" } else { "not saved" }),
        _ => "another message".to_owned(),
    }
}

/// Makes saves of `subject` fail until the returned path is removed: a folder in the place of the lock.
fn obstacle(folder: &tempfile::TempDir, subject: &Subject) -> PathBuf {
    let lock = TagsFile::open(&folder.path().join("tags"), subject).unwrap().0.path().with_extension("lock");
    std::fs::create_dir_all(&lock).unwrap();
    lock
}

#[test]
fn tags_that_were_not_saved_are_shown_again_and_saved_when_they_can_be() {
    let (saver, receiver, folder) = saver();
    let (first, second) = (subject("first"), subject("second"));
    let lock = obstacle(&folder, &first);
    saver.open(first.clone());
    assert_eq!(next(&receiver), "first opened, 0");
    saver.save(Box::new(tagged(&first)), 1);
    assert_eq!(next(&receiver), "not saved");
    saver.open(second.clone());
    assert_eq!(next(&receiver), "second opened, 0");
    saver.save(Box::new(tagged(&second)), 2);
    assert_eq!(next(&receiver), "saved 2");
    saver.open(first.clone());
    assert_eq!(next(&receiver), "first opened, 1");
    assert_eq!(next(&receiver), "not saved");
    std::fs::remove_dir(&lock).unwrap();
    assert_eq!(next(&receiver), "saved 1");
    let kept = TagsFile::open(&folder.path().join("tags"), &first).unwrap().1;
    assert_eq!(kept.features(), tagged(&first).features());
}

#[test]
fn what_is_saved_later_is_not_told_of_another_subject() {
    let (saver, receiver, folder) = saver();
    let (first, second) = (subject("first"), subject("second"));
    let lock = obstacle(&folder, &first);
    saver.open(first.clone());
    saver.save(Box::new(tagged(&first)), 1);
    saver.open(second);
    assert_eq!([next(&receiver), next(&receiver), next(&receiver)], ["first opened, 0", "not saved", "second opened, 0"]);
    std::fs::remove_dir(&lock).unwrap();
    saver.finish(LAST_TRIES).unwrap();
    assert_eq!(next(&receiver), "finished, saved");
}

#[test]
fn the_way_out_tries_until_it_works_or_is_given_up() {
    let (saver, receiver, folder) = saver();
    let first = subject("first");
    let lock = obstacle(&folder, &first);
    saver.open(first.clone());
    saver.save(Box::new(tagged(&first)), 1);
    assert_eq!([next(&receiver), next(&receiver)], ["first opened, 0", "not saved"]);
    saver.finish(Duration::ZERO).unwrap();
    assert_eq!(next(&receiver), "finished, not saved");
    saver.finish(LAST_TRIES).unwrap();
    std::fs::remove_dir(&lock).unwrap();
    assert_eq!([next(&receiver), next(&receiver)], ["saved 1", "finished, saved"]);
}
