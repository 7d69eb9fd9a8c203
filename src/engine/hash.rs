//! SHA-256 of inputs, so that a run says exactly what it was computed from. The Hugging Face hub names its files by the same
//! hash.

use std::ops::Range;

use sha2::{Digest, Sha256};

use crate::core::problem::Result;
use crate::engine::cancel::Cancel;

/// Bytes between two checks for cancellation: a few milliseconds even on a processor without instructions for SHA-256.
const PIECE: usize = 1 << 20;

/// The SHA-256 of a small input, as 64 hexadecimal digits.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// The SHA-256 of a large input such as a weight file, as 64 hexadecimal digits; `done` is called with the range of every part
/// that was read.
///
/// # Errors
/// When `cancel` is raised.
pub fn sha256_hex_unless(cancel: &Cancel, bytes: &[u8], done: impl Fn(Range<usize>)) -> Result<String> {
    let mut hash = Sha256::new();
    for (index, piece) in bytes.chunks(PIECE).enumerate() {
        cancel.check()?;
        hash.update(piece);
        done(index * PIECE..index * PIECE + piece.len());
    }
    Ok(hex(&hash.finalize()))
}

fn hex(digest: &[u8]) -> String {
    digest.iter().fold(String::with_capacity(64), |mut text, byte| {
        use std::fmt::Write;
        // Writing into a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_the_standard_s_example() {
        // FIPS 180-2, appendix B.1.
        assert_eq!(sha256_hex(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn pieces_give_the_hash_of_the_whole() {
        let bytes: Vec<u8> = (0..PIECE + PIECE / 2).map(|index| (index % 251) as u8).collect();
        let cancel = Cancel::default();
        assert_eq!(sha256_hex_unless(&cancel, &bytes, |_| {}), Ok(sha256_hex(&bytes)));
        cancel.cancel();
        assert!(sha256_hex_unless(&cancel, &bytes, |_| {}).is_err());
    }
}
