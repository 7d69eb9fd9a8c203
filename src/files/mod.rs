//! Reading files that others wrote: what is a file, how much of it is read, and whether it is still the same one.

pub mod regular;
pub mod stamp;
pub mod state;
#[cfg(test)]
mod testing;
pub mod whole;
