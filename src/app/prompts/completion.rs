//! Tab: goes on with the typed text as far as it is clear, and shows the words that may follow.

use tui_input::Input;

use crate::app::message::Effect;
use crate::app::notice::Notice;
use crate::app::state::State;
use crate::app::state::overlay::Overlay;
use crate::app::state::prompt::Names;

/// What may stand at the end of a prompt's text.
pub enum Ending {
    /// Nothing that is known.
    Unknown,
    /// One of these words, from this byte of the text on.
    Words(usize, Vec<String>),
    /// A name that the outside lists.
    Names(Names),
}

impl Ending {
    /// These words in place of the whole text.
    pub fn words<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        Self::Words(0, words.into_iter().map(str::to_owned).collect())
    }
}

/// Goes on with the text of the open prompt, or asks for the names with which it may go on.
pub fn complete(state: &mut State, ending: Ending) -> Vec<Effect> {
    match ending {
        Ending::Unknown => {
            state.notice = Some(Notice::refused("there is nothing to choose from here"));
            Vec::new()
        }
        Ending::Words(from, words) => {
            match &mut state.overlay {
                // What is typed next replaces the whole value, so every word may stand there.
                Some(Overlay::Prompt(prompt)) if prompt.selected && from == 0 && words.len() > 1 => prompt.offered = words,
                _ => choose(state, from, &words),
            }
            Vec::new()
        }
        Ending::Names(names) => {
            if let Some(Overlay::Prompt(prompt)) = &mut state.overlay {
                prompt.asked_names = Some(names.clone());
            }
            vec![Effect::ListNames(names)]
        }
    }
}

/// Takes names that were asked for; they are dropped if another key was pressed meanwhile. Returns whether the text went on.
pub fn listed(state: &mut State, names: &Names, found: &[String]) -> bool {
    let Some(Overlay::Prompt(prompt)) = &mut state.overlay else { return false };
    if prompt.asked_names.take_if(|asked| asked == names).is_none() {
        return false;
    }
    let part = names.typed.rsplit('/').next().unwrap_or_default();
    let from = prompt.before_cursor().len().saturating_sub(part.len());
    choose(state, from, found);
    true
}

/// Replaces the text between byte `from` and the cursor by what all fitting words begin with.
fn choose(state: &mut State, from: usize, words: &[String]) {
    let Some(Overlay::Prompt(prompt)) = &mut state.overlay else { return };
    let before = prompt.before_cursor();
    let Some((kept, part)) = before.split_at_checked(from) else { return };
    let begins = |word: &&String| word.to_lowercase().starts_with(&part.to_lowercase());
    let fitting: Vec<String> = words.iter().filter(begins).cloned().collect();
    let Some(first) = fitting.first() else {
        let what = if part.is_empty() {
            "there is nothing to choose from here".to_owned()
        } else {
            format!("nothing begins with '{part}'")
        };
        state.notice = Some(Notice::refused(what));
        return;
    };
    let shared = fitting.iter().skip(1).fold(first.as_str(), |shared, word| common(shared, word));
    if shared.len() >= part.len() {
        let after: String = prompt.input.value().chars().skip(prompt.input.cursor()).collect();
        let text = format!("{kept}{shared}");
        let cursor = text.chars().count();
        prompt.input = Input::new(text + &after).with_cursor(cursor);
    }
    prompt.selected = false;
    prompt.offered = if fitting.len() > 1 { fitting } else { Vec::new() };
}

/// The longest text with which both begin.
fn common<'a>(left: &'a str, right: &str) -> &'a str {
    let same = left.chars().zip(right.chars()).take_while(|(left, right)| left == right);
    left.split_at(same.map(|(character, _)| character.len_utf8()).sum()).0
}
