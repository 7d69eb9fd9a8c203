//! The logit lens of features, and their neighbours in the space of decoder rows. See [`crate::core::lens`] for what these are.

mod activity;
pub mod copies;
mod neighbours;
mod stream;
mod strongest;
mod unembedding;

use crate::core::lens::{Lens, LensForm, Lenses, OfFeature};
use crate::core::problem::{Problem, Result};
use crate::core::run::{ExampleRecord, Manifest};
use crate::core::submodule::FeatureId;
use crate::core::view::View;
use crate::engine::cancel::Cancel;
use crate::engine::compute::Answers;
use crate::engine::dictionary::Dictionary;
use crate::engine::loaded::Loaded;
use crate::engine::model::load::Names;
use activity::Active;
use stream::{FinalNorm, Stream};
use unembedding::Unembedding;

/// Number of tokens at each end of a lens.
pub const TOKENS: usize = 10;

/// Number of neighbours.
pub const NEIGHBOURS: usize = 5;

/// The pairs of a view: prompts and answers, as the view orients them.
pub struct ViewPairs {
    /// The clean prompts, token by token.
    pub prompts: Vec<Vec<u32>>,
    /// The patch prompts.
    pub patch: Vec<Vec<u32>>,
    /// Tokens in front of every prompt that are not its own: 1 with a BOS token, else 0.
    pub begun: usize,
    /// The answers of each pair.
    pub answers: Vec<Answers>,
}

impl ViewPairs {
    /// The prompts and the answers of `view` in a run.
    pub fn of_run(manifest: &Manifest, view: View) -> Self {
        let direction = manifest.study.view(view).direction;
        let examples = &manifest.data(view).examples;
        let ends = |example: &ExampleRecord| direction.orient(example.clean_tokens.clone(), example.patch_tokens.clone());
        let answers = |example: &ExampleRecord| {
            let (clean, patch) = direction.orient(example.clean_answer, example.patch_answer);
            Answers { clean, patch }
        };
        let (prompts, patch) = examples.iter().map(ends).unzip();
        let begun = usize::from(manifest.model.bos.is_some());
        Self { prompts, patch, begun, answers: examples.iter().map(answers).collect() }
    }
}

/// Reads the decoder rows of `features` and says what they promote and what is near them; `pairs` give the mean stream, the answers, and
/// the prompts in which features are active.
///
/// # Errors
/// When a feature does not exist, a file is damaged, or `cancel` is raised.
pub fn lenses(loaded: &Loaded, features: &[FeatureId], pairs: &ViewPairs, cancel: &Cancel) -> Result<Lenses> {
    let rows: Vec<Vec<f32>> = features.iter().map(|feature| row(loaded, *feature)).collect::<Result<_>>()?;
    let names = Names::of(loaded.compute.config(), &loaded.weights, cancel)?;
    let norm = FinalNorm::read(loaded, &names)?;
    let stream = Stream::of(loaded, &norm, &pairs.prompts, cancel)?;
    let vectors: Vec<Vec<f32>> =
        rows.iter().flat_map(|row| LensForm::ALL.map(|form| vector(form, row, &norm, &stream))).collect();
    let unembedding = Unembedding::open(loaded, &names)?;
    let mut lenses = unembedding.lenses(&vectors, &pairs.answers, cancel)?.into_iter();
    let mut neighbours = neighbours::of(&loaded.dictionaries, features, &rows, cancel)?;
    let near = neighbours.iter().flatten().flatten().map(|near| near.feature);
    let active = Active::of(loaded, &features.iter().copied().chain(near).collect(), pairs, cancel)?;
    for (feature, near) in features.iter().zip(&mut neighbours) {
        for near in near.iter_mut().flatten() {
            near.activity = active.together(*feature, near.feature);
        }
    }
    let mut neighbours = neighbours.into_iter();
    let of_feature = |(feature, row): (&FeatureId, &Vec<f32>)| {
        let [within, across] = neighbours.next().unwrap_or_default();
        let forms = LensForm::ALL.into_iter().zip(lenses.by_ref().take(LensForm::ALL.len()));
        OfFeature {
            feature: *feature,
            norm: length(row) as f32,
            mean: mean(row) as f32,
            lenses: forms.map(|(form, read)| Lens { form, ..read }).collect(),
            within,
            across,
        }
    };
    Ok(Lenses {
        mean_residual_norm: stream.length,
        mean_last_sigma: stream.last_sigma,
        is_centred: norm.is_centred,
        softcap: loaded.compute.config().logit_softcap,
        prompts: pairs.prompts.len(),
        features: features.iter().zip(&rows).map(of_feature).collect(),
    })
}

/// The dictionary of a submodule.
fn dictionary(loaded: &Loaded, feature: FeatureId) -> Result<&Dictionary> {
    let found = loaded.dictionaries.iter().find(|dictionary| dictionary.submodule() == feature.submodule);
    let found = found.filter(|dictionary| (feature.index.0 as usize) < dictionary.features());
    found.ok_or_else(|| {
        let (layers, features) = (loaded.compute.config().layers, loaded.dictionaries.first().map_or(0, Dictionary::features));
        Problem::new(
            format_args!("feature {feature}"),
            "does not exist",
            format_args!(
                "the model has the layers 0 to {}, its dictionaries the features 0 to {}",
                layers - 1,
                features.saturating_sub(1)
            ),
        )
    })
}

fn row(loaded: &Loaded, feature: FeatureId) -> Result<Vec<f32>> {
    let dictionary = dictionary(loaded, feature)?;
    if !neighbours::writes_into_stream(feature.submodule) {
        let what =
            "writes inside of a block, not into the residual stream, so that the unembedding reads nothing of it by itself";
        return Err(Problem::new(format_args!("feature {feature}"), what, "name features of outputs or of the embedding"));
    }
    let mut row = vec![0.0; dictionary.written_width()];
    dictionary.read_decoder_row(feature.index.0, &mut row)?;
    Ok(row)
}

/// What the unembedding reads of the direction `row` in `form`.
fn vector(form: LensForm, row: &[f32], norm: &FinalNorm, stream: &Stream) -> Vec<f32> {
    match form {
        LensForm::Folded => {
            let mean = if norm.is_centred { mean(row) } else { 0.0 };
            row.iter().zip(&norm.scale).map(|(value, scale)| ((f64::from(*value) - mean) * f64::from(*scale)) as f32).collect()
        }
        LensForm::Full => {
            let stretch = stream.length / length(row).max(f64::MIN_POSITIVE);
            norm.apply(&row.iter().map(|value| stretch * f64::from(*value)).collect::<Vec<f64>>())
                .into_iter()
                .map(|value| value as f32)
                .collect()
        }
        LensForm::Added => {
            let moved: Vec<f64> = stream.last.iter().zip(row).map(|(stream, value)| stream + f64::from(*value)).collect();
            let (moved, before) = (norm.apply(&moved), norm.apply(&stream.last));
            moved.iter().zip(&before).map(|(moved, before)| (moved - before) as f32).collect()
        }
    }
}

fn mean(row: &[f32]) -> f64 {
    row.iter().map(|value| f64::from(*value)).sum::<f64>() / row.len() as f64
}

fn length(row: &[f32]) -> f64 {
    row.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt()
}
