//! Pure types and rules: identifiers, effects, selections, comparisons, links.
//!
//! Nothing here touches burn, a terminal or a file, so that every rule a number on the screen depends on can be read and
//! tested by itself.

pub mod problem;
pub mod submodule;
pub mod text;
