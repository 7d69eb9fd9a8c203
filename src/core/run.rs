//! A run: the computed effects, with a record of everything they were computed from.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::declared::{Agreement, Declared};
use super::dictionary_report::{DecoderNorms, DictionaryReport, FitSums};
use super::dropped_line::DroppedLine;
use super::effects::ViewEffects;
use super::quadrature::{Quadrature, Rule};
use super::study::{LONGEST_TEXT, NAMES, Study};
use super::submodule::Submodule;
use super::text::{counted, excerpt};
use super::view::View;

/// The version of the run file's layout that this program writes.
pub const FORMAT: u32 = 2;

/// How effects are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// Integrated gradients along the straight path from the clean to the patch activation, one submodule at a time.
    Ig,
    /// The gradient at the clean prompt: first-order attribution patching.
    Attrib,
    /// One forward pass per changed feature and token.
    Exact,
}

impl Method {
    /// Every method, in the order of lists.
    pub const ALL: [Self; 3] = [Self::Ig, Self::Attrib, Self::Exact];

    /// The method's name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ig => "ig",
            Self::Attrib => "attrib",
            Self::Exact => "exact",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// The name of a run's file without its ending, unless the user names one. The study of names has the short one.
pub fn default_name(model: &str, study: &Study, method: Method) -> String {
    let study = study.name.replace(std::path::is_separator, "-");
    if study == NAMES { format!("{model}-{method}") } else { format!("{model}-{study}-{method}") }
}

/// The record of inputs and settings together with the computed effects; it covers all examples or one shard.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// The record of inputs and settings.
    pub manifest: Manifest,
    /// The effects of every view of the study, in order.
    pub views: Vec<ViewEffects>,
}

impl Run {
    /// The effects of `view`.
    ///
    /// # Panics
    /// If `view` belongs to another study: a fault of the caller.
    pub fn view(&self, view: View) -> &ViewEffects {
        &self.views[usize::from(view.0)]
    }
}

/// The facts known about a study once its inputs are open, before anything is computed.
#[derive(Debug, Clone, PartialEq)]
pub struct Opened {
    /// The model's name.
    pub model: String,
    /// The model's number of layers.
    pub layers: usize,
    /// The submodules that have a dictionary, in their order.
    pub submodules: Vec<Submodule>,
    /// The name of the backend that computes.
    pub backend: String,
    /// The study, with its views and tags.
    pub study: Arc<Study>,
    /// The study's pair lists after shuffle and filters, each once.
    pub data: Vec<DataRecord>,
    /// What a reader of the results should know about the data: sentences without a full stop.
    pub notes: Vec<String>,
}

/// The inputs and settings of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of the layout, see [`FORMAT`].
    pub format: u32,
    /// Name and version of the program.
    pub program: String,
    /// Start of the run, in seconds since 1970-01-01 UTC.
    pub created_unix_seconds: u64,
    /// The name of the backend that computed.
    pub backend: String,
    /// How effects were computed.
    pub method: Method,
    /// Points on the path; None except for integrated gradients.
    pub steps: Option<usize>,
    /// The rule by which these points were chosen; None where there are none, and in files of former versions, which knew Riemann's
    /// alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<Rule>,
    /// Seed of the shuffle.
    pub seed: u64,
    /// The prompt length that was asked for, in tokens; None for any length.
    pub tokens: Option<usize>,
    /// The most examples that were asked for; None for all.
    pub examples: Option<usize>,
    /// Number of examples computed together.
    pub batch: usize,
    /// Number of features per view whose effects at single tokens were to be kept.
    pub detail: usize,
    /// The model that was attributed.
    pub model: ModelRecord,
    /// The dictionaries in submodule order; a submodule may have none.
    pub dictionaries: Vec<DictionaryRecord>,
    /// The study, with its views and tags.
    pub study: Study,
    /// The study's pair lists, each once; [`ViewSpec::pairs`](super::study::ViewSpec::pairs) indexes them.
    pub data: Vec<DataRecord>,
    /// What was found to be known of the model and of the folders of dictionaries when they were opened: sentences without a full stop.
    /// What follows from this record is not among them. Empty in files of former versions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// How long each stage took.
    pub seconds: Seconds,
    /// The part of the study that this run covers; None if it covers all examples.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<ShardRecord>,
}

