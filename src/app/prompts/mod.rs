//! Prompts, in which a value is typed: every key previews it, Enter keeps it, Esc restores the value before.
//!
//! Each prompt is one `Dialogue` in a file of its own; `dialogue` is the only place that knows all of them.

mod ablate;
mod ablate_curve;
mod ablate_each;
mod ablate_search;
mod ablate_sets;
mod ablation;
mod completion;
mod corpus;
mod dialogue;
mod export_tags;
mod fetch;
mod filter;
mod history;
mod import_tags;
mod method;
mod note;
mod pairs;
mod path;
mod selection;
mod steer;
mod steps;
mod study;
mod title;
mod view;
mod write_run;

use tui_input::InputRequest;

use super::key::{Code, Key};
use super::message::Effect;
use super::notice::{Notice, Tone};
use super::state::State;
use super::state::overlay::Overlay;
use super::state::prompt::{Asked, Names, Prompt};
use crate::core::text::printable;
pub use corpus::DEMO as DEMO_CORPUS;
use dialogue::Dialogue;

/// The dialogue of a prompt with this purpose.
fn dialogue(asked: &Asked) -> Box<dyn Dialogue> {
    match asked {
        Asked::Threshold(before) => Box::new(selection::Threshold { before: *before }),
        Asked::TopK(before) => Box::new(selection::TopK { before: *before }),
        Asked::Filter(before) => Box::new(filter::FilterRows { before: before.clone() }),
        Asked::Note(features, scope) => Box::new(note::Note { features: features.clone(), scope: *scope }),
        Asked::View => Box::new(view::View),
        Asked::Method => Box::new(method::Method),
        Asked::Steps => Box::new(steps::Steps),
        Asked::Study => Box::new(study::Study),
        Asked::Pairs => Box::new(pairs::Pairs),
        Asked::Fetch => Box::new(fetch::Fetch),
        Asked::Corpus => Box::new(corpus::Corpus),
        Asked::Ablate => Box::new(ablate::Ablate),
        Asked::AblateCurve => Box::new(ablate_curve::AblateCurve),
        Asked::AblateEach => Box::new(ablate_each::AblateEach),
        Asked::AblateSearch => Box::new(ablate_search::AblateSearch),
        Asked::AblateSets => Box::new(ablate_sets::AblateSets),
        Asked::Steer => Box::new(steer::Steer),
        Asked::WriteRun => Box::new(write_run::WriteRun),
        Asked::Title => Box::new(title::Title),
        Asked::ImportTags => Box::new(import_tags::ImportTags),
        Asked::ExportTags => Box::new(export_tags::ExportTags),
    }
}

/// The label before the text.
pub fn label(prompt: &Prompt) -> &'static str {
    dialogue(&prompt.asked).label()
}

/// The hint behind the text: its meaning, or which texts are allowed. After Enter was refused, the reason stays until the next
/// key.
///
/// # Errors
/// If Enter would refuse the text: the message says why.
pub fn hint(state: &State, prompt: &Prompt) -> Result<String, String> {
    match &state.notice {
        Some(Notice { tone: Tone::Refused, text }) => Err(text.clone()),
        _ if !prompt.offered.is_empty() => Ok(prompt.offered.join("  ")),
        _ => dialogue(&prompt.asked).hint(state, prompt.input.value()),
    }
}

fn open(state: &mut State) -> Option<&mut Prompt> {
    match &mut state.overlay {
        Some(Overlay::Prompt(prompt)) => Some(prompt),
        _ => None,
    }
}

/// Handles a key in the open prompt.
pub fn key(state: &mut State, key: Key) -> Vec<Effect> {
    let Some(prompt) = open(state) else { return Vec::new() };
    let dialogue = dialogue(&prompt.asked);
    (prompt.offered, prompt.asked_names) = (Vec::new(), None);
    match key.code {
        Code::Enter => enter(state, &*dialogue),
        Code::Up | Code::Down => {
            history::recall(state, dialogue.label(), key.code == Code::Up);
            preview(state, &*dialogue)
        }
        Code::Tab => {
            let text = prompt.before_cursor();
            let ending = dialogue.ending(state, &text);
            let mut effects = completion::complete(state, ending);
            effects.extend(preview(state, &*dialogue));
            effects
        }
        Code::Escape => restore(state, &*dialogue),
        Code::Character('c') if key.control => restore(state, &*dialogue),
        _ => {
            if let Some(typed) = key.typed() {
                return insert(state, typed.encode_utf8(&mut [0; 4]));
            }
            if let Some(request) = edit(key) {
                // What deletes takes the selected value as a whole, as in every field with a selection; what moves keeps it.
                let takes_all = std::mem::take(&mut prompt.selected) && deletes(&request);
                prompt.input.handle(if takes_all { InputRequest::DeleteLine } else { request });
            }
            preview(state, &*dialogue)
        }
    }
}

/// Previews the text of the open prompt.
fn preview(state: &mut State, dialogue: &dyn Dialogue) -> Vec<Effect> {
    let Some(text) = open(state).map(|prompt| prompt.input.value().to_owned()) else { return Vec::new() };
    dialogue.preview(state, &text)
}

