//! dictionary_learning's `ae.pt`: what `torch.save` writes of an `AutoEncoder`'s state dict, a zip of uncompressed storages.
//!
//! Source: <https://github.com/saprmarks/dictionary_learning>. Keys: `bias [d]`, `encoder.weight [n, d]`, `encoder.bias [n]`,
//! `decoder.weight [d, n]`. The zip's directory says where the storages lie, so weights are read from the mapped file.

use std::collections::{BTreeMap, HashMap};
use std::io::{Cursor, Read};
use std::path::Path;
use std::rc::Rc;

use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

use super::pickle::{PickledTensor, Stored, read_state_dict};
use super::{Dictionary, Format, Parts, training_config};
use crate::core::problem::{Problem, Result};
use crate::core::submodule::Submodule;
use crate::core::text::excerpt;
use crate::engine::foreign;
use crate::engine::small_file::{self, LARGEST_CONFIGURATION};
use crate::engine::stamp::Stamp;
use crate::engine::tensor_file::{Bytes, StoredTensor};

/// Most bytes of the pickle that are read; a state dict of four tensors pickles to under a kilobyte.
const LARGEST_PICKLE: u64 = 1 << 16;

/// How to make a file that is read, for messages.
const SAVE: &str = "load it in Python and save the state dict alone: torch.save(dictionary.state_dict(), 'ae.pt')";

/// The tensors of dictionary_learning's `AutoEncoder`.
const TENSORS: [&str; 4] = ["bias", "encoder.weight", "encoder.bias", "decoder.weight"];

/// Architectures of dictionary_learning that are not supported, by tensors that no other one has.
const ARCHITECTURES: [(&[&str], &str); 5] = [
    (&["k", "threshold"], "TopK or BatchTopK"),
    (&["k"], "TopK"),
    (&["gate_bias"], "gated"),
    (&["r_mag"], "gated"),
    (&["threshold"], "JumpReLU"),
];

/// Opens the dictionary in the file at `path`; the training's `config.json` beside it is checked if there is one.
pub fn open(path: &Path, submodule: Submodule, model_width: usize) -> Result<Dictionary> {
    let config_path = path.with_file_name("config.json");
    let stamps = [path, &config_path].map(Stamp::of).to_vec();
    let config = config_path.exists().then(|| small_file::read(&config_path, LARGEST_CONFIGURATION)).transpose()?;
    let config_name = config_path.display().to_string();
    let config = config.as_deref().map(|text| (text, config_name.as_str()));
    let dictionary = read(Bytes::map(path)?, path.display().to_string(), config, submodule, model_width)?;
    Ok(dictionary.read_from(stamps))
}

/// Reads the dictionary in the bytes of an `ae.pt`; `name` is what messages call it, `config` the text and name of the training's
/// `config.json`.
pub fn read(
    bytes: Bytes,
    name: String,
    config: Option<(&[u8], &str)>,
    submodule: Submodule,
    model_width: usize,
) -> Result<Dictionary> {
    let file = Archive::read(bytes, name)?;
    file.expect_known_tensors()?;
    let parts = Parts {
        encoder: file.tensor("encoder.weight")?.transposed(),
        encoder_bias: file.tensor("encoder.bias")?,
        decoder: file.tensor("decoder.weight")?.transposed(),
        decoder_bias: file.tensor("bias")?,
    };
    let stated = config.map(|(text, name)| training_config::check(text, name, submodule, parts.encoder.shape())).transpose()?;
    let (bytes, name) = (file.bytes.clone(), file.name.clone());
    let dictionary = Dictionary::assemble(submodule, Format::DictionaryLearning, model_width, parts, bytes, name)?;
    Ok(dictionary.with_stated(stated.unwrap_or_default()))
}

struct Archive {
    bytes: Bytes,
    name: String,
    /// First byte and length of each storage, by its key.
    storages: HashMap<String, (usize, usize)>,
    tensors: BTreeMap<Rc<str>, PickledTensor>,
}

