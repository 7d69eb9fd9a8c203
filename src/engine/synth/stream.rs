//! Dictionaries written piece by piece: no copy of their matrices is made.

use std::io::{self, BufWriter, Write};

use serde_json::{Value, json};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::WriteSeek;
use super::dictionary::Random;
use crate::engine::lanes::dot;

/// The first bytes of a safetensors file whose tensors `entries` says: a length, and JSON that ends at a multiple of 8 bytes.
pub fn header(entries: &Value) -> Vec<u8> {
    let mut text = entries.to_string().into_bytes();
    text.resize(text.len().next_multiple_of(8), b' ');
    [&(text.len() as u64).to_le_bytes()[..], &text].concat()
}

fn write_all(out: &mut dyn Write, values: &[f32]) -> io::Result<()> {
    values.iter().try_for_each(|value| out.write_all(&value.to_le_bytes()))
}

impl Random {
    fn width(&self) -> usize {
        self.decoder_bias.len()
    }

    fn features(&self) -> usize {
        self.encoder_bias.len()
    }

    /// The directions as columns, `[width, features]`.
    fn write_encoder(&self, out: &mut dyn Write) -> io::Result<()> {
        for column in 0..self.width() {
            for direction in self.directions.chunks_exact(self.width()) {
                out.write_all(&direction[column].to_le_bytes())?;
            }
        }
        Ok(())
    }

    /// Writes `sae_weights.safetensors` as SAELens does, of a dictionary that subtracts its bias.
    pub fn stream_sae_lens(&self, out: &mut dyn WriteSeek) -> io::Result<()> {
        let (width, features) = (self.width(), self.features());
        let shapes = [
            ("W_enc", vec![width, features]),
            ("W_dec", vec![features, width]),
            ("b_dec", vec![width]),
            ("b_enc", vec![features]),
        ];
        let mut entries = serde_json::Map::new();
        let mut offset = 0;
        for (name, shape) in shapes {
            let end = offset + 4 * shape.iter().product::<usize>();
            entries.insert(name.to_owned(), json!({"dtype": "F32", "shape": shape, "data_offsets": [offset, end]}));
            offset = end;
        }
        let mut out = BufWriter::new(out);
        out.write_all(&header(&Value::Object(entries)))?;
        self.write_encoder(&mut out)?;
        write_all(&mut out, &self.directions)?;
        write_all(&mut out, &self.decoder_bias)?;
        write_all(&mut out, &self.encoder_bias)?;
        out.flush()
    }

    /// Writes `params.npz` as Gemma Scope has it: the bias is not subtracted, and a threshold decides.
    pub fn stream_gemma_scope(&self, out: &mut dyn WriteSeek) -> io::Result<()> {
        let (width, features) = (self.width(), self.features());
        let mut zip = ZipWriter::new(out);
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        let begin = |zip: &mut ZipWriter<&mut dyn WriteSeek>, name: &str, shape: &str| -> io::Result<()> {
            zip.start_file(format!("{name}.npy"), options)?;
            zip.write_all(&npy(shape))
        };
        begin(&mut zip, "W_enc", &format!("({width}, {features})"))?;
        let mut buffer = BufWriter::new(&mut zip);
        self.write_encoder(&mut buffer)?;
        buffer.flush()?;
        drop(buffer);
        begin(&mut zip, "W_dec", &format!("({features}, {width})"))?;
        let mut buffer = BufWriter::new(&mut zip);
        write_all(&mut buffer, &self.directions)?;
        buffer.flush()?;
        drop(buffer);
        begin(&mut zip, "b_enc", &format!("({features},)"))?;
        // Pre-activations are those of what is left of the mean.
        let biases: Vec<f32> = self.directions.chunks_exact(width).map(|direction| -dot(direction, &self.decoder_bias)).collect();
        write_all(&mut zip, &biases)?;
        begin(&mut zip, "b_dec", &format!("({width},)"))?;
        write_all(&mut zip, &self.decoder_bias)?;
        begin(&mut zip, "threshold", &format!("({features},)"))?;
        let thresholds: Vec<f32> = self.encoder_bias.iter().map(|bias| -bias).collect();
        write_all(&mut zip, &thresholds)?;
        zip.finish()?;
        Ok(())
    }
}

/// The header of an array of f32 in numpy's format, version 1: 64 bytes or a multiple.
fn npy(shape: &str) -> Vec<u8> {
    let mut text = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}");
    let length = (10 + text.len() + 1).next_multiple_of(64) - 10;
    text.push_str(&" ".repeat(length - text.len() - 1));
    text.push('\n');
    [&b"\x93NUMPY\x01\x00"[..], &(length as u16).to_le_bytes(), text.as_bytes()].concat()
}
