//! Tests of differences against computations by hand, and of what they promise for any effects.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::core::effects::{Detail, ErrorTerm, SubmoduleEffects, ViewEffects};
use crate::core::findings::Source;
use crate::core::pair_effects::PairEffects;
use crate::core::quadrature::Quadrature;
use crate::core::run::{DataRecord, Dropped, ExampleRecord, Method, Opened};
use crate::core::study::testing::{BASELINE, FEMALE, MALE, names};
use crate::core::submodule::{FeatureIndex, Submodule, SubmoduleKind};
use crate::core::tags::testing::config;

fn attention() -> Submodule {
    Submodule::new(SubmoduleKind::Attention, 0)
}

fn feature(index: u32) -> FeatureId {
    FeatureId { submodule: attention(), index: FeatureIndex(index) }
}

/// A pair list of `count` pairs whose prompts begin with `first`.
fn pairs(first: u32, count: usize) -> DataRecord {
    let texts = || vec![String::new()];
    let example = |place: usize| ExampleRecord {
        line: place + 1,
        clean_tokens: vec![first + 2 * place as u32],
        patch_tokens: vec![first + 2 * place as u32 + 1],
        clean_text: texts(),
        patch_text: texts(),
        clean_answer: 0,
        patch_answer: 1,
        clean_answer_text: String::new(),
        patch_answer_text: String::new(),
    };
    let examples = (0..count).map(example).collect();
    DataRecord {
        source: String::new(),
        sha256: String::new(),
        lines: count,
        dropped: Dropped::default(),
        dropped_lines: Vec::new(),
        not_joined: Vec::new(),
        examples,
    }
}

fn mean(values: &[f32]) -> f64 {
    values.iter().map(|value| f64::from(*value)).sum::<f64>() / values.len() as f64
}

fn standard_error(values: &[f32]) -> f64 {
    let squares: f64 = values.iter().map(|value| (f64::from(*value) - mean(values)).powi(2)).sum();
    (squares / (values.len() - 1) as f64 / values.len() as f64).sqrt()
}

/// Findings in which feature 1 has these effects in the examples of the male and the baseline view; `kept` says whether the effects of single
/// examples are known, `others` whether the baseline has prompts of its own.
fn findings(male: &[f32], baseline: &[f32], kept: bool, others: bool) -> Findings {
    let data = vec![pairs(0, male.len()), pairs(if others { 1000 } else { 0 }, baseline.len())];
    let opened = Opened {
        model: "m".to_owned(),
        layers: 1,
        submodules: Vec::new(),
        backend: String::new(),
        study: Arc::new(names()),
        data,
        notes: Vec::new(),
    };
    let mut findings = Findings::live(Arc::new(opened), Method::Ig, Some(Quadrature::riemann(10)));
    for (view, effects, total) in [(MALE, male, 2.0), (BASELINE, baseline, 4.0)] {
        let examples = effects.len() as u32;
        let detail = Detail {
            features: vec![feature(1)],
            incomplete: 0,
            entry_features: vec![0; 2 * effects.len()],
            entry_examples: (0..examples).chain(0..examples).collect(),
            entry_positions: [vec![0; effects.len()], vec![1; effects.len()]].concat(),
            // Each effect is the sum of two positions.
            entry_effects: effects.iter().map(|effect| effect + 0.5).chain(effects.iter().map(|_| -0.5)).collect(),
            entry_clean: vec![0.0; 2 * effects.len()],
            entry_patch: vec![0.0; 2 * effects.len()],
        };
        let of_submodule = SubmoduleEffects {
            submodule: attention(),
            dictionary_features: 10,
            features: vec![FeatureIndex(1)],
            effects: vec![mean(effects) as f32],
            standard_errors: vec![standard_error(effects) as f32],
            position_effects: vec![0.0, 0.0],
            pair_effects: PairEffects::default(),
            error: ErrorTerm { effect: 0.0, standard_error: 0.0, position_effects: vec![0.0, 0.0] },
            gradient_dot_change: None,
        };
        let effects = ViewEffects {
            view,
            clean_metrics: vec![0.0; effects.len()],
            patch_metrics: vec![total; effects.len()],
            positions: 2,
            submodules: vec![of_submodule],
            detail: if kept { detail } else { Detail::default() },
        };
        *findings.view_mut(view) = ViewFindings::from_effects(effects, 1);
    }
    findings
}

