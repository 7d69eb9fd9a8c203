//! Lines that are typed: a value previews on every key, Enter keeps it, Esc restores what was before.

use tui_input::{Input, InputRequest};

use super::download::{self, Offer};
use super::key::{Code, Key};
use super::message::Effect;
use super::notice::Notice;
use super::state::{Overlay, State};
use super::{commands, job, table, tagging};
use crate::core::filter::Filter;
use crate::core::problem::Problem;
use crate::core::request::{DataSource, MOST_STEPS};
use crate::core::selection::Selection;
use crate::core::submodule::FeatureId;
use crate::core::tags::Scope;

/// What is being asked for.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// A threshold; what to restore.
    Threshold(Selection),
    /// A k; what to restore.
    TopK(Selection),
    /// A filter; what to restore.
    Filter(Option<Filter>),
    /// A note for these features, there.
    Note(Vec<FeatureId>, Scope),
    /// Points on the path of integrated gradients.
    Steps,
    /// A pair file and perhaps a baseline file.
    Pairs,
    /// Which model to download.
    Fetch,
    /// Where to write the run.
    WriteRun,
    /// Which file of tags to read.
    ImportTags,
    /// Where to write the tags.
    ExportTags,
}

/// A line with the cursor in it.
#[derive(Debug, Clone)]
pub struct Prompt {
    /// What is asked for.
    pub kind: Kind,
    /// The text.
    pub input: Input,
    /// What the text means, or what is allowed instead.
    pub hint: Result<String, String>,
}

/// Opens a prompt with `text` in it.
pub fn open(state: &mut State, kind: Kind, text: String) {
    let mut prompt = Prompt { kind, input: Input::new(text), hint: Ok(String::new()) };
    prompt.hint = hint(state, &prompt);
    state.overlay = Some(Overlay::Prompt(Box::new(prompt)));
}

impl Prompt {
    /// What stands before the text.
    pub fn label(&self) -> &'static str {
        match self.kind {
            Kind::Threshold(_) => "|effect| above",
            Kind::TopK(_) => "strongest k",
            Kind::Filter(_) => "filter",
            Kind::Note(..) => "note",
            Kind::Steps => "steps",
            Kind::Pairs => "pairs[, baseline]",
            Kind::Fetch => "download",
            Kind::WriteRun => "write run to",
            Kind::ImportTags => "import tags from",
            Kind::ExportTags => "export tags to",
        }
    }
}

/// Takes a key.
pub fn key(state: &mut State, mut prompt: Prompt, key: Key) -> Vec<Effect> {
    match key.code {
        Code::Enter => return accept(state, prompt),
        Code::Escape => return restore(state, prompt),
        Code::Character('c') if key.control => return restore(state, prompt),
        _ => {}
    }
    if let Some(request) = edit(key) {
        prompt.input.handle(request);
    }
    changed(state, prompt)
}

/// Takes pasted text; a line is one line.
pub fn paste(state: &mut State, mut prompt: Prompt, text: &str) -> Vec<Effect> {
    for character in text.chars().filter(|character| !character.is_control()) {
        prompt.input.handle(InputRequest::InsertChar(character));
    }
    changed(state, prompt)
}

