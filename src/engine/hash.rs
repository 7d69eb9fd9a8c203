//! SHA-256 of inputs, so that a run says exactly what it was computed from. The Hugging Face hub names its files by the same
//! hash.

use std::io::{ErrorKind, Read};
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

/// Whether `text` is a SHA-256 as these functions write it.
pub fn is_sha256_hex(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
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

/// The SHA-256 of all that `reader` holds from where it stands, as 64 hexadecimal digits, and the number of bytes.
///
/// # Errors
/// When `cancel` is raised; a failure of the reader is the inner result.
pub fn sha256_hex_of_reader(reader: &mut dyn Read, cancel: &Cancel) -> Result<std::io::Result<(String, u64)>> {
    let (mut hash, mut buffer, mut total) = (Sha256::new(), vec![0; PIECE], 0);
    loop {
        cancel.check()?;
        match reader.read(&mut buffer) {
            Ok(0) => return Ok(Ok((hex(&hash.finalize()), total))),
            Ok(count) => {
                hash.update(&buffer[..count]);
                total += count as u64;
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Ok(Err(error)),
        }
    }
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
        assert_eq!(sha256_hex_of_reader(&mut &bytes[..], &cancel).unwrap().unwrap(), (sha256_hex(&bytes), bytes.len() as u64));
        cancel.cancel();
        assert!(sha256_hex_unless(&cancel, &bytes, |_| {}).is_err());
    }
}
