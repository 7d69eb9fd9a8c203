//! Activations in memory: plain f32 arrays, one shared block per prompt from the backend to the memory.

use std::sync::Arc;

use crate::core::submodule::{Submodule, SubmoduleKind};

/// Numbers that are written once and then only read.
pub type Array = Arc<[f32]>;

/// An array of zeros that the caller fills before it shares it.
pub fn zeros(length: usize) -> Array {
    std::iter::repeat_n(0.0, length).collect()
}

/// The residual stream that enters layer 0 and the outputs of all layers in the forward pass of one prompt.
///
/// # Shapes
/// Every block is `[positions, width]`, row-major.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// `[1 + outputs, positions, width]`: the residual stream that enters layer 0, then the outputs in submodule order.
    values: Array,
    layers: usize,
}

impl Trace {
    /// Wraps `values`, `[1 + outputs, positions, width]`.
    pub fn new(values: Array, layers: usize) -> Self {
        debug_assert_eq!(values.len() % Self::parts(layers), 0);
        Self { values, layers }
    }

    /// Number of blocks in the trace of a model with `layers` layers.
    pub fn parts(layers: usize) -> usize {
        1 + SubmoduleKind::OUTPUTS.len() * layers
    }

    /// Whether a trace has a block for `submodule`: what lies inside of attention and MLP is read apart
    /// ([`Compute::activations`](crate::engine::compute::Compute::activations)).
    pub fn holds(submodule: Submodule) -> bool {
        submodule == Submodule::EMBEDDING || SubmoduleKind::OUTPUTS.contains(&submodule.kind)
    }

    /// Index of the block that holds `submodule`.
    ///
    /// # Panics
    /// If a trace has none ([`Trace::holds`]): a fault of the caller.
    pub fn part(submodule: Submodule, layers: usize) -> usize {
        assert!(Self::holds(submodule), "{submodule} is no part of a trace");
        if submodule == Submodule::EMBEDDING { 0 } else { 1 + submodule.ordinal(layers) }
    }

    /// All blocks together, for the memory.
    pub fn values(&self) -> &Array {
        &self.values
    }

    /// The activation at `submodule`, `[positions, width]`. Panics as [`Trace::part`].
    pub fn output(&self, submodule: Submodule) -> &[f32] {
        self.block(Self::part(submodule, self.layers))
    }

    /// The residual stream that enters layer `layer`, `[positions, width]`; after the last layer, the stream that the final
    /// layer norm reads.
    pub fn entering(&self, layer: usize) -> &[f32] {
        if layer == 0 { self.block(0) } else { self.output(Submodule::new(SubmoduleKind::Residual, layer - 1)) }
    }

    fn block(&self, part: usize) -> &[f32] {
        let size = self.values.len() / Self::parts(self.layers);
        &self.values[part * size..(part + 1) * size]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_finds_its_blocks() {
        // Two layers, two positions of width one.
        let trace = Trace::new((0..14_u8).map(f32::from).collect(), 2);
        assert_eq!(trace.entering(0), [0.0, 1.0]);
        assert_eq!(trace.output(Submodule::EMBEDDING), [0.0, 1.0]);
        assert!(!Trace::holds(Submodule::new(SubmoduleKind::Heads, 0)));
        assert_eq!(trace.output(Submodule::new(SubmoduleKind::Attention, 1)), [4.0, 5.0]);
        assert_eq!(trace.entering(2), [12.0, 13.0]);
    }
}
