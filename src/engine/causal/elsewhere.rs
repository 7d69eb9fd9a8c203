//! What edits do elsewhere: on neutral text, and on the pairs of other views.

use super::ablation::{Told, metrics};
use super::neutral::{self, Corpus};
use super::plain::{Pair, Plain, Sides};
use super::side_effects::{damage, damage_of_steering, pairs_of};
use super::steering::Steering;
use crate::core::causal::elsewhere::{Elsewhere, Neutral, Other, Unmeasured};
use crate::core::causal::scores::{denominator_of, removed_bias, resamples};
use crate::core::causal::set::FeatureSet;
use crate::core::causal::side_effects::Damage;
use crate::core::causal::steering::Positions;
use crate::core::causal::way::{ErrorTreatment, Way};
use crate::core::problem::Result;
use crate::core::run::Manifest;
use crate::core::submodule::FeatureId;
use crate::core::view::View;
use crate::engine::cancel::Cancel;
use crate::engine::loaded::Loaded;

/// Where edits are looked at beside the view that they were found in.
pub struct Around {
    /// Neutral text, or why there is none.
    pub text: std::result::Result<Corpus, String>,
    /// Other views.
    pub others: Vec<Beside>,
}

/// The pairs of another view.
pub struct Beside {
    /// What the view is called in results; no two are called the same.
    pub name: String,
    /// Its pairs.
    pub pairs: Vec<Pair>,
    /// Number of lines of its pair list that are none of these pairs.
    pub dropped: usize,
}

/// What plain runs are made of: the prompts that are run, and whether their outputs are encoded.
#[derive(Clone, Copy)]
struct Runs {
    sides: Sides,
    encodes: bool,
}

impl Runs {
    fn of<'a>(self, plain: &Plain<'a>, pairs: &[Pair], cancel: &Cancel) -> Result<Plain<'a>> {
        if self.encodes {
            Plain::new(plain.compute, plain.dictionaries, pairs, self.sides, cancel)
        } else {
            Plain::traced(plain.compute, plain.dictionaries, pairs, cancel)
        }
    }
}

impl Around {
    /// The program's own text, and the views of the run beside `view`.
    pub fn of_run(loaded: &Loaded, manifest: &Manifest, view: View) -> Self {
        let beside =
            |view: View| Beside { name: manifest.study.name(view).to_string(), pairs: Pair::of_run(manifest, view), dropped: 0 };
        // A shard may have no pair of some list.
        let others = manifest.study.all().filter(|other| *other != view).map(beside).filter(|other| !other.pairs.is_empty());
        Self { text: neutral::own(loaded, manifest.model.bos), others: others.collect() }
    }

