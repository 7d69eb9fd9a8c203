//! Features ablated one by one: a table that can be ordered and copied.

use std::collections::HashMap;

use super::line::{Line, Tone};
use crate::app::state::check::{Order, Window};
use crate::core::causal::each::{Each, Single};
use crate::core::causal::elsewhere::Elsewhere;
use crate::core::causal::scores::Score;
use crate::core::causal::words::{doubt, interval, number, ratio};
use crate::core::findings::Findings;
use crate::core::submodule::FeatureId;
use crate::core::text::printable;
use crate::core::view::View;

/// From this many columns on there is room for intervals.
const ROOMY: usize = 106;

/// The features in the order of `window`.
pub fn ordered<'a>(each: &'a Each, findings: &Findings, view: View, window: &Window) -> Vec<&'a Single> {
    let effect = |single: &Single| f64::from(findings.view(view).effect(single.feature).unwrap_or(0.0).abs());
    let share = |score: &Score| score.mean.unwrap_or(f64::NEG_INFINITY);
    let value = |single: &Single| match window.order {
        Order::Effect => effect(single),
        Order::Feature => 0.0,
        Order::Clean => single.on_clean as f64,
        Order::Patch => single.on_patch as f64,
        Order::Zero => share(&single.zero),
        Order::Resample => share(&single.resample),
    };
    let mut all: Vec<&Single> = each.features.iter().collect();
    all.sort_by(|left, right| value(right).total_cmp(&value(left)).then(left.feature.cmp(&right.feature)));
    if window.reversed {
        all.reverse();
    }
    all
}

/// The feature in row `at`.
pub fn feature(each: &Each, findings: &Findings, view: View, window: &Window) -> Option<FeatureId> {
    ordered(each, findings, view, window).get(window.at).map(|single| single.feature)
}

/// Whether the metric that is left stands in place of its share, which says nothing where the bias is within its error of zero.
fn shows_metrics(each: &Each) -> bool {
    each.all.is_within_error() && each.features.iter().all(|single| single.left.is_some())
}

/// The width of the last number, below its heading.
fn last_width(each: &Each) -> usize {
    if shows_metrics(each) { "F resample▼".chars().count() } else { 9 }
}

/// The heading of the table.
pub fn heading(each: &Each, window: &Window, columns: usize) -> Line {
    let arrow = if window.reversed { '▲' } else { '▼' };
    let name = |order: Order, name: &str| if window.order == order { format!("{name}{arrow}") } else { name.to_owned() };
    let feature = if window.order == Order::Feature {
        format!("feature{}", if window.reversed { '▼' } else { '▲' })
    } else {
        "feature".to_owned()
    };
    let interval = if columns < ROOMY { String::new() } else { "95 %".to_owned() };
    let [zero, resample] = if shows_metrics(each) { ["F zero", "F resample"] } else { ["zero", "resample"] };
    Line::title(cells(
        [
            &feature,
            &name(Order::Effect, "effect"),
            &name(Order::Clean, "on clean"),
            &name(Order::Patch, "on patch"),
            &name(Order::Zero, zero),
            &interval,
            &name(Order::Resample, resample),
            &interval,
        ],
        last_width(each),
        columns,
    ))
}

/// One line for each feature.
pub fn rows(each: &Each, findings: &Findings, view: View, window: &Window, columns: usize) -> Vec<Line> {
    let row = |single: &Single| {
        let effect = findings.view(view).effect(single.feature);
        let effect = effect.map_or_else(|| "-".to_owned(), |effect| format!("{effect:+.4}"));
        let [[zero, zero_interval], [resample, resample_interval]] = match &single.left {
            Some(left) if shows_metrics(each) => left.each_ref().map(|left| [number(left.mean), interval(left.interval)]),
            _ => [&single.zero, &single.resample].map(|share| ratio(share, each.all)),
        };
        let of = |count: usize| format!("{count}/{}", each.examples);
        let (name, clean, patch) = (single.feature.to_string(), of(single.on_clean), of(single.on_patch));
        let row = [&name, &effect, &clean, &patch, &zero, &zero_interval, &resample, &resample_interval];
        Line::plain(cells(row, last_width(each), columns))
    };
    ordered(each, findings, view, window).into_iter().map(row).collect()
}

