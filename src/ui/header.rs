//! Four lines: the source of the numbers, the views, the rule by which features are listed, and the legend of the table.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use super::fit::cut;
use super::legend;
use super::theme::Theme;
use crate::app::checks::progress::progress;
use crate::app::columns::{Item, on_screen};
use crate::app::command_id::CommandId;
use crate::app::layout::Layout;
use crate::app::state::State;
use crate::app::state::check::Checking;
use crate::app::state::tagging::Standing;
use crate::app::{chance, download, evidence, job, keeping, layout, selecting, tagging, targets};
use crate::core::findings::{Findings, Source};
use crate::core::request::ModelSource;
use crate::core::rows::column::{Column, Sort};
use crate::core::text::printable;
use crate::core::view::View;

/// Draws the header into `area`, which has four rows.
pub fn draw(state: &State, theme: &Theme, area: Rect, frame: &mut Frame) {
    let legend = legend::line(state, theme, usize::from(area.width));
    let lines = [source(state, theme, area.width), views(state, theme, area.width), selection(state, theme, area.width), legend];
    for (row, line) in lines.into_iter().enumerate() {
        frame.buffer_mut().set_line(area.x, area.y + row as u16, &line, area.width);
    }
}

/// Left: the source of the numbers. Right: the progress of the computation, and whether the tags are saved.
fn source(state: &State, theme: &Theme, width: u16) -> Line<'static> {
    let (right, right_style) = standing(state, theme, usize::from(width).saturating_sub(13));
    let right_width = if right.is_empty() { 0 } else { right.width() + 2 };
    let room = usize::from(width).saturating_sub(right_width + 11);
    let text = cut(&described(state), room);
    let gap = room.saturating_sub(text.width());
    let style = if state.show_published || state.standing.is_some() { theme.warning } else { theme.text };
    Line::from(vec![
        Span::styled(" saescope  ", theme.title),
        Span::styled(text, style),
        Span::raw(" ".repeat(gap)),
        Span::styled(format!(" {right} "), right_style),
    ])
}

fn described(state: &State) -> String {
    let Some(findings) = state.findings() else {
        return match (&state.job, state.setting.request.as_ref().map(|request| &request.model)) {
            (Some(_), _) => "opening model, dictionaries and data".to_owned(),
            (None, Some(ModelSource::Preset(name))) if state.download.is_none() => download::absent(state, name),
            _ => "no study".to_owned(),
        };
    };
    let (method, quadrature) = findings.method();
    let quadrature = quadrature.map_or_else(String::new, |quadrature| format!(" {quadrature}"));
    let model = printable(&findings.model);
    let standing = state.standing.as_ref().filter(|_| !state.show_published);
    let standing = standing.map_or_else(String::new, |standing| format!("{standing} · "));
    match &findings.source {
        Source::Published { .. } => {
            format!("published figures, not computed here · {model} · {} · {method}{quadrature}", findings.study.name)
        }
        Source::Live { opened, .. } => {
            format!(
                "{standing}{model} · {} · {method}{quadrature} · {}",
                data(findings, state.shown().first()),
                printable(&opened.backend)
            )
        }
        Source::Run { manifest, file } => {
            let file = file.as_ref().map_or_else(|| printable(&keeping::said(state)), |file| printable(file));
            format!(
                "{standing}{model} · {} · {method}{quadrature} · {} · {file}",
                data(findings, state.shown().first()),
                printable(&manifest.backend)
            )
        }
    }
}

fn data(findings: &Findings, view: View) -> String {
    findings.data(view).map_or_else(String::new, |data| {
        let name = data.source.rsplit(['/', '\\']).next().unwrap_or(&data.source);
        let (used, dropped) = (data.examples.len(), data.dropped.sum());
        // A shard has only a part of the pairs that were kept.
        let of = if dropped > 0 && used + dropped == data.lines { format!(" of {}", data.lines) } else { String::new() };
        let pairs = if used == 1 && of.is_empty() { "pair" } else { "pairs" };
        format!("{used}{of} {} {pairs}", printable(name))
    })
}

