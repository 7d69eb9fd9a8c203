//! A hub that refuses, asks to wait, redirects or is not there.

use std::fs;
use std::process::Command;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crate::hub::{Hub, Reply, Request};
use crate::user::{LARGE, User, is_weights, repositories};

#[test]
fn refusals_say_what_to_do() {
    let cases = [
        (
            401,
            None,
            "the hub answers 401: it does not exist, or only for those with a token; check the repository in models.toml",
        ),
        (401, Some("secret"), "the hub answers 401: the token is not accepted; log in again"),
        (403, Some("secret"), "the hub answers 403: access is denied; open the repository's page"),
        (404, None, "the hub answers 404: there is no such repository, revision or file; check repository"),
        (418, None, "the hub answers 418: which is not understood"),
    ];
    for (status, token, says) in cases {
        for place in ["/api/models/me/tiny-sae/", LARGE] {
            let user = User::with(move |request, _| request.path.contains(place).then(|| Reply::new(status, "no")));
            let mut command = user.command("fetch tiny --retries 5 --wait 100");
            command.envs(token.map(|token| ("HF_TOKEN", token)));
            let said = user.fails(command);
            assert!(said.contains(says) && said.contains("me/tiny") && !said.contains("secret"), "{said}");
            assert_eq!(
                user.hub.asked().iter().filter(|request| request.path.contains(place)).count(),
                1,
                "it is not asked again"
            );
        }
    }
}

#[test]
fn a_file_that_the_repository_does_not_have_is_named() {
    let mut user = User::new();
    user.repositories[1].files.remove("1-res-sm/cfg.json");
    user.moves_to(|_, _| None);
    let said = user.fails(user.fetch(""));
    assert_eq!(said, "error: me/tiny-sae: has no file 1-res-sm/cfg.json at main; correct files or revision in models.toml\n");
}

#[test]
fn who_is_asked_to_wait_waits() {
    for (name, value) in [("Retry-After", "1"), ("RateLimit", "\"resolvers\";r=0;t=1")] {
        let user = User::with(move |request, _| {
            (is_weights(request) && request.before == 0).then(|| Reply::new(429, "slow down").header(name, value))
        });
        let start = Instant::now();
        // Without the header it would be asked again after an hour.
        user.succeeds(user.command("fetch tiny --retries 1 --wait 3600"));
        assert!(start.elapsed() >= Duration::from_secs(1), "{:?}", start.elapsed());
        user.expect_complete();
    }
    let user = User::with(|request, _| is_weights(request).then(|| Reply::new(429, "").header("Retry-After", "86400")));
    let said = user.fails(user.command("fetch tiny --wait 0.01"));
    assert!(said.contains("too many requests, and asks to wait 86400 s; start again after that"), "{said}");
    let user = User::with(|request, _| is_weights(request).then(|| Reply::new(429, "")));
    let said = user.fails(user.command("fetch tiny --retries 2 --wait 0.01"));
    assert!(said.contains("the hub answers 429: too many requests; start again in some minutes"), "{said}");
    assert_eq!(user.hub.asked().iter().filter(|request| is_weights(request)).count(), 3);
}

#[test]
fn a_hub_in_trouble_is_asked_again() {
    let trouble = |request: &Request, _: &Reply| (request.before < 2).then(|| Reply::new(503, "restarting"));
    let user = User::with(trouble);
    user.succeeds(user.command("fetch tiny --retries 2 --wait 0.01"));
    user.expect_complete();
    let user = User::with(trouble);
    let said = user.fails(user.command("fetch tiny --retries 1 --wait 0.01"));
    assert!(said.contains(" (main) at 127.0.0.1: the hub answers 503: it is in trouble; start again later"), "{said}");
}

