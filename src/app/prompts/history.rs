//! The texts that were entered before in a prompt of the same kind.

use tui_input::Input;

use crate::app::notice::Notice;
use crate::app::state::State;
use crate::app::state::overlay::Overlay;

/// Most texts that are remembered for one kind of prompt.
const LONGEST: usize = 100;

/// Remembers `text` as the latest of the prompts with this label.
pub fn remember(state: &mut State, label: &'static str, text: &str) {
    if text.is_empty() {
        return;
    }
    let texts = state.history.entry(label).or_default();
    texts.retain(|before| before != text);
    texts.push(text.to_owned());
    if texts.len() > LONGEST {
        texts.remove(0);
    }
}

/// Puts the entered text before (or after) the present one into the open prompt. After the latest comes what was typed.
pub fn recall(state: &mut State, label: &str, older: bool) {
    let Some(Overlay::Prompt(prompt)) = &mut state.overlay else { return };
    let texts = state.history.get(label).map_or(&[][..], Vec::as_slice);
    let at_latest = |(place, typed): (usize, String)| (Some(place), typed);
    let (place, typed) = prompt.recalled.clone().map_or_else(|| (None, prompt.input.value().to_owned()), at_latest);
    let next = match (place, older) {
        (None, true) => Some(0),
        (Some(place), true) => Some(place + 1),
        (Some(place), false) => place.checked_sub(1),
        (None, false) => return,
    };
    let entered = |next: usize| texts.len().checked_sub(next + 1).and_then(|index| texts.get(index)).cloned();
    let Some(text) = next.map_or_else(|| Some(typed.clone()), entered) else {
        let says = if place.is_none() { "nothing was entered here before" } else { "nothing was entered before this" };
        state.notice = Some(Notice::refused(says));
        return;
    };
    prompt.input = Input::new(text);
    prompt.selected = false;
    prompt.recalled = next.map(|next| (next, typed));
}
