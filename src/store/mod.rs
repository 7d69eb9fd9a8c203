//! Files that saescope writes or brings along, and where it finds those of others.

pub mod atomic;
pub mod folders;
pub mod hub;
pub mod log;
pub mod presets;
pub mod published;
pub mod run_file;
pub mod studies;
pub mod tags_file;
mod toml_source;
mod toml_table;