/// Identifies a run as one part of a study.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShardRecord {
    /// Number of this part, from 1.
    pub number: usize,
    /// Number of parts.
    pub of: usize,
    /// For each pair list, the place of each of the part's examples among the examples of the whole study.
    pub places: Vec<Vec<usize>>,
}

impl Manifest {
    /// Which part of a study the run is, in words: `shard 2 of 8`; None for a whole run.
    pub fn part(&self) -> Option<String> {
        self.shard.as_ref().map(|shard| format!("shard {} of {}", shard.number, shard.of))
    }

    /// How the integral along the path was approximated; None except for integrated gradients.
    pub fn quadrature(&self) -> Option<Quadrature> {
        self.steps.map(|steps| Quadrature { rule: self.rule.unwrap_or_default(), steps })
    }

    /// Makes the study's text safe to show, and refuses a manifest whose study, pair lists and shard do not belong together: a file
    /// may contain anything. Other text is made safe where it is shown.
    pub fn checked(mut self) -> std::result::Result<Self, String> {
        self.study = self.study.checked()?;
        self.model.name = self.model.name.chars().take(LONGEST_TEXT).collect();
        let lists = self.study.lists();
        if self.data.len() != lists {
            return Err(format!("its study has {lists} pair lists, it holds {}", self.data.len()));
        }
        if let Some(ShardRecord { number, of, places }) = &self.shard {
            if !(1..=*of).contains(number) {
                return Err(format!("it says that it is shard {number} of {of}"));
            }
            let examples = self.data.iter().map(|data| data.examples.len());
            if !places.iter().map(Vec::len).eq(examples) {
                return Err("its shard does not say the place of each example".to_owned());
            }
        }
        for (data, example) in self.data.iter().flat_map(|data| data.examples.iter().map(move |example| (data, example))) {
            if !example.is_whole() {
                let source = excerpt(&data.source, 80);
                return Err(format!("the prompts of line {} of {source} do not have one text for each token", example.line));
            }
        }
        let norms = self.dictionaries.iter().filter_map(|record| Some((record, record.decoder_norms?)));
        for (record, norms) in norms {
            if let Some(fault) = norms.fault() {
                return Err(format!("the decoder norms of {} {fault}", excerpt(&record.submodule, 40)));
            }
        }
        for record in &self.dictionaries {
            let (features, submodule) = (record.features, excerpt(&record.submodule, 40));
            if let Some(report) = record.report.filter(|report| !(0.0..=features as f64).contains(&report.active)) {
                return Err(format!("it says that {} of {features} features of {submodule} are active", report.active));
            }
            // No report follows from no tokens, but more can be added to the sums.
            if let Some(sums) = record.fit.as_ref().filter(|sums| sums.active > sums.tokens.saturating_mul(features)) {
                let FitSums { active, tokens, .. } = sums;
                return Err(format!("it says that {active} of {features} features of {submodule} are active at {tokens} tokens"));
            }
        }
        Ok(self)
    }

    /// The pair list of `view`, with its kept examples.
    pub fn data(&self, view: View) -> &DataRecord {
        &self.data[self.study.view(view).pairs]
    }
}

/// The model of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelRecord {
    /// The model's name, also the `modelId` of its features; see [`Hosted`](super::neuronpedia::Hosted).
    pub name: String,
    /// The file it was read from, or `embedded`.
    pub source: String,
    /// Hash of the weight file.
    pub sha256: String,
    /// Hash of `config.json`, which decides the arithmetic.
    pub config_sha256: String,
    /// Hash of `tokenizer.json`, if there is one.
    pub tokenizer_sha256: Option<String>,
    /// The token that was put in front of every prompt, if one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bos: Option<u32>,
    /// The value of the tokenizer's `add_prefix_space`, if the files beside `tokenizer.json` set it to another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix_space: Option<bool>,
    /// Number of layers.
    pub layers: usize,
    /// Width of the residual stream.
    pub width: usize,
}

