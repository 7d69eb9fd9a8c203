//! Rows from a fixed seed, for the filter's tests.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::RngSeed;

use super::{Facts, NumberField, contains_lowercase};
use crate::core::firing::Firing;
use crate::core::selection::HeldBy;
use crate::core::study::testing::{BASELINE, FEMALE, MALE, names};
use crate::core::submodule::{FeatureId, FeatureIndex, Submodule, SubmoduleKind};
use crate::core::tags::Tag;
use crate::core::view::View;

pub(super) fn config() -> ProptestConfig {
    ProptestConfig { cases: 1024, failure_persistence: None, rng_seed: RngSeed::Fixed(7), ..ProptestConfig::default() }
}

/// A row that owns every fact a filter can ask for.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) feature: FeatureId,
    pub(super) effect: Option<f32>,
    pub(super) standard_error: Option<f32>,
    /// The effect in each view, in the order of the study's views.
    pub(super) views: [Option<f32>; 3],
    pub(super) rank: usize,
    pub(super) side: Option<HeldBy>,
    pub(super) fires: Option<(View, Firing)>,
    pub(super) tags: BTreeSet<Tag>,
    pub(super) note: String,
    pub(super) label: String,
    pub(super) prompts: Option<String>,
    pub(super) p: Option<f64>,
    pub(super) rejected: bool,
    pub(super) marked: bool,
}

impl Facts for Row {
    fn feature(&self) -> FeatureId {
        self.feature
    }

    fn number(&self, field: NumberField) -> Option<f64> {
        let stored = match field {
            NumberField::Effect => self.effect,
            NumberField::Absolute => self.effect.map(f32::abs),
            NumberField::StandardError => self.standard_error,
            NumberField::Ratio => self.effect.zip(self.standard_error).map(|(effect, error)| effect.abs() / error),
            NumberField::In(view) => self.views[usize::from(view.0)],
            NumberField::P => return self.p,
            NumberField::Q => return self.p.map(|p| (2.0 * p).min(1.0)),
            NumberField::Rank => return Some(self.rank as f64),
            NumberField::Delta | NumberField::DeltaError | NumberField::DeltaShare => None,
        };
        stored.map(f64::from)
    }

    fn side(&self) -> Option<HeldBy> {
        self.side
    }

    fn fires(&self) -> Option<(View, Firing)> {
        self.fires
    }

    fn has_tag(&self, tag: Tag) -> bool {
        self.tags.contains(&tag)
    }

    fn has_any_tag(&self) -> bool {
        !self.tags.is_empty()
    }

    fn tag_contains(&self, needle_lowercase: &str) -> bool {
        self.tags.iter().any(|tag| contains_lowercase(tag.as_str(), needle_lowercase))
    }

    fn label_contains(&self, needle_lowercase: &str) -> bool {
        contains_lowercase(&self.label, needle_lowercase)
    }

    fn prompts_contain(&self, needle_lowercase: &str) -> Option<bool> {
        self.prompts.as_ref().map(|prompts| contains_lowercase(prompts, needle_lowercase))
    }

    fn note_contains(&self, needle_lowercase: &str) -> bool {
        contains_lowercase(&self.note, needle_lowercase)
    }

    fn rejected(&self) -> bool {
        self.rejected
    }

    fn marked(&self) -> bool {
        self.marked
    }
}

/// `resid_5/26074` with an effect of 0.25 and rank 7; every other fact is unknown or empty.
pub(super) fn row() -> Row {
    Row {
        feature: FeatureId { submodule: Submodule::new(SubmoduleKind::Residual, 5), index: FeatureIndex(26074) },
        effect: Some(0.25),
        standard_error: None,
        views: [None; 3],
        rank: 7,
        side: None,
        fires: None,
        tags: BTreeSet::new(),
        note: String::new(),
        label: String::new(),
        prompts: None,
        p: None,
        rejected: false,
        marked: false,
    }
}

fn numbers() -> impl Strategy<Value = Option<f32>> {
    select(vec![None, Some(f32::NAN), Some(-0.3), Some(0.0), Some(0.2), Some(0.25), Some(f32::INFINITY)])
}

/// Rows with few values of each kind, so that filters often hold.
pub(super) fn rows() -> impl Strategy<Value = Row> {
    let sides = [MALE, FEMALE, BASELINE].map(|view| Some(HeldBy::Only(view)));
    let sides = [sides.as_slice(), &[None, Some(HeldBy::Both)]].concat();
    let firings = [Firing::Clean, Firing::Both, Firing::Patch];
    let fires = (select(vec![MALE, FEMALE, BASELINE]), select(firings.to_vec()));
    let relations = (select(sides), prop::option::of(fires));
    let submodules: Vec<Submodule> =
        Submodule::places(12).into_iter().filter(|one| [0, 1, 5, 11].contains(&one.layer.0)).collect();
    let ids = (select(submodules), select(vec![0, 2, 26, 26074]));
    let numbers = (numbers(), numbers(), [numbers(), numbers(), numbers()], select(vec![1, 2, 11, 600_000]));
    let said = (prop::collection::btree_set(select(names().tags.0).prop_map(|tag| tag.name), 0..3), texts(), any::<[bool; 3]>());
    let other = (texts(), select(vec![None, Some(0.01), Some(0.2)]));
    let strategy = (ids, numbers, relations, said, other);
    strategy.prop_map(|(ids, numbers, (side, fires), (tags, note, [rejected, marked, noted]), (label, p))| Row {
        feature: FeatureId { submodule: ids.0, index: FeatureIndex(ids.1) },
        effect: numbers.0,
        standard_error: numbers.1,
        views: numbers.2,
        rank: numbers.3,
        side,
        fires,
        tags,
        note: if noted { note } else { String::new() },
        label,
        prompts: None,
        p,
        rejected,
        marked,
    })
}

/// Parts of names, tags and notes, words of the language, and arbitrary characters.
pub(super) fn texts() -> impl Strategy<Value = String> {
    let known = "5-res-sm|resid_5|RESID|26|_1|/2|-|-sm/|fp|N|no|not|AND|or|a b|say \"hi\"|ÜBER|ß|x=1|(|!|\"|effect";
    let known: Vec<String> = known.split('|').map(str::to_owned).collect();
    prop_oneof![select(known), "[ -~]{1,3}", "(?s).{1,3}"]
}
