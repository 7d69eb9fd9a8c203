//! The heat map shows where in the network and at which word an effect arises: all submodules against all positions of the
//! prompt.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::fit;
use super::theme::Theme;
use crate::app::state::State;
use crate::core::findings::{Findings, Source};
use crate::core::sides;
use crate::core::submodule::Submodule;
use crate::core::view::View;

/// Width in columns of a cell with the gap after it, also for the sums.
const CELL: usize = 8;

/// Headings of the columns behind the positions, in two lines: the sum over the features, the error term, and its share.
const SUMS: [[&str; 3]; 2] = [["sum", "error", "share"], ["", "term", ""]];

/// Number of lines above the cells.
const HEADING: usize = 3;

/// Draws the map over the whole of `area`.
pub fn draw(state: &State, theme: &Theme, area: Rect, frame: &mut Frame) {
    let area = area.intersection(frame.area());
    let view = state.shown().first();
    let lines = match state.findings().map(|findings| (findings, missing(state, findings, view))) {
        None => fit::sentence("nothing is computed yet", theme.dim, usize::from(area.width), theme),
        Some((_, Some(reason))) => fit::sentence(&reason, theme.dim, usize::from(area.width), theme),
        Some((findings, None)) => {
            Map::new(findings, view).lines(theme, usize::from(area.width), usize::from(area.height), state.map_scroll)
        }
    };
    frame.render_widget(Paragraph::new(lines), area);
}

/// The reason why there is nothing to draw; None if there is.
fn missing(state: &State, findings: &Findings, view: View) -> Option<String> {
    let name = findings.study.name(view);
    if matches!(findings.source, Source::Published { .. }) {
        return Some(format!("the study printed no effects by position and no error terms of the {name} view"));
    }
    let found = findings.view(view);
    if !found.is_empty() {
        return None;
    }
    let says = if state.job.is_some() { "has arrived yet" } else { "was computed" };
    Some(format!("nothing of the {name} view {says}"))
}

/// The heat map of one view.
struct Map<'a> {
    findings: &'a Findings,
    view: View,
    submodules: Vec<Submodule>,
    positions: usize,
    /// The largest |sum| of a cell, the scale of the colours.
    largest: f64,
}

impl<'a> Map<'a> {
    fn new(findings: &'a Findings, view: View) -> Self {
        let sums = || findings.view(view).submodules().map(|ranked| ranked.position_sums());
        let strengths = sums().flatten().map(|sum| sum.abs()).filter(|strength| strength.is_finite());
        Self {
            findings,
            view,
            submodules: Submodule::all(findings.layers),
            positions: sums().map(<[f64]>::len).max().unwrap_or(0),
            largest: strengths.fold(0.0, f64::max),
        }
    }

    /// The lines of the map. `scroll` submodules are hidden above the first row, or fewer if the last submodule is visible then.
    fn lines(&self, theme: &Theme, columns: usize, rows: usize, scroll: usize) -> Vec<Line<'static>> {
        let label = self.submodules.iter().map(|submodule| submodule.to_string().len()).max().unwrap_or(0) + 1;
        let positions = (columns.saturating_sub(label + SUMS[0].len() * CELL) / CELL).min(self.positions);
        let mut legend = fit::sentence(&self.legend(), theme.dim, columns, theme);
        if positions < self.positions {
            let left_out = format!("{} more positions do not fit", self.positions - positions);
            legend.splice(0..0, fit::sentence(&left_out, theme.warning, columns, theme));
        }
        let room = |legend: usize| rows.saturating_sub(HEADING + legend);
        let mut fitting = self.submodules.len();
        if room(legend.len()) < fitting {
            fitting = room(legend.len() + 1).clamp(1, fitting.max(1)).min(fitting);
            legend.insert(0, Line::default());
        }
        let first = scroll.min(self.submodules.len() - fitting);
        let (above, below) = (first, self.submodules.len() - fitting - first);
        if above + below > 0 {
            let text = format!("↑ {above} more above, ↓ {below} more below");
            legend[0] = Line::styled(fit::cut(&text, columns), theme.warning);
        }
        let mut lines = self.heading(theme, label, positions);
        lines.extend(
            self.submodules[first..first + fitting].iter().map(|submodule| self.row(theme, *submodule, label, positions)),
        );
        lines.extend(legend);
        lines
    }

    fn legend(&self) -> String {
        format!(
            "effect in logits, logit(patch answer) - logit(clean answer), summed over all features of the submodule, mean over \
             examples; colours reach to ±{:.3}; share: |error term| / (|sum| + |error term|)",
            self.largest
        )
    }

    /// The title, then the positions, then the tokens of the first example.
    fn heading(&self, theme: &Theme, label: usize, positions: usize) -> Vec<Line<'static>> {
        let tokens = sides::first_tokens(self.findings, self.view).unwrap_or_default();
        let cell = |text: &str| format!("{} ", fit::right(text, CELL - 1));
        let numbers: String = (0..positions).map(|position| cell(&position.to_string())).collect();
        let [sums, below] = SUMS.map(|names| names.map(cell).concat());
        let tokens: String = (0..positions).map(|position| cell(tokens.get(position).map_or("", String::as_str))).collect();
        let indent = " ".repeat(label);
        vec![
            Line::styled(format!("effect by submodule and position, {}", self.findings.study.name(self.view)), theme.title),
            Line::styled(format!("{indent}{numbers}{sums}"), theme.dim),
            Line::from(vec![Span::styled(format!("{indent}{tokens}"), theme.text), Span::styled(below, theme.dim)]),
        ]
    }

    fn row(&self, theme: &Theme, submodule: Submodule, label: usize, positions: usize) -> Line<'static> {
        let mut spans = vec![Span::styled(fit::left(&submodule.to_string(), label), theme.text)];
        let ranked = self.findings.view(self.view).submodule(submodule);
        let text = |number: Option<f64>| fit::right(&fit::number(number, 3, CELL - 1), CELL - 1);
        for position in 0..positions {
            let sum = ranked.and_then(|ranked| ranked.position_sums().get(position).copied());
            spans.push(Span::styled(text(sum), sum.map_or(theme.dim, |sum| theme.heat(sum, self.largest))));
            spans.push(Span::raw(" "));
        }
        let signed = |number: Option<f64>| Span::styled(text(number), number.map_or(theme.dim, |number| theme.signed(number)));
        let share =
            ranked.and_then(|ranked| ranked.error_share()).map_or_else(String::new, |share| format!("{:.1} %", 100.0 * share));
        spans.extend([
            signed(ranked.map(|ranked| ranked.feature_sum())),
            Span::raw(" "),
            signed(ranked.map(|ranked| f64::from(ranked.effects().error.effect))),
            Span::raw(" "),
            Span::styled(fit::right(&share, CELL - 1), theme.text),
        ]);
        Line::from(spans)
    }
}

#[cfg(test)]
#[path = "heat_map_tests.rs"]
mod tests;
