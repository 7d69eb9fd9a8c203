//! The tables of a comparison of methods, the same on the command line and in the explorer: rows of cells, the heading first.

use super::approximation::{Agreement, Approximate, Approximation, Effects};
use super::error_share::{ErrorShare, Parts};
use super::words::number;
use crate::core::quadrature::Quadrature;
use crate::core::run::Method;

/// The worst offenders that are shown of each method.
pub const WORST: usize = 5;

/// How far each method agrees with exact effects.
pub fn agreement(found: &Approximation) -> Vec<Vec<String>> {
    let row = |method: Approximate| {
        let Agreement { pearson, spearman, mean_distance, largest_distance, other_sign } = found.agreement(method);
        vec![
            method.name().to_owned(),
            number(pearson),
            number(spearman),
            format!("{mean_distance:.4}"),
            format!("{largest_distance:.4}"),
            other_sign.to_string(),
        ]
    };
    let heading = ["against exact", "Pearson", "Spearman", "mean off", "most off", "other sign"];
    std::iter::once(owned(&heading)).chain(Approximate::ALL.map(row)).collect()
}

/// The features that each method is furthest off.
pub fn worst(found: &Approximation) -> Vec<Vec<String>> {
    let mut rows = vec![owned(&["furthest off", "feature", "ig", "attrib", "exact", "off"])];
    for method in Approximate::ALL {
        for (feature, effects) in found.worst(method, WORST) {
            let mut row = vec![method.name().to_owned(), feature.to_string()];
            row.extend(cells(&effects));
            row.push(number(Some(method.off(&effects))));
            rows.push(row);
        }
    }
    rows
}

/// The error terms with their `shares` of the run's own effects, over all positions and at each.
pub fn errors(found: &Approximation, shares: &[ErrorShare]) -> Vec<Vec<String>> {
    let positions = shares.iter().map(|share| share.positions.len()).max().unwrap_or(0);
    let mut heading = owned(&["error term", "ig", "attrib", "exact", "share"]);
    heading.extend((0..positions).map(|position| format!("at {position}")));
    let mut rows = vec![heading];
    for (submodule, effects) in &found.errors {
        let mut row = vec![submodule.to_string()];
        row.extend(cells(effects));
        let share = shares.iter().find(|share| share.submodule == *submodule);
        let at = |position: usize| share.and_then(|share| share.positions.get(position));
        row.push(percent(share.map(|share| &share.whole)));
        row.extend((0..positions).map(|position| percent(at(position))));
        rows.push(row);
    }
    rows
}

/// What the tables mean; `method` is that of the run.
pub fn explained(quadrature: Quadrature, method: Method) -> String {
    format!(
        "exact: one run for each token at which the feature differs, with it alone set to its value in the patch prompt; attrib: the gradient \
         at the clean prompt; ig: {quadrature} of integrated gradients. Effects are sums over positions, means over pairs; off: how far from \
         the exact one. share: of the run's own effects ({method}), |error term| / (|sum of all features| + |error term|), over all positions \
         and at each, counted from 0; a share says nothing of where the error term's effect comes from."
    )
}

fn owned(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|cell| (*cell).to_owned()).collect()
}

fn cells(effects: &Effects) -> [String; 3] {
    [effects.ig, effects.attrib, effects.exact].map(|effect| number(Some(effect)))
}

fn percent(parts: Option<&Parts>) -> String {
    parts.and_then(|parts| parts.share()).map_or_else(|| "-".to_owned(), |share| format!("{:.1} %", 100.0 * share))
}
