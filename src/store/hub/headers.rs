//! A copy of the files of a folder on the hub that holds everything but large matrices: configurations, headers and small tensors, read by
//! range requests. Where nothing was read, the copies have holes, which read as zeros.
//!
//! So the program's own readers say what a dictionary is, and refuse what they would refuse, before gigabytes are downloaded.

use std::collections::{BTreeSet, HashMap};
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use zip::ZipArchive;

use super::client::{Client, Stop};
use super::listing::{address, ask};
use super::settings::Settings;
use crate::core::problem::{Problem, Result};
use crate::core::text::{bytes as in_words, excerpt};
use crate::files::whole::HEADER;
use crate::store::presets::Repository;

/// What an address of a folder on the hub begins with.
pub const SCHEME: &str = "hf://";

/// Bytes of one request: more than most headers have, so that most files take one or two.
const CHUNK: u64 = 1 << 16;

/// Tensors and arrays up to this size are read: thresholds, biases and factors of up to 262,144 features.
const SMALL: u64 = 1 << 20;

/// Files up to this size are read whole: configurations.
const WHOLE: u64 = 1 << 20;

/// Most files of which headers are read.
const MOST_FILES: usize = 64;

/// A folder of a repository on the hub.
#[derive(Debug, Clone, PartialEq)]
pub struct Remote {
    repository: Repository,
    /// The folder, without slashes at its ends; empty for the whole repository.
    folder: String,
}

/// What was read of a folder.
pub struct Headers {
    /// The local copy of the repository, as far as it was read; it lives as long as this.
    pub root: PathBuf,
    /// The commit.
    pub commit: String,
    /// Paths in the repository, with their sizes in bytes.
    pub files: Vec<(String, u64)>,
    /// Bytes that were read.
    pub read: u64,
    _temporary: tempfile::TempDir,
}

impl Remote {
    /// The folder that `text` names: `hf://OWNER/NAME[@REVISION][/FOLDER]`; None if it is no such address.
    ///
    /// # Errors
    /// When it begins like one and is none.
    pub fn parse(text: &str) -> Result<Option<Self>> {
        let Some(rest) = text.strip_prefix(SCHEME) else { return Ok(None) };
        let mut parts = rest.trim_end_matches('/').splitn(3, '/');
        let (owner, name) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let (name, revision) = name.split_once('@').unwrap_or((name, "main"));
        let folder = parts.next().unwrap_or_default();
        let is_plain = |part: &str| {
            !part.is_empty() && !part.starts_with('.') && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
        };
        let stays_below = folder.is_empty() || folder.split('/').all(|part| !part.is_empty() && part != "." && part != "..");
        if !is_plain(owner) || !is_plain(name) || revision.is_empty() || !stays_below || text.chars().any(char::is_control) {
            let remedy = "use hf://OWNER/NAME/FOLDER, as in hf://google/gemma-scope-2b-pt-res/layer_12/width_16k/average_l0_82";
            return Err(Problem::new(excerpt(text, 120), "is no address of a folder on the hub", remedy));
        }
        let repository = Repository { name: format!("{owner}/{name}"), revision: revision.to_owned(), ..Repository::default() };
        Ok(Some(Self { repository, folder: folder.to_owned() }))
    }

