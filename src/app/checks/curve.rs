//! A curve in lines: the scores of more and more features beside control sets, as a table and as a drawing each.

use super::line::{Line, Tone};
use super::table::table;
use crate::core::causal::curve::Curve;
use crate::core::causal::curve_damage::CurveDamage;
use crate::core::causal::curve_drawing::{LEGEND, drawing};
use crate::core::causal::curve_score::CurveScore;
use crate::core::causal::side_effects::NEUTRAL;
use crate::core::causal::words::doubt;
use crate::core::submodule::FeatureId;

/// From this many columns on there is room for intervals.
const ROOMY: usize = 114;

/// The places of intervals in a row, which are left out where there is no room.
const INTERVALS: [usize; 3] = [2, 4, 7];

/// Everything that was found so far of the curve of the `strongest` features.
pub fn lines(curve: &Curve, strongest: &[FeatureId], columns: usize) -> Vec<Line> {
    let doubts = [doubt("F(M)", curve.bias), doubt("F(M) - F(empty)", curve.span)];
    let mut lines: Vec<Line> = doubts.iter().flatten().flat_map(|text| Line::sentence(text, Tone::Warning, columns)).collect();
    for score in CurveScore::ALL {
        let rows = std::iter::once(score.heading()).chain(curve.rungs.iter().map(|rung| score.row(curve, rung)));
        let rows: Vec<Vec<String>> = rows.map(|row| shown(row, columns)).collect();
        lines.extend(table(&rows, 0, columns));
        lines.extend(drawing(curve, score, columns).into_iter().map(Line::plain));
        lines.push(Line::plain(""));
    }
    if let Some(said) = curve.not_measured() {
        lines.extend(Line::sentence(&said, Tone::Dim, columns));
        lines.push(Line::plain(""));
    }
    if let Some(damage) = CurveDamage::of(curve) {
        let rows: Vec<Vec<String>> = std::iter::once(damage.heading()).chain(damage.rows()).collect();
        lines.extend(table(&rows, 0, columns));
        lines.extend(Line::sentence(&damage.summary(), Tone::Plain, columns));
        lines.extend(Line::sentence(&damage.explanation(NEUTRAL), Tone::Dim, columns));
        lines.push(Line::plain(""));
    }
    let explained = [
        LEGEND.to_owned(),
        format!("{}: {}. Errors {}: {}", curve.way, curve.way.meaning(), curve.error, curve.error.meaning()),
        format!(
            "So many of the listed features, the strongest first. random, stratified: {} sets each of as many features (seed {}), drawn \
             among the {} with an effect in this view; their mean and where 95 % of them lie; >=: sets that score at least as high.",
            curve.controls, curve.seed, curve.pool
        ),
        format!(
            "Of F(M) {:+.4}: bias (F(M) - F(not C)) / F(M), faithfulness (F(C) - F(empty)) / (F(M) - F(empty)), completeness (F(not C) - \
             F(empty)) / (F(M) - F(empty)).",
            curve.bias.mean
        ),
    ];
    lines.extend(explained.iter().flat_map(|text| Line::sentence(text, Tone::Dim, columns)));
    let names: Vec<String> = strongest.iter().map(ToString::to_string).collect();
    lines.extend(Line::sentence(&format!("The features, the strongest first: {}", names.join(", ")), Tone::Dim, columns));
    lines
}

/// The cells of a row that there is room for.
fn shown(row: Vec<String>, columns: usize) -> Vec<String> {
    let cells = row.into_iter().enumerate().filter(|(place, _)| columns >= ROOMY || !INTERVALS.contains(place));
    cells.map(|(_, cell)| cell).collect()
}
