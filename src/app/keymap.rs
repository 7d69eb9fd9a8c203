//! Which key runs which command, and how messages name that key.
//!
//! Messages take every key from here, so that none of them names a key that the user gave to something else.

use super::command_id::CommandId;
use super::key::Key;

/// Keys with their commands; the usual key of a command first.
#[derive(Debug, Clone)]
pub struct Keymap {
    keys: Vec<(Key, CommandId)>,
}

impl Keymap {
    /// These keys.
    pub fn new(keys: Vec<(Key, CommandId)>) -> Self {
        Self { keys }
    }

    /// The command of `key`.
    pub fn command(&self, key: Key) -> Option<CommandId> {
        self.keys.iter().find(|(bound, _)| *bound == key).map(|(_, command)| *command)
    }

    /// The keys of `command`, the usual one first.
    pub fn keys(&self, command: CommandId) -> impl Iterator<Item = Key> + '_ {
        self.keys.iter().filter(move |(_, bound)| *bound == command).map(|(key, _)| *key)
    }

    /// The usual key of `command`.
    pub fn key(&self, command: CommandId) -> Option<Key> {
        self.keys(command).next()
    }

    /// What a sentence calls the way to `command`: its key, or its name, by which the palette runs it.
    pub fn way(&self, command: CommandId) -> String {
        self.key(command).map_or_else(|| format!("the command '{command}'"), Key::spoken)
    }

    /// Takes all keys from `command`.
    pub fn unbind(&mut self, command: CommandId) {
        self.keys.retain(|(_, bound)| *bound != command);
    }

    /// Gives `key` to `command`, whatever it ran before.
    pub fn bind(&mut self, key: Key, command: CommandId) {
        self.keys.retain(|(bound, _)| *bound != key);
        self.keys.push((key, command));
    }

    /// What a sentence calls `command` with a count before it, as in `12j`.
    pub fn counted(&self, count: &str, command: CommandId) -> String {
        match self.key(command) {
            Some(key) if key.typed().is_some_and(|typed| typed != ' ') => format!("{count}{key}"),
            Some(key) => format!("{count} {}", key.spoken()),
            None => format!("{count} before its key"),
        }
    }

    /// A help text with the keys of the commands that it names: `{mark}`, or with a count `{12 down}`.
    pub fn fill(&self, text: &'static str) -> String {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, (named, after))) =
            rest.split_once('{').and_then(|(before, from)| Some((before, from.split_once('}')?)))
        {
            filled.push_str(before);
            filled.push_str(&match named.split_once(' ') {
                Some((count, name)) => self.counted(count, CommandId(name)),
                None => self.way(CommandId(named)),
            });
            rest = after;
        }
        filled + rest
    }
}
