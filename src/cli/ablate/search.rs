//! The subset of the listed features whose ablation leaves the least bias.

use serde_json::{Value, json};

use super::facts::{doubt, facts, show, with_facts};
use crate::cli::arguments::AblateArguments;
use crate::cli::causal::listing::Listing;
use crate::cli::causal::side_effects::{self, Asked, with_side_effects};
use crate::cli::causal::words::{heading, wrapped};
use crate::cli::causal::{Checked, json};
use crate::cli::table::Table;
use crate::core::causal::scores::Score;
use crate::core::causal::search::{Search, Subset};
use crate::core::causal::search_table::{EXPLANATION, exhaustive, steps};
use crate::core::causal::set::{FeatureSet, Member};
use crate::core::problem::Result;
use crate::core::submodule::FeatureId;
use crate::engine::causal::plain::Sides;
use crate::engine::causal::search::search;

/// Searches among the subsets of the listed features.
pub fn run(checked: &Checked, arguments: AblateArguments) -> Result<()> {
    let listing = checked.listing(&arguments.list)?;
    let listed = listing.features();
    let (way, error) = (arguments.way, arguments.error);
    let asked = Asked::new(checked, &arguments.elsewhere, Some(way))?;
    let (found, elsewhere) = checked.with_model(arguments.model, Sides::of(way), |loaded, plain, told, cancel| {
        let around = asked.map(|asked| asked.around(loaded, cancel)).transpose()?;
        let found = search(plain, &listed, way, error, told, &mut |_| {}, cancel)?;
        let elsewhere = around.map(|around| around.ablated(plain, &chosen(&found), (way, error), told, cancel)).transpose()?;
        Ok((found, elsewhere))
    })?;
    let names: Vec<String> = chosen(&found).into_iter().map(|set| set.name).collect();
    show(
        arguments.format,
        || with_side_effects(as_json(checked, &listing, &found), elsewhere.as_ref(), &names),
        || table(checked, &listing, &found) + &side_effects::table(elsewhere.as_ref(), &names),
    )
}

/// What was chosen, as sets.
fn chosen(found: &Search) -> Vec<FeatureSet> {
    let set = |(name, features): (&str, Vec<FeatureId>)| FeatureSet {
        name: name.to_owned(),
        members: features.into_iter().map(Member::Feature).collect(),
    };
    found.chosen().into_iter().map(set).collect()
}

fn names(subset: &Subset) -> Vec<String> {
    subset.features.iter().map(ToString::to_string).collect()
}

fn table(checked: &Checked, listing: &Listing, found: &Search) -> String {
    let steps = steps(found);
    let mut table = Table::new(2, &steps[0].iter().map(String::as_str).collect::<Vec<_>>());
    steps.into_iter().skip(1).for_each(|step| table.push(step));
    format!(
        "{}{}way {}: {}\nerror {}: {}F(M) {:+.4}\n\n{}\n{}{}{}",
        heading(checked, found.examples),
        listing.described(),
        found.way,
        found.way.meaning(),
        found.error,
        wrapped(found.error.meaning()),
        found.all.mean,
        table.plain(),
        wrapped(&exhaustive(found)),
        doubt("F(M)", found.all),
        wrapped(EXPLANATION)
    )
}

fn as_json(checked: &Checked, listing: &Listing, found: &Search) -> Value {
    let step = |((feature, bias), left): (&(FeatureId, Score), &Score)| json!({ "added": feature.to_string(), "F_Cbar": json::score(left), "bias": json::score(bias) });
    let subset = |subset: &Subset| {
        let left = subset.left.as_ref().map(json::score);
        json!({ "features": names(subset), "F_Cbar": left, "bias": json::score(&subset.bias) })
    };
    let search = json!({
        "way": found.way.name(),
        "F_M": json::denominator(found.all),
        "searched": found.features.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "chosen_by": "least |mean F_Cbar|, on the same pairs that it is measured on",
        "greedy": found.greedy.iter().zip(&found.left).map(step).collect::<Vec<_>>(),
        "exhaustive": found.exhaustive.as_ref().map(subset),
    });
    with_facts(facts(checked, Some(listing), found.error, found.examples), search)
}
