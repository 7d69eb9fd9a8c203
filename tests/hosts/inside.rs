//! Attribution at the embedding, at the heads before their output projection, and at outputs before their norms, through
//! dictionaries that hold each coordinate and its negative: their effects are the gradients of the goldens, coordinate by coordinate.

use std::fs;
use std::path::Path;

use saescope::core::effects::SubmoduleEffects;
use saescope::core::quadrature::Rule;
use saescope::core::request::Settings;
use saescope::core::run::Method;
use saescope::core::submodule::{Submodule, SubmoduleKind};
use saescope::engine::attribution::attribute;
use saescope::engine::compute::{self, Compute, Inner};
use saescope::engine::dataset::Example;
use saescope::engine::dictionary::host::Host;
use saescope::engine::dictionary::{Dictionary, folder};
use safetensors::Dtype;
use safetensors::tensor::{TensorView, serialize};
use serde_json::{Value, json};

use super::golden::{GRADIENT_TOLERANCE, Golden, TOLERANCE, assert_close};
use super::{HOSTS, PAIRS, config, never, support, weights};

/// Writes the tensors of a dictionary beside its configuration.
fn write(folder: &Path, files: [&str; 2], config: &Value, tensors: &[(&str, Vec<usize>, Vec<f32>)]) {
    fs::create_dir_all(folder).unwrap();
    let bytes: Vec<Vec<u8>> =
        tensors.iter().map(|(.., values)| values.iter().flat_map(|value| value.to_le_bytes()).collect()).collect();
    let views = tensors
        .iter()
        .zip(&bytes)
        .map(|((name, shape, _), bytes)| (*name, TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap()));
    fs::write(folder.join(files[0]), config.to_string()).unwrap();
    fs::write(folder.join(files[1]), serialize(views, None).unwrap()).unwrap();
}

/// `[rows, columns]`: 1 where the column is the row or the row plus `rows`, there with the sign `other`.
fn doubled(rows: usize, factor: f32) -> Vec<f32> {
    let entry =
        |row: usize, column: usize| if column == row { factor } else { -factor * f32::from(u8::from(column == row + rows)) };
    (0..rows).flat_map(|row| (0..2 * rows).map(move |column| entry(row, column))).collect()
}

/// The same, transposed.
fn doubled_rows(columns: usize, factor: f32) -> Vec<f32> {
    let entry =
        |row: usize, column: usize| if column == row { factor } else { -factor * f32::from(u8::from(row == column + columns)) };
    (0..2 * columns).flat_map(|row| (0..columns).map(move |column| entry(row, column))).collect()
}

/// Dictionaries of every coordinate and its negative for each place beside the outputs. What they write is multiplied by `factor`.
fn dictionaries(host: &Host, factor: f32) -> (tempfile::TempDir, Vec<Dictionary>) {
    let root = tempfile::tempdir().unwrap();
    let extra: Vec<Submodule> =
        host.submodules().into_iter().filter(|submodule| !SubmoduleKind::OUTPUTS.contains(&submodule.kind)).collect();
    for submodule in &extra {
        let (layer, width) = (submodule.layer.0, host.width_at(*submodule));
        let (encoder, decoder) = (doubled(width, 1.0), doubled_rows(width, factor));
        let zeros = |length: usize| vec![0.0; length];
        // SAELens has no names for outputs before their norms; sparsify's are those of the modules.
        let module = match submodule.kind {
            SubmoduleKind::AttentionBeforeNorm => Some("self_attn"),
            SubmoduleKind::MlpBeforeNorm => Some("mlp"),
            _ => None,
        };
        if let Some(module) = module {
            let config = json!({"activation": "topk", "k": 2 * width, "num_latents": 2 * width, "d_in": width});
            let tensors = [
                ("encoder.weight", vec![2 * width, width], doubled_rows(width, 1.0)),
                ("encoder.bias", vec![2 * width], zeros(2 * width)),
                ("W_dec", vec![2 * width, width], decoder),
                ("b_dec", vec![width], zeros(width)),
            ];
            write(&root.path().join(format!("layers.{layer}.{module}")), ["cfg.json", "sae.safetensors"], &config, &tensors);
            continue;
        }
        let hook = match submodule.kind {
            SubmoduleKind::Heads => format!("blocks.{layer}.attn.hook_z"),
            _ => "blocks.0.hook_resid_pre".to_owned(),
        };
        let config = json!({
            "architecture": "standard", "d_in": width, "d_sae": 2 * width, "dtype": "float32", "apply_b_dec_to_input": false,
            "normalize_activations": "none", "metadata": {"hook_name": hook},
        });
        let tensors = [
            ("W_enc", vec![width, 2 * width], encoder),
            ("b_enc", vec![2 * width], zeros(2 * width)),
            ("W_dec", vec![2 * width, width], decoder),
            ("b_dec", vec![width], zeros(width)),
        ];
        write(&root.path().join(submodule.to_string()), ["cfg.json", "sae_weights.safetensors"], &config, &tensors);
    }
    let found = folder::open_all(&[root.path().to_owned()], host, &never()).unwrap();
    assert_eq!(found.iter().map(Dictionary::submodule).collect::<Vec<_>>(), extra);
    (root, found)
}

