//! The only entry into the state: it takes a message and returns effects.

use super::checks::{list, running, window};
use super::command::{Command, Reach};
use super::command_id::CommandId;
use super::commands;
use super::key::Key;
use super::layout::Layout;
use super::message::{Effect, Message, Mouse};
use super::notice::Notice;
use super::silence::Seen;
use super::state::overlay::Overlay;
use super::state::{State, ThemeName};
use super::{
    answer, astray, chance, choice, copy_box, download, dropped, evidence, help, job, keeping, layout, mouse, palette, pictures,
    prompts, run_list, session, table, tagging,
};
use crate::core::submodule::FeatureId;
use crate::core::tags::import::{Target, import};
use crate::core::tags::{Edit, Scope};
use crate::core::view::ViewName;

/// Applies `message` to the state and returns the effects that the outside must carry out.
pub fn update(state: &mut State, message: Message) -> Vec<Effect> {
    let mut effects = take(state, message);
    effects.extend(pictures::settle(state));
    answer::settle(state);
    // A notice that comes or goes changes how many rows are visible.
    table::settle(state);
    effects
}

fn take(state: &mut State, message: Message) -> Vec<Effect> {
    match message {
        Message::Key(pressed, now) => {
            state.now = state.now.max(now);
            press(state, pressed)
        }
        Message::Paste(text) => prompts::paste(state, &text),
        Message::Mouse(what, x, y) => point(state, what, x, y),
        Message::Resize(width, height) => {
            state.setting.size = layout::usable((width, height));
            table::settle(state);
            Vec::new()
        }
        Message::CardTop(line) => {
            // Whoever goes to the last line has asked for nothing more, unless it was there already.
            let asked_for_more = state.card_scroll != usize::MAX || state.card_before >= line;
            if state.card_scroll > line && asked_for_more && state.notice.is_none() {
                state.notice = Some(Notice::done("the card ends here"));
            }
            state.card_scroll = state.card_scroll.min(line);
            Vec::new()
        }
        Message::Tick(now) => {
            state.now = state.now.max(now);
            Vec::new()
        }
        Message::Job(number, news, now) => {
            state.now = state.now.max(now);
            job::news(state, number, news)
        }
        Message::Check(number, news, now) => {
            state.now = state.now.max(now);
            running::news(state, number, news)
        }
        Message::ChecksRead(findings, checks) => {
            running::read(state, &findings, checks);
            Vec::new()
        }
        Message::Download(number, news, now) => {
            state.now = state.now.max(now);
            let arrived = download::news(state, number, news);
            arrived.map_or_else(Vec::new, |request| job::start(state, request))
        }
        Message::Arranged(arranged) => table::arranged(state, arranged),
        Message::Chance(answer) => {
            chance::answered(state, *answer);
            Vec::new()
        }
        Message::Picture(drawn) => pictures::answered(state, *drawn),
        Message::Evidence(number, news) => evidence::news(state, number, news),
        Message::RunRead(Ok(findings)) => job::read(state, findings),
        Message::SessionRead(looked, found) => session::resume(state, &looked, found.map(|found| *found)),
        Message::RunKept(findings, outcome) => {
            keeping::kept(state, &findings, outcome);
            Vec::new()
        }
        Message::RunWritten(findings, path) => {
            keeping::written(state, &findings, path);
            Vec::new()
        }
        Message::RunsListed(runs) => {
            run_list::listed(state, runs);
            Vec::new()
        }
        Message::LastRun(run) => {
            run_list::mention(state, &run);
            Vec::new()
        }
        Message::TagsOpened(book, path) => tagging::opened(state, *book, path),
        Message::TagsUnreadable(problem) => {
            tagging::unreadable(state, problem);
            Vec::new()
        }
        Message::TagsSaved(revision) => tagging::saved(state, revision),
        Message::TagsNotSaved(problem) => {
            tagging::not_saved(state, problem);
            Vec::new()
        }
        Message::TagsChangedElsewhere { base, theirs } => tagging::changed_elsewhere(state, &base, &theirs),
        Message::TagsRead(Ok((text, name))) => import_tags(state, &text, &name),
        Message::SetsRead(Ok((sets, file, way, error))) => running::start_sets(state, sets, &file, way, error),
        Message::StudyRead(Ok(study)) => job::again(state, |request| request.study = study),
        Message::NamesListed(names, found) => prompts::names(state, &names, &found),
        Message::Done(line) => {
            state.notice = Some(Notice::done(line));
            Vec::new()
        }
        Message::RunRead(Err(problem))
        | Message::StudyRead(Err(problem))
        | Message::TagsRead(Err(problem))
        | Message::SetsRead(Err(problem))
        | Message::Failed(problem) => {
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

/// Handles a key, and says so where it did nothing.
fn press(state: &mut State, pressed: Key) -> Vec<Effect> {
    state.card_before = state.card_scroll;
    let before = Seen::of(state);
    let effects = key(state, pressed);
    before.mention(state, &effects, &pressed.to_string());
    effects
}

/// Handles the mouse, and says so where a click did nothing.
fn point(state: &mut State, what: Mouse, x: u16, y: u16) -> Vec<Effect> {
    let before = Seen::of(state);
    let effects = mouse::mouse(state, what, x, y);
    if what == Mouse::Click {
        before.mention(state, &effects, "a click");
    }
    effects
}

fn key(state: &mut State, key: Key) -> Vec<Effect> {
    let said = state.notice.take();
    state.tagging.leaving = false;
    if astray::take(state, key, said) {
        return Vec::new();
    }
    let command = state.setting.keymap.command(key).and_then(commands::of);
    // A command that reaches everywhere, such as suspend, works over every overlay.
    if let Some(command) = command.filter(|command| command.reach == Reach::Everywhere && key.typed().is_none()) {
        return commands::run(state, command);
    }
    // What is not drawn takes no keys but those that leave.
    let is_drawn = Layout::of(state.size(), state.pane).is_some();
    if let Some(command) = command.filter(|command| !is_drawn && command.id() == CommandId::QUIT) {
        return commands::run(state, command);
    }
    if !is_drawn && !matches!(state.overlay, Some(Overlay::Question(_))) {
        return Vec::new();
    }
    match &state.overlay {
        Some(Overlay::Prompt(_)) => prompts::key(state, key),
        Some(Overlay::Question(question)) => answer::key(state, *question, key),
        Some(Overlay::Chooser(chooser)) => choice::key(state, *chooser, key),
        Some(Overlay::Runs(_)) => run_list::key(state, key),
        Some(Overlay::Dropped(_)) => dropped::key(state, key),
        Some(Overlay::Check(_)) => window::key(state, key),
        Some(Overlay::Checks(_)) => list::key(state, key),
        Some(Overlay::Palette(_)) => palette::key(state, key),
        Some(Overlay::Help(_)) => help::key(state, key),
        Some(Overlay::Topic(_)) => help::topic_key(state, key),
        Some(Overlay::Copy(_)) => copy_box::key(state, key),
        Some(Overlay::Pictures) | None => command_key(state, key, command),
    }
}

/// Handles a key of the screen: it runs its command, if it has one.
fn command_key(state: &mut State, key: Key, command: Option<&'static Command>) -> Vec<Effect> {
    let Some(command) = command else {
        let help = state.setting.keymap.key(CommandId::HELP);
        let help = help.map_or_else(String::new, |help| format!("; {} lists what is", help.spoken()));
        state.notice = Some(Notice::refused(format!("{key} is not a command here{help}")));
        return Vec::new();
    };
    commands::run(state, command)
}

/// Imports tags from a text, as one step that can be undone.
fn import_tags(state: &mut State, text: &str, name: &str) -> Vec<Effect> {
    let Some(book) = state.book().filter(|_| tagging::can_change(state).is_ok()) else {
        state.notice = tagging::can_change(state).err().map(Notice::refused);
        return Vec::new();
    };
    let layers = state.findings().map_or(0, |findings| findings.layers);
    let features = state.findings().and_then(|findings| findings.dictionary_features());
    let scope =
        if state.tagging.only_this_view { Scope::In(state.about().name(state.shown().first())) } else { Scope::Everywhere };
    let exists = |feature: FeatureId| {
        feature.submodule.layer.0 < layers && features.is_none_or(|features| (feature.index.0 as usize) < features)
    };
    let study = state.about();
    let vocabulary = study.tags.extended(book.features());
    let views: Vec<ViewName> = study.views.iter().map(|view| view.name).collect();
    let target = Target { name, subject: book.subject(), scope, vocabulary: &vocabulary, views: &views, exists: &exists };
    let imported = import(text, &target);
    let problems = imported.problems;
    let entries = if let Edit::Many(edits) = &imported.edit { edits.len() } else { 1 };
    if entries == 0 {
        let why = problems.first().map_or_else(|| format!("{name} holds no tags and no notes"), ToString::to_string);
        state.notice = Some(Notice::refused(format!("nothing was imported: {why}")));
        return Vec::new();
    }
    let effects = tagging::bring(state, imported.edit, entries, &format!("from {name}"));
    if let Some(notice) = &mut state.notice {
        notice.text.push_str(&format!("; those that name no view count {scope}"));
        if let Some(first) = problems.first() {
            notice.text.push_str(&format!("; {} could not be read, first: {first}", problems.len()));
        }
    }
    effects
}
