//! The numbers a study has found so far. Screens show only these, wherever the numbers come from.

use std::sync::Arc;

use super::detail_index::DetailIndex;
use super::dictionary_report::DictionaryReport;
use super::effects::ViewEffects;
use super::explanations::{Explanation, Explanations};
use super::hosted::Hosted;
use super::overlap::LastOverlap;
use super::quadrature::Quadrature;
use super::ranking::Ranked;
use super::run::{DataRecord, DictionaryRecord, ExampleRecord, Manifest, Method, Opened, Run};
use super::study::Study;
use super::submodule::{FeatureId, Submodule};
use super::tags::Subject;
use super::tested::Tests;
use super::view::View;
use super::view_findings::ViewFindings;

/// Where the numbers of a [`Findings`] come from.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// Computed in this session: the opened inputs, while the run goes on or after it was stopped.
    Live {
        /// The opened model, study and data.
        opened: Arc<Opened>,
        /// How effects are computed.
        method: Method,
        /// How the integral along the path is approximated; None except for integrated gradients.
        quadrature: Option<Quadrature>,
    },
    /// A complete run: computed in this session, or read from a file.
    Run {
        /// The record of inputs and settings from which the run was computed.
        manifest: Arc<Manifest>,
        /// The file it was read from or written to, if any.
        file: Option<String>,
    },
    /// Figures printed by the published study, not computed here.
    Published {
        /// How the published effects were computed.
        method: Method,
        /// Points on the path of integrated gradients, a left Riemann sum.
        steps: usize,
    },
}

/// The numbers of all views, with the study and model they belong to.
#[derive(Debug, Clone, PartialEq)]
pub struct Findings {
    /// Where the numbers come from.
    pub source: Source,
    /// The study, with its views, their wording and its tags.
    pub study: Arc<Study>,
    /// The model's name, also the `modelId` of its features.
    pub model: String,
    /// The model's number of layers.
    pub layers: usize,
    /// The model and dictionaries that tags belong to; None until the dictionaries' hash is known.
    pub subject: Option<Subject>,
    /// What others say of the features; None if it was not looked for.
    pub explanations: Option<Arc<Explanations>>,
    /// The findings of each view, in the order of the study's views.
    views: Vec<ViewFindings>,
    /// The report of each dictionary, by [`Submodule::ordinal`].
    reports: Vec<Option<DictionaryReport>>,
    /// The test against chance of each view, as far as it was asked for.
    tests: Vec<Tests>,
    /// What the lists of the comparison that was asked for last share.
    last_overlap: LastOverlap,
    /// For each view, the first view of the same pairs of prompts.
    prompts: Vec<View>,
}

/// Whether both lists hold the same pairs of prompts in the same order; a pair may be exchanged, as in a reversed view. The answers may
/// differ.
fn has_same_prompts(left: &DataRecord, right: &DataRecord) -> bool {
    let same = |left: &ExampleRecord, right: &ExampleRecord| {
        let [left, right] = [left, right].map(|example| [&example.clean_tokens, &example.patch_tokens]);
        left == right || left == [right[1], right[0]]
    };
    left.examples.len() == right.examples.len()
        && left.examples.iter().zip(&right.examples).all(|(left, right)| same(left, right))
}

impl Findings {
    /// The pair lists; none for published figures.
    pub fn lists(&self) -> &[DataRecord] {
        match &self.source {
            Source::Live { opened, .. } => &opened.data,
            Source::Run { manifest, .. } => &manifest.data,
            Source::Published { .. } => &[],
        }
    }

    /// Findings of a study whose inputs are open, before any result has arrived.
    pub fn live(opened: Arc<Opened>, method: Method, quadrature: Option<Quadrature>) -> Self {
        let (study, model, layers) = (opened.study.clone(), opened.model.clone(), opened.layers);
        Self::new(Source::Live { opened, method, quadrature }, study, model, layers)
    }

