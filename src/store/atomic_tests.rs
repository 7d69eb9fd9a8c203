//! Tests of whole writes: what is refused before the work, and what another program does in the meantime.

use super::*;

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn nothing_is_left_behind_without_a_commit() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("run");
    drop(AtomicFile::reserve(&target).unwrap());
    assert!(files(folder.path()).is_empty());
    AtomicFile::reserve(&target).unwrap().commit(b"abc").unwrap();
    assert_eq!(std::fs::read(&target).unwrap(), b"abc");
    AtomicFile::reserve(&target).unwrap().commit(b"def").unwrap();
    assert_eq!(std::fs::read(&target).unwrap(), b"def");
    assert_eq!(files(folder.path()), ["run"]);
}

#[test]
fn what_cannot_be_written_is_noticed_at_once_by_every_write() {
    let home = tempfile::tempdir().unwrap();
    let read_only = home.path().join("read-only");
    std::fs::write(&read_only, "old").unwrap();
    let mut permissions = std::fs::metadata(&read_only).unwrap().permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(&read_only, permissions).unwrap();
    let broken = home.path().join("broken");
    #[cfg(unix)]
    std::os::unix::fs::symlink("nowhere", &broken).unwrap();
    for (target, says) in [
        (home.path().join("missing/run"), "cannot be written: No such file"),
        (home.path().to_owned(), "is a folder"),
        (home.path().join("a".repeat(300)), "cannot be written: File name too long"),
        (read_only.join("run"), "cannot be written: Not a directory"),
        (read_only.clone(), "is read-only"),
        (broken.clone(), "is a broken link"),
        (PathBuf::from("/dev/null"), "is a device or pipe"),
    ] {
        let before = files(home.path());
        let reserved = AtomicFile::reserve(&target).err().unwrap().to_string();
        assert!(reserved.contains(says), "{reserved}");
        let written = write(&target, b"new").unwrap_err().to_string();
        assert!(written.contains(says), "{written}");
        assert_eq!(files(home.path()), before);
    }
    assert_eq!(std::fs::read(&read_only).unwrap(), b"old");
}

#[cfg(unix)]
#[test]
fn every_write_follows_links() {
    let folder = tempfile::tempdir().unwrap();
    let (file, link) = (folder.path().join("file"), folder.path().join("link"));
    std::fs::write(&file, "old").unwrap();
    std::os::unix::fs::symlink(&file, &link).unwrap();
    AtomicFile::reserve(&link).unwrap().commit(b"new").unwrap();
    assert_eq!(std::fs::read(&file).unwrap(), b"new");
    write(&link, b"newer").unwrap();
    assert_eq!(std::fs::read(&file).unwrap(), b"newer");
    assert!(link.is_symlink());
}

/// A link that means another file by the time the result is there was moved by somebody: neither file is what was asked for.
#[cfg(unix)]
#[test]
fn a_link_that_was_moved_meanwhile_replaces_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let [one, other, link] = ["one", "other", "link"].map(|name| folder.path().join(name));
    std::fs::write(&one, "one").unwrap();
    std::fs::write(&other, "other").unwrap();
    std::os::unix::fs::symlink(&one, &link).unwrap();
    let file = AtomicFile::reserve(&link).unwrap();
    std::fs::remove_file(&link).unwrap();
    std::os::unix::fs::symlink(&other, &link).unwrap();
    let told = file.commit(b"new").unwrap_err().to_string();
    assert_eq!([&one, &other].map(|file| std::fs::read_to_string(file).unwrap()), ["one", "other"]);
    assert!(told.contains("one-2"), "{told}");
    assert_eq!(std::fs::read_to_string(folder.path().join("one-2")).unwrap(), "new");
}

#[cfg(unix)]
#[test]
fn an_existing_file_keeps_its_permissions() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("file");
    std::fs::write(&target, "old").unwrap();
    std::fs::set_permissions(&target, PermissionsExt::from_mode(0o640)).unwrap();
    write(&target, b"new").unwrap();
    AtomicFile::reserve(&target).unwrap().commit(b"newer").unwrap();
    assert_eq!(std::fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o640);
}

/// What another program does to the target while the result is computed.
type Meanwhile = fn(&Path);