/// The progress of the job, and whether the tags are saved, in at most `room` columns if possible.
fn standing(state: &State, theme: &Theme, room: usize) -> (String, Style) {
    let tags = tagging::standing(state);
    let text = tags.text();
    let Some(running) = &state.job else {
        if let Some(check) = &state.check {
            return checking(state, check, text, theme, room);
        }
        let style = if tags == Standing::Saved { theme.good } else { theme.warning };
        return (text.to_owned(), if tags.is_endangered() { theme.error } else { style });
    };
    let said = if text.is_empty() { String::new() } else { format!(" · {text}") };
    let Some(progress) = &running.progress else { return (format!("opening…{said}"), theme.warning) };
    let share = (100 * progress.done).checked_div(progress.total).unwrap_or(0);
    let pace = running.pace(state.now);
    let rate = pace.map_or_else(String::new, |pace| format!(" · {:.0}/s", pace.rate));
    let remaining = pace.map_or_else(String::new, |pace| format!(" · {} left", duration(pace.left)));
    let arrived = state.study.as_deref().filter(|_| running.opened).map(job::arrived);
    let arrived = arrived.map_or_else(String::new, |(arrived, expected)| format!(" · {arrived}/{expected} parts"));
    let doing = format!(" · {}", printable(&progress.stage));
    let stop = state.setting.keymap.way(CommandId::CANCEL);
    // The way to stop the job and the words about the tags always stay; the least important parts are dropped first.
    let forms = [
        format!("{share} %{doing}{arrived}{rate}{remaining} · {stop} stops{said}"),
        format!("{share} %{doing}{arrived}{remaining} · {stop} stops{said}"),
        format!("{share} %{arrived}{remaining} · {stop} stops{said}"),
    ];
    let fitting = forms.into_iter().find(|form| form.width() <= room);
    let text = fitting.unwrap_or_else(|| format!("{share} % · {stop} stops{said}"));
    (text, if tags.is_endangered() { theme.error } else { theme.warning })
}

/// The progress of the causal check, and whether the tags are saved; the stage is dropped if there is no room for it.
fn checking(state: &State, check: &Checking, tags: &str, theme: &Theme, room: usize) -> (String, Style) {
    let stop = state.setting.keymap.way(CommandId::CANCEL);
    let said = if tags.is_empty() { String::new() } else { format!(" · {tags}") };
    let long = format!("check: {} · {stop} stops{said}", progress(state, check));
    let text = if long.width() <= room { long } else { format!("check · {stop} stops{said}") };
    (text, if tagging::standing(state).is_endangered() { theme.error } else { theme.warning })
}

/// Seconds, rounded up, in words such as `28 s`, `3 min 5 s` or `2 h 10 min`.
pub(super) fn duration(seconds: f64) -> String {
    let seconds = seconds.ceil().clamp(0.0, 360_000.0) as u64;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}

fn views(state: &State, theme: &Theme, width: u16) -> Line<'static> {
    let mut spans = vec![Span::raw(" ")];
    for (tab, label, ..) in layout::tabs(state) {
        spans.push(Span::styled(label, if tab == state.tab { theme.tab } else { theme.dim }));
    }
    let summary = state.findings().map(|findings| findings.view(state.shown().first()).summary.clone()).unwrap_or_default();
    let mut figures = Vec::new();
    if let Some(clean) = summary.clean_metric {
        figures.push(format!("clean metric {clean:+.4}"));
    }
    if let Some(total) = summary.total_effect {
        figures.push(format!("total effect {total:+.4}"));
    }
    if let Some(examples) = summary.examples {
        figures.push(format!("{examples} pair{}", if examples == 1 { "" } else { "s" }));
    }
    let of = state.shown().pair().map_or_else(String::new, |(first, _)| format!("{}: ", state.about().name(first)));
    let used: usize = spans.iter().map(Span::width).sum();
    // A number that is cut off would be read as another number, so only whole figures are shown, as many as fit.
    let fitting = (1..=figures.len()).rev().map(|count| format!("  {of}{}", figures[..count].join(" · ")));
    if let Some(text) = fitting.into_iter().find(|text| used + text.width() <= usize::from(width)) {
        spans.push(Span::styled(text, theme.dim));
    }
    Line::from(spans)
}

