//! Turns findings into rows: select, compare, filter, order.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::column::{Column, Sort};
use super::facts::RowFacts;
use super::unknown::{Unknown, ordering};
use super::{Count, Listing, Row, Shown, Spec, cells, fires};
use crate::core::alike;
use crate::core::chance;
use crate::core::families::Families;
use crate::core::filter::{Asked, Filter};
use crate::core::findings::Findings;
use crate::core::overlap::Overlap;
use crate::core::selection::{HeldBy, Selected, Selection, by_strength};
use crate::core::submodule::{FeatureId, Submodule};
use crate::core::tags::Features;
use crate::core::view::View;
use crate::core::view_findings::{Picked, ViewFindings};

/// Roughly how many features [`arrange`] has to process. It is cheap to compute and decides on which thread `arrange` runs.
pub fn size(findings: &Findings, spec: &Spec) -> usize {
    // The first time, an interval takes about as long as a thousand other cells.
    let each = if spec.sort.column == Column::Interval { 1000 } else { 1 };
    // The first time, testing a view takes longer than any list.
    if to_test(spec).any(|view| findings.tests(view).known().is_none()) {
        return usize::MAX;
    }
    let count = |view: View| each * findings.view(view).counts(spec.selection).iter().sum::<usize>();
    spec.shown.pair().map_or_else(|| count(spec.shown.first()), |(first, second)| count(first) + count(second))
}

/// The views whose tests against chance `spec` asks for.
fn to_test(spec: &Spec) -> impl Iterator<Item = View> + use<> {
    let asks = spec.filter.as_ref().is_some_and(Filter::asks_chance) || matches!(spec.sort.column, Column::P | Column::Q);
    let views = [Some(spec.shown.first()), spec.shown.pair().map(|(_, second)| second)];
    views.into_iter().flatten().filter(move |_| asks)
}

/// The rows that `spec` asks for.
pub fn arrange(findings: &Findings, tags: &Features, spec: &Spec) -> Listing {
    for view in to_test(spec) {
        // Where there are no tests, no row has a p: the rows say so.
        let _ = chance::tests(findings, view);
    }
    let (mut rows, overlap, gap) = match spec.shown {
        Shown::Single(view) => {
            let (rows, gap) = single(findings, view, spec.selection);
            (rows, None, gap)
        }
        Shown::Difference(first, second) | Shown::Similarity(first, second) => compared(findings, first, second, spec),
    };
    if let Some(filter) = &spec.filter {
        for row in &mut rows {
            row.matches = filter.matches(&RowFacts::new(row, findings, tags, spec));
        }
    }
    let lacking =
        |asked: Asked, rows: &[Row]| Unknown::among(asked, rows.iter().map(|row| RowFacts::new(row, findings, tags, spec)), tags);
    let unknown = spec.filter.iter().flat_map(Filter::asked).filter_map(|asked| lacking(asked, &rows)).collect();
    let mut counts = vec![Count::default(); Submodule::count(findings.layers)];
    for row in &rows {
        let count = &mut counts[row.feature.submodule.ordinal(findings.layers)];
        count.selected += 1;
        count.matching += usize::from(row.matches);
    }
    let is_filtered = |row: &&Row| !row.matches && !spec.keep_others && spec.marked.contains(&row.feature);
    let filtered_marks = if spec.filter.is_some() { rows.iter().filter(is_filtered).count() } else { 0 };
    rows.retain(|row| {
        (spec.keep_others || row.matches) && spec.submodule.is_none_or(|submodule| row.feature.submodule == submodule)
    });
    let folded = spec.families.as_deref().map_or_else(BTreeMap::new, |families| fold(&mut rows, families));
    order(&mut rows, findings, tags, spec);
    let facts = rows.iter().map(|row| RowFacts::new(row, findings, tags, spec));
    let unordered = ordering(spec.sort.column).and_then(|asked| Unknown::of_all(asked, facts, tags));
    let marked = if spec.marked.is_empty() { 0 } else { rows.iter().filter(|row| spec.marked.contains(&row.feature)).count() };
    Listing { rows, counts, marked, filtered_marks, folded, unknown, unordered, overlap, gap }
}

