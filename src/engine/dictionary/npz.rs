//! numpy's `.npz`, a zip of `.npy` arrays, read in place: `np.savez` stores arrays uncompressed, so they lie in the file as they are.
//!
//! Layout of an array: <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>.

use std::collections::BTreeMap;
use std::io::Cursor;

use zip::{CompressionMethod, ZipArchive};

use crate::core::foreign;
use crate::core::problem::{Problem, Result};
use crate::core::text::excerpt;
use crate::engine::tensor_file::{Bytes, Element, StoredTensor};

/// Most bytes of an array's header, which names a type, an order and a shape.
const LONGEST_HEADER: usize = 1 << 14;

/// What helps where a whole file is of another format.
const SAVE: &str = "load it in Python, and save its tensors by name: numpy.savez('params.npz', **{name: array, ..})";

/// An archive whose directory was read.
pub struct NpzFile {
    bytes: Bytes,
    name: String,
    /// First byte and length of each array, by its name.
    arrays: BTreeMap<String, (usize, usize)>,
}

impl NpzFile {
    /// Reads the directory of the archive in `bytes`; `name` is what messages call it.
    pub fn read(bytes: Bytes, name: String) -> Result<Self> {
        if let Some(problem) = foreign::in_place_of_binary(bytes.as_slice(), &name, &["a zip"], SAVE) {
            return Err(problem);
        }
        let damaged = |what: &str| {
            let remedy = "the file is damaged, cut short or no file of numpy.savez: fetch it again";
            bytes.expect_whole(&name).err().unwrap_or_else(|| Problem::new(&name, what, remedy))
        };
        let mut archive = ZipArchive::new(Cursor::new(bytes.as_slice()))
            .map_err(|_| damaged("is no archive of numpy (.npz), or one without its end"))?;
        let mut arrays = BTreeMap::new();
        for index in 0..archive.len() {
            let entry = archive.by_index_raw(index).map_err(|_| damaged("has an unreadable zip entry"))?;
            let entry_name = entry.name().map_err(|_| damaged("has a zip entry without a readable name"))?.into_owned();
            if entry_name.ends_with("/data.pkl") {
                return Err(Problem::new(&name, "is a file of torch.save, not an archive of numpy (.npz)", SAVE));
            }
            let Some(array) = entry_name.strip_suffix(".npy") else { continue };
            if entry.compression() != CompressionMethod::Stored {
                let what = format_args!("its array '{}' is compressed, so that it cannot be read in place", excerpt(array, 60));
                let remedy = "save it again in Python with numpy.savez instead of numpy.savez_compressed";
                return Err(Problem::new(&name, what, remedy));
            }
            let range =
                entry.data_start().and_then(|start| Some((usize::try_from(start).ok()?, usize::try_from(entry.size()).ok()?)));
            arrays.insert(array.to_owned(), range.ok_or_else(|| damaged("has an incomplete zip directory"))?);
        }
        drop(archive);
        Ok(Self { bytes, name, arrays })
    }

