//! The prompts of the feature's view, with the feature's effect at each token.

use ratatui::text::{Line, Span};

use super::examples::Examples;
use super::part::Card;
use crate::app::state::ThemeName;
use crate::core::rows::cells;
use crate::core::text::printable;
use crate::ui::fit::{self, Piece};
use crate::ui::sides::{self, CONTINUED, Side};

/// Labels of the clean and the patch prompt.
const CLEAN: &str = "  clean ";
const PATCH: &str = "  patch ";

/// The heading, then the examples, strongest first; each is built only when the iterator reaches it.
pub fn lines(card: Card<'_>, examples: Examples) -> impl Iterator<Item = Line<'static>> + '_ {
    let (differing, all) = (examples.order.len(), examples.totals.len());
    let view = card.findings.study.view(card.view());
    let heading = card
        .heading(&format!("prompts of the view {}, clean: {}, patch: {}, strongest first", view.name, view.clean, view.patch));
    let rest = match all - differing {
        0 => Vec::new(),
        rest => card.dim(&format!("{rest} other examples: the feature is the same in both runs")),
    };
    let order = examples.order.clone();
    let blocks = order.into_iter().flat_map(move |example| block(&card, &examples, example));
    heading.into_iter().chain(blocks).chain(rest)
}

fn block(card: &Card, examples: &Examples, example: usize) -> Vec<Line<'static>> {
    let theme = card.theme;
    let Some(record) = card.findings.data(card.view()).and_then(|data| data.examples.get(example)) else { return Vec::new() };
    let [clean, patch] = sides::sides(record, card.findings.study.view(card.view()).direction);
    let total = examples.totals[example];
    let answers = format!("'{}' → '{}' ", printable(clean.answer), printable(patch.answer));
    let mut about = vec![vec![Span::styled(format!("{} ", cells::signed(Some(total))), theme.signed(total))]];
    about.extend(fit::words(&answers, theme.text, card.columns.max(1)));
    about.push(vec![Span::styled(format!("line {}", record.line), theme.dim)]);
    let mut lines = fit::flow(&format!("#{} ", example + 1), about, card.columns, theme);
    let mut effects = vec![0.0; clean.tokens.len()];
    for entry in examples.of(example) {
        if let Some(effect) = effects.get_mut(entry.position) {
            *effect += f64::from(entry.effect);
        }
    }
    let room = fit::room(CLEAN, card.columns);
    let tokens = clean.tokens.iter().zip(effects).map(|(token, effect)| heated(card, token, effect, examples.largest, room));
    lines.extend(fit::flow(CLEAN, tokens, card.columns, theme));
    lines.extend(fit::flow(PATCH, plain(card, clean, patch, room), card.columns, theme));
    lines
}

/// A token with its effect behind it. In themes with few colours, brackets enclose token and effect. A space before the token
/// stays outside.
fn heated(card: &Card, token: &str, effect: f64, largest: f64, room: usize) -> Piece {
    let shows_effect = effect != 0.0 && effect.is_finite();
    let (space, text) = parts(if token.is_empty() && shows_effect { CONTINUED } else { token });
    if !shows_effect {
        return vec![Span::styled(fit::cut(&format!("{space}{text}"), room), card.theme.text)];
    }
    let brackets = matches!(card.theme.name, ThemeName::Sixteen | ThemeName::Monochrome);
    let (open, close) = if brackets { ("[", "]") } else { ("", "") };
    let number = short(effect);
    let around = fit::width(&space) + number.len() + open.len() + close.len();
    let text = fit::cut(&text, room.saturating_sub(around).max(1));
    vec![
        Span::raw(format!("{space}{open}")),
        Span::styled(text, card.theme.heat(effect, largest)),
        Span::styled(number, card.theme.signed(effect)),
        Span::raw(close),
    ]
}

/// The pieces of the patch prompt; tokens that differ from the clean prompt are highlighted.
fn plain(card: &Card, clean: Side, patch: Side, room: usize) -> Vec<Piece> {
    let style = |position: usize, token: &String| {
        if clean.tokens.get(position) == Some(token) { card.theme.text } else { card.theme.title }
    };
    let piece = |(position, token): (usize, &String)| {
        let (space, text) = parts(token);
        vec![Span::styled(fit::cut(&format!("{space}{text}"), room), style(position, token))]
    };
    patch.tokens.iter().enumerate().map(piece).collect()
}

/// The spaces before a token and the rest of it, printable. The spaces of a token of spaces only are made visible.
fn parts(token: &str) -> (String, String) {
    let shown = printable(token);
    let text = shown.trim_start_matches(' ');
    let spaces = shown.len() - text.len();
    if text.is_empty() { (String::new(), "␣".repeat(spaces)) } else { (" ".repeat(spaces), text.to_owned()) }
}

/// A number with its sign and at least two significant digits, or with one below 0.001.
fn short(effect: f64) -> String {
    match effect.abs() {
        0.1.. => format!("{effect:+.2}"),
        0.01.. => format!("{effect:+.3}"),
        0.001.. => format!("{effect:+.4}"),
        _ => format!("{effect:+.0e}"),
    }
}
