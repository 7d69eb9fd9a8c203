//! The explorer without its terminal, for measurements: its state, its `update`, its drawing and its pace, on a screen that
//! counts bytes.
//!
//! These are the same as in the explorer: the loop itself (`event_loop`), which takes messages and draws at most once every five
//! milliseconds; rows of large tables are arranged on another thread, by the same function; a frame is drawn through ratatui's
//! comparison with the last one and crossterm's escape sequences into a buffer that is flushed. These differ: keys come from a
//! thread of the program instead of the terminal, and the terminal's own time to show a frame is not measured; tags are reported
//! as saved at once, without a file.

mod keyboard;
mod load;
mod screen;
mod watch;

use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::Builder;
use std::time::{Duration, Instant};

use super::Incoming;
use super::errands::arrange_latest;
use super::event_loop::{self, Stage};
use crate::app::commands;
use crate::app::message::{Effect, Message};
use crate::app::state::{Setting, State, ThemeName};
use crate::app::update::update;
use crate::core::findings::Findings;
use crate::core::neuronpedia::Hosted;
use crate::core::problem::{Problem, Result};
use crate::core::request::Request;
use crate::core::selection::Selection;
use crate::core::tags::TagBook;
use crate::store::published;
pub use keyboard::Press;
use load::Load;
use screen::Screen;
use watch::Watch;
pub use watch::{Frame, Measured, Pressed};

/// Columns and rows of the screen: three panes side by side.
pub const SIZE: (u16, u16) = (180, 50);

/// How long the loop waits if no frame is due.
const PATIENCE: Duration = Duration::from_millis(500);

/// The plan of a measurement.
#[derive(Debug)]
pub struct Plan {
    /// The findings that the explorer shows.
    pub findings: Arc<Findings>,
    /// The keys, in the order in which they are pressed.
    pub presses: Vec<Press>,
    /// The request that is computed again and again meanwhile, if any.
    pub load: Option<Request>,
}

/// Opens the findings of a plan with all features listed, presses its keys, and returns when the rows of the last key are on the
/// screen.
///
/// # Errors
/// If no thread can be started, or if the computation beside the measurement fails.
pub fn measure(plan: Plan) -> Result<Measured> {
    // As in the explorer, a frame has its escape sequences even if NO_COLOR is set.
    crossterm::style::force_color_output(true);
    let begin = Instant::now();
    let state = State::new(setting()?);
    let mut screen = Screen::new(SIZE)?;
    screen.draw(&state)?;
    let first_frame = begin.elapsed();
    let (sender, receiver) = channel();
    let (tables, asked) = channel();
    let to = sender.clone();
    spawn("tables", move || arrange_latest(&asked, &to))?;
    let load = plan.load.map(|request| Load::start(request, sender.clone())).transpose()?;
    let mut explorer =
        Loop { state, screen, sender: sender.clone(), tables, begin: Instant::now(), watch: Watch::default(), presses: 0 };
    explorer.update(Message::RunRead(Ok(plan.findings)));
    event_loop::run(&receiver, &mut explorer)?;
    let rows = explorer.state.table.len();
    // Frames up to here do not answer a key.
    explorer.watch = Watch::new(plan.presses.iter().map(|press| press.kind).collect());
    let begin = Instant::now();
    explorer.begin = begin;
    explorer.presses = plan.presses.len();
    spawn("keyboard", move || keyboard::press(&plan.presses, begin, &sender))?;
    event_loop::run(&receiver, &mut explorer)?;
    let wall = begin.elapsed();
    let studies = load.map(Load::stop).transpose()?;
    Ok(explorer.watch.measured(first_frame, rows, wall, studies))
}

fn setting() -> Result<Setting> {
    Ok(Setting {
        size: SIZE,
        request: None,
        published: Arc::new(published::names()?),
        keymap: commands::default_keys(),
        theme: ThemeName::Dark,
        true_colour: true,
        theme_chosen: true,
        selection: Selection::Threshold(0.0),
        no_browser: None,
        home: None,
        selection_chosen: true,
        keeps_runs: false,
        log: String::new(),
        offers: Vec::new(),
        hosted: Hosted::default(),
    })
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<()> {
    let failed =
        |error: std::io::Error| Problem::new("bench", format_args!("no thread can be started: {error}"), "close some programs");
    Builder::new().name(name.to_owned()).spawn(work).map(|_| ()).map_err(failed)
}

struct Loop {
    state: State,
    screen: Screen,
    sender: Sender<Incoming>,
    tables: Sender<Effect>,
    /// The start of the clock for the times of keys.
    begin: Instant,
    watch: Watch,
    /// Number of keys that will be pressed.
    presses: usize,
}

impl Stage for Loop {
    fn take(&mut self, incoming: Incoming) -> Result<()> {
        let Incoming::Message(message) = incoming else { return Ok(()) };
        let pressed = if let Message::Key(_, at) = message { Some(at) } else { None };
        let arranged = matches!(message, Message::Arranged(_));
        let start = Instant::now();
        let asked = self.update(message);
        let time = start.elapsed();
        if let Some(at) = pressed {
            self.watch.key(at, time, asked);
        }
        if arranged {
            self.watch.arranged(time);
        }
        Ok(())
    }

    fn draw(&mut self) -> Result<()> {
        let start = Instant::now();
        let bytes = self.screen.draw(&self.state)?;
        let frame = Frame { time: start.elapsed(), bytes };
        self.watch.drawn(frame, self.begin.elapsed(), self.state.table.asked.is_none());
        Ok(())
    }

    fn patience(&self) -> Duration {
        PATIENCE
    }

    fn time_passed(&mut self) -> Result<bool> {
        Ok(false)
    }

    /// Over when every key was handled and all rows are on the screen.
    fn is_over(&self, is_drawn: bool) -> bool {
        is_drawn && self.watch.taken() >= self.presses && self.state.table.asked.is_none()
    }
}

impl Loop {
    /// Applies a message; returns whether rows must be arranged for it on the other thread.
    fn update(&mut self, message: Message) -> bool {
        let effects = update(&mut self.state, message);
        let asked: Vec<bool> = effects.into_iter().map(|effect| self.perform(effect)).collect();
        asked.contains(&true)
    }

    fn perform(&mut self, effect: Effect) -> bool {
        match effect {
            Effect::Arrange(_) | Effect::Discard(_) => {
                let asked = matches!(effect, Effect::Arrange(_));
                // If the thread is gone, it has panicked and that was reported.
                let _ = self.tables.send(effect);
                asked
            }
            Effect::OpenTags(subject) => self.answer(Message::TagsOpened(Box::new(TagBook::new(subject)), String::new())),
            Effect::SaveTags(_, revision) => self.answer(Message::TagsSaved(revision)),
            _ => false,
        }
    }

    /// Sends an answer of the outside through the loop, so that it comes after all waiting messages, as from another thread.
    fn answer(&self, message: Message) -> bool {
        // The receiver belongs to this loop, so it is there.
        let _ = self.sender.send(Incoming::Message(message));
        false
    }
}
