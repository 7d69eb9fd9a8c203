//! What causal checks say of the feature by itself, in the view that ranks the row.

use ratatui::text::Line;

use super::part::Card;
use crate::app::checks::said;
use crate::core::causal::check::Done;

/// A heading and a sentence for each check, the latest last; no lines if there is none. What another check says, too, stands once.
pub fn lines(card: &Card) -> Vec<Line<'static>> {
    if card.state.show_published {
        return Vec::new();
    }
    let view = card.findings.study.name(card.view());
    let checks = card.state.record.checks.iter().map(AsRef::as_ref);
    let checks: Vec<&Done> = checks.filter(|done: &&Done| done.check.view == view).collect();
    let told = checks.iter().filter(|done| !checks.iter().any(|other| said::covers(other, done)));
    let told: Vec<Line<'static>> =
        told.filter_map(|done| said::of_feature(done, card.row.feature)).flat_map(|said| card.plain(&said)).collect();
    if told.is_empty() { told } else { [card.heading(&format!("causal checks, {view}")), told].concat() }
}
