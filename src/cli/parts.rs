//! `saescope run --parts N`: computes a study in parts, each written when it is done, so that a run that was killed goes on at the first
//! part that is missing.
//!
//! A part is a shard; together they are merged like those of several machines. They lie in a folder beside the run, with the request that
//! they belong to and what the site finder said of their dictionaries.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::compute::{Careful, Said, compute_careful};
use super::output;
use crate::core::merge;
use crate::core::problem::{Problem, Result};
use crate::core::request::{Care, Request, Settings, Shard};
use crate::core::run::DictionaryRecord;
use crate::core::submodule::Submodule;
use crate::core::text::printable;
use crate::engine::hash::sha256_hex;
use crate::files::whole;
use crate::store::atomic::{self, AtomicFile};
use crate::store::run_file;

/// The file that says what the parts of a folder belong to.
const REQUEST: &str = "request.txt";

/// The folder of the parts of the run at `path`.
fn folder(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".parts");
    path.with_file_name(name)
}

/// Computes the parts of `request` that are missing beside `path`, and merges all.
pub fn compute(request: &Request, care: Care, path: &Path, parts: usize) -> Result<Careful> {
    let folder = folder(path);
    let outcome = compute_in(&folder, request, care, parts);
    if !matches!(outcome, Ok(Careful::Computed(..))) {
        remove_without_parts(&folder);
    }
    outcome
}

fn compute_in(folder: &Path, request: &Request, care: Care, parts: usize) -> Result<Careful> {
    // The request holds whole studies; what it is called matters less than that it is the same.
    let asked = sha256_hex(format!("{:?}", deciding(request)).as_bytes());
    expect_of_request(folder, &format!("{parts} parts of the request with SHA-256 {asked}\n"))?;
    let mut runs = Vec::new();
    for number in 1..=parts {
        let part = folder.join(format!("{number}-of-{parts}.safetensors"));
        if part.exists() {
            output::print(&format!(
                "part {number} of {parts}: computed before, in {}\n",
                printable(&part.display().to_string())
            ))?;
        } else {
            output::print(&format!("part {number} of {parts}\n"))?;
            let shard = Some(Shard { number, of: parts });
            let file = AtomicFile::reserve(&part)?;
            match compute_careful(Request { shard, ..request.clone() }, care)? {
                Careful::Computed(run, said) => {
                    keep_said(folder, &said)?;
                    run_file::write(&run, file)?;
                }
                wrong @ Careful::WrongSetUp => return Ok(wrong),
            }
        }
        let run = run_file::read(&part).map_err(|problem| match problem {
            _ if problem.is_environment() => problem,
            _ => Problem::new(part.display(), problem.what(), "delete that part: it is computed again then"),
        })?;
        runs.push((part.display().to_string(), run));
    }
    let run = merge::merge(runs)?;
    let said = kept_said(folder, run.manifest.dictionaries.iter().filter_map(DictionaryRecord::place))?;
    Ok(Careful::Computed(Box::new(run), said))
}

/// The request with what no number depends on left at a fixed value: a computation goes on in other batches and on other threads.
fn deciding(request: &Request) -> Request {
    Request { settings: Settings { batch: 1, ..request.settings }, threads: None, ..request.clone() }
}

/// The file of what the site finder said of the dictionary of `submodule`.
fn said_file(folder: &Path, submodule: Submodule) -> PathBuf {
    folder.join(format!("said-of-{submodule}.txt"))
}

/// Keeps what the site finder said in a part, unless it said something of that dictionary in a former part.
fn keep_said(folder: &Path, said: &Said) -> Result<()> {
    said.iter().try_for_each(|(submodule, text)| {
        let file = said_file(folder, *submodule);
        if file.exists() { Ok(()) } else { atomic::write(&file, text.as_bytes()) }
    })
}

/// What it said of `submodules` in all parts.
fn kept_said(folder: &Path, submodules: impl Iterator<Item = Submodule>) -> Result<Said> {
    let read = |submodule| {
        let text = whole::text_if_present(&said_file(folder, submodule), whole::BY_HAND);
        text.map(|text| text.map(|text| (submodule, text))).transpose()
    };
    submodules.filter_map(read).collect()
}

/// Makes the folder, or fails if it holds parts of something else.
fn expect_of_request(folder: &Path, request: &str) -> Result<()> {
    let file = folder.join(REQUEST);
    match whole::text_if_present(&file, whole::BY_HAND)? {
        Some(former) if former == request => Ok(()),
        Some(_) => {
            let what = "holds parts of another computation: other flags, another study or model";
            Err(Problem::new(folder.display(), what, "remove that folder, or name another file with --output"))
        }
        None => {
            fs::create_dir_all(folder).map_err(|error| Problem::from_io(folder, "create the folder", &error))?;
            atomic::write(&file, request.as_bytes())
        }
    }
}

/// Removes a folder that holds no part: there is nothing to go on with. What cannot be removed is named when it is in the way.
fn remove_without_parts(folder: &Path) {
    let holds_request_only =
        fs::read_dir(folder).is_ok_and(|entries| entries.flatten().all(|entry| entry.file_name() == REQUEST));
    if holds_request_only {
        let _ = fs::remove_dir_all(folder);
    }
}

/// Removes the parts of the run at `path`, which is written.
pub fn remove(path: &Path) -> Result<()> {
    let folder = folder(path);
    match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(Problem::from_io(&folder, "remove it", &error)),
        _ => Ok(()),
    }
}
