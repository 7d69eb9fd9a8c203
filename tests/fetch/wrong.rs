//! A hub that sends what the file is not.

use std::fs;

use crate::hub::{Hub, Reply, Request, hash};
use crate::user::{LARGE, PRESETS, User, is_weights, repositories};

#[test]
fn a_wrong_size_is_noticed() {
    let tell = |told: Option<usize>, length: usize| {
        move |request: &Request, usual: &Reply| {
            let body = usual.body.iter().copied().cycle().take(length).collect::<Vec<u8>>();
            is_weights(request).then(|| Reply { told, ..Reply::new(usual.status, body) })
        }
    };
    for (told, length, says) in [
        (Some(700_000), 700_000, "the hub sends 700000 bytes of a file that has 700001"),
        (Some(900_000), 900_000, "the hub sends 900000 bytes of a file that has 700001"),
        (None, 600_000, "the connection ended after 600.0 kB of 700.0 kB"),
    ] {
        let user = User::with(tell(told, length));
        let said = user.fails(user.fetch(""));
        assert!(said.contains(says), "{said}");
    }
    let user = User::with(|request, usual| {
        (is_weights(request) && request.start() > 0)
            .then(|| Reply::new(206, usual.body.clone()).header("Content-Range", "bytes 5000-700001/700002"))
    });
    fs::create_dir_all(user.incomplete().parent().unwrap()).unwrap();
    fs::write(user.incomplete(), &user.repositories[0].files["model.safetensors"][..5000]).unwrap();
    let said = user.fails(user.fetch(""));
    assert!(said.contains("the hub sends 700002 bytes of a file that has 700001"), "{said}");
}

#[test]
fn a_wrong_hash_is_noticed() {
    for path in ["/config.json", LARGE] {
        let user = User::with(move |request, usual| {
            let mut wrong = usual.clone();
            if let Some(byte) = wrong.body.last_mut() {
                *byte ^= 1;
            }
            request.path.ends_with(path).then_some(wrong)
        });
        let said = user.fails(user.fetch(""));
        assert!(said.contains(": what arrives is another file: ") && said.contains("the hub says "), "{said}");
        assert!(path != LARGE || !user.incomplete().exists(), "it is of no use for the next try");
    }
}

#[test]
fn a_hub_that_lies_about_names_gets_nowhere() {
    for (wrong, right) in [("../../../evil", "commit"), ("../evil", "hash")] {
        let user = User::with(move |request, usual| {
            let text = String::from_utf8_lossy(&usual.body).into_owned();
            let commit = &repositories()[0].commit;
            let hash = hash(LARGE, &repositories()[0].files["model.safetensors"]);
            let lie = if right == "commit" { text.replace(commit, wrong) } else { text.replace(&hash, wrong) };
            request.path.starts_with("/api/models/me/tiny/").then(|| Reply::new(200, lie))
        });
        let said = user.fails(user.fetch(""));
        assert!(said.contains(wrong) && said.contains("check HF_ENDPOINT"), "{said}");
        assert!(!user.cache().exists());
    }
}

#[test]
fn a_pinned_commit_is_that_commit_or_nothing() {
    let user = User::new();
    let models = user.home.config_file().with_file_name("models.toml");
    let pin = |commit: &str| {
        let pinned =
            PRESETS.replace("repository = \"me/tiny\"\n", &format!("repository = \"me/tiny\"\nrevision = \"{commit}\"\n"));
        fs::write(&models, pinned).unwrap();
    };
    // A mirror that knows only one revision.
    let mirror = User::with(|request, _| {
        let known = repositories()[0].commit.clone();
        request
            .path
            .starts_with("/api/models/me/tiny/revision/0123")
            .then(|| Reply::new(200, format!("{{\"sha\": \"{known}\", \"siblings\": []}}")))
    });
    pin(&"0123456789".repeat(4));
    let mut command = user.fetch("");
    command.env("HF_ENDPOINT", mirror.hub.address());
    let said = user.fails(command);
    let expected =
        format!("the hub answers with commit {} instead of the pinned one; correct the revision", user.repositories[0].commit);
    assert!(said.contains(&expected), "{said}");
    // The right one, whichever case its letters have.
    pin(&user.repositories[0].commit.to_ascii_uppercase());
    let upper = user.repositories[0].commit.to_ascii_uppercase();
    let commit = user.repositories[0].commit.clone();
    let usual = Hub::with(&user.repositories, move |request, _| {
        let path = request.path.replace(&upper, &commit);
        (path != request.path).then(|| Reply::new(307, "").header("Location", &path))
    });
    let mut command = user.fetch("");
    command.env("HF_ENDPOINT", usual.address());
    assert!(user.succeeds(command).contains("tiny is complete: 6 files"));
    let (path, content) = user.file(&user.repositories[0], "model.safetensors");
    assert_eq!(fs::read(path).unwrap(), content);
}