    /// The names of all arrays, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.arrays.keys().map(String::as_str)
    }

    /// The file's bytes as a shared value.
    pub fn shared_bytes(&self) -> Bytes {
        self.bytes.clone()
    }

    /// What messages call the file.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The array called `array`; None if there is none.
    pub fn tensor(&self, array: &str) -> Result<Option<StoredTensor>> {
        let Some((start, length)) = self.arrays.get(array) else { return Ok(None) };
        let place = format!("{}, array '{array}'", self.name);
        let range = *start..start.saturating_add(*length);
        let entry = self.bytes.as_slice().get(range.clone());
        if let Some(problem) = entry.and_then(|entry| not_of_this_kind(entry, &place)) {
            return Err(problem);
        }
        let header = entry.and_then(header).ok_or_else(|| {
            Problem::new(&place, "has no readable header of numpy", "the file is damaged or cut short: fetch it again")
        })?;
        let element = match header.element {
            "<f4" => Element::F32,
            "<f2" => Element::F16,
            "|V2" => {
                let remedy = "it is perhaps bfloat16, which numpy has no name for: convert it where it was saved, in PyTorch with .float(), \
                              and save it again";
                return Err(Problem::new(place, "has elements of type |V2, two bytes without a meaning", remedy));
            }
            other => {
                return Err(Problem::new(
                    place,
                    format_args!("has elements of type {}", excerpt(other, 20)),
                    "supported are little-endian float32 and float16: convert it in Python, with .astype('<f4'), and save it again",
                ));
            }
        };
        let mut strides = vec![1_usize; header.shape.len()];
        let order: Vec<usize> = if header.columns_first {
            (1..strides.len()).collect()
        } else {
            (0..strides.len().saturating_sub(1)).rev().collect()
        };
        for dimension in order {
            let inner = if header.columns_first { dimension - 1 } else { dimension + 1 };
            strides[dimension] = strides[inner].saturating_mul(header.shape[inner]);
        }
        let values = range.start + header.length..range.end;
        StoredTensor::new(self.bytes.clone(), values, 0, element, header.shape, strides, place).map(Some)
    }
}

/// The problem that an array is whole, but of a version or a type that is not read.
fn not_of_this_kind(entry: &[u8], place: &str) -> Option<Problem> {
    let rest = entry.strip_prefix(b"\x93NUMPY")?;
    let version = *rest.first()?;
    if !(1..=3).contains(&version) {
        let what = format!("is of version {version} of numpy's format");
        return Some(Problem::new(place, what, "versions 1 to 3 are read: save it again with numpy.savez"));
    }
    let text = String::from_utf8_lossy(rest.get(..LONGEST_HEADER.min(rest.len()))?).into_owned();
    let descr = text.split_once("'descr':")?.1.trim_start();
    descr.starts_with('[').then(|| {
        Problem::new(
            place,
            "has elements of a structured type",
            "supported are little-endian float32 and float16: save each field as an array",
        )
    })
}

/// What the header of an array says.
struct Header<'a> {
    /// Bytes before the first element.
    length: usize,
    /// numpy's name of the type, such as `<f4`.
    element: &'a str,
    /// Whether neighbours along the first dimension lie side by side.
    columns_first: bool,
    shape: Vec<usize>,
}

