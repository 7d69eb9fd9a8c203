//! What the integration tests share: the reference model, its dictionaries, its prompts and its golden tensors.
#![allow(dead_code, reason = "each test binary uses its own part")]

pub mod random;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use saescope::core::effects::ViewEffects;
use saescope::core::quadrature::Point;
use saescope::core::request::Backend;
use saescope::core::selection::{Selected, Selection};
use saescope::core::submodule::Submodule;
use saescope::core::view::{Direction, View};
use saescope::core::view_findings::ViewFindings;
use saescope::engine::activation::Trace;
use saescope::engine::attribution::ViewInput;
use saescope::engine::cancel::Cancel;
use saescope::engine::compute::{self, Answers, Compute, Entry, Segment, Start};
use saescope::engine::dataset::Example;
use saescope::engine::dictionary::host::Host;
use saescope::engine::dictionary::{Dictionary, folder};
use saescope::engine::model::config::Config;
use saescope::engine::model::weight_files::WeightFiles;

/// A file of `tests/fixtures`.
pub fn fixture(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(path)
}

pub fn reference(path: &str) -> PathBuf {
    fixture("reference").join(path)
}

/// The backends that are tested: all that this test binary holds and that need no card, or those that the variable
/// `SAESCOPE_TEST_BACKENDS` names, with commas between.
pub fn cpu_backends() -> Vec<Backend> {
    let Ok(wanted) = std::env::var("SAESCOPE_TEST_BACKENDS") else {
        return compute::available().filter(|backend| *backend != Backend::Cuda).collect();
    };
    let named = |name: &str| Backend::ALL.into_iter().find(|backend| backend.name() == name).unwrap();
    wanted.split(',').map(named).collect()
}

pub fn reference_config() -> Config {
    Config::parse(&std::fs::read(reference("model/config.json")).unwrap(), "config.json").unwrap()
}

pub fn reference_model(backend: Backend) -> Box<dyn Compute> {
    reference_model_keeping(backend, reference_config().layers)
}

/// The same with only the last `kept` layers in memory.
pub fn reference_model_keeping(backend: Backend, kept: usize) -> Box<dyn Compute> {
    let weights = WeightFiles::open(&reference("model")).unwrap();
    compute::load(backend, &reference_config(), &weights, kept, &Cancel::default()).unwrap()
}

/// `layout` is `dictionaries/tiny-neox` or `saelens`.
pub fn reference_dictionaries(layout: &str) -> Vec<Dictionary> {
    folder::open_all(&[reference(layout)], &Host::plain(3, 64), &Cancel::default()).unwrap()
}

/// The views of the study of names.
pub const MALE: View = View(0);
pub const FEMALE: View = View(1);
pub const BASELINE: View = View(2);

/// The three views of a study: the pairs in both directions, and the baseline.
pub fn views<'a>(pairs: &'a [Example], baseline: Option<&'a [Example]>) -> Vec<ViewInput<'a>> {
    let input = |view: View, examples, direction| ViewInput { view, name: "a view", examples, direction, is_part: false };
    let of_pairs = [input(MALE, pairs, Direction::Forward), input(FEMALE, pairs, Direction::Reversed)];
    of_pairs.into_iter().chain(baseline.map(|examples| input(BASELINE, examples, Direction::Forward))).collect()
}

/// The features that `selection` picks of a whole view, strongest first.
pub fn select(view: &ViewEffects, selection: Selection) -> Vec<Selected> {
    ViewFindings::from_effects(view.clone(), view.submodules.len() / 3).select(selection).features
}

/// For each pair the integral of the gradients, approximated by the gradients at `points`, on the way from `from` to `to`, `[pairs, positions, width]`.
pub fn mean_gradients(
    compute: &dyn Compute,
    submodule: Submodule,
    [from, to]: [&[Trace]; 2],
    points: &[Point],
    answers: &[Answers],
) -> Vec<f32> {
    let config = compute.config();
    let entry = Entry::after(submodule, config);
    let segments: Vec<Segment<'_>> = from
        .iter()
        .zip(to)
        .zip(answers)
        .map(|((from, to), answers)| Segment {
            stream: entry.stream(from, config),
            from: entry.reaching(from.output(submodule), config),
            to: entry.reaching(to.output(submodule), config),
            metrics: vec![*answers],
        })
        .collect();
    let sums = compute.gradient_sums(entry, &segments, points, &Cancel::default()).unwrap();
    let mean = |(sums, trace): (&Vec<saescope::engine::activation::Array>, &Trace)| {
        let padding = vec![0.0; trace.output(submodule).len() - sums[0].len()];
        padding.into_iter().chain(sums[0].iter().copied()).collect::<Vec<f32>>()
    };
    sums.iter().zip(from).flat_map(mean).collect()
}

