//! Set-ups in which a dictionary could be used on a model, how well it fits in each, and what follows.

use super::declared::{Agreement, Declared};
use super::dictionary_report::{DictionaryReport, LEAST_EXPLAINED};
use super::submodule::Submodule;

/// Set-ups whose explained variance is within this of the best one cannot be told from it.
const EQUAL: f64 = 0.005;

/// Set-ups whose explained variance is within this of the best one are as good.
const AS_GOOD: f64 = 0.05;

/// A set-up that leaves less than this share of what the stated one leaves unexplained is better, as near as both may be: prompts without
/// the BOS of the training leave 1.2 times as much in the small study of GPT-2 (`tests/fixtures/hosts/gpt2/study/fit.json`).
const BETTER: f64 = 0.9;

/// A set-up that explains so much more than the stated one is taken for the right one, without a word of what is declared.
const CLEARLY_BETTER: f64 = 0.25;

/// One set-up, and how well the dictionary fits there.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The place that is read, in words: `resid_3`.
    pub place: String,
    /// `raw` or `centred`.
    pub frame: &'static str,
    /// The scale of activations: `none`, `layer_norm`, `constant_norm_rescale`, or `times` a constant.
    pub scale: String,
    /// How the rule differs from the one that the files say: `read as TopK 32`; empty if it does not.
    pub rule: String,
    /// Whether the texts began with a BOS token.
    pub bos: bool,
    /// How many of place, frame, scale, rule and BOS differ from what the files say.
    pub changes: usize,
    /// Whether this is what the dictionary's files say.
    pub is_stated: bool,
    /// How well it fits.
    pub report: DictionaryReport,
}

impl Candidate {
    fn explained(&self) -> f64 {
        self.report.explained.unwrap_or(f64::NEG_INFINITY)
    }
}

/// What the candidates say.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// The set-up that the files say fits.
    Fits {
        /// Its place in the list.
        stated: usize,
        /// The place in the list of a set-up that leaves less unexplained, if one does by more than chance.
        better: Option<usize>,
    },
    /// Another set-up fits, and the stated one does not or much less.
    Elsewhere {
        /// The place in the list of the set-up that fits best.
        best: usize,
        /// The place in the list of the stated set-up; None if the files say none of the candidates.
        stated: Option<usize>,
    },
    /// None fits.
    Nowhere,
}

/// Judges `candidates`.
pub fn verdict(candidates: &[Candidate]) -> Verdict {
    let largest = |places: &mut dyn Iterator<Item = usize>| {
        places.max_by(|one, other| candidates[*one].explained().total_cmp(&candidates[*other].explained()))
    };
    // Of set-ups that are equally good, the one that changes least is the likeliest.
    let top = candidates.iter().map(Candidate::explained).fold(f64::NEG_INFINITY, f64::max);
    let best = (0..candidates.len())
        .filter(|place| candidates[*place].explained() >= top - EQUAL)
        .min_by_key(|place| candidates[*place].changes);
    let stated = largest(&mut (0..candidates.len()).filter(|place| candidates[*place].is_stated));
    let fits = |place: usize| candidates[place].explained() >= LEAST_EXPLAINED;
    let Some(best) = best.filter(|best| fits(*best)) else { return Verdict::Nowhere };
    match stated.filter(|stated| fits(*stated) && candidates[best].explained() - candidates[*stated].explained() <= AS_GOOD) {
        Some(stated) => {
            let unexplained = |place: usize| 1.0 - candidates[place].explained();
            Verdict::Fits { stated, better: (unexplained(best) < BETTER * unexplained(stated)).then_some(best) }
        }
        None => Verdict::Elsewhere { best, stated },
    }
}

/// What the site finder found for one dictionary of a study, on the study's own prompts.
#[derive(Debug, Clone, PartialEq)]
pub struct Inspection {
    /// The submodule that the dictionary is used for.
    pub submodule: Submodule,
    /// The dictionary's weight file.
    pub source: String,
    /// What is declared of it.
    pub declared: Declared,
    /// Whether only its release declares that.
    pub of_release: bool,
    /// How well it fits as it is used, on the tokens that were encoded so far.
    pub report: DictionaryReport,
    /// The best set-ups and the stated one, best first; empty if its place has another width than all that is tried.
    pub candidates: Vec<Candidate>,
    /// What follows.
    pub verdict: Verdict,
}

