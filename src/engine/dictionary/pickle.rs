//! Reads a PyTorch pickle as data. Nothing in it is ever executed: the few opcodes that a state dict of tensors needs are
//! interpreted over plain values, and every other opcode or global is an error.
//!
//! `torch.load` runs whatever a pickle names. The crate `pytorch-reader` is safe too, but copies whole tensors out of the file;
//! this reader yields shapes, strides and storage keys, so that the file can stay memory-mapped. Opcode numbers: CPython's
//! `Lib/pickletools.py`; layout: PyTorch's `torch/serialization.py`.

use std::collections::HashMap;
use std::rc::Rc;

use crate::core::text::excerpt;
use crate::engine::tensor_file::Element;

/// A tensor of a state dict: where its elements lie in which storage.
#[derive(Debug, Clone, PartialEq)]
pub struct PickledTensor {
    /// Name of the storage's entry in the zip, below `data/`.
    pub storage: Rc<str>,
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

/// Why a pickle is not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// A sentence that follows the file's name.
    pub what: String,
    /// What would make the file readable; None if it is damaged.
    pub remedy: Option<String>,
}

impl Fault {
    /// The file is whole, but not what is read.
    fn whole(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { what: what.into(), remedy: Some(remedy.into()) }
    }
}

impl From<String> for Fault {
    fn from(what: String) -> Self {
        Self { what, remedy: None }
    }
}

impl From<&str> for Fault {
    fn from(what: &str) -> Self {
        what.to_owned().into()
    }
}

/// How to save what is read, for messages.
const SAVE: &str = "save the state dict alone, in Python: torch.save(dictionary.state_dict(), 'ae.pt')";

#[derive(Debug, Clone)]
enum Value {
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
        element: Stored,
    },
    Tensor(PickledTensor),
}

impl Value {
    fn depth(&self) -> usize {
        match self {
            Self::Tuple(_, depth) | Self::Dict(_, depth) => *depth,
            _ => 0,
        }
    }

    /// What it is, in words.
    fn kind(&self) -> &'static str {
        match self {
            Self::Ignored(kind) => kind,
            Self::Mark | Self::Global(_) | Self::Storage { .. } => "a part of a tensor",
            Self::Integer(_) => "a whole number",
            Self::Text(_) => "text",
            Self::Tuple(..) => "a tuple",
            Self::Dict(..) => "a dictionary",
            Self::Tensor(_) => "a tensor",
        }
    }
}

/// Deepest nesting that is accepted. A state dict nests three deep; unlimited nesting would overflow the stack when values are
/// dropped.
const DEEPEST: usize = 16;

/// Most entries of one dictionary: a file that keeps growing copies of a large one could otherwise fill the memory.
const MOST_ENTRIES: usize = 64;

/// The callables that a state dict refers to. Here they are names, not functions.
const CALLABLES: [&str; 3] = ["collections OrderedDict", "torch._utils _rebuild_tensor_v2", "torch._utils _rebuild_parameter"];

/// The classes of storages that PyTorch writes, with what their elements are.
const STORAGES: [(&str, Stored); 13] = [
    ("torch FloatStorage", Stored::Weights(Element::F32)),
    ("torch HalfStorage", Stored::Weights(Element::F16)),
    ("torch BFloat16Storage", Stored::Weights(Element::BF16)),
    ("torch DoubleStorage", Stored::Other("float64")),
    ("torch LongStorage", Stored::Other("int64")),
    ("torch IntStorage", Stored::Other("int32")),
    ("torch ShortStorage", Stored::Other("int16")),
    ("torch CharStorage", Stored::Other("int8")),
    ("torch ByteStorage", Stored::Other("uint8")),
    ("torch BoolStorage", Stored::Other("bool")),
    ("torch ComplexFloatStorage", Stored::Other("complex64")),
    ("torch ComplexDoubleStorage", Stored::Other("complex128")),
    ("torch.storage UntypedStorage", Stored::Other("bytes")),
];

/// Most dimensions of a tensor: what has more is no tensor of a dictionary, and shapes must stay small.
const MOST_DIMENSIONS: usize = 8;

type Outcome<T> = Result<T, Fault>;

