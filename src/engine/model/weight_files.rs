//! A model's weights in one safetensors file, or in several that an index lists.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::core::problem::{Problem, Result};
use crate::core::text::excerpt;
use crate::engine::cancel::Cancel;
use crate::engine::file_facts;
use crate::engine::hash::sha256_hex;
use crate::engine::json::{Fields, is_at_least, object, shown};
use crate::engine::tensor_file::{StoredTensor, TensorFile};
use crate::files::whole::{CONFIGURATION, is_present, read};

/// The file of a model that is not divided.
pub const WHOLE: &str = "model.safetensors";

/// The file that says which tensor lies in which part of a divided model.
pub const INDEX: &str = "model.safetensors.index.json";

/// The open weight files of a model.
#[derive(Debug, Clone)]
pub struct WeightFiles {
    /// The parts, by the names of their files.
    files: Vec<TensorFile>,
    /// What messages and manifests call the weights: the file, or the index of several.
    name: String,
    /// The part that holds each tensor.
    places: HashMap<String, usize>,
}

impl WeightFiles {
    /// Maps the weights in `folder`: `model.safetensors`, which comes first as in transformers, or all parts that
    /// `model.safetensors.index.json` lists.
    ///
    /// # Errors
    /// When a file cannot be read, the index and the parts contradict each other, or two parts hold the same tensor.
    pub fn open(folder: &Path) -> Result<Self> {
        let whole = folder.join(WHOLE);
        let index = folder.join(INDEX);
        if is_present(&whole)? || !is_present(&index)? {
            return Self::of(TensorFile::open(&whole)?);
        }
        let name = index.display().to_string();
        let stated = read_index(&index)?;
        let files = parts_of(&stated).iter().map(|part| TensorFile::open(&folder.join(part))).collect::<Result<Vec<_>>>()?;
        let weights = Self::with(files, name)?;
        for (tensor, part) in &stated {
            let holds = weights.places.get(tensor).is_some_and(|place| *weights.files[*place].name() == *path_of(folder, part));
            if !holds {
                let what = format!("says that '{}' lies in {}, which does not hold it", excerpt(tensor, 80), excerpt(part, 80));
                return Err(Problem::new(
                    &weights.name,
                    what,
                    "download the model again: index and parts do not belong together",
                ));
            }
        }
        Ok(weights)
    }

    /// The weights in one file.
    pub fn of(file: TensorFile) -> Result<Self> {
        let name = file.name().to_owned();
        Self::with(vec![file], name)
    }

    fn with(files: Vec<TensorFile>, name: String) -> Result<Self> {
        let mut places = HashMap::new();
        for (place, file) in files.iter().enumerate() {
            for tensor in file.names()? {
                if let Some(other) = places.insert(tensor.clone(), place) {
                    let what = format!("and {} both hold the tensor '{}'", files[other].name(), excerpt(&tensor, 80));
                    return Err(Problem::new(file.name(), what, "download the model again: its parts do not belong together"));
                }
            }
        }
        Ok(Self { files, name, places })
    }

    /// The paths of the weight files in `folder`, whether or not they exist; of a divided model the index and its parts.
    pub fn paths(folder: &Path) -> Vec<PathBuf> {
        let (whole, index) = (folder.join(WHOLE), folder.join(INDEX));
        if whole.exists() || whole.is_symlink() || !index.exists() {
            return vec![whole];
        }
        // An index that cannot be read is reported when it is opened.
        let parts = read_index(&index).map(|stated| parts_of(&stated)).unwrap_or_default();
        std::iter::once(index).chain(parts.iter().map(|part| folder.join(part))).collect()
    }

