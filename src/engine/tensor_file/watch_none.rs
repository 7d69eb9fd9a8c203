//! The watch over maps where no file can become shorter while it is mapped.

/// Nothing to watch: such systems refuse to make a mapped file shorter.
#[derive(Debug)]
pub struct Watch;

impl Watch {
    pub fn over(_: &[u8]) -> Self {
        Self
    }

    pub fn is_lost(&self) -> bool {
        false
    }
}

/// No such fault comes.
pub fn before_a_fatal_fault(_: fn()) {}
