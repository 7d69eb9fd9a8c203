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
    pub storage: String,
    pub element: Element,
    /// First element of the tensor in its storage, in elements.
    pub offset: usize,
    pub shape: Vec<usize>,
    /// In elements, one per dimension.
    pub strides: Vec<usize>,
}

#[derive(Debug, Clone)]
enum Value {
    /// `None`, booleans and floats: carried along, never read.
    Ignored,
    Mark,
    Integer(i64),
    Text(String),
    Global(&'static str),
    /// The items, and the depth of nesting.
    Tuple(Vec<Rc<Value>>, usize),
    /// Keys and values in order, and the depth of nesting.
    Dict(Vec<(Rc<Value>, Rc<Value>)>, usize),
    Storage {
        key: String,
        element: Element,
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
}

/// Deepest nesting that is accepted. A state dict nests three deep; unlimited nesting would overflow the stack when values are
/// dropped.
const DEEPEST: usize = 16;

/// Most entries of one dictionary: a file that keeps growing copies of a large one could otherwise fill the memory.
const MOST_ENTRIES: usize = 64;

/// The callables and classes that a state dict refers to. Here they are names, not functions.
const GLOBALS: [&str; 6] = [
    "collections OrderedDict",
    "torch._utils _rebuild_tensor_v2",
    "torch._utils _rebuild_parameter",
    "torch FloatStorage",
    "torch HalfStorage",
    "torch BFloat16Storage",
];

type Outcome<T> = Result<T, String>;

/// The tensors of a pickled state dict, by name, in order.
///
/// # Errors
/// A sentence that says what in the pickle is not part of a state dict of tensors.
pub fn read_state_dict(pickle: &[u8]) -> Outcome<Vec<(String, PickledTensor)>> {
    let mut machine = Machine { rest: pickle, stack: Vec::new(), memo: HashMap::new() };
    let Value::Dict(entries, _) = machine.run()?.as_ref().clone() else {
        return Err("its pickle holds no dictionary of tensors".to_owned());
    };
    entries
        .iter()
        .map(|(key, value)| match (key.as_ref(), value.as_ref()) {
            (Value::Text(name), Value::Tensor(tensor)) => Ok((name.clone(), tensor.clone())),
            (Value::Text(name), _) => Err(format!("its entry '{}' is not a tensor", excerpt(name, 60))),
            _ => Err("its pickle has a key that is no text".to_owned()),
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
                0x80 => drop(self.byte()?),                      // PROTO
                b'.' => return self.pop(),                       // STOP
                b'(' => self.push(Value::Mark),                  // MARK
                b'N' | 0x88 | 0x89 => self.push(Value::Ignored), // NONE, NEWTRUE, NEWFALSE
                b'G' => {
                    self.take(8)?; // BINFLOAT
                    self.push(Value::Ignored);
                }
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
                b'c' => self.global()?,                         // GLOBAL
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
                other => {
                    return Err(format!("its pickle contains the opcode 0x{other:02x}, which no dictionary of tensors needs"));
                }
            }
        }
    }

    fn take(&mut self, count: usize) -> Outcome<&[u8]> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or("its pickle ends too early")?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Outcome<[u8; N]> {
        self.take(N)?.try_into().map_err(|_| "its pickle ends too early".to_owned())
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
        self.stack.pop().ok_or_else(|| "its pickle ends too early".to_owned())
    }

    fn pop_to_mark(&mut self) -> Outcome<Vec<Rc<Value>>> {
        let mark = self.stack.iter().rposition(|value| matches!(**value, Value::Mark)).ok_or("its pickle lacks a mark")?;
        let items = self.stack.split_off(mark + 1);
        self.stack.pop();
        Ok(items)
    }

    fn text(&mut self, length: usize) -> Outcome<()> {
        let text = String::from_utf8(self.take(length)?.to_vec()).map_err(|_| "its pickle contains text that is no UTF-8")?;
        self.push(Value::Text(text));
        Ok(())
    }

    fn long(&mut self) -> Outcome<()> {
        let length = usize::from(self.byte()?);
        let bytes = self.take(length)?;
        if length > 8 {
            return Err("its pickle contains an integer of more than 64 bits".to_owned());
        }
        let negative = bytes.last().is_some_and(|last| last & 0x80 != 0);
        let mut all = [if negative { 0xff } else { 0 }; 8];
        all[..length].copy_from_slice(bytes);
        self.push(Value::Integer(i64::from_le_bytes(all)));
        Ok(())
    }

    fn global(&mut self) -> Outcome<()> {
        let name = format!("{} {}", self.line()?, self.line()?);
        let known = GLOBALS.into_iter().find(|global| *global == name);
        let known = known.ok_or_else(|| {
            format!("its pickle asks for '{}', which no dictionary of tensors needs", excerpt(&name.replace(' ', "."), 60))
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
            return Err("its pickle refers to one dictionary twice".to_owned());
        }
        self.stack.push(Rc::clone(value));
        Ok(())
    }

    fn insert(&mut self, items: Vec<Rc<Value>>) -> Outcome<()> {
        let mut target = self.pop()?;
        let Value::Dict(entries, depth) = Rc::make_mut(&mut target) else {
            return Err("its pickle sets an item of something that is not a dictionary".to_owned());
        };
        let mut items = items.into_iter();
        while let (Some(key), Some(value)) = (items.next(), items.next()) {
            *depth = (*depth).max(1 + key.depth().max(value.depth()));
            entries.push((key, value));
        }
        expect_shallow(*depth)?;
        if entries.len() > MOST_ENTRIES {
            return Err(format!("its pickle holds a dictionary of more than {MOST_ENTRIES} entries"));
        }
        self.stack.push(target);
        Ok(())
    }

    /// Replaces a persistent id, `("storage", class, key, device, element count)`, by its storage.
    fn storage(&mut self) -> Outcome<()> {
        let id = self.pop()?;
        let Value::Tuple(parts, _) = id.as_ref() else {
            return Err("its pickle names a storage in an unknown way".to_owned());
        };
        let (Some(Value::Global(class)), Some(Value::Text(key))) = (parts.get(1).map(Rc::as_ref), parts.get(2).map(Rc::as_ref))
        else {
            return Err("its pickle names a storage in an unknown way".to_owned());
        };
        let element = match *class {
            "torch FloatStorage" => Element::F32,
            "torch HalfStorage" => Element::F16,
            "torch BFloat16Storage" => Element::BF16,
            other => return Err(format!("its pickle uses '{other}' as a storage")),
        };
        self.push(Value::Storage { key: key.clone(), element });
        Ok(())
    }

    fn reduce(&mut self) -> Outcome<()> {
        let (arguments, callable) = (self.pop()?, self.pop()?);
        let (Value::Global(callable), Value::Tuple(arguments, _)) = (callable.as_ref(), arguments.as_ref()) else {
            return Err("its pickle calls something that is not a known function".to_owned());
        };
        let value = match *callable {
            "collections OrderedDict" => Value::Dict(Vec::new(), 0),
            "torch._utils _rebuild_tensor_v2" => rebuild_tensor(arguments)?,
            // `Parameter(tensor, ...)`: only the tensor is needed.
            "torch._utils _rebuild_parameter" => match arguments.first().map(Rc::as_ref) {
                Some(Value::Tensor(tensor)) => Value::Tensor(tensor.clone()), // at most two dimensions: small
                _ => return Err("its pickle holds a parameter without a tensor".to_owned()),
            },
            other => return Err(format!("its pickle calls '{other}'")),
        };
        self.push(value);
        Ok(())
    }
}

fn expect_shallow(depth: usize) -> Outcome<()> {
    if depth > DEEPEST { Err(format!("its pickle nests values more than {DEEPEST} deep")) } else { Ok(()) }
}

/// The tensor that `_rebuild_tensor_v2(storage, offset, size, stride, requires_grad, backward_hooks)` describes.
fn rebuild_tensor(arguments: &[Rc<Value>]) -> Outcome<Value> {
    let malformed = || "its pickle describes a tensor in an unknown way".to_owned();
    let [storage, offset, size, stride, ..] = arguments else { return Err(malformed()) };
    let (Value::Storage { key, element }, Value::Tuple(size, _), Value::Tuple(stride, _)) =
        (storage.as_ref(), size.as_ref(), stride.as_ref())
    else {
        return Err(malformed());
    };
    if size.len() > 2 || stride.len() > 2 {
        return Err("its pickle describes a tensor of more than two dimensions".to_owned());
    }
    let integer = |value: &Rc<Value>| match value.as_ref() {
        Value::Integer(value) => usize::try_from(*value).map_err(|_| malformed()),
        _ => Err(malformed()),
    };
    Ok(Value::Tensor(PickledTensor {
        storage: key.clone(),
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
        assert!(error.contains("posix.system"), "{error}");
    }

    #[test]
    fn a_foreign_opcode_is_refused() {
        // INST, an old way to call a class.
        assert!(read_state_dict(b"\x80\x02(icollections\nOrderedDict\n.").unwrap_err().contains("0x69"));
    }

    #[test]
    fn nesting_and_growth_are_bounded() {
        let nested = [b"\x80\x02)".as_slice(), &b"\x85".repeat(100_000), b"."].concat();
        assert!(read_state_dict(&nested).unwrap_err().contains("nests"));
        let grown: Vec<u8> =
            (0..5000_u32).flat_map(|slot| [b"r".as_slice(), &slot.to_le_bytes(), b"K\x01K\x01s"].concat()).collect();
        assert!(read_state_dict(&[b"\x80\x02}".as_slice(), &grown, b"."].concat()).unwrap_err().contains("entries"));
    }

    #[test]
    fn no_cut_of_a_pickle_panics() {
        let pickle = b"\x80\x02ccollections\nOrderedDict\nq\x00)Rq\x01(X\x01\x00\x00\x00aq\x02ctorch._utils\n_rebuild_tensor_v2\nq\x03((X\x07\x00\x00\x00storageq\x04ctorch\nFloatStorage\nq\x05X\x01\x00\x00\x000q\x06X\x03\x00\x00\x00cpuq\x07K\x06tq\x08QK\x00K\x02K\x03\x86q\tK\x03K\x01\x86q\n\x89h\x00)Rq\x0btq\x0cRq\ru.";
        let tensors = read_state_dict(pickle).unwrap();
        assert_eq!(tensors.len(), 1);
        assert_eq!(
            (tensors[0].0.as_str(), tensors[0].1.shape.as_slice(), tensors[0].1.strides.as_slice()),
            ("a", &[2, 3][..], &[3, 1][..])
        );
        for end in 0..pickle.len() {
            assert!(read_state_dict(&pickle[..end]).is_err(), "cut at {end}");
        }
    }
}
