//! The data from which every part of the card is drawn.

use ratatui::text::Line;

use crate::app::state::State;
use crate::core::findings::Findings;
use crate::core::rows::Row;
use crate::core::text::told_apart;
use crate::core::view::View;
use crate::ui::fit;
use crate::ui::theme::Theme;

/// The feature on the card with its findings, its style and its width.
#[derive(Clone, Copy)]
pub struct Card<'a> {
    /// The whole state, for tags, links and the job.
    pub state: &'a State,
    /// The styles to draw with.
    pub theme: &'a Theme,
    /// The findings that hold the feature.
    pub findings: &'a Findings,
    /// The row of the feature in the table.
    pub row: &'a Row,
    /// The width of a line in columns.
    pub columns: usize,
}

impl Card<'_> {
    /// The view whose numbers stand beside examples: the one that ranks the row.
    pub fn view(&self) -> View {
        self.row.ranked_in
    }

    /// The view's names of the clean and the patch prompt, each at most `longest` columns wide.
    pub fn prompts(&self, longest: usize) -> [String; 2] {
        let view = self.findings.study.view(self.view());
        let name = |own: &str, other: &str| told_apart(own, &[other], longest);
        [name(&view.clean, &view.patch), name(&view.patch, &view.clean)]
    }

    /// Ordinary text, in as many lines as it needs.
    pub fn plain(&self, text: &str) -> Vec<Line<'static>> {
        fit::sentence(text, self.theme.text, self.columns, self.theme)
    }

    /// Less important text, dimmed, in as many lines as it needs.
    pub fn dim(&self, text: &str) -> Vec<Line<'static>> {
        fit::sentence(text, self.theme.dim, self.columns, self.theme)
    }

    /// The heading of a part of the card, in as many lines as it needs.
    pub fn heading(&self, text: &str) -> Vec<Line<'static>> {
        fit::sentence(text, self.theme.title, self.columns, self.theme)
    }
}
