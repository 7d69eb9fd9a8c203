//! What the configuration beside a dictionary says about its training, as far as it is no reason to refuse the dictionary.

use crate::core::declared::Declared;
use crate::core::text::excerpt;

/// Statements of a configuration file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Stated {
    /// SHA-256 of the configuration; None if there is none.
    pub config_sha256: Option<String>,
    /// The name of the model that the dictionary was trained on.
    pub model: Option<String>,
    /// `MODEL/SOURCE` on Neuronpedia.
    pub neuronpedia: Option<String>,
    /// The model's id on Neuronpedia.
    pub neuronpedia_model: Option<String>,
    /// Whether the dictionary was trained on prompts that begin with a BOS token; None if that is not said.
    pub bos: Option<bool>,
    /// Whether the gains of the norms were folded into the weights after them in the model that it was trained on (`fold_ln`).
    pub folds_norms: bool,
    /// Active features of a token (L0), as the files or their folders say.
    pub active: Option<f64>,
    /// Explained variance, 1 for all of it, as the files say.
    pub explained: Option<f64>,
    /// Whether only its release says a number above: its makers measured it on texts of their own.
    pub declared_by_release: bool,
    /// Sentences about the dictionary that a reader of its results should know, without a full stop.
    pub notes: Vec<String>,
}

impl Stated {
    /// The numbers that a measurement is compared with.
    pub fn declared(&self) -> Declared {
        Declared { active: self.active, explained: self.explained }
    }

    /// The notes for a use on the model called `name`: whether the dictionary was trained on it, and the others. A folder can
    /// have any name, so another name is said and not refused.
    pub fn notes_on(&self, name: &str) -> Vec<String> {
        let other = self.model.as_deref().filter(|model| !is_same_model(model, name));
        let said = other.map(|model| format!("trained on the model '{}', used on '{}'", excerpt(model, 60), excerpt(name, 60)));
        said.into_iter().chain(self.notes.iter().cloned()).collect()
    }
}

/// Whether two names are of one model: owners before a name, upper case and the folders of a path do not make another one.
pub fn is_same_model(one: &str, other: &str) -> bool {
    let bare = |name: &str| name.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_lowercase();
    bare(one) == bare(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_model_is_said_and_another_spelling_is_none() {
        for (trained, used, differs) in [
            ("EleutherAI/pythia-70m-deduped", "pythia-70m-deduped", false),
            ("pythia-70m-deduped", "/models/Pythia-70m-deduped/", false),
            ("pythia-70m", "pythia-70m-deduped", true),
            ("EleutherAI/pythia-160m", "EleutherAI/pythia-70m", true),
        ] {
            let stated = Stated { model: Some(trained.to_owned()), notes: vec!["x".to_owned()], ..Stated::default() };
            let notes = stated.notes_on(used);
            assert_eq!(notes.len(), 1 + usize::from(differs), "{trained} on {used}: {notes:?}");
            assert!(!differs || notes[0].contains(trained) && notes[0].contains(used), "{notes:?}");
        }
        assert!(Stated::default().notes_on("any").is_empty());
    }
}
