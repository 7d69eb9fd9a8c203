//! Figures that the published study printed, as findings that can be browsed. Figures that were not printed stay unknown.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use super::effects::{ErrorTerm, SubmoduleEffects};
use super::findings::{Findings, Source};
use super::format_error::of_json;
use super::neuronpedia;
use super::problem::{Problem, Result};
use super::ranking::Ranked;
use super::run::Method;
use super::study::{Study, ViewSpec};
use super::submodule::{FeatureId, FeatureIndex, Submodule};
use super::tags::import::{Target, notebook};
use super::tags::{Scope, Subject, TagBook};
use super::text::printable;
use super::view_findings::{Coverage, Summary};
use crate::core::pair_effects::PairEffects;

/// The printed figures with the tags that the study gave.
#[derive(Debug, Clone)]
pub struct Published {
    /// Printed effects, totals and lists.
    pub findings: Arc<Findings>,
    /// The tags from both printed lists of strongest features, each in its view.
    pub tags: TagBook,
    /// Settings and counts of the study, needed to compare a run with it.
    pub study: PublishedStudy,
}

/// How the study was made, and its comparison of two of its lists.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PublishedStudy {
    /// How effects were computed.
    pub method: Method,
    /// Points on the path of integrated gradients.
    pub steps: usize,
    /// Number of pairs of prompts.
    pub examples: usize,
    /// Tokens per prompt.
    pub tokens: usize,
    /// Length of the lists of strongest features.
    pub top_k: usize,
    /// Counts for the lists of strongest features of the two views that the study compares first.
    pub comparison: Comparison,
    /// The prompts behind the figures, by view: hashes of the kept examples in order, as `engine::identity::prompts_sha256`
    /// makes them. The key `pairs` stands for every view of the first pair list.
    pub prompts_sha256: BTreeMap<String, String>,
}

/// Counts from comparing two lists of strongest features.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Comparison {
    /// Features in only one list.
    pub differing: usize,
    /// Features in both lists.
    pub common: usize,
}

#[derive(Deserialize)]
struct File {
    model: String,
    #[serde(flatten)]
    study: PublishedStudy,
    threshold: f32,
    views: BTreeMap<String, PrintedView>,
    top30_tags: BTreeMap<String, Vec<Tagged>>,
    /// Lists of strongest features without tags: by view, the indices by Neuronpedia's layer name.
    #[serde(default)]
    top30_untagged: Untagged,
}

#[derive(Deserialize, Default)]
struct Untagged {
    /// Source of the lists; kept in the file for readers only.
    #[serde(rename = "note")]
    _note: Option<String>,
    #[serde(flatten)]
    views: BTreeMap<String, BTreeMap<String, Vec<u32>>>,
}

#[derive(Deserialize)]
struct PrintedView {
    clean_metric_mean: f64,
    total_effects: Vec<f32>,
    total_effect_mean: f64,
    /// The number of features above the threshold that the study states.
    threshold_count: Option<usize>,
    threshold_features: BTreeMap<String, BTreeMap<String, f32>>,
}

#[derive(Deserialize)]
struct Tagged {
    layer: String,
    index: u32,
    rejected: bool,
    note: String,
}

