//! Everything that `statistics` prints, in both of its forms.

use crate::core::agreement::{Agreement, agreement};
use crate::core::chance::{Chance, Expected, Tested, reversed};
use crate::core::findings::Findings;
use crate::core::paired_difference::PairedDifference;
use crate::core::problem::{Problem, Result};
use crate::core::rows::{Listing, Row, Spec};
use crate::core::shuffled::{self, OfList, Shuffled};
use crate::core::statistics::SEED;
use crate::core::statistics::bootstrap::Resamples;
use crate::core::uncertainty::Uncertainty;
use crate::core::view::View;

/// What is asked beside the list.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// The view that the listed one is compared with, pair by pair.
    pub against: Option<View>,
    /// Number of resamples.
    pub resamples: usize,
    /// The effects of the listed view with shuffled partners.
    pub shuffled: Option<&'a Shuffled>,
}

/// What is said of the listed features.
pub struct Facts<'a> {
    /// The findings of the run.
    pub findings: &'a Findings,
    /// What is listed.
    pub spec: &'a Spec,
    /// The view whose pairs are tested: the listed one, or the first of two.
    pub view: View,
    /// Number of pairs of that view.
    pub examples: usize,
    /// Number of resamples.
    pub resamples: usize,
    /// The listed features.
    pub features: Vec<Feature>,
    /// The test against chance, and what a list would hold by chance; else why there is none.
    pub chance: std::result::Result<(Chance, Expected), String>,
    /// The view whose effects are those of exchanged pairs.
    pub reversed: Option<View>,
    /// The shuffles of partners, and how many features each would list, or why that is not known.
    pub shuffled: Option<(&'a Shuffled, std::result::Result<OfList, String>)>,
    /// The comparison with another view: its agreement, or why it is not known.
    pub against: Option<(View, std::result::Result<Agreement, String>)>,
}

/// What is said of one feature.
pub struct Feature {
    /// Its row in the list.
    pub row: Row,
    /// The standard error of its effect, from all examples; None if it is not known.
    pub standard_error: Option<f32>,
    /// |effect| / standard error; None if that is not known, or 0.
    pub ratio: Option<f32>,
    /// What its effects in single pairs say; None if they were not kept.
    pub uncertainty: Option<Uncertainty>,
    /// The test against chance in the view that ranks the row; None if its effects in single pairs were not kept.
    pub tested: Option<Tested>,
    /// How it does with shuffled partners; None if that was not asked, or its effect is not known.
    pub shuffled: Option<shuffled::OfFeature>,
    /// The difference to the other view, or why there is none; None if no other view was asked for.
    pub difference: Option<std::result::Result<PairedDifference, String>>,
}

impl<'a> Facts<'a> {
    /// Computes everything.
    pub fn of(
        findings: &'a Findings,
        spec: &'a Spec,
        listing: &Listing,
        Asked { against, resamples, shuffled }: Asked<'a>,
    ) -> Result<Self> {
        let view = spec.shown.first();
        let examples = findings.view(view).summary.examples.unwrap_or(0);
        if let Some(gap) = &listing.gap {
            return Err(Problem::new("list", gap, "choose another selection"));
        }
        let test = |view: View| Chance::of(findings, view);
        let chance = test(view).and_then(|chance| Ok((chance, Expected::of(findings, view, spec.selection)?)));
        // Rows of a comparison may be ranked in its second view.
        let second = spec.shown.pair().map(|(_, second)| (second, test(second)));
        let tested = |row: &Row| {
            let chance = match &second {
                Some((second, chance)) if row.ranked_in == *second => chance.as_ref(),
                _ => chance.as_ref().map(|(chance, _)| chance),
            };
            chance.ok()?.tested.get(&row.feature).copied()
        };
        let of_study = |view: View| Resamples::draw(findings.view(view).summary.examples.unwrap_or(0), resamples, SEED);
        let draws: Vec<Resamples> = findings.study.all().map(of_study).collect();
        let of_view = |view: View| &draws[usize::from(view.0)];
        let feature = |row: &Row| {
            let found = findings.view(row.ranked_in);
            let effects = found.by_example(row.feature).filter(|effects| !effects.is_empty());
            let between = |other: View| PairedDifference::between(findings, [view, other], row.feature, of_view(view));
            Feature {
                row: *row,
                standard_error: found.standard_error(row.feature),
                ratio: found.ratio(row.feature),
                uncertainty: effects.map(|effects| Uncertainty::of(&effects, of_view(row.ranked_in))),
                tested: tested(row),
                shuffled: shuffled.filter(|_| row.effect.is_finite()).map(|found| found.of_feature(row.feature, row.effect)),
                difference: against.map(between),
            }
        };
        let agree = |other: View| {
            let named = |(view, gap)| format!("{}: {gap}", findings.study.name(view));
            (other, agreement(findings, view, other, spec.selection).map_err(named))
        };
        Ok(Self {
            findings,
            spec,
            view,
            examples,
            resamples,
            features: listing.rows.iter().map(feature).collect(),
            reversed: reversed(findings, view),
            shuffled: shuffled.map(|found| (found, found.of_list(findings, view, spec.selection))),
            against: against.map(agree),
            chance,
        })
    }
}
