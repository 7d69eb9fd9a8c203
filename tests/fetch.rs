//! `saescope fetch` against a hub of the test's own: whatever happens, no file has its final name unless it is the file, and every failure
//! is one line with a remedy.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::string_slice,
    clippy::float_cmp,
    clippy::semicolon_if_nothing_returned,
    reason = "a test that cannot go on should panic"
)]

#[path = "support/hub.rs"]
mod hub;
#[path = "support/terminal.rs"]
#[allow(dead_code, reason = "each test binary uses its own part")]
mod terminal;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use saescope::store::hub::cache::{Local, local};
use saescope::store::presets::Presets;

use hub::{Hub, Reply, Repository, Request, hash};
use terminal::{Home, SAESCOPE, files};

/// Two repositories; the large file of each is larger than any buffer on the way.
const PRESETS: &str = r#"
[tiny]
layers = 2
[tiny.model]
repository = "me/tiny"
files = [{ path = "config.json" }, { path = "model.safetensors" }]
[tiny.dictionaries.all]
repository = "me/tiny-sae"
files = [{ path = "{layer}-res-sm/cfg.json" }, { path = "{layer}-res-sm/sae_weights.safetensors" }]
"#;

const FILES: usize = 6;

const LARGE: &str = "/model.safetensors";

fn noise(seed: u32, length: usize) -> Vec<u8> {
    let mut numbers = rand_mt::Mt::new(seed);
    (0..length).map(|_| numbers.next_u32() as u8).collect()
}

fn repositories() -> [Repository; 2] {
    let cfg = |layer: usize| format!("{{\"layer\": {layer}}}").into_bytes();
    [
        Repository::new(
            "me/tiny",
            &[("config.json", b"{}\n".to_vec()), ("model.safetensors", noise(1, 700_001)), ("else", noise(2, 9))],
        ),
        Repository::new(
            "me/tiny-sae",
            &[
                ("0-res-sm/cfg.json", cfg(0)),
                ("0-res-sm/sae_weights.safetensors", noise(3, 300_000)),
                ("1-res-sm/cfg.json", cfg(1)),
                ("1-res-sm/sae_weights.safetensors", noise(4, 300_000)),
            ],
        ),
    ]
}

/// A user with presets of their own, and their cache.
struct User {
    home: Home,
    hub: Hub,
    repositories: [Repository; 2],
}

impl User {
    fn new() -> Self {
        Self::with(|_, _| None)
    }

    /// The hub has a fault.
    fn with(fault: impl Fn(&Request, &Reply) -> Option<Reply> + Send + Sync + 'static) -> Self {
        let home = Home::new();
        fs::write(home.config_file().with_file_name("models.toml"), PRESETS).unwrap();
        let repositories = repositories();
        Self { home, hub: Hub::with(&repositories, fault), repositories }
    }

    /// Another hub from now on.
    fn moves_to(&mut self, fault: impl Fn(&Request, &Reply) -> Option<Reply> + Send + Sync + 'static) {
        self.hub = Hub::with(&self.repositories, fault);
    }

    fn cache(&self) -> PathBuf {
        self.home.file("../huggingface/hub")
    }

    fn command(&self, arguments: &str) -> Command {
        let mut command = self.home.command(arguments);
        command.env("HF_ENDPOINT", self.hub.address()).env("HF_HOME", self.home.file("../huggingface"));
        command
    }

    /// One try, at once.
    fn fetch(&self, more: &str) -> Command {
        self.command(&format!("fetch tiny --retries 0 --wait 0.01 {more}"))
    }

    fn succeeds(&self, mut command: Command) -> String {
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        self.expect_nothing_false();
        String::from_utf8(output.stdout).unwrap()
    }

    /// The one line that says why not.
    fn fails(&self, mut command: Command) -> String {
        self.failed(&command.output().unwrap())
    }

    fn failed(&self, output: &Output) -> String {
        let said = String::from_utf8(output.stderr.clone()).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        let lines: Vec<&str> = said.lines().collect();
        assert!(lines.len() == 1 && said.starts_with("error: ") && said.contains("; "), "{said}");
        self.expect_nothing_false();
        assert!(!self.is_complete());
        said
    }

