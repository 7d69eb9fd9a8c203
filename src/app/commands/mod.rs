//! The registry of commands: names, help and default keys. The key map, the palette, the help, the footer and the manual's table
//! are made from it.

pub mod checks;
pub mod conditions;
pub mod copy;
pub mod evidence;
pub mod find;
pub mod movement;
pub mod selection;
pub mod tags;
pub mod views;
pub mod window;
pub mod work;

use super::command::{Command, Group, Reach};
use super::command_id::CommandId;
use super::keymap::Keymap;
use super::message::Effect;
use super::notice::Notice;
use super::state::State;
use super::state::astray::Astray;
use super::state::overlay::Overlay;

/// All groups, in the order of help and manual.
pub static GROUPS: [Group; 10] = [
    Group { title: "Move", commands: movement::COMMANDS },
    Group { title: "Views", commands: views::COMMANDS },
    Group { title: "Selection", commands: selection::COMMANDS },
    Group { title: "Find and order", commands: find::COMMANDS },
    Group { title: "Evidence", commands: evidence::COMMANDS },
    Group { title: "Tags", commands: tags::COMMANDS },
    Group { title: "Copy and open", commands: copy::COMMANDS },
    Group { title: "Causal checks", commands: checks::COMMANDS },
    Group { title: "Computation", commands: work::COMMANDS },
    Group { title: "Program", commands: window::COMMANDS },
];

/// All commands, in the order of the groups.
pub fn all() -> impl Iterator<Item = &'static Command> {
    GROUPS.iter().flat_map(|group| group.commands)
}

/// The default keys of all commands.
///
/// # Panics
/// If the registry misspells a key; a test parses all of them.
pub fn default_keys() -> Keymap {
    let parsed = |key: &str| key.parse().unwrap_or_else(|problem: String| panic!("the registry of commands: {problem}"));
    Keymap::new(all().flat_map(|command| command.keys.iter().map(move |key| (parsed(key), command.id()))).collect())
}

/// The command called `name`, if there is one.
pub fn find(name: &str) -> Option<&'static Command> {
    all().find(|command| command.name == name)
}

/// The command with this identifier, if the registry has it.
pub fn of(id: CommandId) -> Option<&'static Command> {
    find(id.name())
}

/// Runs a command, or shows a notice that says why it cannot run now.
pub fn run(state: &mut State, command: &Command) -> Vec<Effect> {
    if let Some(refusal) = refusal(state, command) {
        state.astray = Some(Astray::Command(command.id(), state.now));
        state.notice = Some(Notice::refused(refusal));
        return Vec::new();
    }
    // A command acts on the feature at the cursor, so the cursor stays on that feature from the first command on. While rows still arrive
    // by themselves, the first row is the strongest so far and the cursor stays on it.
    if state.table.home.is_none() && state.job.is_none() {
        state.table.home = state.feature();
    }
    (command.run)(state)
}

/// The command's name and why it cannot run now; None if it can.
pub fn refusal(state: &State, command: &Command) -> Option<String> {
    allowed(state, command).err().map(|why| format!("{}: {why}", command.name))
}

fn allowed(state: &State, command: &Command) -> Result<(), String> {
    if matches!(state.overlay, Some(Overlay::Pictures)) && command.reach == Reach::Features {
        let back = state.setting.keymap.way(CommandId::BACK);
        return Err(format!("the {} hides the panes; {back} closes it", state.pictures.title()));
    }
    (command.enabled)(state)
}

/// Keys, names and help of all commands as a Markdown table; the manual's topic `keys` contains exactly this text.
pub fn markdown() -> String {
    let keymap = default_keys();
    let mut text = String::from("| keys | command | what it does |\n|---|---|---|\n");
    for group in &GROUPS {
        text.push_str(&format!("| **{}** | | |\n", group.title));
        for command in group.commands {
            let keys: Vec<String> = command.keys.iter().map(|key| format!("`{}`", key.replace('|', "\\|"))).collect();
            text.push_str(&format!(
                "| {} | {} | {} |\n",
                keys.join(" "),
                command.name,
                keymap.fill(command.help).replace('|', "\\|")
            ));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::app::key::Key;

    #[test]
    fn names_are_unique_and_no_two_commands_share_a_default_key() {
        let mut names = BTreeSet::new();
        let mut keys = BTreeMap::new();
        for command in all() {
            assert!(names.insert(command.name), "{}", command.name);
            let help = default_keys().fill(command.help);
            assert!(help.len() <= 90 && !help.ends_with('.'), "{}", command.name);
            for key in command.keys {
                let key: Key = key.parse().unwrap();
                if let Some(other) = keys.insert(key, command.name) {
                    panic!("{key} is both {other} and {}", command.name);
                }
            }
        }
    }

    #[test]
    fn messages_and_help_name_commands_that_exist() {
        for id in CommandId::NAMED {
            assert!(of(*id).is_some(), "{id}");
        }
        for named in all().flat_map(|command| command.help.split('{').skip(1)) {
            let (named, _) = named.split_once('}').unwrap();
            assert!(find(named).is_some(), "{named}");
        }
    }
}
