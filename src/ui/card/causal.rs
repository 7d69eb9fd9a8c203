//! What causal checks say of the feature by itself, in the view that ranks the row.

use ratatui::text::Line;

use super::part::Card;
use crate::app::checks::said;

/// A sentence for each check, the latest last; no lines if there is none.
pub fn lines(card: &Card) -> Vec<Line<'static>> {
    if card.state.show_published {
        return Vec::new();
    }
    let view = card.findings.study.name(card.view());
    let checks = card.state.record.checks.iter().filter(|done| done.check.view == view);
    checks.filter_map(|done| said::of_feature(done, card.row.feature)).flat_map(|said| card.plain(&said)).collect()
}
