//! The table of features: only the rows that are visible are built.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use super::fit::{self, left, right, sentence};
use super::theme::Theme;
use super::{bar, pane};
use crate::app::columns::{GUTTER, Item, Placed, on_screen};
use crate::app::command_id::CommandId;
use crate::app::state::{Pane, State};
use crate::app::{chance, selecting};
use crate::core::findings::Findings;
use crate::core::rows::cells::{cell, delta, number as number_in, unsigned};
use crate::core::rows::column::Column;
use crate::core::rows::{Row, Shown, Spec};
use crate::core::selection::Selection;
use crate::core::text::told_apart;

/// Draws the table into `area`, border included.
pub fn draw(state: &State, theme: &Theme, area: Rect, frame: &mut Frame) {
    let focused = state.pane == Pane::Features;
    let inside = pane::frame(&title(state), focused, theme, area, frame);
    let Some(findings) = state.findings() else {
        say(&no_study(state), theme, inside, frame);
        return;
    };
    let placed = on_screen(inside.width, state);
    if inside.height > 0 {
        heading(state, theme, inside, &placed, frame);
    }
    let height = usize::from(inside.height).saturating_sub(1);
    let Some(spec) = &state.table.spec else { return };
    if state.table.is_empty() && height > 0 {
        let below = Rect { y: inside.y + 1, height: inside.height - 1, ..inside };
        say(&empty(state), theme, below, frame);
    }
    let largest = largest(state);
    let rows = state.table.listing.rows.iter().enumerate().skip(state.table.top).take(height);
    for (line, (index, row)) in rows.enumerate() {
        let place = Rect::new(inside.x, inside.y + 1 + line as u16, inside.width, 1);
        let context = Context { state, theme, findings, spec, placed: &placed, largest };
        context.row(index == state.table.cursor, row, place, frame);
        if index == state.table.cursor {
            frame.buffer_mut().set_style(place, if focused { theme.cursor } else { theme.cursor_elsewhere });
        }
    }
}

fn title(state: &State) -> String {
    let place =
        if state.table.is_empty() { String::new() } else { format!(" · {}/{}", state.table.cursor + 1, state.table.len()) };
    let of = state.submodule.map_or_else(String::new, |submodule| format!(" of {submodule}"));
    format!("features{of}{place}")
}

/// Writes a sentence where rows would be.
fn say(text: &str, theme: &Theme, area: Rect, frame: &mut Frame) {
    for (row, line) in (area.top()..area.bottom()).zip(sentence(text, theme.dim, usize::from(area.width), theme)) {
        frame.buffer_mut().set_line(area.x, row, &line, area.width);
    }
}

/// The reason why the table has no row.
fn empty(state: &State) -> String {
    let found = state.findings().map(|findings| findings.view(state.shown().first()));
    if let Some(gap) = selecting::gap(state) {
        return format!("not known: {gap}");
    }
    if found.is_some_and(crate::core::view_findings::ViewFindings::is_empty) {
        let view = state.about().name(state.shown().first());
        return match &state.job {
            Some(job) if job.opened => format!("view {view} is still being computed"),
            Some(_) => format!("nothing was computed of the view {view}; the inputs of the next computation are being opened"),
            None => format!("nothing was computed of the view {view}"),
        };
    }
    if state.filter.is_some() && state.table.listing.total().selected > 0 {
        if let Some(why) = selecting::unknown_to_filter(state).or_else(|| chance::bounds_of_filter(state)) {
            return format!("no feature matches the filter: {why}");
        }
        return format!("no feature matches the filter; {} drops it", state.setting.keymap.way(CommandId::BACK));
    }
    if let Some(submodule) = state.submodule {
        return format!("the selection holds no feature of {submodule}");
    }
    if state.job.is_some() {
        return "no feature that has arrived is in the selection".to_owned();
    }
    let largest = largest(state);
    // A selection that holds features in one view or in both may still leave nothing to compare.
    let holds_any = match state.selection {
        Selection::Threshold(threshold) => largest > f64::from(threshold),
        Selection::TopK(count) => largest > 0.0 && count > 0,
    };
    match (state.selection, state.shown()) {
        (_, Shown::Difference(..)) if holds_any => {
            return "no feature is in only one of the two selections".to_owned();
        }
        (_, Shown::Similarity(..)) if holds_any => {
            return "no feature is in both selections".to_owned();
        }
        (Selection::Threshold(_), _) => {}
        (Selection::TopK(_), _) => return "the selection holds no feature".to_owned(),
    }
    if largest == 0.0 {
        return "no feature has an effect in this view".to_owned();
    }
    let top_k = state.setting.keymap.way(CommandId::TOP_K);
    let strongest = unsigned(Some(largest));
    let (of, of_each) = if state.shown().pair().is_some() { (" in both views", " of each") } else { ("", "") };
    format!(
        "the selection holds no feature: the largest |effect|{of} is {strongest}; {top_k} lists the {} strongest{of_each}",
        state.top_k
    )
}

/// The reason why there is nothing to list, and the ways to a study.
fn no_study(state: &State) -> String {
    if state.job.is_some() {
        return "the first submodule is on its way".to_owned();
    }
    let Some(_) = &state.setting.request else { return "there is no study".to_owned() };
    let way = |command: CommandId| state.setting.keymap.way(command);
    let (compute, pairs, study) = (way(CommandId::COMPUTE), way(CommandId::PAIRS), way(CommandId::STUDY));
    format!("there is no study; {compute} computes one, {pairs} takes a pair file, {study} another study")
}

