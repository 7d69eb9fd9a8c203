//! The list of submodules: number of selected features, sum of the effects of all features, and error share.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::fit::{left, right};
use super::theme::Theme;
use super::{bar, pane};
use crate::app::commands::movement::{submodule_row, submodule_top};
use crate::app::state::{Pane, State};
use crate::core::declared::Agreement;
use crate::core::dictionary_report::DictionaryReport;
use crate::core::rows::Count;
use crate::core::rows::cells::signed;
use crate::core::run::DictionaryRecord;
use crate::core::submodule::Submodule;
use crate::core::view_findings::Coverage;

/// Draws the list into `area`, border included.
pub fn draw(state: &State, theme: &Theme, area: Rect, frame: &mut Frame) {
    let focused = state.pane == Pane::Submodules;
    let inside = pane::frame(&format!("submodules · {}", state.about().name(state.shown().first())), focused, theme, area, frame);
    let rows = state.submodules();
    let columns = columns(&rows);
    heading(theme, columns, inside, frame);
    let height = usize::from(inside.height).saturating_sub(1);
    let top = submodule_top(state, height);
    let cursor = submodule_row(state);
    let largest = largest(state);
    for (line, submodule) in rows.iter().enumerate().skip(top).take(height) {
        let content = match submodule {
            None => all(state, theme, columns),
            Some(submodule) => one(state, theme, *submodule, columns, largest, usize::from(inside.width)),
        };
        let row = Rect::new(inside.x, inside.y + 1 + (line - top) as u16, inside.width, 1);
        frame.buffer_mut().set_line(row.x, row.y, &content, row.width);
        if line == cursor {
            frame.buffer_mut().set_style(row, if focused { theme.cursor } else { theme.cursor_elsewhere });
        }
    }
}

/// The largest |sum| of a submodule, the scale of the bars.
fn largest(state: &State) -> f64 {
    let view = state.findings().map(|findings| findings.view(state.shown().first()));
    let sums = view.into_iter().flat_map(|view| view.submodules().map(|ranked| ranked.feature_sum().abs()));
    sums.fold(0.0, f64::max)
}

/// Widths of name, count, sum and error share in columns; the bar takes the rest.
type Columns = [usize; 4];

/// The widths for the names of `rows`: room for the longest and a mark.
fn columns(rows: &[Option<Submodule>]) -> Columns {
    let longest = rows.iter().flatten().map(|submodule| submodule.to_string().len()).max().unwrap_or(0);
    [8.max(longest + 1), 6, 8, 6]
}

fn heading(theme: &Theme, columns: Columns, inside: Rect, frame: &mut Frame) {
    let [name, count, sum, share] = columns;
    let bar = usize::from(inside.width).saturating_sub(columns.iter().sum());
    let text = format!("{}{}{}{}", left("", name), right("listed", count), right("sum", bar + sum), right("share", share));
    frame.buffer_mut().set_stringn(inside.x, inside.y, text, usize::from(inside.width), theme.dim);
}

/// The row of all submodules together.
fn all(state: &State, theme: &Theme, [name, count, ..]: Columns) -> Line<'static> {
    Line::from(vec![
        Span::styled(left("all", name), theme.title),
        Span::styled(right(&counted(state, state.table.listing.total()), count), theme.text),
    ])
}

/// The number of selected features; with a filter, `matching/selected`.
fn counted(state: &State, count: Count) -> String {
    // Figures that were printed only in part may have left out features; a zero would claim that there are no others.
    if state.table.listing.gap.is_some() {
        return if count.selected == 0 { String::new() } else { format!("{}+", count.selected) };
    }
    if state.filter.is_some() { format!("{}/{}", count.matching, count.selected) } else { count.selected.to_string() }
}

fn one(state: &State, theme: &Theme, submodule: Submodule, columns: Columns, largest: f64, width: usize) -> Line<'static> {
    let layers = state.findings().map_or(0, |findings| findings.layers);
    let count = state.table.listing.counts.get(submodule.ordinal(layers)).copied().unwrap_or_default();
    // `!` marks a suspect dictionary; the card says why it is suspect.
    let suspect = state.findings().is_some_and(|findings| {
        let agreement = findings.dictionary(submodule).and_then(DictionaryRecord::agreement);
        findings.report(submodule).is_some_and(DictionaryReport::is_suspect) || agreement.is_some_and(Agreement::is_bad)
    });
    let name = left(&format!("{submodule}{}", if suspect { "!" } else { "" }), columns[0]);
    let view = state.findings().map(|findings| findings.view(state.shown().first()));
    let found = view.and_then(|view| view.submodule(submodule));
    let mut spans = vec![Span::styled(name, if suspect { theme.warning } else { theme.text })];
    let Some(ranked) = found else {
        spans.push(Span::styled(right(if state.job.is_some() { "…" } else { "" }, columns[1]), theme.dim));
        return Line::from(spans);
    };
    let style = if count.selected > 0 { theme.text } else { theme.dim };
    spans.push(Span::styled(right(&counted(state, count), columns[1]), style));
    // A sum over the printed features only would differ from that of the study.
    let whole = view.is_some_and(|view| view.coverage == Coverage::Computed);
    let sum = whole.then(|| ranked.feature_sum());
    let share = ranked.error_share().filter(|_| whole).map_or_else(String::new, |share| format!("{:.0}%", 100.0 * share));
    let sum_style = theme.signed(sum.unwrap_or(0.0));
    // Name, count, sum and share take their room first; the bar takes the rest.
    let room = width.saturating_sub(columns.iter().sum());
    // A gap keeps a bar to the left from touching the count.
    let bar = room.saturating_sub(1);
    if bar >= 5 {
        spans.push(Span::raw(" "));
        spans.extend(bar::signed(sum, largest, bar, theme));
    }
    let drawn = if bar >= 5 { 0 } else { room };
    spans.push(Span::styled(right(&signed(sum), drawn + columns[2]), sum_style));
    spans.push(Span::styled(right(&share, columns[3]), theme.dim));
    Line::from(spans)
}