#[test]
fn a_token_goes_to_the_hub_and_no_further() {
    let elsewhere = Arc::new(Hub::new(&repositories()));
    let to = elsewhere.address();
    let user = User::with(move |request, _| {
        if request.path.starts_with("/old") {
            // A repository that was renamed: on the same host.
            return None;
        }
        is_weights(request).then(|| Reply::redirect(&format!("{to}{}", request.path)))
    });
    fs::create_dir_all(user.home.file("../huggingface")).unwrap();
    fs::write(user.home.file("../huggingface/token"), "from-the-file\n").unwrap();
    user.succeeds(user.fetch(""));
    user.expect_complete();
    assert!(user.hub.asked().iter().all(|request| request.token() == Some("Bearer from-the-file")));
    assert_eq!(elsewhere.asked().len(), 1);
    assert!(elsewhere.asked().iter().all(|request| request.token().is_none()), "{:?}", elsewhere.asked());

    let user = User::with(|request, usual| {
        if let Some(path) = request.path.strip_prefix("/new") {
            let content = &repositories()[0].files["model.safetensors"];
            return path.ends_with(LARGE).then(|| Reply::new(200, content.clone()));
        }
        (is_weights(request) && usual.status == 200).then(|| Reply::redirect(&format!("/new{}", request.path)))
    });
    let mut command = user.fetch("");
    user.succeeds(std::mem::replace(command.env("HF_TOKEN", "from-outside"), Command::new("true")));
    user.expect_complete();
    let moved: Vec<Request> = user.hub.asked().into_iter().filter(|request| request.path.starts_with("/new")).collect();
    assert!(moved.len() == 1 && moved[0].token() == Some("Bearer from-outside"));

    let user = User::with(|request, _| is_weights(request).then(|| Reply::redirect(&request.path)));
    let said = user.fails(user.fetch(""));
    assert!(said.contains("is redirected more than 10 times"), "{said}");
    let user = User::with(|request, _| is_weights(request).then(|| Reply::redirect("file:///etc/passwd")));
    let said = user.fails(user.fetch(""));
    assert!(said.contains("is redirected to 'file:///etc/passwd', which is not followed"), "{said}");
}

#[test]
fn a_trickle_is_no_download() {
    // Silence, one byte now and then, and no answer at all.
    let faults: [fn(&Reply) -> Reply; 3] = [
        |usual| usual.clone().pace(5000, Duration::from_mins(1)),
        |usual| usual.clone().pace(1, Duration::from_millis(20)),
        |usual| usual.clone(),
    ];
    for (index, fault) in faults.into_iter().enumerate() {
        let mut user = User::with(move |request, usual| {
            if index == 2 && is_weights(request) {
                thread::sleep(Duration::from_mins(1));
            }
            is_weights(request).then(|| fault(usual))
        });
        let mut command = user.fetch("");
        command.env("HF_HUB_DOWNLOAD_TIMEOUT", "0.4");
        let start = Instant::now();
        let said = user.fails(command);
        assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
        let says = ["almost nothing arrived for 0.4 s", "almost nothing arrived for 0.4 s", "no answer within 0.4 s"][index];
        assert!(said.contains(says), "{index}: {said}");
        user.moves_to(|_, _| None);
        user.succeeds(user.fetch(""));
        user.expect_complete();
    }
}

#[test]
fn a_hub_that_is_not_there_is_said() {
    let user = User::new();
    let mut command = user.fetch("");
    command.env("HF_ENDPOINT", "http://127.0.0.1:1");
    let said = user.fails(command);
    assert!(said.contains(" (main) at 127.0.0.1:1: cannot be reached: ") && said.contains("HF_HUB_OFFLINE=1"), "{said}");
    for (name, value, says) in [
        ("HF_ENDPOINT", "hub", "HF_ENDPOINT: 'hub' is not an address; use one such as https://huggingface.co"),
        ("HF_HUB_DOWNLOAD_TIMEOUT", "soon", "HF_HUB_DOWNLOAD_TIMEOUT: 'soon' is not a time; use a number of seconds"),
        ("HF_TOKEN", "two words", "HF_TOKEN: holds no token"),
    ] {
        let mut command = user.fetch("");
        command.env(name, value);
        let said = user.fails(command);
        assert!(said.contains(says), "{said}");
    }
    // A network that wants a login answers everything with a page.
    let user = User::with(|_, _| Some(Reply::new(200, "<html>Welcome to the hotel</html>")));
    let said = user.fails(user.fetch(""));
    assert!(said.contains("the answer is not that of a hub") && said.contains("whether the network wants a login"), "{said}");
    let said = user.fails(user.command("fetch pythia"));
    assert!(said.contains("model 'pythia': is not known; use gemma-2-2b or gpt2-small or llama-3.1-8b or pythia-160m or pythia-70m or tiny, or describe it in "), "{said}");
}