    fn file<'a>(&self, repository: &'a Repository, path: &str) -> (PathBuf, &'a [u8]) {
        let folder = self.cache().join(format!("models--{}", repository.name.replace('/', "--")));
        (folder.join("snapshots").join(&repository.commit).join(path), &repository.files[path])
    }

    /// The files of the preset, where they should be, with what they should hold.
    fn files(&self) -> Vec<(PathBuf, &[u8])> {
        let all = self.repositories.iter().flat_map(|repository| repository.files.keys().map(move |path| (repository, path)));
        all.filter(|(_, path)| *path != "else").map(|(repository, path)| self.file(repository, path)).collect()
    }

    fn is_complete(&self) -> bool {
        let presets = Presets::load(&self.home.config_file().with_file_name("models.toml")).unwrap();
        let complete = matches!(local(presets.find("tiny").unwrap(), &self.cache()), Local::Complete(_));
        if complete {
            for (path, content) in self.files() {
                assert!(fs::read(&path).unwrap() == content, "{}", path.display());
            }
        }
        complete
    }

    fn expect_complete(&self) {
        assert!(self.is_complete());
        for repository in &self.repositories {
            let folder = self.cache().join(format!("models--{}", repository.name.replace('/', "--")));
            assert_eq!(fs::read_to_string(folder.join("refs/main")).unwrap(), repository.commit);
            let blobs: Vec<String> = files(&folder.join("blobs"));
            let mut expected: Vec<String> =
                repository.files.iter().filter(|(path, _)| *path != "else").map(|(path, content)| hash(path, content)).collect();
            expected.sort();
            assert_eq!(blobs, expected, "the blobs and nothing else");
        }
    }

    /// No file has a final name but is not what it should be.
    fn expect_nothing_false(&self) {
        for repository in &self.repositories {
            let folder = self.cache().join(format!("models--{}", repository.name.replace('/', "--")));
            for blob in files(&folder.join("blobs")) {
                let content = fs::read(folder.join("blobs").join(&blob)).unwrap();
                let is_named = [hash("small", &content), hash(LARGE, &content)].contains(&blob);
                assert!(is_named || blob.ends_with(".incomplete"), "{blob} is not what its name says");
            }
        }
        for (path, content) in self.files() {
            if path.symlink_metadata().is_ok() {
                assert!(fs::read(&path).unwrap() == content, "{}", path.display());
            }
        }
    }

    /// What of the model's weights has arrived.
    fn partial(&self) -> Vec<u8> {
        fs::read(self.incomplete()).unwrap_or_default()
    }

    fn incomplete(&self) -> PathBuf {
        let weights = hash(LARGE, &self.repositories[0].files["model.safetensors"]);
        self.cache().join("models--me--tiny/blobs").join(format!("{weights}.incomplete"))
    }
}

fn is_weights(request: &Request) -> bool {
    request.path.ends_with(LARGE)
}

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
fn what_was_cut_at_any_byte_goes_on_there() {
    for at in [0, 1, 65_535, 65_536, 300_017, 700_000] {
        let mut user = User::with(move |request, usual| is_weights(request).then(|| usual.clone().cut(at)));
        let said = user.fails(user.fetch("--parallel 1"));
        assert!(said.contains("model.safetensors of me/tiny: the connection broke after "), "{said}");
        assert_eq!(user.partial(), user.repositories[0].files["model.safetensors"][..at]);
        user.moves_to(|_, _| None);
        user.succeeds(user.fetch(""));
        user.expect_complete();
        let starts: Vec<usize> =
            user.hub.files_asked().iter().filter(|request| is_weights(request)).map(Request::start).collect();
        assert_eq!(starts, [at]);
    }
}

#[test]
fn a_connection_that_breaks_again_and_again_is_made_again() {
    let user = User::with(|request, usual| is_weights(request).then(|| usual.clone().cut(usual.body.len().min(200_000))));
    user.succeeds(user.command("fetch tiny --retries 3 --wait 0.01"));
    user.expect_complete();
    let starts: Vec<usize> = user.hub.files_asked().iter().filter(|request| is_weights(request)).map(Request::start).collect();
    assert_eq!(starts, [0, 200_000, 400_000, 600_000]);
}

#[test]
fn a_program_that_is_killed_goes_on_where_it_was() {
    let mut user =
        User::with(|request, usual| is_weights(request).then(|| usual.clone().pace(10_000, Duration::from_millis(20))));
    let mut program = user.fetch("").stdout(Stdio::null()).spawn().unwrap();
    let end = Instant::now() + Duration::from_secs(20);
    while user.partial().len() < 50_000 {
        assert!(Instant::now() < end);
        thread::sleep(Duration::from_millis(5));
    }
    program.kill().unwrap();
    program.wait().unwrap();
    user.expect_nothing_false();
    let arrived = user.partial().len();
    assert!((50_000..700_001).contains(&arrived));
    user.moves_to(|_, _| None);
    let said = user.succeeds(user.fetch("--dry-run"));
    assert!(said.contains(" of it here\n"), "{said}");
    user.succeeds(user.fetch(""));
    user.expect_complete();
    let starts: Vec<usize> = user.hub.files_asked().iter().filter(|request| is_weights(request)).map(Request::start).collect();
    assert_eq!(starts, [arrived]);
}

