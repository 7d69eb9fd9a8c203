//! Tests that the counts and lists a terminal asks for match the plain definition, on random effects with many ties.

use proptest::prelude::*;

use super::*;
use crate::core::effects::{Detail, ErrorTerm, SubmoduleEffects};
use crate::core::naive::select;
use crate::core::pair_effects::PairEffects;
use crate::core::study::testing::MALE;
use crate::core::submodule::FeatureIndex;
use crate::core::tags::testing::config;

/// A view of two layers whose six submodules have `effects`.
fn view(effects: &[Vec<f32>]) -> ViewEffects {
    let submodules = Submodule::all(2).into_iter().zip(effects).map(|(submodule, effects)| SubmoduleEffects {
        submodule,
        dictionary_features: 100,
        features: (0..effects.len() as u32).map(|index| FeatureIndex(3 * index)).collect(),
        effects: effects.clone(),
        standard_errors: vec![0.5; effects.len()],
        position_effects: effects.clone(),
        pair_effects: PairEffects::default(),
        error: ErrorTerm { effect: 0.0, standard_error: 0.0, position_effects: vec![0.0] },
        gradient_dot_change: None,
    });
    ViewEffects {
        view: MALE,
        clean_metrics: vec![0.0, 1.0],
        patch_metrics: vec![2.0, 5.0],
        positions: 1,
        submodules: submodules.collect(),
        detail: Detail::default(),
    }
}

/// Few distinct values, so that ties are common; NaN and infinity are among them.
fn effects() -> impl Strategy<Value = Vec<Vec<f32>>> {
    let value =
        prop::sample::select(vec![0.0, -0.0, 0.1, -0.1, 0.25, -0.25, 1.0, f32::MIN_POSITIVE, f32::NAN, f32::INFINITY, -7.5]);
    prop::collection::vec(prop::collection::vec(value, 0..8), 6)
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn lists_and_counts_are_those_of_the_selection(effects in effects(), threshold in 0.0f32..1.2, count in 0usize..60) {
        let effects = view(&effects);
        let findings = ViewFindings::from_effects(effects.clone(), 2);
        for selection in [Selection::Threshold(threshold), Selection::Threshold(0.1), Selection::TopK(count)] {
            let expected = select(&effects, selection);
            prop_assert_eq!(&findings.select(selection).features, &expected);
            let mut counts = vec![0; Submodule::count(2)];
            expected.iter().for_each(|selected| counts[selected.feature.submodule.ordinal(2)] += 1);
            prop_assert_eq!(findings.counts(selection), counts);
        }
    }
}

#[test]
fn what_has_not_arrived_is_not_known_and_what_never_differed_is_zero() {
    let mut effects = view(&[vec![0.5], vec![], vec![], vec![], vec![], vec![]]);
    effects.submodules.truncate(1);
    let findings = ViewFindings::from_effects(effects, 2);
    let feature = |text: &str, index| FeatureId { submodule: text.parse().unwrap(), index: FeatureIndex(index) };
    assert_eq!(findings.effect(feature("attn_0", 0)), Some(0.5));
    assert_eq!(findings.effect(feature("attn_0", 7)), Some(0.0));
    assert_eq!(findings.effect(feature("attn_1", 0)), None);
    assert_eq!(findings.effect(feature("attn_9", 0)), None);
    assert_eq!(findings.arrived(), 1);
    assert_eq!(findings.summary.total_effect, Some(3.0));
}
