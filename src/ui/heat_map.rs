//! The heat map shows where in the network and at which word an effect arises: all submodules against all positions of the
//! prompt. In a comparison it shows the effects in the first view minus those in the second.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::fit;
use super::theme::Theme;
use crate::app::heat_map::{legend, missing};
use crate::app::state::State;
use crate::core::findings::Findings;
use crate::core::rows::Shown;
use crate::core::sides;
use crate::core::submodule::Submodule;
use crate::core::view::View;

/// Least width in columns of a cell with the gap after it, also that of the sums.
const CELL: usize = 8;

/// Headings of the columns behind the positions, in two lines: the sum over the features, the error term, and its share.
const SUMS: [[&str; 3]; 2] = [["sum", "error", "share"], ["", "term", ""]];

/// Number of lines above the cells.
const HEADING: usize = 3;

/// Draws the map over the whole of `area`.
pub fn draw(state: &State, theme: &Theme, area: Rect, frame: &mut Frame) {
    let area = area.intersection(frame.area());
    let shown = state.shown();
    let lines = match state.findings().map(|findings| (findings, missing(state, findings))) {
        None => fit::sentence("nothing is computed yet", theme.dim, usize::from(area.width), theme),
        Some((_, Some(reason))) => fit::sentence(&reason, theme.dim, usize::from(area.width), theme),
        Some((findings, None)) => {
            Map::new(findings, shown).lines(theme, usize::from(area.width), usize::from(area.height), state.pictures.scroll)
        }
    };
    frame.render_widget(Paragraph::new(lines), area);
}

/// The numbers of one submodule, or their differences.
struct Sums {
    /// The sum over the features at each position.
    positions: Vec<f64>,
    features: f64,
    error: f64,
    /// The error's share in percent; None in a comparison, and where it is not known.
    share: Option<f64>,
}

impl Sums {
    fn of(findings: &Findings, view: View, submodule: Submodule) -> Option<Self> {
        let ranked = findings.view(view).submodule(submodule)?;
        Some(Self {
            positions: ranked.position_sums().to_vec(),
            features: ranked.feature_sum(),
            error: f64::from(ranked.effects().error.effect),
            share: ranked.error_share().map(|share| 100.0 * share),
        })
    }

    /// These numbers minus those of `other`. Where only one has a position, the other has no effect there.
    fn minus(&self, other: &Self) -> Self {
        let at = |positions: &[f64], place: usize| positions.get(place).copied().unwrap_or(0.0);
        let count = self.positions.len().max(other.positions.len());
        Self {
            positions: (0..count).map(|place| at(&self.positions, place) - at(&other.positions, place)).collect(),
            features: self.features - other.features,
            error: self.error - other.error,
            share: None,
        }
    }
}

/// The heat map of one view, or of the difference of two.
struct Map<'a> {
    findings: &'a Findings,
    shown: Shown,
    submodules: Vec<Submodule>,
    /// The numbers of each submodule; None for one that has not arrived.
    sums: Vec<Option<Sums>>,
    positions: usize,
    /// The largest |sum| of a cell, the scale of the colours.
    largest: f64,
    /// The words at each position; empty where the prompts have none in common.
    words: Vec<String>,
}

/// The places of the map's columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Places {
    /// Width of the names of the submodules, with the gap after them.
    label: usize,
    /// Number of positions that fit.
    positions: usize,
    /// Width of a position with the gap after it.
    cell: usize,
}

impl<'a> Map<'a> {
    fn new(findings: &'a Findings, shown: Shown) -> Self {
        let submodules = findings.submodules();
        let of = |submodule: &Submodule| {
            let first = Sums::of(findings, shown.first(), *submodule)?;
            let Some((_, second)) = shown.pair() else { return Some(first) };
            Some(first.minus(&Sums::of(findings, second, *submodule)?))
        };
        let sums: Vec<Option<Sums>> = submodules.iter().map(of).collect();
        let known = || sums.iter().flatten().map(|sums| sums.positions.as_slice());
        let strengths = known().flatten().map(|sum| sum.abs()).filter(|strength| strength.is_finite());
        let largest = strengths.fold(0.0, f64::max);
        let positions = known().map(<[f64]>::len).max().unwrap_or(0);
        let has_words = shown.pair().is_none_or(|(first, second)| findings.has_same_pairs(first, second));
        let words = if has_words { sides::position_words(findings, shown.first()) } else { Vec::new() };
        Self { findings, shown, submodules, sums, positions, largest, words }
    }

    /// The columns behind the positions; differences have no share.
    fn columns(&self) -> usize {
        if self.shown.pair().is_some() { 2 } else { SUMS[0].len() }
    }

