//! Takes the terminal and gives it back, even after a failure in between.

use std::io::{self, BufWriter, Write};
use std::mem::ManuallyDrop;

use crossterm::event::{DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture};
use crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{execute, queue};
use ratatui::backend::CrosstermBackend;
use ratatui::layout::{Position, Rect, Size};
use ratatui::{Terminal, TerminalOptions, Viewport};

use super::device::{self, Output};
use super::hyperlink;
use crate::app::state::State;
use crate::core::problem::{Problem, Result};
use crate::ui::{self, card};

/// Size in bytes of the buffer of a frame, which is sent in one write: a whole screen in true colour is smaller.
pub(super) const FRAME_BYTES: usize = 1 << 16;

/// The terminal while the program uses it. Dropping the guard gives the terminal back.
pub struct Guard {
    /// Never dropped: ratatui would show the cursor once more and panic if the terminal is gone; [`device::give_back`] shows it
    /// without a panic.
    terminal: ManuallyDrop<Terminal<CrosstermBackend<BufWriter<Output>>>>,
    /// The part of the terminal that is drawn.
    area: Rect,
    mouse: bool,
    links: bool,
}

fn failed(error: &io::Error) -> Problem {
    Problem::new("terminal", format_args!("cannot be used: {error}"), "use `saescope run` and `saescope export` instead")
}

impl Guard {
    /// Takes the terminal: raw keys, the alternate screen, the mouse if wanted; `links` says whether it takes hyperlinks.
    pub fn take(mouse: bool, links: bool) -> Result<Self> {
        let opened = || -> io::Result<_> {
            let backend = CrosstermBackend::new(BufWriter::with_capacity(FRAME_BYTES, Output::open()?));
            // A viewport of the terminal's own size would be allocated whatever size the terminal reports.
            Terminal::with_options(backend, TerminalOptions { viewport: Viewport::Fixed(Rect::ZERO) })
        };
        let terminal = opened().map_err(|error| failed(&error))?;
        let mut guard = Self { terminal: ManuallyDrop::new(terminal), area: Rect::ZERO, mouse, links };
        guard.enter().map_err(|error| failed(&error))?;
        Ok(guard)
    }

    fn enter(&mut self) -> io::Result<()> {
        // What is still taken was stopped without being asked: the shell has used the terminal in between.
        Self::leave();
        // Without this, crossterm would believe that the terminal is raw.
        disable_raw_mode()?;
        device::take();
        enable_raw_mode()?;
        let out = self.terminal.backend_mut();
        execute!(out, EnterAlternateScreen, EnableBracketedPaste)?;
        if self.mouse {
            execute!(out, EnableMouseCapture)?;
        }
        self.empty()
    }

    /// Empties the screen, so that the next frame is drawn whole. `Terminal::clear` would first ask the terminal where its
    /// cursor is: some never answer, and once the thread that reads keys waits for input, no answer reaches any other thread.
    fn empty(&mut self) -> io::Result<()> {
        self.terminal.resize(self.area)
    }

    /// Gives the terminal back for a while, or for good.
    pub fn leave() {
        device::give_back();
        if device::is_in_foreground() {
            // These are the settings of the latest taking; `give_back` knows those of the first.
            let _ = disable_raw_mode();
        }
    }

    /// Takes the terminal, anew if the program has it. In the background, or when a signal has asked the program to end, nothing is
    /// taken.
    pub fn take_again(&mut self) -> Result<()> {
        if device::ending().is_some() || device::stop_in_background() {
            return Ok(());
        }
        self.enter().map_err(|error| failed(&error))
    }

    /// Takes the mouse from the terminal or gives it back.
    pub fn capture_mouse(&mut self, mouse: bool) -> Result<()> {
        self.mouse = mouse;
        let out = self.terminal.backend_mut();
        let done = if mouse { execute!(out, EnableMouseCapture) } else { execute!(out, DisableMouseCapture) };
        done.map_err(|error| failed(&error))
    }

    /// Columns and rows of the terminal; 0 and 0 if it does not say.
    pub fn size(&self) -> (u16, u16) {
        self.terminal.size().map_or((0, 0), |size| (size.width, size.height))
    }

    /// Empties the screen, so that the next frame draws everything again.
    pub fn clear(&mut self) -> Result<()> {
        self.empty().map_err(|error| failed(&error))
    }

    /// Draws one frame of the state's size; terminals with synchronized updates show it at once. While the program does not have
    /// the terminal, nothing is drawn.
    pub fn draw(&mut self, state: &State) -> Result<()> {
        if !device::is_taken() {
            return Ok(());
        }
        let area = Rect::from((Position::ORIGIN, Size::from(state.size())));
        if self.area != area {
            self.area = area;
            self.clear()?;
        }
        draw(&mut self.terminal, state, self.links)
    }

    /// Sends bytes to the terminal between two frames.
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let out = self.terminal.backend_mut();
        out.write_all(bytes).and_then(|()| out.flush()).map_err(|error| failed(&error))
    }
}

/// Draws one frame on a terminal that writes to any writer, with the address of the feature's page as a link if `links` is set.
pub(super) fn draw<W: Write>(terminal: &mut Terminal<CrosstermBackend<W>>, state: &State, links: bool) -> Result<()> {
    let address = links.then(|| card::address(state)).flatten();
    let mut draw = || -> io::Result<()> {
        queue!(terminal.backend_mut(), BeginSynchronizedUpdate)?;
        let frame = terminal.draw(|frame| ui::view(state, frame))?;
        if let Some(address) = &address {
            let cells = hyperlink::cells(frame.buffer, address);
            hyperlink::write(terminal.backend_mut(), &cells, address)?;
        }
        execute!(terminal.backend_mut(), EndSynchronizedUpdate)
    };
    draw().map_err(|error| failed(&error))
}

impl Drop for Guard {
    fn drop(&mut self) {
        Self::leave();
    }
}
