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
use crate::app::state::overlay::Overlay;
use crate::app::state::prompt::Asked;
use crate::app::state::tagging::Standing;
use crate::app::{baseline, chance, download, evidence, keeping, layout, selecting, tagging, targets};
use crate::core::findings::{Findings, Source};
use crate::core::request::ModelSource;
use crate::core::rows::Shown;
use crate::core::rows::column::Sort;
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

/// Columns of the program's name with the gaps around it, and of the gaps around the words at the right end.
const NAME: usize = 11;
const GAPS: usize = 2;

/// Left: the source of the numbers. Right: the progress of the computation, and whether the tags are saved.
fn source(state: &State, theme: &Theme, width: u16) -> Line<'static> {
    let all = usize::from(width).saturating_sub(NAME + GAPS);
    let forms = described(state);
    // The longest form that fits. While a job runs, the source keeps to its half, so that it does not change with each word of the
    // progress.
    let within = |room: usize| forms.iter().find(|form| form.width() <= room).or(forms.last()).cloned().unwrap_or_default();
    let moving = state.job.is_some().then(|| within(all / 2));
    let room = moving.as_ref().map_or(all, |text| all.saturating_sub(text.width()));
    let (right, right_style) = standing(state, theme, room);
    let right_width = if right.is_empty() { 0 } else { right.width() + GAPS };
    let room = usize::from(width).saturating_sub(right_width + NAME);
    let text = cut(&moving.unwrap_or_else(|| within(room)), room);
    let gap = room.saturating_sub(text.width());
    let style = if state.show_published || state.standing.is_some() { theme.warning } else { theme.text };
    Line::from(vec![
        Span::styled(" saescope  ", theme.title),
        Span::styled(text, style),
        Span::raw(" ".repeat(gap)),
        Span::styled(format!(" {right} "), right_style),
    ])
}

/// The source of the numbers: first in all words, then with fewer and fewer of the less important ones.
fn described(state: &State) -> Vec<String> {
    let Some(findings) = state.findings() else {
        let said = match (&state.job, state.setting.request.as_ref().map(|request| &request.model)) {
            (Some(_), _) => "opening model, dictionaries and data".to_owned(),
            (None, Some(ModelSource::Preset(name))) if state.download.is_none() => download::absent(state, name),
            _ => "no study".to_owned(),
        };
        return vec![said];
    };
    let (method, quadrature) = findings.method();
    let quadrature = quadrature.map_or_else(String::new, |quadrature| format!(" {quadrature}"));
    let (model, method) = (printable(&findings.model), format!("{method}{quadrature}"));
    let standing = state.standing.as_ref().filter(|_| !state.show_published).map(ToString::to_string);
    let (backend, kept) = match &findings.source {
        Source::Published { .. } => {
            let says = "published figures, not computed here".to_owned();
            let study = findings.study.name.clone();
            let forms = [&[&says, &model, &study, &method][..], &[&says, &model, &method], &[&says, &model], &[&says]];
            return forms.into_iter().map(joined).collect();
        }
        Source::Live { opened, .. } => (printable(&opened.backend), Vec::new()),
        Source::Run { manifest, file } => {
            let said = file.as_ref().map_or_else(|| keeping::said(state).to_vec(), |file| vec![file.clone()]);
            (printable(&manifest.backend), said.iter().map(|said| printable(said)).collect())
        }
    };
    let (data, pairs) = (data(findings, state.shown(), true), data(findings, state.shown(), false));
    let before: Vec<&String> = standing.iter().collect();
    let [kept, shorter] = [kept.first(), kept.last()].map(|kept| kept.into_iter().collect::<Vec<&String>>());
    let form = |middle: &[&String], after: &[&String]| joined(&[&before, middle, after].concat());
    vec![
        form(&[&model, &data, &method, &backend], &kept),
        form(&[&model, &data, &method], &kept),
        form(&[&model, &data, &method], &shorter),
        form(&[&model, &data, &method], &[]),
        form(&[&model, &pairs, &method], &[]),
        form(&[&model, &pairs], &[]),
        form(&[&pairs], &[]),
        form(&[&model], &[]),
    ]
}

