//! `saescope ablate`: what becomes of the metric when features are ablated.

use std::path::Path;
use std::process::ExitCode;

use serde_json::{Map, Value, json};

use super::arguments::{AblateArguments, Printed};
use super::causal::words::{heading, interval, number, wrapped};
use super::causal::{Checked, json};
use super::output;
use super::table::Table;
use crate::core::causal::each::Each;
use crate::core::causal::scores::{Ablation, Denominator, Scores};
use crate::core::causal::set::{self, FeatureSet, Member};
use crate::core::causal::way::Way;
use crate::core::causal::words::{self, ratio};
use crate::core::problem::Result;
use crate::core::text::printable;
use crate::engine::causal::ablation;
use crate::engine::causal::each;
use crate::engine::causal::plain::Sides;
use crate::store::text_file;

/// Runs `ablate`.
pub fn ablate(arguments: AblateArguments) -> Result<ExitCode> {
    let checked = Checked::open(arguments.run, arguments.view.as_deref())?;
    let error = arguments.error;
    if arguments.each {
        let listed = checked.listed(&arguments.list)?;
        let features: Vec<_> = listed.iter().map(|(feature, _)| *feature).collect();
        let found = checked.with_model(arguments.model, Sides::Both, |_, plain, told, cancel| {
            each::each(plain, &features, error, told, cancel)
        })?;
        let effects: Vec<f32> = listed.iter().map(|(_, effect)| *effect).collect();
        match arguments.format {
            Printed::Json => json::print(&each_json(&checked, &found, &effects))?,
            Printed::Table => output::print(&each_table(&checked, &found, &effects))?,
        }
        return Ok(ExitCode::SUCCESS);
    }
    let sets = if let Some(path) = &arguments.set {
        read(path)?
    } else {
        let members = checked.listed(&arguments.list)?.into_iter().map(|(feature, _)| Member::Feature(feature)).collect();
        vec![FeatureSet { name: "list".to_owned(), members }]
    };
    let way = arguments.way;
    let sides = if matches!(way, Way::Resample | Way::MeanPositionPatch) { Sides::Both } else { Sides::Clean };
    let found = checked
        .with_model(arguments.model, sides, |_, plain, told, cancel| ablation::ablate(plain, &sets, way, error, told, cancel))?;
    let scores = Scores::of(&found);
    match arguments.format {
        Printed::Json => json::print(&sets_json(&checked, &found, &scores))?,
        Printed::Table => output::print(&sets_table(&checked, &found, &scores))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn read(path: &Path) -> Result<Vec<FeatureSet>> {
    set::parse(&text_file::read(path, text_file::BY_HAND)?, &path.display().to_string())
}

/// Says of a denominator that it is within its own error of zero, if it is.
fn doubt(name: &str, denominator: Denominator) -> String {
    words::doubt(name, denominator).map_or_else(String::new, |text| wrapped(&text))
}

fn sets_table(checked: &Checked, found: &Ablation, scores: &Scores) -> String {
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
        "{}way {}: {}\nerror {}: {}F(M) {} ({}), F(empty) {} ({})\n\n{}\n{}{}{}",
        heading(checked, found.all.len()),
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

fn sets_json(checked: &Checked, found: &Ablation, scores: &Scores) -> Value {
    let of_set = |(set, scores): (&crate::core::causal::scores::AblatedSet, &crate::core::causal::scores::SetScores)| {
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
    let sets: Map<String, Value> = found.sets.iter().zip(&scores.sets).map(of_set).collect();
    json!({
        "run": checked.path.display().to_string(),
        "model": checked.manifest().model.name,
        "view": checked.view_name(),
        "lines": checked.lines(),
        "way": found.way.name(),
        "error": found.error.name(),
        "error_meaning": found.error.meaning(),
        "examples": found.all.len(),
        "F_M": json::score(&scores.all),
        "F_empty": json::score(&scores.empty),
        "denominators": { "F_M - F_empty": json::denominator(scores.span), "F_M": json::denominator(scores.bias) },
        "sets": sets,
    })
}

fn each_table(checked: &Checked, found: &Each, effects: &[f32]) -> String {
    let header = ["feature", "effect", "on clean", "on patch", "bias zero", "95 %", "bias resample", "95 %"];
    let mut table = Table::new(1, &header);
    for (single, effect) in found.features.iter().zip(effects) {
        let [zero, zero_interval] = ratio(&single.zero, found.all);
        let [resample, resample_interval] = ratio(&single.resample, found.all);
        table.push(vec![
            single.feature.to_string(),
            format!("{effect:+.4}"),
            single.on_clean.to_string(),
            single.on_patch.to_string(),
            zero,
            zero_interval,
            resample,
            resample_interval,
        ]);
    }
    format!(
        "{}error {}: {}F(M) {:+.4}\n\n{}\n{}{}",
        heading(checked, found.examples),
        found.error,
        wrapped(found.error.meaning()),
        found.all.mean,
        table.plain(),
        doubt("F(M)", found.all),
        wrapped(
            "on: pairs in whose clean or patch prompt the feature is active at some token. bias: share of F(M) that is removed when the feature \
             alone is 0, or takes its value in the patch prompt, at all positions. A feature that is off in the clean prompts does nothing \
             when zeroed: it carries the patch answer; one with equal shares carries the clean answer. Intervals: bootstrap over pairs."
        )
    )
}

fn each_json(checked: &Checked, found: &Each, effects: &[f32]) -> Value {
    let single = |(single, effect): (&crate::core::causal::each::Single, &f32)| {
        json!({
            "feature": single.feature.to_string(),
            "effect": f64::from(*effect),
            "on_clean": single.on_clean,
            "on_patch": single.on_patch,
            "bias_zero": json::score(&single.zero),
            "bias_resample": json::score(&single.resample),
        })
    };
    json!({
        "run": checked.path.display().to_string(),
        "model": checked.manifest().model.name,
        "view": checked.view_name(),
        "lines": checked.lines(),
        "error": found.error.name(),
        "error_meaning": found.error.meaning(),
        "examples": found.examples,
        "F_M": json::denominator(found.all),
        "features": found.features.iter().zip(effects).map(single).collect::<Vec<_>>(),
    })
}
