//! The heat map shows where in the network and at which word an effect arises: all submodules against all positions of the
//! prompt. In a comparison it shows the effects in the first view minus those in the second.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::fit;
use super::theme::Theme;
use crate::app::state::State;
use crate::core::findings::{Findings, Source};
use crate::core::rows::Shown;
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
    let shown = state.shown();
    let views = [Some(shown.first()), shown.pair().map(|(_, second)| second)];
    let missing = |findings: &Findings| views.into_iter().flatten().find_map(|view| missing(state, findings, view));
    let lines = match state.findings().map(|findings| (findings, missing(findings))) {
        None => fit::sentence("nothing is computed yet", theme.dim, usize::from(area.width), theme),
        Some((_, Some(reason))) => fit::sentence(&reason, theme.dim, usize::from(area.width), theme),
        Some((findings, None)) => {
            Map::new(findings, shown).lines(theme, usize::from(area.width), usize::from(area.height), state.map_scroll)
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
        Self { findings, shown, submodules, sums, positions, largest }
    }

    /// The columns behind the positions; differences have no share.
    fn columns(&self) -> usize {
        if self.shown.pair().is_some() { 2 } else { SUMS[0].len() }
    }

    /// The lines of the map. `scroll` submodules are hidden above the first row, or fewer if the last submodule is visible then.
    fn lines(&self, theme: &Theme, columns: usize, rows: usize, scroll: usize) -> Vec<Line<'static>> {
        let label = self.submodules.iter().map(|submodule| submodule.to_string().len()).max().unwrap_or(0) + 1;
        let positions = (columns.saturating_sub(label + self.columns() * CELL) / CELL).min(self.positions);
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
        lines.extend((first..first + fitting).map(|ordinal| self.row(theme, ordinal, label, positions)));
        lines.extend(legend);
        lines
    }

    fn legend(&self) -> String {
        let study = &self.findings.study;
        let (what, share) = match self.shown.pair() {
            None => {
                let metric = "effect in logits, logit(patch answer) - logit(clean answer)";
                (metric.to_owned(), "; share: |error term| / (|sum| + |error term|)")
            }
            Some((first, second)) => {
                (format!("effect in {} minus effect in {}, in logits", study.name(first), study.name(second)), "")
            }
        };
        format!(
            "{what}, summed over all features of the submodule, mean over \
             pairs; colours reach to ±{:.3}{share}",
            self.largest
        )
    }

    /// The title, then the positions, then the tokens of the first example.
    fn heading(&self, theme: &Theme, label: usize, positions: usize) -> Vec<Line<'static>> {
        let has_tokens = self.shown.pair().is_none_or(|(first, second)| self.findings.has_same_pairs(first, second));
        let tokens = sides::first_tokens(self.findings, self.shown.first()).filter(|_| has_tokens).unwrap_or_default();
        let cell = |text: &str| format!("{} ", fit::right(text, CELL - 1));
        let numbers: String = (0..positions).map(|position| cell(&position.to_string())).collect();
        let [sums, below] = SUMS.map(|names| names[..self.columns()].iter().map(|name| cell(name)).collect::<String>());
        let tokens: String = (0..positions).map(|position| cell(tokens.get(position).map_or("", String::as_str))).collect();
        let indent = " ".repeat(label);
        let study = &self.findings.study;
        let (what, of) = match self.shown.pair() {
            None => ("effect", study.name(self.shown.first()).to_string()),
            Some(_) => ("Δ", self.shown.pair_name(study)),
        };
        vec![
            Line::styled(format!("{what} by submodule and position, {of}"), theme.title),
            Line::styled(format!("{indent}{numbers}{sums}"), theme.dim),
            Line::from(vec![Span::styled(format!("{indent}{tokens}"), theme.text), Span::styled(below, theme.dim)]),
        ]
    }

    fn row(&self, theme: &Theme, ordinal: usize, label: usize, positions: usize) -> Line<'static> {
        let mut spans = vec![Span::styled(fit::left(&self.submodules[ordinal].to_string(), label), theme.text)];
        let sums = self.sums[ordinal].as_ref();
        let text = |number: Option<f64>| fit::right(&fit::number(number, 3, CELL - 1), CELL - 1);
        for position in 0..positions {
            let sum = sums.and_then(|sums| sums.positions.get(position).copied());
            spans.push(Span::styled(text(sum), sum.map_or(theme.dim, |sum| theme.heat(sum, self.largest))));
            spans.push(Span::raw(" "));
        }
        let signed = |number: Option<f64>| Span::styled(text(number), number.map_or(theme.dim, |number| theme.signed(number)));
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
