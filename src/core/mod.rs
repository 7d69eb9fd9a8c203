//! Pure types and rules: identifiers, requests, effects, selections, comparisons, links.
//!
//! No module here uses burn, a terminal or a file, so every rule that a number on the screen depends on can be read and tested
//! by itself.

pub mod agreement;
pub mod capability;
pub mod causal;
pub mod chance;
pub mod corpus;
pub mod declared;
pub mod delta;
pub mod detail_index;
pub mod dictionary_report;
pub mod dropped_line;
pub mod effects;
pub mod evidence;
pub mod explanations;
pub mod extract;
pub mod families;
pub mod file_facts;
pub mod filter;
pub mod findings;
pub mod firing;
pub mod foreign;
pub mod format_error;
pub mod hosted;
pub mod inspection;
pub mod invariant;
pub mod kept_run;
pub mod label;
pub mod lens;
pub mod merge;
pub mod merge_submodules;
#[cfg(test)]
mod naive;
pub mod name;
pub mod neuronpedia;
pub mod paired_difference;
pub mod parts;
pub mod path_sum;
pub mod picture;
pub mod problem;
pub mod progress;
pub mod published;
pub mod quadrature;
pub mod ranking;
pub mod release;
pub mod request;
pub mod resemblance;
pub mod rows;
pub mod run;
pub mod selection;
pub mod session;
pub mod shuffled;
pub mod sides;
pub mod statistics;
pub mod study;
pub mod study_source;
pub mod submodule;
pub mod tags;
pub mod template;
pub mod tested;
pub mod text;
pub mod uncertainty;
pub mod verification;
pub mod view;
pub mod view_findings;
