//! What the feature's decoder row says by itself.

use ratatui::text::{Line, Span};

use super::part::Card;
use crate::app::evidence;
use crate::core::lens::{LensForm, Neighbour, TokenValue};
use crate::core::rows::cells::signed;
use crate::core::text::printable;
use crate::ui::fit::{self, Piece};

/// Promoted and suppressed tokens, the answers' difference, and neighbours; no lines before they were asked for.
pub fn lines(card: &Card) -> Vec<Line<'static>> {
    let Some((view, lenses)) = evidence::lenses(card.state) else { return Vec::new() };
    let mut lines = card.heading(&format!("{} ({})", lenses.heading(), card.findings.study.name(view)));
    let Some(of) = lenses.of(card.row.feature) else {
        let asked = lenses.features.len();
        lines.extend(card.dim(&format!("not among the {asked} features that it was read for; ask again with this list")));
        return lines;
    };
    if let Some(lens) = of.lens(LensForm::ALL[0]) {
        lines.extend(tokens(card, "promotes    ", &lens.promoted));
        lines.extend(tokens(card, "suppresses  ", &lens.suppressed));
        if let Some(mean) = lens.mean_answer_difference() {
            let last = card.findings.data(view).and_then(|data| card.findings.detail(view).at_last_position(of.feature, data));
            let last = last.map_or_else(String::new, |last| format!("; its effect at the last position {}", signed(Some(last))));
            lines.extend(card.plain(&format!("answers     patch - clean {mean:+.3}, mean over pairs{last}")));
        }
    }
    lines.extend(near(card, "near it     ", &of.across));
    lines
}

fn tokens(card: &Card, label: &str, values: &[TokenValue]) -> Vec<Line<'static>> {
    let piece = |value: &TokenValue| -> Piece {
        vec![
            Span::styled(format!("'{}' ", printable(&value.text)), card.theme.text),
            Span::styled(format!("{:+.2}  ", value.value), card.theme.signed(f64::from(value.value))),
        ]
    };
    fit::flow(label, values.iter().map(piece), card.columns, card.theme)
}

/// The features of all dictionaries whose decoder rows have the largest cosines, with the prompts in which both are active, of those in which one
/// is.
fn near(card: &Card, label: &str, neighbours: &[Neighbour]) -> Vec<Line<'static>> {
    let piece = |near: &Neighbour| {
        let Neighbour { feature, cosine, activity } = near;
        let text = format!("{feature} {cosine:.2} {}/{}  ", activity.both, activity.either());
        vec![Span::styled(text, card.theme.dim)]
    };
    fit::flow(label, neighbours.iter().map(piece), card.columns, card.theme)
}
