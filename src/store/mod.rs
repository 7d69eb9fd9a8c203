//! Files that saescope writes or ships, and the places where it finds files of other programs.

pub mod aside;
pub mod atomic;
mod clock;
pub mod explanations;
pub mod file_facts;
pub mod folders;
pub mod hub;
pub mod kept_answers;
pub mod kept_checks;
pub mod kept_runs;
pub mod labels;
mod lock;
pub mod log;
pub mod neuronpedia;
mod neuronpedia_line;
pub mod own_file;
pub mod presets;
pub mod published;
pub mod run_file;
pub mod run_model;
pub mod sessions;
pub mod studies;
pub mod tags_file;
pub mod temporary;
mod toml_source;
mod toml_table;
