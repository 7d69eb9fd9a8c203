//! The feature's effect at each position of the prompt.

use ratatui::text::{Line, Span};

use super::part::Card;
use crate::core::sides;
use crate::core::view_findings::Coverage;
use crate::ui::{bar, fit};

/// Least width of one position in columns, with the gap to the next.
const POSITION: usize = 10;

/// Columns between two positions.
const GAP: usize = 1;

/// A longer bar shows nothing more.
const LONGEST_BAR: usize = 41;

/// The mean effect at each position, as a number and as a bar, over the whole width.
pub fn lines(card: &Card) -> Vec<Line<'static>> {
    let view = card.view();
    let found = card.findings.view(view);
    let feature = card.row.feature;
    let Some(ranked) = found.submodule(feature.submodule) else { return Vec::new() };
    let Some(effects) = ranked.positions(feature.index) else {
        let differed = ranked.effects().features.binary_search(&feature.index).is_ok();
        let differed = differed || found.coverage != Coverage::Computed;
        return card.dim(if differed {
            "effects by position are not known"
        } else {
            "the activation is the same in both prompts of every pair"
        });
    };
    let words = sides::position_words(card.findings, view);
    let largest = effects.iter().map(|effect| f64::from(effect.abs())).filter(|effect| effect.is_finite()).fold(0.0, f64::max);
    let per_row = (card.columns / POSITION).clamp(1, effects.len());
    let cell = (card.columns / per_row).max(GAP + 1);
    let mut lines = card.heading(&format!("mean effect by position, {}", card.findings.study.name(view)));
    for (row, effects) in effects.chunks(per_row).enumerate() {
        let (mut labels, mut numbers, mut bars) = (Vec::new(), Vec::new(), Vec::new());
        for (column, effect) in effects.iter().enumerate() {
            let (position, effect) = (row * per_row + column, f64::from(*effect));
            let label = format!("{position} {}", words.get(position).map_or("", String::as_str));
            labels.push(Span::styled(fit::left(&fit::cut(&label, cell - GAP), cell), card.theme.dim));
            let number = fit::number(Some(effect), 4, cell - GAP);
            numbers.push(Span::styled(fit::left(&number, cell), card.theme.signed(effect)));
            // An odd width has its axis in the middle.
            let width = (cell - GAP).min(LONGEST_BAR);
            let width = width - (width + 1) % 2;
            bars.extend(bar::signed(Some(effect), largest, width, card.theme));
            bars.push(Span::raw(" ".repeat(cell - width)));
        }
        lines.extend([labels, numbers, bars].map(Line::from));
    }
    lines
}
