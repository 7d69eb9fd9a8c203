//! Weights in their files: tensors inside memory-mapped files, decoded to f32 only when values are needed.
//!
//! A dictionary of the published study is 134 MB, and a run needs one encoder at a time and a few hundred decoder rows, so
//! nothing is copied before it is used. Elements are decoded byte by byte, which requires no alignment of the file.

mod bytes;
mod element;
mod mapped;
mod stored;
#[cfg_attr(not(unix), path = "watch_none.rs")]
mod watch;

use std::path::Path;

use safetensors::{Dtype, SafeTensors};
use serde_json::Value;

pub use bytes::Bytes;
pub use element::Element;
pub use stored::StoredTensor;
pub use watch::before_a_fatal_fault;

use crate::core::foreign;
use crate::core::problem::{Problem, Result};
use crate::core::text::excerpt;
use crate::engine::json;
use crate::files::whole::HEADER;

/// A safetensors file whose header was read and checked.
#[derive(Debug, Clone)]
pub struct TensorFile {
    bytes: Bytes,
    name: String,
}

impl TensorFile {
    /// Maps `path` and reads its header.
    pub fn open(path: &Path) -> Result<Self> {
        Self::from_bytes(Bytes::map(path)?, path.display().to_string())
    }

    /// A file from bytes that are in memory already; `name` is what messages call it.
    pub fn from_bytes(bytes: Bytes, name: String) -> Result<Self> {
        let file = Self { bytes, name };
        file.header()?;
        Ok(file)
    }

    /// What messages call the file.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The file's bytes, for hashing.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.as_slice()
    }

    /// Releases the memory that reading the file took.
    pub fn release(&self) {
        self.bytes.release();
    }

    /// The file's bytes as a shared value: nothing is copied.
    pub fn shared_bytes(&self) -> Bytes {
        self.bytes.clone()
    }

    fn header(&self) -> Result<SafeTensors<'_>> {
        let claimed = self.bytes.as_slice().first_chunk::<8>().map_or(0, |length| u64::from_le_bytes(*length));
        if claimed > HEADER {
            return Err(self.fault());
        }
        let header = SafeTensors::deserialize(self.bytes.as_slice());
        self.bytes.expect_whole(&self.name)?;
        header.map_err(|_| self.fault())
    }

    /// What keeps the header from being read: another format, a type of elements that is not known, or damage.
    fn fault(&self) -> Problem {
        let bytes = self.bytes.as_slice();
        let file =
            Path::new(&self.name).file_name().map_or_else(|| self.name.clone(), |name| name.to_string_lossy().into_owned());
        let save = format!(
            "load it in Python, and save its tensors by name: safetensors.torch.save_file({{name: tensor, ..}}, '{}')",
            excerpt(&file, 60)
        );
        if let Some(problem) = foreign::in_place_of_binary(bytes, &self.name, &["a safetensors"], &save) {
            return problem;
        }
        let damaged = |what: String| {
            let what = format!("is not a complete safetensors file: {what}");
            Problem::new(&self.name, what, "the file is damaged or cut short: download or copy it again")
        };
        let Some((length, rest)) = bytes.split_first_chunk::<8>() else {
            return damaged(format!("it has {} bytes", bytes.len()));
        };
        let length = u64::from_le_bytes(*length);
        let Some(header) = usize::try_from(length).ok().and_then(|length| rest.get(..length)) else {
            return damaged(format!("its header of {length} bytes is larger than the file"));
        };
        if length > HEADER {
            let what = format!("has a header of {length} bytes, a model of a thousand layers has a tenth of that");
            return Problem::new(&self.name, what, "check that the file holds the tensors of one model or dictionary");
        }
        match json::object(header) {
            Err(what) => damaged(format!("its header {what}")),
            Ok(tensors) => {
                let stated = |(name, tensor): (&String, &Value)| Some((name.clone(), tensor.get("dtype")?.as_str()?.to_owned()));
                let unknown = |(_, kind): &(String, String)| serde_json::from_value::<Dtype>(kind.as_str().into()).is_err();
                match (tensors.iter().find_map(malformed), tensors.iter().filter_map(stated).find(unknown)) {
                    (Some((entry, field, must)), _) => {
                        let remedy = format!("it must be {must}: save the file again with safetensors");
                        Problem::new(self.place(entry), format_args!("has no usable {field} in the header"), remedy)
                    }
                    (None, Some((name, kind))) => not_read(&self.place(&name), &excerpt(&kind, 20)),
                    (None, None) => damaged("its header and its length do not agree".to_owned()),
                }
            }
        }
    }

    fn place(&self, tensor: &str) -> String {
        format!("{}, tensor '{}'", self.name, excerpt(tensor, 80))
    }

    /// The names of all tensors, sorted.
    pub fn names(&self) -> Result<Vec<String>> {
        let mut names: Vec<String> = self.header()?.names().into_iter().map(str::to_owned).collect();
        names.sort();
        Ok(names)
    }

    /// The tensor called `tensor`.
    pub fn tensor(&self, tensor: &str) -> Result<StoredTensor> {
        let header = self.header()?;
        let Ok(view) = header.tensor(tensor) else {
            return Err(Problem::new(
                &self.name,
                format_args!("holds no tensor '{tensor}'"),
                "check that the file is of the expected architecture and format",
            ));
        };
        let place = self.place(tensor);
        let element = match view.dtype() {
            Dtype::F16 => Element::F16,
            Dtype::BF16 => Element::BF16,
            Dtype::F32 => Element::F32,
            other => return Err(not_read(&place, &other.to_string())),
        };
        let shape = view.shape().to_vec();
        let mut strides = vec![1; shape.len()];
        for dimension in (1..shape.len()).rev() {
            strides[dimension - 1] = strides[dimension] * shape[dimension];
        }
        // Both slices are parts of the same bytes, so the difference of their addresses is the offset in the file.
        let offset = view.data().as_ptr() as usize - self.bytes.as_slice().as_ptr() as usize;
        StoredTensor::new(self.bytes.clone(), offset..offset + view.data().len(), 0, element, shape, strides, place)
    }
}

/// The field of a header's entry whose value is of another kind than the format says, and what it must be.
fn malformed<'a>((entry, value): (&'a String, &Value)) -> Option<(&'a str, &'static str, &'static str)> {
    let wrong = |field, must| Some((entry.as_str(), field, must));
    if entry == "__metadata__" {
        let is_text = value.as_object().is_some_and(|texts| texts.values().all(Value::is_string));
        return if is_text { None } else { wrong("metadata", "an object of texts") };
    }
    let numbers = |field: &str| value.get(field).and_then(Value::as_array).filter(|all| all.iter().all(Value::is_u64));
    if value.get("dtype").and_then(Value::as_str).is_none() {
        return wrong("dtype", "the name of a type, such as \"F32\"");
    }
    if numbers("shape").is_none() {
        return wrong("shape", "a list of whole numbers");
    }
    match numbers("data_offsets") {
        Some(offsets) if offsets.len() == 2 => None,
        _ => wrong("data_offsets", "two whole numbers"),
    }
}

/// The problem that the tensor at `place` has elements of another type than those that are read.
fn not_read(place: &str, kind: &str) -> Problem {
    let remedy = "supported are F16, BF16 and F32: convert it in Python and save it again";
    Problem::new(place, format_args!("has element type {kind}"), remedy)
}
