//! Versions of the manifest: manifests of former versions are converted to the current form before they are read.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::core::format_error::of_json;
use crate::core::problem::{Problem, Result};
use crate::core::run::{FORMAT, Manifest};
use crate::store::studies;

/// The first format supported one study only: `pairs` with the views male and female, and optionally `baseline` with a view of
/// that name.
const ONE_STUDY: u64 = 1;

/// The longest manifest of the first format in bytes: it is converted as a whole, which takes many times its size.
const LONGEST_OF_ONE_STUDY: usize = 16 << 20;

/// The version of any manifest; the other keys are not looked at.
#[derive(Deserialize)]
struct Head {
    format: Option<u64>,
}

/// The manifest that `text` holds, in its current form; messages call its file `name`.
///
/// # Errors
/// If it has a format that this program does not know, or not what that format demands.
pub(super) fn manifest(text: &str, name: &str) -> Result<Manifest> {
    let unreadable = |error: serde_json::Error| {
        Problem::new(
            name,
            format_args!("its manifest {}", of_json(text.as_bytes(), &error)),
            "the file is damaged: compute the run again",
        )
    };
    let head: Option<Head> = serde_json::from_str(text).ok();
    match head.and_then(|head| head.format) {
        Some(format) if format == u64::from(FORMAT) => serde_json::from_str(text).map_err(unreadable),
        Some(ONE_STUDY) if text.len() <= LONGEST_OF_ONE_STUDY => {
            let manifest = serde_json::from_str(text).map_err(unreadable)?;
            serde_json::from_value(from_one_study(manifest)?).map_err(unreadable)
        }
        format => {
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
