//! The number formats of weights, and how they are converted to f32.

use half::slice::HalfFloatSliceExt;
use half::{bf16, f16};

/// A number format of weights; all are widened to f32 before any arithmetic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Element {
    /// IEEE half precision, 2 bytes.
    F16,
    /// bfloat16, 2 bytes.
    BF16,
    /// IEEE single precision, 4 bytes.
    F32,
}

impl Element {
    /// Bytes of one number.
    pub fn size(self) -> usize {
        match self {
            Self::F16 | Self::BF16 => 2,
            Self::F32 => 4,
        }
    }

    /// Decodes consecutive little-endian elements; the format is chosen once for all of them.
    pub(super) fn decode_all(self, bytes: &[u8], target: &mut [f32]) {
        match self {
            Self::F16 => {
                let mut block = [f16::ZERO; 256];
                for (bytes, target) in bytes.chunks(2 * block.len()).zip(target.chunks_mut(block.len())) {
                    let block = &mut block[..target.len()];
                    for (value, bytes) in block.iter_mut().zip(bytes.as_chunks::<2>().0) {
                        *value = f16::from_le_bytes(*bytes);
                    }
                    block.convert_to_f32_slice(target);
                }
            }
            Self::BF16 => {
                for (value, bytes) in target.iter_mut().zip(bytes.as_chunks::<2>().0) {
                    *value = bf16::from_le_bytes(*bytes).to_f32();
                }
            }
            Self::F32 => {
                for (value, bytes) in target.iter_mut().zip(bytes.as_chunks::<4>().0) {
                    *value = f32::from_le_bytes(*bytes);
                }
            }
        }
    }

    /// Decodes one little-endian element.
    pub(super) fn decode(self, bytes: &[u8]) -> f32 {
        match (self, bytes) {
            (Self::F16, &[a, b, ..]) => f16::from_le_bytes([a, b]).to_f32(),
            (Self::BF16, &[a, b, ..]) => bf16::from_le_bytes([a, b]).to_f32(),
            (Self::F32, &[a, b, c, d, ..]) => f32::from_le_bytes([a, b, c, d]),
            _ => f32::NAN,
        }
    }
}
