//! The machine that a pickle is a program for: a stack, a memo, and the opcodes that a state dict needs.

use std::collections::HashMap;
use std::rc::Rc;

use super::fault::{Fault, Outcome, SAVE};
use super::value::{Stored, Value, rebuild_tensor, rebuild_typed_tensor};
use crate::core::text::excerpt;
use crate::engine::tensor_file::Element;

/// Deepest nesting that is accepted. A state dict nests three deep; unlimited nesting would overflow the stack when values are
/// dropped.
const DEEPEST: usize = 16;

/// Most entries of one dictionary: a file that keeps growing copies of a large one could otherwise fill the memory.
const MOST_ENTRIES: usize = 64;

/// The callables that a state dict refers to. Here they are names, not functions.
const CALLABLES: [&str; 4] = [
    "collections OrderedDict",
    "torch._utils _rebuild_tensor_v2",
    "torch._utils _rebuild_tensor_v3",
    "torch._utils _rebuild_parameter",
];

/// Callables and constants whose values are carried along, by what they are.
const CARRIED: [(&str, &str); 6] = [
    ("torch Size", "a size"),
    ("torch device", "a device"),
    ("torch.serialization _get_layout", "a layout"),
    ("torch per_tensor_affine", "a scheme"),
    ("torch per_channel_affine", "a scheme"),
    ("torch per_channel_affine_float_qparams", "a scheme"),
];

/// Callables that make tensors of other kinds than those that are read: what these are, and what helps.
const FOREIGN: [(&str, &str, &str); 5] = [
    ("torch._utils _rebuild_sparse_tensor", "a sparse tensor", "make it dense in Python, with .to_dense()"),
    ("torch._utils _rebuild_qtensor", "a quantized tensor", "make it plain in Python, with .dequantize()"),
    (
        "torch._utils _rebuild_meta_tensor_no_storage",
        "a tensor without values (of the device 'meta')",
        "load its values in Python before saving",
    ),
    ("torch._utils _rebuild_nested_tensor", "a nested tensor", "make plain tensors of its parts in Python"),
    (
        "torch._tensor _rebuild_from_type_v2",
        "a tensor of a class of its own",
        "make it plain in Python, with .as_subclass(torch.Tensor)",
    ),
];

/// The types of elements; those that are read have storages of their own.
const TYPES: [&str; 22] = [
    "torch float32",
    "torch float16",
    "torch bfloat16",
    "torch float64",
    "torch float8_e4m3fn",
    "torch float8_e4m3fnuz",
    "torch float8_e5m2",
    "torch float8_e5m2fnuz",
    "torch float8_e8m0fnu",
    "torch float4_e2m1fn_x2",
    "torch int8",
    "torch int16",
    "torch int32",
    "torch int64",
    "torch uint8",
    "torch uint16",
    "torch uint32",
    "torch uint64",
    "torch bool",
    "torch complex32",
    "torch complex64",
    "torch complex128",
];

/// The classes of storages that PyTorch writes, with what their elements are.
const STORAGES: [(&str, Stored); 17] = [
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
    ("torch QInt8Storage", Stored::Other("qint8")),
    ("torch QUInt8Storage", Stored::Other("quint8")),
    ("torch QInt32Storage", Stored::Other("qint32")),
    ("torch QUInt4x2Storage", Stored::Other("quint4x2")),
];

pub struct Machine<'a> {
    rest: &'a [u8],
    stack: Vec<Rc<Value>>,
    memo: HashMap<u32, Rc<Value>>,
}

impl<'a> Machine<'a> {
    /// A machine at the beginning of `pickle`.
    pub fn new(pickle: &'a [u8]) -> Self {
        Self { rest: pickle, stack: Vec::new(), memo: HashMap::new() }
    }

