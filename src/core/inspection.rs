//! Set-ups in which a dictionary could be used on a model, how well it fits in each, and what follows.

use super::dictionary_report::{DictionaryReport, LEAST_EXPLAINED};

/// Set-ups whose explained variance is within this of the best one are as good.
const AS_GOOD: f64 = 0.05;

/// How many times the stated number of active features is far off, either way.
const FAR_OFF: f64 = 2.0;

/// One set-up, and how well the dictionary fits there.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The place that is read, in words: `resid_3`.
    pub place: String,
    /// `raw` or `centred`.
    pub frame: &'static str,
    /// The scale of each token: `none`, `layer_norm`, `constant_norm_rescale`.
    pub scale: &'static str,
    /// Whether the texts began with a BOS token.
    pub bos: bool,
    /// Whether this is what the dictionary's files say.
    pub is_stated: bool,
    /// How well it fits.
    pub report: DictionaryReport,
}

/// Whether the numbers of active features that were stated and measured are more than twice apart.
pub fn is_far_off(stated: f64, measured: f64) -> bool {
    measured > FAR_OFF * stated || stated > FAR_OFF * measured
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
        /// Active features stated and measured, if they are far apart.
        far_off: Option<(f64, f64)>,
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

/// Judges `candidates`; `active` is the number of active features that the dictionary's files state.
pub fn verdict(candidates: &[Candidate], active: Option<f64>) -> Verdict {
    let largest = |places: &mut dyn Iterator<Item = usize>| {
        places.max_by(|one, other| candidates[*one].explained().total_cmp(&candidates[*other].explained()))
    };
    let best = largest(&mut (0..candidates.len()));
    let stated = largest(&mut (0..candidates.len()).filter(|place| candidates[*place].is_stated));
    let fits = |place: usize| candidates[place].explained() >= LEAST_EXPLAINED;
    let Some(best) = best.filter(|best| fits(*best)) else { return Verdict::Nowhere };
    match stated.filter(|stated| fits(*stated) && candidates[best].explained() - candidates[*stated].explained() <= AS_GOOD) {
        Some(stated) => {
            let measured = candidates[stated].report.active;
            Verdict::Fits { stated, far_off: active.filter(|said| is_far_off(*said, measured)).map(|said| (said, measured)) }
        }
        None => Verdict::Elsewhere { best, stated },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(is_stated: bool, explained: Option<f64>) -> Candidate {
        let report = DictionaryReport { active: 20.0, explained };
        Candidate { place: "resid_1".to_owned(), frame: "raw", scale: "none", bos: false, is_stated, report }
    }

    #[test]
    fn the_stated_set_up_has_to_fit_and_to_be_as_good_as_any() {
        let of = |explained: [Option<f64>; 3]| {
            let [stated, one, other] = explained;
            verdict(&[candidate(false, one), candidate(true, stated), candidate(false, other)], None)
        };
        assert_eq!(of([Some(0.9), Some(0.93), Some(-1.0)]), Verdict::Fits { stated: 1, far_off: None });
        assert_eq!(of([Some(0.55), Some(0.9), None]), Verdict::Elsewhere { best: 0, stated: Some(1) });
        assert_eq!(of([Some(-3.0), None, Some(0.8)]), Verdict::Elsewhere { best: 2, stated: Some(1) });
        assert_eq!(of([Some(0.3), Some(0.4), Some(0.49)]), Verdict::Nowhere);
        assert_eq!(verdict(&[candidate(false, Some(0.9))], None), Verdict::Elsewhere { best: 0, stated: None });
        assert_eq!(verdict(&[], None), Verdict::Nowhere);
    }

    #[test]
    fn a_number_of_active_features_far_from_the_stated_one_is_said() {
        let candidates = [candidate(true, Some(0.9))];
        for (said, far) in [(20.0, false), (11.0, false), (9.0, true), (41.0, true)] {
            let Verdict::Fits { far_off, .. } = verdict(&candidates, Some(said)) else { panic!("it fits") };
            assert_eq!(far_off, far.then_some((said, 20.0)), "{said}");
        }
    }
}
