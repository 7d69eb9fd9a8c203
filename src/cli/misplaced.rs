//! A flag of another command: clap's own suggestion is the flag of this command with the most similar letters, which is about something
//! else.

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, Error};

/// Most commands that are named; a flag that more have is one that lists features, which most commands do.
const NAMED: usize = 4;

/// The same error; if it is about a flag that other commands of `tree` have, with their names in place of a similar flag.
pub fn explained(mut error: Error, tree: &Command) -> Error {
    let unknown = match (error.kind(), error.get(ContextKind::InvalidArg)) {
        (ErrorKind::UnknownArgument, Some(ContextValue::String(flag))) => flag.split('=').next().unwrap_or_default().to_owned(),
        _ => return error,
    };
    let Some(long) = unknown.strip_prefix("--").filter(|long| !long.is_empty()) else { return error };
    // The explorer comes last: it is what the program does without a command.
    let mut owners = Vec::new();
    tree.get_subcommands().for_each(|command| collect(command, tree.get_name(), long, &mut owners));
    if has(tree, long) {
        owners.push(format!("`{}` without a command", tree.get_name()));
    }
    if owners.is_empty() {
        return error;
    }
    let others = if owners.len() > NAMED { " and others" } else { "" };
    owners.truncate(NAMED);
    let says = format!("'--{long}' belongs to {}{others}", owners.join(", "));
    error.remove(ContextKind::SuggestedArg);
    error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![StyledStr::from(says)]));
    error
}

/// Adds `command` and those below it that have the flag; `before` is what is typed before them.
fn collect(command: &Command, before: &str, long: &str, owners: &mut Vec<String>) {
    if command.is_hide_set() {
        return;
    }
    let name = format!("{before} {}", command.get_name());
    if has(command, long) {
        owners.push(format!("`{name}`"));
    }
    command.get_subcommands().for_each(|below| collect(below, &name, long, owners));
}

fn has(command: &Command, long: &str) -> bool {
    command.get_arguments().any(|argument| argument.get_long_and_visible_aliases().is_some_and(|names| names.contains(&long)))
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::*;
    use crate::cli::arguments::Arguments;

    fn says(arguments: &str) -> String {
        let error = Arguments::try_parse_from(arguments.split(' ')).unwrap_err();
        explained(error, &Arguments::command()).to_string()
    }

    #[test]
    fn a_flag_of_another_command_is_answered_with_that_command() {
        for flag in ["--top-k 3", "--top-k=3"] {
            let text = says(&format!("saescope run {flag}"));
            assert!(text.contains("tip: '--top-k' belongs to `saescope export`"), "{text}");
            assert!(!text.contains("similar"), "{text}");
        }
        let text = says("saescope check run --dry-run");
        assert!(text.contains("'--dry-run' belongs to `saescope fetch`"), "{text}");
        let text = says("saescope export run --published");
        assert!(text.contains("'--published' belongs to `saescope` without a command"), "{text}");
    }

    #[test]
    fn a_slip_keeps_the_suggestion_of_a_similar_flag() {
        let text = says("saescope run --stepps 3");
        assert!(text.contains("'--steps'") && !text.contains("belongs to"), "{text}");
    }
}
