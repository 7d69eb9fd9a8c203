//! The version of what computes.

/// The version of burn behind every backend, which `Cargo.toml` pins.
pub const BURN_VERSION: &str = "0.21.0";