fn examples(golden: &Golden, group: &str) -> Vec<Example> {
    let [clean, patch] = ["clean", "patch"].map(|side| golden.prompts(group, side));
    let pairs = clean.into_iter().zip(patch).zip(golden.answers(group));
    pairs
        .map(|((clean, patch), answers)| Example {
            line: 1,
            clean,
            patch,
            clean_answer: answers.clean,
            patch_answer: answers.patch,
        })
        .collect()
}

/// The forward view's effects at every dictionary, in order.
fn effects(compute: &dyn Compute, dictionaries: &[Dictionary], examples: &[Example], method: Method) -> Vec<SubmoduleEffects> {
    let settings = Settings { method, rule: Rule::Riemann, steps: 10, batch: 3, detail: 0 };
    let views = support::views(examples, None);
    attribute(compute, dictionaries, &views, settings, &mut |_| (), &never()).unwrap().swap_remove(0).submodules
}

/// What the feature pairs of a doubled dictionary say of each position and coordinate: the mean over pairs, `[positions, width]`.
fn by_coordinate(effects: &SubmoduleEffects, positions: usize, width: usize) -> Vec<f32> {
    let mut found = vec![0.0; positions * width];
    for (feature, of_positions) in effects.features.iter().zip(effects.position_effects.chunks_exact(positions)) {
        for (position, effect) in of_positions.iter().enumerate() {
            found[position * width + feature.0 as usize % width] += effect;
        }
    }
    found
}

/// Every model on every backend that serves it.
fn each(mut test: impl FnMut(&str, &Golden, &dyn Compute, &Host)) {
    for (name, folders) in HOSTS {
        let (golden, folder) = (Golden::open(&format!("{name}/golden.safetensors")), format!("{name}/{}", folders[0]));
        let config = config(&format!("{folder}/config.json"));
        for backend in support::cpu_backends() {
            let compute = compute::open(Some(backend), &config, &weights(&folder), &never()).unwrap();
            test(&format!("{name} on {backend}"), &golden, compute.as_ref(), &Host::of(&config));
        }
    }
}

