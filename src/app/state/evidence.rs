//! What other threads were asked about the features of a run beyond its effects, and their answers.

use std::sync::Arc;

use crate::core::corpus::responses::Responses;
use crate::core::families::Families;
use crate::core::findings::Findings;
use crate::core::lens::Lenses;
use crate::core::problem::Problem;
use crate::core::shuffled::Shuffled;
use crate::core::submodule::FeatureId;
use crate::core::tags::Subject;
use crate::core::view::View;

/// Number of shuffles of a question for shuffled partners.
pub const SHUFFLES: usize = 20;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// What the features respond to in the text file at this path; in the demo's own corpus if there is no path.
    Corpus(Option<String>),
    /// What the features' decoder rows say, on the clean prompts and the answers of this view.
    Lens(View),
    /// Which of the features are copies of each other, by the activations in this view's pairs.
    Families(View),
    /// The effects of this view with shuffled partners, whatever the features.
    Shuffled(View),
}

/// A question for another thread.
#[derive(Debug, Clone)]
pub struct EvidenceQuestion {
    /// Number of the question, which its news repeat.
    pub number: u64,
    /// The whole run.
    pub findings: Arc<Findings>,
    /// The features that it is about.
    pub features: Vec<FeatureId>,
    /// What is asked about them.
    pub wanted: Wanted,
}

/// News of a question.
#[derive(Debug, Clone)]
pub enum EvidenceNews {
    /// The answer of a corpus, so far.
    Responses(Arc<Responses>),
    /// What decoder rows say, in this view.
    Lenses(View, Arc<Lenses>),
    /// Which features are copies of each other, in this view.
    Families(View, Arc<Families>),
    /// The effects of this view of these findings with shuffled partners, so far.
    Shuffled(Arc<Findings>, View, Arc<Shuffled>),
    /// The answer is whole, or the problem says why there is none.
    Ended(Result<(), Problem>),
}

/// A question that is not answered yet.
#[derive(Debug, Clone)]
pub struct Open {
    /// Its number; news of any other number is stale.
    pub number: u64,
    /// What was asked.
    pub wanted: Wanted,
    /// Words for it, for the header.
    pub about: String,
    /// The model and dictionaries of its features.
    pub subject: Subject,
}

/// Questions and answers. An answer belongs to a model with its dictionaries, whatever the study.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// Number of the latest question, from 1.
    pub questions: u64,
    /// The open question, if there is one.
    pub open: Option<Open>,
    /// The latest answer of a corpus.
    pub responses: Option<(Subject, Arc<Responses>)>,
    /// The latest answer about decoder rows, with its view.
    pub lenses: Option<(Subject, View, Arc<Lenses>)>,
    /// The latest answer about copies, with its view.
    pub families: Option<(Subject, View, Arc<Families>)>,
    /// The latest effects with shuffled partners, with their findings and view.
    pub shuffled: Option<(Arc<Findings>, View, Arc<Shuffled>)>,
    /// Whether families are folded as soon as they are known.
    pub folds: bool,
}

impl Evidence {
    /// The families of `subject`, with the view by whose pairs they are.
    pub fn families_of(&self, subject: &Subject) -> Option<(View, &Arc<Families>)> {
        self.families.as_ref().filter(|(of, ..)| of == subject).map(|(_, view, families)| (*view, families))
    }

    /// The families of `subject` that the table folds; None if it folds none.
    pub fn folding(&self, subject: Option<&Subject>) -> Option<Arc<Families>> {
        subject.filter(|_| self.folds).and_then(|subject| self.families_of(subject)).map(|(_, families)| Arc::clone(families))
    }
}
