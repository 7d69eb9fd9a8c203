//! `saescope synth`: writes random weights of real shapes into a folder.

use std::fs;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

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
    let root = arguments.output.display();
    output::print(&format!(
        "\nRandom weights: no number that is computed from them means anything.\nsaescope run --model {root}/model --dictionaries \
         {root}/dictionaries --pairs {root}/pairs.json --baseline {root}/baseline.json --despite-fit\n"
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// The folder that the files are written into.
struct Folder {
    root: PathBuf,
    /// The archive, under a temporary name until it is complete.
    zip: Option<Mutex<ZipWriter<UntilFailure>>>,
}

impl Folder {
    /// Creates the folder, or uses an empty one: no file is ever overwritten.
    fn create(root: &Path, with_zip: bool) -> Result<Self> {
        fs::create_dir_all(root).map_err(|error| Problem::from_io(root, "create the folder", &error))?;
        let mut entries = fs::read_dir(root).map_err(|error| Problem::from_io(root, "list it", &error))?;
        if entries.next().is_some() {
            return Err(Problem::new(root.display(), "is not empty", "name a new folder: nothing is written over"));
        }
        let create = || temporary::within(root).map_err(|error| Problem::from_io(root, "create a file in it", &error));
        let zip = with_zip.then(create).transpose()?.map(|file| Mutex::new(ZipWriter::new(UntilFailure { file, failed: false })));
        Ok(Self { root: root.to_owned(), zip })
    }

    fn finish(self) -> Result<()> {
        let Some(zip) = self.zip else { return Ok(()) };
        let path = self.root.join(ZIP);
        let zip = zip.into_inner().unwrap_or_else(PoisonError::into_inner);
        let UntilFailure { file, .. } = zip.finish().map_err(|error| unwritable(&path, &error))?;
        file.as_file().sync_all().map_err(|error| unwritable(&path, &error))?;
        file.persist(&path).map_err(|error| unwritable(&path, &error.error))?;
        Ok(())
    }
}

/// A file that takes nothing more after a failed write: a [`ZipWriter`] completes its archive when it is dropped, and would
/// print a line about the same failure again.
struct UntilFailure {
    file: NamedTempFile,
    failed: bool,
}

impl Write for UntilFailure {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.failed {
            return Ok(bytes.len());
        }
        self.file.as_file_mut().write(bytes).inspect_err(|error| self.failed = error.kind() != io::ErrorKind::Interrupted)
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
        let path = self.root.join(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|error| Problem::from_io(folder, "create the folder", &error))?;
        }
        atomic::write(&path, bytes)
    }

    fn stream(&self, path: &str, write: &mut dyn FnMut(&mut dyn WriteSeek) -> io::Result<()>) -> Result<()> {
        let path = self.root.join(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|error| Problem::from_io(folder, "create the folder", &error))?;
        }
        atomic::write_with(&path, |file| write(file))
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
