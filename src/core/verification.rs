//! Compares a run with published figures: does this program, on this machine, reproduce the study?

use std::collections::BTreeSet;
use std::fmt;

use super::findings::Findings;
use super::published::{Published, PublishedStudy};
use super::rows::arrange::held;
use super::selection::HeldBy;
use super::selection::{Selected, Selection};
use super::submodule::FeatureId;
use super::view::ViewName;
use super::view_findings::{Coverage, ViewFindings};

/// The largest accepted difference of a figure, in units of the metric.
///
/// The study's weights are f16 and its arithmetic f32, as here, so only rounding can differ: the printed digits (5e-5), and f32
/// sums in another order on another device (about 1e-5 of the logits' own size, which reaches some tens: some 1e-4). Three
/// times that is allowed; it is a hundredth of the threshold above which the study looks at an effect.
pub const TOLERANCE: f64 = 1e-3;

/// The result of comparing one figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The difference is within the tolerance.
    Same,
    /// A list differs, but only by features that the tolerance could move across its edge.
    Edge,
    /// The difference is larger than the tolerance explains.
    Differs,
}

impl Verdict {
    /// Whether this figure of the study is reproduced.
    pub fn holds(self) -> bool {
        self != Self::Differs
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Same => "same",
            Self::Edge => "same but for its edge",
            Self::Differs => "DIFFERS",
        })
    }
}

/// The comparison of one figure, or of one list of figures.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// The figure's name in the report.
    pub name: String,
    /// The published value as text; counts for lists.
    pub published: String,
    /// The run's value as text; counts for lists.
    pub here: String,
    /// The largest difference, in units of the metric; None for lists.
    pub difference: Option<f64>,
    /// Whether the values agree.
    pub verdict: Verdict,
    /// Where the difference is, if it is too large; otherwise empty.
    pub note: String,
}

/// Compares every published figure with the run's. Views correspond if their names are equal.
pub fn compare(run: &Findings, published: &Published) -> Vec<Figure> {
    let mut figures = Vec::new();
    let figures_of = &published.findings;
    for view in figures_of.study.all() {
        let name = figures_of.study.name(view);
        match run.study.find(name.as_str()) {
            Some(here) => figures.extend(compare_view(name, run.view(here), figures_of.view(view), published.study.top_k)),
            None => figures.push(Figure {
                name: format!("{name} view"),
                published: "there".to_owned(),
                here: "missing".to_owned(),
                difference: None,
                verdict: Verdict::Differs,
                note: String::new(),
            }),
        }
    }
    if let Some((first, second)) = figures_of.study.compare {
        let names = [first, second].map(|view| figures_of.study.name(view));
        if let [Some(first), Some(second)] = names.map(|name| run.study.find(name.as_str())) {
            // The counts follow from the lists: if a printed list differs, the tolerance explains no difference in the counts.
            let lists = names.map(|name| list_name(name, published.study.top_k));
            let lists_hold = figures.iter().filter(|figure| lists.contains(&figure.name)).all(|figure| figure.verdict.holds());
            figures.push(compare_lists(names, [run.view(first), run.view(second)], &published.study, lists_hold));
        }
    }
    figures
}

fn compare_view(view: ViewName, found: &ViewFindings, expected: &ViewFindings, top_k: usize) -> Vec<Figure> {
    let summary = &expected.summary;
    let mut figures = Vec::new();
    for (name, published, here) in [
        ("clean metric, mean", summary.clean_metric, found.summary.clean_metric),
        ("total effect, mean", summary.total_effect, found.summary.total_effect),
    ] {
        if let Some(published) = published {
            figures.push(number(format!("{view}: {name}"), published, here.unwrap_or(f64::NAN)));
        }
    }
    figures.push(total_effects(view, &found.summary.total_effects, &summary.total_effects));
    if let Coverage::Printed { threshold, listed } = &expected.coverage {
        let strong: Vec<Selected> = expected
            .submodules()
            .flat_map(|ranked| ranked.strongest(ranked.len()))
            .filter(|selected| selected.effect.is_finite())
            .collect();
        let here = found.select(Selection::Threshold(*threshold)).features;
        let near = |feature: FeatureId| (size_of(found, feature) - f64::from(*threshold)).abs() <= TOLERANCE;
        let published: BTreeSet<FeatureId> = strong.iter().map(|selected| selected.feature).collect();
        figures.push(list(format!("{view}: features above {threshold}"), &published, &here, near));
        figures.push(effects(view, found, &strong));
        if !listed.is_empty() {
            let published: BTreeSet<FeatureId> = listed.iter().copied().collect();
            let here = found.select(Selection::TopK(top_k)).features;
            let edge = edge(&here);
            // A feature and the weakest of the list may both be off, in opposite directions.
            let near = |feature: FeatureId| (size_of(found, feature) - edge).abs() <= 2.0 * TOLERANCE;
            let mut figure = list(list_name(view, top_k), &published, &here, near);
            if published.len() != here.len() {
                figure.verdict = Verdict::Differs;
                figure.note = format!("{} published, {} here", published.len(), here.len());
            }
            figures.push(figure);
        }
    }
    figures
}

/// `|effect|` of a feature in a complete view.
fn size_of(found: &ViewFindings, feature: FeatureId) -> f64 {
    f64::from(effect_of(found, feature).abs())
}

fn effect_of(found: &ViewFindings, feature: FeatureId) -> f32 {
    found.effect(feature).unwrap_or(f32::NAN)
}

fn list_name(view: ViewName, top_k: usize) -> String {
    format!("{view}: top {top_k}")
}

