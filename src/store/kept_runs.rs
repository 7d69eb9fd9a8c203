//! The runs that the explorer keeps by itself: ordinary run files in one folder of the user's state, bounded in number and bytes.
//!
//! The oldest are removed first. A run that somebody has open is not: whoever has it open holds a shared lock on its file, which
//! the system drops when that program ends, however it ends. A run that the user has given a name is not removed either, and does
//! not count. On a file system without locks a run is only removed when it is two days old; what is open is in memory anyway.

use std::borrow::Cow;
use std::fs::{File, Metadata, TryLockError};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use super::lock::Lock;
use super::{atomic, clock, kept_checks, run_file};
use crate::core::causal::check::Done;
use crate::core::kept_run::{About, KeptRun, LONGEST_NAME, automatic_name, is_automatic};
use crate::core::problem::{Problem, Result};
use crate::core::run::{Manifest, Run, Seconds};
use crate::core::text::{bytes as in_words, excerpt};

/// The ending of run files.
const ENDING: &str = "safetensors";

/// The lock of everybody who adds or removes runs.
const LOCK: &str = ".lock";

/// Longest wait for another program that adds or removes a run.
const PATIENCE: Duration = Duration::from_secs(20);

/// Youngest age of a run that is removed where files cannot be locked.
const UNLOCKABLE: Duration = Duration::from_hours(48);

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Number of runs; 0 keeps none.
    pub runs: usize,
    /// Bytes of all runs together.
    pub bytes: u64,
}

/// A kept run that is not removed as long as this lives.
#[derive(Debug)]
pub struct Held {
    /// The name of the run.
    pub name: String,
    lock: Option<File>,
}

impl Drop for Held {
    /// Closing the file is not enough: a program that is being started holds every open file of this one for a moment.
    fn drop(&mut self) {
        if let Some(lock) = &self.lock {
            let _ = lock.unlock();
        }
    }
}

/// The folder of kept runs.
#[derive(Debug, Clone)]
pub struct KeptRuns {
    folder: PathBuf,
}

impl KeptRuns {
    /// The kept runs in `folder`, which need not exist.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// All runs, the latest first. A file that is no run is listed with the reason.
    pub fn list(&self) -> Result<Vec<KeptRun>> {
        Ok(self.files()?.into_iter().map(listed).collect())
    }

    /// The run that was computed or opened last, if it can be opened.
    pub fn last(&self) -> Option<KeptRun> {
        self.files().ok()?.into_iter().map(listed).find(|run| run.about.is_ok())
    }

    /// The run that `text` calls by its name, or by its number in the list, from 1.
    pub fn find(&self, text: &str) -> Result<KeptRun> {
        let files = self.files()?;
        let by_name = files.iter().find(|file| file.name == text);
        let by_number = || text.parse::<usize>().ok().and_then(|number| files.get(number.checked_sub(1)?));
        by_name.or_else(by_number).cloned().map(listed).ok_or_else(|| {
            let what = if files.is_empty() { "no run is kept" } else { "is no kept run" };
            Problem::new(excerpt(text, 80), what, "see `saescope runs` for names and numbers")
        })
    }

    /// Keeps `run`, and removes the oldest runs beyond `limits`. If the same result is kept already, it only becomes the latest.
    ///
    /// # Errors
    /// If the run cannot be written, or is larger than all runs may be together.
    pub fn keep(&self, run: &Run, limits: Limits) -> Result<Held> {
        let bytes = run_file::to_bytes(run)?;
        if bytes.len() as u64 > limits.bytes {
            let what = format_args!(
                "is not kept: it has {}, and kept runs may have {} together",
                in_words(bytes.len() as u64),
                in_words(limits.bytes)
            );
            return Err(Problem::new("run", what, "write it into a file, or raise kept_gigabytes in config.toml"));
        }
        let _lock = self.lock()?;
        let held = match self.same(&run.manifest, || Ok(Cow::Borrowed(&bytes)))? {
            Some(same) => {
                let held = hold(&same)?;
                touch(&same.path);
                held
            }
            None => self.write(run, &bytes)?,
        };
        self.prune(limits, &held.name)?;
        Ok(held)
    }

    /// Reads a kept run, which is not removed as long as the second value lives.
    pub fn open(&self, path: &Path) -> Result<(Run, Held)> {
        let file = Kept::at(path)?;
        let held = hold(&file)?;
        Ok((run_file::read(path)?, held))
    }

