//! What `torch.save` writes of a state dict: a zip of a pickle and of uncompressed storages. The zip's directory says where the
//! storages lie, so weights are read from the mapped file.

use std::collections::{BTreeMap, HashMap};
use std::io::{Cursor, Read};
use std::rc::Rc;

use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

use super::packing::other_packing;
use super::pickle::{PickledTensor, Stored, read_state_dict};
use crate::core::foreign;
use crate::core::problem::{Problem, Result};
use crate::core::text::excerpt;
use crate::engine::tensor_file::{Bytes, Element, StoredTensor};

/// Most bytes of the pickle that are read; a state dict of a few tensors pickles to under two kilobytes.
const LARGEST_PICKLE: u64 = 1 << 16;

/// How to make a file that is read, for messages.
const SAVE: &str = "load it in Python and save the state dict alone: torch.save(dictionary.state_dict(), 'ae.pt')";

/// The same for what is no state dict yet.
const SAVE_TENSORS: &str = "load it in Python, and save its tensors by name: torch.save({name: tensor, ..}, 'ae.pt')";

/// A file whose directory and pickle were read.
pub struct TorchFile {
    pub bytes: Bytes,
    /// What messages call the file.
    pub name: String,
    /// First byte and length of each storage, by its key.
    storages: HashMap<String, (usize, usize)>,
    tensors: BTreeMap<Rc<str>, PickledTensor>,
}

impl TorchFile {
    /// Reads the directory and the pickle of the file in `bytes`; `name` is what messages call it.
    pub fn read(bytes: Bytes, name: String) -> Result<Self> {
        if let Some(problem) = other_format(bytes.as_slice(), &name)
            .or_else(|| foreign::in_place_of_binary(bytes.as_slice(), &name, &["a zip"], SAVE_TENSORS))
        {
            return Err(problem);
        }
        let damaged = |what: String| {
            let remedy = "the file is damaged, cut short or no file of torch.save: fetch it again";
            bytes.expect_whole(&name).err().unwrap_or_else(|| Problem::new(&name, what, remedy))
        };
        let whole = |what: String, remedy: &str| Problem::new(&name, what, remedy);
        let mut archive = ZipArchive::new(Cursor::new(bytes.as_slice()))
            .map_err(|_| damaged("is no PyTorch zip, or one without its end".to_owned()))?;
        let holds = |end: &str| archive.file_names().filter_map(std::result::Result::ok).any(|name| name.ends_with(end));
        if holds(".npy") {
            let remedy = "save its arrays as tensors, in Python: torch.save({name: torch.from_numpy(array) for name, array in \
                          numpy.load('ae.pt').items()}, 'ae.pt')";
            return Err(whole("is an archive of numpy (.npz), not a file of torch.save".to_owned(), remedy));
        }
        if holds("/constants.pkl") {
            return Err(whole("is a TorchScript program, not a state dict".to_owned(), SAVE));
        }
        let mut storages = HashMap::new();
        let mut tensors = None;
        for index in 0..archive.len() {
            let mut entry = archive.by_index(index).map_err(|error| match error {
                ZipError::UnsupportedArchive(_) => {
                    whole(format!("its zip entry {index} is packed in a way that is not read"), SAVE)
                }
                _ => damaged(format!("its zip entry {index} is unreadable")),
            })?;
            let entry_name =
                entry.name().map_err(|_| damaged(format!("its zip entry {index} has no readable name")))?.into_owned();
            if let Some(packing) = other_packing(entry.compression()) {
                return Err(whole(format!("its zip entry '{}' is packed with {packing}", excerpt(&entry_name, 60)), SAVE));
            }
            if entry_name.ends_with("/data.pkl") {
                if entry.size() > LARGEST_PICKLE {
                    let size = entry.size();
                    let what = format!(
                        "its pickle has {size} bytes, a dictionary's of tensors less than one kilobyte: it holds more, such as arrays of \
                         numpy"
                    );
                    return Err(whole(what, SAVE_TENSORS));
                }
                let mut pickle = Vec::new();
                // The size above is the zip's own claim, so the read is limited, too.
                entry
                    .by_ref()
                    .take(LARGEST_PICKLE)
                    .read_to_end(&mut pickle)
                    .map_err(|_| damaged("its pickle is unreadable".to_owned()))?;
                let read = read_state_dict(&pickle).map_err(|fault| match fault.remedy {
                    Some(remedy) => whole(fault.what, &remedy),
                    None => damaged(fault.what),
                });
                tensors = Some(read?);
            } else if entry_name.ends_with("/byteorder") {
                let mut order = String::new();
                let _ = entry.by_ref().take(16).read_to_string(&mut order);
                if order.trim() == "big" {
                    let what = "was written by a machine with the other order of bytes (big endian)".to_owned();
                    return Err(whole(what, "load and save it on a common processor"));
                }
                if order.trim() != "little" {
                    return Err(damaged(format!("was written with byte order '{}'", excerpt(&order, 16))));
                }
            } else if let Some((_, key)) = entry_name.rsplit_once("/data/") {
                if entry.compression() != CompressionMethod::Stored {
                    return Err(whole(format!("its storage '{}' is compressed", excerpt(key, 40)), SAVE));
                }
                let range = entry
                    .data_start()
                    .and_then(|start| Some((usize::try_from(start).ok()?, usize::try_from(entry.size()).ok()?)));
                storages.insert(key.to_owned(), range.ok_or_else(|| damaged("its zip directory is incomplete".to_owned()))?);
            }
        }
        let tensors = tensors.ok_or_else(|| match archive.file_names().find_map(std::result::Result::ok) {
            Some(first) if storages.is_empty() => {
                let first = excerpt(&first, 60);
                let what = format!("is a zip archive of other files, such as '{first}', not one that torch.save wrote");
                whole(what, "unpack it, and put the file that it holds in its place")
            }
            _ => damaged("holds no data.pkl".to_owned()),
        });
        let tensors: BTreeMap<Rc<str>, PickledTensor> = tensors?.into_iter().collect();
        for tensor in tensors.values() {
            if let (Some(said), Some((_, there))) = (tensor.storage_bytes, storages.get(&*tensor.storage))
                && said != *there as u64
            {
                let key = excerpt(&tensor.storage, 40);
                return Err(damaged(format!("its pickle says that the storage '{key}' has {said} bytes, and it has {there}")));
            }
        }
        drop(archive);
        Ok(Self { bytes, name, storages, tensors })
    }

