//! Whether the disk has room for what is to come.

use std::path::Path;

use super::cache::setting;
use crate::core::problem::{Problem, Result};
use crate::core::text::bytes;

/// The bytes that this user can still write below `folder`, which needs not exist; none where the system does not tell.
#[cfg(unix)]
pub fn free(folder: &Path) -> Option<u64> {
    let there = folder.ancestors().find(|folder| folder.exists())?;
    // A relative path begins in the current folder.
    let there = if there.as_os_str().is_empty() { Path::new(".") } else { there };
    let found = rustix::fs::statvfs(there).ok()?;
    Some(found.f_bavail.saturating_mul(found.f_frsize))
}

/// Not told.
#[cfg(not(unix))]
pub fn free(_: &Path) -> Option<u64> {
    None
}

/// # Errors
/// When `needed` bytes do not fit below `folder`.
pub fn expect(folder: &Path, needed: u64) -> Result<()> {
    match free(folder) {
        Some(free) if free < needed => {
            let what = format_args!("{} are needed there, {} are free", bytes(needed), bytes(free));
            Err(Problem::environment(
                folder.display(),
                what,
                format_args!("free some space, or put the cache on another disk with {}", setting()),
            ))
        }
        _ => Ok(()),
    }
}
