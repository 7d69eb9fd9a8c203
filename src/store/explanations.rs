//! The files of imported explanations: one for each dictionary, `neuronpedia/MODEL/SOURCE.labels` in the data folder.
//!
//! A file is a line with the format, a line of JSON that says what it is and where it comes from, then little-endian arrays: for each
//! feature its index and the end of its label (u32), then its largest activation and its firing rate (f32, NaN where unknown), then the
//! labels. It is read whole: 600,000 labels take a few dozen megabytes, and any is found without touching the disk again. An SQL database
//! would add a C library of 250,000 lines for the one question that is ever asked.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::folders;
use crate::core::explanations::{Explanations, OfDictionary};
use crate::core::format_error::of_json_line;
use crate::core::hosted::is_name;
use crate::core::problem::{Problem, Result};
use crate::core::submodule::Submodule;
use crate::core::text::bytes as bytes_of;
use crate::files::whole;
use crate::store::atomic;

/// The first line of a file.
const FORMAT: &str = "saescope labels 1";

/// The folder of all files in the data folder.
const FOLDER: &str = "neuronpedia";

/// The end of the name of each file.
const ENDING: &str = "labels";

/// The longest file in bytes, several times that of a dictionary of a million features with a label each.
pub const LONGEST: u64 = 256_000_000;

/// What a file says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The model's name on Neuronpedia.
    pub model: String,
    /// The dictionary's name there, such as `5-res-sm`.
    pub source: String,
    /// The submodule that it reads.
    pub submodule: String,
    /// Number of features.
    pub features: usize,
    /// Who explained: method and model, with the number of explanations.
    pub explainers: Vec<(String, usize)>,
}

/// The file of the dictionary `source` of `model` in the data folder `data`.
///
/// # Errors
/// If a name cannot be that of a file: names come from downloaded files.
pub fn path(data: &Path, model: &str, source: &str) -> Result<PathBuf> {
    Ok(data.join(FOLDER).join(file_name(model)?).join(format!("{}.{ENDING}", file_name(source)?)))
}

fn file_name(name: &str) -> Result<&str> {
    if !is_name(name) {
        let shown = crate::core::text::excerpt(name, 40);
        return Err(Problem::new(
            format_args!("name '{shown}'"),
            "is no name of a model or dictionary",
            "check the imported files",
        ));
    }
    Ok(name)
}

/// Writes the explanations of one dictionary whole or not at all.
///
/// # Errors
/// If the file cannot be written, or would be longer than [`LONGEST`].
pub fn write(data: &Path, header: &Header, all: &OfDictionary) -> Result<()> {
    let path = path(data, &header.model, &header.source)?;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| Problem::from_io(folder, "make it", &error))?;
    }
    let failed =
        |error| Problem::new(path.display(), format_args!("cannot be written as JSON: {error}"), "report this as a fault");
    let mut bytes = format!("{FORMAT}\n{}\n", serde_json::to_string(header).map_err(failed)?).into_bytes();
    let (indices, ends, largest, rates, text) = all.arrays();
    for array in [indices, ends] {
        bytes.extend(array.iter().flat_map(|number| number.to_le_bytes()));
    }
    for array in [largest, rates] {
        bytes.extend(array.iter().flat_map(|number| number.to_le_bytes()));
    }
    bytes.extend_from_slice(text.as_bytes());
    if bytes.len() as u64 > LONGEST {
        let what = format_args!("would have {}, and such a file can have {}", bytes_of(bytes.len() as u64), bytes_of(LONGEST));
        return Err(Problem::new(path.display(), what, "delete the file if there is one, and import fewer labels"));
    }
    atomic::write(&path, &bytes)
}

/// Removes the files of `model`, or only that of its dictionary `source`; returns the names of the dictionaries.
///
/// # Errors
/// If a name cannot be that of a file, or a file cannot be removed.
pub fn remove(data: &Path, model: &str, source: Option<&str>) -> Result<Vec<String>> {
    let paths = match source {
        Some(source) => vec![path(data, model, source)?],
        None => files(&data.join(FOLDER).join(file_name(model)?))?,
    };
    let mut removed = Vec::new();
    for path in paths {
        match std::fs::remove_file(&path) {
            Ok(()) => removed.extend(path.file_stem().map(|stem| stem.to_string_lossy().into_owned())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(Problem::from_io(&path, "remove it", &error)),
        }
    }
    Ok(removed)
}

/// The files of labels in `folder`, sorted; none if there is no such folder.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Problem::from_io(folder, "read it", &error)),
    };
    let paths = entries.flatten().map(|entry| entry.path());
    let mut paths: Vec<PathBuf> = paths.filter(|path| path.extension().is_some_and(|ending| ending == ENDING)).collect();
    paths.sort();
    Ok(paths)
}

/// Reads the file of one dictionary; None if there is none.
///
/// # Errors
/// If it cannot be read, is no file, is longer than [`LONGEST`], or was not written as one.
pub fn read(path: &Path) -> Result<Option<(Header, OfDictionary)>> {
    let Some(bytes) = whole::bytes_if_present(path, LONGEST)? else { return Ok(None) };
    parse(&bytes).map(Some).map_err(|what| Problem::new(path.display(), what, "delete it and import the labels again"))
}

