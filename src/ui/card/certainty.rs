//! How sure the effect is that ranks the row: its bootstrap interval over pairs.

use ratatui::text::{Line, Span};

use super::part::Card;
use crate::core::rows::cells::{interval, interval_of};
use crate::core::statistics::bootstrap::RESAMPLES;
use crate::core::uncertainty::Touched;

/// The interval, and what it cannot be told from; no lines if single examples were not kept, which the card says already.
pub fn lines(card: &Card) -> Vec<Line<'static>> {
    let Some(found) = interval_of(card.row, card.findings) else { return Vec::new() };
    let view = card.findings.study.name(card.view());
    let mut lines = vec![Line::from(vec![
        Span::styled(format!("95 % interval, {view} "), card.theme.title),
        Span::styled(interval(Some(found)), card.theme.text),
    ])];
    let touched = match Touched::by(found, card.state.selection) {
        Some(Touched::Zero) => format!("{} it holds 0: the effect may have either sign · ", Touched::Zero.mark()),
        Some(Touched::Threshold) => {
            format!("{} it holds the threshold: other pairs might not list it, or list it · ", Touched::Threshold.mark())
        }
        None => String::new(),
    };
    lines.extend(card.dim(&format!("{touched}BCa bootstrap over pairs, {RESAMPLES} resamples")));
    lines
}
