//! The machine that a pickle is a program for: a stack, a memo, and the opcodes that a state dict needs.

use std::collections::HashMap;
use std::rc::Rc;

use super::fault::{Fault, Outcome, SAVE};
use super::value::{Stored, Value, rebuild_tensor};
use crate::core::text::excerpt;
use crate::engine::tensor_file::Element;

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
