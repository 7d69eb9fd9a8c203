//! The text in the cells of a row; the same on the screen, in plain tables and in copies. Cells of unknown figures are empty.

use std::collections::BTreeSet;

use super::column::Column;
use super::facts::views;
use super::{Row, Spec};
use crate::core::findings::Findings;
use crate::core::selection::HeldBy;
use crate::core::study::Study;
use crate::core::tags::{Features, Marks, Tag};

/// Digits after the decimal point of every effect.
const DIGITS: usize = 4;

/// A number with its sign; empty if it is not known. Exactly zero is written as `0`.
pub fn signed(number: Option<f64>) -> String {
    match number {
        Some(0.0) => "0".to_owned(),
        Some(number) if number.is_finite() => format!("{number:+.DIGITS$}"),
        _ => String::new(),
    }
}

/// A number without a sign; empty if it is not known.
pub fn unsigned(number: Option<f64>) -> String {
    match number {
        Some(number) if number.is_finite() => format!("{number:.DIGITS$}"),
        _ => String::new(),
    }
}

/// The text of `row` in `column`.
pub fn cell(column: Column, row: &Row, findings: &Findings, tags_of: &Features, spec: &Spec) -> String {
    match column {
        Column::Rank => row.rank.map_or_else(String::new, |rank| rank.to_string()),
        Column::Name => row.feature.to_string(),
        Column::Effect => signed(Some(f64::from(row.effect))),
        Column::StandardError => unsigned(findings.view(row.ranked_in).standard_error(row.feature).map(f64::from)),
        Column::Effects(view) => signed(findings.view(view).effect(row.feature).map(f64::from)),
        Column::Side => side(row, &findings.study, spec),
        Column::Tags => tags(row, &findings.study, tags_of, spec),
    }
}

/// The selections that hold the row: the name of one view, or `both`; empty outside comparisons.
pub fn side(row: &Row, study: &Study, spec: &Spec) -> String {
    match (spec.shown.pair(), row.held_by) {
        (None, _) => String::new(),
        (Some(_), HeldBy::Only(view)) => study.name(view).to_string(),
        (Some(_), HeldBy::Both) => "both".to_owned(),
    }
}

/// The tags that apply to the row: first `X` if it is rejected, then the tags, last the notes in brackets if there are any.
pub fn tags(row: &Row, study: &Study, tags_of: &Features, spec: &Spec) -> String {
    let Some(said) = tags_of.get(&row.feature) else { return String::new() };
    let marks: Vec<&Marks> =
        views(row, spec).flat_map(|view| said.applying_in(study.name(view)).map(|(_, marks)| marks)).collect();
    let mut parts: Vec<String> = Vec::new();
    if marks.iter().any(|marks| marks.rejected) {
        parts.push("X".to_owned());
    }
    let all: BTreeSet<Tag> = marks.iter().flat_map(|marks| marks.tags.iter().copied()).collect();
    parts.extend(study.tags.ordered(&all).iter().map(ToString::to_string));
    let mut notes: Vec<String> = marks.iter().map(|marks| marks.shown_note()).filter(|note| !note.is_empty()).collect();
    notes.dedup();
    parts.extend((!notes.is_empty()).then(|| format!("({})", notes.join("; "))));
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_show_their_sign_and_unknown_ones_nothing() {
        assert_eq!(signed(Some(0.25)), "+0.2500");
        assert_eq!(signed(Some(-0.25)), "-0.2500");
        assert_eq!(signed(Some(0.0)), "0");
        assert_eq!((signed(None), signed(Some(f64::NAN)), unsigned(None)), (String::new(), String::new(), String::new()));
        assert_eq!(unsigned(Some(0.021_04)), "0.0210");
    }
}
