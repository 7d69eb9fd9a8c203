//! The one registry of commands: names, help and default keys. The key map, the palette, the help, the footer and the README's table
//! are all made from it.

pub mod copy;
pub mod find;
pub mod movement;
pub mod selection;
pub mod tags;
pub mod views;
pub mod window;
pub mod work;

use super::message::Effect;
use super::notice::Notice;
use super::state::{Overlay, State};

/// Something a user can ask for.
#[derive(Debug)]
pub struct Command {
    /// The name in the key map and the palette.
    pub name: &'static str,
    /// One line.
    pub help: &'static str,
    /// Default keys, the usual one first; none for what only the palette offers.
    pub keys: &'static [&'static str],
    /// Whether it can run now, and if not, why.
    pub enabled: fn(&State) -> Result<(), String>,
    /// What it does. The count is a number typed before it.
    pub run: fn(&mut State, Option<usize>) -> Vec<Effect>,
}

/// Commands that belong together.
#[derive(Debug)]
pub struct Group {
    /// The heading in help and README.
    pub title: &'static str,
    /// In order.
    pub commands: &'static [Command],
}

/// All groups, in the order of help and README.
pub static GROUPS: [Group; 8] = [
    Group { title: "Move", commands: movement::COMMANDS },
    Group { title: "Views", commands: views::COMMANDS },
    Group { title: "Selection", commands: selection::COMMANDS },
    Group { title: "Find and order", commands: find::COMMANDS },
    Group { title: "Tags", commands: tags::COMMANDS },
    Group { title: "Copy and open", commands: copy::COMMANDS },
    Group { title: "Computation", commands: work::COMMANDS },
    Group { title: "Program", commands: window::COMMANDS },
];

/// Every command.
pub fn all() -> impl Iterator<Item = &'static Command> {
    GROUPS.iter().flat_map(|group| group.commands)
}

/// The command called `name`.
pub fn find(name: &str) -> Option<&'static Command> {
    all().find(|command| command.name == name)
}

/// Runs a command, or says why it cannot run now.
pub fn run(state: &mut State, command: &Command, count: Option<usize>) -> Vec<Effect> {
    match allowed(state, command) {
        Ok(()) => {
            // Whoever does something looks at a feature; while rows still arrive by themselves the first one is the strongest so far.
            if state.table.home.is_none() && state.job.is_none() {
                state.table.home = state.feature();
            }
            (command.run)(state, count)
        }
        Err(why) => {
            state.notice = Some(Notice::refused(format!("{}: {why}", command.name)));
            Vec::new()
        }
    }
}

/// Commands about the feature at the cursor, or about rows.
const OF_ROWS: [&str; 6] = ["tag", "mark", "mark-all", "unmark-all", "copy-page", "open-page"];

fn allowed(state: &State, command: &Command) -> Result<(), String> {
    if matches!(state.overlay, Some(Overlay::HeatMap)) && OF_ROWS.contains(&command.name) {
        return Err("the heat map hides the features; Esc closes it".to_owned());
    }
    (command.enabled)(state)
}

/// Whether something can run that always can.
#[expect(clippy::unnecessary_wraps, reason = "commands that cannot always run say why")]
fn always(_: &State) -> Result<(), String> {
    Ok(())
}

/// Whether there is anything to look at.
fn with_findings(state: &State) -> Result<(), String> {
    state.findings().map(|_| ()).ok_or_else(|| {
        let compute = find("compute").and_then(|compute| state.setting.keymap.keys(compute).first().copied());
        match (&state.job, compute) {
            (Some(_), _) => "nothing is known yet; the inputs are being opened".to_owned(),
            (None, Some(key)) => format!("there is no study; {key} computes one"),
            (None, None) => "there is no study; compute makes one".to_owned(),
        }
    })
}

/// Keys and help of all commands as Markdown: the README holds exactly this.
pub fn markdown() -> String {
    let mut text = String::from("| keys | command | what it does |\n|---|---|---|\n");
    for group in &GROUPS {
        text.push_str(&format!("| **{}** | | |\n", group.title));
        for command in group.commands {
            let keys: Vec<String> = command.keys.iter().map(|key| format!("`{}`", key.replace('|', "\\|"))).collect();
            text.push_str(&format!("| {} | {} | {} |\n", keys.join(" "), command.name, command.help));
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
            assert!(command.help.len() <= 90 && !command.help.ends_with('.'), "{}", command.name);
            for key in command.keys {
                let key: Key = key.parse().unwrap();
                if let Some(other) = keys.insert(key, command.name) {
                    panic!("{key} is both {other} and {}", command.name);
                }
            }
        }
    }
}