/// Reads `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }` after the magic number, the version and a length.
fn header(entry: &[u8]) -> Option<Header<'_>> {
    let rest = entry.strip_prefix(b"\x93NUMPY")?;
    let (&[major, _minor], rest) = rest.split_first_chunk::<2>()?;
    let (size, rest) = match major {
        1 => rest.split_first_chunk::<2>().map(|(size, rest)| (usize::from(u16::from_le_bytes(*size)), rest))?,
        2 | 3 => rest.split_first_chunk::<4>().map(|(size, rest)| (u32::from_le_bytes(*size) as usize, rest))?,
        _ => return None,
    };
    let text = std::str::from_utf8(rest.get(..size).filter(|text| text.len() <= LONGEST_HEADER)?).ok()?;
    let value = |key: &str| Some(text.split_once(&format!("'{key}':"))?.1.trim_start());
    let (shape, _) = value("shape")?.strip_prefix('(')?.split_once(')')?;
    let lengths = shape.split(',').map(str::trim).filter(|length| !length.is_empty());
    let mut shape: Vec<usize> = lengths.map(|length| length.parse().ok()).collect::<Option<_>>()?;
    if shape.is_empty() {
        // A single number.
        shape.push(1);
    }
    Some(Header {
        length: entry.len() - rest.len() + size,
        element: value("descr")?.strip_prefix('\'')?.split_once('\'')?.0,
        columns_first: match value("fortran_order")?.split([',', '}']).next()?.trim() {
            "True" => true,
            "False" => false,
            _ => return None,
        },
        shape,
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::Arc;

    use zip::write::SimpleFileOptions;

    use super::*;

    /// The bytes of an array.
    fn array(version: u8, descr: &str, order: &str, shape: &str, values: &[u8]) -> Vec<u8> {
        let header = format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}\n");
        let size = u16::try_from(header.len()).unwrap();
        let size = if version == 1 { size.to_le_bytes().to_vec() } else { u32::from(size).to_le_bytes().to_vec() };
        [&b"\x93NUMPY"[..], &[version, 0], &size, header.as_bytes(), values].concat()
    }

    fn archive(entry: &[u8], method: CompressionMethod) -> Result<NpzFile> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        writer.start_file("a.npy", SimpleFileOptions::default().compression_method(method)).unwrap();
        writer.write_all(entry).unwrap();
        NpzFile::read(Bytes::Owned(Arc::new(writer.finish().unwrap().into_inner())), "x.npz".to_owned())
    }

    fn stored(entry: &[u8]) -> Result<Option<StoredTensor>> {
        archive(entry, CompressionMethod::Stored)?.tensor("a")
    }

    fn floats(values: &[f32]) -> Vec<u8> {
        values.iter().flat_map(|value| value.to_le_bytes()).collect()
    }

    #[test]
    fn arrays_of_both_orders_and_all_versions_are_read() {
        let values = floats(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        for version in [1, 2, 3] {
            let rows = stored(&array(version, "<f4", "False", "(2, 3)", &values)).unwrap().unwrap();
            assert_eq!(rows.values().unwrap(), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
            let columns = stored(&array(version, "<f4", "True", "(2, 3)", &values)).unwrap().unwrap();
            assert_eq!(columns.values().unwrap(), [1.0, 3.0, 5.0, 2.0, 4.0, 6.0]);
        }
        assert_eq!(stored(&array(1, "<f2", "False", "(1,)", &[0x00, 0x3e])).unwrap().unwrap().values().unwrap(), [1.5]);
        assert_eq!(stored(&array(1, "<f4", "False", "()", &floats(&[7.0]))).unwrap().unwrap().values().unwrap(), [7.0]);
        assert!(archive(b"", CompressionMethod::Stored).unwrap().tensor("b").unwrap().is_none());
    }

    #[test]
    fn what_is_not_read_is_said() {
        let values = floats(&[1.0, 2.0]);
        let said = |problem: Problem| problem.to_string();
        assert!(said(stored(&array(1, "<f8", "False", "(1,)", &values)).unwrap_err()).contains("type <f8"));
        assert!(said(stored(&array(1, "<f4", "False", "(3,)", &values)).unwrap_err()).contains("does not fit"));
        assert!(said(stored(&array(1, "<f4", "False", "(99999999999999999999999,)", &values)).unwrap_err()).contains("header"));
        assert!(said(stored(b"\x93NUMPY\x01").unwrap_err()).contains("header"));
        assert!(said(stored(&array(4, "<f4", "False", "(1,)", &values)).unwrap_err()).contains("version 4"));
        assert!(said(stored(&array(1, "|V2", "False", "(1,)", &values)).unwrap_err()).contains("bfloat16"));
        assert!(said(stored(&array(1, "<f4", "Maybe", "(1,)", &values)).unwrap_err()).contains("header"));
        let structured = [&b"\x93NUMPY\x01\0\x40\0{'descr': [('a', '<f4')], 'fortran_order': False"[..], &[b' '; 64]].concat();
        assert!(said(stored(&structured).unwrap_err()).contains("structured"));
        let packed = archive(&array(1, "<f4", "False", "(2,)", &values), CompressionMethod::Deflated);
        assert!(said(packed.err().unwrap()).contains("savez_compressed"));
        assert!(NpzFile::read(Bytes::Embedded(b"PK"), "x".to_owned()).is_err());
    }
}
