//! What every part of the card draws from.

use ratatui::text::Line;

use crate::app::state::State;
use crate::core::findings::Findings;
use crate::core::rows::Row;
use crate::core::view::View;
use crate::ui::fit;
use crate::ui::theme::Theme;

/// What every part of the card needs.
#[derive(Clone, Copy)]
pub struct Card<'a> {
    /// Everything on the screen.
    pub state: &'a State,
    /// The styles to draw with.
    pub theme: &'a Theme,
    /// The study.
    pub findings: &'a Findings,
    /// The feature, as the table ranks it.
    pub row: &'a Row,
    /// The width of a line.
    pub columns: usize,
}

impl Card<'_> {
    /// The view whose numbers stand beside examples: the one that ranks the row.
    pub fn view(&self) -> View {
        self.row.ranked_in
    }

    /// What matters less, in as many lines as it needs.
    pub fn dim(&self, text: &str) -> Vec<Line<'static>> {
        fit::sentence(text, self.theme.dim, self.columns, self.theme)
    }

    /// What stands over a part of the card.
    pub fn heading(&self, text: &str) -> Vec<Line<'static>> {
        fit::sentence(text, self.theme.title, self.columns, self.theme)
    }
}