/// How [`DictionaryRecord::arithmetic`] says that a dictionary reads activations less their mean.
pub const CENTRED: &str = "centred";

/// The dictionary of one submodule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DictionaryRecord {
    /// The submodule's name, for example `attn_0`.
    pub submodule: String,
    /// The dictionary's file format, such as `SAELens`.
    pub format: String,
    /// What it computes, in words: rule, scale, frame. None in files of former versions, which read plain ReLU alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arithmetic: Option<String>,
    /// The file it was read from, or its name inside the program.
    pub source: String,
    /// Hash of the weight file.
    pub sha256: String,
    /// Hash of the configuration beside the weights, if there is one.
    pub config_sha256: Option<String>,
    /// Number of features.
    pub features: usize,
    /// How well the dictionary fits; None in files of former versions and what was merged from them.
    #[serde(default)]
    pub report: Option<DictionaryReport>,
    /// What the report follows from, in a shard; None in whole runs and in files of former versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fit: Option<FitSums>,
    /// Active features of a token, as its files or its release declare them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stated_active: Option<f64>,
    /// Explained variance, as its files or its release declare it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stated_explained: Option<f64>,
    /// `MODEL/SOURCE` on Neuronpedia, as its files state it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub neuronpedia: Option<String>,
    /// Lengths of the rows of its decoder; None in files of former versions.
    #[serde(default)]
    pub decoder_norms: Option<DecoderNorms>,
    /// What the dictionary's files say that a reader of its results should know: sentences without a full stop.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl DictionaryRecord {
    /// Whether it reads centred activations, as its arithmetic says.
    pub fn is_centred(&self) -> bool {
        self.arithmetic.iter().any(|words| words.split(", ").any(|word| word == CENTRED))
    }

    /// The submodule; None if the name is that of none.
    pub fn place(&self) -> Option<Submodule> {
        self.submodule.parse().ok()
    }

    /// How far the measurement is from what is declared; None if nothing was measured or nothing is declared.
    pub fn agreement(&self) -> Option<Agreement> {
        let declared = Declared { active: self.stated_active, explained: self.stated_explained };
        Some(declared.against(self.report?)).filter(|agreement| *agreement != Agreement::NothingDeclared)
    }
}

/// One pair list of a run, and the examples taken from it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DataRecord {
    /// The file it was read from, or its name inside the program.
    pub source: String,
    /// Hash of the whole file.
    pub sha256: String,
    /// Number of lines in the file.
    pub lines: usize,
    /// Counts of the lines that became no example, by reason.
    pub dropped: Dropped,
    /// The lines that became no example, in the order of the file, without those beyond the number asked for; at most
    /// [`MOST_LISTED`](super::dropped_line::MOST_LISTED) of them. Empty in files of former versions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dropped_lines: Vec<DroppedLine>,
    /// Lines of the kept examples whose prompt and answer, as one text, are other tokens than one after the other. Empty in files of
    /// former versions, and in merged runs of such.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_joined: Vec<usize>,
    /// The kept examples, in the order of every per-example array. Reversed views exchange clean and patch.
    pub examples: Vec<ExampleRecord>,
}

impl DataRecord {
    /// The number of examples, with the number of lines if some were dropped: `3 of 5`.
    pub fn used(&self) -> String {
        let (used, dropped) = (self.examples.len(), self.dropped.sum());
        // A shard has only a part of the pairs that were kept.
        let of =
            if dropped > 0 && used.saturating_add(dropped) == self.lines { format!(" of {}", self.lines) } else { String::new() };
        format!("{used}{of}")
    }

