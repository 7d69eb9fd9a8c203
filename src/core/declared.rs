//! What is declared of a dictionary (by its files, its folder's name or its release) against what is measured, and the verdict.
//!
//! The bounds follow from set-ups whose numbers are known. Right ones on prompts of a few words are within 10 % of the declared number of
//! active features and 0.02 of the declared explained variance (`tests/fixtures/hosts/gpt2/study/fit.json`). Wrong ones: a layer early
//! explains 0.16 to 0.3 less, the raw frame 0.3 or more; res-jb without BOS and raw has 172 features for 54, Gemma's MLP before its norm 8 for
//! 85, a transcoder's input with the gain 287 for 170 (interp-engine's documentation of sites).

use super::dictionary_report::DictionaryReport;

/// Numbers of active features that are more than this many times apart differ.
const ACTIVE_DIFFERS: f64 = 1.5;

/// Numbers of active features that are more than this many times apart are far off.
const ACTIVE_FAR_OFF: f64 = 2.0;

/// An explained variance that is lower than the declared one by more than this differs.
const EXPLAINED_DIFFERS: f64 = 0.1;

/// An explained variance that is lower than the declared one by more than this is far off.
const EXPLAINED_FAR_OFF: f64 = 0.25;

/// What is declared of a dictionary.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Declared {
    /// Active features of a token (L0), mean over tokens.
    pub active: Option<f64>,
    /// Explained variance, 1 for all of it.
    pub explained: Option<f64>,
}

/// How far a measurement is from what is declared; the order is that of severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Agreement {
    /// Nothing is declared.
    NothingDeclared,
    /// Within what other texts explain.
    AsDeclared,
    /// More than other texts explain.
    Differs,
    /// So far that the set-up must be taken for wrong.
    FarOff,
}

impl Declared {
    /// Compares `measured`. A better explained variance than the declared one is none the worse.
    pub fn against(self, measured: DictionaryReport) -> Agreement {
        let active = self.active.map(|declared| {
            let ratio = (measured.active / declared).max(declared / measured.active);
            // Nothing is active, or was declared to be: no ratio.
            let ratio = if ratio.is_nan() { 1.0 } else { ratio };
            grade(ratio, ACTIVE_DIFFERS, ACTIVE_FAR_OFF)
        });
        let explained = self.explained.zip(measured.explained).map(|(declared, measured)| {
            let missing = if measured.is_nan() { f64::INFINITY } else { declared - measured };
            grade(missing, EXPLAINED_DIFFERS, EXPLAINED_FAR_OFF)
        });
        active.into_iter().chain(explained).max().unwrap_or(Agreement::NothingDeclared)
    }

    /// `declared 54 active features, 77 % of the variance`; empty if nothing is declared.
    pub fn in_words(self) -> String {
        let active = self.active.map(|active| format!("{active} active features"));
        let explained = self.explained.map(|explained| format!("{:.1} % of the variance", 100.0 * explained));
        let both: Vec<String> = active.into_iter().chain(explained).collect();
        if both.is_empty() { String::new() } else { format!("declared {}", both.join(", ")) }
    }
}

fn grade(value: f64, differs: f64, far_off: f64) -> Agreement {
    match value {
        _ if value > far_off => Agreement::FarOff,
        _ if value > differs => Agreement::Differs,
        _ => Agreement::AsDeclared,
    }
}

impl Agreement {
    /// The verdict in words.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::NothingDeclared => "nothing is declared",
            Self::AsDeclared => "as declared",
            Self::Differs => "differs from what is declared",
            Self::FarOff => "far off what is declared",
        }
    }

    /// Whether somebody should look at the set-up.
    pub fn is_bad(self) -> bool {
        self >= Self::Differs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn against(declared: (Option<f64>, Option<f64>), active: f64, explained: Option<f64>) -> Agreement {
        Declared { active: declared.0, explained: declared.1 }.against(DictionaryReport { active, explained })
    }

    #[test]
    fn known_set_ups_are_judged_as_they_are_known() {
        use Agreement::{AsDeclared, Differs, FarOff, NothingDeclared};
        for (declared, active, explained, verdict) in [
            // The small study of GPT-2: right, a layer early, a layer early in the last layer, raw.
            ((Some(16.9), Some(0.875)), 15.6, Some(0.882), AsDeclared),
            ((Some(18.2), Some(0.874)), 15.55, Some(0.555), FarOff),
            ((Some(18.2), Some(0.874)), 17.7, Some(0.726), Differs),
            ((Some(18.2), Some(0.874)), 127.0, Some(-26.5), FarOff),
            // res-jb without BOS, Gemma's MLP before its norm, a transcoder's input with the gain.
            ((Some(54.0), None), 172.0, Some(0.9), FarOff),
            ((Some(85.0), None), 8.0, None, FarOff),
            ((Some(170.0), None), 287.0, None, Differs),
            ((None, Some(0.77)), 3.0, Some(0.99), AsDeclared),
            ((None, Some(0.77)), 3.0, None, NothingDeclared),
            ((None, Some(0.77)), 3.0, Some(f64::NAN), FarOff),
            ((Some(5.0), None), 0.0, None, FarOff),
            ((Some(0.0), None), 0.0, None, AsDeclared),
            ((None, None), 9.0, Some(-1.0), NothingDeclared),
        ] {
            assert_eq!(against(declared, active, explained), verdict, "{declared:?} {active} {explained:?}");
        }
    }

    #[test]
    fn only_what_is_declared_is_said() {
        let said = |active, explained| Declared { active, explained }.in_words();
        assert_eq!(said(Some(54.0), Some(0.77)), "declared 54 active features, 77.0 % of the variance");
        assert_eq!(said(None, Some(0.5)), "declared 50.0 % of the variance");
        assert_eq!(said(None, None), "");
    }
}
