//! `saescope compare-methods`: how well the gradient methods approximate exact effects.

use std::process::ExitCode;

use serde_json::{Map, Value, json};

use super::arguments::{CompareMethodsArguments, Printed};
use super::causal::words::{heading, number, wrapped};
use super::causal::{Checked, json};
use super::output;
use super::table::Table;
use crate::core::causal::approximation::{Agreement, Approximate, Approximation, Effects};
use crate::core::causal::error_share::{ErrorShare, Parts, error_shares};
use crate::core::problem::Result;
use crate::core::quadrature::Quadrature;
use crate::core::submodule::Submodule;
use crate::engine::causal::approximation::compare;
use crate::engine::causal::plain::Sides;

/// Steps of integrated gradients for a run of another method: those of the study.
const STEPS: usize = 10;

/// The worst offenders that a table shows of each method.
const WORST: usize = 5;

/// Runs `compare-methods`.
pub fn compare_methods(arguments: CompareMethodsArguments) -> Result<ExitCode> {
    let checked = Checked::open(&arguments.run, arguments.view.as_deref())?;
    let listed = checked.listed(&arguments.list)?;
    let features: Vec<_> = listed.iter().map(|(feature, _)| *feature).collect();
    let quadrature = checked.manifest().quadrature().unwrap_or(Quadrature::riemann(STEPS));
    let found = checked
        .with_model(arguments.model, Sides::Both, |_, plain, told, cancel| compare(plain, &features, quadrature, told, cancel))?;
    let shares = error_shares(checked.run.view(checked.view));
    match arguments.format {
        Printed::Json => json::print(&as_json(&checked, &found, &shares))?,
        Printed::Table => output::print(&as_table(&checked, &found, &shares))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn as_table(checked: &Checked, found: &Approximation, shares: &[ErrorShare]) -> String {
    let mut agreement = Table::new(1, &["against exact", "Pearson", "Spearman", "mean off", "most off", "other sign"]);
    for method in Approximate::ALL {
        let Agreement { pearson, spearman, mean_distance, largest_distance, other_sign } = found.agreement(method);
        agreement.push(vec![
            method.name().to_owned(),
            number(pearson),
            number(spearman),
            format!("{mean_distance:.4}"),
            format!("{largest_distance:.4}"),
            other_sign.to_string(),
        ]);
    }
    let mut worst = Table::new(2, &["furthest off", "feature", "ig", "attrib", "exact", "off"]);
    for method in Approximate::ALL {
        for (feature, effects) in found.worst(method, WORST) {
            let mut row = vec![method.name().to_owned(), feature.to_string()];
            row.extend(cells(&effects));
            row.push(number(Some(method.off(&effects))));
            worst.push(row);
        }
    }
    let positions = shares.first().map_or(0, |share| share.positions.len());
    let mut header: Vec<String> = ["error term", "ig", "attrib", "exact", "share"].map(str::to_owned).to_vec();
    header.extend((0..positions).map(|position| format!("at {position}")));
    let mut errors = Table::new(1, &header.iter().map(String::as_str).collect::<Vec<_>>());
    for ((submodule, effects), share) in found.errors.iter().zip(shares) {
        let mut row = vec![submodule.to_string()];
        row.extend(cells(effects));
        row.push(percent(share.whole));
        row.extend(share.positions.iter().copied().map(percent));
        errors.push(row);
    }
    format!(
        "{}{} listed features; ig: {}\n\n{}\n{}\n{}\n{}",
        heading(checked, checked.lines().len()),
        found.features.len(),
        found.quadrature,
        agreement.plain(),
        worst.plain(),
        errors.plain(),
        wrapped(&format!(
            "exact: one run for each token at which the feature differs, with it alone set to its value in the patch prompt; attrib: the \
             gradient at the clean prompt; ig: {} of integrated gradients. Effects are sums over positions, means over pairs. share: of the \
             run's own effects ({}), |error term| / (|sum of all features| + |error term|), over all positions and at each, counted from 0; \
             a share says nothing of where the error term's effect comes from. JSON has every feature, for a scatter.",
            found.quadrature,
            checked.manifest().method
        ))
    )
}

fn cells(effects: &Effects) -> [String; 3] {
    [effects.ig, effects.attrib, effects.exact].map(|effect| number(Some(effect)))
}

fn percent(parts: Parts) -> String {
    parts.share().map_or_else(|| "-".to_owned(), |share| format!("{:.1} %", 100.0 * share))
}

fn as_json(checked: &Checked, found: &Approximation, shares: &[ErrorShare]) -> Value {
    let of_method = |method: Approximate| {
        let Agreement { pearson, spearman, mean_distance, largest_distance, other_sign } = found.agreement(method);
        let worst = found.worst(method, WORST);
        let agreement = json!({
            "pearson": pearson,
            "spearman": spearman,
            "mean_distance": mean_distance,
            "largest_distance": largest_distance,
            "other_sign": other_sign,
            "worst": worst.iter().map(|(feature, _)| feature.to_string()).collect::<Vec<_>>(),
        });
        (method.name().to_owned(), agreement)
    };
    let effects = |effects: &Effects| json!({ "ig": effects.ig, "attrib": effects.attrib, "exact": effects.exact });
    let named = |name: String, found: &Effects| {
        let mut object = effects(found);
        object["feature"] = json!(name);
        object
    };
    let parts = |parts: &Parts| json!({ "features": parts.features, "error": parts.error, "share": parts.share() });
    let error = |((submodule, found), share): (&(Submodule, Effects), &ErrorShare)| {
        let value = json!({
            "effect": effects(found),
            "of_run": parts(&share.whole),
            "of_run_at": share.positions.iter().map(parts).collect::<Vec<_>>(),
        });
        (submodule.to_string(), value)
    };
    json!({
        "run": checked.path.display().to_string(),
        "model": checked.manifest().model.name,
        "view": checked.view_name(),
        "examples": checked.lines().len(),
        "run_method": checked.manifest().method.name(),
        "ig": { "rule": found.quadrature.rule.name(), "steps": found.quadrature.steps },
        "agreement": Approximate::ALL.into_iter().map(of_method).collect::<Map<String, Value>>(),
        "features": found.features.iter().map(|(feature, found)| named(feature.to_string(), found)).collect::<Vec<_>>(),
        "error_terms": found.errors.iter().zip(shares).map(error).collect::<Map<String, Value>>(),
    })
}
