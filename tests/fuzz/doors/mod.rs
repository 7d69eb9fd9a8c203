//! The doors: one test each, one file for each kind of input.

mod corpora;
mod dictionaries;
mod hub;
mod imports;
mod kept;
mod model;
mod prompts;
mod runs;
mod screen;
mod settings;
mod tags;
mod terminal;

use std::path::{Path, PathBuf};

use saescope::core::quadrature::Rule;
use saescope::core::release::Release;
use saescope::core::request::{Backend, ModelSource, Options, Request, Settings, Shard};
use saescope::core::run::{Method, Run};
use saescope::engine::cache::Cache;
use saescope::engine::cancel::Cancel;
use saescope::engine::study::OpenStudy;
use saescope::store::studies;

use crate::support::random::{Shape, write_model};

/// A small model with its dictionaries and pairs of token ids in a folder of its own.
struct Small(tempfile::TempDir);

impl Small {
    const SHAPE: Shape = Shape {
        seed: 7,
        layers: 1,
        heads: 2,
        head_width: 4,
        rotary_share: 0.5,
        parallel: true,
        activation: "gelu",
        features: 12,
    };

    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        write_model(folder.path(), Self::SHAPE);
        let line = |clean: u32, patch: u32| {
            format!("{{\"clean_prefix\":[{clean},2,3],\"patch_prefix\":[{patch},2,3],\"clean_answer\":5,\"patch_answer\":6}}\n")
        };
        let lines: String = (0..4).map(|pair| line(pair, pair + 10)).collect();
        std::fs::write(folder.path().join("pairs.json"), &lines).unwrap();
        std::fs::write(folder.path().join("baseline.json"), line(1, 20)).unwrap();
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    fn run(&self, shard: Option<Shard>) -> Run {
        let request = Request {
            model: ModelSource::Folder {
                model: self.path("model"),
                dictionaries: vec![self.path("dictionaries")],
                name: Some("small".to_owned()),
                release: Release::default(),
            },
            study: studies::pairs_only(self.path("pairs.json"), Some(self.path("baseline.json"))).unwrap(),
            options: Options { seed: 12, tokens: None, examples: None },
            settings: Settings { method: Method::Ig, rule: Rule::Riemann, steps: 2, batch: 4, detail: 5 },
            backend: Some(Backend::NdArray),
            threads: None,
            shard,
        };
        let cancel = Cancel::default();
        OpenStudy::open(request, &Cache::default(), &cancel).unwrap().run(&|_| {}, &cancel).unwrap()
    }
}

/// A file of the repository.
fn repository(path: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// `bytes` as text, as the program reads files of text.
fn text(bytes: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(bytes).map_err(|error| error.to_string())
}

/// Fails unless every number is finite.
fn all_finite<'a>(what: &str, numbers: impl IntoIterator<Item = &'a f32>) -> Result<(), String> {
    match numbers.into_iter().find(|number| !number.is_finite()) {
        None => Ok(()),
        Some(number) => Err(format!("{what} holds {number}")),
    }
}
