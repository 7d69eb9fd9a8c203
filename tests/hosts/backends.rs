//! What attribution asks of a backend: logits, activations, gradients and integrated gradients, on every processor backend that
//! serves the model.

use saescope::core::quadrature::Point;
use saescope::core::submodule::Submodule;
use saescope::engine::activation::Trace;
use saescope::engine::compute::{self, Compute, Entry};

use super::golden::{GRADIENT_TOLERANCE, Golden, TOLERANCE, assert_close};
use super::{GROUPS, HOSTS, PAIRS, config, never, support, weights};

/// Every model on every backend that serves it, in every layout.
fn each(mut test: impl FnMut(&str, &Golden, &dyn Compute)) {
    for (name, folders) in HOSTS {
        let golden = Golden::open(&format!("{name}/golden.safetensors"));
        for folder in folders {
            let folder = format!("{name}/{folder}");
            let config = config(&format!("{folder}/config.json"));
            for backend in support::cpu_backends() {
                let compute = compute::open(Some(backend), &config, &weights(&folder), &never()).unwrap();
                test(&format!("{folder} on {backend}"), &golden, compute.as_ref());
            }
        }
    }
}

fn rows(prompts: &[Vec<u32>]) -> Vec<&[u32]> {
    prompts.iter().map(Vec::as_slice).collect()
}

fn outputs(traces: &[Trace], submodule: Submodule) -> Vec<f32> {
    traces.iter().flat_map(|trace| trace.output(submodule)).copied().collect()
}

#[test]
fn logits_metrics_and_activations() {
    each(|what, golden, compute| {
        let layers = compute.config().layers;
        for group in GROUPS {
            let answers = golden.answers(group);
            let sides: &[&str] = if PAIRS.contains(&group) { &["clean", "patch"] } else { &["clean"] };
            for side in sides {
                let what = |tensor: &str| format!("{what}, {group}.{tensor}_{side}");
                let of = |tensor: &str| golden.get(&format!("{group}.{tensor}_{side}"));
                let prompts = golden.prompts(group, side);
                let logits = compute.last_logits(&rows(&prompts), &never()).unwrap();
                assert_close(&what("logits"), TOLERANCE, &logits, &of("logits"));
                let traces = compute.traces(&rows(&prompts), &never()).unwrap();
                for submodule in Submodule::all(layers) {
                    let expected = golden.get(&format!("{group}.x_{side}.{submodule}"));
                    assert_close(&what(&submodule.to_string()), TOLERANCE, &outputs(&traces, submodule), &expected);
                }
                let end = Entry::end(compute.config());
                let streams: Vec<_> = traces.iter().map(|trace| end.stream(trace, compute.config())).collect();
                let streams: Vec<&[f32]> = streams.iter().map(|stream| &**stream).collect();
                let metrics = compute.metrics(end, &streams, &answers, &never()).unwrap();
                // A difference of two logits is as exact as these.
                let largest = of("logits").into_iter().fold(0.0_f32, |largest, logit| largest.max(logit.abs()));
                for (metric, expected) in metrics.iter().zip(of("metric")) {
                    assert!((metric - expected).abs() <= TOLERANCE * largest, "{}: {metric}, {expected}", what("metric"));
                }
            }
        }
    });
}

/// In every family, with shared keys, softcaps and windows, too: the weights of a query add up to 1, and none is on a later token. All
/// backends of a model agree.
#[test]
fn attention_patterns() {
    let mut first: Option<(String, Vec<f32>)> = None;
    let mut compared = 0;
    each(|what, golden, compute| {
        let (config, group) = (compute.config(), GROUPS[0]);
        let prompts = golden.prompts(group, "clean");
        let positions = prompts[0].len();
        let patterns = compute.attention_patterns(config.layers - 1, &rows(&prompts), &never()).unwrap();
        assert_eq!(patterns.len(), prompts.len(), "{what}");
        for pattern in &patterns {
            assert_eq!(pattern.len(), config.heads * positions * positions, "{what}");
            for (query, row) in pattern.chunks_exact(positions).enumerate().map(|(row, shares)| (row % positions, shares)) {
                assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-5, "{what}: {row:?}");
                assert!(row[query + 1..].iter().all(|share| *share == 0.0), "{what}: {row:?}");
            }
        }
        let (host, all) = (what.split('/').next().unwrap().to_owned(), patterns.concat());
        match &first {
            Some((same, expected)) if *same == host => {
                assert_close(what, TOLERANCE, &all, expected);
                compared += 1;
            }
            _ => first = Some((host, all)),
        }
    });
    assert!(compared > 0);
}