/// The largest |effect| of all features in the shown view or views. It is the scale of the bars, so that the bars of different
/// selections can be compared.
fn largest(state: &State) -> f64 {
    let Some(findings) = state.findings() else { return 0.0 };
    let shown = state.shown();
    let views = [Some(shown.first()), shown.pair().map(|(_, second)| second)];
    let strongest = views.into_iter().flatten().flat_map(|view| {
        findings
            .view(view)
            .submodules()
            .filter_map(|ranked| ranked.strongest(1).next())
            .map(|selected| f64::from(selected.effect.abs()))
    });
    strongest.fold(0.0, f64::max)
}

fn is_number(item: Item) -> bool {
    matches!(item, Item::Cell(column) if column.is_number())
}

fn heading(state: &State, theme: &Theme, inside: Rect, placed: &[Placed], frame: &mut Frame) {
    let study = state.about();
    let views: Vec<&str> = study.views.iter().map(|view| view.name.as_str()).collect();
    for column in placed {
        let (title, sorted) = match column.item {
            Item::Cell(cell) => (cell.title(study, state.shown()), state.sort.column == cell),
            Item::Bar => (String::new(), false),
        };
        let arrow = if sorted { state.sort.arrow().to_string() } else { String::new() };
        let width = usize::from(column.width);
        let room = width.saturating_sub(fit::width(&arrow));
        // Names that do not fit are in the tab and in the line below it.
        let title = if title.starts_with('Δ') && fit::width(&title) > room { "Δ".to_owned() } else { title };
        let title = match column.item {
            Item::Cell(Column::Effects(_)) => told_apart(&title, &views, room),
            _ => title,
        };
        let title = title + &arrow;
        let text = if is_number(column.item) { right(&title, width) } else { left(&title, width) };
        let style = if sorted { theme.title } else { theme.dim };
        frame.buffer_mut().set_stringn(inside.x + column.x, inside.y, text, width, style);
    }
}

struct Context<'a> {
    state: &'a State,
    theme: &'a Theme,
    findings: &'a Findings,
    spec: &'a Spec,
    placed: &'a [Placed],
    largest: f64,
}

impl Context<'_> {
    fn row(&self, at_cursor: bool, row: &Row, place: Rect, frame: &mut Frame) {
        let buffer = frame.buffer_mut();
        // Cursor and mark are also characters, because some users cannot see a reversed line.
        let gutter = [
            Span::styled(if at_cursor { ">" } else { " " }, self.theme.title),
            Span::styled(if self.state.marked.contains(&row.feature) { "*" } else { " " }, self.theme.mark),
        ];
        buffer.set_line(place.x, place.y, &Line::from(gutter.to_vec()), GUTTER);
        for column in self.placed {
            let line = self.cell(row, *column);
            buffer.set_line(place.x + column.x, place.y, &line, column.width);
        }
        // A difference that is not told from zero is there to be read, but not to be seen first.
        if delta(row, self.findings, self.spec).is_some_and(|delta| delta.may_be_zero()) {
            buffer.set_style(place, self.theme.dim);
        }
        if !row.matches {
            buffer.set_style(place, self.theme.dim);
        }
    }

    fn cell(&self, row: &Row, placed: Placed) -> Line<'static> {
        let width = usize::from(placed.width);
        match placed.item {
            Item::Bar => {
                let number = if self.spec.shown.pair().is_some() { Column::Delta } else { Column::Effect };
                let number = number_in(number, row, self.findings, self.spec).map(f64::from);
                Line::from(bar::signed(number, self.largest, width, self.theme))
            }
            Item::Cell(column) => {
                let mut text = cell(column, row, self.findings, self.state.tags(), self.spec);
                if matches!(column, Column::Fires | Column::Side) {
                    text = told_apart(&text, &self.alike(column), width);
                }
                if let Some(folded) = self.state.table.listing.folded.get(&row.feature).filter(|_| column == Column::Tags) {
                    text = format!("+{} {text}", folded.len());
                }
                let style = self.style(column, row, &text);
                Line::styled(if is_number(placed.item) { right(&text, width) } else { left(&text, width) }, style)
            }
        }
    }

    /// The words that the cells of a column can hold.
    fn alike(&self, column: Column) -> Vec<&str> {
        let (study, shown) = (&self.findings.study, self.spec.shown);
        let views =
            [Some(shown.first()), shown.pair().map(|(_, second)| second)].into_iter().flatten().map(|view| study.view(view));
        match column {
            Column::Side => views.map(|view| view.name.as_str()).collect(),
            _ => views.flat_map(|view| [view.clean.as_str(), view.patch.as_str()]).collect(),
        }
    }

    fn style(&self, column: Column, row: &Row, text: &str) -> Style {
        let theme = self.theme;
        match column {
            Column::Rank
            | Column::StandardError
            | Column::Ratio
            | Column::Interval
            | Column::P
            | Column::Q
            | Column::DeltaError => theme.dim,
            Column::Effect | Column::Effects(_) | Column::Delta | Column::DeltaShare => {
                theme.signed(number_in(column, row, self.findings, self.spec).map_or(0.0, f64::from))
            }
            Column::Tags if text.starts_with('X') => theme.dim.add_modifier(Modifier::CROSSED_OUT),
            Column::Name | Column::Fires | Column::Label | Column::Side | Column::Tags => theme.text,
        }
    }
}
