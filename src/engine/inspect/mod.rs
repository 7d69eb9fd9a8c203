//! The site finder: tries a dictionary at the places around the one that its files say, in both frames, with the known scales, with and
//! without a BOS token, and measures how well it fits in each.

mod texts;

use std::collections::BTreeMap;

use crate::core::dictionary_report::DictionaryReport;
use crate::core::inspection::Candidate;
use crate::core::problem::Result;
use crate::core::submodule::{Submodule, SubmoduleKind};
use crate::engine::activation::Trace;
use crate::engine::cancel::Cancel;
use crate::engine::compute::Compute;
use crate::engine::dictionary::Dictionary;
use crate::engine::dictionary::arithmetic::{Frame, Scale};
use crate::engine::dictionary::codes::{DecoderRows, active_features, reconstruction_errors};
use crate::engine::dictionary::place::Place;
use crate::engine::dictionary::report::Fit;
pub use texts::{Texts, read};

/// Tokens that are encoded together: what features are active at them decides the memory.
const TOKENS_AT_ONCE: usize = 256;

/// The set-ups that are tried for one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Arithmetic {
    frame: Frame,
    scale: Scale,
}

/// Measures `dictionary` in every set-up. `texts` are token ids; those with `bos` in front are measured too, if it is given.
///
/// # Errors
/// When a weight is not finite, or `cancel` is raised.
pub fn candidates(
    compute: &dyn Compute,
    dictionary: &Dictionary,
    texts: &[Vec<u32>],
    bos: Option<u32>,
    cancel: &Cancel,
) -> Result<Vec<Candidate>> {
    let mut found = Vec::new();
    for bos in std::iter::once(None).chain(bos.map(Some)) {
        let texts: Vec<Vec<u32>> = texts.iter().map(|text| bos.into_iter().chain(text.iter().copied()).collect()).collect();
        let traces = traces(compute, &texts, cancel)?;
        for place in places(dictionary, compute.config().layers) {
            let outputs: Vec<&[f32]> =
                traces.iter().flat_map(|trace| output(trace, &place).chunks_exact(compute.config().width)).collect();
            for arithmetic in arithmetics(dictionary) {
                if let Some(report) = fit(compute, dictionary, arithmetic, &outputs, cancel)? {
                    found.push(Candidate {
                        place: place.to_string(),
                        frame: frame_name(arithmetic.frame),
                        scale: scale_name(arithmetic.scale),
                        bos: bos.is_some(),
                        is_stated: is_stated(dictionary, &place, arithmetic, bos.is_some()),
                        report,
                    });
                }
            }
        }
    }
    Ok(found)
}

/// The plain runs of `texts`, each by itself: their lengths differ.
fn traces(compute: &dyn Compute, texts: &[Vec<u32>], cancel: &Cancel) -> Result<Vec<Trace>> {
    let mut by_length: BTreeMap<usize, Vec<&[u32]>> = BTreeMap::new();
    texts.iter().for_each(|text| by_length.entry(text.len()).or_default().push(text));
    let runs = by_length.values().map(|texts| compute.traces(texts, cancel));
    Ok(runs.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
}

/// The places that are tried: the stated one, the same kind a layer before and after, and the other outputs of the layer; all of the
/// model if the files say none that is known. An output before the first layer is the stream that enters it.
fn places(dictionary: &Dictionary, layers: usize) -> Vec<Place> {
    let all = || Submodule::all(layers).into_iter().map(Place::Output);
    match dictionary.reads() {
        Place::Output(stated) => {
            let layer = stated.layer.0;
            let near = move |place: &Place| {
                matches!(place, Place::Output(other) if other.layer.0 == layer
                    || other.kind == stated.kind && other.layer.0.abs_diff(layer) == 1)
            };
            let starts = layer == 0 && stated.kind == SubmoduleKind::Residual;
            starts.then_some(Place::Start).into_iter().chain(all().filter(near)).collect()
        }
        Place::Start | Place::Embedding => {
            std::iter::once(Place::Start).chain(SubmoduleKind::OUTPUTS.map(|kind| Place::output(kind, 0))).collect()
        }
        _ => std::iter::once(Place::Start).chain(all()).collect(),
    }
}

fn output<'t>(trace: &'t Trace, place: &Place) -> &'t [f32] {
    match place {
        Place::Output(submodule) => trace.output(*submodule),
        _ => trace.entering(0),
    }
}

/// Every frame with every scale, the stated one first.
fn arithmetics(dictionary: &Dictionary) -> Vec<Arithmetic> {
    let stated = stated(dictionary);
    let others = [Frame::Raw, Frame::Centred]
        .into_iter()
        .flat_map(|frame| [Scale::None, Scale::LayerNorm, Scale::ConstantNorm].map(|scale| Arithmetic { frame, scale }))
        // layer_norm subtracts the mean in any frame.
        .filter(|other| *other != stated && (other.scale, other.frame) != (Scale::LayerNorm, Frame::Centred));
    std::iter::once(stated).chain(others).collect()
}

fn stated(dictionary: &Dictionary) -> Arithmetic {
    Arithmetic { frame: dictionary.arithmetic().frame, scale: dictionary.arithmetic().scale }
}

fn is_stated(dictionary: &Dictionary, place: &Place, arithmetic: Arithmetic, bos: bool) -> bool {
    let same_place = dictionary.reads() == place || *place == Place::Start && *dictionary.reads() == Place::Embedding;
    same_place && arithmetic == stated(dictionary) && dictionary.stated().bos.is_none_or(|stated| stated == bos)
}

fn fit(
    compute: &dyn Compute,
    dictionary: &Dictionary,
    Arithmetic { frame, scale }: Arithmetic,
    outputs: &[&[f32]],
    cancel: &Cancel,
) -> Result<Option<DictionaryReport>> {
    let dictionary = dictionary.clone().framed(frame).scaled(scale);
    let mut fit = Fit::default();
    // A token of nothing has no length to be divided by.
    let usable = |output: &&&[f32]| scale != Scale::ConstantNorm || output.iter().any(|value| *value != 0.0);
    let outputs: Vec<&[f32]> = outputs.iter().filter(usable).copied().collect();
    for outputs in outputs.chunks(TOKENS_AT_ONCE) {
        let codes = compute.encode(&dictionary, outputs, cancel)?;
        let decoder = DecoderRows::read(&dictionary, active_features(&codes), cancel)?;
        let errors = reconstruction_errors(&dictionary, outputs, &codes, &decoder);
        for ((output, error), codes) in outputs.iter().zip(errors.chunks_exact(dictionary.width())).zip(&codes) {
            fit.add(&dictionary.framed_output(output), error, codes.len());
        }
    }
    Ok(fit.report())
}

fn frame_name(frame: Frame) -> &'static str {
    match frame {
        Frame::Raw => "raw",
        Frame::Centred => "centred",
    }
}

fn scale_name(scale: Scale) -> &'static str {
    match scale {
        Scale::None => "none",
        Scale::LayerNorm => "layer_norm",
        Scale::ConstantNorm => "constant_norm_rescale",
    }
}
