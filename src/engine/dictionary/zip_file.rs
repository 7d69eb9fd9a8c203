//! dictionary_learning's published archive, `dictionaries/MODEL/attn_out_layer0/10_32768/ae.pt` and so on in one zip, read
//! without unpacking it.
//!
//! An entry that is stored uncompressed is mapped where it lies. A compressed entry is inflated into a temporary file without a
//! name, which the system removes when the program ends.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

use super::packing::other_packing;
use super::{Dictionary, Purpose, ae_pt};
use crate::core::foreign;
use crate::core::problem::{Problem, Result};
use crate::core::submodule::SubmoduleKind;
use crate::core::text::excerpt;
use crate::engine::tensor_file::Bytes;
use crate::files::regular;
use crate::files::stamp::Stamp;
use crate::files::whole::CONFIGURATION;

/// Most bytes that one byte of a deflated entry unpacks to.
const TIGHTEST: u64 = 1032;

/// An archive whose directory was read.
pub struct ZipFile {
    path: PathBuf,
    stamp: Stamp,
    archive: ZipArchive<io::BufReader<File>>,
    /// The paths of all `ae.pt` files inside, sorted.
    names: Vec<String>,
}

impl ZipFile {
    /// Reads the directory of the archive at `path`.
    pub fn open(path: &Path) -> Result<Self> {
        let stamp = Stamp::of(path);
        let file = regular::open(path)?;
        let mut start = Vec::new();
        (&file).take(512).read_to_end(&mut start).map_err(|error| Problem::from_io(path, "read it", &error))?;
        if let Some(problem) = foreign::problem(&start, &path.display()) {
            return Err(problem);
        }
        let archive = ZipArchive::new(io::BufReader::new(file)).map_err(|_| {
            Problem::new(
                path.display(),
                "is not a complete zip",
                "give a folder of dictionaries or dictionary_learning's archive, or fetch it again",
            )
        })?;
        let names = archive.file_names().filter_map(std::result::Result::ok).filter(|name| name.ends_with("/ae.pt"));
        let mut names: Vec<String> = names.map(std::borrow::Cow::into_owned).collect();
        names.sort();
        if names.is_empty() {
            // In an archive that is cut short, the last dictionary may be taken for the whole archive: it is a zip itself.
            return Err(Problem::new(
                path.display(),
                "holds no ae.pt",
                "the archive is cut short or another one: give dictionary_learning's, or fetch it again",
            ));
        }
        Ok(Self { path: path.to_owned(), stamp, archive, names })
    }

    /// Opens the dictionary of `submodule`; None if the archive has none.
    pub fn dictionary(&mut self, purpose: Purpose) -> Result<Option<Dictionary>> {
        let submodule = purpose.submodule();
        let folder = match submodule.kind {
            SubmoduleKind::Embedding => submodule.to_string(),
            kind if SubmoduleKind::OUTPUTS.contains(&kind) => format!("{}_out_layer{}", kind.name(), submodule.layer.0),
            _ => return Ok(None),
        };
        let found: Vec<&String> = self.names.iter().filter(|name| name.split('/').any(|part| part == folder)).collect();
        let name = match found[..] {
            [] => return Ok(None),
            [name] => name.clone(),
            [first, second, ..] => {
                return Err(Problem::new(
                    self.path.display(),
                    format_args!(
                        "holds more than one dictionary for {submodule}: {} and {}",
                        excerpt(first, 100),
                        excerpt(second, 100)
                    ),
                    "unpack the ones that are meant, and give their folder with --dictionaries",
                ));
            }
        };
        let place = format!("{}/{}", self.path.display(), excerpt(&name, 200));
        let bytes = self.bytes(&name, &place)?;
        let config = self.config(&name)?;
        let config = config.as_ref().map(|(text, place)| (&text[..], place.as_str()));
        let dictionary = ae_pt::read(bytes, place, config, purpose)?;
        Ok(Some(dictionary.read_from(vec![self.stamp.clone()])))
    }

