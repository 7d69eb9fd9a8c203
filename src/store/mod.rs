//! Files that saescope writes, and where it finds those of others.

pub mod atomic;
pub mod hub_cache;
pub mod run_file;
pub mod tags_file;
