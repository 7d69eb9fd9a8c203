//! Downloads presets from the Hugging Face hub into the cache that Python also uses, and looks there for files already on this
//! machine.
//!
//! A download asks the hub for the commit, the sizes and the hashes of all files (`listing`), compares them with the record of
//! the first download ([`records`]) and with the disk ([`plan`]), hashes the files that are present, and then transfers the
//! rest, several files at a time ([`fetch`]). A file gets its final name only when its size and its hash are right
//! (`transfer`); until then it is `HASH.incomplete`, and the next try continues from there.

pub mod cache;
pub mod client;
mod expand;
pub mod fetch;
pub mod hash;
pub mod headers;
mod listing;
mod parallel;
pub mod plan;
pub mod records;
pub mod settings;
pub mod space;
mod transfer;
