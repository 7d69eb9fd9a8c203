//! What the help contains, and what of it matches the typed text.

use crate::app::command::Command;
use crate::app::commands::{self, GROUPS};
use crate::app::keymap::Keymap;
use crate::app::manual::glossary::{self, entries};
use crate::app::manual::{TOPICS, Topic};
use crate::app::state::State;
use crate::core::filter::fields;

/// One entry of the help.
#[derive(Debug, Clone)]
pub enum Entry {
    /// The picture of the screen.
    Picture,
    /// A command, which Enter runs.
    Command(&'static Command),
    /// A field of filters.
    Field {
        /// The word that is typed.
        name: String,
        /// Its meaning, with an example.
        says: String,
    },
    /// A word of the glossary.
    Word(glossary::Entry),
    /// A topic of the manual.
    Topic(&'static Topic),
}

impl Entry {
    /// Whether a name of the entry begins with `typed`, which is lowercase.
    fn begins_with(&self, typed: &str) -> bool {
        match self {
            Self::Picture => false,
            Self::Command(command) => command.name.starts_with(typed),
            Self::Field { name, .. } => name.starts_with(typed),
            Self::Word(word) => rank(typed, word) == 0,
            Self::Topic(topic) => topic.name.starts_with(typed),
        }
    }
}

/// Entries under one heading; never empty.
#[derive(Debug, Clone)]
pub struct Section {
    /// The heading.
    pub title: &'static str,
    /// The entries, in order.
    pub entries: Vec<Entry>,
}

/// The sections that match `typed`; all of the help if nothing is typed.
pub fn sections(state: &State, typed: &str) -> Vec<Section> {
    let typed_as_it_is = typed.trim();
    let typed = typed_as_it_is.to_lowercase();
    let section = |title, entries| Section { title, entries };
    let mut sections = Vec::new();
    if typed.is_empty() {
        sections.push(section("The screen", vec![Entry::Picture]));
        sections.extend(GROUPS.iter().map(|group| section(group.title, group.commands.iter().map(Entry::Command).collect())));
    } else {
        let found = commands_with(typed_as_it_is, &state.setting.keymap);
        sections.push(section("Commands", found.into_iter().map(Entry::Command).collect()));
    }
    let field = |(name, says): (String, String)| Entry::Field { name, says };
    let fields = fields(state.about()).into_iter().filter(|(name, says)| holds(&typed, &[name.as_str(), says.as_str()]));
    sections.push(section("Fields of a filter", fields.map(field).collect()));
    sections.push(section("Glossary", words(&typed).into_iter().map(Entry::Word).collect()));
    let topics = TOPICS.iter().filter(|topic| holds(&typed, &[topic.name, topic.text]));
    sections.push(section("Manual", topics.map(Entry::Topic).collect()));
    sections.retain(|section| !section.entries.is_empty());
    // Whoever types a name or its beginning wants what has that name, so sections with such a name come first. Many words are names of
    // commands and of what these are about; whoever looks for a word wants it explained before something is done, unless the word is a key.
    if !typed.is_empty() {
        let has_key =
            |entry: &Entry| matches!(entry, Entry::Command(command) if has_key(command, typed_as_it_is, &state.setting.keymap));
        let is = |section: &Section, of: &dyn Fn(&Entry) -> bool| section.entries.iter().any(of);
        sections.sort_by_key(|section| {
            let does = is(section, &|entry| matches!(entry, Entry::Command(_)));
            (!is(section, &has_key), !is(section, &|entry| entry.begins_with(&typed)), does)
        });
    }
    sections
}

/// The commands that have the key `typed`, or each of its words in name or explanation: those with the key first, then those with the
/// words in their names.
fn commands_with(typed: &str, keymap: &Keymap) -> Vec<&'static Command> {
    let has_key = |command: &Command| has_key(command, typed, keymap);
    let in_name = |command: &Command| holds(&typed.to_lowercase(), &[command.name]);
    let in_help = |command: &Command| holds(&typed.to_lowercase(), &[command.name, &keymap.fill(command.help)]);
    let mut found: Vec<&'static Command> = commands::all().filter(|command| has_key(command) || in_help(command)).collect();
    let is_named = |command: &Command| command.name == typed.to_lowercase();
    found.sort_by_key(|command| (!has_key(command), !is_named(command), !in_name(command)));
    found
}

/// Whether `command` has the key `typed`.
fn has_key(command: &Command, typed: &str, keymap: &Keymap) -> bool {
    keymap.keys(command.id()).any(|key| key.to_string() == typed)
}

/// All entries of the sections that match `typed`, in order.
pub fn all(state: &State, typed: &str) -> Vec<Entry> {
    sections(state, typed).into_iter().flat_map(|section| section.entries).collect()
}

/// Whether each word of `typed` is somewhere in `texts`.
fn holds(typed: &str, texts: &[&str]) -> bool {
    let all = texts.join(" ").to_lowercase();
    typed.split_whitespace().all(|word| all.contains(word))
}

/// The entries of the glossary that match, those first whose own words begin with `typed`, then those whose own words hold it.
fn words(typed: &str) -> Vec<glossary::Entry> {
    let mut found: Vec<glossary::Entry> =
        entries().into_iter().filter(|entry| holds(typed, &[entry.words.join(" ").as_str(), entry.says.as_str()])).collect();
    if !typed.is_empty() {
        found.sort_by_key(|entry| (!entry.words.iter().any(|word| word.to_lowercase() == typed), rank(typed, entry)));
    }
    found
}

/// 0 if a word of the entry begins with `typed`, 1 if one holds it, 2 if only the explanation does.
fn rank(typed: &str, entry: &glossary::Entry) -> u8 {
    let words = || entry.words.iter().map(|word| word.to_lowercase());
    if words().any(|word| word.starts_with(typed)) {
        0
    } else if words().any(|word| word.contains(typed)) {
        1
    } else {
        2
    }
}
