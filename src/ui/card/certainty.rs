//! How sure the effect is that ranks the row: its bootstrap interval over pairs.

use ratatui::text::{Line, Span};

use super::part::Card;
use crate::core::rows::cells::{interval, interval_of};
use crate::core::statistics::bootstrap::RESAMPLES;
use crate::core::uncertainty::Touched;
use crate::ui::fit;

/// The interval, and what it cannot be told from, in one line; no lines if single examples were not kept, which the card says already.
pub fn lines(card: &Card) -> Vec<Line<'static>> {
    let Some(found) = interval_of(card.row, card.findings) else { return Vec::new() };
    let title = format!("95 % interval, {} ", card.findings.study.name(card.view()));
    let touched = match Touched::by(found, card.state.selection) {
        Some(Touched::Zero) => format!(" {} holds zero", Touched::Zero.mark()),
        Some(Touched::Threshold) => format!(" {} holds the threshold", Touched::Threshold.mark()),
        None => String::new(),
    };
    let (number, how) = (interval(Some(found)), format!(" · BCa over pairs, {RESAMPLES} resamples"));
    let used: usize = [&title, &number, &touched].into_iter().map(|text| fit::width(text)).sum();
    // How it was made stands in the manual, too; prompts are to be seen below it without scrolling.
    let how = if used + fit::width(&how) <= card.columns { how } else { String::new() };
    vec![Line::from(vec![
        Span::styled(title, card.theme.title),
        Span::styled(number, card.theme.text),
        Span::styled(touched, card.theme.text),
        Span::styled(how, card.theme.dim),
    ])]
}
