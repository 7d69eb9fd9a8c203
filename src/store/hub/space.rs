//! Checks whether the disk has room for a download.

use std::path::Path;

use super::cache::setting;
use crate::core::problem::{Problem, Result};
use crate::core::text::bytes;

/// Number of bytes that this user can still write below `folder`, which need not exist; None if the system does not report it.
#[cfg(unix)]
pub fn free(folder: &Path) -> Option<u64> {
    let there = folder.ancestors().find(|folder| folder.exists())?;
    // The first ancestor of a relative path is the empty path, which means the current folder.
    let there = if there.as_os_str().is_empty() { Path::new(".") } else { there };
    let found = rustix::fs::statvfs(there).ok()?;
    Some(found.f_bavail.saturating_mul(found.f_frsize))
}

/// Always None: the free space is not read on this system.
#[cfg(not(unix))]
pub fn free(_: &Path) -> Option<u64> {
    None
}

/// Checks that there is room for a download.
///
/// # Errors
/// If `needed` bytes do not fit below `folder`.
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
