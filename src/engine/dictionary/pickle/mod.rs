//! Reads a PyTorch pickle as data. Nothing in it is ever executed: the few opcodes that a state dict of tensors needs are
//! interpreted over plain values, and every other opcode or global is an error.
//!
//! `torch.load` runs whatever a pickle names. The crate `pytorch-reader` is safe too, but copies whole tensors out of the file;
//! this reader yields shapes, strides and storage keys, so that the file can stay memory-mapped. Opcode numbers: CPython's
//! `Lib/pickletools.py`; layout: PyTorch's `torch/serialization.py`.

mod fault;
mod machine;
mod value;

use std::rc::Rc;

pub use fault::Fault;
use fault::{Outcome, SAVE};
use machine::Machine;
use value::Value;
pub use value::{PickledTensor, Stored};

use crate::core::text::excerpt;

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
    let mut machine = Machine::new(pickle);
    let top = machine.run()?;
    let Value::Dict(entries, _) = top.as_ref() else {
        return Err(top.instead_of(None, "a dictionary of tensors"));
    };
    // A checkpoint holds the state dict beside the step and the state of the optimiser.
    let inner = entries.iter().find_map(|(key, value)| match (key.as_ref(), value.as_ref()) {
        (Value::Text(name), Value::Dict(inner, _)) => {
            inner.iter().any(|(_, value)| matches!(**value, Value::Tensor(_) | Value::Foreign(..))).then_some(name)
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
            (Value::Text(name), other) => Err(other.instead_of(Some(name), "a tensor")),
            (other, _) => Err(Fault::whole(format!("names an entry by {}, a state dict by texts", other.kind()), SAVE)),
        })
        .collect()
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

    /// What `pickle.dumps` writes of Python's values with protocol 2 and 4, in files that are whole.
    #[test]
    fn what_no_tensor_needs_is_said_and_never_called_damage() {
        for (pickle, says) in [
            // {"seed": 2**100}
            (
                &b"\x80\x02}q\x00X\x04\x00\x00\x00seedq\x01\x8a\x0d\0\0\0\0\0\0\0\0\0\0\0\0\x10s."[..],
                "'seed' is a whole number of more than",
            ),
            // {"a": d, "b": d} with d = {}
            (b"\x80\x02}q\x00(X\x01\x00\x00\x00aq\x01}q\x02X\x01\x00\x00\x00bq\x03h\x02u.", "'a' is a dictionary"),
            // {0: 1} and {("a",): 1}
            (b"\x80\x02}q\x00K\x00K\x01s.", "names an entry by a whole number"),
            (b"\x80\x02}q\x00X\x01\x00\x00\x00aq\x01\x85q\x02K\x01s.", "names an entry by a tuple"),
            // {"a": frozenset({1})} and {"a": bytearray(b"b")}
            (b"\x80\x04}\x94\x8c\x01a\x94(K\x01\x91\x94s.", "'a' is a set"),
            (b"\x80\x05}\x94\x8c\x01a\x94\x96\x01\0\0\0\0\0\0\0b\x94s.", "'a' is bytes"),
            (b"\x80\x02ctorch\nfloat32\nq\x00.", "holds a type"),
            (b"\x80\x02ctorch._utils\n_rebuild_wrapper_subclass\nq\x00.", "a tensor of a kind that is not read"),
            (b"\x80\x02cnumpy.core.multiarray\n_reconstruct\nq\x00.", "arrays or numbers of numpy"),
        ] {
            let fault = read_state_dict(pickle).unwrap_err();
            assert!(fault.what.contains(says) && fault.remedy.is_some(), "{says}: {fault:?}");
        }
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