#[test]
fn gradients_and_integrated_gradients() {
    let points: Vec<Point> = (0..10_u8).map(|step| Point { alpha: f32::from(step) / 10.0, weight: 0.1 }).collect();
    each(|what, golden, compute| {
        let layers = compute.config().layers;
        for group in GROUPS {
            let (prompts, answers) = (golden.prompts(group, "clean"), golden.answers(group));
            let gradients = support::plain_gradients(compute, &rows(&prompts), &answers);
            for (submodule, gradient) in Submodule::all(layers).into_iter().zip(gradients) {
                let expected = golden.get(&format!("{group}.grad.{submodule}"));
                assert_close(&format!("{what}, {group}.grad.{submodule}"), GRADIENT_TOLERANCE, &gradient, &expected);
            }
        }
        for group in PAIRS {
            let run = |side| compute.traces(&rows(&golden.prompts(group, side)), &never()).unwrap();
            let (clean, patch, answers) = (run("clean"), run("patch"), golden.answers(group));
            for submodule in Submodule::all(layers) {
                let mean = support::mean_gradients(compute, submodule, [&clean, &patch], &points, &answers);
                let name = format!("{group}.ig.{submodule}");
                assert_close(&format!("{what}, {name}"), GRADIENT_TOLERANCE, &mean, &golden.get(&name));
                let size = mean.len() / clean.len();
                let totals: Vec<f32> = (0..clean.len())
                    .map(|pair| {
                        let ends = patch[pair].output(submodule).iter().zip(clean[pair].output(submodule));
                        let products = ends.zip(&mean[pair * size..]).map(|((to, from), mean)| f64::from((to - from) * mean));
                        products.sum::<f64>() as f32
                    })
                    .collect();
                let name = format!("{group}.ig_total.{submodule}");
                assert_close(&format!("{what}, {name}"), GRADIENT_TOLERANCE, &totals, &golden.get(&name));
            }
        }
    });
}

/// The gradient, times a small step along itself, is the change of the metric that the step makes.
#[test]
fn gradients_agree_with_finite_differences() {
    each(|what, golden, compute| {
        let (prompts, answers) = (golden.prompts("short", "clean"), golden.answers("short"));
        let traces = compute.traces(&rows(&prompts), &never()).unwrap();
        let gradients = support::plain_gradients(compute, &rows(&prompts), &answers);
        for (submodule, gradient) in Submodule::all(compute.config().layers).into_iter().zip(gradients) {
            let entry = Entry::after(submodule, compute.config());
            let slopes: Vec<&[f32]> = gradient.chunks_exact(gradient.len() / traces.len()).collect();
            for (pair, slopes) in slopes.into_iter().enumerate() {
                let slopes = entry.reaching(slopes, compute.config());
                let square: f32 = slopes.iter().map(|slope| slope * slope).sum();
                let step = 0.02 / square.sqrt();
                let [up, down] = [step, -step].map(|step| {
                    let mut stream = entry.stream(&traces[pair], compute.config()).into_owned();
                    stream.iter_mut().zip(slopes).for_each(|(value, slope)| *value += step * slope);
                    compute.metrics(entry, &[&stream], &answers[pair..=pair], &never()).unwrap()[0]
                });
                let (actual, expected) = ((up - down) / 2.0, square * step);
                let allowed = 0.01 * expected + 2e-6;
                assert!((actual - expected).abs() <= allowed, "{what}, {submodule}: {actual}, the gradient says {expected}");
            }
        }
    });
}
