//! What features respond to in a corpus: how often and how strongly they fire, where they fire most, and which labels describe that.

pub mod context;
pub mod responses;
pub mod score;
pub mod tally;
pub mod words;
