//! The loop of the explorer: wait, take everything that came in, draw at most once every five milliseconds.
//!
//! The explorer and its benchmark both run it, so that the benchmark measures the loop in use.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use super::Incoming;
use super::pace::Pace;
use crate::core::problem::Result;

/// The state that the loop drives.
pub trait Stage {
    /// Handles something that came in.
    fn take(&mut self, incoming: Incoming) -> Result<()>;

    /// Draws a frame.
    fn draw(&mut self) -> Result<()>;

    /// How long to wait if no frame is due and nothing comes in.
    fn patience(&self) -> Duration;

    /// Called when nothing came in while the loop waited. Returns whether a frame is wanted.
    fn time_passed(&mut self) -> Result<bool>;

    /// Whether the loop ends now; `is_drawn` says whether the screen shows the latest state.
    fn is_over(&self, is_drawn: bool) -> bool;
}

/// Runs until the stage says that it is over, or all senders are gone.
pub fn run(receiver: &Receiver<Incoming>, stage: &mut impl Stage) -> Result<()> {
    let mut pace = Pace::new();
    while !stage.is_over(pace.patience().is_none()) {
        let longest = stage.patience();
        match receiver.recv_timeout(pace.patience().map_or(longest, |frame| frame.min(longest))) {
            Ok(first) => {
                pace.news();
                stage.take(first)?;
                while !stage.is_over(false)
                    && let Ok(next) = receiver.try_recv()
                {
                    stage.take(next)?;
                }
            }
            Err(RecvTimeoutError::Timeout) => {
                if stage.time_passed()? {
                    pace.news();
                }
            }
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        }
        if pace.is_due() && !stage.is_over(false) {
            stage.draw()?;
            pace.drawn();
        }
    }
    Ok(())
}