    /// Findings from `source` that hold no numbers yet.
    pub fn new(source: Source, study: Arc<Study>, model: String, layers: usize) -> Self {
        let views = study.all().map(|view| ViewFindings::new(view, layers)).collect();
        let reports = vec![None; Submodule::count(layers)];
        let tests = study.all().map(|_| Tests::default()).collect();
        let (subject, explanations, prompts, last_overlap) = (None, None, Vec::new(), LastOverlap::default());
        let mut findings =
            Self { source, study, model, layers, subject, explanations, views, reports, tests, last_overlap, prompts };
        findings.prompts = findings.study.all().map(|view| findings.first_of_same_prompts(view)).collect();
        let examples: Vec<_> = findings.study.all().map(|view| Some(findings.data(view)?.examples.len())).collect();
        for (view, examples) in findings.views.iter_mut().zip(examples) {
            view.summary.examples = examples;
        }
        findings
    }

    fn first_of_same_prompts(&self, view: View) -> View {
        let is_same = |other: &View| {
            let (other, view) = (self.data(*other), self.data(view));
            other.zip(view).is_some_and(|(other, view)| has_same_prompts(other, view))
        };
        self.study.all().find(is_same).unwrap_or(view)
    }

    /// Whether the examples of both views are the same pairs of prompts, one by one.
    pub fn has_same_pairs(&self, left: View, right: View) -> bool {
        let first = |view: View| self.prompts.get(usize::from(view.0));
        first(left) == first(right)
    }

    /// Numbers of arrived and of expected parts: a part is one submodule in one view.
    pub fn arrived(&self) -> (usize, usize) {
        let expected = self.submodules().len();
        let views = self.study.all().map(|view| self.view(view));
        views.fold((0, 0), |(arrived, all), view| (arrived + view.arrived(), all + expected))
    }

    /// What a list of these numbers is not: the numbers of a whole run that was computed here. None if it is, else `partial, 9 of 36
    /// parts` or `published`.
    pub fn standing(&self) -> Option<String> {
        match &self.source {
            Source::Run { .. } => None,
            Source::Live { .. } => {
                let (arrived, expected) = self.arrived();
                Some(format!("partial, {arrived} of {expected} parts"))
            }
            Source::Published { .. } => Some("published".to_owned()),
        }
    }

    /// The findings of a complete run. This ranks every feature, so do not call it on a drawing thread.
    pub fn from_run(run: Run, file: Option<String>, subject: Subject) -> Self {
        let (model, layers) = (run.manifest.model.name.clone(), run.manifest.model.layers);
        let study = Arc::new(run.manifest.study.clone());
        let mut findings = Self::new(Source::Run { manifest: Arc::new(run.manifest), file }, study, model, layers);
        findings.views = run.views.into_iter().map(|effects| ViewFindings::from_effects(effects, layers)).collect();
        if let Source::Run { manifest, .. } = &findings.source {
            for record in &manifest.dictionaries {
                if let Some(submodule) = record.place().filter(|submodule| submodule.layer.0 < layers) {
                    findings.reports[submodule.ordinal(layers)] = record.report;
                }
            }
        }
        findings.subject = Some(subject);
        findings
    }

    /// The complete run, for a run file; None if the run is not complete.
    pub fn to_run(&self) -> Option<Run> {
        let Source::Run { manifest, .. } = &self.source else { return None };
        let views: Option<Vec<ViewEffects>> = self.views.iter().map(ViewFindings::to_effects).collect();
        Some(Run { manifest: (**manifest).clone(), views: views? })
    }

    /// The findings of `view`.
    ///
    /// # Panics
    /// If `view` belongs to another study: a fault of the caller.
    pub fn view(&self, view: View) -> &ViewFindings {
        &self.views[usize::from(view.0)]
    }

    /// The findings of `view`, to add to them. Panics like [`Findings::view`].
    pub fn view_mut(&mut self, view: View) -> &mut ViewFindings {
        // The test of a view depends on its reversed view, too.
        self.tests.fill(Tests::default());
        self.last_overlap = LastOverlap::default();
        &mut self.views[usize::from(view.0)]
    }

    /// The test against chance of `view`, if it was asked for: see [`chance::tests`](super::chance::tests). Panics like [`Findings::view`].
    pub fn tests(&self, view: View) -> &Tests {
        &self.tests[usize::from(view.0)]
    }

