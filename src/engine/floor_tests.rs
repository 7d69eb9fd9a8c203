//! Compares the floor with what a study asks of its backend, counted token by token.

use std::sync::{Mutex, PoisonError};

use super::*;
use crate::core::problem::Result;
use crate::core::quadrature::{Point, Rule};
use crate::core::request::{Backend, Settings};
use crate::core::run::Method;
use crate::engine::activation::{Array, Trace};
use crate::engine::attribution::testing::views;
use crate::engine::attribution::{Model, attribute_timed, batches};
use crate::engine::cancel::Cancel;
use crate::engine::compute::{Answers, Compute, Edit, Segment, Start, open};
use crate::engine::dataset::Example;
use crate::engine::demo;
use crate::engine::dictionary::Dictionary;
use crate::engine::dictionary::codes::TokenCodes;
use crate::engine::memory::{Bounds, Memory};
use crate::engine::model::site::Site;

/// Counts the multiply-adds of everything that is asked of a backend.
struct Counting {
    inner: Box<dyn Compute>,
    /// The lowest place that a gradient is needed at.
    lowest: Entry,
    counted: Mutex<Floor>,
}

impl Counting {
    fn add(&self, part: impl Fn(&mut Floor) -> &mut f64, count: usize) {
        *part(&mut self.counted.lock().unwrap_or_else(PoisonError::into_inner)) += count as f64;
    }

    /// Multiply-adds of one token in one layer: its keys and values, and where it is `written` everything else. `between` is how many
    /// products of a head's width there are for each token that it sees.
    fn token(&self, position: usize, written: bool, between: usize) -> usize {
        let (width, mlp) = (self.config().width, self.config().mlp_width);
        let rest = if written { 2 * width * width + 2 * width * mlp + between * width * (position + 1) } else { 0 };
        2 * width * width + rest
    }

    /// Multiply-adds of one sequence of `positions` from `entry` on in one direction.
    fn way(&self, entry: Entry, positions: usize, between: usize) -> usize {
        let config = self.config();
        let half = match entry {
            Entry::Mlp(_) => positions * 2 * config.width * config.mlp_width,
            Entry::Layer(_) => 0,
        };
        let is_written = |layer: usize, position: usize| layer + 1 < config.layers || position + 1 == positions;
        let token = |layer, position| self.token(position, is_written(layer, position), between);
        let layer = |layer| (0..positions).map(|position| token(layer, position)).sum::<usize>();
        half + (entry.first_layer()..config.layers).map(layer).sum::<usize>()
    }
}