    /// The numbers of edits: `on_text` finds the damage on the plain runs of texts, `on_pairs` the metric of each pair under each edit. What
    /// cannot be measured in one place leaves the others as they are, also where the same may succeed later; an edit that leads to numbers
    /// that are not finite leaves the others, too.
    fn measure(
        &self,
        plain: &Plain<'_>,
        (way, runs): (Option<Way>, Runs),
        on_text: impl FnOnce(&Plain<'_>) -> Result<Vec<Damage>>,
        mut on_pairs: impl FnMut(&Plain<'_>) -> Result<Vec<Vec<f32>>>,
        cancel: &Cancel,
    ) -> Result<Elsewhere> {
        let mut broken_off = false;
        let why_not = way.and_then(Way::why_not_on_text);
        let text = match (&self.text, why_not) {
            (_, Some(why)) => Neutral::Unmeasured(why),
            (Err(why), None) => Neutral::Unmeasured(why.clone()),
            (Ok(Corpus { name, tokens }), None) => {
                let runs = Runs { sides: Sides::Clean, ..runs };
                let damages = pairs_of(tokens).and_then(|pairs| runs.of(plain, &pairs, cancel)).and_then(|texts| on_text(&texts));
                match or_why(damages)? {
                    Ok(damages) => Neutral::Measured(name.clone(), damages),
                    Err(WhyNot { why, may_pass }) => {
                        broken_off |= may_pass;
                        Neutral::Unmeasured(why)
                    }
                }
            }
        };
        let mut elsewhere = Elsewhere::new(way, text, Vec::with_capacity(self.others.len()));
        for Beside { name, pairs, dropped } in &self.others {
            let measured = runs.of(plain, pairs, cancel).and_then(|plain| Ok((plain.metrics(cancel)?, on_pairs(&plain)?)));
            let name = name.clone();
            match or_why(measured)? {
                Ok((all, removed)) => {
                    let draws = resamples(all.len());
                    let bias = removed.iter().map(|removed| removed_bias(&all, removed, &draws)).collect();
                    elsewhere.others.push(Other {
                        name,
                        examples: all.len(),
                        dropped: *dropped,
                        all: denominator_of(&all),
                        bias,
                    });
                }
                Err(WhyNot { why, may_pass }) => {
                    broken_off |= may_pass;
                    elsewhere.unmeasured.push(Unmeasured { name, why });
                }
            }
        }
        Ok(Elsewhere { broken_off, ..elsewhere })
    }

    /// What ablating each of `sets` does. `plain` are the runs of the view itself, whose values ablated features take on neutral text; on
    /// pairs they take values of these pairs. What cannot be measured has its reason in the result.
    ///
    /// # Errors
    /// When the dictionaries lack a feature, or `cancel` is raised.
    pub fn ablated(
        &self,
        plain: &Plain<'_>,
        sets: &[FeatureSet],
        (way, error): (Way, ErrorTreatment),
        told: Told<'_>,
        cancel: &Cancel,
    ) -> Result<Elsewhere> {
        let sizes = plain.sizes();
        let edits = sets.iter().map(|set| set.parts(&sizes)).collect::<Result<Vec<_>>>()?;
        let told = std::cell::RefCell::new(told);
        let tell = |progress| (told.borrow_mut())(progress);
        self.measure(
            plain,
            (Some(way), Runs { sides: Sides::of(way), encodes: true }),
            |texts| damage(plain, texts, &edits, (way, error), &mut { tell }, cancel),
            |other| metrics(other, &edits, way, error, &mut { tell }, cancel),
            cancel,
        )
    }

    /// What adding each of `coefficients` times the decoder row of `feature` does: at every position of neutral text, and at `positions`
    /// of pairs. What cannot be measured has its reason in the result, as where a position is beyond a prompt.
    ///
    /// # Errors
    /// When `cancel` is raised.
    pub fn steered(
        &self,
        plain: &Plain<'_>,
        feature: FeatureId,
        coefficients: &[f32],
        positions: Positions,
        told: Told<'_>,
        cancel: &Cancel,
    ) -> Result<Elsewhere> {
        let on_text = |texts: &Plain<'_>| damage_of_steering(&Steering::new(texts, feature)?, coefficients, told, cancel);
        let on_pairs = |other: &Plain<'_>| Steering::new(other, feature)?.metrics(coefficients, positions, cancel);
        // Steering adds to outputs, and reads no codes.
        self.measure(plain, (None, Runs { sides: Sides::Clean, encodes: false }), on_text, on_pairs, cancel)
    }
}

/// Why something was not measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhyNot {
    /// The reason in words.
    pub why: String,
    /// Whether the machine or another program prevented it, so that the same may succeed later.
    pub may_pass: bool,
}

/// A failure as its reason: it does not take what was measured beside it along.
///
/// # Errors
/// When the work was stopped.
pub fn or_why<T>(outcome: Result<T>) -> Result<std::result::Result<T, WhyNot>> {
    match outcome {
        Err(problem) if problem.is_cancelled() => Err(problem),
        outcome => Ok(outcome.map_err(|problem| WhyNot { why: problem.to_string(), may_pass: problem.is_environment() })),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::causal::side_effects::TextSums;
    use crate::core::problem::Problem;
    use crate::core::request::ModelSource;
    use crate::engine::compute::Answers;
    use crate::engine::loaded::Files;
    use crate::engine::memory::Bounds;

    /// Of three places any may fail: what was measured in the others stays, and only what may pass is worth another try.
    #[test]
    fn a_failure_in_one_place_leaves_what_was_measured_in_the_others() {
        let cancel = Cancel::default();
        let files = Files::open(&ModelSource::Demo, &cancel).unwrap();
        let layers = files.config.layers;
        let loaded = files.load(None, layers, Bounds::NONE, &cancel).unwrap();
        let pairs = [Pair { clean: vec![1, 2], patch: vec![1, 3], answers: Answers { clean: 4, patch: 5 } }];
        let plain = Plain::traced(loaded.compute.as_ref(), &loaded.dictionaries, &pairs, &cancel).unwrap();
        let beside = |name: &str| Beside { name: name.to_owned(), pairs: pairs.to_vec(), dropped: 0 };
        let around = Around {
            text: Ok(Corpus { name: "texts".to_owned(), tokens: vec![vec![1, 2, 3]] }),
            others: vec![beside("one"), beside("two")],
        };
        let sums = TextSums { tokens: 2, loss_before: 1.0, loss_after: 1.5, divergence: 0.1 };
        let measure = |failing: usize, problem: &Problem| {
            let fails = |place: usize| if place == failing { Err(problem.clone()) } else { Ok(()) };
            let mut place = 0;
            let on_pairs = |_: &Plain<'_>| {
                place += 1;
                fails(place).map(|()| vec![vec![0.5]])
            };
            let on_text = |_: &Plain<'_>| fails(0).map(|()| vec![Damage::of(&[sums], &resamples(1))]);
            let runs = Runs { sides: Sides::Clean, encodes: false };
            around.measure(&plain, (None, runs), on_text, on_pairs, &cancel)
        };
        let (passing, lasting) = (Problem::environment("memory", "is full", "free some"), Problem::new("a", "b", "c"));
        for (problem, broken_off) in [(&passing, true), (&lasting, false)] {
            for failing in 0..3 {
                let found = measure(failing, problem).unwrap();
                assert_eq!((found.broken_off, found.is_nothing()), (broken_off, false), "{failing}");
                let measured = [found.damages().len(), found.others.len()];
                assert_eq!(measured, if failing == 0 { [0, 2] } else { [1, 1] }, "{failing}: {found:?}");
                assert!(found.explanation().contains(&problem.to_string()), "{}", found.explanation());
            }
        }
        assert!(measure(2, &Problem::cancelled("check", "start it again")).unwrap_err().is_cancelled());
    }
}
