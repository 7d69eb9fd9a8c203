//! The form of a command: one row of the registry.

use super::command_id::CommandId;
use super::message::Effect;
use super::state::State;

/// A command that the user can run by key, from the palette or from the help.
#[derive(Debug)]
pub struct Command {
    /// The name in the configuration, the palette and the help.
    pub name: &'static str,
    /// One line of help, in which `{command}` stands for that command's key, see [`Keymap::fill`](super::keymap::Keymap::fill).
    pub help: &'static str,
    /// Default keys, the usual one first; empty for a command that only the palette and the help offer.
    pub keys: &'static [&'static str],
    /// Where the keys of this command work.
    pub reach: Reach,
    /// Returns the reason if the command cannot run now.
    pub enabled: fn(&State) -> Result<(), String>,
    /// Runs the command.
    pub run: fn(&mut State) -> Vec<Effect>,
}

/// Where the keys of a command work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// In the panes and over the pictures.
    Screen,
    /// In the panes only: pictures hide them.
    Features,
    /// In dialogues too, unless the key types a character.
    Everywhere,
}

/// Commands under one heading.
#[derive(Debug)]
pub struct Group {
    /// The heading in help and manual.
    pub title: &'static str,
    /// The commands, in the order of the help.
    pub commands: &'static [Command],
}

impl Command {
    /// The identifier by which the key map and messages refer to the command.
    pub fn id(&self) -> CommandId {
        CommandId(self.name)
    }
}