/// The tensors of a pickled state dict, by name, in order.
///
/// # Errors
/// When the pickle is cut short or holds something else than a state dict of tensors.
pub fn read_state_dict(pickle: &[u8]) -> Outcome<Vec<(Rc<str>, PickledTensor)>> {
    match pickle {
        [0x80, protocol, ..] if *protocol > 5 => {
            return Err(Fault::whole(format!("was pickled with protocol {protocol}; protocols 2 to 5 are read"), SAVE));
        }
        // What the text protocols begin a dictionary, a list or an object with.
        [b'(' | b'c' | b'}' | b']', ..] => {
            return Err(Fault::whole("was pickled with protocol 0 or 1; protocols 2 to 5 are read", SAVE));
        }
        _ => {}
    }
    let mut machine = Machine { rest: pickle, stack: Vec::new(), memo: HashMap::new() };
    let top = machine.run()?;
    let Value::Dict(entries, _) = top.as_ref() else {
        return Err(Fault::whole(format!("holds {}, not a dictionary of tensors", top.kind()), SAVE));
    };
    // A checkpoint holds the state dict beside the step and the state of the optimiser.
    let inner = entries.iter().find_map(|(key, value)| match (key.as_ref(), value.as_ref()) {
        (Value::Text(name), Value::Dict(inner, _)) => {
            inner.iter().any(|(_, value)| matches!(**value, Value::Tensor(_))).then_some(name)
        }
        _ => None,
    });
    if let Some(name) = inner {
        let name = excerpt(name, 60);
        return Err(Fault::whole(
            format!("is a checkpoint: its tensors lie inside the entry '{name}'"),
            format!("save that entry alone, in Python: torch.save(torch.load('ae.pt')['{name}'], 'ae.pt')"),
        ));
    }
    entries
        .iter()
        .map(|(key, value)| match (key.as_ref(), value.as_ref()) {
            (Value::Text(name), Value::Tensor(tensor)) => Ok((Rc::clone(name), tensor.clone())),
            (Value::Text(name), other) => {
                Err(Fault::whole(format!("its entry '{}' is {}, not a tensor", excerpt(name, 60), other.kind()), SAVE))
            }
            _ => Err("its pickle has a key that is no text".into()),
        })
        .collect()
}

struct Machine<'a> {
    rest: &'a [u8],
    stack: Vec<Rc<Value>>,
    memo: HashMap<u32, Rc<Value>>,
}

