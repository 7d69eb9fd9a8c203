//! Bias against damage along a curve, as cells of tables and words, the same on the command line and in the explorer.

use super::controls::Sampler;
use super::curve::{Controls, Curve};
use super::side_effects::Damage;
use super::words::{number, small, small_interval};
use crate::core::text::counted;

/// The bias that the sets of a curve remove, beside the damage that they do on neutral text.
pub struct CurveDamage<'a> {
    curve: &'a Curve,
    /// The damage of some set, which says how much text there was.
    of_some: &'a Damage,
    /// Whether the damage of control sets is known.
    pub has_controls: bool,
}

impl<'a> CurveDamage<'a> {
    /// None if no damage was measured.
    pub fn of(curve: &'a Curve) -> Option<Self> {
        let of_some = curve.rungs.iter().find_map(|rung| rung.damage.as_ref())?;
        let mut controls = curve.rungs.iter().flat_map(|rung| &rung.controls);
        Some(Self { curve, of_some, has_controls: controls.any(|controls| controls.divergence.is_some()) })
    }

    /// The heads of columns.
    pub fn heading(&self) -> Vec<String> {
        let controls = Sampler::ALL.into_iter().filter(|_| self.has_controls);
        let controls = controls.flat_map(|sampler| [sampler.name(), "95 % of sets", "<="]);
        ["features", "bias", "divergence", "95 % of texts", "loss"].into_iter().chain(controls).map(str::to_owned).collect()
    }

    /// One row for each size that was measured.
    pub fn rows(&self) -> Vec<Vec<String>> {
        let mut rows = Vec::new();
        for rung in &self.curve.rungs {
            let Some(damage) = &rung.damage else { continue };
            let divergence = damage.divergence.mean;
            let mut row = vec![
                rung.size.to_string(),
                number(rung.strongest.bias.mean.filter(|_| !self.curve.bias.is_within_error())),
                small(divergence),
                small_interval(damage.divergence.interval),
                number(damage.loss_change.mean),
            ];
            for Controls { divergence: spread, .. } in rung.controls.iter().take(Sampler::ALL.len()).filter(|_| self.has_controls)
            {
                let spread = spread.as_ref();
                let as_harmless = spread.zip(divergence).map(|(spread, mean)| spread.share(spread.at_most(mean)));
                row.extend([
                    small(spread.map(|spread| spread.mean)),
                    small_interval(spread.map(|spread| spread.interval)),
                    as_harmless.unwrap_or_else(|| "-".to_owned()),
                ]);
            }
            rows.push(row);
        }
        rows
    }

    /// Area and knee.
    pub fn summary(&self) -> String {
        let Some(dose) = self.curve.dose() else {
            return "area and knee: none, since nothing is removed or nothing damaged".to_owned();
        };
        let knee = match dose.knee.and_then(|place| self.curve.rungs.get(place)) {
            Some(rung) => counted(rung.size, "feature"),
            None => "none (no size lies above the straight line)".to_owned(),
        };
        format!("area {:.3}, knee {knee}", dose.area)
    }

    /// What the columns mean; `corpus` is what the text is called.
    pub fn explanation(&self, corpus: &str) -> String {
        format!(
            "divergence: Kullback-Leibler divergence of the edited from the plain predictions on {corpus}, {} tokens of {}, nats a token; loss: \
             change of the cross-entropy there (without the edit {:.4}). {}area: under bias against divergence, both divided by their \
             largest; 0.5 if they grow together. knee: the size furthest above that line.",
            self.of_some.tokens,
            counted(self.of_some.divergence.per_example.len(), "text"),
            self.of_some.loss_before,
            if self.has_controls {
                "random, stratified: divergence of the control sets; <=: sets that diverge at most as much. "
            } else {
                ""
            }
        )
    }
}
