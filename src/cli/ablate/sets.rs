//! Sets of features: the metric with a set alone, and without it.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::facts::{doubt, facts, show, with_facts};
use crate::cli::arguments::AblateArguments;
use crate::cli::causal::listing::Listing;
use crate::cli::causal::side_effects::{self, Asked, with_side_effects};
use crate::cli::causal::words::{heading, interval, number, wrapped};
use crate::cli::causal::{Checked, json};
use crate::cli::table::Table;
use crate::core::causal::scores::{AblatedSet, Ablation, Scores, SetScores};
use crate::core::causal::set::{self, FeatureSet, Member};
use crate::core::causal::words::ratio;
use crate::core::problem::Result;
use crate::core::run::Manifest;
use crate::core::text::printable;
use crate::engine::causal::ablation;
use crate::engine::causal::plain::Sides;
use crate::files::whole;

/// Ablates the sets of a file, or the listed features as one set.
pub fn run(checked: &Checked, arguments: AblateArguments) -> Result<()> {
    let (sets, listing) = if let Some(path) = &arguments.set {
        (read(path, checked.manifest())?, None)
    } else {
        let listing = checked.listing(&arguments.list)?;
        let members = listing.features().into_iter().map(Member::Feature).collect();
        (vec![FeatureSet { name: "list".to_owned(), members }], Some(listing))
    };
    let listing = listing.as_ref();
    let (way, error) = (arguments.way, arguments.error);
    let asked = Asked::new(checked, &arguments.elsewhere, Some(way))?;
    let (found, elsewhere) = checked.with_model(arguments.model, Sides::of(way), |loaded, plain, told, cancel| {
        let around = asked.map(|asked| asked.around(loaded, cancel)).transpose()?;
        let found = ablation::ablate(plain, &sets, way, error, told, cancel)?;
        let elsewhere = around.map(|around| around.ablated(plain, &sets, (way, error), told, cancel)).transpose()?;
        Ok((found, elsewhere))
    })?;
    let scores = Scores::of(&found);
    let names: Vec<String> = sets.iter().map(|set| set.name.clone()).collect();
    show(
        arguments.format,
        || with_side_effects(as_json(checked, listing, &found, &scores), elsewhere.as_ref(), &names),
        || table(checked, listing, &found, &scores) + &side_effects::table(elsewhere.as_ref(), &names),
    )
}

/// Reads the sets in the file at `path`, and checks that the run's dictionaries have every member, before any model is opened.
fn read(path: &Path, manifest: &Manifest) -> Result<Vec<FeatureSet>> {
    let file = path.display().to_string();
    let places = manifest.dictionaries.iter().filter_map(|record| Some((record.place()?, record.features)));
    let sets = set::parse(&whole::text(path, whole::BY_HAND)?, &file)?;
    set::expect_members(&sets, &file, &places.collect::<Vec<_>>())?;
    Ok(sets)
}

fn table(checked: &Checked, listing: Option<&Listing>, found: &Ablation, scores: &Scores) -> String {
    let header = ["set", "F(C)", "F(not C)", "faithfulness", "completeness", "bias", "95 % of bias"];
    let mut table = Table::new(1, &header);
    for (set, scores_of) in found.sets.iter().zip(&scores.sets) {
        let [bias, bias_interval] = ratio(&scores_of.bias, scores.bias);
        let [faithfulness, _] = ratio(&scores_of.faithfulness, scores.span);
        let [completeness, _] = ratio(&scores_of.completeness, scores.span);
        table.push(vec![
            printable(&set.name),
            number(scores_of.kept.mean),
            number(scores_of.removed.mean),
            faithfulness,
            completeness,
            bias,
            bias_interval,
        ]);
    }
    format!(
        "{}{}way {}: {}\nerror {}: {}F(M) {} ({}), F(empty) {} ({})\n\n{}\n{}{}{}",
        heading(checked, found.all.len()),
        listing.map_or_else(String::new, Listing::described),
        found.way,
        found.way.meaning(),
        found.error,
        wrapped(found.error.meaning()),
        number(scores.all.mean),
        interval(scores.all.interval),
        number(scores.empty.mean),
        interval(scores.empty.interval),
        table.plain(),
        doubt("F(M) - F(empty)", scores.span),
        doubt("F(M)", scores.bias),
        wrapped(
            "F: mean of logit(patch answer) - logit(clean answer) over the clean prompts; F(C) with every feature outside the set ablated, \
             F(not C) with those in it. faithfulness = (F(C) - F(empty)) / (F(M) - F(empty)), completeness the same of F(not C), bias = \
             (F(M) - F(not C)) / F(M), the share removed. Intervals: bootstrap over pairs."
        )
    )
}

fn as_json(checked: &Checked, listing: Option<&Listing>, found: &Ablation, scores: &Scores) -> Value {
    let of_set = |(set, scores): (&AblatedSet, &SetScores)| {
        let value = json!({
            "members": set.members.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "F_C": json::score(&scores.kept),
            "F_Cbar": json::score(&scores.removed),
            "faithfulness": json::score(&scores.faithfulness),
            "completeness": json::score(&scores.completeness),
            "bias": json::score(&scores.bias),
        });
        (set.name.clone(), value)
    };
    let facts = facts(checked, listing, found.error, found.all.len());
    let sets: Map<String, Value> = found.sets.iter().zip(&scores.sets).map(of_set).collect();
    let found = json!({
        "way": found.way.name(),
        "F_M": json::score(&scores.all),
        "F_empty": json::score(&scores.empty),
        "denominators": { "F_M - F_empty": json::denominator(scores.span), "F_M": json::denominator(scores.bias) },
        "sets": sets,
    });
    with_facts(facts, found)
}
