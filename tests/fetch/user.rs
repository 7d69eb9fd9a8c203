//! A user with presets of their own, a cache, and a hub: what a download says, and what it leaves.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use saescope::store::hub::cache::{Local, local};
use saescope::store::presets::Presets;

use crate::hub::{Hub, Reply, Repository, Request, hash};
use crate::terminal::{Home, files};

/// Two repositories; the large file of each is larger than any buffer on the way.
pub const PRESETS: &str = r#"
[tiny]
layers = 2
[tiny.model]
repository = "me/tiny"
files = [{ path = "config.json" }, { path = "model.safetensors" }]
[tiny.dictionaries.all]
repository = "me/tiny-sae"
files = [{ path = "{layer}-res-sm/cfg.json" }, { path = "{layer}-res-sm/sae_weights.safetensors" }]
"#;

pub const FILES: usize = 6;

pub const LARGE: &str = "/model.safetensors";

pub fn noise(seed: u32, length: usize) -> Vec<u8> {
    let mut numbers = rand_mt::Mt::new(seed);
    (0..length).map(|_| numbers.next_u32() as u8).collect()
}

pub fn repositories() -> [Repository; 2] {
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
pub struct User {
    pub home: Home,
    pub hub: Hub,
    pub repositories: [Repository; 2],
}

impl User {
    pub fn new() -> Self {
        Self::with(|_, _| None)
    }

    /// The hub has a fault.
    pub fn with(fault: impl Fn(&Request, &Reply) -> Option<Reply> + Send + Sync + 'static) -> Self {
        let home = Home::new();
        fs::write(home.config_file().with_file_name("models.toml"), PRESETS).unwrap();
        let repositories = repositories();
        Self { home, hub: Hub::with(&repositories, fault), repositories }
    }

    /// Another hub from now on.
    pub fn moves_to(&mut self, fault: impl Fn(&Request, &Reply) -> Option<Reply> + Send + Sync + 'static) {
        self.hub = Hub::with(&self.repositories, fault);
    }

    pub fn cache(&self) -> PathBuf {
        self.home.file("../huggingface/hub")
    }

    pub fn command(&self, arguments: &str) -> Command {
        let mut command = self.home.command(arguments);
        command.env("HF_ENDPOINT", self.hub.address()).env("HF_HOME", self.home.file("../huggingface"));
        command
    }

    /// One try, at once.
    pub fn fetch(&self, more: &str) -> Command {
        self.command(&format!("fetch tiny --retries 0 --wait 0.01 {more}"))
    }

    pub fn succeeds(&self, mut command: Command) -> String {
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        self.expect_nothing_false();
        String::from_utf8(output.stdout).unwrap()
    }

    /// The one line that says why not.
    pub fn fails(&self, mut command: Command) -> String {
        self.failed(&command.output().unwrap())
    }

    pub fn failed(&self, output: &Output) -> String {
        let said = String::from_utf8(output.stderr.clone()).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        let lines: Vec<&str> = said.lines().collect();
        assert!(lines.len() == 1 && said.starts_with("error: ") && said.contains("; "), "{said}");
        self.expect_nothing_false();
        assert!(!self.is_complete());
        said
    }

    pub fn file<'a>(&self, repository: &'a Repository, path: &str) -> (PathBuf, &'a [u8]) {
        let folder = self.cache().join(format!("models--{}", repository.name.replace('/', "--")));
        (folder.join("snapshots").join(&repository.commit).join(path), &repository.files[path])
    }

    /// The files of the preset, where they should be, with what they should hold.
    pub fn files(&self) -> Vec<(PathBuf, &[u8])> {
        let all = self.repositories.iter().flat_map(|repository| repository.files.keys().map(move |path| (repository, path)));
        all.filter(|(_, path)| *path != "else").map(|(repository, path)| self.file(repository, path)).collect()
    }

    pub fn is_complete(&self) -> bool {
        let presets = Presets::load(&self.home.config_file().with_file_name("models.toml")).unwrap();
        let complete = matches!(local(presets.find("tiny").unwrap(), &self.cache()), Local::Complete(_));
        if complete {
            for (path, content) in self.files() {
                assert!(fs::read(&path).unwrap() == content, "{}", path.display());
            }
        }
        complete
    }

    pub fn expect_complete(&self) {
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
    pub fn expect_nothing_false(&self) {
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
    pub fn partial(&self) -> Vec<u8> {
        fs::read(self.incomplete()).unwrap_or_default()
    }

    pub fn incomplete(&self) -> PathBuf {
        let weights = hash(LARGE, &self.repositories[0].files["model.safetensors"]);
        self.cache().join("models--me--tiny/blobs").join(format!("{weights}.incomplete"))
    }
}

pub fn is_weights(request: &Request) -> bool {
    request.path.ends_with(LARGE)
}
