//! Tests that rows match the plain definitions in every order, and that unknown figures stay unknown.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::core::effects::{Detail, ErrorTerm, SubmoduleEffects, ViewEffects};
use crate::core::filter::Filter;
use crate::core::findings::Source;
use crate::core::naive::{compare, select};
use crate::core::pair_effects::PairEffects;
use crate::core::published::Published;
use crate::core::run::Method;
use crate::core::study::testing::{BASELINE, FEMALE, MALE, names};
use crate::core::submodule::{FeatureIndex, Submodule};
use crate::core::tags::testing::config;
use crate::core::view_findings::ViewFindings;

fn view_effects(view: View, effects: &[Vec<f32>]) -> ViewEffects {
    let submodules = Submodule::all(1).into_iter().zip(effects).map(|(submodule, effects)| SubmoduleEffects {
        submodule,
        dictionary_features: 100,
        features: (0..effects.len() as u32).map(FeatureIndex).collect(),
        effects: effects.clone(),
        standard_errors: effects.iter().map(|effect| effect.abs() / 10.0).collect(),
        position_effects: effects.clone(),
        pair_effects: PairEffects::default(),
        error: ErrorTerm { effect: 0.0, standard_error: 0.0, position_effects: vec![0.0] },
        gradient_dot_change: None,
    });
    ViewEffects {
        view,
        clean_metrics: vec![0.0],
        patch_metrics: vec![0.0],
        positions: 1,
        submodules: submodules.collect(),
        detail: Detail::default(),
    }
}

fn findings(views: &[ViewEffects]) -> Findings {
    let mut findings = Findings::new(Source::Published { method: Method::Ig, steps: 1 }, Arc::new(names()), "m".to_owned(), 1);
    for effects in views {
        *findings.view_mut(effects.view) = ViewFindings::from_effects(effects.clone(), 1);
    }
    findings
}

fn spec(shown: Shown, selection: Selection) -> Spec {
    Spec::all(shown, selection)
}

fn effects() -> impl Strategy<Value = Vec<Vec<f32>>> {
    let value = prop::sample::select(vec![0.0, 0.1, -0.1, 0.25, -0.25, 1.0, -7.5]);
    prop::collection::vec(prop::collection::vec(value, 0..6), 3)
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn rows_are_those_of_the_selection_and_of_the_comparison(
        male in effects(), baseline in effects(), threshold in 0.0f32..0.5, k in 1usize..12, by_threshold: bool,
    ) {
        let views = [view_effects(MALE, &male), view_effects(BASELINE, &baseline)];
        let findings = findings(&views);
        let selection = if by_threshold { Selection::Threshold(threshold) } else { Selection::TopK(k) };
        let none = Features::new();
        let single = arrange(&findings, &none, &spec(Shown::Single(MALE), selection));
        let expected = select(&views[0], selection);
        prop_assert_eq!(single.rows.iter().map(|row| (row.feature, row.effect)).collect::<Vec<_>>(),
            expected.iter().map(|selected| (selected.feature, selected.effect)).collect::<Vec<_>>());
        for (shown, common) in [(Shown::Difference(MALE, BASELINE), false), (Shown::Similarity(MALE, BASELINE), true)] {
            let expected = compare(&views[0], &views[1], selection, common);
            let listing = arrange(&findings, &none, &spec(shown, selection));
            prop_assert_eq!(listing.rows.iter().map(|row| (row.feature, row.effect)).collect::<Vec<_>>(),
                expected.iter().map(|selected| (selected.feature, selected.effect)).collect::<Vec<_>>());
            prop_assert!(listing.rows.iter().all(|row| (row.held_by == HeldBy::Both) == common));
            prop_assert_eq!(listing.total().selected, expected.len());
        }
    }

    #[test]
    fn every_order_holds_the_same_rows_and_unknown_figures_come_last(male in effects(), descending: bool, column in 0usize..10) {
        let findings = findings(&[view_effects(MALE, &male)]);
        let mut spec = spec(Shown::Single(MALE), Selection::Threshold(0.0));
        let none = Features::new();
        let mut before: Vec<FeatureId> = arrange(&findings, &none, &spec).rows.iter().map(|row| row.feature).collect();
        spec.sort = Sort { column: Column::all(&names())[column], descending };
        let rows = arrange(&findings, &none, &spec).rows;
        let mut after: Vec<FeatureId> = rows.iter().map(|row| row.feature).collect();
        if let Column::Effect = spec.sort.column {
            let effects: Vec<f32> = rows.iter().map(|row| row.effect).collect();
            let is_ordered = effects.windows(2).all(|pair| if descending { pair[0] >= pair[1] } else { pair[0] <= pair[1] });
            prop_assert!(is_ordered);
        }
        before.sort_unstable();
        after.sort_unstable();
        prop_assert_eq!(before, after);
    }
}

