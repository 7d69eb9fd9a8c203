//! Everything that the parts of the page are made from.

use std::collections::BTreeSet;

use crate::core::chance::{Chance, Expected, Tested};
use crate::core::extract::Pages;
use crate::core::findings::Findings;
use crate::core::rows::arrange::arrange;
use crate::core::rows::{Listing, Shown, Spec};
use crate::core::selection::Selection;
use crate::core::submodule::FeatureId;
use crate::core::tags::Features;
use crate::core::view::View;

/// A run with its tags, its lists and its tests against chance.
pub struct Facts<'a> {
    /// The numbers of the run.
    pub findings: &'a Findings,
    /// The user's tags.
    pub tags: &'a Features,
    /// The pages of the features on Neuronpedia, or why there are none.
    pub pages: Result<Pages, String>,
    /// The rule that selects features.
    pub selection: Selection,
    /// Every view with its list.
    pub views: Vec<OfView>,
    /// The features that have cards: those with tags, reject marks or notes, and the strongest of each view. The strongest first.
    pub cards: Vec<FeatureId>,
}

/// What the page says of one view.
pub struct OfView {
    /// The view.
    pub view: View,
    /// What is listed of it.
    pub spec: Spec,
    /// The list.
    pub listing: Listing,
    /// The test against chance and what the list would hold by chance, or why there is none.
    pub chance: Result<(Chance, Expected), String>,
}

impl<'a> Facts<'a> {
    /// Computes everything.
    pub fn of(
        findings: &'a Findings,
        tags: &'a Features,
        pages: Result<Pages, String>,
        selection: Selection,
        top: usize,
    ) -> Self {
        let of_view = |view: View| {
            let spec = Spec::all(Shown::Single(view), selection);
            let chance = Chance::of(findings, view).and_then(|chance| Ok((chance, Expected::of(findings, view, selection)?)));
            OfView { view, listing: arrange(findings, tags, &spec), spec, chance }
        };
        let views: Vec<OfView> = findings.study.all().map(of_view).collect();
        let strongest = |of_view: &OfView| findings.view(of_view.view).select(Selection::TopK(top)).features;
        let strongest = views.iter().flat_map(strongest).map(|selected| selected.feature);
        let cards: BTreeSet<FeatureId> = tags.keys().copied().chain(strongest).collect();
        let mut cards: Vec<FeatureId> = cards.into_iter().collect();
        // The set is in submodule order, which a stable sort keeps among equals.
        cards.sort_by(|left, right| strength(findings, *right).total_cmp(&strength(findings, *left)));
        Self { findings, tags, pages, selection, views, cards }
    }

    /// The test of `feature` in `view`; None if there is none.
    pub fn tested(&self, view: View, feature: FeatureId) -> Option<Tested> {
        let of_view = self.views.iter().find(|of_view| of_view.view == view)?;
        of_view.chance.as_ref().ok()?.0.tested.get(&feature).copied()
    }

    /// The view in which the feature's |effect| is largest.
    pub fn strongest_view(&self, feature: FeatureId) -> View {
        let strength = |view: View| self.findings.view(view).effect(feature).map_or(0.0, f32::abs);
        // Of equals, the first.
        let all = self.findings.study.all().rev();
        all.max_by(|left, right| strength(*left).total_cmp(&strength(*right))).unwrap_or(View(0))
    }

    /// Whether others' labels were imported for the run's dictionaries.
    pub fn has_labels(&self) -> bool {
        self.findings.explanations.as_ref().is_some_and(|explanations| !explanations.dictionaries.is_empty())
    }

    /// The address of the feature's page on Neuronpedia; None if it has none.
    pub fn page(&self, feature: FeatureId) -> Option<String> {
        Some(self.pages.as_ref().ok()?.reference(feature).ok()?.page())
    }
}

/// The largest |effect| of a feature in any view.
fn strength(findings: &Findings, feature: FeatureId) -> f32 {
    findings
        .study
        .all()
        .filter_map(|view| findings.view(view).effect(feature))
        .fold(0.0, |largest, effect| effect.abs().max(largest))
}

/// The fragment of the page at which the card of `feature` stands.
pub fn anchor(feature: FeatureId) -> String {
    format!("feature-{}", feature.to_string().replace('/', "-"))
}
