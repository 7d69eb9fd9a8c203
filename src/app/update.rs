//! The one door into the state: a message comes in, effects go out.

use super::commands;
use super::count::Digit;
use super::key::Key;
use super::list;
use super::message::{Effect, Message};
use super::notice::Notice;
use super::state::{Overlay, State, ThemeName};
use super::{choice, download, job, mouse, prompt, table, tagging};
use crate::core::tags::Scope;
use crate::core::tags::import::{Target, import};

/// Changes the state as `message` demands and says what the outside must do.
pub fn update(state: &mut State, message: Message) -> Vec<Effect> {
    let effects = take(state, message);
    // A notice that comes or goes changes how many rows are visible.
    table::settle(state);
    effects
}

fn take(state: &mut State, message: Message) -> Vec<Effect> {
    match message {
        Message::Key(pressed, now) => {
            state.now = state.now.max(now);
            key(state, pressed)
        }
        Message::Paste(text) => match state.overlay.take() {
            Some(Overlay::Prompt(open)) => prompt::paste(state, *open, &text),
            other => {
                state.overlay = other;
                Vec::new()
            }
        },
        Message::Mouse(what, x, y) => mouse::mouse(state, what, x, y),
        Message::Resize(width, height) => {
            state.setting.size = (width, height);
            table::settle(state);
            Vec::new()
        }
        Message::Tick(now) => {
            state.now = state.now.max(now);
            Vec::new()
        }
        Message::Job(number, news, now) => {
            state.now = state.now.max(now);
            let effects = job::news(state, number, news);
            prompt::refresh_hint(state);
            effects
        }
        Message::Download(number, news, now) => {
            state.now = state.now.max(now);
            let effects = download::news(state, number, news);
            prompt::refresh_hint(state);
            effects
        }
        Message::Arranged(arranged) => {
            let effects = table::arranged(state, arranged);
            prompt::refresh_hint(state);
            effects
        }
        Message::RunRead(Ok(findings)) => {
            let subject = findings.subject.clone();
            state.study = Some(findings);
            let mut effects = subject.map_or_else(Vec::new, |subject| tagging::open(state, subject));
            effects.extend(table::refresh(state));
            effects
        }
        Message::TagsOpened(book, path) => tagging::opened(state, *book, path),
        Message::TagsUnreadable(problem) => {
            tagging::unreadable(state, problem);
            Vec::new()
        }
        Message::TagsSaved(revision) => {
            tagging::saved(state, revision);
            Vec::new()
        }
        Message::TagsNotSaved(problem) => {
            tagging::not_saved(state, problem);
            Vec::new()
        }
        Message::TagsChangedElsewhere { base, theirs } => tagging::changed_elsewhere(state, &base, &theirs),
        Message::TagsRead(Ok((text, name))) => import_tags(state, &text, &name),
        Message::Done(line) => {
            state.notice = Some(Notice::done(line));
            Vec::new()
        }
        Message::RunRead(Err(problem)) | Message::TagsRead(Err(problem)) | Message::Failed(problem) => {
            state.notice = Some(Notice::failed(&problem));
            Vec::new()
        }
        Message::LightBackground => {
            if !state.setting.theme_chosen && state.theme == ThemeName::Dark {
                state.theme = ThemeName::Light;
            }
            Vec::new()
        }
    }
}

fn key(state: &mut State, key: Key) -> Vec<Effect> {
    state.notice = None;
    // Whatever lies over the panes, the shell is one key away.
    if let Some(suspend) = state.setting.keymap.command(key).filter(|command| command.name == "suspend" && key.typed().is_none())
    {
        return commands::run(state, suspend, None);
    }
    match state.overlay.take() {
        Some(Overlay::Prompt(open)) => return prompt::key(state, *open, key),
        Some(Overlay::Chooser(chooser)) => return choice::key(state, chooser, key),
        Some(Overlay::Palette(list)) => return list::key(state, list::Kind::Palette, list, key),
        Some(Overlay::Help(list)) => return list::key(state, list::Kind::Help, list, key),
        Some(Overlay::HeatMap) => state.overlay = Some(Overlay::HeatMap),
        None => {}
    }
    let command = state.setting.keymap.command(key);
    if let Some(digit) = key.typed().filter(char::is_ascii_digit) {
        let (now, tab) = (state.now, state.tab);
        match state.count.digit(digit, now, tab, command.is_some()) {
            Digit::Alone => {}
            Digit::Joined(before) => {
                let Some(tab) = before.filter(|tab| *tab != state.tab) else { return Vec::new() };
                state.tab = tab;
                return table::refresh(state);
            }
        }
    }
    let Some(command) = command else {
        let was_counting = state.count.take().is_some();
        if !was_counting {
            let help = commands::find("help").and_then(|help| state.setting.keymap.keys(help).first().copied());
            let help = help.map_or_else(String::new, |help| format!("; {help} lists what is"));
            state.notice = Some(Notice::refused(format!("{key} is no command here{help}")));
        }
        return Vec::new();
    };
    // A view's own digit may still become a count, so it must not use one up.
    let count = if key.typed().is_some_and(|typed| typed.is_ascii_digit()) { None } else { state.count.take() };
    commands::run(state, command, count)
}

/// Tags out of a text, as one step that can be undone.
fn import_tags(state: &mut State, text: &str, name: &str) -> Vec<Effect> {
    let Some(book) = state.book().filter(|_| tagging::can_change(state).is_ok()) else {
        state.notice = tagging::can_change(state).err().map(Notice::refused);
        return Vec::new();
    };
    let layers = state.findings().map_or(0, |findings| findings.layers);
    let features = state.findings().and_then(|findings| findings.dictionary_features());
    let scope = if state.tagging.only_this_view { Scope::In(state.shown().first()) } else { Scope::Everywhere };
    let exists = |feature: crate::core::submodule::FeatureId| {
        feature.submodule.layer.0 < layers && features.is_none_or(|features| (feature.index.0 as usize) < features)
    };
    let imported = import(text, &Target { name, subject: book.subject(), scope, exists: &exists });
    let (entries, problems) = (imported.entries, imported.problems);
    let effects = tagging::change(state, imported.edit);
    let mut said = format!("imported {entries} entries from {name}; those that name no view count {scope}");
    if let Some(first) = problems.first() {
        said.push_str(&format!("; {} could not be read, first: {first}", problems.len()));
    }
    state.notice = Some(Notice::done(said));
    effects
}
