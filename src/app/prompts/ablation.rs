//! How features are ablated, in words: the way and the treatment of the error term.

use super::completion::Ending;
use crate::core::causal::way::{ErrorTreatment, Way};

/// A way and a treatment, named in any order; what is not named is zero and recomputed.
pub struct Ablation {
    /// The value that ablated features take.
    pub way: Way,
    /// What becomes of the error terms.
    pub error: ErrorTreatment,
}

impl Ablation {
    /// Reads the words of `text`; `other` takes those that name neither and says whether it knows them. `more` are the words that it knows.
    ///
    /// # Errors
    /// If nobody knows a word.
    pub fn read(text: &str, more: &str, mut other: impl FnMut(&str) -> bool) -> Result<Self, String> {
        let mut ablation = Self { way: Way::Zero, error: ErrorTreatment::Recomputed };
        for word in text.split_whitespace() {
            if let Some(way) = Way::ALL.into_iter().find(|way| way.name() == word) {
                ablation.way = way;
            } else if let Some(error) = ErrorTreatment::ALL.into_iter().find(|error| error.name() == word) {
                ablation.error = error;
            } else if !other(word) {
                return Err(format!("'{word}' is not known here; use {}, {more}", words().join(", ")));
            }
        }
        Ok(ablation)
    }

    /// Reads the ways and treatments at the beginning of `text`; what follows them is the second value.
    pub fn leading(text: &str) -> (Self, &str) {
        let mut ablation = Self { way: Way::Zero, error: ErrorTreatment::Recomputed };
        let mut rest = text.trim_start();
        while let Some((word, more)) = rest.split_once(' ') {
            if let Some(way) = Way::ALL.into_iter().find(|way| way.name() == word) {
                ablation.way = way;
            } else if let Some(error) = ErrorTreatment::ALL.into_iter().find(|error| error.name() == word) {
                ablation.error = error;
            } else {
                break;
            }
            rest = more.trim_start();
        }
        (ablation, rest)
    }

    /// What both mean.
    pub fn meaning(way: Way, error: ErrorTreatment) -> String {
        format!("{}. {} Enter runs it in the background", way.meaning(), error.meaning())
    }

    /// The words with which `text` may go on, `more` among them.
    pub fn ending(text: &str, more: &[&str]) -> Ending {
        let from = text.rfind(' ').map_or(0, |space| space + 1);
        Ending::Words(from, words().iter().chain(more).map(|word| (*word).to_owned()).collect())
    }
}

fn words() -> Vec<&'static str> {
    Way::ALL.map(Way::name).into_iter().chain(ErrorTreatment::ALL.map(ErrorTreatment::name)).collect()
}