fn cells(
    [feature, effect, clean, patch, zero, zero_interval, resample, resample_interval]: [&String; 8],
    last: usize,
    columns: usize,
) -> String {
    let before = format!("{feature:<15} {effect:>9} {clean:>9} {patch:>9}");
    if columns < ROOMY {
        return format!("{before} {zero:>9} {resample:>last$}");
    }
    format!("{before} {zero:>9} {zero_interval:<18} {resample:>last$} {resample_interval:<18}")
}

/// What the columns mean.
pub fn explained(each: &Each, columns: usize) -> Vec<Line> {
    let mut lines: Vec<Line> =
        doubt("F(M)", each.all).iter().flat_map(|text| Line::sentence(text, Tone::Warning, columns)).collect();
    let metrics =
        "F zero, F resample: the mean metric that is left, in place of shares of a bias that is within its error of zero.";
    let metrics = shows_metrics(each).then(|| Line::sentence(metrics, Tone::Dim, columns));
    lines.extend(metrics.into_iter().flatten());
    let explained = [
        format!("F(M) {:+.4}. Errors {}: {}", each.all.mean, each.error, each.error.meaning()),
        "On: pairs in whose clean or patch prompt the feature is active at some token. Zero, resample: share of F(M) that is removed when the \
         feature alone is 0, or takes its value in the patch prompt, at all positions. A feature that is off in the clean prompts does nothing \
         when zeroed: it carries the patch answer; one with equal shares carries the clean answer. Intervals: bootstrap over pairs."
            .to_owned(),
    ];
    lines.extend(explained.iter().flat_map(|text| Line::sentence(text, Tone::Dim, columns)));
    lines
}

/// The table with full numbers, separated by tabs, with what the edits do `elsewhere`; what is not known is empty.
pub fn tsv(each: &Each, elsewhere: Option<&Elsewhere>, findings: &Findings, view: View, window: &Window) -> String {
    let mut text =
        "feature\teffect\ton_clean\ton_patch\tpairs\tbias_zero\tzero_low\tzero_high\tbias_resample\tresample_low\tresample_high\tleft_zero\tleft_resample"
            .to_owned();
    if let Some(elsewhere) = elsewhere {
        let way = elsewhere.way.map_or_else(String::new, |way| format!("_{way}"));
        let others = elsewhere.others.iter().map(|other| format!("bias_{}{way}", printable(&other.name)));
        let of_text = ["divergence", "loss_change"].map(|name| format!("{name}{way}"));
        let columns = of_text.into_iter().chain(others);
        text.extend(columns.flat_map(|name| ["", "_low", "_high"].map(|end| format!("\t{name}{end}"))));
    }
    text.push('\n');
    let share = |score: Option<&Score>| {
        let [low, high] = score.and_then(|score| score.interval).map_or([None, None], |[low, high]| [Some(low), Some(high)]);
        let mean = score.and_then(|score| score.mean);
        [mean, low, high].map(|value| value.map_or_else(String::new, |value| value.to_string())).join("\t")
    };
    let places: HashMap<FeatureId, usize> =
        each.features.iter().enumerate().map(|(place, single)| (single.feature, place)).collect();
    for single in ordered(each, findings, view, window) {
        let effect = findings.view(view).effect(single.feature).map_or_else(String::new, |effect| effect.to_string());
        let (zero, resample) = (share(Some(&single.zero)), share(Some(&single.resample)));
        let Single { feature, on_clean, on_patch, .. } = single;
        text.push_str(&format!("{feature}\t{effect}\t{on_clean}\t{on_patch}\t{}\t{zero}\t{resample}", each.examples));
        let left = single.means_left().map(|left| left.map_or_else(String::new, |left| left.to_string()));
        text.push_str(&format!("\t{}\t{}", left[0], left[1]));
        if let (Some(elsewhere), Some(place)) = (elsewhere, places.get(feature)) {
            let damage = elsewhere.damage(*place);
            let of_text = [damage.map(|damage| &damage.divergence), damage.map(|damage| &damage.loss_change)];
            let others = elsewhere.others.iter().map(|other| other.bias.get(*place));
            text.extend(of_text.into_iter().chain(others).map(|score| format!("\t{}", share(score))));
        }
        text.push('\n');
    }
    text
}
