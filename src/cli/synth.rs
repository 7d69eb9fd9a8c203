//! `saescope synth`: writes random weights of real shapes into a folder.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tempfile::NamedTempFile;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::arguments::SynthArguments;
use super::output;
use crate::core::problem::{Problem, Result};
use crate::engine::model::weight_files::WeightFiles;
use crate::engine::synth::{Host, Layout, Plan, Preset, Sink, WriteSeek, ZIP, synthesize, synthesize_host};
use crate::store::{atomic, temporary};

/// Runs `synth`.
pub fn synth(arguments: &SynthArguments) -> Result<ExitCode> {
    let shape = match arguments.preset {
        Preset::NeoX(shape) => shape,
        Preset::Host(host) => return synth_host(arguments, host),
    };
    let layouts = arguments.format.clone();
    let folder = Folder::create(&arguments.output, layouts.contains(&Layout::Zip))?;
    let plan = Plan { shape, layouts, pairs: arguments.pairs, seed: arguments.seed };
    // Only the files matter: if the reader of the output has gone away, the work goes on.
    synthesize(&plan, &folder, &|part| drop(output::print(&format!("wrote {part}\n"))))?;
    folder.finish()?;
    let root = arguments.output.display();
    let mut text = "\nRandom weights: no number that is computed from them means anything.\n".to_owned();
    for layout in plan.layouts {
        text.push_str(&format!(
            "saescope run --model {root}/model --dictionaries {root}/{} --pairs {root}/pairs.json --baseline {root}/baseline.json \
             --despite-fit\n",
            layout.place()
        ));
    }
    output::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// Writes another host, whose dictionaries have the layout in which they are published.
fn synth_host(arguments: &SynthArguments, host: Host) -> Result<ExitCode> {
    if arguments.format != [Layout::SaeLens] {
        let what = format_args!("is for GPT-NeoX, {} has dictionaries in the layout in which they are published", host.name);
        return Err(Problem::new("--format", what, "leave it out"));
    }
    let folder = Folder::create(&arguments.output, false)?;
    let reopen = || WeightFiles::open(&arguments.output.join("model"));
    let tell = |part: &str| drop(output::print(&format!("wrote {part}\n")));
    synthesize_host(host, arguments.pairs, arguments.seed, &folder, &reopen, &tell)?;
    folder.finish()?;
    let root = arguments.output.display();
    output::print(&format!(
        "\nRandom weights: no number that is computed from them means anything.\nsaescope run --model {root}/model --dictionaries \
         {root}/dictionaries --pairs {root}/pairs.json --baseline {root}/baseline.json --despite-fit\n"
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// The folder that the files are written into. Dropped before it is finished, it removes what was made.
struct Folder {
    root: PathBuf,
    /// Whether the folder itself is new.
    is_new: bool,
    /// The names in the folder that were made.
    made: Mutex<BTreeSet<PathBuf>>,
    /// The archive, under a temporary name until it is complete.
    zip: Option<Mutex<ZipWriter<UntilFailure>>>,
    /// Whether something could not be written.
    failed: Arc<AtomicBool>,
    is_whole: bool,
}

impl Folder {
    /// Creates the folder, or uses an empty one: no file is ever overwritten.
    fn create(root: &Path, with_zip: bool) -> Result<Self> {
        let is_new = !root.exists();
        fs::create_dir_all(root).map_err(|error| Problem::from_io(root, "create the folder", &error))?;
        let mut entries = fs::read_dir(root).map_err(|error| Problem::from_io(root, "list it", &error))?;
        if entries.next().is_some() {
            return Err(Problem::new(root.display(), "is not empty", "name a new folder: nothing is written over"));
        }
        let failed = Arc::default();
        let made = Mutex::default();
        let mut folder = Self { root: root.to_owned(), is_new, made, zip: None, failed, is_whole: false };
        if with_zip {
            let file = temporary::within(root).map_err(|error| Problem::from_io(root, "create a file in it", &error))?;
            folder.zip = Some(Mutex::new(ZipWriter::new(UntilFailure { file, failed: Arc::clone(&folder.failed) })));
        }
        Ok(folder)
    }

    fn finish(mut self) -> Result<()> {
        if let Some(zip) = self.zip.take() {
            let path = self.root.join(ZIP);
            let zip = zip.into_inner().unwrap_or_else(PoisonError::into_inner);
            let UntilFailure { file, .. } = zip.finish().map_err(|error| unwritable(&path, &error))?;
            file.as_file().sync_all().map_err(|error| unwritable(&path, &error))?;
            file.persist(&path).map_err(|error| unwritable(&path, &error.error))?;
        }
        self.is_whole = true;
        Ok(())
    }

    /// The place of `path` in the folder, with the folders that it lies in.
    fn place(&self, path: &str) -> Result<PathBuf> {
        let first = Path::new(path).iter().next().unwrap_or_default();
        self.made.lock().unwrap_or_else(PoisonError::into_inner).insert(self.root.join(first));
        let path = self.root.join(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|error| Problem::from_io(folder, "create the folder", &error))?;
        }
        Ok(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.is_whole {
            return;
        }
        self.failed.store(true, Ordering::Relaxed);
        self.zip = None;
        // What cannot be removed stays, and the next use of the folder says so.
        for path in self.made.get_mut().unwrap_or_else(PoisonError::into_inner).iter() {
            let _ = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
        }
        if self.is_new {
            let _ = fs::remove_dir(&self.root);
        }
    }
}

/// A file that takes nothing more after a failure: a [`ZipWriter`] completes its archive when it is dropped, and would print a line of its
/// own if that fails.
struct UntilFailure {
    file: NamedTempFile,
    failed: Arc<AtomicBool>,
}

impl Write for UntilFailure {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.failed.load(Ordering::Relaxed) {
            return Ok(bytes.len());
        }
        self.file.as_file_mut().write(bytes).inspect_err(|error| {
            if error.kind() != io::ErrorKind::Interrupted {
                self.failed.store(true, Ordering::Relaxed);
            }
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_file_mut().flush()
    }
}

impl Seek for UntilFailure {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.file.seek(position)
    }
}

impl Sink for Folder {
    fn file(&self, path: &str, bytes: &[u8]) -> Result<()> {
        atomic::write(&self.place(path)?, bytes)
    }

    fn stream(&self, path: &str, write: &mut dyn FnMut(&mut dyn WriteSeek) -> io::Result<()>) -> Result<()> {
        atomic::write_with(&self.place(path)?, |file| write(file))
    }

    fn entry(&self, path: &str, bytes: &[u8]) -> Result<()> {
        let Some(zip) = &self.zip else { return Ok(()) };
        let mut zip = zip.lock().unwrap_or_else(PoisonError::into_inner);
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        zip.start_file(path, options)
            .map_err(std::io::Error::from)
            .and_then(|()| zip.write_all(bytes))
            .map_err(|error| unwritable(&self.root.join(ZIP), &error))
    }
}

fn unwritable(path: &Path, error: &dyn std::fmt::Display) -> Problem {
    Problem::new(
        path.display(),
        format_args!("cannot be written: {error}"),
        "check the disk's space and the folder's permissions",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_finished_leaves_nothing_behind_but_what_was_there() {
        let home = tempfile::tempdir().unwrap();
        for (root, stays) in [(home.path().join("new"), false), (home.path().join("empty"), true)] {
            if stays {
                fs::create_dir(&root).unwrap();
            }
            let folder = Folder::create(&root, true).unwrap();
            folder.file("model/config.json", b"{}").unwrap();
            folder.file("pairs.json", b"{}").unwrap();
            folder.entry("a/ae.pt", b"1").unwrap();
            drop(folder);
            assert_eq!(root.exists(), stays);
            Folder::create(&root, true).unwrap().finish().unwrap();
            assert!(root.join(ZIP).exists());
        }
    }
}