/// Leaves of the matching rows of each family the first, of rows in order of strength, and returns the others by it. The rows that do not match
/// are folded among themselves.
fn fold(rows: &mut Vec<Row>, families: &Families) -> BTreeMap<FeatureId, Vec<FeatureId>> {
    let (mut listed, mut folded) = (BTreeMap::new(), BTreeMap::<FeatureId, Vec<FeatureId>>::new());
    rows.retain(|row| {
        let Some(family) = families.of(row.feature) else { return true };
        let first = *listed.entry((family, row.matches)).or_insert(row.feature);
        if first != row.feature {
            folded.entry(first).or_default().push(row.feature);
        }
        first == row.feature
    });
    folded
}

fn single(findings: &Findings, view: View, selection: Selection) -> (Vec<Row>, Option<String>) {
    let Picked { features, gap } = findings.view(view).select(selection);
    let rows = features.into_iter().enumerate().map(|(place, selected)| row(place, selected, HeldBy::Only(view), view));
    (rows.collect(), gap)
}

fn row(place: usize, selected: Selected, held_by: HeldBy, ranked_in: View) -> Row {
    let rank = selected.effect.is_finite().then_some(place as u32 + 1);
    Row { feature: selected.feature, rank, held_by, ranked_in, effect: selected.effect, matches: true }
}

/// Features that only one of two selections holds, or that both hold, strongest first (the notebook lists a difference in the
/// order of Python's hash table). If a selection is not completely known, a comparison could claim differences that do not
/// exist: then there are no rows, only the reason.
fn compared(findings: &Findings, first: View, second: View, spec: &Spec) -> (Vec<Row>, Option<Overlap>, Option<String>) {
    let found = |view: View| findings.view(view);
    let mut held = match held(found(first), found(second), spec.selection) {
        Ok(held) => held,
        Err((view, gap)) => return (Vec::new(), None, Some(format!("{}: {gap}", findings.study.name(view)))),
    };
    let overlap = alike::overlap(findings, [first, second], spec.selection, &held);
    let keep_both = matches!(spec.shown, Shown::Similarity(..));
    held.retain(|(_, held_by)| (*held_by == HeldBy::Both) == keep_both);
    let effect = |view: View, feature| findings.view(view).effect(feature).unwrap_or(f32::NAN);
    let mut ranked: Vec<(Selected, HeldBy, View)> = held
        .into_iter()
        .map(|(feature, held_by)| {
            let ranked_in = match held_by {
                HeldBy::Only(view) => view,
                // An unknown effect never counts as the stronger one.
                HeldBy::Both if effect(second, feature).abs() > effect(first, feature).abs() => second,
                HeldBy::Both => first,
            };
            (Selected { feature, effect: effect(ranked_in, feature) }, held_by, ranked_in)
        })
        .collect();
    ranked.sort_unstable_by(|(left, ..), (right, ..)| known_first(left, right).then_with(|| by_strength(left, right)));
    let rows = ranked.into_iter().enumerate().map(|(place, (selected, held_by, view))| row(place, selected, held_by, view));
    (rows.collect(), Some(overlap), None)
}

/// The features that `selection` picks in either view, ascending, each with the selections that hold it. This is the only
/// definition of a comparison.
///
/// # Errors
/// If one of the selections is not completely known: the view, and the reason.
pub fn held(
    first: &ViewFindings,
    second: &ViewFindings,
    selection: Selection,
) -> Result<Vec<(FeatureId, HeldBy)>, (View, String)> {
    let select = |found: &ViewFindings| {
        if found.is_empty() {
            return Err((found.view, "nothing is known of this view".to_owned()));
        }
        let Picked { features, gap } = found.select(selection);
        match gap {
            Some(gap) => Err((found.view, gap)),
            None => Ok(ids(&features)),
        }
    };
    Ok(merge(&select(first)?, &select(second)?, first.view, second.view))
}

