//! Activations, gradients and integrated gradients at every site of a model: embedding, heads, outputs before and after their
//! norms, the stream.

use burn::tensor::{Int, Tensor, TensorData};
use burn_ndarray::NdArray;
use saescope::engine::compute::Answers;
use saescope::engine::model::attention::at_the_end;
use saescope::engine::model::inside::{Inside, Layer};
use saescope::engine::model::operations::Operations;
use saescope::engine::model::site::Site;
use saescope::engine::model::transformer::Transformer;

use super::golden::{GRADIENT_TOLERANCE, Golden, TOLERANCE, assert_close};
use super::{GROUPS, HOSTS, PAIRS, config, never, weights};

/// A site of a golden file: the embedding, or one in a layer.
type Place = Option<Site>;

fn name(place: Place) -> String {
    match place {
        None => "embed".to_owned(),
        Some(Site::Heads(layer)) => format!("z_{layer}"),
        Some(Site::AttentionBeforeNorm(layer)) => format!("attn_raw_{layer}"),
        Some(Site::MlpBeforeNorm(layer)) => format!("mlp_raw_{layer}"),
        Some(Site::Output(submodule)) => submodule.to_string(),
    }
}

/// The activations of one place inside of a layer.
type Pick = fn(&Inside) -> Option<&Vec<f32>>;

/// Activations and gradients of a run, in the order in which they were seen.
type Seen<B> = Vec<(Place, Tensor<B, 3>)>;

fn embed<B: Operations>(model: &Transformer<B>, prompts: &[Vec<u32>], device: &B::Device) -> Tensor<B, 3> {
    let ids: Vec<i32> = prompts.iter().flatten().map(|id| id.cast_signed()).collect();
    model.embed(Tensor::from_data(TensorData::new(ids, [prompts.len(), prompts[0].len()]), device))
}

/// Runs the model with the activation at one place replaced, if one is given; returns all activations and all gradients.
fn run<B: Operations>(
    model: &Transformer<B>,
    embedded: &Tensor<B, 3>,
    answers: &[Answers],
    replaced: Option<&(Place, Tensor<B, 3>)>,
) -> (Seen<B>, Seen<B>) {
    let [_, length, _] = embedded.dims();
    let device = embedded.device();
    let mut seen: Seen<B> = Vec::new();
    let mut replace = |place: Place, value: Tensor<B, 3>| {
        let value = match replaced {
            Some((other, replacement)) if *other == place => replacement.clone(),
            _ => value,
        };
        seen.push((place, value.clone()));
        value
    };
    let mut hidden = replace(None, embedded.clone());
    let positions = model.positions(&hidden);
    let mut kept = Vec::new();
    for layer in 0..model.config().layers {
        let mut hook = |site, value| replace(Some(site), value);
        let (leaving, layer) = model.layer_forward_hooked(model.layer(layer), hidden, &positions, false, &mut hook);
        hidden = leaving;
        kept.push(layer);
    }
    let end = model.end_forward(hidden.narrow(1, length - 1, 1));
    let rows = |ids: Vec<i32>| model.unembedding().select(0, Tensor::<B, 1, Int>::from_data(TensorData::from(&ids[..]), &device));
    let ids =
        [answers.iter().map(|of| of.clean.cast_signed()).collect(), answers.iter().map(|of| of.patch.cast_signed()).collect()];
    let mut gradient = at_the_end(model.end_backward(&end, ids.map(rows)), 1, length);
    let mut gradients: Seen<B> = Vec::new();
    for (layer, kept) in kept.iter().enumerate().rev() {
        gradients.push((Some(Site::residual(layer)), gradient.clone()));
        let mut each = |site, gradient: &Tensor<B, 3>| gradients.push((Some(site), gradient.clone()));
        gradient = model.layer_backward(model.layer(layer), gradient, kept, &positions, &mut each);
    }
    gradients.push((None, gradient));
    (seen, gradients)
}

fn at<B: Operations>(seen: &Seen<B>, place: Place) -> Tensor<B, 3> {
    seen.iter().find(|(other, _)| *other == place).unwrap().1.clone()
}

fn values<B: Operations>(tensor: Tensor<B, 3>) -> Vec<f32> {
    tensor.into_data().convert::<f32>().into_vec().unwrap()
}

