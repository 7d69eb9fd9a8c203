//! The kinds of pictures by their names on the command line.

use crate::core::picture::Kind;

/// What `plot` draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drawn {
    /// A picture of the run's effects.
    Effects(Kind),
    /// The attention of a layer's heads in one prompt.
    Attention,
}

impl Drawn {
    /// Every picture, in the order of lists.
    pub const ALL: [Self; 6] = [
        Self::Effects(Kind::Counts),
        Self::Effects(Kind::Effects),
        Self::Effects(Kind::Map),
        Self::Effects(Kind::Views),
        Self::Effects(Kind::Intervals),
        Self::Attention,
    ];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Effects(kind) => kind.name(),
            Self::Attention => "attention",
        }
    }
}