impl Machine<'_> {
    fn run(&mut self) -> Outcome<Rc<Value>> {
        loop {
            let opcode = self.byte()?;
            match opcode {
                0x80 => drop(self.byte()?),     // PROTO
                b'.' => return self.pop(),      // STOP
                b'(' => self.push(Value::Mark), // MARK
                b'K' => {
                    let value = i64::from(self.byte()?); // BININT1
                    self.push(Value::Integer(value));
                }
                b'M' => {
                    let value = i64::from(u16::from_le_bytes(self.array()?)); // BININT2
                    self.push(Value::Integer(value));
                }
                b'J' => {
                    let value = i64::from(i32::from_le_bytes(self.array()?)); // BININT
                    self.push(Value::Integer(value));
                }
                0x8a => self.long()?, // LONG1
                b'X' => {
                    let length = u32::from_le_bytes(self.array()?); // BINUNICODE
                    self.text(length as usize)?;
                }
                0x8c => {
                    let length = self.byte()?; // SHORT_BINUNICODE
                    self.text(length as usize)?;
                }
                b'c' => {
                    let (module, name) = (self.line()?, self.line()?); // GLOBAL
                    self.global(&module, &name)?;
                }
                0x93 => {
                    let (name, module) = (self.pop()?, self.pop()?); // STACK_GLOBAL
                    let (Value::Text(module), Value::Text(name)) = (module.as_ref(), name.as_ref()) else {
                        return Err("its pickle names a function in an unknown way".into());
                    };
                    self.global(module, name)?;
                }
                b')' => self.push(Value::Tuple(Vec::new(), 0)), // EMPTY_TUPLE
                0x85..=0x87 => {
                    let count = usize::from(opcode - 0x84); // TUPLE1, TUPLE2, TUPLE3
                    let start = self.stack.len().checked_sub(count).ok_or("its pickle ends too early")?;
                    let items = self.stack.split_off(start);
                    self.push_tuple(items)?;
                }
                b't' => {
                    let items = self.pop_to_mark()?; // TUPLE
                    self.push_tuple(items)?;
                }
                b'}' => self.push(Value::Dict(Vec::new(), 0)), // EMPTY_DICT
                b's' => {
                    let value = self.pop()?; // SETITEM
                    let key = self.pop()?;
                    self.insert(vec![key, value])?;
                }
                b'u' => {
                    let items = self.pop_to_mark()?; // SETITEMS
                    self.insert(items)?;
                }
                b'b' => drop(self.pop()?), // BUILD: `_metadata`, never used
                b'R' => self.reduce()?,    // REDUCE
                b'Q' => self.storage()?,   // BINPERSID
                0x94 => {
                    let slot = u32::try_from(self.memo.len()).unwrap_or(u32::MAX); // MEMOIZE
                    self.remember(slot)?;
                }
                b'q' => {
                    let slot = u32::from(self.byte()?); // BINPUT
                    self.remember(slot)?;
                }
                b'r' => {
                    let slot = u32::from_le_bytes(self.array()?); // LONG_BINPUT
                    self.remember(slot)?;
                }
                b'h' => {
                    let slot = u32::from(self.byte()?); // BINGET
                    self.recall(slot)?;
                }
                b'j' => {
                    let slot = u32::from_le_bytes(self.array()?); // LONG_BINGET
                    self.recall(slot)?;
                }
                other => self.unread(other)?,
            }
        }
    }

    /// Carries out an opcode that makes a value which no tensor needs.
    fn unread(&mut self, opcode: u8) -> Outcome<()> {
        let kind = match opcode {
            0x95 => return self.take(8).map(|_| ()),              // FRAME: the length of what follows
            b'a' => return self.pop().map(|_| ()),                // APPEND
            b'e' | 0x90 => return self.pop_to_mark().map(|_| ()), // APPENDS, ADDITEMS
            b'N' => "None",                                       // NONE
            0x88 | 0x89 => "true or false",                       // NEWTRUE, NEWFALSE
            b']' => "a list",                                     // EMPTY_LIST
            0x8f => "a set",                                      // EMPTY_SET
            b'G' => {
                self.take(8)?; // BINFLOAT
                "a number"
            }
            b'B' => {
                let length = u32::from_le_bytes(self.array()?); // BINBYTES
                self.take(length as usize)?;
                "bytes"
            }
            b'C' => {
                let length = self.byte()?; // SHORT_BINBYTES
                self.take(length as usize)?;
                "bytes"
            }
            other => {
                return Err(format!("its pickle contains the opcode 0x{other:02x}, which no dictionary of tensors needs").into());
            }
        };
        self.push(Value::Ignored(kind));
        Ok(())
    }

    fn take(&mut self, count: usize) -> Outcome<&[u8]> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or("its pickle ends too early")?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Outcome<[u8; N]> {
        self.take(N)?.try_into().map_err(|_| "its pickle ends too early".into())
    }

    fn byte(&mut self) -> Outcome<u8> {
        Ok(u8::from_le_bytes(self.array()?))
    }

    fn line(&mut self) -> Outcome<String> {
        let end = self.rest.iter().position(|byte| *byte == b'\n').ok_or("its pickle ends too early")?;
        let line = String::from_utf8_lossy(self.take(end)?).into_owned();
        self.take(1)?;
        Ok(line)
    }

    fn push(&mut self, value: Value) {
        self.stack.push(Rc::new(value));
    }

    fn push_tuple(&mut self, items: Vec<Rc<Value>>) -> Outcome<()> {
        let depth = 1 + items.iter().map(|item| item.depth()).max().unwrap_or(0);
        expect_shallow(depth)?;
        self.push(Value::Tuple(items, depth));
        Ok(())
    }

    fn pop(&mut self) -> Outcome<Rc<Value>> {
        self.stack.pop().ok_or_else(|| "its pickle ends too early".into())
    }

    fn pop_to_mark(&mut self) -> Outcome<Vec<Rc<Value>>> {
        let mark = self.stack.iter().rposition(|value| matches!(**value, Value::Mark)).ok_or("its pickle lacks a mark")?;
        let items = self.stack.split_off(mark + 1);
        self.stack.pop();
        Ok(items)
    }

    fn text(&mut self, length: usize) -> Outcome<()> {
        let text = std::str::from_utf8(self.take(length)?).map_err(|_| "its pickle contains text that is no UTF-8")?;
        let text = Rc::from(text);
        self.push(Value::Text(text));
        Ok(())
    }

    fn long(&mut self) -> Outcome<()> {
        let length = usize::from(self.byte()?);
        let bytes = self.take(length)?;
        if length > 8 {
            return Err("its pickle contains an integer of more than 64 bits".into());
        }
        let negative = bytes.last().is_some_and(|last| last & 0x80 != 0);
        let mut all = [if negative { 0xff } else { 0 }; 8];
        all[..length].copy_from_slice(bytes);
        self.push(Value::Integer(i64::from_le_bytes(all)));
        Ok(())
    }

    fn global(&mut self, module: &str, name: &str) -> Outcome<()> {
        let wanted = format!("{module} {name}");
        let storages = STORAGES.iter().map(|(storage, _)| *storage);
        let known = CALLABLES.into_iter().chain(storages).find(|known| *known == wanted);
        let known = known.ok_or_else(|| {
            let what = excerpt(&wanted.replace(' ', "."), 80);
            Fault::whole(
                format!("its pickle asks for '{what}', which no dictionary of tensors needs: it holds another object"),
                SAVE,
            )
        })?;
        self.push(Value::Global(known));
        Ok(())
    }

    fn remember(&mut self, slot: u32) -> Outcome<()> {
        let value = self.stack.last().ok_or("its pickle ends too early")?;
        self.memo.insert(slot, Rc::clone(value));
        Ok(())
    }

    fn recall(&mut self, slot: u32) -> Outcome<()> {
        let value = self.memo.get(&slot).ok_or("its pickle refers to a value that it does not hold")?;
        // Values are copied on write here, so a second reference to a growing dictionary would miss later additions.
        if matches!(**value, Value::Dict(..)) {
            return Err("its pickle refers to one dictionary twice".into());
        }
        self.stack.push(Rc::clone(value));
        Ok(())
    }

    fn insert(&mut self, items: Vec<Rc<Value>>) -> Outcome<()> {
        let mut target = self.pop()?;
        let Value::Dict(entries, depth) = Rc::make_mut(&mut target) else {
            return Err("its pickle sets an item of something that is not a dictionary".into());
        };
        let mut items = items.into_iter();
        while let (Some(key), Some(value)) = (items.next(), items.next()) {
            *depth = (*depth).max(1 + key.depth().max(value.depth()));
            entries.push((key, value));
        }
        expect_shallow(*depth)?;
        if entries.len() > MOST_ENTRIES {
            let what = format!(
                "its pickle holds a dictionary of more than {MOST_ENTRIES} entries, a state dict of a dictionary has four"
            );
            return Err(Fault::whole(what, SAVE));
        }
        self.stack.push(target);
        Ok(())
    }

    /// Replaces a persistent id, `("storage", class, key, device, element count)`, by its storage.
    fn storage(&mut self) -> Outcome<()> {
        let id = self.pop()?;
        let Value::Tuple(parts, _) = id.as_ref() else {
            return Err("its pickle names a storage in an unknown way".into());
        };
        let (Some(Value::Global(class)), Some(Value::Text(key))) = (parts.get(1).map(Rc::as_ref), parts.get(2).map(Rc::as_ref))
        else {
            return Err("its pickle names a storage in an unknown way".into());
        };
        let Some((_, element)) = STORAGES.iter().find(|(name, _)| name == class) else {
            return Err(format!("its pickle uses '{class}' as a storage").into());
        };
        self.push(Value::Storage { key: Rc::clone(key), element: *element });
        Ok(())
    }

    fn reduce(&mut self) -> Outcome<()> {
        let (arguments, callable) = (self.pop()?, self.pop()?);
        let (Value::Global(callable), Value::Tuple(arguments, _)) = (callable.as_ref(), arguments.as_ref()) else {
            return Err("its pickle calls something that is not a known function".into());
        };
        let value = match *callable {
            "collections OrderedDict" => Value::Dict(Vec::new(), 0),
            "torch._utils _rebuild_tensor_v2" => rebuild_tensor(arguments)?,
            // `Parameter(tensor, ...)`: only the tensor is needed.
            "torch._utils _rebuild_parameter" => match arguments.first().map(Rc::as_ref) {
                Some(Value::Tensor(tensor)) => Value::Tensor(tensor.clone()), // few dimensions: small
                _ => return Err("its pickle holds a parameter without a tensor".into()),
            },
            other => return Err(format!("its pickle calls '{other}'").into()),
        };
        self.push(value);
        Ok(())
    }
}