    /// What the lists of the comparison that was asked for last share: see [`alike::overlap`](super::alike::overlap).
    pub fn last_overlap(&self) -> &LastOverlap {
        &self.last_overlap
    }

    /// Adds the ranked effects of one submodule in `view`.
    pub fn insert(&mut self, view: View, ranked: Arc<Ranked>) {
        self.view_mut(view).insert(ranked);
    }

    /// Stores how well the dictionary of `submodule` fits.
    ///
    /// # Panics
    /// If the model has no such layer: a fault of the caller.
    pub fn set_report(&mut self, submodule: Submodule, report: DictionaryReport) {
        assert!(submodule.layer.0 < self.layers, "{submodule} is of another model");
        self.reports[submodule.ordinal(self.layers)] = Some(report);
    }

    /// How well the dictionary of `submodule` fits; None if it is not known.
    pub fn report(&self, submodule: Submodule) -> Option<DictionaryReport> {
        if submodule.layer.0 < self.layers { self.reports[submodule.ordinal(self.layers)] } else { None }
    }

    /// The manifest's record of the dictionary of `submodule`; None unless the source is a run.
    pub fn dictionary(&self, submodule: Submodule) -> Option<&DictionaryRecord> {
        let Source::Run { manifest, .. } = &self.source else { return None };
        manifest.dictionaries.iter().find(|record| record.place() == Some(submodule))
    }

    /// The submodules that have a dictionary, in their order; for published figures, all that the model has.
    pub fn submodules(&self) -> Vec<Submodule> {
        match &self.source {
            Source::Live { opened, .. } => opened.submodules.clone(),
            // Every view of a whole run has the same ones.
            Source::Run { .. } => {
                let views = self.views.iter().take(1);
                views.flat_map(|view| view.submodules().map(|ranked| ranked.effects().submodule)).collect()
            }
            Source::Published { .. } => Submodule::all(self.layers),
        }
    }

    /// The prompts behind `view`; None for published figures.
    pub fn data(&self, view: View) -> Option<&DataRecord> {
        match &self.source {
            Source::Live { opened, .. } => opened.data.get(self.study.view(view).pairs),
            Source::Run { manifest, .. } => Some(manifest.data(view)),
            Source::Published { .. } => None,
        }
    }

    /// How effects were computed, and how the integral along the path was approximated.
    pub fn method(&self) -> (Method, Option<Quadrature>) {
        match &self.source {
            Source::Live { method, quadrature, .. } => (*method, *quadrature),
            Source::Run { manifest, .. } => (manifest.method, manifest.quadrature()),
            Source::Published { method, steps } => (*method, Some(Quadrature::riemann(*steps))),
        }
    }

    /// Number of features of the dictionary of `submodule`; None if it is not known.
    pub fn features_of(&self, submodule: Submodule) -> Option<usize> {
        let features = |view: &ViewFindings| view.submodule(submodule).map(|ranked| ranked.effects().dictionary_features);
        self.views.iter().find_map(features).filter(|features| *features > 0)
    }

    /// Number of features of the widest dictionary that has arrived; None if it is not known.
    pub fn dictionary_features(&self) -> Option<usize> {
        let all = self.views.iter().flat_map(ViewFindings::submodules).map(|ranked| ranked.effects().dictionary_features);
        all.max().filter(|features| *features > 0)
    }

    /// What others say of `feature`; None if nothing is known.
    pub fn explanation(&self, feature: FeatureId) -> Option<Explanation<'_>> {
        self.explanations.as_ref()?.find(feature)
    }

    /// Takes over what others say of the features, except for that of other dictionaries than those of the run.
    pub fn explain(&mut self, mut explanations: Explanations, hosted: &Hosted) {
        explanations.expect_fitting(&self.model, hosted, |submodule| self.dictionary(submodule).map(|record| record.features));
        self.explanations = Some(Arc::new(explanations));
    }

    /// Effects at single tokens in `view`, for its strongest features.
    pub fn detail(&self, view: View) -> &DetailIndex {
        &self.view(view).detail
    }
}
