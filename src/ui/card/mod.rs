//! The card: everything that is known of the feature at the cursor.
//!
//! The short parts come first. The prompts, of which there may be thousands, come last and are built only down to the last
//! visible line.

mod dictionary;
mod effects;
mod examples;
mod part;
mod prompts;
mod said;

use std::collections::VecDeque;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Block, Paragraph};

use super::theme::Theme;
use crate::app::state::{Pane, State};
use crate::core::findings::Source;
use examples::Examples;
use part::Card;

/// Draws the card into `area`, border included.
pub fn draw(state: &State, theme: &Theme, area: Rect, frame: &mut Frame) {
    let area = area.intersection(frame.area());
    let focused = state.pane == Pane::Card;
    let (border, title, mark) = if focused { (theme.focus, theme.title, '▸') } else { (theme.border, theme.dim, ' ') };
    let mut block = Block::bordered().border_style(border).title_style(title);
    if let Some(row) = state.table.row() {
        block = block.title(format!("{mark}{} · {} ", row.feature, row.feature.submodule));
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

/// All lines of the card, as wide as `width` columns.
pub fn lines(state: &State, theme: &Theme, width: usize) -> Vec<Line<'static>> {
    every_line(state, theme, width).collect()
}

fn every_line<'a>(state: &'a State, theme: &'a Theme, columns: usize) -> Box<dyn Iterator<Item = Line<'static>> + 'a> {
    let (Some(row), Some(findings)) = (state.table.row(), state.findings()) else {
        return Box::new(std::iter::once(Line::styled("no feature is listed", theme.dim)));
    };
    let card = Card { state, theme, findings, row, columns };
    let mut head = effects::by_view(&card);
    head.extend(said::tags(&card));
    head.extend(said::page(&card));
    if matches!(findings.source, Source::Published { .. }) {
        head.extend(card.dim("the study printed no positions or examples"));
        return Box::new(head.into_iter());
    }
    head.extend(dictionary::lines(&card));
    head.extend(effects::by_position(&card));
    match Examples::new(&card) {
        Err(reason) => {
            head.extend(card.dim(&reason));
            Box::new(head.into_iter())
        }
        Ok(examples) => {
            head.extend(examples.overview(&card));
            Box::new(head.into_iter().chain(prompts::lines(card, examples)))
        }
    }
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