impl Compute for Counting {
    fn backend(&self) -> &'static str {
        self.inner.backend()
    }

    fn config(&self) -> &Config {
        self.inner.config()
    }

    fn traces(&self, prompts: &[&[u32]], cancel: &Cancel) -> Result<Vec<Trace>> {
        let prompt = |prompt: &[u32]| (0..prompt.len()).map(|position| self.token(position, true, 2)).sum::<usize>();
        self.add(|floor| &mut floor.plain, prompts.iter().map(|tokens| prompt(tokens)).sum::<usize>() * self.config().layers);
        self.inner.traces(prompts, cancel)
    }

    fn activations(&self, wanted: &[Inner], prompts: &[&[u32]], cancel: &Cancel) -> Result<Vec<Vec<Array>>> {
        self.inner.activations(wanted, prompts, cancel)
    }

    fn attention_patterns(&self, layer: usize, prompts: &[&[u32]], cancel: &Cancel) -> Result<Vec<Array>> {
        self.inner.attention_patterns(layer, prompts, cancel)
    }

    fn added(&self, site: Site, rows: &[f32], cancel: &Cancel) -> Result<Vec<f32>> {
        self.inner.added(site, rows, cancel)
    }

    fn added_back(&self, site: Site, rows: &[f32], gradient: &[f32], cancel: &Cancel) -> Result<Vec<f32>> {
        self.inner.added_back(site, rows, gradient, cancel)
    }

    fn last_logits(&self, prompts: &[&[u32]], cancel: &Cancel) -> Result<Vec<f32>> {
        self.inner.last_logits(prompts, cancel)
    }

    fn embedded(&self, prompts: &[&[u32]]) -> Result<Vec<Vec<f32>>> {
        self.inner.embedded(prompts)
    }

    fn run_edited(&self, first: usize, streams: &[&[f32]], edit: &dyn Edit, cancel: &Cancel) -> Result<Vec<Vec<f32>>> {
        self.inner.run_edited(first, streams, edit, cancel)
    }

    fn end_logits(&self, tokens: &[&[f32]], cancel: &Cancel) -> Result<Vec<f32>> {
        self.inner.end_logits(tokens, cancel)
    }

    fn output_gradients(&self, later: Submodule, prompts: &[&[u32]], upstream: &[&[f32]], cancel: &Cancel) -> Result<Vec<Array>> {
        self.inner.output_gradients(later, prompts, upstream, cancel)
    }

    fn metrics(&self, entry: Entry, streams: &[&[f32]], answers: &[Answers], cancel: &Cancel) -> Result<Vec<f32>> {
        self.inner.metrics(entry, streams, answers, cancel)
    }

    fn gradient_sums(
        &self,
        entry: Entry,
        segments: &[Segment<'_>],
        points: &[Point],
        cancel: &Cancel,
    ) -> Result<Vec<Vec<Array>>> {
        for segment in segments {
            let positions = segment.stream.len() / self.config().width;
            let passes = self.way(entry, positions, 2) + segment.metrics.len() * self.way(entry, positions, 4);
            self.add(|floor| &mut floor.paths, points.len() * passes);
        }
        self.inner.gradient_sums(entry, segments, points, cancel)
    }

    /// Counts the way back as far as gradients are needed, and no second way forward.
    fn plain_gradients(&self, starts: &[Start<'_>], cancel: &Cancel) -> Result<Vec<Vec<Array>>> {
        let start = |start: &Start<'_>| start.metrics.len() * self.way(self.lowest, start.prompt.len(), 4);
        self.add(|floor| &mut floor.plain, starts.iter().map(start).sum());
        self.inner.plain_gradients(starts, cancel)
    }

    fn encode(&self, dictionary: &Dictionary, tokens: &[&[f32]], cancel: &Cancel) -> Result<Vec<TokenCodes>> {
        self.add(|floor| &mut floor.encoders, dictionary.width() * dictionary.features() * tokens.len());
        self.inner.encode(dictionary, tokens, cancel)
    }
}

fn example(clean: &[u32], patch: &[u32], answers: (u32, u32)) -> Example {
    Example { line: 1, clean: clean.to_vec(), patch: patch.to_vec(), clean_answer: answers.0, patch_answer: answers.1 }
}

/// Two lengths, prompts that begin alike within a pair and between pairs, one prompt in two pairs, and a baseline that lacks a pair and
/// has another one exchanged.
fn lists() -> [Vec<Example>; 2] {
    let pairs = vec![
        example(&[1, 20, 30], &[1, 21, 30], (7, 8)),
        example(&[1, 20, 31], &[1, 22, 31], (7, 8)),
        example(&[1, 20, 32], &[1, 23, 32], (8, 7)),
        example(&[1, 20, 32], &[1, 24, 32], (7, 8)),
        example(&[1, 20, 30, 31], &[1, 21, 30, 31], (7, 8)),
    ];
    let baseline = vec![
        example(&[1, 20, 30], &[1, 21, 30], (9, 10)),
        example(&[1, 22, 31], &[1, 20, 31], (9, 10)),
        example(&[1, 20, 30, 31], &[1, 21, 30, 31], (9, 10)),
    ];
    [pairs, baseline]
}

/// Runs a study of the demo's weights with the dictionaries of `kinds`, in parallel or sequential layers, and compares.
fn expect_floor(parallel: bool, kinds: &[SubmoduleKind], rule: Rule) {
    let mut config = demo::config().unwrap();
    config.parallel_residual = parallel;
    let cancel = Cancel::default();
    let weights = demo::weights().unwrap();
    let inner = open(Some(Backend::NdArray), &config, &weights, &cancel).unwrap();
    let reads_mlp = !parallel && kinds.contains(&SubmoduleKind::Attention);
    let lowest = if reads_mlp { Entry::Mlp(0) } else { Entry::Layer(1) };
    let compute = Counting { inner, lowest, counted: Mutex::default() };
    let mut dictionaries = demo::dictionaries(&config).unwrap();
    dictionaries.retain(|dictionary| kinds.contains(&dictionary.submodule().kind));
    let [pairs, baseline] = lists();
    let views = views(&pairs, Some(&baseline));
    let settings = Settings { method: Method::Ig, rule, steps: 4, batch: 64, detail: 1 };
    let memory = Memory::new(Bounds::RUN);
    let model = Model { compute: &compute, dictionaries: &dictionaries, memory: &memory };
    attribute_timed(model, &views, settings, &mut |_| {}, &cancel).unwrap();

    let encoders: Vec<(Submodule, usize)> =
        dictionaries.iter().map(|dictionary| (dictionary.submodule(), dictionary.width() * dictionary.features())).collect();
    let floor = Floor::of(&config, &encoders, &batches(&views, 64), settings.quadrature().unwrap());
    let counted = *compute.counted.lock().unwrap();
    assert_eq!(floor, counted, "{parallel} {kinds:?} {rule:?}");
}

#[test]
fn the_floor_is_what_a_study_asks_of_its_backend() {
    for parallel in [true, false] {
        for kinds in [&SubmoduleKind::OUTPUTS[..], &[SubmoduleKind::Residual], &[SubmoduleKind::Attention]] {
            expect_floor(parallel, kinds, Rule::Riemann);
        }
        expect_floor(parallel, &[SubmoduleKind::Mlp], Rule::Gauss);
    }
}

/// `count` pairs of `bos`, a name, a verb and a last token: five prefixes a pair, beside what two pairs share.
fn names(count: u32, bos: Option<u32>) -> Vec<Example> {
    let prompt = |name: u32, verb: u32| bos.into_iter().chain([name, verb, 99]).collect::<Vec<u32>>();
    let pair = |index: u32| example(&prompt(index / 2, 100 + index), &prompt(50 + index / 2, 100 + index), (7, 8));
    (0..count).map(pair).collect()
}

/// Giga operations of plain runs, paths and encoders.
fn giga(floor: Floor) -> [u64; 3] {
    [floor.plain, floor.paths, floor.encoders].map(|part| (2e-9 * part).round() as u64)
}

/// 50 pairs of names and verbs of which 250 prefixes differ, as in the published study.
#[test]
fn the_published_study() {
    let text = r#"{"model_type": "gpt_neox", "num_hidden_layers": 6, "hidden_size": 512, "num_attention_heads": 8,
        "intermediate_size": 2048, "vocab_size": 50304, "hidden_act": "gelu"}"#;
    let config = Config::parse(text.as_bytes(), "config.json").unwrap();
    let examples = names(50, None);
    let baseline: Vec<Example> = examples.iter().map(|example| Example { patch_answer: 9, ..example.clone() }).collect();
    let views = views(&examples, Some(&baseline));
    let whole = batches(&views, 64);
    let dictionaries = Submodule::all(6).into_iter().map(|submodule| (submodule, 512 * 32768)).collect::<Vec<_>>();
    let floor = Floor::of(&config, &dictionaries, &whole, Quadrature::riemann(10));
    assert_eq!(whole[0].prefixes(), 250);
    let prefixes = 250.0 * 512.0 * 32768.0 * 18.0;
    assert!((floor.encoders - prefixes).abs() < 1.0);
    // A prefix that one batch encoded is not encoded again in later ones.
    let small = batches(&views, 7);
    assert!((Floor::of(&config, &dictionaries, &small, Quadrature::riemann(10)).encoders - prefixes).abs() < 1.0);
    // By hand: 12.2 layers above the six submodules of a kind, 6,750 tokens forward and 10,800 back, 3.15 million a token
    // and layer.
    let rough = (10.0 + 5.0 * 0.444) * (6750.0 + 10800.0) * 3.146e6;
    assert!((floor.paths / rough - 1.0).abs() < 0.02, "{} and {rough}", floor.paths);
    assert_eq!(giga(floor), [24, 1351, 151]);
    // Residual outputs alone: both directions pass the same points.
    let residual = Floor::of(&config, &dictionaries[12..], &whole, Quadrature::riemann(10));
    assert_eq!(giga(residual), [24, 312, 50]);
}

/// 44 pairs and BOS, in both directions: what GPT-2's tokenizer leaves of the study's names.
#[test]
fn gpt2_with_residual_dictionaries() {
    let text = r#"{"model_type": "gpt2", "n_layer": 12, "n_embd": 768, "n_head": 12, "n_positions": 1024, "vocab_size": 50257}"#;
    let config = Config::parse(text.as_bytes(), "config.json").unwrap();
    let examples = names(44, Some(50256));
    let residual = |layer| (Submodule::new(SubmoduleKind::Residual, layer), 768 * 24576);
    let dictionaries: Vec<(Submodule, usize)> = (0..12).map(residual).collect();
    let floor = Floor::of(&config, &dictionaries, &batches(&views(&examples, None), 64), Quadrature::riemann(10));
    assert_eq!(giga(floor), [112, 2654, 100]);
}
