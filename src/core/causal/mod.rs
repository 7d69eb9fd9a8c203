//! Causal checks of features that attribution found: what is ablated, how, and the scores that follow.
//!
//! The definitions are those of Marks et al. 2024, "Sparse Feature Circuits" (arXiv:2403.19647), and of the study of gender bias
//! that this program reproduces: with M the set of all features and C a set, `F(C)` is the metric when every feature outside C is
//! ablated, at every position of every submodule at once.

pub mod approximation;
pub mod axis;
pub mod bootstrap;
pub mod check;
pub mod circuit;
pub mod controls;
pub mod curve;
pub mod curve_damage;
pub mod curve_drawing;
pub mod curve_score;
pub mod dose;
pub mod each;
pub mod edges;
pub mod elsewhere;
pub mod error_share;
pub mod kept;
pub mod method_drawing;
pub mod method_tables;
pub mod scatter;
pub mod scores;
pub mod search;
pub mod search_table;
pub mod set;
pub mod side_effects;
pub mod steering;
pub mod way;
pub mod words;
