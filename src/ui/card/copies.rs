//! The copies of the feature that are folded into its row.

use ratatui::text::{Line, Span};

use super::part::Card;
use crate::core::families::{COACTIVATION, COSINE, coactivation};
use crate::core::submodule::FeatureId;
use crate::ui::fit::{self, Piece};

/// The copies with their co-activation with the feature; no lines without any.
pub fn lines(card: &Card) -> Vec<Line<'static>> {
    let Some(copies) = card.state.table.listing.folded.get(&card.row.feature) else { return Vec::new() };
    let title = format!("copies along the residual stream, folded: cosine from {COSINE}, co-activation from {COACTIVATION}");
    let mut lines = card.heading(&title);
    let piece = |copy: &FeatureId| -> Piece {
        let both = coactivation(card.findings.detail(card.view()), card.row.feature, *copy);
        let both = both.map_or_else(String::new, |both| format!(" {both:.2}"));
        vec![Span::styled(format!("{copy}{both}  "), card.theme.text)]
    };
    lines.extend(fit::flow("", copies.iter().map(piece), card.columns, card.theme));
    lines
}
