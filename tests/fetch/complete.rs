//! A download that nothing disturbs: what it leaves in the cache, what is asked, and what Python left there before.

use std::fs;
use std::os::unix::fs::symlink;

use crate::hub::hash;
use crate::terminal::files;
use crate::user::{FILES, LARGE, PRESETS, User, noise};

#[test]
fn a_download_is_complete_and_a_second_one_downloads_nothing() {
    let user = User::new();
    let said = user.succeeds(user.fetch("--dry-run"));
    assert!(said.contains("tiny: 6 files, 1.3 MB; 0 are here and checked, 1.3 MB to come into"), "{said}");
    assert!(said.contains("   300.0 kB  1-res-sm/sae_weights.safetensors\n"), "{said}");
    assert!(!user.cache().exists() && user.hub.files_asked().is_empty(), "a dry run writes nothing");
    let said = user.succeeds(user.fetch(""));
    assert!(said.contains("tiny is complete: 6 files, 1.3 MB, checked by hash"), "{said}");
    user.expect_complete();
    assert_eq!(user.hub.files_asked().len(), FILES, "each file once, and no other");
    let said = user.succeeds(user.fetch(""));
    assert!(said.contains(": all here") && !said.contains("to come\n"), "{said}");
    assert_eq!(user.hub.files_asked().len(), FILES);
    for request in user.hub.asked() {
        assert_eq!(request.headers["user-agent"], concat!("saescope/", env!("CARGO_PKG_VERSION")));
        assert_eq!(request.token(), None);
    }
}

#[test]
fn what_python_downloaded_is_used_as_it_is() {
    let user = User::new();
    let repository = &user.repositories[0];
    let folder = user.cache().join("models--me--tiny");
    // As huggingface_hub leaves it: a blob with a link to it, and a blob of another commit that has no link here yet.
    let (named, content) = user.file(repository, "model.safetensors");
    let blob = hash(LARGE, content);
    fs::create_dir_all(folder.join("blobs")).unwrap();
    fs::create_dir_all(named.parent().unwrap()).unwrap();
    fs::write(folder.join("blobs").join(&blob), content).unwrap();
    symlink(format!("../../blobs/{blob}"), &named).unwrap();
    let config = &repository.files["config.json"];
    fs::write(folder.join("blobs").join(hash("config.json", config)), config).unwrap();
    fs::create_dir_all(folder.join("refs")).unwrap();
    fs::write(folder.join("refs/main"), &repository.commit).unwrap();
    let said = user.succeeds(user.fetch(""));
    assert!(said.contains(&format!("me/tiny main {}: all here\n", repository.commit)), "{said}");
    assert!(user.hub.files_asked().iter().all(|request| request.path.contains("tiny-sae")), "{:?}", user.hub.files_asked());
    user.expect_complete();
}

#[test]
fn a_pinned_commit_is_fetched() {
    let user = User::new();
    let commit = &user.repositories[1].commit;
    let presets =
        PRESETS.replace("repository = \"me/tiny-sae\"", &format!("repository = \"me/tiny-sae\"\nrevision = \"{commit}\""));
    fs::write(user.home.config_file().with_file_name("models.toml"), presets).unwrap();
    user.succeeds(user.fetch(""));
    assert!(user.is_complete());
    assert!(!user.cache().join("models--me--tiny-sae/refs").exists(), "a commit needs no name");
    let mut command = user.fetch("");
    command.env("HF_HUB_CACHE", user.home.file("elsewhere"));
    user.succeeds(command);
    assert_eq!(files(&user.home.file("elsewhere")), [".locks", "models--me--tiny", "models--me--tiny-sae"]);
}

#[test]
fn a_branch_that_moved_is_not_followed_unasked() {
    let mut user = User::new();
    user.succeeds(user.fetch(""));
    let first = user.repositories[0].commit.clone();
    let before = user.files().into_iter().map(|(path, content)| (path, content.to_vec())).collect::<Vec<_>>();
    // Something else changed in the repository: the files are the same.
    user.repositories[0].files.insert("else".to_owned(), noise(11, 10));
    user.repositories[0].commit_all();
    user.moves_to(|_, _| None);
    user.succeeds(user.fetch(""));
    assert!(user.hub.files_asked().is_empty());
    user.expect_complete();
    user.repositories[0].files.insert("model.safetensors".to_owned(), noise(12, 700_001));
    user.repositories[0].commit_all();
    user.moves_to(|_, _| None);
    let output = user.fetch("").output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(said.contains("me/tiny (main): model.safetensors is another file (sha256:"), "{said}");
    assert!(said.contains(&format!("keep the old one with revision = \"{first}\" in models.toml")), "{said}");
    assert!(before.iter().all(|(path, content)| fs::read(path).unwrap() == *content), "what is here stays");
    user.succeeds(user.command("fetch tiny --accept-changes"));
    assert!(user.is_complete());
    // From now on that is what must not change.
    user.succeeds(user.fetch(""));
}
