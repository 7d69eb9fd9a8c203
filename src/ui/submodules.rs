//! The list of submodules: number of selected features, sum of the effects of all features, and error share.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::fit::{left, number, right};
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

/// Digits of a sum behind the point, where there is room for them.
const DIGITS: usize = 4;

/// Draws the list into `area`, border included.
pub fn draw(state: &State, theme: &Theme, area: Rect, frame: &mut Frame) {
    let focused = state.pane == Pane::Submodules;
    // The counts are those of the list; sums are of one view, which a comparison has to name.
    let of = if state.shown().pair().is_some() { "sums: " } else { "" };
    let title = format!("submodules · {of}{}", state.about().name(state.shown().first()));
    let inside = pane::frame(&title, focused, theme, area, frame);
    let rows = state.submodules();
    let columns = Columns::of(&rows, state, usize::from(inside.width));
    heading(theme, columns, inside, frame);
    let height = usize::from(inside.height).saturating_sub(1);
    let top = submodule_top(state, height);
    let cursor = submodule_row(state);
    let largest = largest(state);
    for (line, submodule) in rows.iter().enumerate().skip(top).take(height) {
        let content = match submodule {
            None => all(state, theme, columns),
            Some(submodule) => one(state, theme, *submodule, columns, largest),
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

/// Widths in columns; a bar or a share without room has none.
#[derive(Clone, Copy)]
struct Columns {
    name: usize,
    count: usize,
    bar: usize,
    sum: usize,
    share: usize,
}

/// Least width of a bar, and the width from which on it shows nothing more. Both are odd, so that the axis is in the middle.
const BAR: (usize, usize) = (5, 41);

impl Columns {
    /// The widths for `rows` in `room` columns: name and count take their room first, then the sum and the share of the error term,
    /// and a bar what is left. A blank stands before each of them.
    fn of(rows: &[Option<Submodule>], state: &State, room: usize) -> Self {
        let longest = rows.iter().flatten().map(|submodule| submodule.to_string().len()).max().unwrap_or(0);
        // The name has room for a mark.
        let name = 8.max(longest + 1);
        let counted = |row: &Option<Submodule>| row.map_or_else(|| state.table.listing.total(), |row| count(state, row));
        let digits = rows.iter().map(|row| counted_text(state, counted(row)).len()).max().unwrap_or(0);
        // The heading of the counts may reach into the blanks above the names.
        let mut columns = Self { name, count: 6.max(digits + 1), bar: 0, sum: 0, share: 0 };
        let view = state.findings().map(|findings| findings.view(state.shown().first()));
        let Some(view) = view.filter(|view| view.coverage == Coverage::Computed) else { return columns };
        let left = |columns: &Self| room.saturating_sub(columns.total());
        let digits = view.submodules().map(|ranked| signed(Some(ranked.feature_sum())).len()).max().unwrap_or(0);
        // A sum without room for all digits loses the last ones.
        columns.sum = 8.max(digits + 1).min(left(&columns).max(8));
        columns.share = if left(&columns) >= 6 { 6 } else { 0 };
        let bar = left(&columns).saturating_sub(1).min(BAR.1);
        columns.bar = if bar >= BAR.0 { bar + 1 } else { 0 };
        columns
    }

    fn total(&self) -> usize {
        self.name + self.count + self.bar + self.sum + self.share
    }
}

fn heading(theme: &Theme, columns: Columns, inside: Rect, frame: &mut Frame) {
    let sum = right(if columns.sum > 0 { "sum" } else { "" }, columns.bar + columns.sum);
    let share = right(if columns.share > 0 { "share" } else { "" }, columns.share);
    let text = format!("{}{}{sum}{share}", left("", columns.name), right("listed", columns.count));
    frame.buffer_mut().set_stringn(inside.x, inside.y, text, usize::from(inside.width), theme.dim);
}

/// The row of all submodules together.
fn all(state: &State, theme: &Theme, columns: Columns) -> Line<'static> {
    Line::from(vec![
        Span::styled(left("all", columns.name), theme.title),
        Span::styled(right(&counted_text(state, state.table.listing.total()), columns.count), theme.text),
    ])
}

/// The features of `submodule` in the selection.
fn count(state: &State, submodule: Submodule) -> Count {
    let layers = state.findings().map_or(0, |findings| findings.layers);
    state.table.listing.counts.get(submodule.ordinal(layers)).copied().unwrap_or_default()
}

/// The number of selected features; with a filter, `matching/selected`.
fn counted_text(state: &State, count: Count) -> String {
    // Figures that were printed only in part may have left out features; a zero would claim that there are no others.
    if state.table.listing.gap.is_some() {
        return if count.selected == 0 { String::new() } else { format!("{}+", count.selected) };
    }
    if state.filter.is_some() { format!("{}/{}", count.matching, count.selected) } else { count.selected.to_string() }
}

fn one(state: &State, theme: &Theme, submodule: Submodule, columns: Columns, largest: f64) -> Line<'static> {
    let count = count(state, submodule);
    // `!` marks a suspect dictionary; the card says why it is suspect.
    let suspect = state.findings().is_some_and(|findings| {
        let agreement = findings.dictionary(submodule).and_then(DictionaryRecord::agreement);
        findings.report(submodule).is_some_and(DictionaryReport::is_suspect) || agreement.is_some_and(Agreement::is_bad)
    });
    let name = left(&format!("{submodule}{}", if suspect { "!" } else { "" }), columns.name);
    let view = state.findings().map(|findings| findings.view(state.shown().first()));
    let found = view.and_then(|view| view.submodule(submodule));
    let mut spans = vec![Span::styled(name, if suspect { theme.warning } else { theme.text })];
    let Some(ranked) = found else {
        spans.push(Span::styled(right(if state.job.is_some() { "…" } else { "" }, columns.count), theme.dim));
        return Line::from(spans);
    };
    let style = if count.selected > 0 { theme.text } else { theme.dim };
    spans.push(Span::styled(right(&counted_text(state, count), columns.count), style));
    // A sum over the printed features only would differ from that of the study.
    let whole = view.is_some_and(|view| view.coverage == Coverage::Computed);
    let sum = whole.then(|| ranked.feature_sum());
    let share = ranked.error_share().filter(|_| whole).map_or_else(String::new, |share| format!("{:.0}%", 100.0 * share));
    let sum_style = theme.signed(sum.unwrap_or(0.0));
    if let Some(bar) = columns.bar.checked_sub(1) {
        // A gap keeps a bar to the left from touching the count.
        spans.push(Span::raw(" "));
        spans.extend(bar::signed(sum, largest, bar, theme));
    }
    // A blank keeps the sum from touching the bar, whatever its digits.
    let full = signed(sum);
    let room = columns.sum.saturating_sub(1);
    let sum = if full.len() <= room { full } else { number(sum, DIGITS, room) };
    spans.push(Span::styled(right(&sum, columns.sum), sum_style));
    spans.push(Span::styled(right(&share, columns.share), theme.dim));
    Line::from(spans)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::state::ThemeName;
    use crate::ui::testing::{rows, run, screen, showing};

    /// The list of a study with a sum of two digits before the point, in so many columns inside the border.
    fn drawn(width: u16) -> Vec<String> {
        let mut run = run();
        for (submodule, effects) in run.views[0].submodules.iter_mut().enumerate() {
            let sign = if submodule % 2 == 0 { 1.0 } else { -1.0 };
            effects.effects.iter_mut().for_each(|effect| *effect = 100.0 * sign);
        }
        let (state, theme) = (showing(run), Theme::new(ThemeName::Dark, true));
        let lines = rows(&screen((width + 2, 12), |frame| draw(&state, &theme, frame.area(), frame)));
        lines[2..9].iter().map(|line| line.trim_matches('│').to_owned()).collect()
    }

    #[test]
    fn a_blank_stands_before_every_number() {
        for width in [22, 24, 28, 30, 34, 40, 60, 88] {
            for line in drawn(width) {
                let touches = |pair: &[char]| {
                    let starts = matches!(pair[1], '+' | '-' | '0'..='9');
                    starts && !matches!(pair[0], ' ' | '+' | '-' | '.' | '_' | '0'..='9')
                };
                let characters: Vec<char> = line.chars().collect();
                assert!(!characters.windows(2).any(touches), "{width}: {line}");
                assert!(characters.len() <= usize::from(width), "{width}: {line}");
            }
            // Digits go before a number loses its size or touches the count.
            let first = drawn(width)[1].clone();
            assert!(first.split_whitespace().any(|word| word.starts_with("+300.")), "{width}: {first}");
        }
    }

    #[test]
    fn what_is_not_printed_has_no_heading() {
        let mut state = crate::ui::testing::empty();
        state.show_published = true;
        crate::app::table::refresh(&mut state);
        let theme = Theme::new(ThemeName::Dark, true);
        let lines = rows(&screen((36, 12), |frame| draw(&state, &theme, frame.area(), frame)));
        assert!(lines[1].contains("listed") && !lines[1].contains("sum") && !lines[1].contains("share"), "{}", lines[1]);
    }
}
