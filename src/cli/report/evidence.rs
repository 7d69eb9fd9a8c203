//! What the model, the dictionaries and texts say of the features that have cards, beyond what the run file holds: the explorer's questions.

use indicatif::ProgressBar;

use super::facts::Facts;
use crate::cli::arguments::ReportArguments;
use crate::cli::corpus;
use crate::cli::model_of_run::with_model_of;
use crate::core::corpus::responses::{OfFeature as Response, Responses};
use crate::core::label::Labels;
use crate::core::lens::{Lenses, OfFeature as Lens};
use crate::core::problem::Result;
use crate::core::request::DEMO_NAME;
use crate::core::run::Manifest;
use crate::core::submodule::FeatureId;
use crate::core::view::View;
use crate::engine::cancel::Cancel;
use crate::engine::corpus::source::Source;
use crate::engine::corpus::{Question, is_of};
use crate::engine::lens::{ViewPairs, lenses};
use crate::engine::loaded::Loaded;
use crate::store::kept_answers::KeptAnswers;
use crate::store::{folders, labels};

/// The answers about the features with cards, or why nothing could be asked: a sentence without a full stop.
pub struct Evidence(std::result::Result<Answers, String>);

struct Answers {
    /// What decoder rows say, with the view by whose prompts and answers, in which the features are strongest.
    lenses: Vec<(View, Lenses)>,
    /// What the features respond to in texts; of several answers about a feature, the first is shown.
    responses: Vec<Responses>,
    /// Why a text was not read, if it should have been.
    unread: Option<String>,
}

impl Evidence {
    /// Asks the run's model about the features with cards. If it is not here, nothing is known, unless the flags name a model or a text, which
    /// then must be there.
    ///
    /// # Errors
    /// Those of the named model and text, and when the labels cannot be read.
    pub fn of(facts: &Facts<'_>, manifest: &Manifest, arguments: &ReportArguments) -> Result<Self> {
        if arguments.no_model {
            return Ok(Self(Err("not asked, by --no-model".to_owned())));
        }
        if facts.cards.is_empty() {
            return Ok(Self(Ok(Answers { lenses: Vec::new(), responses: Vec::new(), unread: None })));
        }
        let labels = labels::open(arguments.labels.as_deref())?;
        let is_demo = manifest.model.name == DEMO_NAME;
        let source = (arguments.corpus.is_some() || is_demo).then(|| corpus::source(manifest, arguments.corpus.clone()));
        let asked = Asked { facts, manifest, labels: &labels, source: source.transpose()?, is_named: arguments.corpus.is_some() };
        let found = with_model_of(manifest, arguments.model.clone(), |loaded, bar, cancel| asked.answers(loaded, bar, cancel));
        match found {
            Err(problem) if !arguments.names_inputs() => Ok(Self(Err(problem.to_string()))),
            found => found.map(|answers| Self(Ok(answers))),
        }
    }

    /// Why nothing is known of any feature; None if the model was asked.
    pub fn missing(&self) -> Option<&str> {
        self.0.as_ref().err().map(String::as_str)
    }

    /// Why no text was read, though the model is here; None if none should have been, or one was.
    pub fn unread(&self) -> Option<&str> {
        self.0.as_ref().ok()?.unread.as_deref()
    }

    /// What the decoder row of `feature` says, among those of the view.
    pub fn lens(&self, feature: FeatureId) -> Option<(View, &Lenses, &Lens)> {
        let lenses = &self.0.as_ref().ok()?.lenses;
        lenses.iter().find_map(|(view, lenses)| Some((*view, lenses, lenses.of(feature)?)))
    }

    /// What `feature` responds to, among all that the text was asked about.
    pub fn response(&self, feature: FeatureId) -> Option<(&Responses, &Response)> {
        self.0.as_ref().ok()?.responses.iter().find_map(|responses| Some((responses, responses.of(feature)?)))
    }
}

/// What is asked.
struct Asked<'a> {
    facts: &'a Facts<'a>,
    manifest: &'a Manifest,
    labels: &'a Labels,
    /// The text to read; None to take what was kept of any.
    source: Option<Source>,
    /// Whether a flag names it.
    is_named: bool,
}

impl Asked<'_> {
    fn answers(&self, loaded: &Loaded, bar: &ProgressBar, cancel: &Cancel) -> Result<Answers> {
        bar.set_message("decoder rows");
        let (mut responses, mut unread) = (Vec::new(), None);
        let lenses = self.lenses(loaded, cancel)?;
        if let Some(source) = &self.source {
            let features = &self.facts.cards;
            let question = Question { loaded, features, labels: self.labels, window: None, source };
            match corpus::answer(&question, bar, cancel) {
                Ok(found) => responses.push(found),
                Err(problem) if self.is_named => return Err(problem),
                Err(problem) => unread = Some(problem.to_string()),
            }
        } else {
            responses = self.kept(loaded, cancel)?;
        }
        Ok(Answers { lenses, responses, unread })
    }

    /// Every feature by the pairs of the view in which it is strongest, of which its card speaks.
    fn lenses(&self, loaded: &Loaded, cancel: &Cancel) -> Result<Vec<(View, Lenses)>> {
        let mut found = Vec::new();
        for view in self.facts.findings.study.all() {
            let cards = self.facts.cards.iter().copied();
            let features: Vec<FeatureId> = cards.filter(|feature| self.facts.strongest_view(*feature) == view).collect();
            if !features.is_empty() {
                found.push((view, lenses(loaded, &features, &ViewPairs::of_run(self.manifest, view), cancel)?));
            }
        }
        Ok(found)
    }

    /// What was read before, by the explorer or by `saescope corpus`, of texts about a feature with a card, the latest first.
    fn kept(&self, loaded: &Loaded, cancel: &Cancel) -> Result<Vec<Responses>> {
        let Ok(folder) = folders::responses() else { return Ok(Vec::new()) };
        let is_about = |kept: &Responses| self.facts.cards.iter().any(|feature| kept.of(*feature).is_some());
        let mut found = Vec::new();
        for kept in KeptAnswers::new(folder).latest::<Responses>().filter(is_about) {
            if is_of(&kept, loaded, self.labels, cancel)? {
                found.push(kept);
            }
        }
        Ok(found)
    }
}

/// A line for standard error on what the cards lack; None if nothing is missing.
pub fn note(evidence: &Evidence) -> Option<String> {
    let lack = |what: &str, why: &str| format!("note: the cards hold {what}: {why}");
    let whole = evidence.missing().map(|why| lack("neither logit lens nor neighbours nor contexts", why));
    whole.or_else(|| evidence.unread().map(|why| lack("no contexts", why)))
}