    /// What should be known about the kept examples, if there is something: a sentence without a full stop.
    pub fn note(&self) -> Option<String> {
        let not_joined: BTreeSet<usize> = self.not_joined.iter().copied().collect();
        let count = self.examples.iter().filter(|example| not_joined.contains(&example.line)).count();
        (count > 0).then(|| {
            format!(
                "{}: in {count} of {}, prompt and answer as one text are other tokens than one after the other, for example where \
                 a prompt ends in a space",
                self.source,
                counted(self.examples.len(), "pair")
            )
        })
    }

    /// What should be known about prompts that begin with `token` twice, if there are some: the program puts it in front once.
    pub fn note_of_second(&self, token: u32) -> Option<String> {
        let twice = |prompt: &[u32]| prompt.starts_with(&[token, token]);
        let count = self.examples.iter().filter(|pair| twice(&pair.clean_tokens) || twice(&pair.patch_tokens)).count();
        (count > 0).then(|| {
            format!(
                "{}: the prompts of {count} of {} begin with a BOS token of their own and get a second one in front, as in \
                 TransformerLens; take it out of the file if one is meant",
                self.source,
                counted(self.examples.len(), "pair")
            )
        })
    }
}

/// Counts of lines that did not become examples.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dropped {
    /// Clean and patch prefix differ in length.
    pub unequal_length: usize,
    /// An answer is not exactly one token.
    pub answer_not_one_token: usize,
    /// The prompt does not have the length that was asked for.
    pub other_length: usize,
    /// The line comes after the number of examples that was asked for.
    pub beyond_limit: usize,
}

impl Dropped {
    /// The number of all dropped lines.
    pub fn sum(self) -> usize {
        // A file may claim any counts.
        [self.answer_not_one_token, self.other_length, self.beyond_limit]
            .into_iter()
            .fold(self.unequal_length, usize::saturating_add)
    }
}

impl fmt::Display for Dropped {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reasons = [
            (self.unequal_length, "with prompts of unequal length"),
            (self.answer_not_one_token, "with an answer that is not one token"),
            (self.other_length, "of another length than asked for"),
            (self.beyond_limit, "beyond the number asked for"),
        ];
        let parts: Vec<String> = reasons
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, reason)| {
                let lines = if count == 1 { "line" } else { "lines" };
                format!("{count} {lines} {reason}")
            })
            .collect();
        if parts.is_empty() { formatter.write_str("none dropped") } else { write!(formatter, "dropped: {}", parts.join(", ")) }
    }
}

/// One example with its tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExampleRecord {
    /// Line in the file, from 1.
    pub line: usize,
    /// Token ids of the clean prompt.
    pub clean_tokens: Vec<u32>,
    /// Token ids of the patch prompt.
    pub patch_tokens: Vec<u32>,
    /// The clean prompt as text, token by token; `#id` without a tokenizer.
    pub clean_text: Vec<String>,
    /// The patch prompt as text, token by token; `#id` without a tokenizer.
    pub patch_text: Vec<String>,
    /// Token id of the clean answer.
    pub clean_answer: u32,
    /// Token id of the patch answer.
    pub patch_answer: u32,
    /// The clean answer as text.
    pub clean_answer_text: String,
    /// The patch answer as text.
    pub patch_answer_text: String,
}

impl ExampleRecord {
    /// Whether both prompts have the same number of tokens, at least one, and a text for each.
    fn is_whole(&self) -> bool {
        let length = self.clean_tokens.len();
        length > 0 && [self.patch_tokens.len(), self.clean_text.len(), self.patch_text.len()] == [length; 3]
    }
}

/// Wall-clock seconds of each stage.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Seconds {
    /// Opening model, dictionaries and data.
    pub open: f64,
    /// Hashing model and dictionaries. This runs at the same time as the attribution, so the two times overlap.
    pub hash: f64,
    /// Computing the effects.
    pub attribution: f64,
}