/// The parts that are not empty, with dots between.
fn joined(parts: &[&String]) -> String {
    let parts: Vec<&str> = parts.iter().map(|part| part.as_str()).filter(|part| !part.is_empty()).collect();
    parts.join(" · ")
}

/// The pairs behind the table, with the name of their file if it `is_named`; in a comparison those of both views where they differ.
fn data(findings: &Findings, shown: Shown, is_named: bool) -> String {
    let of_view = |view: View| {
        let data = findings.data(view)?;
        let name = data.source.rsplit(['/', '\\']).next().unwrap_or(&data.source);
        let name = if is_named { format!("{} ", printable(name)) } else { String::new() };
        let used = data.used();
        let pairs = if used == "1" { "pair" } else { "pairs" };
        Some(format!("{used} {name}{pairs}"))
    };
    let mut said: Vec<String> =
        [Some(shown.first()), shown.pair().map(|(_, second)| second)].into_iter().flatten().filter_map(of_view).collect();
    said.dedup();
    said.join(" and ")
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
    let stop = state.setting.keymap.way(CommandId::CANCEL);
    let Some(progress) = &running.progress else {
        let doing = if running.opened { "computing" } else { "opening" };
        return (format!("{doing}… · {stop} stops{said}"), theme.warning);
    };
    let share = (100 * progress.done).checked_div(progress.total).unwrap_or(0);
    let pace = running.pace(state.now);
    let rate = pace.map_or_else(String::new, |pace| format!(" · {:.0}/s", pace.rate));
    let remaining = pace.map_or_else(String::new, |pace| format!(" · {} left", duration(pace.left)));
    let arrived = state.study.as_deref().filter(|_| running.opened).map(Findings::arrived);
    let arrived = arrived.map_or_else(String::new, |(arrived, expected)| format!(" · {arrived}/{expected} parts"));
    let doing = format!(" · {}", printable(&progress.stage));
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

/// Whether the table on the screen has the column that decides the order, with the sign of the order in its heading.
fn shows_order(state: &State) -> bool {
    let features = Layout::showing(state, state.size(), state.pane).and_then(|layout| layout.features);
    features.is_some_and(|area| {
        let placed = on_screen(area.inside().width, state);
        placed.iter().any(|column| column.item == Item::Cell(state.sort.column))
    })
}

/// How much a part of the third line is missed where there is no room for it: those that are missed least leave first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Missed {
    /// What another place on the screen says, too.
    Least,
    /// What was asked for beside the list.
    Little,
    /// What explains the table.
    Much,
    /// What hides or reorders rows and is said nowhere else.
    Most,
}