    /// Reads configurations, headers and small tensors of every file in the folder.
    ///
    /// # Errors
    /// When the hub cannot be reached, has no such folder or knows no ranges, a header is damaged, or the folder has too many files.
    pub fn read(&self, settings: &Settings, stop: Stop<'_>) -> Result<Headers> {
        let client = Client::new(settings);
        let listing = ask(&client, settings, &self.repository, stop)?;
        let (name, folder) = (&self.repository.name, &self.folder);
        let below =
            |path: &&String| folder.is_empty() || path.strip_prefix(folder.as_str()).is_some_and(|rest| rest.starts_with('/'));
        let files: Vec<(String, u64)> =
            listing.files.iter().filter(|(path, _)| below(path)).map(|(path, file)| (path.clone(), file.bytes)).collect();
        let place = format!("{SCHEME}{name}/{folder}");
        if files.is_empty() {
            return Err(Problem::new(place, "holds no file", format_args!("look at {}/{name}", settings.endpoint)));
        }
        if files.len() > MOST_FILES {
            let folders: BTreeSet<&str> = files.iter().filter_map(|(path, _)| Some(path.rsplit_once('/')?.0)).collect();
            let some: Vec<&str> = folders.into_iter().take(3).collect();
            let what = format!("holds {} files, of which headers of at most {MOST_FILES} are read", files.len());
            return Err(Problem::new(place, what, format_args!("name a folder in it, such as {}", some.join(", "))));
        }
        let temporary =
            tempfile::tempdir().map_err(|error| Problem::from_io(&std::env::temp_dir(), "make a folder in it", &error))?;
        // The names of the folders above say what a dictionary is, too.
        let root = temporary.path().join(name.rsplit('/').next().unwrap_or(name));
        let mut read = 0;
        for (path, bytes) in &files {
            if path.split('/').any(|part| part.is_empty() || part == "." || part == "..") {
                return Err(Problem::new(&place, format_args!("holds the path '{}'", excerpt(path, 80)), "check HF_ENDPOINT"));
            }
            let what = format!("{path} of {name}");
            let source = Source { client: &client, stop, address: address(settings, name, &listing.commit, path), what };
            read += copy(source, &root.join(path), *bytes)?;
        }
        Ok(Headers { root, commit: listing.commit, files, read, _temporary: temporary })
    }
}

/// A file on the hub.
struct Source<'a> {
    client: &'a Client<'a>,
    stop: Stop<'a>,
    address: String,
    /// What messages call it.
    what: String,
}

/// What is read of the header's entry of a tensor.
#[derive(Deserialize)]
struct Entry {
    /// The first byte, and the one behind the last, from the end of the header.
    data_offsets: Option<[u64; 2]>,
}

/// A copy with holes of a file of `length` bytes.
struct Copy<'a> {
    source: Source<'a>,
    file: File,
    length: u64,
    /// The chunks that are here.
    here: BTreeSet<u64>,
    position: u64,
    /// The failure behind an error of input and output.
    failure: Option<Problem>,
}

/// Makes a copy at `path` of what is wanted of the file; returns the bytes that were read.
fn copy(source: Source<'_>, path: &Path, length: u64) -> Result<u64> {
    let failed = |error: io::Error| Problem::from_io(path, "write it", &error);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    let file = File::options().read(true).write(true).create_new(true).open(path).map_err(failed)?;
    file.set_len(length).map_err(|error| {
        let what = format_args!("has {}, of which no copy with holes can be made: {error}", in_words(length));
        Problem::environment(&source.what, what, "set TMPDIR to a folder on a disk that can hold files of this size")
    })?;
    let mut copy = Copy { source, file, length, here: BTreeSet::new(), position: 0, failure: None };
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    match ending.as_str() {
        "safetensors" => copy.safetensors()?,
        "npz" | "pt" => copy.archive()?,
        _ if length <= WHOLE => copy.bring(0..length)?,
        _ => {}
    }
    Ok(copy.here.iter().map(|chunk| CHUNK.min(length - chunk * CHUNK)).sum())
}

