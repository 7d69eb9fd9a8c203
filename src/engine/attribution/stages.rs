//! How long the parts of an attribution take.

use std::cell::Cell;
use std::time::Instant;

/// A part of the work that is timed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Plain runs of all prompts, their metrics and their gradients.
    Plain,
    /// Encoding outputs.
    Encode,
    /// Decoder rows and reconstruction errors.
    Decode,
    /// Gradients at the points of segments.
    Paths,
    /// Effects and their sums; the passes of the exact method.
    Effects,
}

impl Stage {
    /// All stages in the order in which they run.
    pub const ALL: [Self; 5] = [Self::Plain, Self::Encode, Self::Decode, Self::Paths, Self::Effects];

    /// The stage's name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain runs",
            Self::Encode => "encoders",
            Self::Decode => "decoder rows",
            Self::Paths => "paths",
            Self::Effects => "effects",
        }
    }
}

/// Wall-clock seconds of every stage, over all batches and submodules.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Stages([Cell<f64>; Stage::ALL.len()]);

impl Stages {
    /// Does `work` and adds its time to that of `stage`.
    pub(super) fn time<T>(&self, stage: Stage, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let outcome = work();
        let seconds = &self.0[stage as usize];
        seconds.set(seconds.get() + start.elapsed().as_secs_f64());
        outcome
    }

    /// Seconds spent in `stage`.
    pub fn seconds(&self, stage: Stage) -> f64 {
        self.0[stage as usize].get()
    }
}