/// For each output in order, and then for the embedding, the gradients at the plain runs, `[prompts, positions, width]`.
pub fn plain_gradients(compute: &dyn Compute, prompts: &[&[u32]], answers: &[Answers]) -> Vec<Vec<f32>> {
    let starts: Vec<Start<'_>> =
        prompts.iter().zip(answers).map(|(prompt, answers)| Start { prompt, metrics: vec![*answers] }).collect();
    let found = compute.plain_gradients(&starts, &Cancel::default()).unwrap();
    let layers = compute.config().layers;
    let of = |submodule: Submodule| {
        let part = move |gradients: &Vec<saescope::engine::activation::Array>| {
            let (size, part) = (gradients[0].len() / Trace::parts(layers), Trace::part(submodule, layers));
            gradients[0][part * size..(part + 1) * size].to_vec()
        };
        found.iter().flat_map(part).collect()
    };
    Submodule::all(layers).into_iter().chain([Submodule::EMBEDDING]).map(of).collect()
}

#[derive(serde::Deserialize, Clone)]
pub struct Prompts {
    pub clean: Vec<Vec<u32>>,
    pub patch: Vec<Vec<u32>>,
    pub clean_answer: Vec<u32>,
    pub patch_answer: Vec<u32>,
}

impl Prompts {
    /// `set` is `names`, `female` or `baseline`.
    pub fn of(set: &str) -> Self {
        let text = std::fs::read_to_string(reference("prompts.json")).unwrap();
        serde_json::from_str::<HashMap<String, Self>>(&text).unwrap()[set].clone()
    }

    pub fn examples(&self) -> Vec<Example> {
        (0..self.clean.len())
            .map(|index| Example {
                line: index + 1,
                clean: self.clean[index].clone(),
                patch: self.patch[index].clone(),
                clean_answer: self.clean_answer[index],
                patch_answer: self.patch_answer[index],
            })
            .collect()
    }

    pub fn answers(&self) -> Vec<Answers> {
        self.clean_answer.iter().zip(&self.patch_answer).map(|(clean, patch)| Answers { clean: *clean, patch: *patch }).collect()
    }

    pub fn clean_rows(&self) -> Vec<&[u32]> {
        self.clean.iter().map(Vec::as_slice).collect()
    }

    pub fn patch_rows(&self) -> Vec<&[u32]> {
        self.patch.iter().map(Vec::as_slice).collect()
    }
}

/// The f32 tensors of a golden file.
pub struct Golden {
    tensors: HashMap<String, Vec<f32>>,
}

impl Golden {
    pub fn open(name: &str) -> Self {
        let bytes = std::fs::read(reference(&format!("{name}.safetensors"))).unwrap();
        let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        let tensors = file
            .tensors()
            .into_iter()
            .map(|(name, view)| {
                assert_eq!(view.dtype(), safetensors::Dtype::F32, "{name}");
                let values = view.data().as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
                (name, values)
            })
            .collect();
        Self { tensors }
    }

    pub fn get(&self, name: &str) -> &[f32] {
        self.tensors.get(name).unwrap_or_else(|| panic!("no golden tensor {name}"))
    }

    pub fn of(&self, name: &str, submodule: Submodule) -> &[f32] {
        self.get(&format!("{name}.{submodule}"))
    }
}

/// The stated tolerance: relative to the largest value of the golden tensor.
pub const TOLERANCE: f32 = 1e-4;

/// Fails unless every value is within `tolerance` times the largest golden value.
pub fn assert_close_by(what: &str, tolerance: f32, actual: &[f32], golden: &[f32]) {
    assert_eq!(actual.len(), golden.len(), "{what}: length");
    let largest = golden.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
    let allowed = (tolerance * largest).max(1e-6);
    for (index, (actual, golden)) in actual.iter().zip(golden).enumerate() {
        assert!((actual - golden).abs() <= allowed, "{what}[{index}]: {actual} is not within {allowed} of {golden}");
    }
}

pub fn assert_close(what: &str, actual: &[f32], golden: &[f32]) {
    assert_close_by(what, TOLERANCE, actual, golden);
}
