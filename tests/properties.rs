//! What must hold for any model: checked on random small ones, from fixed seeds.
#![allow(
    clippy::unwrap_used,
    clippy::string_slice,
    clippy::float_cmp,
    clippy::semicolon_if_nothing_returned,
    reason = "a test that cannot go on should panic"
)]

mod support;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use saescope::core::effects::ViewEffects;
use saescope::core::invariant;
use saescope::core::quadrature::{Point, Rule};
use saescope::core::request::{Backend, Settings};
use saescope::core::rows::arrange::held;
use saescope::core::run::Method;
use saescope::core::selection::HeldBy;
use saescope::core::selection::Selection;
use saescope::core::submodule::{Submodule, SubmoduleKind};
use saescope::core::view::{Direction, View};
use saescope::core::view_findings::ViewFindings;
use saescope::engine::attribution::{ViewInput, attribute};
use saescope::engine::cancel::Cancel;
use saescope::engine::compute::{self, Answers, Compute};
use saescope::engine::dataset::Example;
use saescope::engine::dictionary::host::Host;
use saescope::engine::dictionary::{Dictionary, folder};
use saescope::engine::model::config::Config;
use saescope::engine::model::weight_files::WeightFiles;
use support::random::{Numbers, Shape, VOCABULARY, write_model};

struct Fixture {
    /// Keeps the mapped files in place.
    _folder: tempfile::TempDir,
    compute: Box<dyn Compute>,
    dictionaries: Vec<Dictionary>,
    pairs: Vec<Example>,
    baseline: Vec<Example>,
}

impl Fixture {
    fn new(shape: Shape, backend: Backend) -> Self {
        let folder = tempfile::tempdir().unwrap();
        write_model(folder.path(), shape);
        let cancel = Cancel::default();
        let config = Config::parse(&std::fs::read(folder.path().join("model/config.json")).unwrap(), "config.json").unwrap();
        let weights = WeightFiles::open(&folder.path().join("model")).unwrap();
        let compute = compute::open(Some(backend), &config, &weights, &cancel).unwrap();
        let dictionaries =
            folder::open_all(&[folder.path().join("dictionaries")], &Host::plain(shape.layers, shape.width()), &cancel).unwrap();
        let mut numbers = Numbers::new(shape.seed ^ 0x5eed);
        let pairs: Vec<Example> = (0..6).map(|index| random_example(&mut numbers, index, 2 + index % 3)).collect();
        // Some prompts of the pairs with other answers, and one that only the baseline has.
        let mut baseline: Vec<Example> =
            pairs.iter().take(4).map(|pair| Example { clean_answer: 3, patch_answer: 5, ..pair.clone() }).collect();
        baseline.push(random_example(&mut numbers, 9, 3));
        Self { _folder: folder, compute, dictionaries, pairs, baseline }
    }

    fn run(&self, method: Method, steps: usize, batch: usize) -> Vec<ViewEffects> {
        self.run_on(&self.pairs, method, steps, batch)
    }

    fn run_on(&self, pairs: &[Example], method: Method, steps: usize, batch: usize) -> Vec<ViewEffects> {
        let settings = Settings { method, rule: Rule::Riemann, steps, batch, detail: 20 };
        self.compute(&support::views(pairs, Some(&self.baseline)), settings)
    }

    fn compute(&self, views: &[ViewInput<'_>], settings: Settings) -> Vec<ViewEffects> {
        let (compute, cancel) = (self.compute.as_ref(), Cancel::default());
        attribute(compute, &self.dictionaries, views, settings, &mut |_| {}, &cancel).unwrap()
    }
}

fn random_example(numbers: &mut Numbers, line: usize, length: usize) -> Example {
    let clean: Vec<u32> = (0..length).map(|_| numbers.below(VOCABULARY) as u32).collect();
    let mut patch = clean.clone();
    patch[0] = (patch[0] + 1 + numbers.below(VOCABULARY - 1) as u32) % VOCABULARY as u32;
    Example { line, clean, patch, clean_answer: 7, patch_answer: 8 }
}

fn exchange(pair: &Example) -> Example {
    let (clean, patch) = (pair.patch.clone(), pair.clean.clone());
    Example { line: pair.line, clean, patch, clean_answer: pair.patch_answer, patch_answer: pair.clean_answer }
}

fn shapes() -> impl Strategy<Value = Shape> {
    let sizes = (any::<u32>(), 1..4_usize, 1..4_usize, prop::sample::select(vec![4_usize, 8]), 8..40_usize);
    let switches = (
        prop::sample::select(vec![0.0_f32, 0.25, 0.5, 1.0]),
        any::<bool>(),
        prop::sample::select(vec!["gelu", "gelu_new", "relu"]),
    );
    (sizes, switches).prop_map(|((seed, layers, heads, head_width, features), (rotary_share, parallel, activation))| {
        // A quarter of four dimensions is one, and rotation needs pairs.
        let rotary_share = if head_width == 4 && rotary_share == 0.25 { 0.5 } else { rotary_share };
        Shape { seed, layers, heads, head_width, rotary_share, parallel, activation, features }
    })
}

/// Every method, and every rule of quadrature with few points and with several.
fn every_way() -> impl Iterator<Item = Settings> {
    let ig = Rule::ALL.into_iter().flat_map(|rule| [1, 5].map(|steps| (Method::Ig, rule, steps)));
    let others = [Method::Attrib, Method::Exact].map(|method| (method, Rule::Riemann, 1));
    ig.chain(others).map(|(method, rule, steps)| Settings { method, rule, steps, batch: 64, detail: 20 })
}

/// How far two arithmetics may be apart, by the largest effect: layer norms of a few values magnify the rounding of one gradient.
const BETWEEN_ARITHMETICS: f32 = 3e-5;

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, rng_seed: RngSeed::Fixed(12), failure_persistence: None, ..ProptestConfig::default() }
}

