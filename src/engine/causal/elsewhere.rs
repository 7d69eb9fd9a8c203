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
    /// cannot be measured in one place leaves the others as they are.
    fn measure(
        &self,
        plain: &Plain<'_>,
        (way, runs): (Option<Way>, Runs),
        on_text: impl FnOnce(&Plain<'_>) -> Result<Vec<Damage>>,
        on_pairs: impl FnMut(&Plain<'_>) -> Result<Vec<Vec<f32>>>,
        cancel: &Cancel,
    ) -> Result<Elsewhere> {
        match self.measured(plain, (way, runs), on_text, on_pairs, cancel) {
            // The same may succeed later.
            Err(problem) if !problem.is_cancelled() => Ok(Elsewhere::broken_off(way, problem.to_string())),
            outcome => outcome,
        }
    }

    fn measured(
        &self,
        plain: &Plain<'_>,
        (way, runs): (Option<Way>, Runs),
        on_text: impl FnOnce(&Plain<'_>) -> Result<Vec<Damage>>,
        mut on_pairs: impl FnMut(&Plain<'_>) -> Result<Vec<Vec<f32>>>,
        cancel: &Cancel,
    ) -> Result<Elsewhere> {
        let why_not = way.and_then(Way::why_not_on_text);
        let text = match (&self.text, why_not) {
            (_, Some(why)) => Neutral::Unmeasured(why),
            (Err(why), None) => Neutral::Unmeasured(why.clone()),
            (Ok(Corpus { name, tokens }), None) => {
                let runs = Runs { sides: Sides::Clean, ..runs };
                let damages = pairs_of(tokens).and_then(|pairs| runs.of(plain, &pairs, cancel)).and_then(|texts| on_text(&texts));
                or_why(damages)?.map_or_else(Neutral::Unmeasured, |damages| Neutral::Measured(name.clone(), damages))
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
                Err(why) => elsewhere.unmeasured.push(Unmeasured { name, why }),
            }
        }
        Ok(elsewhere)
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

/// A failure that would come again as its reason.
///
/// # Errors
/// When the work was stopped, or the machine or another program prevented it.
fn or_why<T>(outcome: Result<T>) -> Result<std::result::Result<T, String>> {
    match outcome {
        Err(problem) if problem.is_cancelled() || problem.is_environment() => Err(problem),
        outcome => Ok(outcome.map_err(|problem| problem.to_string())),
    }
}
