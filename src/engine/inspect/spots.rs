//! The places that a dictionary is tried at, with the activations there.

use burn_ndarray::{NdArray, NdArrayDevice};
use rayon::prelude::*;

use super::Set;
use crate::core::problem::Result;
use crate::core::submodule::{Submodule, SubmoduleKind};
use crate::engine::activation::Trace;
use crate::engine::cancel::Cancel;
use crate::engine::dictionary::place::Place;
use crate::engine::model::inside::{Inside, Layer};

/// The activations of one place inside of a layer; None where the model has no such place.
type Pick<'a> = &'a dyn Fn(&Inside) -> Option<&Vec<f32>>;

/// A place, and what the texts leave there.
pub struct Spot {
    /// The place in words.
    pub name: String,
    /// Whether it is the place that the set-up says.
    pub is_stated: bool,
    /// Width of the activations there.
    pub width: usize,
    /// Activations that the dictionary reads, one after another, `[tokens, width]`.
    pub reads: Vec<f32>,
    /// What it should write, `[tokens, written width]`; None if that is what it reads.
    pub writes: Option<Vec<f32>>,
}

/// Every place that is tried, with the activations of `traces`: those of which the dictionary has the width.
///
/// An autoencoder is tried at the stated place, at the same kind of place a layer before and after, at the outputs of the layer, and inside
/// of it; one whose files say no place is tried at every output of the model, or at the heads of every layer if it has their width. A
/// transcoder is tried at all that the MLP of its layer could be said to read.
pub fn spots(set: &Set<'_>, traces: &[Trace], cancel: &Cancel) -> Result<Vec<Spot>> {
    let stated = set.place;
    let layers = set.compute.config().layers;
    let outputs = |wanted: &dyn Fn(Submodule) -> bool| -> Vec<Spot> {
        let wanted = Submodule::all(layers).into_iter().filter(|submodule| wanted(*submodule));
        wanted.map(|submodule| of_output(set, submodule, traces)).collect()
    };
    let of_layer = |layer: usize| outputs(&|submodule| submodule.layer.0 == layer);
    let mut found = match *stated {
        Place::Output(stated) if stated.layer.0 < layers => {
            let layer = stated.layer.0;
            let mut found =
                outputs(&|other| other.layer.0 == layer || other.kind == stated.kind && other.layer.0.abs_diff(layer) == 1);
            if layer == 0 && stated.kind == SubmoduleKind::Residual {
                found.push(start(set, traces));
            }
            found.extend(inside(set, layer, traces, cancel)?);
            if is_before_norm(stated) {
                for near in (layer.saturating_sub(1)..layers.min(layer + 2)).filter(|near| *near != layer) {
                    let name = name_before_norm(Submodule::new(stated.kind, near));
                    found.extend(inside(set, near, traces, cancel)?.into_iter().filter(|spot| spot.name == name));
                }
            }
            found
        }
        Place::Start | Place::Embedding => {
            let mut found = of_layer(0);
            found.push(start(set, traces));
            found
        }
        Place::Middle(layer)
        | Place::Heads(layer)
        | Place::MlpStream(layer)
        | Place::MlpInput(layer)
        | Place::MlpNormalised(layer)
            if layer < layers =>
        {
            let near = layer.saturating_sub(1)..layers.min(layer + 2);
            let mut found = if set.transcodes() { Vec::new() } else { of_layer(layer) };
            for near in near.filter(|near| *near == layer || !set.transcodes()) {
                // Of a neighbour only the stated kind of place counts.
                let of_near = inside(set, near, traces, cancel)?;
                found.extend(of_near.into_iter().filter(|spot| near == layer || spot.is_kind_of(stated, near)));
            }
            found
        }
        _ => {
            let mut found = outputs(&|_| true);
            found.push(start(set, traces));
            if !found.iter().any(|spot| spot.width == set.dictionary.width()) {
                for layer in 0..layers {
                    found.extend(inside(set, layer, traces, cancel)?);
                }
            }
            found
        }
    };
    found.retain(|spot| spot.width == set.dictionary.width());
    if let (true, Place::Output(written)) = (set.transcodes(), set.dictionary.writes()) {
        let writes = if is_before_norm(*written) {
            // The model has such norms: the dictionary's place was put into its words.
            let name = name_before_norm(*written);
            let there = inside(set, written.layer.0, traces, cancel)?.into_iter().find(|spot| spot.name == name);
            there.map(|spot| spot.reads).unwrap_or_default()
        } else {
            of_output(set, *written, traces).reads
        };
        found.iter_mut().for_each(|spot| spot.writes = Some(writes.clone()));
    }
    Ok(found)
}

/// The stated place and the same one a layer before and after, with the activations of `traces`; none unless it is an output of the model
/// that lies in traces. No weights are read.
pub fn neighbours(set: &Set<'_>, traces: &[Trace]) -> Vec<Spot> {
    let Place::Output(stated) = *set.place else { return Vec::new() };
    let layer = stated.layer.0;
    let is_near = |other: &Submodule| other.kind == stated.kind && other.layer.0.abs_diff(layer) <= 1;
    let near = Submodule::all(set.compute.config().layers).into_iter().filter(is_near);
    near.map(|submodule| of_output(set, submodule, traces)).collect()
}

