//! An invisible screen, which counts the bytes of each frame.

use std::io::{self, BufWriter, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};

use crate::app::state::State;
use crate::core::problem::{Problem, Result};
use crate::term::guard::{self, FRAME_BYTES};

/// A screen that counts bytes instead of showing them.
pub struct Screen {
    terminal: Terminal<CrosstermBackend<BufWriter<Counter>>>,
    bytes: Arc<AtomicUsize>,
}

impl Screen {
    /// A screen of this many columns and rows.
    pub fn new((width, height): (u16, u16)) -> Result<Self> {
        let bytes = Arc::<AtomicUsize>::default();
        let backend = CrosstermBackend::new(BufWriter::with_capacity(FRAME_BYTES, Counter(Arc::clone(&bytes))));
        let options = TerminalOptions { viewport: Viewport::Fixed(Rect::new(0, 0, width, height)) };
        let failed = |error: io::Error| Problem::new("bench", format_args!("no screen: {error}"), "report it");
        Terminal::with_options(backend, options).map(|terminal| Self { terminal, bytes }).map_err(failed)
    }

    /// Draws a frame as the explorer does, and returns the number of its bytes.
    pub fn draw(&mut self, state: &State) -> Result<usize> {
        let before = self.bytes.load(Ordering::Relaxed);
        guard::draw(&mut self.terminal, state, true)?;
        Ok(self.bytes.load(Ordering::Relaxed) - before)
    }
}

struct Counter(Arc<AtomicUsize>);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.fetch_add(bytes.len(), Ordering::Relaxed);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
