//! A curve in lines: the scores of more and more features beside control sets, as a table and as a drawing each.

use super::line::{Line, Tone};
use crate::core::causal::curve::Curve;
use crate::core::causal::curve_damage::CurveDamage;
use crate::core::causal::curve_drawing::{LEGEND, drawing};
use crate::core::causal::curve_score::CurveScore;
use crate::core::causal::side_effects::NEUTRAL;
use crate::core::causal::words::doubt;

/// From this many columns on there is room for intervals.
const ROOMY: usize = 114;

/// Columns of the cells of a row; those of intervals are left out where there is no room.
const WIDTHS: [usize; 9] = [8, 12, 18, 10, 18, 5, 10, 18, 5];
const INTERVALS: [usize; 3] = [2, 4, 7];

/// Columns of the cells of damage; the explorer measures that of control sets nowhere.
const DAMAGE: [usize; 5] = [8, 10, 12, 23, 10];

/// Everything that was found so far.
pub fn lines(curve: &Curve, columns: usize) -> Vec<Line> {
    let doubts = [doubt("F(M)", curve.bias), doubt("F(M) - F(empty)", curve.span)];
    let mut lines: Vec<Line> = doubts.iter().flatten().flat_map(|text| Line::sentence(text, Tone::Warning, columns)).collect();
    for score in CurveScore::ALL {
        lines.push(Line::title(cells(&score.heading(), columns)));
        lines.extend(curve.rungs.iter().map(|rung| Line::plain(cells(&score.row(curve, rung), columns))));
        lines.extend(drawing(curve, score, columns).into_iter().map(Line::plain));
        lines.push(Line::plain(""));
    }
    if let Some(damage) = CurveDamage::of(curve) {
        let cells = |row: &[String]| {
            let cells = row.iter().zip(DAMAGE).map(|(cell, width)| format!("{cell:>width$}"));
            cells.collect::<Vec<_>>().concat()
        };
        lines.push(Line::title(cells(&damage.heading())));
        lines.extend(damage.rows().iter().map(|row| Line::plain(cells(row))));
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
    lines
}

fn cells(row: &[String], columns: usize) -> String {
    let shown = row.iter().zip(WIDTHS).enumerate().filter(|(place, _)| columns >= ROOMY || !INTERVALS.contains(place));
    shown.map(|(_, (cell, width))| format!("{cell:>width$}")).collect::<Vec<_>>().join(" ")
}
