//! The pictures over the whole screen but for the heat map, which has a drawing of its own.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::theme::Theme;
use super::window::tone;
use crate::app::checks::line::Line as Text;
use crate::app::drawing::{ABOVE, BELOW};
use crate::app::pictures::lines;
use crate::app::state::State;

/// Draws the visible part of the picture into `area`, and returns whether there is more above and below.
pub fn draw(state: &State, theme: &Theme, area: Rect, frame: &mut Frame) -> [bool; 2] {
    let (columns, rows) = (usize::from(area.width), usize::from(area.height));
    let all = lines(state, (columns, rows));
    let first = state.pictures.scroll.min(all.len().saturating_sub(rows));
    let visible: Vec<Line<'static>> = all.iter().skip(first).take(rows).map(|line| coloured(line, theme)).collect();
    frame.render_widget(Paragraph::new(visible), area);
    [first > 0, first + rows < all.len()]
}

/// A line whose bars have the colours of their signs.
fn coloured(line: &Text, theme: &Theme) -> Line<'static> {
    let style = |character: char| match character {
        ABOVE => theme.signed(1.0),
        BELOW => theme.signed(-1.0),
        _ => tone(line.tone, theme),
    };
    let mut spans: Vec<(String, Style)> = Vec::new();
    for character in line.text.chars() {
        match spans.last_mut() {
            Some((text, last)) if *last == style(character) => text.push(character),
            _ => spans.push((character.to_string(), style(character))),
        }
    }
    Line::from(spans.into_iter().map(|(text, style)| Span::styled(text, style)).collect::<Vec<_>>())
}
