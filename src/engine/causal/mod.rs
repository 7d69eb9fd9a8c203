//! Causal checks: runs of the model in which features are ablated, steered or patched, from plain runs of a view's prompts.
//!
//! An intervention is an [`Edit`](crate::engine::compute::Edit) of submodules' outputs, so every backend runs every check. Whatever is
//! read of a dictionary here is its codes and its decoder rows: the write is affine in the codes, `x + W_dec (g - f)`.

pub mod ablation;
pub mod approximation;
pub mod background;
pub mod continuation;
pub mod curve;
pub mod each;
pub mod edges;
mod edit;
pub mod elsewhere;
pub mod neutral;
pub mod plain;
pub mod recorded;
pub mod search;
pub mod side_effects;
pub mod steered;
pub mod steering;
mod targets;
pub mod tracing;
