//! Interventions: outputs of submodules that are changed while sequences run through the model.

use std::ops::Range;

use crate::core::problem::Result;
use crate::core::submodule::Submodule;

/// A change of submodules' outputs. The rest of the model reads the changed output in place of the one that was computed.
pub trait Edit: Sync {
    /// Whether the output of `submodule` is changed in any sequence.
    fn touches(&self, submodule: Submodule) -> bool;

    /// Changes `outputs`, those of `submodule` in the sequences `sequences` of the call. A backend may split a call's sequences
    /// among threads.
    ///
    /// # Shapes
    /// - outputs: `[sequences, positions, width]`
    fn apply(&self, submodule: Submodule, sequences: Range<usize>, outputs: &mut [f32]) -> Result<()>;
}