    /// Runs to the end and returns the value on top.
    pub fn run(&mut self) -> Outcome<Rc<Value>> {
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
                0x8a => {
                    let length = usize::from(self.byte()?); // LONG1
                    self.long(length)?;
                }
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
            0x91 => {
                self.pop_to_mark()?; // FROZENSET
                "a set"
            }
            0x8b => {
                let length = u32::from_le_bytes(self.array()?); // LONG4
                return self.long(length as usize);
            }
            0x8d => {
                let length = self.length()?; // BINUNICODE8
                return self.text(length);
            }
            0x8e | 0x96 => {
                let length = self.length()?; // BINBYTES8, BYTEARRAY8
                self.take(length)?;
                "bytes"
            }
            b'N' => "None",                 // NONE
            0x88 | 0x89 => "true or false", // NEWTRUE, NEWFALSE
            b']' => "a list",               // EMPTY_LIST
            0x8f => "a set",                // EMPTY_SET
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

    fn length(&mut self) -> Outcome<usize> {
        usize::try_from(u64::from_le_bytes(self.array()?)).map_err(|_| "its pickle ends too early".into())
    }

    fn long(&mut self, length: usize) -> Outcome<()> {
        let bytes = self.take(length)?;
        if length > 8 {
            // The state of a generator of random numbers has such; no tensor does.
            self.push(Value::Ignored("a whole number of more than 64 bits"));
            return Ok(());
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
        let others = CARRIED.iter().map(|(name, _)| *name).chain(FOREIGN.iter().map(|(name, ..)| *name)).chain(TYPES);
        let known = CALLABLES.into_iter().chain(storages).chain(others).find(|known| *known == wanted);
        let known = known.ok_or_else(|| {
            let what = excerpt(&wanted.replace(' ', "."), 80);
            if module.split('.').next() == Some("numpy") {
                return Fault::whole(
                    format!("holds arrays or numbers of numpy (its pickle asks for '{what}')"),
                    "make tensors of them in Python, with torch.from_numpy, or leave them out: torch.save({name: tensor, ..}, 'ae.pt')",
                );
            }
            if module.starts_with("torch") && name.starts_with("_rebuild") {
                return Fault::whole(
                    format!("holds a tensor of a kind that is not read (its pickle asks for '{what}')"),
                    "make plain tensors of float32 on the CPU in Python, and save them by name: torch.save({name: tensor, ..}, 'ae.pt')",
                );
            }
            Fault::whole(
                format!("its pickle asks for '{what}', which no dictionary of tensors needs: it holds another object"),
                "save the tensors in a plain dict, in Python: torch.save({name: tensor, ..}, 'ae.pt'); a module's are module.state_dict()",
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
            self.push(Value::Ignored("a dictionary that stands in it twice"));
            return Ok(());
        }
        self.stack.push(Rc::clone(value));
        Ok(())
    }

    fn insert(&mut self, items: Vec<Rc<Value>>) -> Outcome<()> {
        let mut target = self.pop()?;
        let Value::Dict(entries, depth) = Rc::make_mut(&mut target) else {
            return Err(Fault::whole("its pickle sets an item of something that is not a dictionary", SAVE));
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
        let Some(Value::Integer(count)) = parts.get(4).map(Rc::as_ref) else {
            return Err("its pickle names a storage in an unknown way".into());
        };
        let Ok(count) = u64::try_from(*count) else {
            return Err(format!("its pickle says that a storage has {count} elements").into());
        };
        let bytes = element.size().map(|size| count.saturating_mul(size));
        self.push(Value::Storage { key: Rc::clone(key), bytes, element: *element });
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
            "torch._utils _rebuild_tensor_v3" => rebuild_typed_tensor(arguments)?,
            // `Parameter(tensor, ...)`: only the tensor is needed.
            "torch._utils _rebuild_parameter" => match arguments.first().map(Rc::as_ref) {
                Some(Value::Tensor(tensor)) => Value::Tensor(tensor.clone()), // few dimensions: small
                Some(Value::Foreign(kind, remedy)) => Value::Foreign(kind, remedy),
                _ => return Err("its pickle holds a parameter without a tensor".into()),
            },
            other => {
                let carried = CARRIED.iter().find(|(name, _)| *name == other).map(|(_, kind)| Value::Ignored(kind));
                let foreign = FOREIGN.iter().find(|(name, ..)| *name == other);
                let foreign = foreign.map(|(_, kind, remedy)| Value::Foreign(kind, remedy));
                carried.or(foreign).ok_or_else(|| format!("its pickle calls '{other}'"))?
            }
        };
        self.push(value);
        Ok(())
    }
}

fn expect_shallow(depth: usize) -> Outcome<()> {
    if depth > DEEPEST { Err(format!("its pickle nests values more than {DEEPEST} deep").into()) } else { Ok(()) }
}
