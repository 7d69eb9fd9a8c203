//! What the feature responds to in a corpus.

use ratatui::text::{Line, Span};

use super::part::Card;
use crate::app::evidence;
use crate::app::state::ThemeName;
use crate::core::corpus::context::Context;
use crate::core::corpus::words;
use crate::core::text::{activation, printable_part};
use crate::ui::fit;

/// Contexts that stand with the summary; the others stand below the prompts.
const FIRST: usize = 3;

/// Width of the number before a context, with the gap behind it.
const NUMBER: usize = 7;

/// How often it fires, the label that describes it best, and its strongest contexts; no lines before a corpus was asked.
pub fn summary(card: &Card) -> Vec<Line<'static>> {
    let Some(responses) = evidence::responses(card.state) else { return Vec::new() };
    let mut lines = card.heading(&words::heading(responses));
    let Some(found) = responses.of(card.row.feature) else {
        let asked = responses.features.len();
        lines.extend(card.dim(&format!("not among the {asked} features that it was asked about; ask again with this list")));
        return lines;
    };
    let tags = card.state.book().map(|book| book.of(card.row.feature).of_all_scopes()).unwrap_or_default();
    let sentences = words::sentences(responses, found, &tags);
    lines.extend(
        sentences.iter().flat_map(|sentence| if responses.tokens == 0 { card.dim(sentence) } else { card.plain(sentence) }),
    );
    lines.extend(found.tally.contexts.kept().iter().take(FIRST).map(|context| line(card, context, found.tally.largest)));
    lines
}

/// The contexts that the summary left out, strongest first.
pub fn rest(card: &Card) -> Vec<Line<'static>> {
    let found = evidence::responses(card.state).and_then(|responses| responses.of(card.row.feature));
    let Some(found) = found.filter(|found| found.tally.contexts.kept().len() > FIRST) else { return Vec::new() };
    let kept = found.tally.contexts.kept();
    let mut lines = card.heading(&format!("more of its {} strongest contexts", kept.len()));
    lines.extend(kept.iter().skip(FIRST).map(|context| line(card, context, found.tally.largest)));
    lines
}

/// The strongest activation, then as many tokens around its token as fit into the line, coloured by activation.
fn line(card: &Card, context: &Context, largest: f32) -> Line<'static> {
    let number = fit::left(&activation(f64::from(context.largest())), NUMBER);
    let room = card.columns.saturating_sub(NUMBER);
    let pieces: Vec<Vec<Span<'static>>> = context.shown().map(|(text, value)| piece(card, text, value, largest)).collect();
    let width = |piece: &[Span<'static>]| piece.iter().map(Span::width).sum::<usize>();
    let (mut first, mut behind) = (context.strongest, (context.strongest + 1).min(pieces.len()));
    let mut used: usize = pieces.get(first..behind).map_or(0, |pieces| pieces.iter().map(|piece| width(piece)).sum());
    loop {
        let before = first.checked_sub(1).filter(|token| used + width(&pieces[*token]) <= room);
        if let Some(token) = before {
            (first, used) = (token, used + width(&pieces[token]));
        }
        let after = pieces.get(behind).filter(|piece| used + width(piece) <= room);
        if let Some(piece) = after {
            (behind, used) = (behind + 1, used + width(piece));
        }
        if before.is_none() && after.is_none() {
            break;
        }
    }
    let mut spans = vec![Span::styled(number, card.theme.dim)];
    spans.extend(pieces.into_iter().take(behind).skip(first).flatten());
    Line::from(spans)
}

/// A token, coloured by activation; in themes with few colours, brackets enclose tokens at which the feature fires.
fn piece(card: &Card, text: &str, value: f32, largest: f32) -> Vec<Span<'static>> {
    let text = printable_part(text);
    if value == 0.0 {
        return vec![Span::styled(text, card.theme.text)];
    }
    let word = text.trim_start_matches(' ');
    let spaces = " ".repeat(text.len() - word.len());
    let brackets = matches!(card.theme.name, ThemeName::Sixteen | ThemeName::Monochrome);
    let (open, close) = if brackets { ("[", "]") } else { ("", "") };
    let style = card.theme.heat(f64::from(value), f64::from(largest));
    vec![Span::raw(format!("{spaces}{open}")), Span::styled(word.to_owned(), style), Span::raw(close)]
}
