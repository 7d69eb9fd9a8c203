//! The lenses as one JSON object.

use serde_json::{Map, Value, json};

use crate::core::decimal::decimal;
use crate::core::lens::{AnswerDifference, Lens, Lenses, Neighbour, OfFeature, TokenValue};
use crate::core::problem::{Problem, Result};
use crate::core::submodule::FeatureId;

/// The object as text; `view` names the view of the prompts and answers, `last` gives effects at the last position.
pub fn text(lenses: &Lenses, view: &str, last: &dyn Fn(FeatureId) -> Option<f64>) -> Result<String> {
    let object = json!({
        "view": view,
        "prompts": lenses.prompts,
        "mean_residual_norm": lenses.mean_residual_norm,
        "mean_last_sigma": lenses.mean_last_sigma,
        "final_norm_is_centred": lenses.is_centred,
        "logit_softcap_left_out": lenses.softcap,
        "features": lenses.features.iter().map(|of| feature(of, last(of.feature))).collect::<Vec<Value>>(),
    });
    let failed = |error| Problem::new("lens", format_args!("cannot be written as JSON: {error}"), "report this as a fault");
    Ok(serde_json::to_string_pretty(&object).map_err(failed)? + "\n")
}

fn feature(of: &OfFeature, last: Option<f64>) -> Value {
    let mut object = Map::new();
    object.insert("feature".to_owned(), json!(of.feature.to_string()));
    object.insert("submodule".to_owned(), json!(of.feature.submodule.to_string()));
    object.insert("index".to_owned(), json!(of.feature.index.0));
    object.insert("decoder_norm".to_owned(), json!(decimal(of.norm)));
    object.insert("decoder_mean".to_owned(), json!(decimal(of.mean)));
    object.insert("effect_at_last_position".to_owned(), json!(last));
    for lens in &of.lenses {
        object.insert(lens.form.name().to_owned(), form(lens));
    }
    let near = |neighbours: &[Neighbour]| -> Value {
        let one = |Neighbour { feature, cosine, activity }: &Neighbour| {
            json!({
                "feature": feature.to_string(),
                "cosine": decimal(*cosine),
                "prompts": activity.prompts,
                "feature_active": activity.feature,
                "neighbour_active": activity.neighbour,
                "both_active": activity.both,
                "jaccard": activity.jaccard(),
            })
        };
        neighbours.iter().map(one).collect()
    };
    object.insert("neighbours_within".to_owned(), near(&of.within));
    object.insert("neighbours_across".to_owned(), near(&of.across));
    Value::Object(object)
}

fn form(lens: &Lens) -> Value {
    let tokens = |values: &[TokenValue]| -> Value {
        values.iter().map(|value| json!({ "token": value.token, "text": value.text, "value": decimal(value.value) })).collect()
    };
    let difference = |answers: &AnswerDifference| {
        json!({
            "clean": answers.clean,
            "patch": answers.patch,
            "texts": answers.texts,
            "pairs": answers.pairs,
            "value": decimal(answers.value),
        })
    };
    json!({
        "promoted": tokens(&lens.promoted),
        "suppressed": tokens(&lens.suppressed),
        "answer_differences": lens.answers.iter().map(difference).collect::<Vec<Value>>(),
        "mean_answer_difference": lens.mean_answer_difference(),
    })
}
