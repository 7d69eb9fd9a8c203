//! Features one by one: each listed feature ablated by itself, by zero and by resample.

use serde_json::{Value, json};

use super::facts::{doubt, facts, show, with_facts};
use crate::cli::arguments::AblateArguments;
use crate::cli::causal::listing::Listing;
use crate::cli::causal::side_effects::{self, Asked, with_side_effects};
use crate::cli::causal::words::{heading, number, wrapped};
use crate::cli::causal::{Checked, json};
use crate::cli::table::Table;
use crate::core::causal::each::{Each, Single};
use crate::core::causal::set::{FeatureSet, Member};
use crate::core::causal::way::Way;
use crate::core::causal::words::ratio;
use crate::core::decimal::decimal;
use crate::core::problem::Result;
use crate::core::rows::Row;
use crate::core::submodule::FeatureId;
use crate::engine::causal::each;
use crate::engine::causal::plain::Sides;

/// Ablates each listed feature by itself.
pub fn run(checked: &Checked, arguments: AblateArguments) -> Result<()> {
    let listing = checked.listing(&arguments.list)?;
    let error = arguments.error;
    let asked = Asked::new(checked, &arguments.elsewhere, Some(Way::Zero))?;
    let alone = |feature: &FeatureId| FeatureSet { name: feature.to_string(), members: vec![Member::Feature(*feature)] };
    let features = listing.features();
    let (found, elsewhere) = checked.with_model(arguments.model, Sides::Both, |loaded, plain, told, cancel| {
        let around = asked.map(|asked| asked.around(loaded, cancel)).transpose()?;
        let found = each::each(plain, &features, error, told, cancel)?;
        let sets: Vec<FeatureSet> = features.iter().map(alone).collect();
        let elsewhere = around.map(|around| around.ablated(plain, &sets, (Way::Zero, error), told, cancel)).transpose()?;
        Ok((found, elsewhere))
    })?;
    let names: Vec<String> = features.iter().map(ToString::to_string).collect();
    show(
        arguments.format,
        || with_side_effects(as_json(checked, &listing, &found), elsewhere.as_ref(), &names),
        || table(checked, &listing, &found) + &side_effects::table(elsewhere.as_ref(), &names),
    )
}

fn table(checked: &Checked, listing: &Listing, found: &Each) -> String {
    let header =
        ["feature", "effect", "on clean", "on patch", "F zero", "bias zero", "95 %", "F resample", "bias resample", "95 %"];
    let mut table = Table::new(1, &header);
    for (single, row) in found.features.iter().zip(&listing.rows) {
        let [zero, zero_interval] = ratio(&single.zero, found.all);
        let [resample, resample_interval] = ratio(&single.resample, found.all);
        let [left_by_zero, left_by_resample] = single.means_left().map(number);
        table.push(vec![
            single.feature.to_string(),
            format!("{:+.4}", row.effect),
            single.on_clean.to_string(),
            single.on_patch.to_string(),
            left_by_zero,
            zero,
            zero_interval,
            left_by_resample,
            resample,
            resample_interval,
        ]);
    }
    format!(
        "{}{}error {}: {}F(M) {:+.4}\n\n{}\n{}{}",
        heading(checked, found.examples),
        listing.described(),
        found.error,
        wrapped(found.error.meaning()),
        found.all.mean,
        table.plain(),
        doubt("F(M)", found.all),
        wrapped(
            "on: pairs in whose clean or patch prompt the feature is active at some token. F: the mean metric that is left, bias: the share of F(M) that is removed when the feature \
             alone is 0, or takes its value in the patch prompt, at all positions. A feature that is off in the clean prompts does nothing \
             when zeroed: it carries the patch answer; one with equal shares carries the clean answer. Intervals: bootstrap over pairs."
        )
    )
}

fn as_json(checked: &Checked, listing: &Listing, found: &Each) -> Value {
    let single = |(single, row): (&Single, &Row)| {
        json!({
            "feature": single.feature.to_string(),
            "effect": decimal(row.effect),
            "on_clean": single.on_clean,
            "on_patch": single.on_patch,
            "F_Cbar_zero": single.left.as_ref().map(|left| json::score(&left[0])),
            "bias_zero": json::score(&single.zero),
            "F_Cbar_resample": single.left.as_ref().map(|left| json::score(&left[1])),
            "bias_resample": json::score(&single.resample),
        })
    };
    let singles = json!({
        "F_M": json::denominator(found.all),
        "features": found.features.iter().zip(&listing.rows).map(single).collect::<Vec<_>>(),
    });
    with_facts(facts(checked, Some(listing), found.error, found.examples), singles)
}
