//! Answers the filter language's questions about a row.

use super::{Row, Spec, fires, strongest_pairs};
use crate::core::chance::{self, Tested};
use crate::core::delta::Delta;
use crate::core::filter::{Facts, NumberField, contains_lowercase};
use crate::core::findings::Findings;
use crate::core::firing::Firing;
use crate::core::selection::HeldBy;
use crate::core::submodule::FeatureId;
use crate::core::tags::{FeatureTags, Features, Marks, Tag};
use crate::core::view::View;

/// One row with everything that a filter can ask about it.
pub(super) struct RowFacts<'a> {
    pub row: &'a Row,
    pub findings: &'a Findings,
    pub spec: &'a Spec,
    pub tags: Option<&'a FeatureTags>,
}

/// The views whose tags apply to a row: the view that ranks it, or both views if both selections hold it.
pub(super) fn views(row: &Row, spec: &Spec) -> impl Iterator<Item = View> {
    let (first, second) = match (row.held_by, spec.shown.pair()) {
        (HeldBy::Both, Some((first, second))) => (first, Some(second)),
        _ => (row.ranked_in, None),
    };
    std::iter::once(first).chain(second)
}

impl<'a> RowFacts<'a> {
    pub fn new(row: &'a Row, findings: &'a Findings, tags: &'a Features, spec: &'a Spec) -> Self {
        Self { row, findings, spec, tags: tags.get(&row.feature) }
    }

    fn delta(&self) -> Option<Delta> {
        let (first, second) = self.spec.shown.pair()?;
        Delta::between(self.findings, first, second, self.row.feature)
    }

    /// The test against chance in the view that ranks the row, computed the first time.
    fn tested(&self) -> Option<Tested> {
        chance::tested(self.findings, self.row.ranked_in, self.row.feature)
    }

    fn any_marks(&self, mut holds: impl FnMut(&Marks) -> bool) -> bool {
        let Some(tags) = self.tags else { return false };
        views(self.row, self.spec).any(|view| tags.applying_in(self.findings.study.name(view)).any(|(_, marks)| holds(marks)))
    }
}

impl Facts for RowFacts<'_> {
    fn feature(&self) -> FeatureId {
        self.row.feature
    }

    fn number(&self, field: NumberField) -> Option<f64> {
        let feature = self.row.feature;
        let effect = || Some(self.row.effect).filter(|effect| effect.is_finite());
        let number = match field {
            NumberField::Effect => effect(),
            NumberField::Absolute => effect().map(f32::abs),
            NumberField::StandardError => self.findings.view(self.row.ranked_in).standard_error(feature),
            NumberField::Ratio => self.findings.view(self.row.ranked_in).ratio(feature),
            NumberField::In(view) => self.findings.view(view).effect(feature),
            NumberField::P => return self.tested().map(|tested| tested.p),
            NumberField::Q => return self.tested().map(|tested| tested.q),
            NumberField::Rank => return self.row.rank.map(f64::from),
            NumberField::Delta => self.delta().map(|delta| delta.effect),
            NumberField::DeltaError => self.delta().and_then(|delta| delta.standard_error),
            NumberField::DeltaShare => self.delta().and_then(|delta| delta.share),
        };
        number.map(f64::from)
    }

    fn side(&self) -> Option<HeldBy> {
        self.spec.shown.pair().map(|_| self.row.held_by)
    }

    fn fires(&self) -> Option<(View, Firing)> {
        fires::firing(self.row, self.findings, self.spec)
    }

    fn has_tag(&self, tag: Tag) -> bool {
        self.any_marks(|marks| marks.tags.contains(&tag))
    }

    fn has_any_tag(&self) -> bool {
        self.any_marks(|marks| !marks.tags.is_empty())
    }

    fn tag_contains(&self, needle_lowercase: &str) -> bool {
        self.any_marks(|marks| marks.tags.iter().any(|tag| contains_lowercase(tag.as_str(), needle_lowercase)))
    }

    fn label_contains(&self, needle_lowercase: &str) -> bool {
        let label = self.findings.explanation(self.row.feature).map_or("", |found| found.label);
        contains_lowercase(label, needle_lowercase)
    }

    fn prompts_contain(&self, needle_lowercase: &str) -> Option<bool> {
        strongest_pairs::contain(self.findings, self.row.ranked_in, self.row.feature, needle_lowercase)
    }

    fn note_contains(&self, needle_lowercase: &str) -> bool {
        self.any_marks(|marks| contains_lowercase(&marks.note, needle_lowercase))
    }

    fn rejected(&self) -> bool {
        self.any_marks(|marks| marks.rejected)
    }

    fn marked(&self) -> bool {
        self.spec.marked.contains(&self.row.feature)
    }
}