/// Every number of both, compared by the largest effect of the first: the order and the lists must be the same.
fn assert_same(what: &str, left: &[ViewEffects], right: &[ViewEffects], tolerance: f32) {
    assert_eq!(left.len(), right.len(), "{what}");
    for (left, right) in left.iter().zip(right) {
        assert_eq!((left.view.0, left.positions), (right.view.0, right.positions), "{what}");
        assert_eq!(left.submodules.len(), right.submodules.len(), "{what}");
        assert!((left.mean_total_effect() - right.mean_total_effect()).abs() <= f64::from(tolerance), "{what}: {}", left.view.0);
        let largest = left
            .submodules
            .iter()
            .flat_map(|effects| &effects.effects)
            .fold(0.1_f32, |largest, effect| largest.max(effect.abs()));
        for (a, b) in left.submodules.iter().zip(&right.submodules) {
            assert_eq!(a.features, b.features, "{what}: {} {}", left.view.0, a.submodule);
            let of = |effects: &saescope::core::effects::SubmoduleEffects| -> Vec<f32> {
                let lists =
                    [&effects.effects, &effects.standard_errors, &effects.position_effects, &effects.error.position_effects];
                lists
                    .into_iter()
                    .flatten()
                    .copied()
                    .chain([effects.error.effect, effects.error.standard_error])
                    .chain(effects.gradient_dot_change)
                    .collect()
            };
            for (x, y) in of(a).iter().zip(of(b)) {
                assert!((x - y).abs() <= tolerance * largest, "{what}: {} {}: {x} and {y}", left.view.0, a.submodule);
            }
        }
    }
}