#[test]
fn a_filter_hides_or_dims_and_counts_stay_whole() {
    let findings = findings(&[view_effects(MALE, &[vec![0.5, -0.4], vec![0.3], vec![]])]);
    let mut spec = spec(Shown::Single(MALE), Selection::Threshold(0.0));
    spec.filter = Filter::parse("effect>0", &names()).unwrap();
    let none = Features::new();
    let listing = arrange(&findings, &none, &spec);
    assert_eq!((listing.rows.len(), listing.total()), (2, Count { selected: 3, matching: 2 }));
    // The rank is the place in the whole selection, not in the filtered rows.
    assert_eq!(listing.rows.iter().map(|row| row.rank).collect::<Vec<_>>(), [Some(1), Some(3)]);
    spec.keep_others = true;
    let listing = arrange(&findings, &none, &spec);
    assert_eq!(listing.rows.iter().map(|row| row.matches).collect::<Vec<_>>(), [true, false, true]);
    spec.submodule = Some(Submodule::all(1)[0]);
    let listing = arrange(&findings, &none, &spec);
    assert_eq!((listing.rows.len(), listing.submodules()), (2, 2));
}

/// Published figures: figures that were not printed are unknown, and a comparison does not claim otherwise.
#[test]
fn published_figures_are_listed_as_far_as_they_were_printed() {
    let published =
        Published::parse(include_str!("../../../data/published/names_comparison.json"), "names", &Arc::new(names())).unwrap();
    let (findings, tags) = (&published.findings, published.tags.features());
    let list = |shown, selection| arrange(findings, tags, &spec(shown, selection));
    let male = Shown::Single(MALE);
    assert_eq!(list(male, Selection::Threshold(0.1)).rows.len(), 19);
    assert_eq!(list(Shown::Single(FEMALE), Selection::Threshold(0.1)).rows.len(), 20);
    assert_eq!(list(Shown::Single(BASELINE), Selection::Threshold(0.1)).rows.len(), 19);
    assert!(list(male, Selection::Threshold(0.05)).gap.unwrap().contains("above 0.1"));
    let top = list(male, Selection::TopK(30));
    assert_eq!((top.rows.len(), top.gap), (30, None));
    assert!(top.rows[..19].iter().all(|row| row.rank.is_some()) && top.rows[19..].iter().all(|row| row.rank.is_none()));
    assert!(
        top.rows[19..]
            .iter()
            .all(|row| cells::cell(Column::Effect, row, findings, tags, &spec(male, Selection::TopK(30))).is_empty())
    );
    assert_eq!(list(male, Selection::TopK(25)).rows.len(), 19);
    let difference = list(Shown::Difference(MALE, BASELINE), Selection::TopK(30));
    // The notebook counted the same numbers.
    assert_eq!((difference.rows.len(), difference.gap), (28, None));
    let similarity = list(Shown::Similarity(MALE, BASELINE), Selection::TopK(30));
    assert_eq!((similarity.rows.len(), similarity.gap), (16, None));
    let more = list(Shown::Difference(MALE, BASELINE), Selection::TopK(31));
    assert!(more.gap.unwrap().contains("only the 30 strongest were printed"));
    assert!(!list(Shown::Difference(MALE, FEMALE), Selection::TopK(30)).rows.is_empty());
    let tagged =
        top.rows.iter().filter(|row| !cells::tags(row, &findings.study, tags, &spec(male, Selection::TopK(30))).is_empty());
    assert_eq!(tagged.count(), 30);
}

#[test]
fn a_row_with_the_figure_ends_the_look_at_an_order() {
    let findings = findings(&[view_effects(MALE, &[vec![1.0, 0.5, 0.25], vec![], vec![]])]);
    let (tags, spec) = (Features::default(), spec(Shown::Single(MALE), Selection::TopK(5)));
    let Listing { rows, .. } = arrange(&findings, &tags, &spec);
    let looked_at = std::cell::Cell::new(0);
    let facts = |count: usize| {
        rows[..count].iter().map(|row| {
            looked_at.set(looked_at.get() + 1);
            RowFacts::new(row, &findings, &tags, &spec)
        })
    };
    let effect = || Asked::Number(crate::core::filter::NumberField::Effect);
    assert_eq!((Unknown::of_all(effect(), facts(3), &tags), looked_at.take()), (None, 1));
    let unknown = Unknown::of_all(Asked::Tags, facts(3), &tags).unwrap();
    assert_eq!((unknown.rows, unknown.of, looked_at.take()), (3, 3, 3));
    assert_eq!(Unknown::of_all(Asked::Tags, facts(0), &tags), None);
}
