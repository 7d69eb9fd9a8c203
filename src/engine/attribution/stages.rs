//! How long the parts of an attribution take.

use std::time::Instant;

/// A part of the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Plain runs of all prompts, their metrics and their gradients.
    Plain,
    /// Encoders.
    Encode,
    /// Decoder rows and reconstruction errors.
    Decode,
    /// Gradients along the paths.
    Paths,
    /// Effects and their sums; the passes of the exact method.
    Effects,
}

impl Stage {
    /// In the order in which they come.
    pub const ALL: [Self; 5] = [Self::Plain, Self::Encode, Self::Decode, Self::Paths, Self::Effects];

    /// The name in reports.
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
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Stages([f64; Stage::ALL.len()]);

impl Stages {
    /// Counts the time since `start` to `stage`; the next stage starts at what is returned.
    pub(super) fn add(&mut self, stage: Stage, start: Instant) -> Instant {
        let now = Instant::now();
        self.0[stage as usize] += (now - start).as_secs_f64();
        now
    }

    /// Seconds of `stage`.
    pub fn seconds(&self, stage: Stage) -> f64 {
        self.0[stage as usize]
    }
}
