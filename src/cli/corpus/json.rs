//! Answers of a corpus as one JSON object.

use serde_json::{Value, json};

use crate::core::corpus::context::Context;
use crate::core::corpus::responses::{OfFeature, Responses};
use crate::core::corpus::score::{Level, Score};
use crate::core::decimal::decimal;
use crate::core::tags::{FeatureTags, Features, Tag};

/// The object; `label` is scored beside the best one, and the labels of each feature's `tags`.
pub fn object(responses: &Responses, label: Option<usize>, level: Level, tags: &Features) -> Value {
    let labels =
        responses.labels.iter().map(|label| json!({ "name": label.name, "meaning": label.meaning, "tokens": label.tokens }));
    json!({
        "corpus": responses.corpus,
        "corpus_sha256": responses.corpus_sha256,
        "bytes": responses.bytes,
        "lines": responses.place.lines,
        "windows": responses.windows,
        "window_tokens": responses.window,
        "bos": responses.bos,
        "tokens": responses.tokens,
        "model": responses.model,
        "quantile": match level {
            Level::AboveZero => 0.0,
            Level::Quantile(share) => share,
        },
        "labels": labels.collect::<Vec<_>>(),
        "features": responses.features.iter().map(|of| feature(responses, of, label, level, tags)).collect::<Vec<_>>(),
    })
}

fn feature(responses: &Responses, feature: &OfFeature, label: Option<usize>, level: Level, tags: &Features) -> Value {
    let scored = |score: Score| {
        json!({
            "label": responses.labels[score.label].name,
            "threshold": decimal(score.threshold),
            "predicted": score.predicted,
            "hits": score.hits,
            "labelled": score.labelled,
            "precision": score.precision(),
            "recall": score.recall(),
            "f1": score.f1(),
        })
    };
    let tags = tags.get(&feature.feature).map(FeatureTags::of_all_scopes).unwrap_or_default();
    let tagged = |(tag, score): (Tag, Score)| json!({ "tag": tag.as_str(), "score": scored(score) });
    let all = (0..responses.labels.len()).filter_map(|label| Score::of(responses, feature, label, level));
    json!({
        "feature": feature.feature.to_string(),
        "fired": feature.tally.fired,
        "rate": responses.rate(feature),
        "mean": feature.tally.mean(),
        "largest": decimal(feature.tally.largest),
        "best": Score::best(responses, feature, level).map(scored),
        "asked": label.and_then(|label| Score::of(responses, feature, label, level)).map(scored),
        "of_tags": Score::of_tags(responses, feature, &tags, level).into_iter().map(tagged).collect::<Vec<_>>(),
        "scores": all.map(scored).collect::<Vec<_>>(),
        "contexts": feature.tally.contexts.kept().iter().map(context).collect::<Vec<_>>(),
    })
}

fn context(context: &Context) -> Value {
    json!({
        "line": context.line,
        "position": context.position,
        "tokens": context.tokens,
        "activations": context.activations.iter().map(|activation| decimal(*activation)).collect::<Vec<_>>(),
        "strongest": context.strongest,
    })
}
