//! The user's keys over the defaults, each checked against the registry of commands.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::command_id::CommandId;
use super::commands;
use super::key::{Code, Key};
use super::keymap::Keymap;
use crate::core::problem::Problem;
use crate::core::text::excerpt;

/// The keys of one command, as the configuration lists them.
#[derive(Debug)]
pub enum Keys {
    /// A single key.
    One(String),
    /// A list of keys; an empty list leaves the command without a key.
    Several(Vec<Spanned<String>>),
}

impl<'de> Deserialize<'de> for Keys {
    /// Written by hand, because an untagged enum would lose the position of each key in the file.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrSeveral;

        impl<'de> Visitor<'de> for OneOrSeveral {
            type Value = Keys;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a key such as \"t\", or a list of keys")
            }

            fn visit_str<E: serde::de::Error>(self, key: &str) -> Result<Keys, E> {
                Ok(Keys::One(key.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut keys: A) -> Result<Keys, A::Error> {
                let mut several = Vec::new();
                while let Some(key) = keys.next_element()? {
                    several.push(key);
                }
                Ok(Keys::Several(several))
            }
        }

        deserializer.deserialize_any(OneOrSeveral)
    }
}

/// The table `[keys]` of a configuration: commands with their keys.
pub type KeysTable = BTreeMap<Spanned<String>, Spanned<Keys>>;

/// The line of `text`, counted from 1, in which `span` starts.
pub(super) fn line(text: &str, span: &Range<usize>) -> usize {
    text.bytes().take(span.start).filter(|byte| *byte == b'\n').count() + 1
}

/// Puts the user's keys over the defaults. A command named in `table` keeps only the keys given there, and a key given to a
/// command no longer runs its default command.
///
/// # Errors
/// One problem for each line that names an unknown command or key, or a key that an earlier line gives to a command, and one if
/// no key leaves the program any more.
pub fn merge(keymap: &mut Keymap, table: &KeysTable, text: &str, path: &str) -> Result<(), Vec<Problem>> {
    let mut problems = Vec::new();
    let mut given: Vec<(Key, CommandId, usize)> = Vec::new();
    let place = |line: usize| format!("{path}:{line}");
    // In the order of lines, so that the later of two lines that want the same key is reported.
    let mut entries: Vec<(&Spanned<String>, &Spanned<Keys>)> = table.iter().collect();
    entries.sort_by_key(|(name, _)| name.span().start);
    for (name, keys) in entries {
        let at = line(text, &name.span());
        let Some(command) = commands::find(name.get_ref()) else {
            let what = format_args!("'{}' is not a command", excerpt(name.get_ref(), 40));
            problems.push(Problem::new(place(at), what, "see the names in the help"));
            continue;
        };
        keymap.unbind(command.id());
        let spelled: Vec<(&str, usize)> = match keys.get_ref() {
            Keys::One(key) => vec![(key.as_str(), line(text, &keys.span()))],
            Keys::Several(several) => several.iter().map(|key| (key.get_ref().as_str(), line(text, &key.span()))).collect(),
        };
        for (spelled, at) in spelled {
            match spelled.parse::<Key>() {
                Err(what) => {
                    let (what, remedy) = what.split_once("; ").unwrap_or((&what, "correct the key"));
                    problems.push(Problem::new(place(at), what, remedy));
                }
                Ok(key) => {
                    if let Some((_, other, line)) = given.iter().find(|(taken, ..)| *taken == key) {
                        let what = format_args!("{key} is given to {}, but line {line} gives it to {other}", command.name);
                        problems.push(Problem::new(place(at), what, "keep one of the two"));
                    }
                    given.push((key, command.id(), at));
                }
            }
        }
    }
    for (key, command, _) in given {
        keymap.bind(key, command);
    }
    // The key that ends a program everywhere leaves this one too, unless the user gives it to something else.
    let interrupt = Key { code: Code::Character('c'), control: true, alt: false };
    if keymap.command(interrupt).is_none() {
        keymap.bind(interrupt, CommandId::QUIT);
    }
    if [CommandId::QUIT, CommandId::QUIT_NOW].into_iter().all(|leaves| keymap.key(leaves).is_none()) {
        problems.push(Problem::new(path, "no key leaves the program any more", "give quit or quit-now a key"));
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

#[cfg(test)]
#[path = "bindings_tests.rs"]
mod tests;
