//! Imports the annotations that Marks et al. published with feature-circuits: JSON lines with `Name`, `Annotation` and `Notes`.

use serde::Deserialize;

use super::{Collector, Imported, Target};
use crate::core::format_error::of_json_line;
use crate::core::submodule::{FeatureId, FeatureIndex, Submodule};
use crate::core::tags::marks::Marks;
use crate::core::tags::remark;
use crate::core::tags::vocabulary::Vocabulary;
use crate::core::text::excerpt;

const EXAMPLE: &str = r#"write {"Name": "resid_5/26074", "Annotation": "plural nouns", "Notes": ""}"#;

/// The fields that are used; `Component`, `Layer` and `Feature` repeat the content of `Name`.
#[derive(Deserialize)]
struct Annotation {
    #[serde(rename = "Name")]
    name: String,
    #[serde(rename = "Annotation")]
    text: Option<String>,
    #[serde(rename = "Notes")]
    notes: Option<String>,
}

/// Reads feature-circuits' annotations: their words become the note, and tags among these words become tags.
pub fn annotations(text: &str, target: &Target<'_>) -> Imported {
    let mut collector = Collector::new(target);
    for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        if !line.trim().is_empty() {
            collector.add(format_args!("line {}", index + 1), target.scope, entry(line, target.vocabulary));
        }
    }
    collector.finish()
}

fn entry(line: &str, vocabulary: &Vocabulary) -> Result<(FeatureId, Marks), (String, &'static str)> {
    let annotation: Annotation = serde_json::from_str(line).map_err(|error| {
        (format!("is not an annotation, it {}: {}", of_json_line(line.as_bytes(), &error), excerpt(line, 60)), EXAMPLE)
    })?;
    let feature = feature(&annotation.name)
        .ok_or_else(|| (format!("names '{}', no feature of attn, mlp or resid", excerpt(&annotation.name, 40)), EXAMPLE))?;
    let parts = [annotation.text, annotation.notes].into_iter().flatten();
    let parts: Vec<String> = parts.map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect();
    Ok((feature, remark::read(&parts.join("; "), vocabulary)))
}

/// Parses `resid_5/26074`, or `5/resid_26074` as some of their scripts write it.
fn feature(name: &str) -> Option<FeatureId> {
    let (left, right) = name.split_once('/')?;
    let (submodule, index) = match right.split_once('_') {
        Some((kind, index)) => (format!("{kind}_{left}"), index),
        None => (left.to_owned(), right),
    };
    Some(FeatureId { submodule: submodule.parse::<Submodule>().ok()?, index: FeatureIndex(index.parse().ok()?) })
}