fn expect_shallow(depth: usize) -> Outcome<()> {
    if depth > DEEPEST { Err(format!("its pickle nests values more than {DEEPEST} deep").into()) } else { Ok(()) }
}

/// The tensor that `_rebuild_tensor_v2(storage, offset, size, stride, requires_grad, backward_hooks)` describes.
fn rebuild_tensor(arguments: &[Rc<Value>]) -> Outcome<Value> {
    let malformed = || Fault::from("its pickle describes a tensor in an unknown way");
    let [storage, offset, size, stride, ..] = arguments else { return Err(malformed()) };
    let (Value::Storage { key, element }, Value::Tuple(size, _), Value::Tuple(stride, _)) =
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
        element: *element,
        offset: integer(offset)?,
        shape: size.iter().map(integer).collect::<Outcome<_>>()?,
        strides: stride.iter().map(integer).collect::<Outcome<_>>()?,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_of_a_foreign_function_is_refused() {
        // What `pickle.dumps` writes for an object that runs `os.system("true")` when loaded.
        let error = read_state_dict(b"\x80\x02cposix\nsystem\nq\x00X\x04\x00\x00\x00trueq\x01\x85q\x02Rq\x03.").unwrap_err();
        assert!(error.what.contains("posix.system"), "{error:?}");
    }

    #[test]
    fn a_foreign_opcode_is_refused() {
        // INST, an old way to call a class.
        assert!(read_state_dict(b"\x80\x02(icollections\nOrderedDict\n.").unwrap_err().what.contains("0x69"));
    }

    #[test]
    fn nesting_and_growth_are_bounded() {
        let nested = [b"\x80\x02)".as_slice(), &b"\x85".repeat(100_000), b"."].concat();
        assert!(read_state_dict(&nested).unwrap_err().what.contains("nests"));
        let grown: Vec<u8> =
            (0..5000_u32).flat_map(|slot| [b"r".as_slice(), &slot.to_le_bytes(), b"K\x01K\x01s"].concat()).collect();
        assert!(read_state_dict(&[b"\x80\x02}".as_slice(), &grown, b"."].concat()).unwrap_err().what.contains("entries"));
    }

    #[test]
    fn no_cut_of_a_pickle_panics() {
        let pickle = b"\x80\x02ccollections\nOrderedDict\nq\x00)Rq\x01(X\x01\x00\x00\x00aq\x02ctorch._utils\n_rebuild_tensor_v2\nq\x03((X\x07\x00\x00\x00storageq\x04ctorch\nFloatStorage\nq\x05X\x01\x00\x00\x000q\x06X\x03\x00\x00\x00cpuq\x07K\x06tq\x08QK\x00K\x02K\x03\x86q\tK\x03K\x01\x86q\n\x89h\x00)Rq\x0btq\x0cRq\ru.";
        let tensors = read_state_dict(pickle).unwrap();
        assert_eq!(tensors.len(), 1);
        assert_eq!(
            (&*tensors[0].0, tensors[0].1.shape.as_slice(), tensors[0].1.strides.as_slice()),
            ("a", &[2, 3][..], &[3, 1][..])
        );
        for end in 0..pickle.len() {
            assert!(read_state_dict(&pickle[..end]).is_err(), "cut at {end}");
        }
    }
}