    /// The names of all tensors, sorted.
    pub fn names(&self) -> Vec<&str> {
        self.tensors.keys().map(AsRef::as_ref).collect()
    }

    /// The tensor called `key`; a single number is a vector of one.
    pub fn tensor(&self, key: &str) -> Result<StoredTensor> {
        let tensor = self.find(key)?;
        let place = format!("{}, tensor '{key}'", self.name);
        let element = match tensor.element {
            Stored::Weights(element) => element,
            Stored::Other(kind) => {
                let remedy =
                    "supported are float16, bfloat16 and float32: convert it in Python, with .float(), and save it again";
                return Err(Problem::new(place, format_args!("has elements of type {kind}"), remedy));
            }
        };
        if tensor.shape.is_empty() {
            return self.stored(tensor, element, &[1], &[1], place);
        }
        self.stored(tensor, element, &tensor.shape, &tensor.strides, place)
    }

    /// The whole number in the tensor called `key`, which has no dimension.
    pub fn whole_number(&self, key: &str) -> Result<i64> {
        let tensor = self.find(key)?;
        let place = format!("{}, tensor '{key}'", self.name);
        let size = match tensor.element {
            Stored::Other("int32") => 4,
            Stored::Other("int64") => 8,
            _ => 0,
        };
        let start = self.storages.get(&*tensor.storage).and_then(|(start, length)| {
            let first = tensor.offset.checked_mul(size)?;
            (first.checked_add(size)? <= *length).then(|| start.checked_add(first))?
        });
        let bytes = start.filter(|_| tensor.shape.iter().all(|length| *length == 1));
        let bytes = bytes.and_then(|start| self.bytes.as_slice().get(start..start.checked_add(size)?));
        let number = bytes.and_then(|bytes| {
            let short = || Some(i64::from(i32::from_le_bytes(bytes.try_into().ok()?)));
            bytes.try_into().ok().map(i64::from_le_bytes).or_else(short)
        });
        self.bytes.expect_whole(&place)?;
        number.ok_or_else(|| {
            Problem::new(place, "is no whole number of 32 or 64 bits", "use the file that dictionary_learning wrote")
        })
    }

    fn find(&self, key: &str) -> Result<&PickledTensor> {
        self.tensors.get(key).ok_or_else(|| self.unfit(format!("holds no tensor '{key}'")))
    }

    fn unfit(&self, what: String) -> Problem {
        Problem::new(&self.name, what, "use an ae.pt of dictionary_learning")
    }

    /// The tensor with the given shape and strides in its storage.
    fn stored(
        &self,
        tensor: &PickledTensor,
        element: Element,
        shape: &[usize],
        strides: &[usize],
        place: String,
    ) -> Result<StoredTensor> {
        let expanded = shape.iter().zip(strides).any(|(length, stride)| *length > 1 && *stride == 0);
        let count = shape.iter().try_fold(1_usize, |count, length| count.checked_mul(*length));
        let storage = self.storages.get(&*tensor.storage);
        let &(start, length) =
            storage.ok_or_else(|| self.unfit(format!("holds no storage '{}'", excerpt(&tensor.storage, 40))))?;
        if expanded && count.is_none_or(|count| count > length / element.size()) {
            let what = format!("repeats the same elements (stride 0): its shape {shape:?} does not fit into its storage");
            return Err(Problem::new(place, what, "save it in Python after .contiguous()"));
        }
        StoredTensor::new(
            self.bytes.clone(),
            start..start.saturating_add(length),
            tensor.offset,
            element,
            shape.to_vec(),
            strides.to_vec(),
            place,
        )
    }
}

/// The problem that the bytes are a whole file of another format.
fn other_format(bytes: &[u8], name: &str) -> Option<Problem> {
    // The number that `torch.save` pickled first before PyTorch 1.6; protocols from 4 on put the length of what follows before it.
    let legacy = bytes.first() == Some(&0x80)
        && bytes.get(..32).unwrap_or(bytes).windows(13).any(|part| part == b"\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.");
    let safetensors = bytes.get(8) == Some(&b'{');
    if legacy {
        return Some(Problem::new(name, "was saved in the format before PyTorch 1.6, which is no zip", SAVE));
    }
    let remedy = "save it so, in Python: torch.save(safetensors.torch.load_file('ae.pt'), 'ae.pt')";
    safetensors.then(|| Problem::new(name, "is a safetensors file, not a file of torch.save", remedy))
}
