//! What is said of the files without a hub.

use std::fs;

use crate::user::{User, noise};

#[test]
fn without_the_network_what_is_here_is_checked() {
    let user = User::new();
    let offline = || {
        let mut command = user.fetch("");
        command.env("HF_HUB_OFFLINE", "1").env("HF_ENDPOINT", "http://127.0.0.1:1");
        command
    };
    let said = user.fails(offline());
    assert!(
        said.starts_with(
            "error: tiny: 6 of 6 files are missing: config.json of me/tiny, model.safetensors of me/tiny, 0-res-sm/cfg.json of \
             me/tiny-sae, 1-res-sm/cfg.json of me/tiny-sae, 2 more; unset HF_HUB_OFFLINE"
        ),
        "{said}"
    );
    let mut dry = user.fetch("--dry-run");
    let said = user.succeeds({
        dry.env("HF_HUB_OFFLINE", "1").env("HF_ENDPOINT", "http://127.0.0.1:1");
        dry
    });
    assert!(said.starts_with("tiny: 6 files, ") && said.contains("6 missing here; the hub was not asked"), "{said}");
    assert!(user.hub.asked().is_empty());
    user.succeeds(user.fetch(""));
    let said = user.succeeds(offline());
    assert_eq!(said, "tiny is complete: 6 files, 1.3 MB, 6 checked by hash; the hub was not asked (HF_HUB_OFFLINE)\n");
    let weights = user.file(&user.repositories[0], "model.safetensors").0.canonicalize().unwrap();
    let whole = fs::read(&weights).unwrap();
    fs::write(&weights, noise(7, whole.len())).unwrap();
    let said = String::from_utf8(offline().output().unwrap().stderr).unwrap();
    assert!(said.contains("is damaged: sha256:") && said.contains("; unset HF_HUB_OFFLINE and fetch again"), "{said}");
    // With the hub it is mended.
    let said = user.succeeds(user.fetch(""));
    assert!(said.contains("model.safetensors, damaged here"), "{said}");
    user.expect_complete();
}

#[test]
fn a_model_that_is_not_here_says_how_to_get_it() {
    let user = User::new();
    let said = user.fails(user.command("run --model tiny"));
    let cache = user.cache().display().to_string();
    assert!(
        said.starts_with(&format!("error: --model tiny, in {cache}: 6 of 6 files are missing: config.json of me/tiny, ")),
        "{said}"
    );
    assert!(
        said.contains("; download them with `saescope fetch tiny`, or give folders with --model DIR --dictionaries DIR"),
        "{said}"
    );
}