#[test]
fn a_part_that_is_not_of_this_file_is_dropped() {
    for length in [100, 700_001, 800_000] {
        let user = User::new();
        fs::create_dir_all(user.incomplete().parent().unwrap()).unwrap();
        fs::write(user.incomplete(), noise(9, length)).unwrap();
        user.succeeds(user.command("fetch tiny --retries 1 --wait 0.01"));
        user.expect_complete();
    }
}

#[test]
fn a_hub_that_sends_no_parts_sends_all() {
    let user = User::with(|request, _| {
        is_weights(request).then(|| Reply::new(200, repositories()[0].files["model.safetensors"].clone()))
    });
    fs::create_dir_all(user.incomplete().parent().unwrap()).unwrap();
    fs::write(user.incomplete(), &user.repositories[0].files["model.safetensors"][..5000]).unwrap();
    user.succeeds(user.fetch(""));
    user.expect_complete();
}

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
    assert!(said.contains("me/tiny (main) at 127.0.0.1: the hub answers 503: it is in trouble; start again later"), "{said}");
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
    assert!(said.contains("is redirected to nowhere"), "{said}");
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
fn two_programs_at_once_download_each_file_once() {
    let user = User::with(|request, usual| {
        request.path.contains("safetensors").then(|| usual.clone().pace(20_000, Duration::from_millis(10)))
    });
    let start = |_| user.fetch("").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let programs: Vec<_> = (0..3).map(start).collect();
    for program in programs {
        let output = program.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    user.expect_nothing_false();
    user.expect_complete();
    assert_eq!(user.hub.files_asked().len(), FILES, "{:?}", user.hub.files_asked());
}

#[test]
fn a_limit_of_the_disk_is_said_and_what_arrived_is_kept() {
    let user = User::new();
    let mut command = Command::new("sh");
    let program = user.fetch("");
    // The system then answers a write beyond 200 kB with an error, as it does when a disk is full.
    let script = "trap '' XFSZ; ulimit -f 400; exec \"$0\" \"$@\"";
    command.arg("-c").arg(script).arg(SAESCOPE).args(program.get_args()).env_clear();
    command.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?)))).current_dir(user.home.file(""));
    let said = user.fails(command);
    assert!(said.contains(".incomplete: cannot write it: ") && said.contains("free some space"), "{said}");
    user.succeeds(user.fetch(""));
    user.expect_complete();
}

/// A disk of our own, where the system gives one.
struct Disk(PathBuf);

impl Disk {
    fn new(folder: &Path, size: &str) -> Option<Self> {
        fs::create_dir_all(folder).unwrap();
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"]).arg(folder).output();
        mount.is_ok_and(|output| output.status.success()).then(|| Self(folder.to_owned()))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_is_noticed_before_and_during_a_download() {
    let mut user = User::new();
    let Some(disk) = Disk::new(&user.home.file("../huggingface"), "1m") else {
        writeln(&mut std::io::stderr(), "skipped: no tmpfs can be mounted here");
        return;
    };
    let said = user.fails(user.fetch(""));
    assert!(
        said.contains("1.3 MB are needed there, 1.0 MB are free; free some space, or put the cache on another disk"),
        "{said}"
    );
    assert!(user.hub.files_asked().is_empty());
    drop(disk);
    let Some(disk) = Disk::new(&user.home.file("../huggingface"), "2m") else { return };
    // Somebody else fills it during the download.
    let filler = disk.0.join("filler");
    user.moves_to(move |request, usual| {
        let filler = filler.clone();
        let fill = move || drop(fs::write(&filler, vec![0; 2_000_000]));
        is_weights(request)
            .then(|| Reply { meanwhile: Some((200_000, Arc::new(fill))), ..usual.clone() }.pace(50_000, Duration::from_millis(5)))
    });
    let said = user.fails(user.fetch(""));
    assert!(said.contains("cannot write it: No space left on device") && said.contains("free some space"), "{said}");
    fs::remove_file(disk.0.join("filler")).unwrap();
    user.moves_to(|_, _| None);
    user.succeeds(user.fetch(""));
    user.expect_complete();
}

fn writeln(to: &mut impl std::io::Write, line: &str) {
    std::io::Write::write_all(to, format!("{line}\n").as_bytes()).unwrap();
}

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
        said.starts_with("error: tiny: 6 of 6 files are missing, first config.json of me/tiny; unset HF_HUB_OFFLINE"),
        "{said}"
    );
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
fn a_hub_that_is_not_there_is_said() {
    let user = User::new();
    let mut command = user.fetch("");
    command.env("HF_ENDPOINT", "http://127.0.0.1:1");
    let said = user.fails(command);
    assert!(said.contains("me/tiny (main) at 127.0.0.1:1: cannot be reached: ") && said.contains("HF_HUB_OFFLINE=1"), "{said}");
    for (name, value, says) in [
        ("HF_ENDPOINT", "hub", "HF_ENDPOINT: 'hub' is no address; use one such as https://huggingface.co"),
        ("HF_HUB_DOWNLOAD_TIMEOUT", "soon", "HF_HUB_DOWNLOAD_TIMEOUT: 'soon' is no time; use a number of seconds"),
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
    assert!(said.contains("model 'pythia': is not known; use pythia-70m or tiny, or describe it in "), "{said}");
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
}

#[test]
fn a_model_that_is_not_here_says_how_to_get_it() {
    let user = User::new();
    let said = user.fails(user.command("run --model tiny"));
    assert!(said.contains("error: --model tiny: 6 of 6 files are not in "), "{said}");
    assert!(
        said.contains("; download them with `saescope fetch tiny`, or give folders with --model DIR --dictionaries DIR"),
        "{said}"
    );
}

/// A repository that holds a folder of the reference model.
fn real(name: &str, folder: &Path) -> Repository {
    let mut found: Vec<(String, Vec<u8>)> = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().display().to_string();
                found.push((name, fs::read(&path).unwrap()));
            }
        }
    }
    let files: Vec<(&str, Vec<u8>)> = found.iter().map(|(path, content)| (path.as_str(), content.clone())).collect();
    Repository::new(name, &files)
}

