//! How well the feature's dictionary fits the model.

use ratatui::text::Line;

use super::part::Card;
use crate::core::declared::Declared;
use crate::core::dictionary_report::LEAST_EXPLAINED;
use crate::core::text::printable;
use crate::ui::fit;

/// The measurements of the dictionary; no lines if it was not measured.
pub fn lines(card: &Card) -> Vec<Line<'static>> {
    let submodule = card.row.feature.submodule;
    let Some(report) = card.findings.report(submodule) else { return Vec::new() };
    let record = card.findings.dictionary(submodule);
    let of = record.map_or_else(String::new, |record| format!(" of {}", record.features));
    let mut text = format!("dictionary of {submodule}: {:.1}{of} features active at a token", report.active);
    if let Some(explained) = report.explained {
        text.push_str(&format!(", {:.1} % of the variance explained", 100.0 * explained));
    }
    if let Some(norms) = record.and_then(|record| record.decoder_norms) {
        text.push_str(&format!(", decoder rows {:.2} to {:.2} long, median {:.2}", norms.least, norms.largest, norms.median));
    }
    if let Some(record) = record.filter(|record| !record.sha256.is_empty()) {
        let short: String = record.sha256.chars().take(12).collect();
        text.push_str(&format!(", SHA-256 {short}.."));
    }
    let mut lines = card.dim(&text);
    if report.is_suspect() {
        let why = format!(
            "it explains less than {:.0} %: it was probably trained on another model or at another place",
            100.0 * LEAST_EXPLAINED
        );
        lines.extend(fit::sentence(&why, card.theme.warning, card.columns, card.theme));
    }
    if let Some((record, agreement)) = record.and_then(|record| Some((record, record.agreement()?))) {
        let declared = Declared { active: record.stated_active, explained: record.stated_explained };
        let style = if agreement.is_bad() { card.theme.warning } else { card.theme.dim };
        let mut said = format!("{}: {}", declared.in_words(), agreement.in_words());
        if agreement.is_bad() {
            said.push_str("; `saescope inspect` says which set-up fits");
        }
        lines.extend(fit::sentence(&said, style, card.columns, card.theme));
    }
    for note in record.into_iter().flat_map(|record| &record.notes) {
        lines.extend(fit::sentence(&printable(note), card.theme.warning, card.columns, card.theme));
    }
    lines
}
