//! Tags of the study: changed at once on the screen, saved at once by the outside, and shown as saved only when they are.

use super::command_id::CommandId;
use super::message::Effect;
use super::notice::Notice;
use super::state::State;
use super::state::tagging::{Standing, Tagging};
use super::{table, targets};
use crate::core::problem::Problem;
use crate::core::submodule::FeatureId;
use crate::core::tags::{Change, Edit, Features, Scope, Subject, Tag, TagBook, merge};

/// Ok if tags can be changed now, else the reason.
pub fn can_change(state: &State) -> Result<(), String> {
    if state.show_published {
        let back = state.setting.keymap.way(CommandId::PUBLISHED);
        return Err(format!("the published figures and their tags are read-only; {back} goes back to the study"));
    }
    match (state.book(), &state.tagging.problem) {
        (Some(_), _) => Ok(()),
        (None, Some(problem)) => Err(problem.to_string()),
        (None, None) if state.study.is_none() => Err("there is no study yet".to_owned()),
        (None, None) if state.job.is_none() && state.study.as_ref().is_some_and(|study| study.subject.is_none()) => {
            let compute = state.setting.keymap.way(CommandId::COMPUTE);
            Err(format!(
                "the computation ended before the dictionaries were identified, on which tags hang; {compute} computes again"
            ))
        }
        (None, None) => Err("tags hang on the dictionaries, which are still being identified".to_owned()),
    }
}

/// The features that the next tag applies to: the marked ones that are listed, or the one at the cursor if no feature is marked.
pub fn targets(state: &State) -> Vec<FeatureId> {
    if state.marked.is_empty() {
        return state.feature().into_iter().collect();
    }
    if targets::hidden(state) == 0 {
        // Very many rows need not be searched for them: tags go on without an order.
        return state.marked.iter().copied().collect();
    }
    targets::rows(state).into_iter().map(|row| row.feature).collect()
}

/// The scope of the next tag: everywhere, or the view that ranks the row at the cursor.
pub fn scope(state: &State) -> Scope {
    if !state.tagging.only_this_view {
        return Scope::Everywhere;
    }
    let view = state.table.row().map_or(state.shown().first(), |row| row.ranked_in);
    Scope::In(state.about().name(view))
}

/// Adds `tag` to every target, or removes it from all if all have it.
pub fn toggle(state: &mut State, tag: Tag) -> Vec<Effect> {
    let (targets, scope) = (targets(state), scope(state));
    let has = |feature: &FeatureId| state.book().is_some_and(|book| book.of(*feature).in_scope(scope).tags.contains(&tag));
    let all_have = targets.iter().all(has);
    let chosen = targets.iter().filter(|feature| all_have || !has(feature));
    let edits = chosen.map(|feature| Edit::Toggle(*feature, scope, tag)).collect();
    change(state, Edit::Many(edits))
}

/// Rejects every target, or takes the rejection back if all are rejected.
pub fn reject(state: &mut State) -> Vec<Effect> {
    let (targets, scope) = (targets(state), scope(state));
    let is = |feature: &FeatureId| state.book().is_some_and(|book| book.of(*feature).in_scope(scope).rejected);
    let rejected = !targets.iter().all(is);
    change(state, Edit::Many(targets.into_iter().map(|feature| Edit::Reject(feature, scope, rejected)).collect()))
}

/// Replaces the note of every target.
pub fn note(state: &mut State, targets: &[FeatureId], scope: Scope, note: &str) -> Vec<Effect> {
    change(state, Edit::Many(targets.iter().map(|feature| Edit::Note(*feature, scope, note.to_owned())).collect()))
}

/// Makes an edit, says what it changed, and asks for the tags to be saved.
pub fn change(state: &mut State, edit: Edit) -> Vec<Effect> {
    act(state, |book| Some(book.apply(edit).to_string()), "")
}

/// Makes an edit of so many entries from elsewhere, as one step, and says how many of them changed anything. `source` says where they come
/// from: `from tags.json`.
pub fn bring(state: &mut State, edit: Edit, entries: usize, source: &str) -> Vec<Effect> {
    let Some(book) = &mut state.tagging.book else { return Vec::new() };
    let new = book.apply(edit).entries();
    if new == 0 {
        let (all, were) = if entries == 1 { ("the entry".to_owned(), "was") } else { (format!("all {entries} entries"), "were") };
        state.notice = Some(Notice::done(format!("nothing changed: {all} {source} {were} here already")));
        return Vec::new();
    }
    let here = match entries - new {
        0 => String::new(),
        1 => "; 1 more was here already".to_owned(),
        more => format!("; {more} more were here already"),
    };
    let noun = if new == 1 { "entry" } else { "entries" };
    state.notice = Some(Notice::done(format!("imported {new} {noun} {source}{here}")));
    let mut effects = save(state);
    effects.extend(table::refresh_tags(state));
    effects
}

/// Undoes the latest edit.
pub fn undo(state: &mut State) -> Vec<Effect> {
    if let Some(change) = state.tagging.book.as_mut().and_then(TagBook::take_outdated_undo) {
        return outdated(state, &change, "undone");
    }
    act(state, |book| book.undo().map(|change| format!("undone: {change}")), "there is nothing to undo")
}

