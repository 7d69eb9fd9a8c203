//! Layers that are read from their files for each pass give the bits that layers in memory give, in everything that a backend is
//! asked for.

use std::ops::Range;

use rayon::prelude::*;
use saescope::core::problem::Result;
use saescope::core::quadrature::Point;
use saescope::core::submodule::{Submodule, SubmoduleKind};
use saescope::engine::activation::Array;
use saescope::engine::compute::{self, Answers, Compute, Edit, Entry, Inner, Segment, Start};
use saescope::engine::model::site::Site;

use super::golden::Golden;
use super::{HOSTS, config, never, support, weights};

/// Halves the outputs of one submodule on several threads, which a backend must not keep waiting.
struct Halved(Submodule);

impl Edit for Halved {
    fn touches(&self, submodule: Submodule) -> bool {
        submodule == self.0
    }

    fn apply(&self, _: Submodule, _: Range<usize>, outputs: &mut [f32]) -> Result<()> {
        outputs.par_iter_mut().for_each(|value| *value *= 0.5);
        Ok(())
    }
}

/// Named numbers, as bits.
type Found = Vec<(String, Vec<u32>)>;

fn bits<'a>(arrays: impl IntoIterator<Item = &'a [f32]>) -> Vec<u32> {
    arrays.into_iter().flatten().map(|value| value.to_bits()).collect()
}

fn flat(arrays: &[Vec<Array>]) -> Vec<u32> {
    bits(arrays.iter().flatten().map(|array| &**array))
}

/// Everything that the backend computes for the golden prompts.
fn everything(compute: &dyn Compute, golden: &Golden) -> Found {
    let (config, layers) = (compute.config(), compute.config().layers);
    let [clean, patch] = ["clean", "patch"].map(|side| golden.prompts("short", side));
    let [clean, patch] = [&clean, &patch].map(|prompts| prompts.iter().map(Vec::as_slice).collect::<Vec<&[u32]>>());
    let answers = golden.answers("short");
    // Sequences with one metric and sequences with two.
    let metrics = |place: usize| -> Vec<Answers> {
        let Answers { clean, patch } = answers[place];
        [answers[place], Answers { clean: patch, patch: clean }][..=place % 2].to_vec()
    };
    let mut found: Found = vec![("logits".to_owned(), bits([&compute.last_logits(&clean, &never()).unwrap()[..]]))];
    let starts: Vec<Start<'_>> =
        clean.iter().enumerate().map(|(place, prompt)| Start { prompt, metrics: metrics(place) }).collect();
    found.push(("gradients".to_owned(), flat(&compute.plain_gradients(&starts, &never()).unwrap())));
    let [from, to] = [&clean, &patch].map(|prompts| compute.traces(prompts, &never()).unwrap());
    let points: Vec<Point> = (0..3_u8).map(|step| Point { alpha: f32::from(step) / 3.0, weight: 0.3 }).collect();
    for submodule in Submodule::all(layers) {
        found.push((format!("{submodule}"), bits(from.iter().map(|trace| trace.output(submodule)))));
        let entry = Entry::after(submodule, config);
        let segment = |place: usize| Segment {
            stream: entry.stream(&from[place], config),
            from: entry.reaching(from[place].output(submodule), config),
            to: entry.reaching(to[place].output(submodule), config),
            metrics: metrics(place),
        };
        let segments: Vec<Segment<'_>> = (0..from.len()).map(segment).collect();
        found.push((format!("{submodule}, path"), flat(&compute.gradient_sums(entry, &segments, &points, &never()).unwrap())));
        let streams: Vec<&[f32]> = segments.iter().map(|segment| &*segment.stream).collect();
        found.push((format!("{submodule}, metric"), bits([&compute.metrics(entry, &streams, &answers, &never()).unwrap()[..]])));
    }
    let last = Submodule::new(SubmoduleKind::Mlp, layers - 1);
    let upstream: Vec<&[f32]> = from.iter().map(|trace| trace.output(last)).collect();
    let gradients = compute.output_gradients(last, &clean, &upstream, &never()).unwrap();
    found.push((format!("gradients of {last}"), bits(gradients.iter().map(|array| &**array))));
    let wanted: Vec<Inner> = (0..layers).flat_map(|layer| [Inner::Heads(layer), Inner::MlpInput(layer)]).collect();
    let inside = compute.activations(&wanted, &clean, &never()).unwrap();
    found.push(("inside".to_owned(), flat(&inside)));
    for layer in 0..layers {
        let (site, rows) = (Site::Heads(layer), &inside[2 * layer][0]);
        let added = compute.added(site, rows, &never()).unwrap();
        let back = compute.added_back(site, rows, &added, &never()).unwrap();
        found.push((format!("heads {layer}"), bits([&added[..], &back[..]])));
    }
    let embedded = compute.embedded(&clean).unwrap();
    let streams: Vec<&[f32]> = embedded.iter().map(Vec::as_slice).collect();
    let edit = Halved(Submodule::new(SubmoduleKind::Attention, layers - 1));
    found.push(("edited".to_owned(), bits(compute.run_edited(0, &streams, &edit, &never()).unwrap().iter().map(Vec::as_slice))));
    found
}

#[test]
fn layers_that_are_read_again_change_no_bit() {
    for (host, folders) in HOSTS {
        let golden = Golden::open(&format!("{host}/golden.safetensors"));
        for folder in folders {
            let folder = format!("{host}/{folder}");
            let (config, files) = (config(&format!("{folder}/config.json")), weights(&folder));
            assert!(config.layers > 1);
            for backend in support::cpu_backends() {
                let load = |kept| compute::load(backend, &config, &files, kept, &never()).unwrap();
                let whole = everything(load(config.layers).as_ref(), &golden);
                for kept in [0, 1] {
                    for ((what, found), (_, expected)) in everything(load(kept).as_ref(), &golden).iter().zip(&whole) {
                        assert!(!expected.is_empty() && found == expected, "{folder} on {backend}, {kept} layers kept: {what}");
                    }
                }
            }
        }
    }
}