impl Inspection {
    /// Whether the study's numbers would not be about this dictionary's features: it is far off what is declared, or differs from that
    /// and another set-up fits clearly better. Where nothing is declared, nothing is known to be wrong: a dictionary that was never
    /// trained fits nowhere, and in some set-up a little less badly. Numbers of a release alone are those of its makers' texts, and prompts
    /// of a few words are unlike these: where the stated set-up is the one that fits, they only warn.
    pub fn is_wrong_set_up(&self) -> bool {
        let agreement = self.declared.against(self.report);
        if agreement == Agreement::NothingDeclared {
            return false;
        }
        let better = match self.verdict {
            Verdict::Elsewhere { best, stated } => {
                let stated = stated.and_then(|stated| self.candidates[stated].report.explained).or(self.report.explained);
                stated.is_none_or(|stated| self.candidates[best].explained() - stated > CLEARLY_BETTER)
            }
            Verdict::Fits { .. } | Verdict::Nowhere => false,
        };
        let is_proven = self.of_release && matches!(self.verdict, Verdict::Fits { .. });
        better || (agreement == Agreement::FarOff && !is_proven)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(is_stated: bool, explained: Option<f64>) -> Candidate {
        let report = DictionaryReport { active: 20.0, explained };
        let (place, scale) = ("resid_1".to_owned(), "none".to_owned());
        Candidate {
            place,
            frame: "raw",
            scale,
            rule: String::new(),
            bos: false,
            changes: usize::from(!is_stated),
            is_stated,
            report,
        }
    }

    #[test]
    fn the_stated_set_up_has_to_fit_and_to_be_as_good_as_any() {
        let of = |explained: [Option<f64>; 3]| {
            let [stated, one, other] = explained;
            verdict(&[candidate(false, one), candidate(true, stated), candidate(false, other)])
        };
        assert_eq!(of([Some(0.9), Some(0.904), Some(-1.0)]), Verdict::Fits { stated: 1, better: None });
        assert_eq!(of([Some(0.9), Some(0.93), Some(-1.0)]), Verdict::Fits { stated: 1, better: Some(0) });
        assert_eq!(of([Some(0.55), Some(0.9), None]), Verdict::Elsewhere { best: 0, stated: Some(1) });
        assert_eq!(of([Some(-3.0), None, Some(0.8)]), Verdict::Elsewhere { best: 2, stated: Some(1) });
        assert_eq!(of([Some(0.3), Some(0.4), Some(0.49)]), Verdict::Nowhere);
        assert_eq!(verdict(&[candidate(false, Some(0.9))]), Verdict::Elsewhere { best: 0, stated: None });
        assert_eq!(verdict(&[]), Verdict::Nowhere);
    }

    #[test]
    fn a_study_stops_for_what_is_far_off_what_is_declared_or_differs_and_fits_elsewhere() {
        let wrong = |of_release: bool, declared: Option<f64>, stated: f64, other: f64| {
            let candidates = vec![candidate(false, Some(other)), candidate(true, Some(stated))];
            Inspection {
                submodule: "resid_1".parse().unwrap(),
                source: String::new(),
                declared: Declared { active: None, explained: declared },
                of_release,
                report: DictionaryReport { active: 20.0, explained: Some(stated) },
                verdict: verdict(&candidates),
                candidates,
            }
            .is_wrong_set_up()
        };
        for (declared, stated, other, expected) in [
            (None, 0.45, 0.52, false),
            (None, 0.45, 0.9, false),
            (None, -3.0, 0.3, false),
            (Some(0.9), 0.8, 0.82, false),
            (Some(0.9), 0.75, 0.82, false),
            (Some(0.9), 0.6, 0.3, true),
            (Some(0.9), 0.7, 0.96, true),
        ] {
            assert_eq!(wrong(false, declared, stated, other), expected, "{declared:?}: {stated}, elsewhere {other}");
        }
        for (stated, other, expected) in [(0.6, 0.3, false), (0.7, 0.96, true), (0.2, 0.3, true)] {
            assert_eq!(wrong(true, Some(0.9), stated, other), expected, "by the release: {stated}, elsewhere {other}");
        }
    }
}
