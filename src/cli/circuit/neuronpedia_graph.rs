//! A circuit as a graph that Neuronpedia takes (`apps/webapp/app/api/graph/graph-schema.json` of github.com/hijohnnylin/neuronpedia at
//! b8efe84): at neuronpedia.org/graph/validator, or by its interface for uploads.
//!
//! The schema is made for one prompt and for features at single tokens. A circuit here is of all pairs and positions, so one prompt stands
//! for all, and each feature stands at the position at which its effect is largest; the graph's description says so.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::cli::causal::Checked;
use crate::cli::study;
use crate::core::causal::edges::{ALL_PATHS, Edge};
use crate::core::decimal::decimal;
use crate::core::extract::Pages;
use crate::core::problem::{Problem, Result};
use crate::core::sides::sides;
use crate::core::submodule::FeatureId;

/// The graph of the `listed` features, with their effects, and of the edges `found` between them.
///
/// # Errors
/// When two features have one name in the schema, or the view has no pair.
pub fn graph(checked: &Checked, listed: &[(FeatureId, f32)], found: &[Edge], threshold: f32) -> Result<Value> {
    let manifest = checked.manifest();
    let view = checked.run.view(checked.view);
    let longest = manifest.data(checked.view).examples.iter().max_by_key(|example| example.clean_tokens.len());
    let example = longest.ok_or_else(|| {
        Problem::new(
            checked.path.display(),
            format_args!("has no pair in the view {}", checked.view_name()),
            "name another with --view",
        )
    })?;
    let [prompt, _] = sides(example, manifest.study.view(checked.view).direction);
    let mut ids: HashMap<FeatureId, String> = HashMap::new();
    let mut owners: HashMap<String, FeatureId> = HashMap::new();
    let mut nodes = Vec::with_capacity(listed.len());
    for (feature, effect) in listed {
        let (layer, index) = (feature.submodule.layer.0, feature.index.0);
        let position = strongest_position(checked, *feature).min(prompt.tokens.len().saturating_sub(1));
        let id = format!("{layer}_{index}_{position}");
        if let Some(other) = owners.insert(id.clone(), *feature) {
            let what = format_args!("has {feature} and {other}, which have one name in Neuronpedia's graphs: {id}");
            return Err(Problem::new("the circuit", what, "leave one out, for example with --filter kind=resid"));
        }
        nodes.push(json!({
            "node_id": id,
            "feature": index,
            "layer": layer.to_string(),
            "ctx_idx": position,
            "feature_type": format!("{} sparse autoencoder", feature.submodule.kind.name()),
            "jsNodeId": format!("{layer}_{index}-0"),
            "clerp": format!("{feature} (effect {effect:+.3})"),
            "influence": Value::Null,
            "activation": Value::Null,
        }));
        ids.insert(*feature, id);
    }
    let link = |edge: &Edge| json!({ "source": ids[&edge.upstream], "target": ids[&edge.downstream], "weight": edge.weight });
    let (study, model) = (&manifest.study.name, &manifest.model.name);
    let mut metadata = json!({
        "slug": slug(&format!("{model}-{study}-{}", checked.view_name())),
        "scan": model,
        "prompt_tokens": prompt.tokens,
        "prompt": prompt.tokens.concat(),
        "info": {
            "description": format!(
                "Edges between {} features, weights summed over positions and averaged over {} pairs of the study {study}, view {}; weights are \
                 of {ALL_PATHS}. The prompt is one of the pairs' and stands for all; each feature stands at the position at which its \
                 effect on the metric is largest.",
                listed.len(),
                view.clean_metrics.len(),
                checked.view_name()
            ),
            "generator": { "name": "saescope", "version": env!("CARGO_PKG_VERSION") },
        },
        "generation_settings": { "edge_weight_above": decimal(threshold) },
    });
    // Of a dictionary that the site does not show, a name would lead to other features.
    let pages = Pages::of(&checked.findings(), &study::hosted()?).ok();
    if let Some(set) = pages.and_then(|pages| pages.source_set(listed.iter().map(|(feature, _)| *feature))) {
        metadata["feature_details"] = json!({ "neuronpedia_source_set": set });
    }
    let pinned: Vec<&Value> = nodes.iter().map(|node| &node["node_id"]).collect();
    Ok(json!({
        "metadata": metadata,
        "qParams": { "pinnedIds": pinned, "supernodes": [], "linkType": "both" },
        "nodes": nodes,
        "links": found.iter().map(link).collect::<Vec<_>>(),
    }))
}

/// The position, counted from 0, at which the effect of `feature` is largest.
fn strongest_position(checked: &Checked, feature: FeatureId) -> usize {
    let view = checked.run.view(checked.view);
    let Some(effects) = view.submodule(feature.submodule) else { return 0 };
    let Ok(slot) = effects.features.binary_search(&feature.index) else { return 0 };
    let of_feature = &effects.position_effects[slot * view.positions..(slot + 1) * view.positions];
    let strongest = of_feature.iter().enumerate().max_by(|(_, one), (_, other)| one.abs().total_cmp(&other.abs()));
    strongest.map_or(0, |(position, _)| position)
}

/// `text` in lower-case letters, digits and single hyphens.
fn slug(text: &str) -> String {
    let words = text.split(|character: char| !character.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-")
}