/// Inserts pasted text into the open prompt, without control characters. A prompt holds one line, and lines that are joined mean
/// something else, so only the first line is taken, which is said.
pub fn paste(state: &mut State, text: &str) -> Vec<Effect> {
    if open(state).is_none() {
        state.notice = Some(Notice::refused("nothing here takes what was pasted; it did nothing"));
        return Vec::new();
    }
    // A reason that was said is about the text before.
    state.notice = None;
    let text = text.trim_matches(['\r', '\n']);
    let first = text.split(['\r', '\n']).next().unwrap_or_default();
    let line: String = first.replace('\t', " ").chars().filter(|character| !character.is_control()).collect();
    let effects = insert(state, &line);
    if first.len() < text.len() && state.notice.is_none() {
        state.notice = Some(Notice::refused("only the first line was taken"));
    }
    effects
}

/// Takes `argument` as the answer to the open prompt, as if it were typed and Enter pressed.
pub fn answer(state: &mut State, argument: &str) -> Vec<Effect> {
    let mut effects = insert(state, argument);
    if state.notice.is_some() {
        return effects;
    }
    if let Some(prompt) = open(state) {
        let dialogue = dialogue(&prompt.asked);
        effects.extend(accept(state, &*dialogue));
    }
    effects
}

/// Puts `text` into the open prompt and goes on with it as Tab does.
pub fn go_on(state: &mut State, text: &str) -> Vec<Effect> {
    let mut effects = insert(state, text);
    effects.extend(key(state, Key::plain(Code::Tab)));
    effects
}

/// Takes names that Tab asked for.
pub fn names(state: &mut State, names: &Names, found: &[String]) -> Vec<Effect> {
    if !completion::listed(state, names, found) {
        return Vec::new();
    }
    let Some(dialogue) = open(state).map(|prompt| dialogue(&prompt.asked)) else { return Vec::new() };
    preview(state, &*dialogue)
}

/// Inserts `text` into the open prompt and previews the result.
fn insert(state: &mut State, text: &str) -> Vec<Effect> {
    let Some(prompt) = open(state) else { return Vec::new() };
    if let Err(why) = prompt.insert(text) {
        state.notice = Some(Notice::refused(why));
        return Vec::new();
    }
    let dialogue = dialogue(&prompt.asked);
    preview(state, &*dialogue)
}

/// Accepts the text and closes the prompt; a refused text stays in the open prompt.
fn accept(state: &mut State, dialogue: &dyn Dialogue) -> Vec<Effect> {
    let Some(text) = open(state).map(|prompt| prompt.input.value().to_owned()) else { return Vec::new() };
    let accepted = dialogue.hint(state, &text).and_then(|_| dialogue.accept(state, text.trim()));
    match accepted {
        Ok(effects) => {
            history::remember(state, dialogue.label(), &text);
            // The answer may have led to a question, or to a window.
            if !matches!(state.overlay, Some(Overlay::Question(_) | Overlay::Check(_))) {
                state.overlay = dialogue.then();
            }
            effects
        }
        Err(why) => {
            state.notice = Some(Notice::refused(why));
            Vec::new()
        }
    }
}

/// Accepts the text after Enter. A reason that stood behind the text before is said in other words: the same ones would look as if Enter
/// had not arrived.
fn enter(state: &mut State, dialogue: &dyn Dialogue) -> Vec<Effect> {
    let shown = open(state).map(|prompt| prompt.input.value().to_owned()).and_then(|text| dialogue.hint(state, &text).err());
    let effects = accept(state, dialogue);
    if let (Some(shown), Some(notice)) = (shown, &mut state.notice)
        && notice.text == printable(&shown)
    {
        notice.text = format!("not taken: {}", notice.text);
    }
    effects
}

fn restore(state: &mut State, dialogue: &dyn Dialogue) -> Vec<Effect> {
    state.overlay = dialogue.then();
    dialogue.restore(state)
}

fn deletes(request: &InputRequest) -> bool {
    use InputRequest::{DeleteNextChar, DeletePrevChar, DeletePrevWord, DeleteTillEnd};
    matches!(request, DeletePrevChar | DeleteNextChar | DeletePrevWord | DeleteTillEnd)
}

fn edit(key: Key) -> Option<InputRequest> {
    Some(match (key.code, key.control, key.alt) {
        (Code::Backspace, false, false) | (Code::Character('h'), true, false) => InputRequest::DeletePrevChar,
        (Code::Delete, false, false) => InputRequest::DeleteNextChar,
        (Code::Left, false, false) | (Code::Character('b'), true, false) => InputRequest::GoToPrevChar,
        (Code::Right, false, false) | (Code::Character('f'), true, false) => InputRequest::GoToNextChar,
        (Code::Left, true, false) | (Code::Character('b'), false, true) => InputRequest::GoToPrevWord,
        (Code::Right, true, false) | (Code::Character('f'), false, true) => InputRequest::GoToNextWord,
        (Code::Home, ..) | (Code::Character('a'), true, false) => InputRequest::GoToStart,
        (Code::End, ..) | (Code::Character('e'), true, false) => InputRequest::GoToEnd,
        (Code::Character('u'), true, false) => InputRequest::DeleteLine,
        (Code::Character('w'), true, false) | (Code::Backspace, false, true) => InputRequest::DeletePrevWord,
        (Code::Character('k'), true, false) => InputRequest::DeleteTillEnd,
        _ => return None,
    })
}