    /// The file of the kept run called `name`.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.{ENDING}"))
    }

    /// Keeps a check of the kept run at `path`, whose record is `manifest`, and removes the oldest runs beyond `limits`. Returns what is wrong
    /// with checks of it that could not be read, and where they lie now.
    ///
    /// # Errors
    /// If the run is not kept any more, or the check cannot be written.
    pub fn keep_check(&self, path: &Path, manifest: &Manifest, done: &Done, limits: Limits) -> Result<Option<Problem>> {
        let _lock = self.lock()?;
        let run = Kept::at(path)?;
        let unread = kept_checks::add(path, manifest, done)?;
        self.prune(limits, &run.name)?;
        Ok(unread)
    }

    /// Whether `path` is a file of this folder.
    pub fn holds(&self, path: &Path) -> bool {
        path.parent() == Some(self.folder.as_path())
    }

    /// Gives the run that `text` calls the name `new`, which it may have already; it is then not removed by itself any more.
    pub fn rename(&self, text: &str, new: &str) -> Result<()> {
        let is_name = !new.is_empty()
            && new.len() <= LONGEST_NAME
            && !new.starts_with(['.', '-'])
            && new.chars().all(|character| character.is_alphanumeric() || "-_.+".contains(character));
        if !is_name || new.parse::<usize>().is_ok() || is_automatic(new) {
            let what = "is no name for a run";
            let remedy = "use letters, digits, - _ . and +, not a number alone and not a name that ends in a time";
            return Err(Problem::new(excerpt(new, 80), what, remedy));
        }
        let _lock = self.lock()?;
        let run = self.find(text)?;
        if run.name == new {
            return Ok(());
        }
        let path = self.path(new);
        if path.exists() {
            return Err(Problem::new(new, "is the name of another kept run", "choose another name, or delete that run first"));
        }
        std::fs::rename(&run.path, &path).map_err(|error| Problem::from_io(&run.path, "rename it", &error))?;
        let (checks, renamed) = (kept_checks::path(&run.path), kept_checks::path(&path));
        match std::fs::rename(&checks, renamed) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(Problem::from_io(&checks, "rename it", &error)),
            _ => Ok(()),
        }
    }

    /// Deletes the run that `text` calls, unless an explorer has it open. Returns its name.
    pub fn delete(&self, text: &str) -> Result<String> {
        let _lock = self.lock()?;
        let KeptRun { name, path, .. } = self.find(text)?;
        if is_open(&path) {
            return Err(Problem::environment(name, "is open in an explorer", "leave that explorer first"));
        }
        remove(&path).map_err(|error| Problem::from_io(&path, "delete it", &error))?;
        Ok(name)
    }

    fn lock(&self) -> Result<Lock> {
        let deadline = Instant::now() + PATIENCE;
        Lock::take(&self.folder.join(LOCK), || {
            if Instant::now() < deadline {
                return Ok(());
            }
            let what = "is locked by another program that keeps a run";
            Err(Problem::environment(self.folder.display(), what, "continue or end that program and try again"))
        })
    }

    /// The files, the latest first.
    fn files(&self) -> Result<Vec<Kept>> {
        let entries = match std::fs::read_dir(&self.folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(|error| Problem::from_io(&self.folder, "list it", &error))?,
        };
        let entries =
            entries.collect::<std::io::Result<Vec<_>>>().map_err(|error| Problem::from_io(&self.folder, "list it", &error))?;
        let paths = entries.into_iter().map(|entry| entry.path());
        let is_run = |path: &PathBuf| {
            path.extension().is_some_and(|ending| ending == ENDING)
                && path.file_name().and_then(|name| name.to_str()).is_some_and(|name| !name.starts_with('.'))
        };
        // A file that another program removes meanwhile is no fault.
        let found = paths.filter(is_run).filter_map(|path| Kept::found(&path).transpose());
        let mut files: Vec<Kept> = found.collect::<Result<_>>()?;
        files.sort_by(|left, right| right.modified.cmp(&left.modified).then_with(|| right.name.cmp(&left.name)));
        Ok(files)
    }

    fn write(&self, run: &Run, bytes: &[u8]) -> Result<Held> {
        let time = humantime::format_rfc3339_seconds(clock::now()).to_string();
        let name = automatic_name(&run.manifest, &time);
        let names = std::iter::once(name.clone()).chain((2..).map(|number| format!("{name}-{number}")));
        let free = names.map(|name| self.path(&name)).find(|path| !path.exists()).unwrap_or_else(|| self.path(&name));
        atomic::write_new(&free, bytes)?;
        hold(&Kept::at(&free)?)
    }

    /// The kept run with the same result as the one whose record is `manifest`, which is not removed as long as the second value lives; None
    /// if there is none. `run` gives the whole run, and is only asked for it where a kept one has the same record.
    ///
    /// # Errors
    /// If the folder cannot be read, or as `run` says.
    pub fn kept_as(&self, manifest: &Manifest, run: impl FnOnce() -> Result<Run>) -> Result<Option<(PathBuf, Held)>> {
        let same = self.same(manifest, || run_file::to_bytes(&run()?).map(Cow::Owned))?;
        same.map(|same| Ok((same.path.clone(), hold(&same)?))).transpose()
    }

    /// The kept run with the record `manifest` and the numbers of the file `bytes`, which is only asked for where a record agrees: times are
    /// not compared.
    fn same<'a>(&self, manifest: &Manifest, bytes: impl FnOnce() -> Result<Cow<'a, [u8]>>) -> Result<Option<Kept>> {
        let untimed = |manifest: Manifest| Manifest { created_unix_seconds: 0, seconds: Seconds::default(), ..manifest };
        let wanted = untimed(manifest.clone());
        let has_record = |file: &Kept| run_file::manifest(&file.path).is_ok_and(|manifest| untimed(manifest) == wanted);
        let mut alike = self.files()?.into_iter().filter(has_record).peekable();
        if alike.peek().is_none() {
            return Ok(None);
        }
        let bytes = bytes()?;
        let numbers = tensors(&bytes);
        Ok(alike.find(|file| std::fs::read(&file.path).is_ok_and(|kept| tensors(&kept) == numbers)))
    }

    /// Removes the oldest runs beyond `limits` that have no name of the user's, are not `present` and are not open.
    fn prune(&self, limits: Limits, present: &str) -> Result<()> {
        let (mut runs, mut bytes) = (0, 0_u64);
        for file in self.files()?.into_iter().filter(|file| is_automatic(&file.name)) {
            runs += 1;
            bytes = bytes.saturating_add(file.bytes);
            if (runs > limits.runs || bytes > limits.bytes) && file.name != present && !is_open(&file.path) {
                // What cannot be removed stays; the next run tries again.
                let _ = remove(&file.path);
            }
        }
        Ok(())
    }
}

