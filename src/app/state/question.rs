//! Questions that are asked before work ends.

use crate::core::kept_run::KeptRun;
use crate::core::request::Request;

/// What waits for the answer to a question.
#[derive(Debug, Clone)]
pub enum Pending {
    /// A computation.
    Compute(Box<Request>),
    /// A kept run to be opened.
    Open(Box<KeptRun>),
}

/// A question that is answered with y or n.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// Whether the computation stops.
    StopJob,
    /// Whether the causal check stops.
    StopCheck,
    /// Whether the download stops.
    StopDownload,
    /// Whether what waits takes the place of what is computed or shown.
    Replace,
    /// Whether the program leaves although something would end or be lost.
    Leave,
}