fn edit(key: Key) -> Option<InputRequest> {
    Some(match (key.code, key.control, key.alt) {
        (Code::Character(character), false, false) => InputRequest::InsertChar(character),
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

/// Previews what the text means; text that means nothing leaves the last preview.
fn changed(state: &mut State, mut prompt: Prompt) -> Vec<Effect> {
    let text = prompt.input.value();
    let mut effects = Vec::new();
    match &prompt.kind {
        Kind::Threshold(_) | Kind::TopK(_) => {
            if let Ok(selection) = selection(&prompt.kind, text)
                && selection != state.selection
            {
                state.selection = selection;
                effects = table::refresh(state);
            }
        }
        Kind::Filter(_) => {
            if let Ok(filter) = Filter::parse(text)
                && filter != state.filter
            {
                state.filter = filter;
                effects = table::refresh(state);
            }
        }
        _ => {}
    }
    prompt.hint = hint(state, &prompt);
    state.overlay = Some(Overlay::Prompt(Box::new(prompt)));
    effects
}

fn selection(kind: &Kind, text: &str) -> Result<Selection, String> {
    let text = text.trim();
    if let Kind::TopK(_) = kind {
        return match text.parse() {
            Ok(count) if count > 0 => Ok(Selection::TopK(count)),
            _ => Err(format!("'{text}' is no k; use a whole number from 1 up, such as 30")),
        };
    }
    match text.parse::<f32>() {
        Ok(threshold) if threshold.is_finite() && threshold >= 0.0 => Ok(Selection::Threshold(threshold)),
        _ => Err(format!("'{text}' is no threshold; use a number from 0 up, such as 0.1")),
    }
}

/// What a selection holds: `0.1 → 19 features in 13 submodules`. Counted where the rows are on their way.
pub fn counted(state: &State) -> String {
    let value = match state.selection {
        Selection::Threshold(threshold) => format!("{threshold}"),
        Selection::TopK(count) => format!("{count}"),
    };
    let Some(findings) = state.findings() else { return value };
    let (features, submodules) = match (state.shown().pair(), &state.table.asked) {
        (None, _) => {
            let counts = findings.view(state.shown().first()).counts(state.selection);
            (counts.iter().sum(), counts.iter().filter(|count| **count > 0).count())
        }
        (Some(_), None) => (state.table.listing.total().selected, state.table.listing.submodules()),
        (Some(_), Some(_)) => return format!("{value} → counting"),
    };
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    // Where the study did not print all, there may be more.
    let least = if state.table.listing.gap.is_some() { "at least " } else { "" };
    format!("{value} → {least}{features} feature{} in {submodules} submodule{}", plural(features), plural(submodules))
}

fn steps(text: &str) -> Result<usize, String> {
    match text.trim().parse() {
        Ok(steps) if (1..=MOST_STEPS).contains(&steps) => Ok(steps),
        _ => Err(format!("'{text}' is no number of steps; use a whole number from 1 to {MOST_STEPS}")),
    }
}

fn hint(state: &State, prompt: &Prompt) -> Result<String, String> {
    let text = prompt.input.value();
    match &prompt.kind {
        Kind::Threshold(_) | Kind::TopK(_) => selection(&prompt.kind, text).map(|_| counted(state)),
        Kind::Filter(_) => Filter::parse(text).map(|_| matching(state)).map_err(|error| error.to_string()),
        Kind::Note(features, scope) => Ok(match features.as_slice() {
            [one] => format!("on {one}, {scope}; empty removes it"),
            several => format!("on {} features, {scope}; empty removes it", several.len()),
        }),
        Kind::Steps => steps(text).map(|steps| format!("Enter computes again with {steps} points")),
        Kind::Pairs => Ok("Enter computes; empty means the names inside the program".to_owned()),
        Kind::Fetch => download::offered(state, text.trim()).map(Offer::hint),
        Kind::WriteRun => Ok("an existing run file is replaced".to_owned()),
        Kind::ImportTags => Ok("this program's JSON, the notebook's lists, or annotation lines".to_owned()),
        Kind::ExportTags => export_format(text).map(|(_, name)| name.to_owned()),
    }
}

fn matching(state: &State) -> String {
    if state.table.asked.is_some() {
        return "looking".to_owned();
    }
    let total = state.table.listing.total();
    format!("{} of {} features", total.matching, total.selected)
}

/// The function that writes the tags in the form that the file's name asks for.
type Export = fn(&crate::core::tags::TagBook) -> Result<String, Problem>;

fn export_format(path: &str) -> Result<(Export, &'static str), String> {
    use crate::core::tags::{export, json};
    match path.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase()).as_deref() {
        Some("json") => Ok((json::to_json, "as JSON, which can be imported again")),
        Some("csv") => Ok((export::to_csv, "as CSV, one line a feature and scope")),
        Some("md") => Ok((|book| Ok(export::to_markdown(book)), "as the notebook's Markdown lists")),
        _ => Err("the name must end in .json, .csv or .md".to_owned()),
    }
}

fn accept(state: &mut State, prompt: Prompt) -> Vec<Effect> {
    let text = with_home(state, &prompt.kind, prompt.input.value().trim());
    let refuse = |state: &mut State, prompt: Prompt, why: String| {
        state.notice = Some(Notice::refused(&why));
        state.overlay = Some(Overlay::Prompt(Box::new(Prompt { hint: Err(why), ..prompt })));
        Vec::new()
    };
    if let Err(why) = prompt.hint.clone() {
        return refuse(state, prompt, why);
    }
    let is_path = matches!(prompt.kind, Kind::WriteRun | Kind::ImportTags | Kind::ExportTags);
    if is_path && text.is_empty() {
        return refuse(state, prompt, "a file name is needed".to_owned());
    }
    state.overlay = None;
    match prompt.kind {
        Kind::Threshold(_) | Kind::TopK(_) => {
            commands::selection::remember(state);
            Vec::new()
        }
        Kind::Filter(_) => {
            state.notice =
                state.filter.as_ref().map(|_| Notice::done(format!("filtered: {}; Esc shows all again", matching(state))));
            Vec::new()
        }
        Kind::Note(features, scope) => tagging::note(state, &features, scope, &text),
        Kind::Steps => match (steps(&text), state.setting.request.clone()) {
            (Ok(steps), Some(mut request)) => {
                request.settings.steps = steps;
                job::start(state, request)
            }
            _ => Vec::new(),
        },
        Kind::Pairs => {
            let Some(mut request) = state.setting.request.clone() else { return Vec::new() };
            request.data = data_source(&text);
            job::start(state, request)
        }
        Kind::Fetch => download::start(state, text),
        Kind::WriteRun => state.study.clone().map(|study| Effect::WriteRun(study, text)).into_iter().collect(),
        Kind::ImportTags => vec![Effect::ReadTags(text)],
        Kind::ExportTags => export(state, text),
    }
}

/// A file's name with `~/` as the shell reads it.
fn with_home(state: &State, kind: &Kind, text: &str) -> String {
    let Some(home) = &state.setting.home else { return text.to_owned() };
    let expanded = |name: &str| name.strip_prefix("~/").map_or_else(|| name.to_owned(), |rest| format!("{home}/{rest}"));
    match kind {
        Kind::WriteRun | Kind::ImportTags | Kind::ExportTags => expanded(text),
        // Two of them.
        Kind::Pairs => text.split(',').map(|name| expanded(name.trim_start())).collect::<Vec<_>>().join(","),
        _ => text.to_owned(),
    }
}

fn data_source(text: &str) -> DataSource {
    if text.is_empty() {
        return DataSource::Embedded;
    }
    match text.split_once(',') {
        Some((pairs, baseline)) => DataSource::Files { pairs: pairs.trim().into(), baseline: Some(baseline.trim().into()) },
        None => DataSource::Files { pairs: text.into(), baseline: None },
    }
}

fn export(state: &mut State, path: String) -> Vec<Effect> {
    let (Some(book), Ok((write, _))) = (state.book(), export_format(&path)) else { return Vec::new() };
    let what = format!("tags of {} features", book.features().len());
    match write(book) {
        Ok(text) => vec![Effect::WriteText { path, text, what }],
        Err(problem) => {
            state.notice = Some(Notice::failed(&problem));
            Vec::new()
        }
    }
}

fn restore(state: &mut State, prompt: Prompt) -> Vec<Effect> {
    state.overlay = None;
    match prompt.kind {
        Kind::Threshold(before) | Kind::TopK(before) if before != state.selection => {
            state.selection = before;
            table::refresh(state)
        }
        Kind::Filter(before) if before != state.filter => {
            state.filter = before;
            table::refresh(state)
        }
        _ => Vec::new(),
    }
}

/// Tells anew what the text means, after rows arrived that were on their way.
pub fn refresh_hint(state: &mut State) {
    if let Some(Overlay::Prompt(mut prompt)) = state.overlay.take() {
        prompt.hint = hint(state, &prompt);
        state.overlay = Some(Overlay::Prompt(prompt));
    }
}