impl Archive {
    fn read(bytes: Bytes, name: String) -> Result<Self> {
        if let Some(problem) = foreign::problem(bytes.as_slice(), &name).or_else(|| other_format(bytes.as_slice(), &name)) {
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
            return Err(whole("is an archive of numpy (.npz), not a file of torch.save".to_owned(), SAVE));
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
            if entry_name.ends_with("/data.pkl") {
                if entry.size() > LARGEST_PICKLE {
                    let what = format!("its pickle has {} bytes, a dictionary's has less than one kilobyte", entry.size());
                    return Err(whole(what, SAVE));
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
        let tensors = tensors.ok_or_else(|| damaged("holds no data.pkl".to_owned()))?.into_iter().collect();
        drop(archive);
        Ok(Self { bytes, name, storages, tensors })
    }

    /// Fails if the file holds a tensor that `AutoEncoder` has not: then it is of another class.
    fn expect_known_tensors(&self) -> Result<()> {
        let Some(name) = self.tensors.keys().find(|name| !TENSORS.contains(&name.as_ref())) else { return Ok(()) };
        let names: Vec<&str> = self.tensors.keys().map(AsRef::as_ref).collect();
        let architecture = ARCHITECTURES.into_iter().find(|(own, _)| own.iter().all(|tensor| names.contains(tensor)));
        let what = match architecture {
            Some((own, architecture)) => format!("is a {architecture} dictionary: it holds '{}'", own.join("' and '")),
            None => format!("holds a tensor '{}', which a standard ReLU dictionary has not", excerpt(name, 60)),
        };
        let wrapper = ["_orig_mod.", "module."].into_iter().find(|wrapper| name.starts_with(wrapper));
        let remedy = wrapper.map_or_else(
            || "only dictionary_learning's AutoEncoder is supported".to_owned(),
            |wrapper| {
                format!(
                    "only dictionary_learning's AutoEncoder is supported; take the prefix '{wrapper}' of a wrapper off the names"
                )
            },
        );
        Err(Problem::new(&self.name, what, remedy))
    }

    fn tensor(&self, key: &str) -> Result<StoredTensor> {
        let unfit = |what: String| Problem::new(&self.name, what, "use an ae.pt of dictionary_learning's AutoEncoder");
        let tensor = self.tensors.get(key).ok_or_else(|| unfit(format!("holds no tensor '{key}'")))?;
        let place = format!("{}, tensor '{key}'", self.name);
        let element = match tensor.element {
            Stored::Weights(element) => element,
            Stored::Other(kind) => {
                let remedy =
                    "supported are float16, bfloat16 and float32: convert it in Python, with .float(), and save it again";
                return Err(Problem::new(place, format_args!("has elements of type {kind}"), remedy));
            }
        };
        let expanded = tensor.shape.iter().zip(&tensor.strides).any(|(length, stride)| *length > 1 && *stride == 0);
        let count = tensor.shape.iter().try_fold(1_usize, |count, length| count.checked_mul(*length));
        let storage = self.storages.get(&*tensor.storage);
        let &(start, length) = storage.ok_or_else(|| unfit(format!("holds no storage '{}'", excerpt(&tensor.storage, 40))))?;
        if expanded && count.is_none_or(|count| count > length / element.size()) {
            let what =
                format!("repeats the same elements (stride 0): its shape {:?} does not fit into its storage", tensor.shape);
            return Err(Problem::new(place, what, "save it in Python after .contiguous()"));
        }
        StoredTensor::new(
            self.bytes.clone(),
            start..start.saturating_add(length),
            tensor.offset,
            element,
            tensor.shape.clone(),
            tensor.strides.clone(),
            place,
        )
    }
}

/// The problem that the bytes are a whole file of another format.
fn other_format(bytes: &[u8], name: &str) -> Option<Problem> {
    // The number that `torch.save` pickled first before PyTorch 1.6.
    let legacy = bytes.starts_with(b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.");
    let safetensors = bytes.get(8) == Some(&b'{');
    let what = if legacy {
        "was saved in the format before PyTorch 1.6, which is no zip"
    } else if safetensors {
        "is a safetensors file, not a file of torch.save"
    } else {
        return None;
    };
    Some(Problem::new(name, what, SAVE))
}