/// Redoes the edit that was undone last.
pub fn redo(state: &mut State) -> Vec<Effect> {
    if let Some(change) = state.tagging.book.as_mut().and_then(TagBook::take_outdated_redo) {
        return outdated(state, &change, "made again");
    }
    act(state, |book| book.redo().map(|change| format!("redone: {change}")), "there is nothing to redo")
}

/// Says that a change of an earlier session does not apply any more, and that the one before it comes next.
fn outdated(state: &mut State, change: &Change, what: &str) -> Vec<Effect> {
    let why = "the tags were changed elsewhere since";
    state.notice = Some(Notice::refused(format!("{change} cannot be {what}: {why}; once more goes on with the change before")));
    save(state)
}

fn act(state: &mut State, act: impl FnOnce(&mut TagBook) -> Option<String>, nothing: &str) -> Vec<Effect> {
    let Some(book) = &mut state.tagging.book else { return Vec::new() };
    let Some(said) = act(book) else {
        state.notice = Some(Notice::refused(nothing));
        return Vec::new();
    };
    state.notice = Some(Notice::done(said));
    let mut effects = save(state);
    effects.extend(table::refresh_tags(state));
    effects
}

fn save(state: &mut State) -> Vec<Effect> {
    let Some(book) = &state.tagging.book else { return Vec::new() };
    state.tagging.revision += 1;
    vec![Effect::SaveTags(Box::new(book.recent()), state.tagging.revision)]
}

/// Asks for the tags of `subject`, unless they were asked for already.
pub fn open(state: &mut State, subject: Subject) -> Vec<Effect> {
    if state.tagging.subject.as_ref() == Some(&subject) {
        return Vec::new();
    }
    leave(state);
    state.tagging.subject = Some(subject.clone());
    vec![Effect::OpenTags(subject)]
}

/// Drops the tags before those of another subject arrive; revisions and the choice of scope stay.
fn leave(state: &mut State) {
    let only_this_view = state.tagging.only_this_view;
    let (revision, saved) = (state.tagging.revision, state.tagging.saved);
    state.tagging = Tagging { revision, saved, only_this_view, ..Tagging::default() };
}

/// Takes the tags that were asked for; those of another subject are ignored.
pub fn opened(state: &mut State, book: TagBook, path: String) -> Vec<Effect> {
    if state.tagging.subject.as_ref() != Some(book.subject()) {
        return Vec::new();
    }
    state.tagging.book = Some(book);
    state.tagging.path = path;
    state.tagging.saved = state.tagging.revision;
    state.tagging.unsaved = None;
    table::refresh_tags(state)
}

/// Records that the tags cannot be read, so that their file is not overwritten.
pub fn unreadable(state: &mut State, problem: Problem) {
    state.notice = Some(Notice::failed(&problem));
    state.tagging.problem = Some(problem);
}

/// Records that the tags of `revision` are in their file. If the user wants to leave, the program leaves now.
pub fn saved(state: &mut State, revision: u64) -> Vec<Effect> {
    state.tagging.saved = state.tagging.saved.max(revision);
    if state.tagging.unsaved.take().is_some() {
        // The message of the failure would stand there as if it still held.
        state.notice = Some(Notice::done("the tags are saved now"));
    }
    if std::mem::take(&mut state.tagging.leaving) { vec![Effect::Quit] } else { Vec::new() }
}

/// Records that a save failed; the header says so until one succeeds. It is tried again by the outside.
pub fn not_saved(state: &mut State, problem: Problem) {
    state.notice = Some(if std::mem::take(&mut state.tagging.leaving) {
        let keymap = &state.setting.keymap;
        let (export, leave) = (keymap.way(CommandId::EXPORT_TAGS), keymap.way(CommandId::QUIT_NOW));
        Notice::refused(format!("quit: tags are not saved: {problem}; {export} exports them, {leave} leaves without them"))
    } else {
        Notice::failed(&problem)
    });
    state.tagging.unsaved = Some(problem);
}

/// Leaves the program. If the latest save failed, it is tried once more first, and the program leaves when it succeeds.
pub fn quit(state: &mut State) -> Vec<Effect> {
    if state.tagging.unsaved.is_none() {
        return vec![Effect::Quit];
    }
    state.tagging.leaving = true;
    state.notice = Some(Notice::done("saving the tags before leaving"));
    save(state)
}

/// Merges the tags that another program saved, as one step that can be undone, and asks for the result to be saved.
pub fn changed_elsewhere(state: &mut State, base: &Features, theirs: &Features) -> Vec<Effect> {
    let Some(book) = &mut state.tagging.book else { return Vec::new() };
    let edit = merge(base, book.features(), theirs);
    let change = book.apply(edit);
    state.notice = Some(Notice::done(format!("merged with tags that another program saved: {change}")));
    let mut effects = save(state);
    effects.extend(table::refresh_tags(state));
    effects
}

/// Whether the tags of the study are saved, for the header.
pub fn standing(state: &State) -> Standing {
    let tagging = &state.tagging;
    match (&tagging.book, &tagging.problem, &tagging.unsaved) {
        (Some(_), _, Some(_)) => Standing::NotSaved,
        _ if state.show_published => Standing::ReadOnly,
        (None, Some(_), _) => Standing::Unreadable,
        (None, None, _) => Standing::Unknown,
        (Some(_), ..) if tagging.saved < tagging.revision => Standing::Saving,
        (Some(_), ..) => Standing::Saved,
    }
}
