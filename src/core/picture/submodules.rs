//! The pictures of whole submodules: how many features have an effect, and how much of it.

use super::{Bars, Content, Grid, Kind, Parts, Scale, axis, impossible};
use crate::core::findings::{Findings, Source};
use crate::core::problem::Result;
use crate::core::ranking::Ranked;
use crate::core::rows::Spec;
use crate::core::rows::arrange::arrange;
use crate::core::sides;
use crate::core::submodule::Submodule;
use crate::core::tags::Features;
use crate::core::text::excerpt;
use crate::core::view::View;

/// Numbers of features: those with an effect in each view, and those that are listed.
pub fn counts(findings: &Findings, tags: &Features, spec: &Spec) -> Result<Parts> {
    let listing = arrange(findings, tags, spec);
    if let Some(gap) = listing.gap {
        return Err(impossible(Kind::Counts, gap, "choose another selection"));
    }
    let submodules = findings.submodules();
    let nonzero = |view: View| {
        let count = |submodule: &Submodule| findings.view(view).submodule(*submodule).map(|ranked| ranked.len() as f64);
        (format!("{} view", findings.study.name(view)), submodules.iter().map(count).collect())
    };
    let listed = submodules.iter().map(|submodule| {
        let counts = listing.counts.get(submodule.ordinal(findings.layers));
        counts.map(|count| count.matching as f64)
    });
    let groups = names(&submodules);
    let mut panels = Vec::new();
    if !matches!(findings.source, Source::Published { .. }) {
        let series = views(spec).into_iter().map(nonzero).collect();
        panels.push(Bars { axis: "features with an effect other than 0".to_owned(), groups: groups.clone(), series, line: None });
    }
    let series = vec![("listed features".to_owned(), listed.collect())];
    panels.push(Bars { axis: "listed features".to_owned(), groups, series, line: None });
    let title = format!("Features by submodule: {}", spec.shown.described(&findings.study));
    Ok((title, Vec::new(), Content::Bars(panels)))
}

/// Sums of effects: of all features, of the listed ones, and of the error term. In a comparison, those of the first view minus those of the
/// second.
pub fn effects(findings: &Findings, tags: &Features, spec: &Spec) -> Result<Parts> {
    expect_computed(Kind::Effects, findings)?;
    let submodules = findings.submodules();
    let of =
        |number: &dyn Fn(&Ranked) -> f64| submodules.iter().map(|submodule| minus(findings, spec, *submodule, number)).collect();
    let mut series = vec![("all features".to_owned(), of(&Ranked::feature_sum))];
    if spec.shown.pair().is_none() {
        let mut sums = vec![Some(0.0); submodules.len()];
        for row in arrange(findings, tags, spec).rows {
            let place = submodules.iter().position(|submodule| *submodule == row.feature.submodule);
            if let Some(Some(sum)) = place.and_then(|place| sums.get_mut(place)) {
                *sum += f64::from(row.effect);
            }
        }
        series.push(("listed features".to_owned(), sums));
    }
    series.push(("error term".to_owned(), of(&|ranked| f64::from(ranked.effects().error.effect))));
    let total = |view: View| findings.view(view).summary.total_effect;
    let total = match spec.shown.pair() {
        None => total(spec.shown.first()),
        Some((first, second)) => total(first).zip(total(second)).map(|(first, second)| first - second),
    };
    let line = total.map(|total| ("total effect".to_owned(), total));
    let notes = vec![
        "Effects are those of the patch activation in place of the clean one, summed over positions, means over pairs; the error term is \
         what the dictionary does not explain."
            .to_owned(),
    ];
    let axis = axis(&format!("sum of effects{}", difference(findings, spec)));
    let bars = Bars { axis, groups: names(&submodules), series, line };
    let title = format!("Cumulative effect by submodule: {}", spec.shown.described(&findings.study));
    Ok((title, notes, Content::Bars(vec![bars])))
}

/// Sums of the effects of all features at each position.
pub fn map(findings: &Findings, spec: &Spec) -> Result<Parts> {
    expect_computed(Kind::Map, findings)?;
    let submodules = findings.submodules();
    let view = spec.shown.first();
    let count = |view: View| findings.view(view).submodules().map(|ranked| ranked.position_sums().len()).max().unwrap_or(0);
    let positions = views(spec).into_iter().map(count).max().unwrap_or(0);
    if positions == 0 {
        if findings.data(view).is_some_and(|data| data.examples.is_empty()) {
            let what = "the run is a part of a study, and holds no pair of the view";
            return Err(impossible(Kind::Map, what, "merge all parts: saescope merge"));
        }
        return Err(impossible(Kind::Map, "the run holds no effects by position", "compute the run again"));
    }
    // A view without a position has no effect there.
    let at = |position: usize| move |ranked: &Ranked| ranked.position_sums().get(position).copied().unwrap_or(0.0);
    let row = |submodule: &Submodule| (0..positions).map(|position| minus(findings, spec, *submodule, &at(position))).collect();
    let words = sides::first_tokens(findings, view).filter(|words| words.len() == positions);
    let column =
        |position: usize| words.as_ref().map_or_else(|| position.to_string(), |words| format!("{position} {}", words[position]));
    let mut notes = vec!["Cells are sums over all features, listed or not, without the error term; means over pairs.".to_owned()];
    if words.is_some() {
        notes.push(format!("Words are those of the first {} for example.", excerpt(&findings.study.view(view).clean, 100)));
    }
    let grid = Grid {
        name: String::new(),
        axis: axis(&format!("sum of effects{}", difference(findings, spec))),
        across: "position in the prompt, from 0".to_owned(),
        down: "submodule".to_owned(),
        columns: (0..positions).map(column).collect(),
        rows: names(&submodules),
        values: submodules.iter().map(row).collect(),
        scale: Scale::Largest,
    };
    let title = format!("Effect by submodule and position: {}", spec.shown.described(&findings.study));
    Ok((title, notes, Content::Grids(vec![grid])))
}

/// The number of `submodule` in the view, or in a comparison that in the first view minus that in the second; None if it is not known.
fn minus(findings: &Findings, spec: &Spec, submodule: Submodule, number: &dyn Fn(&Ranked) -> f64) -> Option<f64> {
    let of = |view: View| findings.view(view).submodule(submodule).map(|ranked| number(ranked));
    let first = of(spec.shown.first())?;
    match spec.shown.pair() {
        None => Some(first),
        Some((_, second)) => Some(first - of(second)?),
    }
}

/// The views that are shown.
fn views(spec: &Spec) -> Vec<View> {
    spec.shown.pair().map_or_else(|| vec![spec.shown.first()], |(first, second)| vec![first, second])
}

/// Words for an axis of differences; empty for a single view.
fn difference(findings: &Findings, spec: &Spec) -> String {
    let name = |view: View| findings.study.name(view);
    spec.shown.pair().map_or_else(String::new, |(first, second)| format!(", {} − {} view", name(first), name(second)))
}

fn names(submodules: &[Submodule]) -> Vec<String> {
    submodules.iter().map(ToString::to_string).collect()
}

/// Refuses figures that were only printed: they have no sums and no error terms.
fn expect_computed(kind: Kind, findings: &Findings) -> Result<()> {
    match findings.source {
        Source::Published { .. } => Err(impossible(kind, "the study printed neither sums nor error terms", "compute a run")),
        _ => Ok(()),
    }
}