/// The content of a file, or what is wrong with it for the end of a sentence.
fn parse(bytes: &[u8]) -> std::result::Result<(Header, OfDictionary), String> {
    let cut = || "is cut off".to_owned();
    let (first, rest) = line(bytes).ok_or_else(cut)?;
    if first != FORMAT.as_bytes() {
        return Err("is no file of labels of this version".to_owned());
    }
    let (header, mut rest) = line(rest).ok_or_else(cut)?;
    if !header.starts_with(b"{") {
        return Err("has a second line that is no JSON object".to_owned());
    }
    let header: Header =
        serde_json::from_slice(header).map_err(|error| format!("has a second line that {}", of_json_line(header, &error)))?;
    let mut array = || {
        let (bytes, behind) = header.features.checked_mul(4).and_then(|length| rest.split_at_checked(length)).ok_or_else(cut)?;
        rest = behind;
        Ok::<_, String>(bytes.as_chunks::<4>().0)
    };
    let whole = |array: &[[u8; 4]]| array.iter().map(|number| u32::from_le_bytes(*number)).collect::<Vec<u32>>();
    let single = |array: &[[u8; 4]]| array.iter().map(|number| f32::from_le_bytes(*number)).collect::<Vec<f32>>();
    let (indices, ends) = (whole(array()?), whole(array()?));
    let (largest, rates) = (single(array()?), single(array()?));
    let text = String::from_utf8(rest.to_vec()).map_err(|_| "holds labels that are not UTF-8".to_owned())?;
    Ok((header, OfDictionary::from_arrays(indices, ends, largest, rates, text)?))
}

/// The bytes before the first line break, and those behind it.
fn line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    Some((&bytes[..end], &bytes[end + 1..]))
}

/// All imported explanations of the model called `model`. A file that cannot be read is named among the faults.
pub fn of_model(model: &str) -> Explanations {
    let mut all = Explanations::default();
    // Without a home folder nothing was imported; and a model whose name is no file name has none.
    let (Ok(data), Ok(name)) = (folders::data(), file_name(model)) else { return all };
    let folder = data.join(FOLDER).join(name);
    let paths = match files(&folder) {
        Ok(paths) => paths,
        Err(problem) => {
            all.faults.push(problem.to_string());
            return all;
        }
    };
    for path in paths {
        match read(&path) {
            Ok(Some((header, found))) => match header.submodule.parse::<Submodule>() {
                Ok(submodule) => {
                    all.dictionaries.insert(submodule, found);
                    all.sources.insert(submodule, header.source);
                }
                Err(problem) => all.faults.push(format!("{}: {problem}", path.display())),
            },
            Ok(None) => {}
            Err(problem) => all.faults.push(problem.to_string()),
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::core::explanations::Known;

    fn header() -> Header {
        let explainers = vec![("np_max-act by gpt-4o-mini".to_owned(), 2)];
        Header {
            model: "m-1".to_owned(),
            source: "0-res-sm".to_owned(),
            submodule: "resid_0".to_owned(),
            features: 2,
            explainers,
        }
    }

    #[test]
    fn a_file_reads_back_and_every_cut_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let known = |label: &str, largest| Known { label: label.to_owned(), largest, rate: None };
        let all = OfDictionary::new(&BTreeMap::from([(3, known("gender é", Some(1.5))), (9, known("", None))])).unwrap();
        write(folder.path(), &header(), &all).unwrap();
        let path = path(folder.path(), "m-1", "0-res-sm").unwrap();
        let (read_header, read_all) = read(&path).unwrap().unwrap();
        assert_eq!((read_header, read_all.known()), (header(), all.known()));
        let bytes = std::fs::read(&path).unwrap();
        for end in 0..bytes.len() {
            assert!(parse(&bytes[..end]).is_err(), "cut at {end}");
        }
        assert_eq!(read(&folder.path().join("none")), Ok(None));
        assert_eq!(remove(folder.path(), "m-1", Some("1-res-sm")), Ok(Vec::new()));
        assert_eq!(remove(folder.path(), "m-1", None), Ok(vec!["0-res-sm".to_owned()]));
        assert_eq!((read(&path), remove(folder.path(), "m-1", None)), (Ok(None), Ok(Vec::new())));
        assert!(remove(folder.path(), "..", None).is_err());
    }

    #[test]
    fn a_fault_of_a_file_is_said_in_words_of_the_file() {
        for (bytes, says) in [
            (&b""[..], "is cut off"),
            (b"hello\n", "is no file of labels of this version"),
            (b"saescope labels 1\n{}\n", "has a second line that lacks the key 'model'"),
            (b"saescope labels 1\nhello\n", "has a second line that is no JSON object"),
            (b"saescope labels 1\n{hello\n", "has a second line that is no JSON from column 2 on"),
            (b"saescope labels 1\n[\"m\",\"0-res-sm\",\"resid_0\",0,[]]\n", "has a second line that is no JSON object"),
        ] {
            let said = parse(bytes).unwrap_err();
            assert!(said.starts_with(says), "{said}");
        }
    }

    #[test]
    fn a_file_without_an_end_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("long.labels");
        std::fs::File::create(&path).unwrap().set_len(LONGEST + 1).unwrap();
        assert!(read(&path).unwrap_err().to_string().contains("has more than the 256.0 MB that such a file can have"));
        assert!(read(folder.path()).unwrap_err().to_string().contains("is no file but a folder"));
    }

    #[test]
    fn names_from_files_never_leave_the_folder() {
        for name in ["..", "a/b", "", ".hidden", "a\\b", "a\nb"] {
            assert!(path(Path::new("data"), name, "0-res-sm").is_err() && path(Path::new("data"), "m", name).is_err(), "{name}");
        }
    }
}