/// The rule, the number of features it selects, and everything else that hides or reorders rows.
fn selection(state: &State, theme: &Theme, width: u16) -> Line<'static> {
    let rule = match state.selection {
        crate::core::selection::Selection::Threshold(_) => "|effect| > ",
        crate::core::selection::Selection::TopK(_) => "top ",
    };
    let counted = selecting::counted(state);
    // The list of submodules says in which of them features are.
    let (counted, places) = counted.split_once(" in ").map_or((counted.as_str(), None), |(count, places)| (count, Some(places)));
    let mut parts = vec![(counted.to_owned(), theme.text, Missed::Most)];
    parts.extend(places.map(|places| (format!(" in {places}"), theme.text, Missed::Least)));
    let mut more = |text: String, style: Style, missed: Missed| parts.push((format!(" · {text}"), style, missed));
    if let Some((first, second)) = state.shown().pair() {
        let pair = format!("{}-{}", state.about().name(first), state.about().name(second));
        if !layout::tabs(state).iter().any(|(tab, label, ..)| *tab == state.tab && label.contains(&pair)) {
            more(pair, theme.text, Missed::Much);
        }
    }
    if let Some(filter) = &state.filter {
        let total = state.table.listing.total();
        // While a text that cannot be understood is typed, the list stays as the text before it made it.
        let typed = match &state.overlay {
            Some(Overlay::Prompt(prompt)) if matches!(prompt.asked, Asked::Filter(_)) => prompt.input.value(),
            _ => filter.text(),
        };
        let still = if typed == filter.text() { "" } else { "still " };
        more(format!("filter {still}{} ({} match)", printable(filter.text()), total.matching), theme.warning, Missed::Most);
    }
    if let Some(hint) = baseline::said(state) {
        more(hint, theme.dim, Missed::Much);
    }
    if let Some(said) = selecting::alike(state) {
        more(said, theme.text, Missed::Least);
    }
    if let Some(said) = chance::said(state) {
        more(said, theme.text, Missed::Little);
    }
    if let Some(said) = evidence::shuffled(state) {
        more(said, theme.text, Missed::Little);
    }
    if let Some(said) = evidence::folded(state) {
        more(said, theme.warning, Missed::Most);
    }
    if let Some(said) = evidence::said(state) {
        more(said, theme.warning, Missed::Little);
    }
    if let Some(gap) = selecting::gap(state) {
        more(gap, theme.warning, Missed::Most);
    }
    if state.table.asked.is_some() {
        more("arranging…".to_owned(), theme.warning, Missed::Most);
    }
    if let Some(submodule) = state.submodule {
        more(format!("only {submodule}"), theme.warning, Missed::Most);
    }
    let is_shown = shows_order(state);
    if state.sort != Sort::STRENGTH || !is_shown {
        let name = state.sort.column.name(state.about(), state.shown());
        more(format!("by {name} {}", state.sort.arrow()), theme.text, if is_shown { Missed::Least } else { Missed::Most });
    }
    if !state.marked.is_empty() {
        let hidden = targets::counted_hidden(state);
        let hidden = if hidden.is_empty() { hidden } else { format!(", {hidden}") };
        more(format!("{} marked{hidden}", state.marked.len()), theme.mark, Missed::Most);
    }
    let rule = format!(" {rule}");
    let used = |parts: &[(String, Style, Missed)]| rule.width() + parts.iter().map(|(text, ..)| text.width()).sum::<usize>();
    // Whole parts leave, from the right, before a word is cut.
    while used(&parts) > usize::from(width)
        && let Some(least) = parts.iter().map(|(.., missed)| *missed).min().filter(|missed| *missed < Missed::Most)
        && let Some(place) = parts.iter().rposition(|(.., missed)| *missed == least)
    {
        parts.remove(place);
    }
    if used(&parts) > usize::from(width) {
        let text: String = std::iter::once(rule.as_str()).chain(parts.iter().map(|(text, ..)| text.as_str())).collect();
        return Line::styled(cut(&text, usize::from(width)), theme.text);
    }
    let mut spans = vec![Span::styled(rule, theme.title)];
    spans.extend(parts.into_iter().map(|(text, style, _)| Span::styled(text, style)));
    Line::from(spans)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::state::ThemeName;
    use crate::app::state::tab::Tab;
    use crate::ui::testing::{run, showing};

    #[test]
    fn less_important_words_leave_before_a_word_is_cut() {
        let theme = Theme::new(ThemeName::Dark, true);
        let mut state = showing(run());
        for tab in [Tab::Single(crate::core::study::testing::MALE), Tab::Difference, Tab::Similarity] {
            state.tab = tab;
            for column in [Sort::STRENGTH.column, crate::core::rows::column::Column::Name] {
                state.sort.column = column;
                crate::app::table::refresh(&mut state);
                for width in 60..200 {
                    state.setting.size = (width, 40);
                    let said = selection(&state, &theme, width).to_string();
                    assert!(!said.contains('…') && said.contains(" features"), "{width}: {said}");
                    let says_order = said.contains(&format!("by {} ▲", column.name(state.about(), state.shown())));
                    assert!(says_order || shows_order(&state), "{width}: {said}");
                    let source = source(&state, &theme, width).to_string();
                    assert!(source.contains("pythia-70m-deduped · ") && !source.contains('…'), "{width}: {source}");
                }
            }
        }
    }
}
