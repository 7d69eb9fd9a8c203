//! The text in the cells of a row; the same on the screen, in plain tables and in copies. Cells of unknown figures are empty.

use std::collections::BTreeSet;

use super::column::Column;
use super::facts::views;
use super::fires::firing;
use super::{Row, Spec};
use crate::core::delta::Delta;
use crate::core::findings::Findings;
use crate::core::selection::HeldBy;
use crate::core::statistics::Interval;
use crate::core::study::Study;
use crate::core::tags::{Features, Marks, Tag};
use crate::core::tested::Tested;
use crate::core::text::printable;
use crate::core::uncertainty::Touched;

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

/// Both ends of an interval with their signs; empty if it is not known.
pub fn interval(interval: Option<Interval>) -> String {
    // Zero is added, since it takes the sign of -0.0 away.
    interval.map_or_else(String::new, |Interval { low, high }| format!("[{:+.3}, {:+.3}]", low + 0.0, high + 0.0))
}

/// |effect| / standard error; empty if it is not known.
pub fn ratio(number: Option<f64>) -> String {
    number.map_or_else(String::new, |number| format!("{number:.1}"))
}

/// The interval of the effect by which `row` is ranked; None if its effects in single pairs were not kept.
pub fn interval_of(row: &Row, findings: &Findings) -> Option<Interval> {
    findings.view(row.ranked_in).uncertainty(row.feature)?.interval()
}

/// That interval as text, with the mark of what it holds.
fn sure(row: &Row, findings: &Findings, spec: &Spec) -> String {
    let found = interval_of(row, findings);
    let mark = found.and_then(|found| Touched::by(found, spec.selection)).map_or("", Touched::mark);
    format!("{} {mark}", interval(found)).trim_end().to_owned()
}

/// The number of `row` in `column`; None if it is not known, or if the column holds text.
pub fn number(column: Column, row: &Row, findings: &Findings, spec: &Spec) -> Option<f32> {
    let number = match column {
        Column::Rank => row.rank.map(|rank| rank as f32),
        Column::Effect => Some(row.effect),
        Column::StandardError => findings.view(row.ranked_in).standard_error(row.feature),
        Column::Ratio => findings.view(row.ranked_in).ratio(row.feature),
        Column::P => tested(row, findings).map(|tested| tested.p as f32),
        Column::Q => tested(row, findings).map(|tested| tested.q as f32),
        Column::Effects(view) => findings.view(view).effect(row.feature),
        Column::Delta => delta(row, findings, spec).map(|delta| delta.effect),
        Column::DeltaError => delta(row, findings, spec).and_then(|delta| delta.standard_error),
        Column::DeltaShare => delta(row, findings, spec).and_then(|delta| delta.share),
        Column::Name | Column::Interval | Column::Fires | Column::Label | Column::Side | Column::Tags => None,
    };
    number.filter(|number| number.is_finite())
}

/// The difference of the feature's effects in the compared views; None outside comparisons, or if an effect is not known.
pub fn delta(row: &Row, findings: &Findings, spec: &Spec) -> Option<Delta> {
    let (first, second) = spec.shown.pair()?;
    Delta::between(findings, first, second, row.feature)
}

/// The text of `row` in `column`.
pub fn cell(column: Column, row: &Row, findings: &Findings, tags_of: &Features, spec: &Spec) -> String {
    let number = || number(column, row, findings, spec).map(f64::from);
    match column {
        Column::Rank => row.rank.map_or_else(String::new, |rank| rank.to_string()),
        Column::Name => row.feature.to_string(),
        Column::Effect | Column::Effects(_) | Column::Delta => signed(number()),
        Column::StandardError | Column::DeltaError | Column::P | Column::Q => unsigned(number()),
        Column::Ratio => ratio(number()),
        Column::Interval => sure(row, findings, spec),
        Column::DeltaShare => number().map_or_else(String::new, |share| format!("{share:+.1} %")),
        Column::Fires => fires(row, findings, spec),
        Column::Label => label(row, findings),
        Column::Side => side(row, &findings.study, spec),
        Column::Tags => tags(row, &findings.study, tags_of, spec),
    }
}

/// The test against chance in the view that ranks the row; None if there is none, or if it was not asked for yet.
fn tested(row: &Row, findings: &Findings) -> Option<Tested> {
    findings.tests(row.ranked_in).known()?.ok()?.tested.get(&row.feature).copied()
}

/// What others say of the feature, safe to show; empty if nothing is known.
pub fn label(row: &Row, findings: &Findings) -> String {
    findings.explanation(row.feature).map_or_else(String::new, |found| printable(found.label))
}

/// The prompt on which the feature fires, in the words of its view; empty if it is not known.
pub fn fires(row: &Row, findings: &Findings, spec: &Spec) -> String {
    firing(row, findings, spec).map_or_else(String::new, |(view, firing)| firing.said(findings.study.view(view)).to_owned())
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
    let said = said(row, study, tags_of, spec);
    let note = (!said.note.is_empty()).then(|| format!("({})", said.note));
    said.words().into_iter().chain(note).collect::<Vec<_>>().join(" ")
}

/// What the user says of the feature in a row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    /// Whether the feature is rejected.
    pub rejected: bool,
    /// The tags, in the order of the study.
    pub tags: Vec<Tag>,
    /// The notes, safe to show, each once.
    pub note: String,
}

impl Said {
    /// First `X` if the feature is rejected, then the tags.
    pub fn words(&self) -> Vec<String> {
        let rejected = self.rejected.then(|| "X".to_owned());
        rejected.into_iter().chain(self.tags.iter().map(ToString::to_string)).collect()
    }
}

/// The tags, reject mark and notes that apply to the row.
pub fn said(row: &Row, study: &Study, tags_of: &Features, spec: &Spec) -> Said {
    let Some(said) = tags_of.get(&row.feature) else { return Said::default() };
    let marks: Vec<&Marks> =
        views(row, spec).flat_map(|view| said.applying_in(study.name(view)).map(|(_, marks)| marks)).collect();
    let all: BTreeSet<Tag> = marks.iter().flat_map(|marks| marks.tags.iter().copied()).collect();
    let mut notes: Vec<String> = marks.iter().map(|marks| marks.shown_note()).filter(|note| !note.is_empty()).collect();
    notes.dedup();
    Said { rejected: marks.iter().any(|marks| marks.rejected), tags: study.tags.ordered(&all), note: notes.join("; ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_show_their_sign_and_unknown_ones_nothing() {
        assert_eq!(signed(Some(0.25)), "+0.2500");
        assert_eq!(signed(Some(-0.25)), "-0.2500");
        // Zero has no sign, whichever it is stored with.
        assert_eq!([0.0, -0.0].map(|zero| signed(Some(zero))), ["0", "0"]);
        assert_eq!(interval(Some(Interval { low: -0.0, high: 0.5 })), "[+0.000, +0.500]");
        assert_eq!((signed(None), signed(Some(f64::NAN)), unsigned(None)), (String::new(), String::new(), String::new()));
        assert_eq!(unsigned(Some(0.021_04)), "0.0210");
    }
}