impl Published {
    /// Reads the figures of `study` from JSON `text`; messages call it `name`.
    pub fn parse(text: &str, name: &str, study: &Arc<Study>) -> Result<Self> {
        let problem = |what: String| Problem::new(name, what, "use data/published/names_comparison.json as it comes");
        let file: File = serde_json::from_str(text).map_err(|error| problem(of_json(text.as_bytes(), &error)))?;
        let submodules: Vec<Submodule> = file
            .views
            .values()
            .flat_map(|view| view.threshold_features.keys())
            .map(|name| name.parse())
            .collect::<Result<_>>()?;
        let layers = submodules.iter().map(|submodule| submodule.layer.0 + 1).max().unwrap_or(0);
        let source = Source::Published { method: file.study.method, steps: file.study.steps };
        let mut findings = Findings::new(source, Arc::clone(study), printable(&file.model), layers);
        let subject = Subject { model: file.model.clone(), dictionaries: "published".to_owned() };
        let mut tags = TagBook::new(subject.clone());
        for (view_name, printed) in &file.views {
            let view = study.named(view_name)?;
            let listed = file.top30_tags.get(view_name).map_or(&[][..], Vec::as_slice);
            let untagged = file.top30_untagged.views.get(view_name);
            let untagged =
                untagged.into_iter().flatten().flat_map(|(layer, indices)| indices.iter().map(move |index| (layer, *index)));
            let features: Vec<FeatureId> = listed
                .iter()
                .map(|tagged| (&tagged.layer, tagged.index))
                .chain(untagged)
                .map(|(layer, index)| feature(layer, index).ok_or_else(|| problem(format!("holds an unknown layer '{layer}'"))))
                .collect::<Result<_>>()?;
            let count: usize = printed.threshold_features.values().map(BTreeMap::len).sum();
            if let Some(stated) = printed.threshold_count.filter(|stated| *stated != count) {
                return Err(problem(format!(
                    "says that {stated} features of {view_name} are above the threshold, and holds {count}"
                )));
            }
            let found = findings.view_mut(view);
            found.coverage = Coverage::Printed { threshold: file.threshold, listed: features };
            found.summary = Summary {
                examples: Some(file.study.examples),
                clean_metric: Some(printed.clean_metric_mean),
                total_effect: Some(printed.total_effect_mean),
                total_effects: printed.total_effects.clone(),
            };
            for (submodule, effects) in &printed.threshold_features {
                let ranked = printed_effects(submodule.parse()?, effects).map_err(problem)?;
                found.insert(Arc::new(Ranked::new(ranked)));
            }
            let lines: String = listed.iter().map(|tagged| tagged.line(&file.model)).collect();
            let target = Target {
                name,
                subject: &subject,
                scope: Scope::In(study.name(view)),
                vocabulary: &study.tags,
                views: &[],
                exists: &|_| true,
            };
            let imported = notebook(&lines, &target);
            if let Some(first) = imported.problems.into_iter().next() {
                return Err(first);
            }
            tags.apply(imported.edit);
        }
        findings.subject = Some(subject);
        Ok(Self { findings: Arc::new(findings), tags, study: file.study })
    }
}

impl PublishedStudy {
    /// The hash of the prompts of `view`; None if it is not known.
    pub fn prompts_of(&self, view: &ViewSpec) -> Option<&str> {
        let of_view = self.prompts_sha256.get(view.name.as_str());
        let of_list = || self.prompts_sha256.get("pairs").filter(|_| view.pairs == 0);
        of_view.or_else(of_list).map(String::as_str)
    }
}

fn feature(layer: &str, index: u32) -> Option<FeatureId> {
    Some(FeatureId { submodule: neuronpedia::submodule(layer)?, index: FeatureIndex(index) })
}

impl Tagged {
    /// The entry as a line of the notebook's lists.
    fn line(&self, model: &str) -> String {
        let Self { layer, index, rejected, note } = self;
        let reject = if *rejected { "X " } else { "" };
        format!("{reject}{{'modelId': '{model}', 'layer': '{layer}', 'index': '{index}'}}, {note}\n")
    }
}

/// The printed effects of one submodule. Standard errors, positions and error terms were not printed, so they are NaN or empty.
fn printed_effects(submodule: Submodule, printed: &BTreeMap<String, f32>) -> std::result::Result<SubmoduleEffects, String> {
    let mut effects: Vec<(FeatureIndex, f32)> = Vec::new();
    for (index, effect) in printed {
        let index = index.parse().map_err(|_| format!("holds a feature '{index}' in {submodule}, which is not an index"))?;
        effects.push((FeatureIndex(index), *effect));
    }
    effects.sort_unstable_by_key(|(index, _)| *index);
    let unknown = f32::NAN;
    Ok(SubmoduleEffects {
        submodule,
        dictionary_features: 0,
        features: effects.iter().map(|(index, _)| *index).collect(),
        effects: effects.iter().map(|(_, effect)| *effect).collect(),
        standard_errors: vec![unknown; effects.len()],
        position_effects: Vec::new(),
        pair_effects: PairEffects::default(),
        error: ErrorTerm { effect: unknown, standard_error: unknown, position_effects: Vec::new() },
        gradient_dot_change: None,
    })
}
