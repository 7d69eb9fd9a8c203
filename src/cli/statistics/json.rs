//! The statistics as one JSON object with all digits; what is not known is `null`.

use serde_json::{Map, Value, json};

use super::facts::{Facts, Feature};
use crate::core::agreement::{Agreement, Correlation};
use crate::core::decimal::decimal;
use crate::core::paired_difference::PairedDifference;
use crate::core::problem::{Problem, Result};
use crate::core::selection::{HeldBy, Selection};
use crate::core::shuffled::{OfFeature, OfList, Shuffled};
use crate::core::statistics::{COVERAGE, Interval, SEED};
use crate::core::uncertainty::{Touched, Uncertainty};
use crate::core::view::View;

/// The object as text.
pub fn text(facts: &Facts<'_>) -> Result<String> {
    let study = &facts.findings.study;
    let selection = match facts.spec.selection {
        Selection::Threshold(threshold) => json!({ "threshold": single(threshold) }),
        Selection::TopK(count) => json!({ "top_k": count }),
    };
    let (method, quadrature) = facts.findings.method();
    let mut object = Map::new();
    let mut insert = |key: &str, value: Value| object.insert(key.to_owned(), value);
    insert("title", json!(facts.spec.title(study, false)));
    insert("model", json!(facts.findings.model));
    insert("method", json!(method.name()));
    insert("rule", json!(quadrature.map(|quadrature| quadrature.rule.name())));
    insert("steps", json!(quadrature.map(|quadrature| quadrature.steps)));
    insert("view", json!(facts.spec.shown.name(study)));
    if let Some((first, second)) = facts.spec.shown.pair() {
        insert("of", json!([study.name(first).as_str(), study.name(second).as_str()]));
    }
    insert("selection", selection);
    insert("examples", json!(facts.examples));
    insert("bootstrap", json!({ "coverage": COVERAGE, "resamples": facts.resamples, "seed": SEED }));
    insert("chance", chance(facts));
    if let Some((found, of_list)) = &facts.shuffled {
        insert("shuffled_partners", shuffled(found, of_list));
    }
    if let Some((view, agreement)) = &facts.against {
        insert("against", json!(study.name(*view).as_str()));
        insert("agreement", agreement.as_ref().map_or_else(|why| json!({ "not_known": why }), agreed));
    }
    insert("features", facts.features.iter().map(|feature| of_feature(facts, feature)).collect());
    let failed = |error| Problem::new("statistics", format_args!("cannot be written as JSON: {error}"), "report this as a fault");
    Ok(serde_json::to_string_pretty(&object).map_err(failed)? + "\n")
}

fn chance(facts: &Facts<'_>) -> Value {
    let name = |view: View| facts.findings.study.name(view).to_string();
    match &facts.chance {
        Err(why) => json!({ "not_known": why }),
        Ok((chance, expected)) => json!({
            "view": name(facts.view),
            "exchanged": facts.reversed.map_or_else(|| "sign flip".to_owned(), |view| format!("effects of the reversed view {}", name(view))),
            "patterns": chance.patterns().count(),
            "exact": chance.patterns().is_exact(),
            "seed": if chance.patterns().is_exact() { Value::Null } else { json!(SEED) },
            "smallest_p": chance.smallest_p(),
            "smallest_q": chance.smallest_q(),
            "nonzero": chance.nonzero,
            "tested": chance.tested.len(),
            "expected": expected.features,
            "selected": expected.selected,
            "expected_approximated": expected.approximated,
        }),
    }
}

fn shuffled(found: &Shuffled, of_list: &std::result::Result<OfList, String>) -> Value {
    let mut value = match of_list {
        Err(why) => json!({ "not_known": why }),
        Ok(of_list) => json!({
            "expected": of_list.expected(),
            "per_shuffle": of_list.counts,
            "selected": of_list.selected,
        }),
    };
    value["shuffles"] = json!(found.shuffles.len());
    value["seed"] = json!(found.seed);
    value["smallest_p"] = json!(found.smallest_p());
    value
}

