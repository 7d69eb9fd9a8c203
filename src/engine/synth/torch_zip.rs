//! Writes f32 tensors as `torch.save` writes a state dict: a zip of a pickle and one uncompressed entry per storage.
//!
//! Layout: PyTorch's `torch/serialization.py`; opcodes: CPython's `Lib/pickletools.py`, protocol 2. The program's own reader,
//! which reads PyTorch's files, checks the result.

use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// A tensor as name, shape and little-endian values.
pub type Tensor<'a> = (&'a str, &'a [usize], Vec<u8>);

/// The bytes of a file that holds `tensors`.
pub fn write(tensors: &[Tensor<'_>]) -> zip::result::ZipResult<Vec<u8>> {
    let size: usize = tensors.iter().map(|(_, _, bytes)| bytes.len() + 256).sum();
    let mut file = ZipWriter::new(Cursor::new(Vec::with_capacity(size + 4096)));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    file.start_file("ae/data.pkl", options)?;
    file.write_all(&pickle(tensors))?;
    file.start_file("ae/byteorder", options)?;
    file.write_all(b"little")?;
    for (index, (_, _, bytes)) in tensors.iter().enumerate() {
        // PyTorch maps storages from addresses that are multiples of 64.
        file.start_file(format!("ae/data/{index}"), options.with_alignment(64))?;
        file.write_all(bytes)?;
    }
    file.start_file("ae/version", options)?;
    file.write_all(b"3\n")?;
    Ok(file.finish()?.into_inner())
}

fn pickle(tensors: &[Tensor<'_>]) -> Vec<u8> {
    let mut out = b"\x80\x02".to_vec();
    empty_ordered_dict(&mut out);
    out.push(b'(');
    for (index, (name, shape, bytes)) in tensors.iter().enumerate() {
        text(&mut out, name);
        out.extend(b"ctorch._utils\n_rebuild_tensor_v2\n((");
        text(&mut out, "storage");
        out.extend(b"ctorch\nFloatStorage\n");
        text(&mut out, &index.to_string());
        text(&mut out, "cpu");
        integer(&mut out, bytes.len() / size_of::<f32>());
        out.extend(b"tQ");
        integer(&mut out, 0);
        sizes(&mut out, shape);
        sizes(&mut out, &strides(shape));
        // requires_grad and the hooks.
        out.push(0x89);
        empty_ordered_dict(&mut out);
        out.extend(b"tR");
    }
    out.extend(b"u.");
    out
}

fn empty_ordered_dict(out: &mut Vec<u8>) {
    out.extend(b"ccollections\nOrderedDict\n)R");
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.push(b'X');
    out.extend((text.len() as u32).to_le_bytes());
    out.extend(text.as_bytes());
}

fn integer(out: &mut Vec<u8>, number: usize) {
    out.push(b'J');
    out.extend((number as u32).to_le_bytes());
}

/// Writes a tuple of integers.
fn sizes(out: &mut Vec<u8>, sizes: &[usize]) {
    out.push(b'(');
    sizes.iter().for_each(|size| integer(out, *size));
    out.push(b't');
}

fn strides(shape: &[usize]) -> Vec<usize> {
    (0..shape.len()).map(|dimension| shape[dimension + 1..].iter().product()).collect()
}
