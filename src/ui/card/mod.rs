//! The card: everything that is known of the feature at the cursor.
//!
//! The evidence comes first: a sentence, the effects, the strongest prompts. Facts about the dictionary and the address of the feature's
//! page, which say nothing about the study, come last. Of the prompts there may be thousands: every part is built only down to
//! the last visible line.

mod causal;
mod certainty;
mod copies;
mod dictionary;
mod difference;
mod lens;
mod overview;
mod part;
mod positions;
mod prompts;
mod responses;
mod said;
mod views;

use std::collections::VecDeque;
use std::sync::Arc;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Block, Paragraph};

use super::theme::Theme;
use crate::app::state::{Pane, State, ThemeName};
use crate::core::evidence::{Pairs, missing, sentence};
use crate::ui::fit;
use part::Card;

/// Width of the card as text, in columns.
const AS_TEXT: usize = 100;

/// Draws the card into `area`, border included.
pub fn draw(state: &State, theme: &Theme, area: Rect, frame: &mut Frame) {
    let area = area.intersection(frame.area());
    let focused = state.pane == Pane::Card;
    // The pane that takes keys is marked by a character in its title, too, as in the other panes.
    let (border, style, mark) = if focused { (theme.focus, theme.title, '▸') } else { (theme.border, theme.dim, ' ') };
    let mut block = Block::bordered().border_style(border).title_style(style);
    if state.table.row().is_some() {
        let title = format!("{mark}{} ", title(state));
        block = block.title(fit::cut(&title, usize::from(area.width.saturating_sub(2))));
    }
    let inside = block.inner(area);
    let window = window(every_line(state, theme, usize::from(inside.width)), state.card_scroll, usize::from(inside.height));
    if window.above {
        block = block.title_bottom(" ↑ more ");
    }
    if window.below {
        block = block.title_bottom(" ↓ more ");
    }
    frame.render_widget(block, area);
    frame.render_widget(Paragraph::new(window.lines), inside);
}

/// Index of the first visible line if the card is drawn in `inside`, without border.
pub fn top(state: &State, theme: &Theme, inside: Rect) -> usize {
    let rows = usize::from(inside.height);
    let wanted = state.card_scroll.saturating_add(rows);
    let lines = if state.card_scroll == 0 { 0 } else { every_line(state, theme, usize::from(inside.width)).take(wanted).count() };
    state.card_scroll.min(lines.saturating_sub(rows))
}

/// The feature, its submodule, and its rank among the rows on the screen.
fn title(state: &State) -> String {
    let Some(row) = state.table.row() else { return String::new() };
    let rank = match row.rank {
        Some(rank) => format!("rank {rank} of {}", state.table.listing.total().selected),
        None => "no rank: the effect is not known".to_owned(),
    };
    format!("{} · {} · {rank}", row.feature, row.feature.submodule)
}

/// All lines of the card, as wide as `width` columns.
pub fn lines(state: &State, theme: &Theme, width: usize) -> Vec<Line<'static>> {
    every_line(state, theme, width).collect()
}

/// The card as plain text: its heading, then its lines.
pub fn text(state: &State) -> String {
    let theme = Theme::new(ThemeName::Monochrome, false);
    let standing = state.findings().and_then(|findings| findings.standing());
    let standing = standing.map_or_else(String::new, |standing| format!(" · {standing}"));
    let heading = state.table.row().map(|row| format!("{} · {}{standing}", row.feature, row.feature.submodule));
    let lines = every_line(state, &theme, AS_TEXT).map(|line| line.to_string().trim_end().to_owned());
    heading.into_iter().chain(lines).map(|line| line + "\n").collect()
}

/// The address of the page of the feature at the cursor, if it has one.
pub fn address(state: &State) -> Option<String> {
    let theme = Theme::new(state.theme, state.setting.true_colour);
    let card = Card { state, theme: &theme, findings: state.findings()?, row: state.table.row()?, columns: AS_TEXT };
    said::address(&card).ok()
}

fn every_line<'a>(state: &'a State, theme: &'a Theme, columns: usize) -> Box<dyn Iterator<Item = Line<'static>> + 'a> {
    let (Some(row), Some(findings)) = (state.table.row(), state.findings()) else {
        return Box::new(std::iter::once(Line::styled("no feature is listed", theme.dim)));
    };
    let card = Card { state, theme, findings, row, columns };
    let pairs = Pairs::find(findings, card.view(), row.feature).map(Arc::new);
    let head = head(&card, pairs.as_deref());
    let first = pairs.clone().into_iter().flat_map(move |pairs| prompts::first(card, &pairs));
    // What was found of the feature by checks, and what it does and answers to beyond the study's prompts, where it was asked for.
    let beyond = [causal::lines(&card), copies::lines(&card), responses::summary(&card), lens::lines(&card)].concat();
    let parted = !beyond.is_empty();
    let evidence = pairs.into_iter().flat_map(move |pairs| {
        prompts::others(card, Arc::clone(&pairs), parted).chain(once(move || overview::lines(&card, &pairs)))
    });
    let tail = once(move || [responses::rest(&card), dictionary::lines(&card), said::page(&card)].concat());
    Box::new(head.into_iter().chain(first).chain(beyond).chain(evidence).chain(tail))
}

/// The lines that `make` gives, made when the first of them is asked for.
fn once(make: impl FnOnce() -> Vec<Line<'static>>) -> impl Iterator<Item = Line<'static>> {
    std::iter::once_with(make).flatten()
}

/// The parts that have few lines: sentence, tags, effect by view and by position.
fn head(card: &Card, pairs: Option<&Pairs>) -> Vec<Line<'static>> {
    let found = card.findings.view(card.view());
    let (effect, error) = (found.effect(card.row.feature), found.standard_error(card.row.feature));
    let reason = missing(card.findings, card.view(), card.state.job.is_some());
    let told = sentence(card.findings.study.view(card.view()), effect, error, pairs.ok_or(&reason));
    // The two sides of a comparison have prompts of different kinds, so the sentence says whose it speaks of.
    let compares = card.state.shown().pair().is_some();
    let of = if compares { format!("in {}: ", card.findings.study.name(card.view())) } else { String::new() };
    let mut lines = card.plain(&format!("{of}{told}"));
    lines.extend(said::tags(card));
    lines.extend(said::explanation(card));
    lines.extend(views::lines(card));
    lines.extend(certainty::lines(card));
    lines.extend(difference::lines(card));
    lines.extend(positions::lines(card));
    lines
}

/// The visible part of a card.
struct Window {
    lines: Vec<Line<'static>>,
    /// Whether there are lines above the visible ones.
    above: bool,
    /// Whether there are lines below the visible ones.
    below: bool,
}

/// `rows` lines from line `scroll` on, or the last `rows` lines if fewer follow.
fn window(mut all: impl Iterator<Item = Line<'static>>, scroll: usize, rows: usize) -> Window {
    let mut lines = VecDeque::new();
    let mut above = false;
    if rows == 0 {
        return Window { lines: Vec::new(), above, below: false };
    }
    for line in all.by_ref().take(scroll.saturating_add(rows)) {
        if lines.len() == rows {
            lines.pop_front();
            above = true;
        }
        lines.push_back(line);
    }
    Window { lines: lines.into(), above, below: all.next().is_some() }
}

#[cfg(test)]
#[path = "card_tests.rs"]
mod tests;
