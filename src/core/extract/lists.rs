//! Lists of features on Neuronpedia.

use serde_json::{Value, json};

use super::Extract;
use crate::core::neuronpedia::{Reference, quick_lists};
use crate::core::problem::{Problem, Result};
use crate::core::rows::cells::said;

/// The addresses of the quick list of the rows, one or several.
///
/// # Errors
/// If a feature has no page, or the title is too long for an address.
pub fn links(extract: &Extract<'_>) -> Result<Vec<String>> {
    quick_lists(extract.title, &references(extract)?)
}

/// The body of a request that saves the rows as a list: `POST https://www.neuronpedia.org/api/list/new-with-features`, with the
/// user's key in the header `x-api-key`. The description of a feature is its tags and its note.
///
/// # Errors
/// If a feature has no page.
pub fn saved_list(extract: &Extract<'_>) -> Result<String> {
    let findings = extract.findings;
    let (method, quadrature) = findings.method();
    let quadrature = quadrature.map_or_else(String::new, |quadrature| format!(", {quadrature}"));
    let standing = findings.standing().map_or_else(String::new, |standing| format!("; {standing}"));
    let features = references(extract)?.into_iter().zip(extract.rows).map(|(reference, row)| {
        let said = said(row, &findings.study, extract.tags, extract.spec);
        let parts = [said.words().join(" "), said.note];
        let description = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(": ");
        // The index is a number here, and a string in quick lists.
        json!({
            "modelId": reference.model_id,
            "layer": reference.layer,
            "index": row.feature.index.0,
            "description": description,
        })
    });
    let body = json!({
        "name": extract.title,
        "description": format!("{} ({method}{quadrature}{standing})", extract.spec.title(&findings.study, false)),
        "features": features.collect::<Vec<Value>>(),
    });
    let failed = |error| Problem::new("list", format_args!("cannot be written as JSON: {error}"), "report this as a fault");
    Ok(serde_json::to_string_pretty(&body).map_err(failed)? + "\n")
}

/// The references to all rows.
fn references(extract: &Extract<'_>) -> Result<Vec<Reference>> {
    let problem = |why: String| Problem::new("list", why, "leave it out with a filter");
    let Some(pages) = &extract.pages else { return Err(problem("its features have no pages on Neuronpedia".to_owned())) };
    extract.rows.iter().map(|row| pages.reference(row.feature).map_err(problem)).collect()
}
