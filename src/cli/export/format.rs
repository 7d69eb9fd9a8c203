//! The formats of `export`: JSON, CSV, Markdown.

use serde_json::{Map, Value, json};

use super::Exported;
use crate::cli::table::Table;
use crate::core::neuronpedia::layer_name;
use crate::core::problem::{Problem, Result};
use crate::core::rows::Row;
use crate::core::rows::cells::side;
use crate::core::selection::Selection;
use crate::core::view::View;

/// The export as one JSON object. Numbers are the shortest decimals that read back as the same f32; NaN is `null`.
pub fn json(exported: &Exported<'_>) -> Result<String> {
    let selection = match exported.spec.selection {
        Selection::Threshold(threshold) => json!({ "threshold": number(threshold) }),
        Selection::TopK(count) => json!({ "top_k": count }),
    };
    let mut object = Map::new();
    object.insert("view".to_owned(), json!(exported.spec.shown.name(exported.study())));
    if exported.views().len() > 1 {
        object
            .insert("of".to_owned(), exported.views().into_iter().map(|view| exported.study().name(view).to_string()).collect());
    }
    object.insert("selection".to_owned(), selection);
    object.insert("features".to_owned(), exported.rows.iter().map(|row| feature(exported, row)).collect());
    object.insert("errors".to_owned(), errors(exported));
    let text = serde_json::to_string_pretty(&object)
        .map_err(|error| Problem::new("export", format_args!("cannot be written as JSON: {error}"), "report this as a fault"))?;
    Ok(text + "\n")
}

fn feature(exported: &Exported<'_>, row: &Row) -> Value {
    let mut object = Map::new();
    object.insert("submodule".to_owned(), json!(row.feature.submodule.to_string()));
    object.insert("index".to_owned(), json!(row.feature.index));
    object.insert("effect".to_owned(), number(row.effect));
    object.insert("standard_error".to_owned(), number(exported.standard_error(row)));
    if exported.spec.shown.pair().is_some() {
        object.insert("set".to_owned(), json!(side(row, exported.study(), &exported.spec)));
        let effect = |view: View| (exported.study().name(view).to_string(), number(exported.effect_in(view, row)));
        object.insert("effects".to_owned(), Value::Object(exported.views().into_iter().map(effect).collect()));
    }
    object.insert("neuronpedia".to_owned(), json!(exported.reference(row)));
    Value::Object(object)
}

/// The error terms per submodule; in a comparison, per submodule and view.
fn errors(exported: &Exported<'_>) -> Value {
    let of = |view: View| -> Map<String, Value> {
        let terms = exported.findings.view(view).submodules().map(|ranked| {
            let effects = ranked.effects();
            let term = json!({ "effect": number(effects.error.effect), "standard_error": number(effects.error.standard_error) });
            (effects.submodule.to_string(), term)
        });
        terms.collect()
    };
    match exported.views().as_slice() {
        [view] => Value::Object(of(*view)),
        views => {
            let mut merged: Map<String, Value> = Map::new();
            for view in views {
                for (submodule, term) in of(*view) {
                    merged.entry(submodule).or_insert_with(|| json!({}))[exported.study().name(*view).as_str()] = term;
                }
            }
            Value::Object(merged)
        }
    }
}

/// Writes an f32 with its own shortest decimals: as f64, 0.1 would read 0.10000000149011612.
fn number(value: f32) -> Value {
    serde_json::from_str(&value.to_string()).unwrap_or(Value::Null)
}

/// The columns of the CSV and the Markdown table.
fn columns(exported: &Exported<'_>) -> Vec<String> {
    let mut columns: Vec<String> =
        ["rank", "submodule", "index", "effect", "standard_error"].into_iter().map(str::to_owned).collect();
    if exported.spec.shown.pair().is_some() {
        columns.push("set".to_owned());
        columns.extend(exported.views().into_iter().map(|view| format!("{}_effect", exported.study().name(view))));
    }
    columns.extend(["neuronpedia_layer", "page"].into_iter().map(str::to_owned));
    columns
}

fn cells(exported: &Exported<'_>, rank: usize, row: &Row) -> Vec<String> {
    let decimal = |value: f32| if value.is_nan() { String::new() } else { value.to_string() };
    let mut cells = vec![
        rank.to_string(),
        row.feature.submodule.to_string(),
        row.feature.index.0.to_string(),
        decimal(row.effect),
        decimal(exported.standard_error(row)),
    ];
    if exported.spec.shown.pair().is_some() {
        cells.push(side(row, exported.study(), &exported.spec));
        cells.extend(exported.views().into_iter().map(|view| decimal(exported.effect_in(view, row))));
    }
    // A model without pages gets an empty cell, because a dead link would be worse.
    let page = if exported.has_pages { exported.reference(row).page() } else { String::new() };
    cells.extend([layer_name(row.feature.submodule), page]);
    cells
}

/// The export as CSV: a header, and one line per feature.
pub fn csv(exported: &Exported<'_>) -> Result<String> {
    let failed =
        |error: String| Problem::new("export", format_args!("cannot be written as CSV: {error}"), "report this as a fault");
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(columns(exported)).map_err(|error| failed(error.to_string()))?;
    for (index, row) in exported.rows.iter().enumerate() {
        writer.write_record(cells(exported, index + 1, row)).map_err(|error| failed(error.to_string()))?;
    }
    let bytes = writer.into_inner().map_err(|error| failed(error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| failed(error.to_string()))
}

/// The export as a Markdown table, one row per feature.
pub fn markdown(exported: &Exported<'_>) -> String {
    let columns = columns(exported);
    let mut table = Table::new(2, &columns.iter().map(String::as_str).collect::<Vec<_>>());
    for (index, row) in exported.rows.iter().enumerate() {
        table.push(cells(exported, index + 1, row));
    }
    table.markdown()
}
