//! Imports the notebook's hand-written Markdown lists: `X {'modelId': .., 'layer': '5-res-sm', 'index': '26074'}, end FN`.

use super::python::dictionary;
use super::{Collector, Imported, Target};
use crate::core::neuronpedia;
use crate::core::submodule::{FeatureId, FeatureIndex};
use crate::core::tags::export::TITLE;
use crate::core::tags::marks::Marks;
use crate::core::tags::remark;
use crate::core::tags::tag::Scope;
use crate::core::text::excerpt;

const EXAMPLE: &str = "write {'modelId': 'MODEL', 'layer': '5-res-sm', 'index': '26074'}, FP";

/// Reads the notebook's lists. A heading that names a scope changes the scope of the lines after it. A heading may name any
/// view of the target, or any view at all in a text that [`to_markdown`](crate::core::tags::export::to_markdown) wrote.
pub fn notebook(text: &str, target: &Target<'_>) -> Imported {
    let mut collector = Collector::new(target);
    let mut scope = target.scope;
    let text = text.trim_start_matches('\u{feff}');
    let is_own = text.starts_with(TITLE);
    let understood = |title: &str| {
        let scope = Scope::new(&title.trim_matches(['#', ' ']).to_lowercase()).ok()?;
        let is_known = is_own || scope == Scope::Everywhere || target.views.iter().any(|view| scope == Scope::In(*view));
        is_known.then_some(scope)
    };
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if let Some(title) = line.strip_prefix('#').filter(|title| !title.contains('{')) {
            let is_a_name = Scope::new(title.trim_matches(['#', ' '])).is_ok();
            match understood(title) {
                Some(understood) => scope = understood,
                // A heading in words is only a heading; one that could be a view ends the part of the view before.
                None if is_a_name => {
                    scope = target.scope;
                    let what = format!("names no view of this study; what follows applies {scope}: {}", excerpt(line, 60));
                    collector.add(format_args!("line {}", index + 1), scope, Err((what, "correct the heading")));
                }
                None => {}
            }
        } else if !line.is_empty() {
            collector.add(format_args!("line {}", index + 1), scope, entry(line, target));
        }
    }
    collector.finish()
}

fn entry(line: &str, target: &Target<'_>) -> Result<(FeatureId, Marks), (String, &'static str)> {
    let model = &target.subject.model;
    let unreadable = |what: &str| (format!("{what}: {}", excerpt(line, 60)), EXAMPLE);
    let start = line.find('{').ok_or_else(|| unreadable("names no feature"))?;
    let (before, object) = line.split_at(start);
    // Bullets, numbers and backticks are layout; any other text in front of the feature can only be the reject mark.
    let mark = before.trim_matches(|character: char| character.is_whitespace() || "-*+•`0123456789.)".contains(character));
    let rejected = match mark {
        "" => false,
        "X" | "x" => true,
        _ => return Err(unreadable("has more than X in front of the feature")),
    };
    let (pairs, after) = dictionary(object).ok_or_else(|| unreadable("has no complete {...}"))?;
    let value = |key: &str| pairs.iter().find(|(found, _)| found == key).map(|(_, value)| value.as_str());
    let (Some(layer), Some(index)) = (value("layer"), value("index")) else {
        return Err(unreadable("has no 'layer' and 'index'"));
    };
    if let Some(other) = value("modelId").filter(|found| *found != model) {
        return Err((
            format!("is about the model '{}', not '{}'", excerpt(other, 60), excerpt(model, 60)),
            "open a run of that model",
        ));
    }
    let submodule = neuronpedia::submodule(layer).ok_or_else(|| unreadable("has an unknown layer name"))?;
    let index = index.parse().map_err(|_| unreadable("has an index that is not a number"))?;
    let names_another = after
        .match_indices('{')
        .any(|(at, _)| dictionary(after.split_at(at).1).is_some_and(|(pairs, _)| pairs.iter().any(|(key, _)| key == "layer")));
    if names_another {
        return Err((format!("names more than one feature: {}", excerpt(line, 60)), "write each feature on a line of its own"));
    }
    // Only one separator is removed, because a note may begin with any character.
    let after = after.trim_start();
    let after = after.strip_prefix('`').unwrap_or(after).trim_start();
    let marks = remark::read(after.strip_prefix(',').unwrap_or(after).trim_start(), target.vocabulary);
    Ok((FeatureId { submodule, index: FeatureIndex(index) }, Marks { rejected, ..marks }))
}
