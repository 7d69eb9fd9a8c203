//! The pictures of single features: their effects in two views, and how sure they are.

use super::{Content, IntervalRow, Intervals, Kind, Parts, Point, Scatter, axis, impossible};
use crate::core::decimal::decimal;
use crate::core::findings::Findings;
use crate::core::problem::Result;
use crate::core::rows::arrange::arrange;
use crate::core::rows::cells::interval_of;
use crate::core::rows::{Row, Shown, Spec};
use crate::core::selection::{HeldBy, Selection};
use crate::core::statistics::COVERAGE;
use crate::core::tags::Features;
use crate::core::text::counted;
use crate::core::uncertainty::Touched;
use crate::core::view::View;

/// Most features that one picture has room for.
const MOST_ROWS: usize = 60;

/// The features that either of two views lists, by their effects in both. A list of one view is compared as the study does.
pub fn views(findings: &Findings, tags: &Features, spec: &Spec) -> Result<Parts> {
    let study = &findings.study;
    let pair = spec.shown.pair().or(study.compare).ok_or_else(|| {
        impossible(Kind::Views, format_args!("the study {} has one view", study.name), "choose another picture")
    })?;
    // A list of one view alone is set against the other view of the study's comparison.
    let (first, second) = match spec.shown {
        Shown::Single(view) if view == pair.1 => (view, pair.0),
        Shown::Single(view) => (view, pair.1),
        _ => pair,
    };
    let shown = match spec.shown {
        Shown::Single(_) => vec![Shown::Difference(first, second), Shown::Similarity(first, second)],
        shown => vec![shown],
    };
    let mut points = Vec::new();
    let mut unknown = 0;
    for shown in shown {
        let listing = arrange(findings, tags, &Spec { shown, ..spec.clone() });
        if let Some(gap) = listing.gap {
            return Err(impossible(Kind::Views, gap, "choose another selection"));
        }
        for row in listing.rows {
            let at = [first, second].map(|view| findings.view(view).effect(row.feature).map(f64::from));
            match at {
                [Some(across), Some(up)] => {
                    let series = match row.held_by {
                        HeldBy::Only(view) if view == first => 0,
                        HeldBy::Both => 1,
                        HeldBy::Only(_) => 2,
                    };
                    points.push(Point { feature: row.feature, at: [across, up], series });
                }
                _ => unknown += 1,
            }
        }
    }
    let strength = |point: &Point| point.at[0].abs().max(point.at[1].abs());
    points.sort_by(|left, right| strength(right).total_cmp(&strength(left)).then(left.feature.cmp(&right.feature)));
    let name = |view: View| study.name(view).to_string();
    let mut notes = vec![format!("Features that the selection holds in the {} or the {} view.", name(first), name(second))];
    if unknown > 0 {
        let (are, their) = if unknown == 1 { ("is", "its") } else { ("are", "their") };
        notes.push(format!("{} {are} left out: {their} effect is not known in both views.", counted(unknown, "feature")));
    }
    let scatter = Scatter {
        axes: [first, second].map(|view| axis(&format!("effect in the {} view", name(view)))),
        told: "selected in".to_owned(),
        series: vec![format!("only {}", name(first)), "both".to_owned(), format!("only {}", name(second))],
        points,
    };
    Ok((format!("Effects in two views: {} and {}", name(first), name(second)), notes, Content::Scatter(scatter)))
}

/// The listed features with their intervals.
pub fn intervals(findings: &Findings, tags: &Features, spec: &Spec) -> Result<Parts> {
    let listing = arrange(findings, tags, spec);
    if let Some(gap) = listing.gap {
        return Err(impossible(Kind::Intervals, gap, "choose another selection"));
    }
    let all = listing.rows.len();
    let rows: Vec<IntervalRow> = listing
        .rows
        .iter()
        .filter(|row| row.effect.is_finite())
        .take(MOST_ROWS)
        .map(|row| interval_row(findings, spec, row))
        .collect();
    let mut notes = vec![format!(
        "Bars are {:.0} % intervals of the mean over pairs (BCa bootstrap); words behind a bar say what it holds.",
        100.0 * COVERAGE
    )];
    if rows.len() < all {
        notes.push(format!("Shown are the first {} of {}.", rows.len(), counted(all, "feature")));
    }
    let without = rows.iter().filter(|row| row.interval.is_none()).count();
    if without > 0 {
        let why = match findings.view(spec.shown.first()).summary.examples {
            Some(1) => "since one pair says nothing of another one",
            _ => "since their effects in single pairs were not kept",
        };
        notes.push(format!("{without} have no interval, {why}."));
    }
    let threshold = match spec.selection {
        Selection::Threshold(threshold) => Some(decimal(threshold)),
        Selection::TopK(_) => None,
    };
    let title = format!("Effects with intervals: {}", spec.shown.described(&findings.study));
    Ok((title, notes, Content::Intervals(Intervals { axis: axis("effect"), rows, threshold })))
}

fn interval_row(findings: &Findings, spec: &Spec, row: &Row) -> IntervalRow {
    let interval = interval_of(row, findings);
    let view = if spec.shown.pair().is_some() { format!(" ({})", findings.study.name(row.ranked_in)) } else { String::new() };
    IntervalRow {
        name: format!("{}{view}", row.feature),
        effect: f64::from(row.effect),
        interval: interval.map(|interval| [interval.low, interval.high]),
        holds: interval.and_then(|interval| Touched::by(interval, spec.selection)),
    }
}