    /// The places of the map's columns in `columns`: as wide as the longest words, if there is room for them at every position.
    fn places(&self, columns: usize) -> Places {
        let label = self.submodules.iter().map(|submodule| submodule.to_string().len()).max().unwrap_or(0) + 1;
        let room = columns.saturating_sub(label + self.columns() * CELL);
        let positions = (room / CELL).min(self.positions);
        let longest = self.words.iter().take(positions).map(|word| fit::width(word) + 1).max().unwrap_or(0);
        let cell = longest.min(room.checked_div(positions).unwrap_or(0)).max(CELL);
        Places { label, positions, cell }
    }

    /// The lines of the map. `scroll` submodules are hidden above the first row, or fewer if the last submodule is visible then.
    fn lines(&self, theme: &Theme, columns: usize, rows: usize, scroll: usize) -> Vec<Line<'static>> {
        let places = self.places(columns);
        let mut legend = fit::sentence(&legend(self.findings, self.shown, self.largest), theme.dim, columns, theme);
        if places.positions < self.positions {
            let left_out = format!("{} more positions do not fit", self.positions - places.positions);
            legend.splice(0..0, fit::sentence(&left_out, theme.warning, columns, theme));
        }
        let count = self.submodules.len();
        let fitting = rows.saturating_sub(HEADING + legend.len()).clamp(1, count.max(1)).min(count);
        let first = scroll.min(count - fitting);
        let mut lines = vec![self.title(theme, columns, first, count - fitting - first)];
        lines.extend(self.heading(theme, places));
        lines.extend((first..first + fitting).map(|ordinal| self.row(theme, ordinal, places)));
        lines.extend(legend);
        lines
    }

    /// What the map shows, and how many submodules are hidden above and below.
    fn title(&self, theme: &Theme, columns: usize, above: usize, below: usize) -> Line<'static> {
        let study = &self.findings.study;
        let (what, of) = match self.shown.pair() {
            None => ("effect", study.name(self.shown.first()).to_string()),
            Some(_) => ("Δ", self.shown.pair_name(study)),
        };
        let hidden = [('↑', above, "above"), ('↓', below, "below")].into_iter().filter(|(_, count, _)| *count > 0);
        let hidden: Vec<String> = hidden.map(|(arrow, count, place)| format!("{arrow} {count} more {place}")).collect();
        let hidden = if hidden.is_empty() { String::new() } else { format!(" · {}", hidden.join(", ")) };
        let title = format!("{what} by submodule and position, {of}");
        let title = fit::cut(&title, columns.saturating_sub(fit::width(&hidden)));
        Line::from(vec![Span::styled(title, theme.title), Span::styled(hidden, theme.warning)])
    }

    /// The positions, then the words at each.
    fn heading(&self, theme: &Theme, Places { label, positions, cell }: Places) -> Vec<Line<'static>> {
        let wide = |text: &str, width: usize| format!("{} ", fit::right(text, width - 1));
        let numbers: String = (0..positions).map(|position| wide(&position.to_string(), cell)).collect();
        let [sums, below] = SUMS.map(|names| names[..self.columns()].iter().map(|name| wide(name, CELL)).collect::<String>());
        let words: String =
            (0..positions).map(|position| wide(self.words.get(position).map_or("", String::as_str), cell)).collect();
        let indent = " ".repeat(label);
        vec![
            Line::styled(format!("{indent}{numbers}{sums}"), theme.dim),
            Line::from(vec![Span::styled(format!("{indent}{words}"), theme.text), Span::styled(below, theme.dim)]),
        ]
    }

    fn row(&self, theme: &Theme, ordinal: usize, Places { label, positions, cell }: Places) -> Line<'static> {
        let mut spans = vec![Span::styled(fit::left(&self.submodules[ordinal].to_string(), label), theme.text)];
        let sums = self.sums[ordinal].as_ref();
        let text = |number: Option<f64>, width: usize| fit::right(&fit::number(number, 3, CELL - 1), width - 1);
        for position in 0..positions {
            let sum = sums.and_then(|sums| sums.positions.get(position).copied());
            let shown = text(sum, cell);
            // What is shown as zero has the colour of zero.
            let coloured = sum.filter(|_| shown.trim() != "0");
            spans.push(Span::styled(shown, coloured.map_or(theme.dim, |sum| theme.heat(sum, self.largest))));
            spans.push(Span::raw(" "));
        }
        let signed =
            |number: Option<f64>| Span::styled(text(number, CELL), number.map_or(theme.dim, |number| theme.signed(number)));
        spans.extend([
            signed(sums.map(|sums| sums.features)),
            Span::raw(" "),
            signed(sums.map(|sums| sums.error)),
            Span::raw(" "),
        ]);
        let share = sums.and_then(|sums| sums.share).map_or_else(String::new, |share| format!("{share:.1} %"));
        spans.push(Span::styled(fit::right(&share, CELL - 1), theme.text));
        Line::from(spans)
    }
}

#[cfg(test)]
#[path = "heat_map_tests.rs"]
mod tests;