    /// What messages call the weights.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The names of all tensors, sorted.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.places.keys().map(String::as_str).collect();
        names.sort_unstable();
        names
    }

    /// Whether there is a tensor called `tensor`.
    pub fn has(&self, tensor: &str) -> bool {
        self.places.contains_key(tensor)
    }

    /// The tensor called `tensor`.
    ///
    /// # Errors
    /// When there is none, or its elements are of a type that is not read.
    pub fn tensor(&self, tensor: &str) -> Result<StoredTensor> {
        match self.places.get(tensor) {
            Some(place) => self.files[*place].tensor(tensor),
            None => Err(Problem::new(
                &self.name,
                format_args!("holds no tensor '{tensor}'"),
                "check that the file is of the expected architecture and format",
            )),
        }
    }

    /// Releases the memory that reading the files took.
    pub fn release(&self) {
        self.files.iter().for_each(TensorFile::release);
    }

    /// The SHA-256 of the file; of several, that of the lines `sha256sum` prints for the parts in the order of their names.
    ///
    /// # Errors
    /// When `cancel` is raised, or a file became shorter.
    pub fn sha256(&self, cancel: &Cancel) -> Result<String> {
        self.hashed(|file| file_facts::sha256(file.name(), &file.shared_bytes(), cancel))
    }

    /// As [`WeightFiles::sha256`], whatever is known from before.
    ///
    /// # Errors
    /// As for [`WeightFiles::sha256`].
    pub fn sha256_now(&self, cancel: &Cancel) -> Result<String> {
        self.hashed(|file| file_facts::sha256_now(file.name(), &file.shared_bytes(), cancel))
    }

    fn hashed(&self, of: impl Fn(&TensorFile) -> Result<String>) -> Result<String> {
        if let [file] = &self.files[..] {
            return of(file);
        }
        let line = |file: &TensorFile| {
            let name = Path::new(file.name()).file_name().unwrap_or_default().to_string_lossy().into_owned();
            Ok(format!("{}  {name}\n", of(file)?))
        };
        Ok(sha256_hex(self.files.iter().map(line).collect::<Result<String>>()?.as_bytes()))
    }
}

/// Each tensor's name with the name of the file that holds it.
fn read_index(path: &Path) -> Result<Vec<(String, String)>> {
    const REMEDY: &str = "use the index that was saved with the model";
    let name = path.display().to_string();
    let index = object(&read(path, CONFIGURATION)?).map_err(|what| Problem::new(&name, &what, what.remedy(REMEDY)))?;
    let fields = Fields { object: &index, file: &name };
    if let Some(metadata) = fields.object("metadata")? {
        metadata.expect_types(&[("a number of at least 0", |size| is_at_least(size, 0.0), "total_size total_parameters")])?;
    }
    let map = fields.object("weight_map")?;
    let map = map.filter(|map| !map.object.is_empty()).ok_or_else(|| Problem::new(&name, "lists no tensors", REMEDY))?;
    let entry = |(tensor, part): (&String, &Value)| {
        // A part lies beside the index: a path would lead out of the folder.
        let is_name = |part: &&str| !part.is_empty() && !part.contains(['/', '\\']) && !part.starts_with('.');
        let part = part.as_str().filter(is_name).ok_or_else(|| {
            let what = format!("says that '{}' lies in {}", excerpt(tensor, 80), shown(part));
            Problem::new(&name, what, "the name of a file in the same folder is expected")
        })?;
        Ok((tensor.clone(), part.to_owned()))
    };
    map.object.iter().map(entry).collect()
}

fn parts_of(index: &[(String, String)]) -> Vec<String> {
    let mut parts: Vec<String> = index.iter().map(|(_, part)| part.clone()).collect();
    parts.sort();
    parts.dedup();
    parts
}

fn path_of(folder: &Path, part: &str) -> String {
    folder.join(part).display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_index_says_beside_its_map_has_the_types_of_transformers() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(INDEX);
        let read = |metadata: &str| {
            std::fs::write(&path, format!(r#"{{"metadata": {metadata}, "weight_map": {{"a": "b"}}}}"#)).unwrap();
            read_index(&path)
        };
        for metadata in ["null", "{}", r#"{"total_size": 5, "format": "pt"}"#, r#"{"total_size": 5.0}"#] {
            assert_eq!(read(metadata), Ok(vec![("a".to_owned(), "b".to_owned())]), "{metadata}");
        }
        for (metadata, says) in [(r#"{"total_size": -5}"#, "total_size is -5"), (r#""x""#, "metadata is \"x\"")] {
            assert!(read(metadata).unwrap_err().what().contains(says), "{metadata}");
        }
    }
}