/// A file of the folder.
#[derive(Debug, Clone)]
struct Kept {
    name: String,
    path: PathBuf,
    bytes: u64,
    modified: SystemTime,
}

impl Kept {
    fn at(path: &Path) -> Result<Self> {
        Self::read(path).map_err(|error| Problem::from_io(path, "read it", &error))
    }

    /// The file at `path`; None if it is not there any more.
    fn found(path: &Path) -> Result<Option<Self>> {
        match Self::read(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            outcome => outcome.map(Some).map_err(|error| Problem::from_io(path, "read it", &error)),
        }
    }

    fn read(path: &Path) -> std::io::Result<Self> {
        let checks = std::fs::metadata(kept_checks::path(path)).map_or(0, |metadata| metadata.len());
        let read = |metadata: Metadata| Ok((metadata.len() + checks, metadata.modified()?));
        let (bytes, modified) = std::fs::metadata(path).and_then(read)?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Self { name, path: path.to_owned(), bytes, modified })
    }
}

fn listed(file: Kept) -> KeptRun {
    let time = humantime::format_rfc3339_seconds(clock::writable(file.modified)).to_string();
    let when = time.replace('T', " ").chars().take("2026-11-26 04:12".len()).collect();
    let about = run_file::manifest(&file.path).map(|manifest| About::of(&manifest));
    KeptRun { name: file.name, path: file.path, when, bytes: file.bytes, about }
}

/// Locks a run against removal. Where files cannot be locked, its age protects it.
fn hold(file: &Kept) -> Result<Held> {
    let opened = File::open(&file.path).map_err(|error| Problem::from_io(&file.path, "read it", &error))?;
    match opened.try_lock_shared() {
        Ok(()) => Ok(Held { name: file.name.clone(), lock: Some(opened) }),
        Err(TryLockError::WouldBlock) => {
            Err(Problem::environment(&file.name, "is being removed by another program", "compute it again"))
        }
        Err(TryLockError::Error(_)) => Ok(Held { name: file.name.clone(), lock: None }),
    }
}

/// Whether somebody has the run open, as far as can be known.
fn is_open(path: &Path) -> bool {
    // Over a network an exclusive lock needs a file that is open for writing.
    let Ok(file) = File::options().write(true).open(path) else { return true };
    match file.try_lock() {
        Ok(()) => false,
        Err(TryLockError::WouldBlock) => true,
        Err(TryLockError::Error(_)) => {
            let modified = file.metadata().and_then(|metadata| metadata.modified());
            modified.is_ok_and(|modified| SystemTime::now().duration_since(modified).is_ok_and(|age| age < UNLOCKABLE))
        }
    }
}

/// Removes a run. Its checks go first: without them it is still a run.
fn remove(run: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(kept_checks::path(run)) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => std::fs::remove_file(run),
    }
}

/// Makes the run the latest. If that fails, it only stays older in the list.
fn touch(path: &Path) {
    if let Ok(file) = File::options().write(true).open(path) {
        let _ = file.set_modified(SystemTime::now());
    }
}

/// The part of a safetensors file behind its header; None if it is cut short.
fn tensors(bytes: &[u8]) -> Option<&[u8]> {
    let mut length = [0; 8];
    (&mut &*bytes).read_exact(&mut length).ok()?;
    bytes.get(8 + usize::try_from(u64::from_le_bytes(length)).ok()?..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_is_left_can_be_removed_although_a_program_that_is_being_started_has_it_open_too() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.safetensors");
        std::fs::write(&path, "").unwrap();
        let held = hold(&Kept::at(&path).unwrap()).unwrap();
        assert!(is_open(&path));
        // A child process has such a copy until it runs its own program.
        let _copy = held.lock.as_ref().unwrap().try_clone().unwrap();
        drop(held);
        assert!(!is_open(&path));
    }
}