fn of_feature(facts: &Facts<'_>, feature: &Feature) -> Value {
    let study = &facts.findings.study;
    let row = &feature.row;
    let mut object = Map::new();
    let mut insert = |key: &str, value: Value| object.insert(key.to_owned(), value);
    insert("rank", json!(row.rank));
    insert("feature", json!(row.feature.to_string()));
    insert("submodule", json!(row.feature.submodule.to_string()));
    insert("index", json!(row.feature.index.0));
    insert("view", json!(study.name(row.ranked_in).as_str()));
    if facts.spec.shown.pair().is_some() {
        let side = match row.held_by {
            HeldBy::Only(view) => study.name(view).to_string(),
            HeldBy::Both => "both".to_owned(),
        };
        insert("side", json!(side));
    }
    insert("effect", single(row.effect));
    insert("standard_error", feature.standard_error.map_or(Value::Null, single));
    insert("ratio", feature.ratio.map_or(Value::Null, single));
    match &feature.uncertainty {
        None => insert("examples", json!("not kept")),
        Some(found) => insert("examples", examples(facts, found)),
    };
    insert("p", json!(feature.tested.map(|tested| tested.p)));
    insert("q", json!(feature.tested.map(|tested| tested.q)));
    insert("exchanged", json!(feature.tested.map(|tested| tested.exchanged.name())));
    if let Some(OfFeature { largest, reached, p }) = feature.shuffled {
        insert("shuffled_partners", json!({ "largest_effect": single(largest), "reached": reached, "p": p }));
    }
    if let Some(difference) = &feature.difference {
        insert("difference", difference.as_ref().map_or_else(|why| json!({ "not_known": why }), paired));
    }
    Value::Object(object)
}

fn examples(facts: &Facts<'_>, found: &Uncertainty) -> Value {
    let touches = found.interval().and_then(|interval| Touched::by(interval, facts.spec.selection)).map(Touched::name);
    let mut value = uncertainty(found);
    value["touches"] = json!(touches);
    value
}

fn uncertainty(found: &Uncertainty) -> Value {
    let bootstrap = found.bootstrap.as_ref();
    json!({
        "mean": found.mean,
        "standard_error": found.standard_error,
        "bca": bootstrap.and_then(|bootstrap| bootstrap.bca).map(ends),
        "percentile": bootstrap.map(|bootstrap| ends(bootstrap.percentile)),
        "z0": bootstrap.map(|bootstrap| bootstrap.z0),
        "acceleration": bootstrap.map(|bootstrap| bootstrap.acceleration),
        "bootstrap_standard_error": bootstrap.map(|bootstrap| bootstrap.standard_error),
        "positive": found.signs.positive,
        "negative": found.signs.negative,
        "zero": found.signs.zero,
        "consistency": found.signs.consistency(found.mean),
        "consistency_of_nonzero": found.signs.consistency_of_nonzero(found.mean),
    })
}

fn paired(difference: &PairedDifference) -> Value {
    let mut value = uncertainty(&difference.uncertainty);
    value["t"] = json!(difference.t);
    value["t_interval"] = json!(difference.t_interval.map(ends));
    value
}

fn agreed(agreement: &Agreement) -> Value {
    let of = |correlation: &Correlation| {
        json!({
            "features": correlation.features,
            "spearman": correlation.signed,
            "spearman_absolute": correlation.absolute,
        })
    };
    json!({
        "common": agreement.common,
        "union": agreement.union,
        "jaccard": agreement.jaccard,
        "in_union": of(&agreement.in_union),
        "in_common": of(&agreement.in_common),
        "of_nonzero": of(&agreement.of_nonzero),
    })
}

fn ends(interval: Interval) -> [f64; 2] {
    [interval.low, interval.high]
}

/// An f32 with its own shortest decimals.
fn single(value: f32) -> Value {
    json!(decimal(value))
}
