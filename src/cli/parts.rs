//! `saescope run --parts N`: computes a study in parts, each written when it is done, so that a run that was killed goes on at the first
//! part that is missing.
//!
//! A part is a shard; together they are merged like those of several machines. They lie in a folder beside the run, with the request that
//! they belong to.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::compute::{Careful, compute_careful};
use super::output;
use crate::core::merge;
use crate::core::problem::{Problem, Result};
use crate::core::request::{Care, Request, Shard};
use crate::core::text::printable;
use crate::engine::hash::sha256_hex;
use crate::store::atomic::{self, AtomicFile};
use crate::store::{run_file, text_file};

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
    let asked = sha256_hex(format!("{request:?}").as_bytes());
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
                Careful::Computed(run, _) => run_file::write(&run, file)?,
                wrong @ Careful::WrongSetUp => return Ok(wrong),
            }
        }
        runs.push((part.display().to_string(), run_file::read(&part)?));
    }
    Ok(Careful::Computed(Box::new(merge::merge(runs)?), Vec::new()))
}

/// Makes the folder, or fails if it holds parts of something else.
fn expect_of_request(folder: &Path, request: &str) -> Result<()> {
    let file = folder.join(REQUEST);
    match text_file::read_if_present(&file, text_file::BY_HAND)? {
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