/// Whether the table has the column of ranks, whose heading shows the usual order.
fn shows_rank(state: &State) -> bool {
    let features = Layout::of(state.size(), state.pane).and_then(|layout| layout.features);
    features.is_some_and(|area| {
        let placed = on_screen(area.inside().width, state);
        placed.iter().any(|column| column.item == Item::Cell(Column::Rank))
    })
}

/// How to get a baseline, in a comparison of two directions of one pair list: what both have in common cannot be seen without one.
fn without_baseline(state: &State) -> Option<String> {
    let (study, keymap) = (state.about(), &state.setting.keymap);
    let can_compute = state.setting.request.is_some() && !state.show_published;
    let lacks = state.shown().pair().is_some() && study.lists() == 1 && can_compute;
    lacks.then(|| format!("no baseline: {} with a second file gives one", keymap.way(CommandId::PAIRS)))
}

/// The rule, the number of features it selects, and everything else that hides or reorders rows.
fn selection(state: &State, theme: &Theme, width: u16) -> Line<'static> {
    let rule = match state.selection {
        crate::core::selection::Selection::Threshold(_) => "|effect| > ",
        crate::core::selection::Selection::TopK(_) => "top ",
    };
    let mut spans = vec![Span::styled(format!(" {rule}"), theme.title), Span::styled(selecting::counted(state), theme.text)];
    let mut more = |text: String, style: Style| spans.push(Span::styled(format!(" · {text}"), style));
    if let Some((first, second)) = state.shown().pair() {
        let pair = format!("{}-{}", state.about().name(first), state.about().name(second));
        if !layout::tabs(state).iter().any(|(tab, label, ..)| *tab == state.tab && label.contains(&pair)) {
            more(pair, theme.text);
        }
    }
    if let Some(hint) = without_baseline(state) {
        more(hint, theme.dim);
    }
    if let Some(said) = chance::said(state) {
        more(said, theme.text);
    }
    if let Some(said) = evidence::folded(state) {
        more(said, theme.warning);
    }
    if let Some(said) = evidence::said(state) {
        more(said, theme.warning);
    }
    if let Some(gap) = &state.table.listing.gap {
        more(gap.clone(), theme.warning);
    }
    if state.table.asked.is_some() {
        more("arranging…".to_owned(), theme.warning);
    }
    if let Some(submodule) = state.submodule {
        more(format!("only {submodule}"), theme.warning);
    }
    if let Some(filter) = &state.filter {
        let total = state.table.listing.total();
        more(format!("filter {} ({} match)", printable(filter.text()), total.matching), theme.warning);
    }
    if state.sort != Sort::STRENGTH || !shows_rank(state) {
        more(format!("by {} {}", state.sort.column.name(state.about(), state.shown()), state.sort.arrow()), theme.text);
    }
    if !state.marked.is_empty() {
        let hidden = targets::counted_hidden(state);
        let hidden = if hidden.is_empty() { hidden } else { format!(", {hidden}") };
        more(format!("{} marked{hidden}", state.marked.len()), theme.mark);
    }
    let used: usize = spans.iter().map(Span::width).sum();
    if used > usize::from(width) {
        let text: String = spans.iter().map(|span| span.content.as_ref()).collect();
        return Line::styled(cut(&text, usize::from(width)), theme.text);
    }
    Line::from(spans)
}
