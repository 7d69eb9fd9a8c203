//! Questions that are asked before work ends.

/// A question that is answered with y or n.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// Whether the computation stops.
    StopJob,
    /// Whether the download stops.
    StopDownload,
    /// Whether the program leaves although something would end or be lost.
    Leave,
}
