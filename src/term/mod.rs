//! The impure edge: everything that depends on which terminal, multiplexer and machine the program happens to run in.
//!
//! [`explorer::explore`] is the door: it takes the terminal and runs the one loop of [`event_loop`]. Decisions are pure functions of an
//! [`environment::Environment`] captured once, so that each can be tested for terminals that nobody has at hand. What they lead to
//! (programs started, bytes written to the terminal) stays in this room.

pub mod background;
pub mod background_reply;
pub mod bench;
pub mod browser;
pub mod clipboard;
pub mod color_depth;
mod downloads;
pub mod environment;
mod errands;
mod event_loop;
pub mod explorer;
mod guard;
mod input;
mod jobs;
mod pace;
mod priority;
mod process;
mod saver;
#[cfg(test)]
mod testing;
mod tmux;

use crate::app::message::Message;
use crossterm::event::Event;

/// Everything that wakes the loop.
#[derive(Debug)]
pub enum Incoming {
    /// From the terminal.
    Terminal(Event),
    /// From a thread of our own.
    Message(Message),
    /// Bytes that are to be written to the terminal between two frames.
    Write(Vec<u8>),
    /// The system asks the program to end.
    End,
    /// The terminal cannot be read any more.
    Gone,
}
