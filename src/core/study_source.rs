//! Placeholder.
use std::path::PathBuf;
use std::sync::Arc;
use super::study::Study;
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PairSource { File(PathBuf), Text { name: String, text: Arc<str> } }
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StudySource { pub study: Arc<Study>, pub lists: Vec<PairSource> }
