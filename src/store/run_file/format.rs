//! Versions of the manifest: manifests of former versions are converted to the current form before they are read.

use serde_json::{Value, json};

use crate::core::problem::{Problem, Result};
use crate::core::run::FORMAT;
use crate::store::studies;

/// The first format supported one study only: `pairs` with the views male and female, and optionally `baseline` with a view of
/// that name.
const ONE_STUDY: u64 = 1;

/// The manifest in its current form; messages call its file `name`.
///
/// # Errors
/// If the manifest has a format that this program does not know.
pub(super) fn upgraded(manifest: &str, name: &str) -> Result<Value> {
    let manifest: Option<Value> = serde_json::from_str(manifest).ok();
    let format = manifest.as_ref().and_then(|manifest| manifest.get("format")?.as_u64());
    match (manifest, format) {
        (Some(manifest), Some(format)) if format == u64::from(FORMAT) => Ok(manifest),
        (Some(manifest), Some(ONE_STUDY)) => from_one_study(manifest),
        (_, format) => {
            let found = format.map_or_else(|| "none".to_owned(), |format| format.to_string());
            Err(Problem::new(
                name,
                format_args!("has run format {found}, this program reads formats up to {FORMAT}"),
                "use the version of saescope that wrote it, or compute the run again",
            ))
        }
    }
}

fn from_one_study(mut manifest: Value) -> Result<Value> {
    let take = |value: &mut Value, key: &str| value.as_object_mut().and_then(|object| object.remove(key)).unwrap_or_default();
    let [pairs, baseline] = ["pairs", "baseline"].map(|key| take(&mut manifest, key));
    let has_baseline = !baseline.is_null();
    let of_lists = |pairs: Value, baseline: Value| if has_baseline { json!([pairs, baseline]) } else { json!([pairs]) };
    let study = studies::of_pairs(has_baseline)?;
    manifest["study"] = serde_json::to_value(study)
        .map_err(|error| Problem::new("study", format_args!("cannot be written: {error}"), "report this as a fault"))?;
    manifest["data"] = of_lists(pairs, baseline);
    if let Some(shard) = manifest.get_mut("shard").filter(|shard| shard.is_object()) {
        let [pairs, baseline] = ["pairs", "baseline"].map(|key| take(shard, key));
        shard["places"] = of_lists(pairs, baseline);
    }
    manifest["format"] = json!(FORMAT);
    Ok(manifest)
}