/// Puts known effects first. `total_cmp` alone would put an unknown effect, a NaN, before every number.
fn known_first(left: &Selected, right: &Selected) -> Ordering {
    left.effect.is_nan().cmp(&right.effect.is_nan())
}

fn ids(selected: &[Selected]) -> Vec<FeatureId> {
    let mut ids: Vec<FeatureId> = selected.iter().map(|selected| selected.feature).collect();
    ids.sort_unstable();
    ids
}

/// Merges two ascending lists and marks which of them hold each feature.
fn merge(in_first: &[FeatureId], in_second: &[FeatureId], first: View, second: View) -> Vec<(FeatureId, HeldBy)> {
    let mut merged = Vec::with_capacity(in_first.len() + in_second.len());
    let (mut left, mut right) = (in_first.iter().peekable(), in_second.iter().peekable());
    loop {
        let order = match (left.peek(), right.peek()) {
            (Some(left), Some(right)) => left.cmp(right),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => return merged,
        };
        let held_by = match order {
            Ordering::Less => HeldBy::Only(first),
            Ordering::Equal => HeldBy::Both,
            Ordering::Greater => HeldBy::Only(second),
        };
        let taken_left = if order.is_le() { left.next() } else { None };
        let taken_right = if order.is_ge() { right.next() } else { None };
        merged.extend(taken_left.or(taken_right).map(|feature| (*feature, held_by)));
    }
}

fn order(rows: &mut [Row], findings: &Findings, tags: &Features, spec: &Spec) {
    let Sort { column, descending } = spec.sort;
    // The rows arrive in order of strength; a stable sort keeps this order among equal rows.
    match column {
        Column::Rank => {
            if descending {
                rows.reverse();
            }
        }
        Column::Name => rows.sort_by(|left, right| directed(left.feature.cmp(&right.feature), descending)),
        Column::Fires => by_number(rows, descending, |row| {
            // Clean prompts first, those of both between clean and patch.
            fires::firing(row, findings, spec).map(|(_, firing)| f32::from(firing as u8))
        }),
        Column::Interval => {
            by_number(rows, descending, |row| cells::interval_of(row, findings).map(|interval| interval.least() as f32));
        }
        Column::Side => rows.sort_by_key(|row| {
            let side = match row.held_by {
                HeldBy::Only(view) => view.0,
                HeldBy::Both => u8::MAX,
            };
            if descending { u8::MAX - side } else { side }
        }),
        Column::Label => {
            // Features without a label come last in both directions, like those without a tag.
            let label = |row: &Row| findings.explanation(row.feature).map_or("", |found| found.label);
            rows.sort_by(|left, right| {
                let [left, right] = [label(left), label(right)];
                left.is_empty().cmp(&right.is_empty()).then_with(|| directed(left.cmp(right), descending))
            });
        }
        number if number.is_number() => by_number(rows, descending, |row| cells::number(number, row, findings, spec)),
        // Tags, and every other column of words.
        _ => {
            // Untagged rows come last in both directions: a user who sorts by tags looks for tags.
            rows.sort_by_cached_key(|row| {
                let text = cells::tags(row, &findings.study, tags, spec);
                (text.is_empty(), text)
            });
            if descending {
                let tagged = rows.partition_point(|row| !cells::tags(row, &findings.study, tags, spec).is_empty());
                rows[..tagged].reverse();
            }
        }
    }
}

fn by_number(rows: &mut [Row], descending: bool, number: impl Fn(&Row) -> Option<f32>) {
    let mut keyed: Vec<(f32, Row)> = rows.iter().map(|row| (number(row).unwrap_or(f32::NAN), *row)).collect();
    keyed.sort_by(|(left, _), (right, _)| {
        left.is_nan().cmp(&right.is_nan()).then_with(|| directed(left.total_cmp(right), descending))
    });
    for (row, (_, sorted)) in rows.iter_mut().zip(keyed) {
        *row = sorted;
    }
}

fn directed(order: Ordering, descending: bool) -> Ordering {
    if descending { order.reverse() } else { order }
}

#[cfg(test)]
#[path = "arrange_tests.rs"]
mod tests;
