//! Downloads presets from the Hugging Face hub into the cache that Python uses, too, and looks there for what is already on this machine.
//!
//! A download asks the hub for the commit, the sizes and the hashes of all files (`listing`), compares that with what was downloaded first
//! ([`records`]) and with the disk ([`plan`]), hashes what is there, and then transfers the rest, several files at a time ([`fetch`]). A file
//! gets its final name only when it has its size and its hash (`transfer`); until then it is `HASH.incomplete`, from which the next try
//! goes on.

pub mod cache;
pub mod client;
pub mod fetch;
pub mod hash;
mod listing;
mod parallel;
pub mod plan;
pub mod records;
pub mod settings;
pub mod space;
mod transfer;
