//! Reads Neuronpedia's bulk export: JSON lines, gzipped or not, in files of `explanations` and of `features`.
//!
//! The export lies at `https://neuronpedia-datasets.s3.us-east-1.amazonaws.com/index.html?prefix=v1/`, as
//! `v1/MODEL/SOURCE/{features,explanations,activations}/batch-N.jsonl.gz`. A line of `explanations` has `modelId`, `layer`, `index`,
//! `description`, `typeName`, `explanationModelName`; one of `features` has `modelId`, `layer`, `index`, `maxActApprox`, `frac_nonzero`;
//! all have more that is not read. Activations are not read.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use rayon::prelude::*;
use serde::Deserialize;

use crate::core::explanations::Known;
use crate::core::problem::{Problem, Result};
use crate::core::text::{bytes, counted, excerpt};

/// The longest line in bytes: those of the export have a few thousand.
const LINE: u64 = 16 << 20;

/// The longest label in characters that is kept whole.
const LABEL: usize = 2000;

/// The first bytes of a gzipped file.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Separates several explanations of one feature.
const JOINT: &str = " / ";

/// What was read of one dictionary.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Imported {
    /// What is known of each feature.
    pub features: BTreeMap<u32, Known>,
    /// Who explained, with the number of explanations.
    pub explainers: BTreeMap<String, usize>,
}

/// Everything that was read: by model, then by the dictionary's name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Export {
    /// What was read of each dictionary.
    pub dictionaries: BTreeMap<(String, String), Imported>,
    /// Number of files that were read.
    pub files: usize,
    /// Number of lines that say nothing of labels and activations.
    pub other_lines: usize,
}

/// A line of either kind of file.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    #[serde(borrow)]
    model_id: Cow<'a, str>,
    #[serde(borrow)]
    layer: Cow<'a, str>,
    index: Index,
    #[serde(borrow, default)]
    description: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    type_name: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    explanation_model_name: Option<Cow<'a, str>>,
    #[serde(default)]
    max_act_approx: Option<f32>,
    #[serde(rename = "frac_nonzero", default)]
    rate: Option<f32>,
}

/// The export writes a feature's index as a string, older files as a number.
#[derive(Debug, Clone, Copy)]
struct Index(u32);

impl<'de> Deserialize<'de> for Index {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either<'a> {
            Number(u32),
            #[serde(borrow)]
            Text(Cow<'a, str>),
        }
        match Either::deserialize(deserializer)? {
            Either::Number(index) => Ok(Self(index)),
            Either::Text(text) => text.parse().map(Self).map_err(serde::de::Error::custom),
        }
    }
}

/// Reads the file at `path`, or every file of an export below the folder `path`; `read` is called after each.
///
/// # Errors
/// The first line or file that cannot be read, or that there is nothing.
pub fn read(path: &Path, read: &(dyn Fn() + Sync)) -> Result<Export> {
    let files = if path.is_dir() { files(path)? } else { vec![path.to_owned()] };
    if files.is_empty() {
        let what = "holds no files *.jsonl.gz or *.jsonl of explanations or features";
        return Err(Problem::new(path.display(), what, "give a folder of the bulk export, or one of its files"));
    }
    let parts = files.par_iter().map(|file| {
        let part = of_file(file);
        read();
        part
    });
    // In the order of the files, so that the same folder gives the same labels.
    let parts: Vec<Export> = parts.collect::<Result<_>>()?;
    let mut export = Export { files: files.len(), ..Export::default() };
    for part in parts {
        export.other_lines += part.other_lines;
        for (source, imported) in part.dictionaries {
            export.dictionaries.entry(source).or_default().add(imported);
        }
    }
    if export.dictionaries.is_empty() {
        let what =
            format_args!("has no labels: {} with neither description nor maxActApprox", counted(export.other_lines, "line"));
        return Err(Problem::new(path.display(), what, "give files of `explanations` or `features`"));
    }
    Ok(export)
}

/// The files of the export below `folder`, in the order of their paths; those of activations are left out.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = BTreeSet::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let failed = |error: std::io::Error| Problem::from_io(&folder, "read it", &error);
        for entry in std::fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            // Links to folders are not followed: they may lead in circles.
            let is_folder = entry.file_type().map_err(failed)?.is_dir();
            if is_folder && name != "activations" {
                folders.push(path);
            } else if !is_folder && is_lines(&name) {
                found.insert(path);
            }
        }
    }
    Ok(found.into_iter().collect())
}