/// The weakest `|effect|` in a list of the strongest features.
fn edge(strongest: &[Selected]) -> f64 {
    strongest.last().map_or(0.0, |selected| f64::from(selected.effect.abs()))
}

fn number(name: String, published: f64, here: f64) -> Figure {
    let difference = (here - published).abs();
    Figure {
        name,
        published: format!("{published:+.4}"),
        here: format!("{here:+.4}"),
        difference: Some(difference),
        verdict: within(difference),
        note: String::new(),
    }
}

/// A NaN difference counts as different.
fn within(difference: f64) -> Verdict {
    if difference <= TOLERANCE { Verdict::Same } else { Verdict::Differs }
}

fn total_effects(view: ViewName, here: &[f32], published: &[f32]) -> Figure {
    let off = published.iter().zip(here).map(|(published, here)| f64::from((here - published).abs()));
    let worst = off.enumerate().max_by(|(_, left), (_, right)| left.total_cmp(right));
    let equally_many = here.len() == published.len();
    let verdict = if equally_many { within(worst.map_or(0.0, |(_, difference)| difference)) } else { Verdict::Differs };
    let note = match worst {
        Some((index, _)) if !verdict.holds() => {
            format!("largest in example {}: {:+.4}, published {:+.4}", index + 1, here[index], published[index])
        }
        _ => String::new(),
    };
    Figure {
        name: format!("{view}: total effect of each example"),
        published: published.len().to_string(),
        here: here.len().to_string(),
        difference: worst.map(|(_, difference)| difference),
        verdict,
        note,
    }
}

fn effects(view: ViewName, found: &ViewFindings, published: &[Selected]) -> Figure {
    let off = |selected: &Selected| f64::from((effect_of(found, selected.feature) - selected.effect).abs());
    let worst = published.iter().max_by(|left, right| off(left).total_cmp(&off(right)));
    let difference = worst.map(off);
    let verdict = within(difference.unwrap_or(0.0));
    let note = match worst {
        Some(worst) if !verdict.holds() => {
            format!("largest in {}: {:+.4}, published {:+.4}", worst.feature, effect_of(found, worst.feature), worst.effect)
        }
        _ => String::new(),
    };
    let close = published.iter().filter(|selected| off(selected) <= TOLERANCE).count();
    Figure {
        name: format!("{view}: their effects"),
        published: published.len().to_string(),
        here: format!("{close} close"),
        difference,
        verdict,
        note,
    }
}

/// Compares two lists as sets; `near` tells which features the tolerance could move across the edge.
fn list(name: String, published: &BTreeSet<FeatureId>, here: &[Selected], near: impl Fn(FeatureId) -> bool) -> Figure {
    let here: BTreeSet<FeatureId> = here.iter().map(|selected| selected.feature).collect();
    let differing: Vec<&FeatureId> = published.symmetric_difference(&here).collect();
    let wrong: Vec<String> = differing
        .iter()
        .filter(|feature| !near(***feature))
        .map(|feature| format!("{feature} {}", if here.contains(feature) { "is only here" } else { "is missing" }))
        .collect();
    let verdict = match (differing.len(), wrong.len()) {
        (0, _) => Verdict::Same,
        (_, 0) => Verdict::Edge,
        _ => Verdict::Differs,
    };
    let common = published.intersection(&here).count();
    Figure {
        name,
        published: published.len().to_string(),
        here: format!("{}, {common} common", here.len()),
        difference: None,
        verdict,
        note: wrong.join(", "),
    }
}

/// Compares how many of the strongest features of two views differ, and how many both views hold.
fn compare_lists(names: [ViewName; 2], views: [&ViewFindings; 2], published: &PublishedStudy, lists_hold: bool) -> Figure {
    let top_k = published.top_k;
    let expected = published.comparison;
    let name = format!("{} and {}, top {top_k}: differing / common", names[0], names[1]);
    let (differing, common) = match held(views[0], views[1], Selection::TopK(top_k)) {
        Ok(held) => {
            let common = held.iter().filter(|(_, held_by)| *held_by == HeldBy::Both).count();
            (held.len() - common, common)
        }
        Err((_, gap)) => {
            return Figure {
                name,
                published: format!("{} / {}", expected.differing, expected.common),
                here: "missing".to_owned(),
                difference: None,
                verdict: Verdict::Differs,
                note: gap,
            };
        }
    };
    // Features that change places at the edge of one list may each be in the other list or not.
    let allowed = if lists_hold { views.into_iter().map(|view| exchanges(view, top_k)).sum() } else { 0 };
    let verdict = if (differing, common) == (expected.differing, expected.common) {
        Verdict::Same
    } else if differing + 2 * common == expected.differing + 2 * expected.common && common.abs_diff(expected.common) <= allowed {
        Verdict::Edge
    } else {
        Verdict::Differs
    };
    Figure {
        name,
        published: format!("{} / {}", expected.differing, expected.common),
        here: format!("{differing} / {common}"),
        difference: None,
        verdict,
        note: if verdict.holds() {
            String::new()
        } else {
            format!("the tolerance explains {allowed} of {top_k} features at most")
        },
    }
}

/// The number of features among the `top_k` strongest that could change places with weaker ones if every effect may be off by
/// the tolerance.
fn exchanges(view: &ViewFindings, top_k: usize) -> usize {
    let ranked = view.select(Selection::TopK(2 * top_k)).features;
    let (inside, outside) = ranked.split_at(top_k.min(ranked.len()));
    let size = |selected: &Selected| f64::from(selected.effect.abs());
    inside.iter().rev().zip(outside).take_while(|(weak, next)| size(weak) - size(next) <= 2.0 * TOLERANCE).count()
}

#[cfg(test)]
#[path = "verification_tests.rs"]
mod tests;
