//! What a study found, as far as it is known: the one thing that a screen shows, wherever the numbers come from.

use std::sync::Arc;

use super::detail_index::DetailIndex;
use super::dictionary_report::DictionaryReport;
use super::effects::ViewEffects;
use super::ranking::Ranked;
use super::run::{DataRecord, DictionaryRecord, Manifest, Method, Opened, Run};
use super::study::Study;
use super::submodule::Submodule;
use super::tags::Subject;
use super::view::View;
use super::view_findings::ViewFindings;

/// Where the numbers come from.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// Computed in this session; holds what was opened, and how far it came if it was stopped.
    Live {
        /// The inputs.
        opened: Arc<Opened>,
        /// How effects are computed.
        method: Method,
        /// Points on the path; only integrated gradients have any.
        steps: Option<usize>,
    },
    /// A whole run: computed in this session, or read from the file of this name.
    Run {
        /// From what it was computed, and how.
        manifest: Arc<Manifest>,
        /// The file it was read from or written to.
        file: Option<String>,
    },
    /// Figures printed by the published study, not computed here.
    Published {
        /// How they were computed.
        method: Method,
        /// Points on the path.
        steps: usize,
    },
}

/// The numbers of all views with what is known about them.
#[derive(Debug, Clone, PartialEq)]
pub struct Findings {
    /// Where they come from.
    pub source: Source,
    /// Its views, their words and its tags.
    pub study: Arc<Study>,
    /// The model's name, also the `modelId` of its features.
    pub model: String,
    /// Its number of layers.
    pub layers: usize,
    /// What tags hang on; none until the dictionaries' hash is known.
    pub subject: Option<Subject>,
    /// In the order of the study's views.
    views: Vec<ViewFindings>,
    /// By ordinal.
    reports: Vec<Option<DictionaryReport>>,
}

impl Findings {
    /// A study whose inputs are open and of which nothing has arrived.
    pub fn live(opened: Arc<Opened>, method: Method, steps: Option<usize>) -> Self {
        let (study, model, layers) = (opened.study.clone(), opened.model.clone(), opened.layers);
        Self::new(Source::Live { opened, method, steps }, study, model, layers)
    }

    /// Of a source, with nothing in it.
    pub fn new(source: Source, study: Arc<Study>, model: String, layers: usize) -> Self {
        let views = study.all().map(|view| ViewFindings::new(view, layers)).collect();
        Self { source, study, model, layers, subject: None, views, reports: vec![None; Submodule::count(layers)] }
    }

    /// A whole run. Ranks every feature: not for a drawing thread.
    pub fn from_run(run: Run, file: Option<String>, subject: Subject) -> Self {
        let (model, layers) = (run.manifest.model.name.clone(), run.manifest.model.layers);
        let study = Arc::new(run.manifest.study.clone());
        let mut findings = Self::new(Source::Run { manifest: Arc::new(run.manifest), file }, study, model, layers);
        findings.views = run.views.into_iter().map(|effects| ViewFindings::from_effects(effects, layers)).collect();
        if let Source::Run { manifest, .. } = &findings.source {
            for (report, record) in findings.reports.iter_mut().zip(&manifest.dictionaries) {
                *report = record.report;
            }
        }
        findings.subject = Some(subject);
        findings
    }

    /// The run again, for a run file; none unless it is whole.
    pub fn to_run(&self) -> Option<Run> {
        let Source::Run { manifest, .. } = &self.source else { return None };
        let views: Option<Vec<ViewEffects>> = self.views.iter().map(ViewFindings::to_effects).collect();
        Some(Run { manifest: (**manifest).clone(), views: views? })
    }

    /// What is known of `view`.
    ///
    /// # Panics
    /// When it is a view of another study: a fault of the caller.
    pub fn view(&self, view: View) -> &ViewFindings {
        &self.views[usize::from(view.0)]
    }

    /// The same, to add to it.
    pub fn view_mut(&mut self, view: View) -> &mut ViewFindings {
        &mut self.views[usize::from(view.0)]
    }

    /// Puts in what arrived of one submodule.
    pub fn insert(&mut self, view: View, ranked: Arc<Ranked>) {
        self.view_mut(view).insert(ranked);
    }

    /// Puts in how well a dictionary fits.
    pub fn set_report(&mut self, submodule: Submodule, report: DictionaryReport) {
        if submodule.layer.0 < self.layers {
            self.reports[submodule.ordinal(self.layers)] = Some(report);
        }
    }

    /// How well the dictionary of `submodule` fits, where it is known.
    pub fn report(&self, submodule: Submodule) -> Option<DictionaryReport> {
        if submodule.layer.0 < self.layers { self.reports[submodule.ordinal(self.layers)] } else { None }
    }

    /// What a run's manifest says of the dictionary of `submodule`.
    pub fn dictionary(&self, submodule: Submodule) -> Option<&DictionaryRecord> {
        let Source::Run { manifest, .. } = &self.source else { return None };
        manifest.dictionaries.get(submodule.ordinal(self.layers))
    }

    /// The prompts behind `view`.
    pub fn data(&self, view: View) -> Option<&DataRecord> {
        match &self.source {
            Source::Live { opened, .. } => opened.data.get(self.study.view(view).pairs),
            Source::Run { manifest, .. } => Some(manifest.data(view)),
            Source::Published { .. } => None,
        }
    }

    /// How effects were computed, and in how many points.
    pub fn method(&self) -> (Method, Option<usize>) {
        match &self.source {
            Source::Live { method, steps, .. } => (*method, *steps),
            Source::Run { manifest, .. } => (manifest.method, manifest.steps),
            Source::Published { method, steps } => (*method, Some(*steps)),
        }
    }

    /// Number of features of the widest dictionary that has arrived; none where it is not known.
    pub fn dictionary_features(&self) -> Option<usize> {
        let all = self.views.iter().flat_map(ViewFindings::submodules).map(|ranked| ranked.effects().dictionary_features);
        all.max().filter(|features| *features > 0)
    }

    /// Effects at single tokens in `view`.
    pub fn detail(&self, view: View) -> &DetailIndex {
        &self.view(view).detail
    }
}