/// A home whose presets name the reference model and its dictionaries, with data for it, and their hub.
fn real_home(fault: impl Fn(&Request, &Reply) -> Option<Reply> + Send + Sync + 'static) -> (Home, Hub) {
    let reference = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/reference");
    let home = Home::new();
    let hub = Hub::with(&[real("me/model", &reference.join("model")), real("me/sae", &reference.join("saelens"))], fault);
    let kinds = ["att", "mlp", "res"].map(|kind| {
        format!("{{ path = \"{{layer}}-{kind}-sm/cfg.json\" }}, {{ path = \"{{layer}}-{kind}-sm/sae_weights.safetensors\" }}")
    });
    let presets = format!(
        "[real]\nname = \"tiny-neox\"\nlayers = 3\n[real.model]\nrepository = \"me/model\"\n\
         files = [{{ path = \"config.json\" }}, {{ path = \"model.safetensors\" }}]\n\
         [real.dictionaries.all]\nrepository = \"me/sae\"\nfiles = [{}]\n",
        kinds.join(", ")
    );
    fs::write(home.config_file().with_file_name("models.toml"), presets).unwrap();
    let pair = r#"{"clean_prefix": [1, 2], "patch_prefix": [3, 2], "clean_answer": 5, "patch_answer": 6}"#;
    fs::write(home.file("pairs.json"), format!("{pair}\n")).unwrap();
    (home, hub)
}

#[test]
fn a_fetched_model_is_computed() {
    let (home, hub) = real_home(|_, _| None);
    let command = |arguments: &str| {
        let mut command = home.command(arguments);
        command.env("HF_ENDPOINT", hub.address());
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let said = command("fetch real");
    assert!(said.contains("real is complete: 20 files"), "{said}");
    let said = command("run --model real --pairs pairs.json --output run");
    assert!(said.contains("tiny-neox"), "{said}");
    assert!(command("check run").contains("hold"));
}

#[test]
fn the_explorer_downloads_and_computes() {
    let ready = Arc::new(AtomicBool::new(false));
    let is_ready = Arc::clone(&ready);
    let (home, hub) = real_home(move |request, usual| {
        let waits = request.path.ends_with(LARGE) && !is_ready.load(Ordering::SeqCst);
        waits.then(|| usual.clone().pace(1_000, Duration::from_millis(10)))
    });
    let mut program = home.explore("--model real --pairs pairs.json", &[&format!("HF_ENDPOINT={}", hub.address())]);
    program.wait_for("real is not on this machine; fetch, key D, downloads it");
    program.press("D");
    program.wait_for("20 of 20 files; Enter downloads in the background");
    program.press("\r");
    program.wait_for("real: downloading");
    program.wait_for("Esc stops");
    program.press("\x1b");
    program.wait_for("the download of real was cancelled; what has arrived is kept");
    ready.store(true, Ordering::SeqCst);
    program.press("D");
    program.wait_for("Enter downloads in the background");
    program.press("\r");
    program.wait_for("computed now");
    assert!(program.shown().contains("tiny-neox"), "{}", program.shown());
    program.press("q");
    assert_eq!(program.ended(), Some(0));
    let starts: Vec<usize> = hub.asked().iter().filter(|request| is_weights(request)).map(Request::start).collect();
    assert!(starts.len() == 2 && starts[0] == 0 && starts[1] > 0, "the second goes on where the first ended: {starts:?}");
    assert!(home.log().contains("download 2: complete"), "{}", home.log());
}
