//! The border of a pane, which shows whether the pane takes keys.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::widgets::Block;

use super::fit::cut;
use super::theme::Theme;

/// Draws the border with a title and returns the area inside.
pub fn frame(title: &str, focused: bool, theme: &Theme, area: Rect, frame: &mut Frame) -> Rect {
    let style = if focused { theme.focus } else { theme.border };
    // The pane that takes keys is marked by a character in its title, too, not only by colour.
    let title = if focused { format!("▸{title} ") } else { format!(" {title} ") };
    let title = cut(&title, usize::from(area.width.saturating_sub(2)));
    let block = Block::bordered().border_style(style).title(title).title_style(if focused { theme.title } else { theme.dim });
    let inside = block.inner(area);
    frame.render_widget(block, area);
    inside
}