#[test]
fn effects_at_every_place_are_those_of_the_goldens() {
    each(|what, golden, compute, host| {
        let (_root, dictionaries) = dictionaries(host, 1.0);
        for group in PAIRS {
            let examples = examples(golden, group);
            let positions = examples[0].clean.len();
            for (method, gradient) in [(Method::Attrib, "grad"), (Method::Ig, "ig")] {
                let found = effects(compute, &dictionaries, &examples, method);
                for (dictionary, effects) in dictionaries.iter().zip(found) {
                    let (submodule, width) = (dictionary.submodule(), dictionary.width());
                    let get = |tensor: &str| golden.get(&format!("{group}.{tensor}.{submodule}"));
                    let (gradients, clean, patch) = (get(gradient), get("x_clean"), get("x_patch"));
                    let mut expected = vec![0.0_f64; positions * width];
                    for (place, gradient) in gradients.iter().enumerate() {
                        let change = f64::from(patch[place]) - f64::from(clean[place]);
                        expected[place % (positions * width)] += f64::from(*gradient) * change / examples.len() as f64;
                    }
                    let expected: Vec<f32> = expected.iter().map(|value| *value as f32).collect();
                    let what = format!("{what}, {group}.{gradient}.{submodule}");
                    assert_close(&what, 2.0 * GRADIENT_TOLERANCE, &by_coordinate(&effects, positions, width), &expected);
                    let total: f32 = expected.iter().sum();
                    let dot = effects.gradient_dot_change.unwrap();
                    let largest = expected.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
                    assert!((dot - total).abs() <= 1e-4 * largest.max(total.abs()), "{what}: {dot}, {total}");
                    assert!(effects.error.effect.abs() <= 1e-5 * largest.max(1e-3), "{what}: nothing is left");
                }
            }
        }
    });
}

/// What is small enough to be linear has the effect that its gradient says, in a whole pass of the model.
#[test]
fn exact_effects_of_small_changes_are_those_of_the_gradient() {
    each(|what, golden, compute, host| {
        let (_root, dictionaries) = dictionaries(host, 0.02);
        let examples = examples(golden, "short");
        let positions = examples[0].clean.len();
        let [exact, linear] = [Method::Exact, Method::Attrib].map(|method| effects(compute, &dictionaries, &examples, method));
        for ((dictionary, exact), linear) in dictionaries.iter().zip(exact).zip(linear) {
            let [exact, linear] = [exact, linear].map(|effects| by_coordinate(&effects, positions, dictionary.width()));
            let largest = linear.iter().fold(0.0_f32, |largest, effect| largest.max(effect.abs()));
            assert!(largest > 1e-4, "{what}, {}: {largest}", dictionary.submodule());
            for (exact, linear) in exact.iter().zip(&linear) {
                let gap = (exact - linear).abs();
                assert!(gap <= 0.03 * largest + 3e-6, "{what}, {}: {exact}, not {linear} of {largest}", dictionary.submodule());
            }
        }
    });
}

#[test]
fn what_transcoders_read() {
    each(|what, golden, compute, host| {
        let prompts = golden.prompts("bos", "clean");
        let prompts: Vec<&[u32]> = prompts.iter().map(Vec::as_slice).collect();
        for layer in 0..host.layers {
            let wanted = [Inner::MlpInput(layer), Inner::MlpNormalised(layer), Inner::MlpStream(layer)];
            let found = compute.activations(&wanted, &prompts, &never()).unwrap();
            let [read, plain, stream] = found.try_into().unwrap();
            for (name, arrays) in [("mlp_in", read), ("mlp_plain", plain)] {
                let expected = golden.get(&format!("bos.x_clean.{name}_{layer}"));
                assert_close(&format!("{what}, {name}_{layer}"), TOLERANCE, &arrays.concat(), &expected);
            }
            let of = |name: &str| golden.get(&format!("bos.x_clean.{name}"));
            let entering = if layer == 0 { of("embed") } else { of(&format!("resid_{}", layer - 1)) };
            // The MLP of GPT-NeoX reads what enters the layer.
            let attention = of(&format!("attn_{layer}"));
            let sequential = f32::from(u8::from(!compute.config().parallel_residual));
            let expected: Vec<f32> =
                entering.iter().zip(attention).map(|(entering, attention)| entering + sequential * attention).collect();
            assert_close(&format!("{what}, stream of {layer}"), TOLERANCE, &stream.concat(), &expected);
        }
    });
}
