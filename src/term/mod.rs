//! The impure edge: everything that depends on the terminal, multiplexer and machine in which the program runs.
//!
//! [`explorer::explore`] is the entry: it takes the terminal and runs the loop of `event_loop`. Decisions are pure functions
//! of an [`environment::Environment`] captured once, so that each can be tested for terminals that are not at hand. Their
//! consequences (programs started, bytes written to the terminal) stay in this module.

pub mod background;
pub mod background_reply;
pub mod bench;
pub mod browser;
mod checks;
pub mod clipboard;
pub mod color_depth;
pub mod device;
mod downloads;
pub mod environment;
mod errands;
mod event_loop;
mod evidence;
pub mod explorer;
mod guard;
mod hyperlink;
mod input;
mod jobs;
mod keeper;
mod leaving;
mod names;
mod pace;
mod priority;
mod process;
mod saver;
pub mod signals;
mod suspension;
#[cfg(test)]
mod testing;
mod tmux;
pub mod width;

use crossterm::event::Event;

use crate::app::message::Message;
use crate::core::problem::Result;

/// The inputs that wake the loop.
#[derive(Debug)]
pub enum Incoming {
    /// An event of the terminal.
    Terminal(Event),
    /// A message of a thread of the program.
    Message(Message),
    /// Bytes that are to be written to the terminal between two frames.
    Write(Vec<u8>),
    /// A signal asks the program to end: [`device::ending`] says which.
    End,
    /// A signal asks the program to stop until it is continued.
    Stop,
    /// The program was continued after a stop.
    Continued,
    /// A thread has done all that it was asked for before the program leaves; the problem says what it could not do.
    Finished(Result<()>),
    /// The terminal cannot be read any more.
    Gone,
}
