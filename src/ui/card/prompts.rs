//! The prompts of the feature's view, coloured by the feature's activation, with its effect in each pair.

use std::sync::Arc;

use ratatui::text::{Line, Span};

use super::part::Card;
use crate::app::state::ThemeName;
use crate::core::evidence::Pairs;
use crate::core::rows::cells;
use crate::core::sides::{CONTINUED, Side};
use crate::core::text::{activation, excerpt, printable_part};
use crate::ui::fit::{self, Piece};

/// The longest name of a prompt, in columns.
const PROMPT: usize = 14;

/// The most characters of an answer.
const ANSWER: usize = 16;

/// Pairs that stand before what is known beyond the study's prompts.
const FIRST: usize = 3;

/// The heading and the strongest pairs.
pub fn first(card: Card<'_>, pairs: &Pairs<'_>) -> Vec<Line<'static>> {
    let heading = card.heading("prompts by |effect| · number: activation, no number: the same in both prompts");
    let blocks = pairs.order.iter().take(FIRST).flat_map(|pair| block(&card, pairs, *pair));
    heading.into_iter().chain(blocks).collect()
}

/// The other pairs, strongest first; each is built only when the iterator reaches it. `parted` says that something stands between
/// them and the first ones.
pub fn others<'a>(card: Card<'a>, pairs: Arc<Pairs<'a>>, parted: bool) -> impl Iterator<Item = Line<'static>> + 'a {
    let order: Vec<usize> = pairs.order.iter().skip(FIRST).copied().collect();
    let heading = if order.is_empty() || !parted { Vec::new() } else { card.heading("more prompts by |effect|") };
    let rest = match pairs.len() - pairs.order.len() {
        0 => Vec::new(),
        1 => card.dim("1 other pair: the activation is the same in both prompts"),
        rest => card.dim(&format!("{rest} other pairs: the activation is the same in both prompts")),
    };
    let blocks = order.into_iter().flat_map(move |pair| block(&card, &pairs, pair));
    heading.into_iter().chain(blocks).chain(rest)
}

/// The clean prompt with the effect at its end, then the patch prompt with the line in the pair file.
fn block(card: &Card, pairs: &Pairs, pair: usize) -> Vec<Line<'static>> {
    let theme = card.theme;
    let [clean, patch] = pairs.sides(pair);
    let (mut on_clean, mut on_patch) = (vec![None; clean.tokens.len()], vec![None; patch.tokens.len()]);
    for entry in pairs.of(pair) {
        for (activations, value) in [(&mut on_clean, entry.clean), (&mut on_patch, entry.patch)] {
            if let Some(place) = activations.get_mut(entry.position) {
                *place = Some(f64::from(value));
            }
        }
    }
    let total = pairs.totals[pair];
    let effect = Span::styled(cells::signed(Some(total)), theme.signed(total));
    let line = Span::styled(format!("line {}", pairs.line(pair)), theme.dim);
    let names = card.prompts(PROMPT);
    let label = names.iter().map(|name| fit::width(name)).max().unwrap_or(0) + 2;
    let mut lines = Vec::new();
    for (name, side, other, activations, end) in
        [(&names[0], clean, patch, on_clean, effect), (&names[1], patch, clean, on_patch, line)]
    {
        let prompt = Prompt { card, side, other, activations, largest: pairs.largest };
        lines.extend(ended(fit::flow(&fit::left(name, label), prompt.pieces(label), card.columns, theme), end, card.columns));
    }
    lines
}

/// Puts `end` at the right end of the last of `rows`, or below it if there is no room.
fn ended(mut rows: Vec<Line<'static>>, end: Span<'static>, columns: usize) -> Vec<Line<'static>> {
    let used = rows.last().map_or(0, Line::width);
    let fits = used + 2 + end.width() <= columns;
    let gap = columns.saturating_sub(end.width() + if fits { used } else { 0 });
    let tail = [Span::raw(" ".repeat(gap)), end];
    match rows.last_mut().filter(|_| fits) {
        Some(last) => last.spans.extend(tail),
        None => rows.push(Line::from(tail.to_vec())),
    }
    rows
}

/// One prompt of a pair.
struct Prompt<'a> {
    card: &'a Card<'a>,
    side: Side<'a>,
    /// The other prompt of the pair.
    other: Side<'a>,
    /// For each token the activation; None where it is the same in both prompts, so that it was not kept.
    activations: Vec<Option<f64>>,
    /// The largest activation of the feature, the end of the colour scale.
    largest: f64,
}

impl Prompt<'_> {
    /// The tokens, then the answer, for a row behind a label of `label` columns.
    fn pieces(&self, label: usize) -> Vec<Piece> {
        let room = self.card.columns.saturating_sub(label).max(1);
        let mut pieces: Vec<Piece> = (0..self.side.tokens.len()).map(|position| self.token(position, room)).collect();
        let answer = format!(" → '{}'", excerpt(self.side.answer, ANSWER));
        pieces.push(vec![Span::styled(fit::cut(&answer, room), self.card.theme.dim)]);
        pieces
    }

    /// A token, with its activation behind it if that is known. Tokens that differ from the other prompt are highlighted. In
    /// themes with few colours, brackets enclose token and number. A space before the token stays outside.
    fn token(&self, position: usize, room: usize) -> Piece {
        let (card, token) = (self.card, &self.side.tokens[position]);
        let differs = self.other.tokens.get(position) != Some(token);
        let plain = if differs { card.theme.title } else { card.theme.text };
        let (mut space, mut text) = parts(token);
        // Without a space it would look like a part of the number before it.
        let follows_number = position.checked_sub(1).is_some_and(|before| self.activations[before].is_some());
        if follows_number && space.is_empty() {
            (space, text) = (" ".to_owned(), format!("{CONTINUED}{text}"));
        }
        let Some(known) = self.activations[position] else {
            return vec![Span::styled(fit::cut(&format!("{space}{text}"), room), plain)];
        };
        if text.is_empty() {
            CONTINUED.clone_into(&mut text);
        }
        let number = format!(" {}", activation(known));
        let brackets = matches!(card.theme.name, ThemeName::Sixteen | ThemeName::Monochrome) && known != 0.0;
        let (open, close) = if brackets { ("[", "]") } else { ("", "") };
        let around = fit::width(&space) + number.len() + open.len() + close.len();
        let text = fit::cut(&text, room.saturating_sub(around).max(1));
        // A signed code (absolute TopK) fires with either sign, and each sign has its colour.
        let (of_text, of_number) = if known == 0.0 {
            (plain, card.theme.dim)
        } else {
            let style = card.theme.heat(known, self.largest);
            (style, style)
        };
        vec![Span::raw(format!("{space}{open}")), Span::styled(text, of_text), Span::styled(number, of_number), Span::raw(close)]
    }
}

/// The spaces before a token and the rest of it, printable. The spaces of a token of spaces only are made visible.
fn parts(token: &str) -> (String, String) {
    let shown = printable_part(token);
    let text = shown.trim_start_matches(' ');
    let spaces = shown.len() - text.len();
    if text.is_empty() { (String::new(), "␣".repeat(spaces)) } else { (" ".repeat(spaces), text.to_owned()) }
}