impl Spot {
    /// Whether this is the place in layer `layer` that `stated` is in its own.
    fn is_kind_of(&self, stated: &Place, layer: usize) -> bool {
        let there = match stated {
            Place::Middle(_) => Place::Middle(layer),
            Place::Heads(_) => Place::Heads(layer),
            Place::MlpStream(_) => Place::MlpStream(layer),
            Place::MlpInput(_) => Place::MlpInput(layer),
            Place::MlpNormalised(_) => Place::MlpNormalised(layer),
            _ => return false,
        };
        self.name == there.to_string()
    }
}

/// Whether `submodule` is an output before the norm behind it.
fn is_before_norm(submodule: Submodule) -> bool {
    matches!(submodule.kind, SubmoduleKind::AttentionBeforeNorm | SubmoduleKind::MlpBeforeNorm)
}

/// Such an output in words: `mlp_1 before the norm behind it`.
fn name_before_norm(submodule: Submodule) -> String {
    let kind = if submodule.kind == SubmoduleKind::MlpBeforeNorm { SubmoduleKind::Mlp } else { SubmoduleKind::Attention };
    format!("{} before the norm behind it", Submodule::new(kind, submodule.layer.0))
}

fn spot(set: &Set<'_>, place: &Place, reads: Vec<f32>) -> Spot {
    let config = set.compute.config();
    let width = if matches!(place, Place::Heads(_)) { config.heads * config.head_width } else { config.width };
    Spot { name: place.to_string(), is_stated: place == set.place, width, reads, writes: None }
}

fn of_output(set: &Set<'_>, submodule: Submodule, traces: &[Trace]) -> Spot {
    spot(set, &Place::Output(submodule), traces.iter().flat_map(|trace| trace.output(submodule).to_vec()).collect())
}

/// The stream that enters the first layer; the embedding alone is nowhere kept, and in models without learned positions it is the same.
fn start(set: &Set<'_>, traces: &[Trace]) -> Spot {
    let reads = traces.iter().flat_map(|trace| trace.entering(0).to_vec()).collect();
    let is_embedding = *set.place == Place::Embedding && !set.compute.config().learned_positions;
    let start = spot(set, &Place::Start, reads);
    Spot { is_stated: start.is_stated || is_embedding, ..start }
}

/// The places inside of layer `layer`. Its weights are read once more, since a backend does not show its own.
fn inside(set: &Set<'_>, layer: usize, traces: &[Trace], cancel: &Cancel) -> Result<Vec<Spot>> {
    let config = set.compute.config();
    let weights = Layer::<NdArray<f32>>::load(config, set.weights, layer, &NdArrayDevice::Cpu, cancel)?;
    let look = |trace: &Trace| cancel.check().map(|()| weights.look(trace.entering(layer)));
    let seen: Vec<Inside> = traces.par_iter().map(look).collect::<Result<_>>()?;
    let all = |pick: Pick<'_>| -> Option<Vec<f32>> {
        seen.iter().map(|inside| pick(inside).cloned()).collect::<Option<Vec<_>>>().map(|values| values.concat())
    };
    // What the MLP reads before its norm is the stream between attention and MLP; in models whose MLP reads beside the attention there is
    // none, and it is the stream that enters. It is tried under one name.
    let is_stream = matches!(set.place, Place::MlpStream(_));
    let has_middle = !config.parallel_residual && !is_stream;
    let places: [(Place, Pick<'_>); 5] = [
        (Place::Heads(layer), &|inside| Some(&inside.heads)),
        (Place::Middle(layer), &|inside| Some(&inside.middle)),
        (Place::MlpStream(layer), &|inside| Some(&inside.middle)),
        (Place::MlpInput(layer), &|inside| Some(&inside.mlp_input)),
        (Place::MlpNormalised(layer), &|inside| Some(&inside.mlp_normalised)),
    ];
    let places = places.into_iter().filter(|(place, _)| match place {
        Place::Middle(_) => has_middle,
        Place::MlpStream(_) => is_stream,
        _ => true,
    });
    let named = places.filter_map(|(place, pick)| Some(spot(set, &place, all(pick)?)));
    let before: [(SubmoduleKind, Pick<'_>); 2] = [
        (SubmoduleKind::AttentionBeforeNorm, &|inside| inside.attention_before_norm.as_ref()),
        (SubmoduleKind::MlpBeforeNorm, &|inside| inside.mlp_before_norm.as_ref()),
    ];
    let before = before.into_iter().filter_map(|(kind, pick)| {
        let submodule = Submodule::new(kind, layer);
        Some(Spot { name: name_before_norm(submodule), ..spot(set, &Place::Output(submodule), all(pick)?) })
    });
    Ok(named.chain(before).collect())
}
