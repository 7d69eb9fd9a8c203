//! What the feature responds to in a corpus.

use ratatui::text::{Line, Span};

use super::part::{Card, activation};
use crate::app::evidence;
use crate::app::state::ThemeName;
use crate::core::corpus::context::Context;
use crate::core::corpus::responses::{OfFeature, Responses};
use crate::core::corpus::score::{Level, Score};
use crate::core::text::{printable, printable_part};
use crate::ui::fit;

/// Contexts that stand with the summary; the others stand below the prompts.
const FIRST: usize = 3;

/// Width of the number before a context, with the gap behind it.
const NUMBER: usize = 7;

/// How often it fires, the label that describes it best, and its strongest contexts; no lines before a corpus was asked.
pub fn summary(card: &Card) -> Vec<Line<'static>> {
    let Some(responses) = evidence::responses(card.state) else { return Vec::new() };
    let corpus = printable(responses.corpus.rsplit('/').next().unwrap_or(&responses.corpus));
    let so_far =
        if responses.is_whole() { String::new() } else { format!(", so far: {:.0} % is read", evidence::share(responses)) };
    let mut lines = card.heading(&format!("in {corpus}: {} tokens{so_far}", responses.tokens));
    let Some(found) = responses.of(card.row.feature) else {
        let asked = responses.features.len();
        lines.extend(card.dim(&format!("not among the {asked} features that it was asked about; ask again with this list")));
        return lines;
    };
    if responses.tokens == 0 {
        lines.extend(card.dim("nothing is read yet"));
        return lines;
    }
    let Some((rate, mean)) = responses.rate(found).zip(found.tally.mean()) else {
        lines.extend(card.plain("it never fires there"));
        return lines;
    };
    let times = found.tally.fired;
    let largest = activation(f64::from(found.tally.largest));
    let text = format!("fires at {times} ({:.2} %), mean activation {}, up to {largest}", 100.0 * rate, activation(mean));
    lines.extend(card.plain(&text));
    let best = Score::best(responses, found, Level::AboveZero);
    let best = best.map(|score| format!("best label: {}", described(responses, found, &score)));
    lines.extend(card.plain(&best.unwrap_or_else(|| "no label fits: none has a token at which it fires".to_owned())));
    let tags = card.state.book().map(|book| book.of(card.row.feature).of_all_scopes()).unwrap_or_default();
    for (tag, score) in Score::of_tags(responses, found, &tags, Level::AboveZero) {
        lines.extend(card.plain(&format!("tag {tag}: {}", described(responses, found, &score))));
    }
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

/// A label with its score, and what the numbers are counted over.
fn described(responses: &Responses, found: &OfFeature, score: &Score) -> String {
    let label = responses.labels.get(score.label).map_or("", |label| &label.name);
    let share = |value: Option<f64>| value.map_or_else(String::new, |value| format!("{value:.2}"));
    let base = 100.0 * score.labelled as f64 / responses.tokens.max(1) as f64;
    let strong = Score::of(responses, found, score.label, Level::Quantile(0.5)).and_then(|score| score.precision());
    format!(
        "{label}, precision {} ({} of {} firing tokens; {} of their stronger half), recall {}; {base:.1} % of all tokens have it",
        share(score.precision()),
        score.hits,
        score.predicted,
        share(strong),
        share(score.recall()),
    )
}

/// The strongest activation, then as many tokens around its token as fit into the line, coloured by activation.
fn line(card: &Card, context: &Context, largest: f32) -> Line<'static> {
    let number = fit::left(&activation(f64::from(context.largest())), NUMBER);
    let room = card.columns.saturating_sub(NUMBER);
    let pieces: Vec<Vec<Span<'static>>> = (0..context.tokens.len()).map(|token| piece(card, context, token, largest)).collect();
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
fn piece(card: &Card, context: &Context, token: usize, largest: f32) -> Vec<Span<'static>> {
    let text = printable_part(&context.tokens[token]);
    // The text of a character stands at its first token, which then shows the strongest activation of all of them.
    let character = context.character(token);
    let of_token = |token: usize| context.activations.get(token).copied().unwrap_or_default();
    let values = if character.start == token { character } else { token..token };
    let value = values.map(of_token).max_by(|one, other| one.abs().total_cmp(&other.abs())).unwrap_or_default();
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
