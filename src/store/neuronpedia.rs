//! Reads Neuronpedia's bulk export: JSON lines, gzipped or not, in files of `explanations` and of `features`.
//!
//! The export lies at `https://neuronpedia-datasets.s3.us-east-1.amazonaws.com/index.html?prefix=v1/`, as
//! `v1/MODEL/SOURCE/{features,explanations,activations}/batch-N.jsonl.gz`. A line of `explanations` has `modelId`, `layer`, `index`,
//! `description`, `typeName`, `explanationModelName`; one of `features` has `modelId`, `layer`, `index`, `maxActApprox`, `frac_nonzero`;
//! all have more that is not read. Activations are not read.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::read::MultiGzDecoder;
use rayon::prelude::*;

use super::explanations::LONGEST;
use super::neuronpedia_line::Line;
use crate::core::explanations::Known;
use crate::core::foreign;
use crate::core::problem::{Problem, Result};
use crate::core::text::{bytes as bytes_of, counted, excerpt};
use crate::files::regular;

/// The longest line in bytes: those of the export have a few thousand.
const LINE: u64 = 16 << 20;

/// The longest label in characters that is kept whole.
const LABEL: usize = 1000;

/// Most different explanations of one feature that are kept: the site has a handful of each.
pub const OF_FEATURE: usize = 20;

/// Most explainers that are named, each with its number; the rest are counted together.
const EXPLAINERS: usize = 20;

/// What the explainers beyond [`EXPLAINERS`] are called.
const OTHERS: &str = "others";

/// The first bytes of a gzipped file.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Separates several explanations of one feature.
const JOINT: &str = " / ";

/// Memory in bytes that one feature takes besides its labels.
const FEATURE_FRAME: usize = 96;

/// Memory in bytes that one label takes besides its text.
const LABEL_FRAME: usize = 32;

/// Memory in bytes that one dictionary takes besides its features, its explainers among them.
const DICTIONARY_FRAME: usize = 8192;

/// What one import may take: a gzipped file of a megabyte can hold a gigabyte.
#[derive(Debug, Clone, Copy)]
struct Limits {
    /// The longest file in bytes, unpacked. A line of `features` may have 10 kB, and one of `explanations` its embedding.
    unpacked: u64,
    /// Most memory in bytes for all that is known of all features. The 600,000 labels of the published study's 18 dictionaries take a third.
    kept: u64,
}

const LIMITS: Limits = Limits { unpacked: 8_000_000_000, kept: LONGEST };

/// The memory that is left for what the files say.
struct Room {
    most: u64,
    taken: AtomicU64,
}

impl Room {
    fn take(&self, bytes: usize) -> std::result::Result<(), String> {
        let taken = self.taken.fetch_add(bytes as u64, Ordering::Relaxed).saturating_add(bytes as u64);
        if taken > self.most {
            Err(format!("says more of features than fits into {} of memory", bytes_of(self.most)))
        } else {
            Ok(())
        }
    }
}

/// What was read of one feature.
#[derive(Debug, Clone, Default, PartialEq)]
struct Feature {
    /// At most [`OF_FEATURE`], none twice.
    labels: Vec<String>,
    largest: Option<f32>,
    rate: Option<f32>,
}

/// What was read of one dictionary.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Imported {
    /// What is known of each feature.
    features: BTreeMap<u32, Feature>,
    /// Who explained, with the number of explanations.
    pub explainers: BTreeMap<String, usize>,
    /// Number of explanations that are not kept, because their feature has [`OF_FEATURE`] others.
    pub left_out: usize,
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

/// Reads the file at `path`, or every file of an export below the folder `path`; `read` is called after each.
///
/// # Errors
/// The first line or file that cannot be read, that there is more than memory is given to, or that there is nothing.
pub fn read(path: &Path, read: &(dyn Fn() + Sync)) -> Result<Export> {
    read_within(path, LIMITS, read)
}

