//! What a command is: one row of the registry.

use super::command_id::CommandId;
use super::message::Effect;
use super::state::State;

/// Something a user can ask for.
#[derive(Debug)]
pub struct Command {
    /// The name in the key map and the palette.
    pub name: &'static str,
    /// One line. `{command}` stands for that command's key, see [`Keymap::fill`](super::keymap::Keymap::fill).
    pub help: &'static str,
    /// Default keys, the usual one first; none for what only the palette offers.
    pub keys: &'static [&'static str],
    /// Where its keys work.
    pub reach: Reach,
    /// Whether it can run now, and if not, why.
    pub enabled: fn(&State) -> Result<(), String>,
    /// What it does. The count is a number typed before it.
    pub run: fn(&mut State, Option<usize>) -> Vec<Effect>,
}

/// Where the keys of a command work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Over the panes and the heat map.
    Screen,
    /// Only where the features can be seen: the heat map hides them.
    Features,
    /// Over dialogues too, unless the key types a character.
    Everywhere,
}

/// Commands that belong together.
#[derive(Debug)]
pub struct Group {
    /// The heading in help and README.
    pub title: &'static str,
    /// The commands, in the order of the help.
    pub commands: &'static [Command],
}

impl Command {
    /// The name by which key map and messages know it.
    pub fn id(&self) -> CommandId {
        CommandId(self.name)
    }
}
