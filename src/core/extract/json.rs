//! One JSON object with the features, the error terms, and what was selected.

use serde_json::{Map, Value as Json, json};

use super::Extract;
use super::field::{Field, Value, fields, reference};
use crate::core::problem::{Problem, Result};
use crate::core::rows::Row;
use crate::core::selection::Selection;
use crate::core::view::View;

/// The rows as one JSON object. Numbers are the shortest decimals that read back as the same f32; unknown ones are `null`.
pub fn json(extract: &Extract<'_>) -> Result<String> {
    let (spec, study) = (extract.spec, extract.study());
    let selection = match spec.selection {
        Selection::Threshold(threshold) => json!({ "threshold": number(Some(threshold)) }),
        Selection::TopK(count) => json!({ "top_k": count }),
    };
    let fields = fields(extract);
    let mut object = Map::new();
    let mut insert = |key: &str, value: Json| object.insert(key.to_owned(), value);
    insert("title", json!(extract.title));
    if let Some(standing) = extract.findings.standing() {
        insert("standing", json!(standing));
    }
    insert("model", json!(extract.findings.model));
    insert("view", json!(spec.shown.name(study)));
    if spec.shown.pair().is_some() {
        insert("of", extract.views().into_iter().map(|view| study.name(view).to_string()).collect());
    }
    insert("selection", selection);
    if let Some(submodule) = spec.submodule {
        insert("only", json!(submodule.to_string()));
    }
    if let Some(filter) = &spec.filter {
        insert("filter", json!(filter.text()));
    }
    insert("features", extract.rows.iter().map(|row| feature(&fields, row, extract)).collect());
    insert("errors", errors(extract));
    let text = serde_json::to_string_pretty(&object)
        .map_err(|error| Problem::new("list", format_args!("cannot be written as JSON: {error}"), "report this as a fault"))?;
    Ok(text + "\n")
}

/// The columns of a row by their names; effects and standard errors of all views in objects of their own.
fn feature(fields: &[Field], row: &Row, extract: &Extract<'_>) -> Json {
    let mut object = Map::new();
    for field in fields {
        let value = json_of(field.value(row, extract));
        match field.by_view() {
            Some((what, view)) => {
                let of_views = object.entry(what).or_insert_with(|| json!({}));
                of_views[extract.study().name(view).as_str()] = value;
            }
            None => drop(object.insert(field.key.clone(), value)),
        }
    }
    object.insert("neuronpedia".to_owned(), json!(reference(row, extract)));
    Json::Object(object)
}

fn json_of(value: Value) -> Json {
    match value {
        Value::Number(value) => number(value),
        Value::Whole(value) => json!(value),
        Value::Text(text) => json!(text),
        Value::Words(words) => json!(words),
        Value::Flag(flag) => json!(flag),
    }
}

/// The error terms per submodule; in a comparison, per submodule and view.
fn errors(extract: &Extract<'_>) -> Json {
    let of = |view: View| -> Map<String, Json> {
        let terms = extract.findings.view(view).submodules().map(|ranked| {
            let (submodule, error) = (ranked.effects().submodule, &ranked.effects().error);
            let term = json!({ "effect": number(Some(error.effect)), "standard_error": number(Some(error.standard_error)) });
            (submodule.to_string(), term)
        });
        terms.collect()
    };
    match extract.views().as_slice() {
        [view] => Json::Object(of(*view)),
        views => {
            let mut merged: Map<String, Json> = Map::new();
            for view in views {
                for (submodule, term) in of(*view) {
                    merged.entry(submodule).or_insert_with(|| json!({}))[extract.study().name(*view).as_str()] = term;
                }
            }
            Json::Object(merged)
        }
    }
}

/// Writes an f32 with its own shortest decimals: as f64, 0.1 would read 0.10000000149011612.
fn number(value: Option<f32>) -> Json {
    value.and_then(|value| serde_json::from_str(&value.to_string()).ok()).unwrap_or(Json::Null)
}
