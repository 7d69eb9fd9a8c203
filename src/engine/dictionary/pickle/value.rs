//! The values that a pickle of tensors is made of.

use std::rc::Rc;

use super::fault::{Fault, Outcome, SAVE};
use crate::core::text::excerpt;
use crate::engine::tensor_file::Element;

/// A tensor of a state dict: where its elements lie in which storage.
#[derive(Debug, Clone, PartialEq)]
pub struct PickledTensor {
    /// Name of the storage's entry in the zip, below `data/`.
    pub storage: Rc<str>,
    /// Bytes of the whole storage, as the pickle says; None if the size of its elements is not known.
    pub storage_bytes: Option<u64>,
    pub element: Stored,
    /// First element of the tensor in its storage, in elements.
    pub offset: usize,
    pub shape: Vec<usize>,
    /// In elements, one per dimension.
    pub strides: Vec<usize>,
}

/// What the elements of a storage are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stored {
    /// Numbers that weights are read from.
    Weights(Element),
    /// Numbers of a type that is not read, by PyTorch's name of it.
    Other(&'static str),
}

impl Stored {
    /// Bytes of an element; None if that is not known.
    pub fn size(self) -> Option<u64> {
        match self {
            Self::Weights(element) => Some(element.size() as u64),
            Self::Other("complex128") => Some(16),
            Self::Other("float64" | "int64" | "complex64") => Some(8),
            Self::Other("int32" | "qint32") => Some(4),
            Self::Other("int16") => Some(2),
            Self::Other("int8" | "uint8" | "bool" | "bytes" | "qint8" | "quint8") => Some(1),
            Self::Other(_) => None,
        }
    }
}

#[derive(Debug, Clone)]
pub enum Value {
    /// A value that is carried along and never read, by its kind.
    Ignored(&'static str),
    Mark,
    Integer(i64),
    Text(Rc<str>),
    Global(&'static str),
    /// The items, and the depth of nesting.
    Tuple(Vec<Rc<Value>>, usize),
    /// Keys and values in order, and the depth of nesting.
    Dict(Vec<(Rc<Value>, Rc<Value>)>, usize),
    Storage {
        key: Rc<str>,
        bytes: Option<u64>,
        element: Stored,
    },
    Tensor(PickledTensor),
    /// A tensor that is not laid out as numbers in a storage: what it is, and what helps.
    Foreign(&'static str, &'static str),
}

impl Value {
    pub fn depth(&self) -> usize {
        match self {
            Self::Tuple(_, depth) | Self::Dict(_, depth) => *depth,
            _ => 0,
        }
    }

    /// What it is, in words.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Ignored(kind) | Self::Foreign(kind, _) => kind,
            Self::Global(_) => "a type",
            Self::Mark | Self::Storage { .. } => "a part of a tensor",
            Self::Integer(_) => "a whole number",
            Self::Text(_) => "text",
            Self::Tuple(..) => "a tuple",
            Self::Dict(..) => "a dictionary",
            Self::Tensor(_) => "a tensor",
        }
    }
}

impl Value {
    /// The fault that the entry called `name`, or the whole, if there is no name, is not the `wanted`.
    pub fn instead_of(&self, name: Option<&str>, wanted: &str) -> Fault {
        let place = name.map_or_else(|| "holds".to_owned(), |name| format!("its entry '{}' is", excerpt(name, 60)));
        match self {
            Self::Foreign(kind, remedy) => {
                Fault::whole(format!("{place} {kind}, which is not read"), format!("{remedy}, and save the state dict again"))
            }
            other => Fault::whole(format!("{place} {}, not {wanted}", other.kind()), SAVE),
        }
    }
}

/// Most dimensions of a tensor: what has more is no tensor of a dictionary, and shapes must stay small.
const MOST_DIMENSIONS: usize = 8;

/// The tensor that `_rebuild_tensor_v3` describes: as `_rebuild_tensor_v2`, and the type of its elements, whose storage has none.
pub fn rebuild_typed_tensor(arguments: &[Rc<Value>]) -> Outcome<Value> {
    let (Value::Tensor(tensor), Some(Value::Global(element))) = (rebuild_tensor(arguments)?, arguments.get(6).map(Rc::as_ref))
    else {
        return Err("its pickle describes a tensor in an unknown way".into());
    };
    let element = element.rsplit(' ').next().unwrap_or(element);
    if ["float32", "float16", "bfloat16"].contains(&element) {
        // PyTorch describes tensors of these types otherwise.
        return Ok(Value::Foreign(
            "a tensor of floats that is described as one of a type without storages of its own (_rebuild_tensor_v3)",
            "make it plain in Python, with .clone()",
        ));
    }
    let element = Stored::Other(element);
    Ok(Value::Tensor(PickledTensor { element, ..tensor }))
}

/// The tensor that `_rebuild_tensor_v2(storage, offset, size, stride, requires_grad, backward_hooks)` describes.
pub fn rebuild_tensor(arguments: &[Rc<Value>]) -> Outcome<Value> {
    let malformed = || Fault::from("its pickle describes a tensor in an unknown way");
    let [storage, offset, size, stride, ..] = arguments else { return Err(malformed()) };
    let (Value::Storage { key, bytes, element }, Value::Tuple(size, _), Value::Tuple(stride, _)) =
        (storage.as_ref(), size.as_ref(), stride.as_ref())
    else {
        return Err(malformed());
    };
    if size.len() > MOST_DIMENSIONS || stride.len() > MOST_DIMENSIONS {
        return Err(Fault::whole(format!("holds a tensor of {} dimensions, a dictionary's have one or two", size.len()), SAVE));
    }
    let integer = |value: &Rc<Value>| match value.as_ref() {
        Value::Integer(value) => usize::try_from(*value).map_err(|_| malformed()),
        _ => Err(malformed()),
    };
    Ok(Value::Tensor(PickledTensor {
        storage: Rc::clone(key),
        storage_bytes: *bytes,
        element: *element,
        offset: integer(offset)?,
        shape: size.iter().map(integer).collect::<Outcome<_>>()?,
        strides: stride.iter().map(integer).collect::<Outcome<_>>()?,
    }))
}