proptest! {
    #![proptest_config(config(16))]

    #[test]
    fn features_and_error_add_up(shape in shapes()) {
        for backend in support::cpu_backends() {
            let fixture = Fixture::new(shape, backend);
            for method in [Method::Ig, Method::Attrib] {
                for view in fixture.run(method, 10, 64) {
                    for check in invariant::check(&view) {
                        prop_assert!(check.broken.is_none(), "{:?} {:?}", method, check);
                    }
                }
            }
        }
    }

    #[test]
    fn batches_order_and_grouping_do_not_show(shape in shapes()) {
        let fixture = Fixture::new(shape, Backend::NdArray);
        for method in [Method::Ig, Method::Attrib, Method::Exact] {
            let whole = fixture.run(method, 5, 64);
            for batch in [1, 2] {
                assert_same("batches", &whole, &fixture.run(method, 5, batch), 1e-5);
            }
            let mut reversed = fixture.pairs.clone();
            reversed.reverse();
            assert_same("order", &whole, &fixture.run_on(&reversed, method, 5, 64), 1e-5);
        }
    }

    /// Two arithmetics that share no loop: the kernels of the processor, and burn's operations.
    #[cfg(feature = "flex")]
    #[test]
    fn kernels_agree_with_burn_s_operations(shape in shapes()) {
        let (kernels, burn) = (Fixture::new(shape, Backend::NdArray), Fixture::new(shape, Backend::Flex));
        for settings in every_way() {
            let run = |fixture: &Fixture| fixture.compute(&support::views(&fixture.pairs, Some(&fixture.baseline)), settings);
            assert_same(&format!("{settings:?} {shape:?}"), &run(&kernels), &run(&burn), BETWEEN_ARITHMETICS);
        }
    }

    /// At the start of the path nothing has moved: the run that moves one submodule and the plain run have one gradient. This holds the
    /// two ways through the model, from a submodule on and as a whole, against each other.
    #[test]
    fn the_path_starts_at_the_plain_gradient(shape in shapes()) {
        for backend in support::cpu_backends() {
            let fixture = Fixture::new(shape, backend);
            let clean: Vec<&[u32]> = fixture.pairs.iter().filter(|pair| pair.clean.len() == 3).map(|pair| pair.clean.as_slice()).collect();
            let patch: Vec<&[u32]> = fixture.pairs.iter().filter(|pair| pair.clean.len() == 3).map(|pair| pair.patch.as_slice()).collect();
            let answers = vec![Answers { clean: 7, patch: 8 }; clean.len()];
            let (compute, cancel) = (fixture.compute.as_ref(), Cancel::default());
            let traces = [&clean, &patch].map(|prompts| compute.traces(prompts, &cancel).unwrap());
            let plain = support::plain_gradients(compute, &clean, &answers);
            for (submodule, plain) in Submodule::all(shape.layers).into_iter().zip(plain) {
                let traces = traces.each_ref().map(Vec::as_slice);
                let start = support::mean_gradients(compute, submodule, traces, &[Point { alpha: 0.0, weight: 1.0 }], &answers);
                support::assert_close_by(&format!("{backend} {submodule}"), 1e-5, &start, &plain);
            }
        }
    }

    /// A residual output carries everything: moved all the way it gives the patch metric, and with enough steps its effects add up to
    /// the total effect, by every rule.
    #[test]
    fn residual_outputs_carry_the_total_effect(shape in shapes()) {
        let fixture = Fixture::new(shape, Backend::NdArray);
        for (rule, steps) in [(Rule::Riemann, 400), (Rule::Midpoint, 60), (Rule::Gauss, 40)] {
            let settings = Settings { method: Method::Ig, rule, steps, batch: 64, detail: 20 };
            for view in fixture.compute(&support::views(&fixture.pairs, Some(&fixture.baseline)), settings) {
                let scale = f64::from(view.total_effects().fold(0.0_f32, |largest, effect| largest.max(effect.abs())));
                for check in invariant::check(&view) {
                    if check.submodule.kind == SubmoduleKind::Residual {
                        let close = check.distance_to_total.abs() <= 0.02 * scale + 1e-4;
                        prop_assert!(close, "{:?} {}: {:?} of {}", rule, steps, check, scale);
                    }
                }
            }
        }
    }

    /// What views share does not show: each by itself, with nothing to share it with, finds the same.
    #[test]
    fn views_together_find_what_each_finds_alone(shape in shapes()) {
        for backend in support::cpu_backends() {
            let fixture = Fixture::new(shape, backend);
            for settings in every_way() {
                let run = |views: &[ViewInput<'_>]| fixture.compute(views, settings);
                let views = support::views(&fixture.pairs, Some(&fixture.baseline));
                let alone: Vec<ViewEffects> = views.iter().flat_map(|view| run(&[*view])).collect();
                assert_same(&format!("{settings:?} {shape:?}"), &run(&views), &alone, 1e-5);
                // Exchanged in the data instead of by the direction.
                let exchanged: Vec<Example> = fixture.pairs.iter().map(exchange).collect();
                let forward = ViewInput { examples: &exchanged, direction: Direction::Forward, ..views[1] };
                assert_same(&format!("{settings:?} {shape:?}"), &alone[1..2], &run(&[forward]), 1e-5);
            }
        }
    }

    #[test]
    fn comparisons_split_the_selections(shape in shapes(), count in 1..60_usize) {
        let fixture = Fixture::new(shape, Backend::NdArray);
        let views = fixture.run(Method::Attrib, 1, 64);
        let find = |view: View| views.iter().find(|effects| effects.view == view).unwrap();
        let (male, baseline) = (find(support::MALE), find(support::BASELINE));
        let layers = male.submodules.len() / 3;
        let [first, second] = [male, baseline].map(|view| ViewFindings::from_effects(view.clone(), layers));
        for selection in [Selection::TopK(count), Selection::Threshold(0.02)] {
            let sizes = support::select(male, selection).len() + support::select(baseline, selection).len();
            let held = held(&first, &second, selection).unwrap();
            let common = held.iter().filter(|(_, held_by)| *held_by == HeldBy::Both).count();
            prop_assert_eq!(held.len() + common, sizes);
            let chosen = support::select(male, selection);
            prop_assert!(chosen.is_sorted_by(|left, right| left.effect.abs() >= right.effect.abs()));
        }
    }
}
