//! How sure the effect is that ranks the row: its bootstrap interval over pairs.

use ratatui::text::{Line, Span};

use super::part::Card;
use crate::core::rows::cells::{interval, interval_of};
use crate::core::statistics::bootstrap::RESAMPLES;
use crate::core::uncertainty::Touched;
use crate::ui::fit;

/// The interval, and what it cannot be told from, in one line; no lines if there is none.
pub fn lines(card: &Card) -> Vec<Line<'static>> {
    let Some(found) = interval_of(card.row, card.findings) else { return Vec::new() };
    let title = format!("95 % interval, {} ", card.findings.study.name(card.view()));
    let (number, how) = (interval(Some(found)), format!(" · BCa over pairs, {RESAMPLES} resamples"));
    let touched = Touched::by(found, card.state.selection);
    let mark = touched.map_or_else(String::new, |touched| format!(" {}", touched.mark()));
    let words = match touched {
        Some(Touched::Zero) => " holds zero",
        Some(Touched::Threshold) => " holds the threshold",
        None => "",
    };
    // What the mark means and how the interval was made stand in the manual, too; prompts are to be seen below it without scrolling.
    let mut used: usize = [&title, &number, &mark].into_iter().map(|text| fit::width(text)).sum();
    let mut fitting = |text: &str| {
        used += fit::width(text);
        if used <= card.columns { text.to_owned() } else { String::new() }
    };
    let (touched, how) = (mark + &fitting(words), fitting(&how));
    vec![Line::from(vec![
        Span::styled(title, card.theme.title),
        Span::styled(number, card.theme.text),
        Span::styled(touched, card.theme.text),
        Span::styled(how, card.theme.dim),
    ])]
}
