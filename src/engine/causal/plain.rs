//! The plain runs that every check starts from: outputs and codes of a view's prompts.

use std::collections::BTreeMap;

use crate::core::causal::way::Way;
use crate::core::problem::{Problem, Result};
use crate::core::run::Manifest;
use crate::core::submodule::Submodule;
use crate::core::view::View;
use crate::engine::activation::Trace;
use crate::engine::cancel::Cancel;
use crate::engine::compute::{Answers, Compute, Entry, TOKENS_AT_ONCE};
use crate::engine::dictionary::Dictionary;
use crate::engine::dictionary::codes::TokenCodes;

/// A pair of prompts as a view sees it: the clean prompt is the one that the view starts from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// Token ids of the clean prompt.
    pub clean: Vec<u32>,
    /// Token ids of the patch prompt, as many.
    pub patch: Vec<u32>,
    /// The answers that the metric compares.
    pub answers: Answers,
}

impl Pair {
    /// The pairs of `view` in a run, in the run's order of examples.
    pub fn of_run(manifest: &Manifest, view: View) -> Vec<Self> {
        let direction = manifest.study.view(view).direction;
        let pair = |example: &crate::core::run::ExampleRecord| {
            let (clean, patch) = direction.orient(&example.clean_tokens, &example.patch_tokens);
            let (clean_answer, patch_answer) = direction.orient(example.clean_answer, example.patch_answer);
            let answers = Answers { clean: clean_answer, patch: patch_answer };
            Self { clean: clean.clone(), patch: patch.clone(), answers }
        };
        manifest.data(view).examples.iter().map(pair).collect()
    }
}

/// Which prompts of the pairs a check reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sides {
    /// The clean prompts alone.
    Clean,
    /// Clean and patch prompts.
    Both,
}

impl Sides {
    /// The prompts whose values features take when they are ablated in that way.
    pub fn of(way: Way) -> Self {
        if matches!(way, Way::Resample | Way::MeanPositionPatch) { Self::Both } else { Self::Clean }
    }
}

/// Pairs whose prompts all have one length, with their plain runs.
pub struct Group {
    /// Each pair's place among all pairs.
    pub places: Vec<usize>,
    /// Tokens per prompt.
    pub positions: usize,
    /// Token ids of each pair's clean prompt, then of its patch prompt.
    pub prompts: [Vec<Vec<u32>>; 2],
    /// Each pair's answers.
    pub answers: Vec<Answers>,
    /// The plain runs of the clean prompts, then of the patch prompts unless only clean ones were asked for.
    pub traces: Vec<Vec<Trace>>,
    /// For each side and dictionary the codes of all tokens, pair after pair; no dictionary has some if nothing was encoded.
    codes: Vec<Vec<Vec<TokenCodes>>>,
}

impl Group {
    /// The codes in dictionary number `dictionary` of all tokens of the clean prompts, pair after pair.
    pub fn clean(&self, dictionary: usize) -> &[TokenCodes] {
        &self.codes[0][dictionary]
    }

    /// The output of `submodule` at token `token` of a side's prompts (0 clean, 1 patch), pair after pair, in the plain run: `[width]`.
    pub fn output(&self, side: usize, submodule: Submodule, token: usize) -> &[f32] {
        let (pair, position) = (token / self.positions, token % self.positions);
        let output = self.traces[side][pair].output(submodule);
        let width = output.len() / self.positions;
        &output[position * width..(position + 1) * width]
    }

    /// The codes of all tokens of the patch prompts, as [`Group::clean`].
    ///
    /// # Panics
    /// If only clean prompts were asked for: a fault of the caller.
    pub fn patch(&self, dictionary: usize) -> &[TokenCodes] {
        &self.codes[1][dictionary]
    }
}

/// For each dictionary the codes of all tokens of some runs.
type Encode<'a> = dyn Fn(&[Trace]) -> Result<Vec<Vec<TokenCodes>>> + 'a;

/// A model with the plain runs of a view's pairs.
pub struct Plain<'a> {
    /// The model on its backend.
    pub compute: &'a dyn Compute,
    /// The dictionaries, in submodule order.
    pub dictionaries: &'a [Dictionary],
    /// The pairs, grouped by length.
    pub groups: Vec<Group>,
    /// Number of pairs.
    pub pairs: usize,
}

impl<'a> Plain<'a> {
    /// Runs the prompts of `pairs` and encodes every output.
    ///
    /// # Errors
    /// When there are no pairs, a dictionary turns out to be damaged, or `cancel` is raised.
    pub fn new(
        compute: &'a dyn Compute,
        dictionaries: &'a [Dictionary],
        pairs: &[Pair],
        sides: Sides,
        cancel: &Cancel,
    ) -> Result<Self> {
        let encode = |traces: &[Trace]| encoded(compute, dictionaries, traces, cancel);
        Self::with(compute, dictionaries, pairs, sides, &encode, cancel)
    }