#[test]
fn a_file_of_another_program_stays_and_the_result_goes_beside_it() {
    let write_other = |path: &Path| std::fs::write(path, "other").unwrap();
    let cases: [(Option<&str>, Meanwhile, &str, Option<&str>); 6] = [
        (None, |_| {}, "result", None),
        (Some("old"), |_| {}, "result", None),
        (Some("old"), |path| std::fs::remove_file(path).unwrap(), "result", None),
        (None, write_other, "other", Some("result")),
        (Some("old"), write_other, "other", Some("result")),
        // The same length, as a whole file of another program.
        (Some("OTHER"), |path| write(path, b"other").unwrap(), "other", Some("result")),
    ];
    for (before, meanwhile, there, beside) in cases {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("run.safetensors");
        if let Some(before) = before {
            std::fs::write(&target, before).unwrap();
        }
        let file = AtomicFile::reserve(&target).unwrap();
        meanwhile(&target);
        let outcome = file.commit(b"result");
        assert_eq!(std::fs::read_to_string(&target).unwrap(), there);
        assert_eq!(std::fs::read_to_string(folder.path().join("run-2.safetensors")).ok().as_deref(), beside);
        assert_eq!(files(folder.path()).len(), 1 + usize::from(beside.is_some()));
        if beside.is_none() {
            outcome.unwrap();
        } else {
            let problem = outcome.unwrap_err().to_string();
            assert!(problem.contains("in the meantime") && problem.contains("run-2.safetensors: keep"), "{problem}");
        }
    }
}

#[test]
fn several_writers_of_one_new_name_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("run");
    let files_of = [b"0", b"1", b"2", b"3"].map(|bytes| (AtomicFile::reserve(&target).unwrap(), bytes));
    let outcomes = std::thread::scope(|scope| {
        let threads = files_of.map(|(file, bytes)| scope.spawn(move || file.commit(bytes)));
        threads.map(|thread| thread.join().unwrap())
    });
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert_eq!(files(folder.path()), ["run", "run-2", "run-3", "run-4"]);
    let mut written: Vec<_> = files(folder.path()).iter().map(|name| std::fs::read(folder.path().join(name)).unwrap()).collect();
    written.sort();
    assert_eq!(written, [b"0", b"1", b"2", b"3"]);
}

#[test]
fn several_writers_over_one_file_lose_nothing() {
    for _ in 0..20 {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("run");
        std::fs::write(&target, "old").unwrap();
        let files_of = [b"0", b"1", b"2", b"3"].map(|bytes| (AtomicFile::reserve(&target).unwrap(), bytes));
        let outcomes = std::thread::scope(|scope| {
            let threads = files_of.map(|(file, bytes)| scope.spawn(move || file.commit(bytes).is_ok()));
            threads.map(|thread| thread.join().unwrap())
        });
        assert_eq!(outcomes.iter().filter(|outcome| **outcome).count(), 1);
        let first = outcomes.iter().position(|outcome| *outcome).unwrap();
        assert_eq!(std::fs::read_to_string(&target).unwrap(), first.to_string());
        let mut written: Vec<_> =
            files(folder.path()).iter().map(|name| std::fs::read(folder.path().join(name)).unwrap()).collect();
        written.sort();
        assert_eq!(written, [b"0", b"1", b"2", b"3"]);
    }
}

/// The permissions of what another program put there are its own: a result that only root can read, or that may be run, is none.
#[cfg(unix)]
#[test]
fn a_result_beside_has_the_permissions_of_any_new_file() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let mode = |name: &str| std::fs::metadata(folder.path().join(name)).unwrap().permissions().mode() & 0o7777;
    std::fs::write(folder.path().join("any"), "").unwrap();
    for (other, permissions) in [("one", 0o4755), ("two", 0o000), ("three", 0o444)] {
        let target = folder.path().join(other);
        let file = AtomicFile::reserve(&target).unwrap();
        std::fs::write(&target, "other").unwrap();
        std::fs::set_permissions(&target, PermissionsExt::from_mode(permissions)).unwrap();
        file.commit(b"result").unwrap_err();
        assert_eq!((mode(&format!("{other}-2")), mode(other)), (mode("any"), permissions), "{other}");
    }
    let file = AtomicFile::reserve(&folder.path().join("four")).unwrap();
    std::fs::create_dir(folder.path().join("four")).unwrap();
    file.commit(b"result").unwrap_err();
    assert_eq!(mode("four-2"), mode("any"));
}

#[test]
fn a_new_file_replaces_none() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("new");
    write_new(&target, b"first").unwrap();
    let problem = write_new(&target, b"second").unwrap_err().to_string();
    assert!(problem.ends_with("is there already; choose another file name"), "{problem}");
    assert_eq!(std::fs::read(&target).unwrap(), b"first");
    assert_eq!(files(folder.path()), ["new"]);
}

#[test]
fn the_lock_of_a_write_ends_although_a_program_that_is_being_started_has_the_file_open_too() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("run");
    let temporary = filled(&target, b"abc").unwrap();
    // A child process has such a copy until it runs its own program.
    let _copy = temporary.as_file().try_clone().unwrap();
    temporary.persist(&target).unwrap();
    std::fs::File::open(&target).unwrap().try_lock_shared().unwrap();
}