fn read_within(path: &Path, limits: Limits, read: &(dyn Fn() + Sync)) -> Result<Export> {
    let files = if path.is_dir() { files(path)? } else { vec![path.to_owned()] };
    if files.is_empty() {
        let what = "holds no files *.jsonl.gz or *.jsonl of explanations or features";
        return Err(Problem::new(path.display(), what, "give a folder of the bulk export, or one of its files"));
    }
    let room = Room { most: limits.kept, taken: AtomicU64::new(0) };
    let parts = files.par_iter().map(|file| {
        let part = of_file(file, limits.unpacked, &room);
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

fn of_file(path: &Path, most: u64, room: &Room) -> Result<Export> {
    let unreadable = |error: std::io::Error| Problem::from_io(path, "read it", &error);
    let mut file = BufReader::with_capacity(1 << 16, regular::open(path)?);
    let start = file.fill_buf().map_err(unreadable)?;
    if start.starts_with(&GZIP) {
        return lines(path, BufReader::with_capacity(1 << 16, MultiGzDecoder::new(file)), most, room);
    }
    foreign::in_place_of_text(start, &path.display()).map_or(Ok(()), Err)?;
    lines(path, file, most, room)
}

fn lines(path: &Path, mut reader: impl BufRead, most: u64, room: &Room) -> Result<Export> {
    let mut export = Export::default();
    let (mut line, mut unpacked) = (Vec::new(), 0);
    for number in 1_usize.. {
        line.clear();
        let problem = |what: String, remedy: &str| Problem::new(path.display(), format_args!("line {number} {what}"), remedy);
        let read = reader.by_ref().take(LINE + 1).read_until(b'\n', &mut line);
        let again = "download the file again from Neuronpedia's bulk export";
        let length = read.map_err(|error| problem(unread(&error), again))? as u64;
        if length == 0 {
            break;
        }
        if length > LINE {
            return Err(problem(format!("is longer than {}", bytes_of(LINE)), "check that this is a file of the export"));
        }
        unpacked += length;
        if unpacked > most {
            let what = format!("ends behind the {} that a file of the export can have, unpacked", bytes_of(most));
            return Err(problem(what, "check that this is a file of the export; several can be given as a folder"));
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        if number == 1 && line.starts_with(b"\xef\xbb\xbf") {
            return Err(problem("begins with a byte order mark".to_owned(), "save the file as UTF-8 without it"));
        }
        let line = Line::parse(&line).map_err(|(what, remedy)| problem(what, &remedy))?;
        let fewer = "import one dictionary at a time; if this is one, look whether its labels are Neuronpedia's";
        export.take(&line, room).map_err(|what| problem(what, fewer))?;
    }
    Ok(export)
}

/// What `error` says of a line: the system's words, or what it means if the file is packed and the unpacking stopped.
fn unread(error: &std::io::Error) -> String {
    match (error.raw_os_error(), error.kind()) {
        (Some(_), _) => format!("cannot be read: {error}"),
        (None, ErrorKind::UnexpectedEof) => "cannot be read: the packed file ends too early".to_owned(),
        _ => "cannot be read: the packed bytes of the file are damaged".to_owned(),
    }
}

impl Export {
    fn take(&mut self, line: &Line<'_>, room: &Room) -> std::result::Result<(), String> {
        let label = line.description.as_deref().map(str::trim).filter(|label| !label.is_empty());
        if label.is_none() && line.largest.is_none() && line.rate.is_none() {
            self.other_lines += 1;
            return Ok(());
        }
        let source = (line.model_id.clone().into_owned(), line.layer.clone().into_owned());
        let imported = match self.dictionaries.entry(source) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                room.take(DICTIONARY_FRAME)?;
                new.insert(Imported::default())
            }
        };
        let label = label.map(|label| excerpt(label, LABEL));
        if label.is_some() {
            let method = line.type_name.as_deref().unwrap_or("unknown method");
            let model = line.explanation_model_name.as_deref().unwrap_or("unknown model");
            imported.explained(excerpt(&format!("{method} by {model}"), 100), 1);
        }
        let more = Feature { labels: label.into_iter().collect(), largest: line.largest, rate: line.rate };
        room.take(imported.feature(line.index, more))
    }
}

impl Imported {
    /// Adds what is known of one feature, and returns the bytes of memory that it takes: other labels are added, other numbers replace.
    fn feature(&mut self, index: u32, more: Feature) -> usize {
        let mut taken = 0;
        let known = self.features.entry(index).or_insert_with(|| {
            taken += FEATURE_FRAME;
            Feature::default()
        });
        for label in more.labels {
            match known.labels.contains(&label) {
                true => {}
                false if known.labels.len() == OF_FEATURE => self.left_out += 1,
                false => {
                    taken += LABEL_FRAME + label.len();
                    known.labels.push(label);
                }
            }
        }
        known.largest = more.largest.or(known.largest);
        known.rate = more.rate.or(known.rate);
        taken
    }

    /// Counts `count` explanations of `explainer`.
    fn explained(&mut self, explainer: String, count: usize) {
        let is_named = self.explainers.len() < EXPLAINERS || self.explainers.contains_key(&explainer);
        *self.explainers.entry(if is_named { explainer } else { OTHERS.to_owned() }).or_default() += count;
    }

    fn add(&mut self, other: Self) {
        for (index, known) in other.features {
            self.feature(index, known);
        }
        for (explainer, count) in other.explainers {
            self.explained(explainer, count);
        }
        self.left_out += other.left_out;
    }

    /// What is known of each feature, over what was read `before`: a feature's new label replaces its old one, what is not said again stays.
    pub fn over(self, mut before: BTreeMap<u32, Known>) -> BTreeMap<u32, Known> {
        for (index, new) in self.features {
            let known = before.entry(index).or_default();
            if !new.labels.is_empty() {
                known.label = new.labels.join(JOINT);
            }
            known.largest = new.largest.or(known.largest);
            known.rate = new.rate.or(known.rate);
        }
        before
    }
}

#[cfg(test)]
#[path = "neuronpedia_tests.rs"]
mod tests;
