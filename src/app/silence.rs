//! Keys and clicks that change nothing in an open window or prompt: it is said that they did nothing.

use std::mem::{Discriminant, discriminant};

use super::message::Effect;
use super::notice::Notice;
use super::state::State;
use super::state::overlay::Overlay;

/// Everything of an open window that keys change.
#[derive(Debug, PartialEq)]
pub struct Seen(Option<Parts>);

#[derive(Debug, PartialEq)]
struct Parts {
    window: Discriminant<Overlay>,
    /// What is typed.
    text: String,
    /// The cursor in the text, and that in the list or the first visible line.
    at: (usize, usize),
    /// What else there is, such as an order.
    other: String,
}

impl Seen {
    /// The open window; the commands that run over the panes and over the pictures, and the answers to a question, are no concern of it.
    pub fn of(state: &State) -> Self {
        let Some(overlay) = &state.overlay else { return Self(None) };
        let (text, at, other) = match overlay {
            Overlay::Prompt(prompt) => {
                let other = format!("{} {:?} {:?}", prompt.selected, prompt.offered, prompt.recalled);
                (prompt.input.value(), (prompt.input.cursor(), 0), other)
            }
            Overlay::Chooser(_) => ("", (0, state.choice), state.tagging.only_this_view.to_string()),
            Overlay::Palette(list) | Overlay::Help(list) => {
                (list.input.value(), (list.input.cursor(), list.cursor), String::new())
            }
            Overlay::Topic(page) => (page.topic.name, (0, page.top), String::new()),
            Overlay::Runs(list) => ("", (0, list.cursor), String::new()),
            Overlay::Dropped(at) | Overlay::Checks(at) | Overlay::Copy(at) => ("", (0, *at), String::new()),
            Overlay::Check(window) => ("", (0, window.at), format!("{:?} {}", window.order, window.reversed)),
            Overlay::Question(_) | Overlay::Pictures => return Self(None),
        };
        Self(Some(Parts { window: discriminant(overlay), text: text.to_owned(), at, other }))
    }

    /// Says that `what`, a key or a click, did nothing, if the window is as it was, nothing was asked for and nothing said.
    pub fn mention(self, state: &mut State, effects: &[Effect], what: &str) {
        if self.0.is_some() && effects.is_empty() && state.notice.is_none() && self == Self::of(state) {
            // Tab offers the same words again, which must stay in sight.
            let offered = match &state.overlay {
                Some(Overlay::Prompt(prompt)) if !prompt.offered.is_empty() => Some(prompt.offered.join("  ")),
                _ => None,
            };
            let says = offered.map_or_else(|| format!("{what} does nothing here"), |words| format!("type on: {words}"));
            state.notice = Some(Notice::refused(says));
        }
    }
}
