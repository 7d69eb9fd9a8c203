//! A run: what was computed, and everything needed to say from what.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::dictionary_report::{DecoderNorms, DictionaryReport};
use super::effects::ViewEffects;
use super::study::Study;
use super::view::View;

/// The version of the run file's layout.
pub const FORMAT: u32 = 2;

/// How effects are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// Integrated gradients along the straight path from the clean to the patch activation, one submodule at a time.
    Ig,
    /// The gradient of the clean run: first-order attribution patching.
    Attrib,
    /// One forward pass per changed feature and token.
    Exact,
}

impl Method {
    /// Every method.
    pub const ALL: [Self; 3] = [Self::Ig, Self::Attrib, Self::Exact];

    /// The name in files and on the command line.
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

/// A whole run.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// From what it was computed, and how.
    pub manifest: Manifest,
    /// Every view of the study, in order.
    pub views: Vec<ViewEffects>,
}

impl Run {
    /// The effects of `view`.
    ///
    /// # Panics
    /// When it is a view of another study: a fault of the caller.
    pub fn view(&self, view: View) -> &ViewEffects {
        &self.views[usize::from(view.0)]
    }
}

/// What is known of a study once its inputs are open, before anything is computed.
#[derive(Debug, Clone, PartialEq)]
pub struct Opened {
    /// The model's name.
    pub model: String,
    /// Its number of layers.
    pub layers: usize,
    /// The backend that computes.
    pub backend: String,
    /// What it is about.
    pub study: Arc<Study>,
    /// Its pair lists after shuffle and filters, each once.
    pub data: Vec<DataRecord>,
}

/// From what a run was computed, and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: u32,
    /// Name and version of the program.
    pub program: String,
    /// When it was started, in seconds since 1970-01-01 UTC.
    pub created_unix_seconds: u64,
    /// Which backend computed, by name.
    pub backend: String,
    /// How effects were computed.
    pub method: Method,
    /// Points on the path; only integrated gradients have any.
    pub steps: Option<usize>,
    /// Seed of the shuffle.
    pub seed: u64,
    /// Prompt length that was asked for.
    pub tokens: Option<usize>,
    /// Most examples that were asked for.
    pub examples: Option<usize>,
    /// Examples computed together.
    pub batch: usize,
    /// Features per view whose single examples were to be kept.
    pub detail: usize,
    /// The model.
    pub model: ModelRecord,
    /// One per submodule, in order.
    pub dictionaries: Vec<DictionaryRecord>,
    /// What it is about.
    pub study: Study,
    /// Its pair lists, each once; [`ViewSpec::pairs`](super::study::ViewSpec::pairs) counts among them.
    pub data: Vec<DataRecord>,
    /// How long each stage took.
    pub seconds: Seconds,
    /// Which part of a study this is, where it is only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<ShardRecord>,
}

/// Which part of a study a run is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShardRecord {
    /// From 1.
    pub number: usize,
    /// How many there are.
    pub of: usize,
    /// For each pair list the place of each of its examples among those of the whole study.
    pub places: Vec<Vec<usize>>,
}

impl Manifest {
    /// The same with text that is safe to show on a terminal, or why it does not hold together: a file only claims what it says.
    pub fn checked(mut self) -> std::result::Result<Self, String> {
        self.study = self.study.checked()?;
        let lists = self.study.lists();
        if self.data.len() != lists {
            return Err(format!("its study has {lists} pair lists, it holds {}", self.data.len()));
        }
        if self.shard.as_ref().is_some_and(|shard| shard.places.len() != lists) {
            return Err(format!("its shard does not have {lists} pair lists"));
        }
        Ok(self)
    }

    /// The data behind `view`.
    pub fn data(&self, view: View) -> &DataRecord {
        &self.data[self.study.view(view).pairs]
    }
}

/// Which model computed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelRecord {
    /// Its name, also the `modelId` of its features; see [`Hosted`](super::neuronpedia::Hosted).
    pub name: String,
    /// File or `embedded`.
    pub source: String,
    /// Of the weight file.
    pub sha256: String,
    /// Of `config.json`, which decides the arithmetic.
    pub config_sha256: String,
    /// Of `tokenizer.json`, if there is one.
    pub tokenizer_sha256: Option<String>,
    /// Number of layers.
    pub layers: usize,
    /// Width of the residual stream.
    pub width: usize,
}

/// Which dictionary was used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DictionaryRecord {
    /// For example `attn_0`.
    pub submodule: String,
    /// `SAELens` or `dictionary_learning`.
    pub format: String,
    /// File, or its name inside the program.
    pub source: String,
    /// Of the weight file.
    pub sha256: String,
    /// Of `cfg.json`, in formats that have one.
    pub config_sha256: Option<String>,
    /// Number of features.
    pub features: usize,
    /// How well it fits; none in files of former versions.
    #[serde(default)]
    pub report: Option<DictionaryReport>,
    /// Lengths of its decoder's rows; none in files of former versions.
    #[serde(default)]
    pub decoder_norms: Option<DecoderNorms>,
}

/// Which pair list was used, and what of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DataRecord {
    /// File, or its name inside the program.
    pub source: String,
    /// Of the whole file.
    pub sha256: String,
    /// Lines in the file.
    pub lines: usize,
    /// What the filters dropped.
    pub dropped: Dropped,
    /// What was kept, in the order of every per-example array. Reversed views exchange clean and patch.
    pub examples: Vec<ExampleRecord>,
}

/// Counts of lines that did not become examples.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dropped {
    /// Clean and patch prefix differ in length.
    pub unequal_length: usize,
    /// An answer is not exactly one token.
    pub answer_not_one_token: usize,
    /// Not of the length that was asked for.
    pub other_length: usize,
    /// Enough examples had been found.
    pub beyond_limit: usize,
}

impl Dropped {
    /// All dropped lines.
    pub fn sum(self) -> usize {
        self.unequal_length + self.answer_not_one_token + self.other_length + self.beyond_limit
    }
}

impl fmt::Display for Dropped {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reasons = [
            (self.unequal_length, "prefixes of unequal length"),
            (self.answer_not_one_token, "answer not one token"),
            (self.other_length, "other length than asked for"),
            (self.beyond_limit, "beyond the number asked for"),
        ];
        let parts: Vec<String> =
            reasons.into_iter().filter(|(count, _)| *count > 0).map(|(count, reason)| format!("{count} {reason}")).collect();
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
    /// The same as text, token by token; `#id` without a tokenizer.
    pub clean_text: Vec<String>,
    /// The same for the patch prompt.
    pub patch_text: Vec<String>,
    /// Token id of the clean answer.
    pub clean_answer: u32,
    /// Token id of the patch answer.
    pub patch_answer: u32,
    /// As text.
    pub clean_answer_text: String,
    /// As text.
    pub patch_answer_text: String,
}

/// Wall-clock seconds of each stage.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Seconds {
    /// Opening model, dictionaries and data.
    pub open: f64,
    /// Hashing model and dictionaries, which runs beside the attribution: both count the same time on the clock.
    pub hash: f64,
    /// Attribution.
    pub attribution: f64,
}
