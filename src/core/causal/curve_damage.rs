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
        Some(Self { curve, of_some, has_controls: controls.any(|controls| controls.divergence.is_some() || controls.broken > 0) })
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
        let dose = match self.curve.dose() {
            Ok(dose) => dose,
            Err(why) => return format!("area and knee: none, since {why}"),
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
            "{} Intervals: bootstrap over texts. {}area: under bias against divergence, both divided by their largest; 0.5 if they grow \
             together. knee: the size furthest above that line.",
            self.of_some.explanation(corpus),
            match (self.has_controls, self.curve.rungs.iter().flat_map(|rung| &rung.controls).any(|controls| controls.broken > 0))
            {
                (false, _) => "",
                (true, false) => "random, stratified: divergence of the control sets; <=: sets that diverge at most as much. ",
                (true, true) =>
                    "random, stratified: divergence of the control sets, - where that of some is not finite; <=: sets that diverge at \
                     most as much. ",
            }
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::causal::curve::Rung;
    use crate::core::causal::scores::{AblatedSet, Ablation, Scores, resamples};
    use crate::core::causal::side_effects::TextSums;
    use crate::core::causal::way::{ErrorTreatment, Way};

    /// Sets of one and two features that leave these metrics, at divergences of 0.1 and 0.2.
    fn curve(all: [f32; 3], left: [[f32; 3]; 2]) -> Curve {
        let (way, error) = (Way::Zero, ErrorTreatment::Recomputed);
        let set = |removed: [f32; 3]| AblatedSet {
            name: String::new(),
            members: Vec::new(),
            kept: vec![0.5; 3],
            removed: removed.to_vec(),
        };
        let ablation = |sets| Ablation { way, error, all: all.to_vec(), empty: vec![0.0; 3], sets };
        let damage =
            |divergence| Damage::of(&[TextSums { tokens: 1, loss_before: 1.0, loss_after: 1.0, divergence }], &resamples(1));
        let rung = |(place, removed): (usize, [f32; 3])| {
            Rung::new(place + 1, &ablation(vec![set(removed)]), &[damage(0.1 * (place + 1) as f64)], 0)
        };
        let Scores { all: whole, empty, span, bias, .. } = Scores::of(&ablation(Vec::new()));
        let rungs = left.into_iter().enumerate().map(rung).collect();
        Curve {
            way,
            error,
            all: whole,
            empty,
            span,
            bias,
            pool: 2,
            controls: 0,
            seed: 12,
            unmeasured: None,
            broken_off: false,
            rungs,
        }
    }

    #[test]
    fn area_and_knee_are_said_only_of_a_bias_that_is_one() {
        let summary = |curve: &Curve| CurveDamage::of(curve).unwrap().summary();
        let sure = curve([2.0, 2.1, 1.9], [[0.5; 3], [0.0; 3]]);
        assert_eq!(summary(&sure), "area 0.625, knee 1 feature");
        let doubtful = curve([2.0, -1.0, -0.9], [[0.5; 3], [0.0; 3]]);
        assert!(doubtful.dose().is_err());
        let said = summary(&doubtful);
        assert!(said.starts_with("area and knee: none, since F(M) = +0.0333 is within its standard error"), "{said}");
        assert_eq!(summary(&curve([2.0, 2.1, 1.9], [[3.0; 3]; 2])), "area and knee: none, since nothing is removed");
        assert!(CurveDamage::of(&sure).unwrap().explanation("texts").contains("KL(plain || edited)"));
    }

    #[test]
    fn control_sets_whose_damage_is_not_finite_are_no_sets_that_were_not_measured() {
        let mut curve = curve([2.0, 2.1, 1.9], [[0.5; 3], [0.0; 3]]);
        assert!(!CurveDamage::of(&curve).unwrap().has_controls);
        let of = |sampler| Controls { sampler, faithfulness: None, completeness: None, bias: None, divergence: None, broken: 1 };
        curve.rungs.iter_mut().for_each(|rung| rung.controls = Sampler::ALL.map(of).to_vec());
        let damage = CurveDamage::of(&curve).unwrap();
        assert!(damage.has_controls && damage.explanation("texts").contains("- where that of some is not finite"));
        assert_eq!(damage.rows()[0][5..], ["-"; 6]);
        assert_eq!(damage.rows()[0].len(), damage.heading().len());
    }
}