    /// Runs the clean prompts of `pairs` and encodes nothing: no group has codes.
    ///
    /// # Errors
    /// As for [`Plain::new`].
    pub fn traced(compute: &'a dyn Compute, dictionaries: &'a [Dictionary], pairs: &[Pair], cancel: &Cancel) -> Result<Self> {
        Self::with(compute, dictionaries, pairs, Sides::Clean, &|_| Ok(Vec::new()), cancel)
    }

    fn with(
        compute: &'a dyn Compute,
        dictionaries: &'a [Dictionary],
        pairs: &[Pair],
        sides: Sides,
        encode: &Encode<'_>,
        cancel: &Cancel,
    ) -> Result<Self> {
        if pairs.is_empty() {
            return Err(Problem::new("view", "has no pairs of prompts", "take a run, or a shard, that has some"));
        }
        dictionaries.iter().try_for_each(expect_output)?;
        let mut lengths: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (place, pair) in pairs.iter().enumerate() {
            lengths.entry(pair.clean.len()).or_default().push(place);
        }
        let group = |(positions, places): (usize, Vec<usize>)| {
            let of = |side: fn(&Pair) -> &[u32]| {
                let prompts: Vec<&[u32]> = places.iter().map(|place| side(&pairs[*place])).collect();
                compute.traces(&prompts, cancel)
            };
            let mut traces = vec![of(|pair| &pair.clean)?];
            if sides == Sides::Both {
                traces.push(of(|pair| &pair.patch)?);
            }
            let codes = traces.iter().map(|traces| encode(traces)).collect::<Result<_>>()?;
            let prompts = [|pair: &Pair| pair.clean.clone(), |pair: &Pair| pair.patch.clone()];
            let prompts = prompts.map(|side| places.iter().map(|place| side(&pairs[*place])).collect());
            let answers = places.iter().map(|place| pairs[*place].answers).collect();
            Ok(Group { places, positions, prompts, answers, traces, codes })
        };
        let groups = lengths.into_iter().map(group).collect::<Result<_>>()?;
        Ok(Self { compute, dictionaries, groups, pairs: pairs.len() })
    }

    /// The submodule and the number of features of each dictionary.
    pub fn sizes(&self) -> Vec<(Submodule, usize)> {
        self.dictionaries.iter().map(|dictionary| (dictionary.submodule(), dictionary.features())).collect()
    }

    /// The place of the dictionary of `submodule`; None if it has none.
    pub fn dictionary(&self, submodule: Submodule) -> Option<usize> {
        self.dictionaries.iter().position(|dictionary| dictionary.submodule() == submodule)
    }

    /// The metric of each pair's clean prompt.
    pub fn metrics(&self, cancel: &Cancel) -> Result<Vec<f32>> {
        let mut metrics = vec![0.0; self.pairs];
        let layers = self.compute.config().layers;
        for group in &self.groups {
            let ends: Vec<&[f32]> = group.traces[0].iter().map(|trace| trace.entering(layers)).collect();
            for (place, metric) in group.places.iter().zip(self.metrics_of(&ends, &group.answers, cancel)?) {
                metrics[*place] = metric;
            }
        }
        Ok(metrics)
    }

    /// The metric of streams that leave the last layer, `[positions, width]` each.
    pub fn metrics_of(&self, ends: &[&[f32]], answers: &[Answers], cancel: &Cancel) -> Result<Vec<f32>> {
        let config = self.compute.config();
        let end = Entry::end(config);
        let last: Vec<&[f32]> = ends.iter().map(|stream| end.reaching(stream, config)).collect();
        self.compute.metrics(end, &last, answers, cancel)
    }
}

/// For each dictionary the codes of all tokens of `traces`.
fn encoded(
    compute: &dyn Compute,
    dictionaries: &[Dictionary],
    traces: &[Trace],
    cancel: &Cancel,
) -> Result<Vec<Vec<TokenCodes>>> {
    let of_dictionary = |dictionary: &Dictionary| {
        let outputs = traces.iter().flat_map(|trace| trace.output(dictionary.submodule()).chunks_exact(dictionary.width()));
        let outputs: Vec<&[f32]> = outputs.collect();
        let mut codes = Vec::with_capacity(outputs.len());
        for tokens in outputs.chunks(TOKENS_AT_ONCE) {
            codes.extend(compute.encode(dictionary, tokens, cancel)?);
        }
        dictionary.release();
        Ok(codes)
    };
    dictionaries.iter().map(of_dictionary).collect()
}

/// Fails if the dictionary is of no output: edits add decoder rows to outputs as they are.
fn expect_output(dictionary: &Dictionary) -> Result<()> {
    let what = if dictionary.is_transcoder() {
        "is a transcoder, whose codes are those of another place than the one that it writes".to_owned()
    } else if Trace::holds(dictionary.submodule()) {
        return Ok(());
    } else {
        format!("decomposes {}, which lies inside of a block", dictionary.submodule())
    };
    let remedy = "ablation, steering and edges change outputs: use dictionaries of attention, MLP or residual outputs, or of the \
                  embedding";
    Err(Problem::new(dictionary.name(), what, remedy))
}
