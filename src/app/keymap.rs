//! Which key runs which command, and how messages name that key.
//!
//! Messages take every key from here, so that no message names a key that the user gave to another command.

use super::command_id::CommandId;
use super::key::Key;

/// Keys with their commands; the usual key of a command first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keymap {
    keys: Vec<(Key, CommandId)>,
    /// The commands that lost a key to another command.
    lost: Vec<CommandId>,
}

impl Keymap {
    /// A key map of these keys; the first key of a command is its usual one.
    pub fn new(keys: Vec<(Key, CommandId)>) -> Self {
        Self { keys, lost: Vec::new() }
    }

    /// The command that `key` runs, if there is one.
    pub fn command(&self, key: Key) -> Option<CommandId> {
        self.keys.iter().find(|(bound, _)| *bound == key).map(|(_, command)| *command)
    }

    /// The keys of `command`, the usual one first.
    pub fn keys(&self, command: CommandId) -> impl Iterator<Item = Key> + '_ {
        self.keys.iter().filter(move |(_, bound)| *bound == command).map(|(key, _)| *key)
    }

    /// The usual key of `command`; None if it has no key.
    pub fn key(&self, command: CommandId) -> Option<Key> {
        self.keys(command).next()
    }

    /// Words for a sentence that says how to run `command`: its key, or, without a key, its name for the palette.
    pub fn way(&self, command: CommandId) -> String {
        self.key(command).map_or_else(|| format!("the command '{command}'"), Key::spoken)
    }

    /// Removes all keys of `command`.
    pub fn unbind(&mut self, command: CommandId) {
        self.keys.retain(|(_, bound)| *bound != command);
    }

    /// Binds `key` to `command`, and to no other command.
    pub fn bind(&mut self, key: Key, command: CommandId) {
        let before = self.command(key);
        self.keys.retain(|(bound, _)| *bound != key);
        self.keys.push((key, command));
        self.lost.extend(before.filter(|before| *before != command));
    }

    /// The names of the commands that have no key any more because all of theirs were given to others.
    pub fn lost(&self) -> Vec<&'static str> {
        self.lost.iter().filter(|command| self.key(**command).is_none()).map(|command| command.name()).collect()
    }

    /// Replaces the commands that a help text names by their keys: `{mark}`.
    pub fn fill(&self, text: &'static str) -> String {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, (named, after))) =
            rest.split_once('{').and_then(|(before, from)| Some((before, from.split_once('}')?)))
        {
            filled.push_str(before);
            filled.push_str(&self.way(CommandId(named)));
            rest = after;
        }
        filled + rest
    }
}
