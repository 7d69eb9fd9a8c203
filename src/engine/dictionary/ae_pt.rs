//! dictionary_learning's `ae.pt`: what `torch.save` writes of an `AutoEncoder`'s state dict, a zip of uncompressed storages.
//!
//! Source: <https://github.com/saprmarks/dictionary_learning>. Keys: `bias [d]`, `encoder.weight [n, d]`, `encoder.bias [n]`,
//! `decoder.weight [d, n]`. The zip's directory says where the storages lie, so weights are read from the mapped file.

use std::collections::HashMap;
use std::io::{Cursor, Read};
use std::path::Path;

use zip::{CompressionMethod, ZipArchive};

use super::pickle::{PickledTensor, read_state_dict};
use super::{Dictionary, Format, Parts};
use crate::core::problem::{Problem, Result};
use crate::core::submodule::Submodule;
use crate::core::text::excerpt;
use crate::engine::stamp::Stamp;
use crate::engine::tensor_file::{Bytes, StoredTensor};

/// Most bytes of the pickle that are read; a state dict of four tensors pickles to under a kilobyte.
const LARGEST_PICKLE: u64 = 1 << 16;

/// Opens the dictionary in the file at `path`.
pub fn open(path: &Path, submodule: Submodule, model_width: usize) -> Result<Dictionary> {
    let stamp = Stamp::of(path);
    let dictionary = read(Bytes::map(path)?, path.display().to_string(), submodule, model_width)?;
    Ok(dictionary.read_from(vec![stamp]))
}

/// Reads the dictionary in the bytes of an `ae.pt`; `name` is what messages call it.
pub fn read(bytes: Bytes, name: String, submodule: Submodule, model_width: usize) -> Result<Dictionary> {
    let file = Archive::read(bytes, name)?;
    for name in file.tensors.keys() {
        if !["bias", "encoder.weight", "encoder.bias", "decoder.weight"].contains(&name.as_str()) {
            return Err(Problem::new(
                &file.name,
                format_args!("holds a tensor '{}', which a standard ReLU dictionary has not", excerpt(name, 60)),
                "only dictionary_learning's AutoEncoder is supported",
            ));
        }
    }
    let parts = Parts {
        encoder: file.tensor("encoder.weight")?.transposed(),
        encoder_bias: file.tensor("encoder.bias")?,
        decoder: file.tensor("decoder.weight")?.transposed(),
        decoder_bias: file.tensor("bias")?,
    };
    let (bytes, name) = (file.bytes.clone(), file.name.clone());
    Dictionary::assemble(submodule, Format::DictionaryLearning, model_width, parts, bytes, name)
}

struct Archive {
    bytes: Bytes,
    name: String,
    /// First byte and length of each storage, by its key.
    storages: HashMap<String, (usize, usize)>,
    tensors: HashMap<String, PickledTensor>,
}

impl Archive {
    fn read(bytes: Bytes, name: String) -> Result<Self> {
        let damaged = |what: String| {
            let remedy = "the file is damaged, cut short or no file of torch.save: fetch it again";
            bytes.expect_whole(&name).err().unwrap_or_else(|| Problem::new(&name, what, remedy))
        };
        let mut archive =
            ZipArchive::new(Cursor::new(bytes.as_slice())).map_err(|error| damaged(format!("is no PyTorch zip: {error}")))?;
        let mut storages = HashMap::new();
        let mut tensors = None;
        for index in 0..archive.len() {
            let mut entry =
                archive.by_index(index).map_err(|error| damaged(format!("its zip entry {index} is unreadable: {error}")))?;
            let entry_name = entry
                .name()
                .map_err(|error| damaged(format!("its zip entry {index} has no readable name: {error}")))?
                .into_owned();
            if entry_name.ends_with("/data.pkl") {
                if entry.size() > LARGEST_PICKLE {
                    return Err(damaged(format!(
                        "its pickle has {} bytes, a dictionary's has less than one kilobyte",
                        entry.size()
                    )));
                }
                let mut pickle = Vec::new();
                // The size above is the zip's own claim, so the read is limited, too.
                entry
                    .by_ref()
                    .take(LARGEST_PICKLE)
                    .read_to_end(&mut pickle)
                    .map_err(|error| damaged(format!("its pickle is unreadable: {error}")))?;
                tensors = Some(read_state_dict(&pickle).map_err(damaged)?);
            } else if entry_name.ends_with("/byteorder") {
                let mut order = String::new();
                let _ = entry.by_ref().take(16).read_to_string(&mut order);
                if order.trim() != "little" {
                    return Err(damaged(format!("was written with byte order '{}'", excerpt(&order, 16))));
                }
            } else if let Some((_, key)) = entry_name.rsplit_once("/data/") {
                if entry.compression() != CompressionMethod::Stored {
                    return Err(damaged(format!("its storage '{}' is compressed", excerpt(key, 40))));
                }
                let range = entry
                    .data_start()
                    .and_then(|start| Some((usize::try_from(start).ok()?, usize::try_from(entry.size()).ok()?)));
                storages.insert(key.to_owned(), range.ok_or_else(|| damaged("its zip directory is incomplete".to_owned()))?);
            }
        }
        let tensors = tensors.ok_or_else(|| damaged("holds no data.pkl".to_owned()))?.into_iter().collect();
        drop(archive);
        Ok(Self { bytes, name, storages, tensors })
    }

    fn tensor(&self, key: &str) -> Result<StoredTensor> {
        let damaged = |what: String| Problem::new(&self.name, what, "use an ae.pt of dictionary_learning's AutoEncoder");
        let tensor = self.tensors.get(key).ok_or_else(|| damaged(format!("holds no tensor '{key}'")))?;
        let storage = self.storages.get(&tensor.storage);
        let &(start, length) = storage.ok_or_else(|| damaged(format!("holds no storage '{}'", excerpt(&tensor.storage, 40))))?;
        let place = format!("{}, tensor '{key}'", self.name);
        StoredTensor::new(
            self.bytes.clone(),
            start..start + length,
            tensor.offset,
            tensor.element,
            tensor.shape.clone(),
            tensor.strides.clone(),
            place,
        )
    }
}