fn check<B: Operations>(backend: &str, device: &B::Device) {
    for (host, folders) in HOSTS {
        let golden = Golden::open(&format!("{host}/golden.safetensors"));
        let folder = format!("{host}/{}", folders[0]);
        let config = config(&format!("{folder}/config.json"));
        let model = Transformer::<B>::load(&config, &weights(&folder), device, &never()).unwrap();
        let what = |tensor: &str| format!("{host} on {backend}, {tensor}");
        for group in GROUPS {
            let answers = golden.answers(group);
            let embedded = embed(&model, &golden.prompts(group, "clean"), device);
            let (seen, gradients) = run(&model, &embedded, &answers, None);
            let sites = 1 + config.layers * if config.output_norms { 6 } else { 4 };
            assert_eq!((seen.len(), gradients.len()), (sites, sites), "{host}");
            for (place, value) in &seen {
                let tensor = format!("{group}.x_clean.{}", name(*place));
                assert_close(&what(&tensor), TOLERANCE, &values(value.clone()), &golden.get(&tensor));
                let tensor = format!("{group}.grad.{}", name(*place));
                assert_close(&what(&tensor), GRADIENT_TOLERANCE, &values(at(&gradients, *place)), &golden.get(&tensor));
            }
            if !PAIRS.contains(&group) {
                continue;
            }
            let (patched, _) = run(&model, &embed(&model, &golden.prompts(group, "patch"), device), &answers, None);
            // All points of all pairs go through the model together.
            let (points, answers_of_points) = (embedded.clone().repeat_dim(0, 10), answers.repeat(10));
            for (place, clean) in &seen {
                let step = (at(&patched, *place) - clean.clone()) / 10.0;
                let moved = (0..10_u8).map(|point| clean.clone() + step.clone() * f32::from(point)).collect();
                let (_, gradients) = run(&model, &points, &answers_of_points, Some(&(*place, Tensor::cat(moved, 0))));
                let mean = at(&gradients, *place).chunk(10, 0).into_iter().reduce(|sum, gradient| sum + gradient).unwrap() / 10.0;
                let tensor = format!("{group}.ig.{}", name(*place));
                assert_close(&what(&tensor), GRADIENT_TOLERANCE, &values(mean), &golden.get(&tensor));
            }
        }
    }
}

#[test]
fn every_site_of_every_model() {
    check::<NdArray<f32>>("ndarray", &burn_ndarray::NdArrayDevice::Cpu);
    #[cfg(feature = "flex")]
    check::<burn_flex::Flex>("flex", &burn_flex::FlexDevice);
}

/// In the frame of centred writing weights an activation is its own less its mean over the width.
#[test]
fn the_centred_frame_is_the_raw_one_less_its_mean() {
    let (raw, centred) = (Golden::open("gpt2/golden.safetensors"), Golden::open("gpt2/golden_centred.safetensors"));
    for site in ["embed", "attn_1", "mlp_1", "resid_0", "resid_2"] {
        let name = format!("bos.x_clean.{site}");
        let less = |row: &[f32]| {
            let mean = row.iter().map(|value| f64::from(*value)).sum::<f64>() / row.len() as f64;
            row.iter().map(|value| (f64::from(*value) - mean) as f32).collect::<Vec<f32>>()
        };
        let found: Vec<f32> = raw.get(&name).chunks_exact(32).flat_map(less).collect();
        assert_close(&name, TOLERANCE, &found, &centred.get(&name));
    }
}

/// What is seen inside of one layer that was read by itself, given the stream that enters it.
#[test]
fn the_inside_of_a_layer_alone() {
    let device = burn_ndarray::NdArrayDevice::Cpu;
    for (host, folders) in HOSTS {
        let golden = Golden::open(&format!("{host}/golden.safetensors"));
        let folder = format!("{host}/{}", folders[0]);
        let config = config(&format!("{folder}/config.json"));
        for index in 0..config.layers {
            let layer = Layer::<NdArray>::load(&config, &weights(&folder), index, &device, &never()).unwrap();
            let entering = if index == 0 { "embed".to_owned() } else { format!("resid_{}", index - 1) };
            let positions = golden.prompts("bos", "clean")[0].len();
            let entering = golden.get(&format!("bos.x_clean.{entering}"));
            let seen: Vec<_> = entering.chunks_exact(positions * config.width).map(|text| layer.look(text)).collect();
            let all = |pick: fn(&Inside) -> Option<&Vec<f32>>| -> Vec<f32> {
                seen.iter().filter_map(pick).flatten().copied().collect()
            };
            let middle: Vec<f32> = if config.parallel_residual {
                entering.clone()
            } else {
                let attention = golden.get(&format!("bos.x_clean.attn_{index}"));
                entering.iter().zip(attention).map(|(entering, attention)| entering + attention).collect()
            };
            let what = |place: &str| format!("{host}, bos.x_clean.{place}_{index}");
            assert_close(&what("middle"), TOLERANCE, &all(|inside| Some(&inside.middle)), &middle);
            let places: [(&str, Pick); 5] = [
                ("z", |inside| Some(&inside.heads)),
                ("attn_raw", |inside| inside.attention_before_norm.as_ref()),
                ("mlp_raw", |inside| inside.mlp_before_norm.as_ref()),
                ("mlp_in", |inside| Some(&inside.mlp_input)),
                ("mlp_plain", |inside| Some(&inside.mlp_normalised)),
            ];
            for (place, pick) in places.into_iter().filter(|(place, _)| config.output_norms || !place.ends_with("raw")) {
                assert_close(&what(place), TOLERANCE, &all(pick), &golden.get(&format!("bos.x_clean.{place}_{index}")));
            }
        }
    }
}
