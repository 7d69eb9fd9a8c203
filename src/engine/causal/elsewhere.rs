//! What edits do elsewhere: on neutral text, and on the pairs of other views.

use super::ablation::{Told, metrics};
use super::neutral::{self, Corpus};
use super::plain::{Pair, Plain, Sides};
use super::side_effects::{damage, damage_of_steering, plain_of};
use super::steering::Steering;
use crate::core::causal::elsewhere::{Elsewhere, Neutral, Other};
use crate::core::causal::scores::{denominator_of, removed_bias, resamples};
use crate::core::causal::set::{FeatureSet, Part};
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
    /// Other views with their pairs.
    pub others: Vec<(String, Vec<Pair>)>,
}

impl Around {
    /// The program's own text, and the views of the run beside `view`.
    pub fn of_run(loaded: &Loaded, manifest: &Manifest, view: View) -> Self {
        let others = manifest.study.all().filter(|other| *other != view);
        let pairs = others.map(|view| (manifest.study.name(view).to_string(), Pair::of_run(manifest, view)));
        // A shard may have no pair of some list.
        let others = pairs.filter(|(_, pairs)| !pairs.is_empty()).collect();
        Self { text: neutral::own(loaded, manifest.model.bos), others }
    }

    /// The numbers of edits: `on_text` finds the damage on the plain runs of texts, `on_pairs` the metric of each pair under each edit.
    fn measure(
        &self,
        plain: &Plain<'_>,
        sides: Sides,
        on_text: impl FnOnce(&Plain<'_>) -> Result<Vec<Damage>>,
        mut on_pairs: impl FnMut(&Plain<'_>) -> Result<Vec<Vec<f32>>>,
        cancel: &Cancel,
    ) -> Result<Elsewhere> {
        let text = match &self.text {
            Ok(Corpus { name, tokens }) => {
                let texts = plain_of(plain.compute, plain.dictionaries, tokens, cancel)?;
                Neutral::Measured(name.clone(), on_text(&texts)?)
            }
            Err(why) => Neutral::Unmeasured(why.clone()),
        };
        let mut others = Vec::with_capacity(self.others.len());
        for (name, pairs) in &self.others {
            let plain = Plain::new(plain.compute, plain.dictionaries, pairs, sides, cancel)?;
            let all = plain.metrics(cancel)?;
            let draws = resamples(all.len());
            let bias = on_pairs(&plain)?.iter().map(|removed| removed_bias(&all, removed, &draws)).collect();
            others.push(Other { name: name.clone(), examples: all.len(), all: denominator_of(&all), bias });
        }
        Ok(Elsewhere { text, others })
    }

    /// What ablating each of `sets` does. `plain` are the runs of the view itself, whose values ablated features take on neutral text; on
    /// pairs they take values of these pairs.
    ///
    /// # Errors
    /// When the dictionaries lack a feature, a number is not finite, or `cancel` is raised.
    pub fn ablated(
        &self,
        plain: &Plain<'_>,
        sets: &[FeatureSet],
        (way, error): (Way, ErrorTreatment),
        told: Told<'_>,
        cancel: &Cancel,
    ) -> Result<Elsewhere> {
        let sizes = plain.sizes();
        let edits: Vec<Vec<Part>> = sets.iter().map(|set| set.parts(&sizes)).collect::<Result<_>>()?;
        if !way.is_for_any_text() {
            let why = format!("way {way} takes its values from the pairs, token by token");
            let pairs_alone = Self { text: Err(why), others: self.others.clone() };
            return pairs_alone.measure(
                plain,
                Sides::of(way),
                |_| Ok(Vec::new()),
                |other| metrics(other, &edits, way, error, told, cancel),
                cancel,
            );
        }
        let told = std::cell::RefCell::new(told);
        let tell = |progress| (told.borrow_mut())(progress);
        self.measure(
            plain,
            Sides::of(way),
            |texts| damage(plain, texts, &edits, (way, error), &mut { tell }, cancel),
            |other| metrics(other, &edits, way, error, &mut { tell }, cancel),
            cancel,
        )
    }

    /// What adding each of `coefficients` times the decoder row of `feature` does: at every position of neutral text, and at `positions`
    /// of pairs.
    ///
    /// # Errors
    /// As for [`Around::ablated`], and when a position is beyond a prompt.
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
        self.measure(plain, Sides::Clean, on_text, on_pairs, cancel)
    }
}