/// Whether a file of this name holds JSON lines, gzipped or not.
fn is_lines(name: &str) -> bool {
    Path::new(name.strip_suffix(".gz").unwrap_or(name)).extension().is_some_and(|ending| ending == "jsonl")
}

fn of_file(path: &Path) -> Result<Export> {
    let unreadable = |error: std::io::Error| Problem::from_io(path, "read it", &error);
    let mut file = BufReader::with_capacity(1 << 16, File::open(path).map_err(unreadable)?);
    let is_gzip = file.fill_buf().map_err(unreadable)?.starts_with(&GZIP);
    if is_gzip { lines(path, BufReader::with_capacity(1 << 16, MultiGzDecoder::new(file))) } else { lines(path, file) }
}

fn lines(path: &Path, mut reader: impl BufRead) -> Result<Export> {
    let mut export = Export::default();
    let mut line = Vec::new();
    for number in 1_usize.. {
        line.clear();
        let damaged = |what: String| {
            Problem::new(
                path.display(),
                format_args!("line {number} {what}"),
                "download the file again from Neuronpedia's bulk export",
            )
        };
        let read = reader.by_ref().take(LINE + 1).read_until(b'\n', &mut line);
        let length = read.map_err(|error| damaged(format!("cannot be read: {error}")))?;
        if length == 0 {
            break;
        }
        if length as u64 > LINE {
            return Err(damaged(format!("is longer than {}", bytes(LINE))));
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        let line: Line<'_> =
            serde_json::from_slice(&line).map_err(|error| damaged(format!("is no line of the export: {error}")))?;
        export.take(&line);
    }
    Ok(export)
}

impl Export {
    fn take(&mut self, line: &Line<'_>) {
        let label = line.description.as_deref().map(str::trim).filter(|label| !label.is_empty());
        if label.is_none() && line.max_act_approx.is_none() && line.rate.is_none() {
            self.other_lines += 1;
            return;
        }
        let source = (line.model_id.clone().into_owned(), line.layer.clone().into_owned());
        let imported = self.dictionaries.entry(source).or_default();
        let label = label.map_or_else(String::new, |label| excerpt(label, LABEL));
        if !label.is_empty() {
            let method = line.type_name.as_deref().unwrap_or("unknown method");
            let model = line.explanation_model_name.as_deref().unwrap_or("unknown model");
            *imported.explainers.entry(excerpt(&format!("{method} by {model}"), 100)).or_default() += 1;
        }
        let finite = |number: Option<f32>| number.filter(|number| number.is_finite());
        imported.feature(line.index.0, Known { label, largest: finite(line.max_act_approx), rate: finite(line.rate) });
    }
}

impl Imported {
    /// Adds what is known of one feature: another label is joined, other numbers replace.
    fn feature(&mut self, index: u32, more: Known) {
        let known = self.features.entry(index).or_default();
        if known.label.is_empty() {
            known.label = more.label;
        } else if !more.label.is_empty() && !known.label.split(JOINT).any(|label| label == more.label) {
            known.label.push_str(JOINT);
            known.label.push_str(&more.label);
        }
        known.largest = more.largest.or(known.largest);
        known.rate = more.rate.or(known.rate);
    }

    fn add(&mut self, other: Self) {
        for (index, known) in other.features {
            self.feature(index, known);
        }
        for (explainer, count) in other.explainers {
            *self.explainers.entry(explainer).or_default() += count;
        }
    }

    /// Puts what was read before under what is known now: a feature's new label replaces its old one, what is not said again stays.
    pub fn over(mut self, before: BTreeMap<u32, Known>) -> Self {
        for (index, old) in before {
            let known = self.features.entry(index).or_default();
            if known.label.is_empty() {
                known.label = old.label;
            }
            known.largest = known.largest.or(old.largest);
            known.rate = known.rate.or(old.rate);
        }
        self
    }
}

#[cfg(test)]
#[path = "neuronpedia_tests.rs"]
mod tests;