fn close(left: f32, right: f64) -> bool {
    (f64::from(left) - right).abs() <= 1e-4 * (1.0 + right.abs())
}

#[test]
fn differences_of_the_same_pairs_are_paired_and_others_are_not() {
    let (male, baseline) = ([1.0, 2.0, 3.0], [0.5, 1.5, 2.5]);
    let between = |kept, others| Delta::between(&findings(&male, &baseline, kept, others), MALE, BASELINE, feature(1)).unwrap();
    // Every example differs by exactly a half.
    let paired = between(true, false);
    assert!(paired.is_paired && close(paired.effect, 0.5) && close(paired.standard_error.unwrap(), 0.0));
    assert!(!paired.may_be_zero());
    // 2 of a total effect of 2 is all of it, 1.5 of 4 is 37.5 percent.
    assert!(close(paired.share.unwrap(), 62.5), "{paired:?}");
    for (kept, others) in [(false, false), (true, true), (false, true)] {
        let independent = between(kept, others);
        assert!(!independent.is_paired && close(independent.effect, 0.5));
        // Both standard errors are the root of a third.
        assert!(close(independent.standard_error.unwrap(), (2.0_f64 / 3.0).sqrt()), "{independent:?}");
        assert!(independent.may_be_zero());
    }
}

#[test]
fn what_is_not_known_gives_no_difference() {
    let found = findings(&[1.0, 2.0], &[1.0, 2.0], true, false);
    assert!(Delta::between(&found, MALE, FEMALE, feature(1)).is_none(), "the female view has not arrived");
    // A feature that never differs has an effect of 0 in each example.
    let never = Delta::between(&found, MALE, BASELINE, feature(2)).unwrap();
    assert_eq!((never.effect, never.standard_error, never.is_paired), (0.0, Some(0.0), true));
    assert!(never.may_be_zero());
    let printed = Findings::new(Source::Published { method: Method::Ig, steps: 1 }, Arc::new(names()), String::new(), 1);
    assert!(printed.has_same_pairs(MALE, MALE) && !printed.has_same_pairs(MALE, BASELINE));
    assert!(found.has_same_pairs(MALE, FEMALE), "a reversed view has the same pairs");
}

#[test]
fn the_error_of_a_single_example_is_not_known() {
    let mut found = findings(&[1.0, 2.0], &[1.0, 2.0], true, false);
    found.view_mut(MALE).summary.examples = Some(1);
    assert!(!Delta::between(&found, MALE, BASELINE, feature(1)).unwrap().is_paired);
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_difference_changes_its_sign_with_its_views_and_its_error_is_the_naive_one(
        effects in prop::collection::vec((-2.0_f32..2.0, -2.0_f32..2.0), 2..12),
        kept in any::<bool>(),
        others in any::<bool>(),
    ) {
        let (male, baseline): (Vec<f32>, Vec<f32>) = effects.iter().copied().unzip();
        let found = findings(&male, &baseline, kept, others);
        let there = Delta::between(&found, MALE, BASELINE, feature(1)).unwrap();
        let back = Delta::between(&found, BASELINE, MALE, feature(1)).unwrap();
        prop_assert_eq!((there.effect, there.share), (-back.effect, back.share.map(|share| -share)));
        prop_assert_eq!((there.standard_error, there.is_paired), (back.standard_error, back.is_paired));
        prop_assert_eq!(there.is_paired, kept && !others);
        let differences: Vec<f32> = effects.iter().map(|(male, baseline)| male - baseline).collect();
        prop_assert!(close(there.effect, mean(&differences)));
        let naive = if there.is_paired {
            standard_error(&differences)
        } else {
            (standard_error(&male).powi(2) + standard_error(&baseline).powi(2)).sqrt()
        };
        prop_assert!(close(there.standard_error.unwrap(), naive), "{there:?}, {naive}");
    }
}