impl Copy<'_> {
    /// Makes sure that `range` is here.
    fn bring(&mut self, range: Range<u64>) -> Result<()> {
        let range = range.start..range.end.min(self.length);
        let chunks = range.start / CHUNK..range.end.div_ceil(CHUNK);
        let missing: Vec<u64> = chunks.filter(|chunk| !self.here.contains(chunk)).collect();
        for run in missing.chunk_by(|one, other| one + 1 == *other) {
            let (Some(first), Some(last)) = (run.first(), run.last()) else { continue };
            let wanted = first * CHUNK..self.length.min((last + 1) * CHUNK);
            let Source { client, stop, address, what } = &self.source;
            let bytes = client.persist(*stop, || client.read_range(address, wanted.clone(), what))?;
            let written = self.file.seek(SeekFrom::Start(wanted.start)).and_then(|_| self.file.write_all(&bytes));
            written
                .map_err(|error| Problem::environment(what, format_args!("cannot be kept: {error}"), "check the disk's space"))?;
            self.here.extend(run);
        }
        Ok(())
    }

    fn bytes(&mut self, range: Range<u64>) -> Result<Vec<u8>> {
        self.bring(range.clone())?;
        let mut bytes = vec![0; usize::try_from(range.end - range.start).unwrap_or_default()];
        let read = self.file.seek(SeekFrom::Start(range.start)).and_then(|_| self.file.read_exact(&mut bytes));
        read.map_err(|error| Problem::environment(&self.source.what, format_args!("cannot be read: {error}"), "try again"))?;
        Ok(bytes)
    }

    fn damaged(&self, what: &str) -> Problem {
        Problem::new(&self.source.what, what, "the file is damaged on the hub, or another kind of file than its name says")
    }

    /// Brings the header, and every tensor that is small.
    fn safetensors(&mut self) -> Result<()> {
        if self.length < 8 {
            return Err(self.damaged("is no safetensors file: it has less than 8 bytes"));
        }
        let length = self.bytes(0..8)?.first_chunk::<8>().map_or(0, |length| u64::from_le_bytes(*length));
        if length > self.length - 8 {
            return Err(self.damaged("is no safetensors file: its header would be larger than the file"));
        }
        if length > HEADER {
            let what = format!("has a header of {length} bytes, a model of a thousand layers has a tenth of that");
            return Err(Problem::new(&self.source.what, what, "name a file that holds the tensors of one model or dictionary"));
        }
        // What is wrong with a header, the reader of the copy says.
        let header: HashMap<String, Entry> = serde_json::from_slice(&self.bytes(8..8 + length)?).unwrap_or_default();
        let tensors = header.into_values().filter_map(|Entry { data_offsets }| {
            let [start, end] = data_offsets?;
            Some((8 + length).checked_add(start)?..(8 + length).checked_add(end)?)
        });
        for range in tensors.collect::<Vec<_>>() {
            if range.end <= self.length && range.start < range.end && range.end - range.start <= SMALL {
                self.bring(range)?;
            }
        }
        Ok(())
    }

    /// Brings the directory of a zip, the beginning of every entry, and every entry that is small.
    fn archive(&mut self) -> Result<()> {
        let mut entries = Vec::new();
        let outcome = ZipArchive::new(&mut *self).map(|mut archive| {
            for index in 0..archive.len() {
                let Ok(entry) = archive.by_index_raw(index) else { continue };
                entries.extend(entry.data_start().map(|start| (start, entry.compressed_size())));
            }
        });
        if let Some(problem) = self.failure.take() {
            return Err(problem);
        }
        outcome.map_err(|_| self.damaged("is no complete zip, as npz and pt files are"))?;
        for (start, size) in entries {
            let end = start.saturating_add(if size <= SMALL { size } else { size.min(CHUNK / 4) });
            self.bring(start.min(self.length)..end.min(self.length))?;
        }
        Ok(())
    }
}

impl Read for Copy<'_> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        let end = self.length.min(self.position.saturating_add(target.len() as u64));
        let range = self.position.min(end)..end;
        let bytes = self.bytes(range).map_err(|problem| {
            let error = io::Error::other(problem.to_string());
            self.failure = Some(problem);
            error
        })?;
        target[..bytes.len()].copy_from_slice(&bytes);
        self.position += bytes.len() as u64;
        Ok(bytes.len())
    }
}

impl Seek for Copy<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(offset) => self.length.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = position.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_or_refused() {
        let parsed = |text: &str| Remote::parse(text).map(|remote| remote.map(|remote| (remote.repository, remote.folder)));
        let (repository, folder) = parsed("hf://google/gemma-scope-2b-pt-res/layer_12/width_16k/").unwrap().unwrap();
        assert_eq!((repository.name.as_str(), repository.revision.as_str()), ("google/gemma-scope-2b-pt-res", "main"));
        assert_eq!(folder, "layer_12/width_16k");
        let (repository, folder) = parsed("hf://a/b@v1").unwrap().unwrap();
        assert_eq!((repository.name.as_str(), repository.revision.as_str(), folder.as_str()), ("a/b", "v1", ""));
        assert_eq!(parsed("a/b").unwrap(), None);
        for wrong in ["hf://", "hf://a", "hf://a/", "hf://../b", "hf://a/b/../c", "hf://a/b@/c", "hf://a b/c", "hf://a/b//c"] {
            let said = parsed(wrong).unwrap_err().to_string();
            assert!(said.contains("no address of a folder on the hub") && said.contains("hf://OWNER/NAME"), "{wrong}: {said}");
        }
    }
}