    /// Text and place of the training's `config.json` beside the dictionary called `name`.
    fn config(&mut self, name: &str) -> Result<Option<(Vec<u8>, String)>> {
        let Some(sibling) = name.strip_suffix("ae.pt").map(|folder| format!("{folder}config.json")) else { return Ok(None) };
        let place = format!("{}/{}", self.path.display(), excerpt(&sibling, 200));
        let entry = match self.archive.by_name(&sibling) {
            Ok(entry) => entry,
            Err(ZipError::FileNotFound) => return Ok(None),
            Err(error) => return Err(unreadable(&place, &in_zip(&error))),
        };
        expect_packing(entry.compression(), &place)?;
        let mut text = Vec::new();
        entry.take(CONFIGURATION + 1).read_to_end(&mut text).map_err(|error| unreadable(&place, &in_words(&error)))?;
        if text.len() as u64 > CONFIGURATION {
            let what = format_args!("has more than {CONFIGURATION} bytes, a configuration has a few thousand");
            return Err(Problem::new(&place, what, "check that this is dictionary_learning's archive"));
        }
        Ok(Some((text, place)))
    }

    fn bytes(&mut self, name: &str, place: &str) -> Result<Bytes> {
        let unreadable = |error: &dyn std::fmt::Display| unreadable(place, error);
        let entry = self.archive.by_name(name).map_err(|error| match error {
            ZipError::UnsupportedArchive(_) => {
                let what = "is packed in a way that is not read, such as with a password";
                Problem::new(place, what, "unpack the archive, and give the folder with --dictionaries")
            }
            other => unreadable(&in_zip(&other)),
        })?;
        expect_packing(entry.compression(), place)?;
        if entry.compression() == CompressionMethod::Stored {
            let start = entry.data_start().ok_or_else(|| unreadable(&"its place is not known"))?;
            let part = start..start.saturating_add(entry.size());
            let file = File::open(&self.path).map_err(|error| Problem::from_io(&self.path, "open it", &error))?;
            let length = file.metadata().map_err(|error| unreadable(&error))?.len();
            if part.is_empty() || part.end > length {
                return Err(unreadable(&format_args!("it would reach from byte {} to {} of {length}", part.start, part.end)));
            }
            return Bytes::map_part(&file, &self.path, part);
        }
        // An archive could claim any size; nothing is packed more tightly than this.
        if entry.size() / TIGHTEST > entry.compressed_size() {
            return Err(unreadable(&format_args!("it claims {} bytes, packed into {}", entry.size(), entry.compressed_size())));
        }
        let claimed = entry.size();
        let unpacked = |error: &io::Error| {
            Problem::new(
                place,
                format_args!("cannot be inflated: {error}"),
                "its compressed bytes go to the folder for temporary files: make room there, or set TMPDIR",
            )
        };
        let mut file = tempfile::tempfile().map_err(|error| unpacked(&error))?;
        let length = io::copy(&mut entry.take(claimed), &mut file).map_err(|error| match error.raw_os_error() {
            None => unreadable(&in_words(&error)),
            Some(_) => unpacked(&error),
        })?;
        if length == 0 {
            return Err(unreadable(&"it is empty"));
        }
        Bytes::map_part(&file, &self.path, 0..length)
    }
}

/// Fails if an entry is packed in a way that is not read.
fn expect_packing(method: CompressionMethod, place: &str) -> Result<()> {
    other_packing(method).map_or(Ok(()), |packing| {
        let remedy = "unpack the archive with unzip or 7z, and give its folder with --dictionaries";
        Err(Problem::new(
            place,
            format_args!("is packed with {packing}; read are deflate and files that are only stored"),
            remedy,
        ))
    })
}

/// What `error` says of an entry, in words of the archive: the library speaks of its own.
fn in_zip(error: &ZipError) -> String {
    match error {
        ZipError::Io(error) => in_words(error),
        ZipError::FileNotFound => "the archive has it no more".to_owned(),
        _ => "the archive's directory leads to no file of this name".to_owned(),
    }
}

/// What the system says; what the library says of packed bytes means that they are damaged.
fn in_words(error: &io::Error) -> String {
    error.raw_os_error().map_or_else(|| "its packed bytes are damaged".to_owned(), |_| error.to_string())
}

fn unreadable(place: &str, error: &dyn std::fmt::Display) -> Problem {
    Problem::new(place, format_args!("cannot be read: {error}"), "the archive is damaged or cut short: fetch it again")
}
