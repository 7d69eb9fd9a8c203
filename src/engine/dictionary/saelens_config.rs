//! `cfg.json` of SAELens: every key is checked, known to change nothing, or refused by name. The keys are in [`super::saelens_keys`].

use serde_json::Value;

use super::Stated;
use super::place::Place;
use super::saelens_keys::{LOADING, RECORDS, WHOLE, expect_no_slip, is_among, is_known};
use crate::core::hosted::{NAME, is_name, of_id};
use crate::core::problem::{Problem, Result};
use crate::core::submodule::{Submodule, SubmoduleKind};
use crate::core::text::excerpt;
use crate::engine::json::{Fields, shown};

/// The places that a configuration says: what is read, and what is written, which for all but transcoders is the same. `whole` is as
/// [`whole`] gives it.
pub fn places(whole: Fields<'_>, transcodes: bool) -> Result<(Place, Place)> {
    let hook = |keys: &[&str]| -> Result<Place> {
        for key in keys {
            if let Some(hook) = whole.text_or_null(key)? {
                return Ok(Place::of_hook(hook));
            }
        }
        Ok(Place::Unknown(String::new()))
    };
    let reads = hook(&["hook_name", "hook_point"])?;
    if whole.object.get("hook_name_out").is_some_and(|out| !out.is_null()) && !transcodes {
        return Err(Problem::new(
            whole.file,
            "hook_name_out is said, but the architecture is not a transcoder's",
            "use the cfg.json that came with the weights",
        ));
    }
    let by_heads = whole.object.get("reshape_activations").is_some_and(|said| said == "hook_z");
    if by_heads && !matches!(reads, Place::Heads(_)) {
        let what = format_args!("reshape_activations is \"hook_z\", but it reads {reads}");
        return Err(Problem::new(whole.file, what, "supported for hook_z alone"));
    }
    let writes = if transcodes { hook(&["hook_name_out"])? } else { reads.clone() };
    if transcodes && !writes.is_said() {
        return Err(Problem::new(whole.file, "holds no hook_name_out: which place the transcoder writes", "add it to metadata"));
    }
    Ok((reads, writes))
}

/// Checks `config` for a dictionary whose encoder has the shape `[width, features]`, and that is used for `submodule`, if that is asked;
/// `whole` is what [`whole`] gives of it.
///
/// # Errors
/// When a key is not known, has a value of another type, or says that the dictionary is of another size or place.
pub fn check(config: Fields<'_>, whole: Fields<'_>, submodule: Option<Submodule>, encoder: &[usize]) -> Result<Stated> {
    let metadata = config.object("metadata")?;
    let mut stated = Stated::default();
    [Some(config), metadata].into_iter().flatten().try_for_each(check_records)?;
    for (key, allowed) in WHOLE {
        whole.expect_value(key, allowed)?;
    }
    whole.expect_value("reshape_activations", &["\"none\"", "\"hook_z\""])?;
    if let Some(submodule) = submodule {
        check_place(whole, submodule)?;
    }
    for (key, size) in ["d_in", "d_sae"].into_iter().zip(encoder) {
        if let Some(said) = whole.count(key, usize::MAX)?.filter(|said| said != size) {
            return Err(Problem::new(
                whole.file,
                format_args!("says {key} {said}, but W_enc has {size}"),
                "configuration and weights belong to different dictionaries: fetch both again",
            ));
        }
    }
    stated.model = whole.text_or_null("model_name")?.map(str::to_owned);
    let id = whole.text_or_null("neuronpedia_id")?;
    let whole_id = id.and_then(of_id);
    stated.neuronpedia = id.filter(|_| whole_id.is_some()).map(str::to_owned);
    // Some files name the model alone.
    let model = whole_id.map(|(model, _)| model).or_else(|| id.filter(|id| is_name(id)));
    stated.neuronpedia_model = model.map(str::to_owned);
    if let (Some(id), None) = (id.filter(|id| !id.is_empty()), model) {
        let id = excerpt(id, 60);
        stated.notes.push(format!("its neuronpedia_id '{id}' is ignored: it must be MODEL/SOURCE, each of {NAME}"));
    }
    if let Some(loading) = whole.object("model_from_pretrained_kwargs")? {
        stated.notes.extend(processing(loading));
        stated.folds_norms = loading.flag("fold_ln")?.unwrap_or(false);
    }
    if let Some(key) = config.object.keys().find(|key| *key != "metadata" && !is_known(key)) {
        return Err(Problem::new(
            config.file,
            format_args!("holds the key {}, which is not known: {}", excerpt(key, 60), shown(&config.object[key])),
            "it may change what the dictionary computes; if it only describes the dictionary, take it out or move it into metadata",
        ));
    }
    expect_no_slip(whole, metadata)?;
    stated.notes.extend(positions(whole)?);
    let unknown = metadata.into_iter().flat_map(|fields| fields.object.keys()).filter(|key| !is_known(key));
    stated.notes.extend(unknown.map(|key| format!("its metadata says {}, which is not known", excerpt(key, 60))));
    // Before version 6, SAELens took a missing key for true.
    stated.bos = whole.flag("prepend_bos")?.or_else(|| metadata.is_none().then_some(true));
    // SAELens writes `l0` into the metadata; both names are those of its list of releases.
    stated.active = whole.number_within("l0", 0.0, f64::MAX)?;
    // What is explained may be less than nothing, and never more than all.
    stated.explained = whole.number_within("variance_explained", f64::MIN, 1.0)?;
    Ok(stated)
}

/// The note that the dictionary was trained on some positions of each text, if it was: `seqpos_slice`, a slice as Python has it.
fn positions(whole: Fields<'_>) -> Result<Option<String>> {
    let Some(value) = whole.object.get("seqpos_slice").filter(|value| !value.is_null()) else { return Ok(None) };
    let Some(parts) = value.as_array().filter(|parts| parts.iter().all(|part| part.is_null() || part.is_i64())) else {
        return Err(whole.wrong("seqpos_slice", "a list of whole numbers and nulls"));
    };
    // With one number it is the end, as in Python.
    let (start, end, step) = match &parts[..] {
        [] => (None, None, None),
        [end] => (None, end.as_i64(), None),
        [start, end] => (start.as_i64(), end.as_i64(), None),
        [start, end, step, ..] => (start.as_i64(), end.as_i64(), step.as_i64()),
    };
    let is_all = start.unwrap_or(0) == 0 && end.is_none() && step.unwrap_or(1) == 1;
    Ok((!is_all)
        .then(|| format!("trained on some positions of each text (seqpos_slice {}); here it reads all of them", shown(value))))
}

fn check_records(fields: Fields<'_>) -> Result<()> {
    for (kind, is_one, names) in RECORDS {
        for name in names.split_whitespace() {
            // A sweep of the first versions wrote the list of all values that it tried.
            let are_some = |all: &Vec<Value>| !all.is_empty() && all.iter().all(is_one);
            let fits = |value: &Value| is_one(value) || value.is_null() || value.as_array().is_some_and(are_some);
            if fields.object.get(name).is_some_and(|value| !fits(value)) {
                return Err(fields.wrong(name, format_args!("{kind}, as SAELens writes it")));
            }
        }
    }
    Ok(())
}

/// Fails unless the dictionary was trained on the place in the model that it is used for. All places are equally wide, so
/// nothing else would notice.
fn check_place(fields: Fields<'_>, submodule: Submodule) -> Result<()> {
    let layer = submodule.layer.0;
    let mut allowed = match submodule.kind {
        SubmoduleKind::Embedding => vec![("blocks.0.hook_resid_pre".to_owned(), 0), ("hook_embed".to_owned(), 0)],
        SubmoduleKind::Heads => vec![(format!("blocks.{layer}.attn.hook_z"), layer)],
        // TransformerLens has no hooks there.
        SubmoduleKind::AttentionBeforeNorm | SubmoduleKind::MlpBeforeNorm => Vec::new(),
        SubmoduleKind::Attention => vec![(format!("blocks.{layer}.hook_attn_out"), layer)],
        SubmoduleKind::Mlp => vec![(format!("blocks.{layer}.hook_mlp_out"), layer)],
        // The same stream under two names.
        SubmoduleKind::Residual => {
            vec![(format!("blocks.{layer}.hook_resid_post"), layer), (format!("blocks.{}.hook_resid_pre", layer + 1), layer + 1)]
        }
    };
    let expected: Vec<String> = allowed.iter().map(|(name, _)| name.clone()).collect();
    let elsewhere = |said: &dyn std::fmt::Display| {
        Problem::new(
            fields.file,
            format_args!("was trained on {said}, but is used for {submodule}"),
            format_args!(
                "expected {}: put the folder under the name of its own place, or under one that is no place's",
                expected.join(" or ")
            ),
        )
    };
    // A transcoder stands for the submodule that it writes.
    let transcodes = fields.object.get("hook_name_out").is_some_and(|out| !out.is_null());
    let keys: &[&str] = if transcodes { &["hook_name_out"] } else { &["hook_name", "hook_point"] };
    for key in keys {
        if let Some(value) = fields.object.get(*key) {
            allowed.retain(|(name, _)| value.as_str() == Some(name));
            if allowed.is_empty() {
                let read = fields.object.get("hook_name").filter(|_| transcodes).map(|read| format!("{} to write ", shown(read)));
                return Err(elsewhere(&format_args!("{}{}", read.unwrap_or_default(), shown(value))));
            }
        }
    }
    if keys.iter().all(|key| !fields.object.contains_key(*key)) {
        // A layer alone is that of the submodule.
        allowed.truncate(1);
    }
    for key in ["hook_layer", "hook_point_layer"] {
        if let Some(value) = fields.object.get(key).filter(|value| !value.is_null()) {
            let said = value.as_u64().ok_or_else(|| fields.wrong(key, "the number of a layer"))?;
            if allowed.iter().all(|(_, layer)| *layer as u64 != said) {
                return Err(elsewhere(&format_args!("{key} {said}")));
            }
        }
    }
    Ok(())
}

/// One note for each argument with which the model was loaded that changes its activations. Those of the study are always those of
/// the model as its file has it, and the dictionary's frame follows the one argument that is followed.
fn processing(loading: Fields<'_>) -> Vec<String> {
    let changes =
        |(key, value): &(&String, &Value)| !is_among(key, LOADING) && !matches!(value, Value::Null | Value::Bool(false));
    let note = |(key, value): (&String, &Value)| {
        // This one is exact and cheap to follow: see `super::arithmetic::Frame`.
        if key == "center_writing_weights" {
            return "trained on centred activations (center_writing_weights); it reads each without its mean here, too"
                .to_owned();
        }
        format!(
            "trained on a model loaded with {} {}; the study's activations are those without it",
            excerpt(key, 60),
            shown(value)
        )
    };
    loading.object.iter().filter(changes).map(note).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::dictionary::saelens_keys::whole;
    use crate::engine::dictionary::saelens_rule;
    use crate::engine::json::object;

    fn checked(text: &str) -> Result<Stated> {
        let config = object(text.as_bytes()).unwrap();
        let fields = |object| Fields { object, file: "cfg.json" };
        let whole = whole(fields(&config))?;
        check(fields(&config), fields(&whole), Some("resid_1".parse().unwrap()), &[8, 32])
    }

    #[test]
    fn every_key_is_known_or_refused_by_name_and_value() {
        for (text, says) in [
            (r#"{"threshold_scale": 2}"#, "holds the key threshold_scale, which is not known: 2"),
            (r#"{"d_in": "8"}"#, "d_in is \"8\"; it must be a whole number"),
            (r#"{"d_sae": 32.0}"#, "d_sae is 32.0; it must be a whole number"),
            (r#"{"d_sae": 64}"#, "says d_sae 64, but W_enc has 32"),
            (r#"{"dtype": "x"}"#, "dtype is \"x\"; it must be a type of numbers"),
            (r#"{"dtype": []}"#, "dtype is []; it must be a type of numbers"),
            (r#"{"context_size": -1}"#, "context_size is -1; it must be a whole number from 1"),
            (r#"{"l1_coefficient": []}"#, "l1_coefficient is []; it must be a number of at least 0"),
            (r#"{"lr": -1}"#, "lr is -1; it must be a number of at least 0"),
            (r#"{"lr": [0.1, -1]}"#, "lr is [0.1,-1]; it must be a number of at least 0"),
            (r#"{"lr": "fast"}"#, "lr is \"fast\"; it must be a number"),
            (r#"{"device": 3}"#, "device is 3; it must be text"),
            (r#"{"verbose": "no"}"#, "verbose is \"no\"; it must be true or false"),
            (r#"{"prepend_bos": 1}"#, "prepend_bos is 1; it must be true or false"),
            (r#"{"metadata": 5}"#, "metadata is 5; it must be an object"),
            (r#"{"metadata": {"hook_head_index": 3}}"#, "hook_head_index is 3"),
            (r#"{"hook_layer": 2}"#, "hook_layer 2, but is used for resid_1"),
            (r#"{"metadata": {"prepend_bosx": true}}"#, "prepend_bosx true in its metadata, which is not known: prepend_bos is"),
            (r#"{"metadata": {"model_from_pretrained_kwargsx": {}}}"#, "which is not known: model_from_pretrained_kwargs is"),
            (
                r#"{"metadata": {"model_from_pretrained_kwargs": {"center_writting_weights": true}}}"#,
                "center_writting_weights true in model_from_pretrained_kwargs, which is not known: center_writing_weights is",
            ),
            (r#"{"metadata": {"seqpos_slice": "first"}}"#, "seqpos_slice is \"first\""),
            (r#"{"hook_layer": "1"}"#, "hook_layer is \"1\""),
            (r#"{"hook_name": "blocks.2.hook_resid_pre", "hook_layer": 1}"#, "hook_layer 1, but"),
            (r#"{"hook_name": "blocks.1.hook_resid_post", "metadata": {"hook_name": "blocks.0.hook_mlp_out"}}"#, "hook_mlp_out"),
            (r#"{"model_name": 7}"#, "model_name is 7"),
            (
                r#"{"prepend_bos": true, "metadata": {"prepend_bos": false}}"#,
                "prepend_bos true at the top level, but false in metadata",
            ),
            (
                r#"{"model_name": "gpt2", "metadata": {"model_name": "pythia-70m"}}"#,
                "model_name \"gpt2\" at the top level, but \"pyth",
            ),
            (r#"{"hook_layer": 1, "metadata": {"hook_layer": 2}}"#, "hook_layer 1 at the top level, but 2 in metadata"),
            (r#"{"d_in": 8, "metadata": {"d_in": 9}}"#, "d_in 8 at the top level, but 9 in metadata"),
            (
                r#"{"neuronpedia_id": "m/1-res-sm", "metadata": {"neuronpedia_id": "m/1-mlp-sm"}}"#,
                "but \"m/1-mlp-sm\" in metadata",
            ),
            (
                r#"{"model_from_pretrained_kwargs": {"center_writing_weights": true},
                    "metadata": {"model_from_pretrained_kwargs": {"center_writing_weights": false}}}"#,
                "model_from_pretrained_kwargs.center_writing_weights true at the top level, but false in metadata",
            ),
            (
                r#"{"normalize_activations": "none", "metadata": {"normalize_activations": "layer_norm"}}"#,
                "but \"layer_norm\" in",
            ),
            (r#"{"hook_name": "blocks.1.hook_resid_post", "hook_point": "blocks.0.hook_mlp_out"}"#, "but hook_point \"blocks.0"),
            (
                r#"{"activation_fn": "relu", "activation_fn_str": "topk"}"#,
                "activation_fn \"relu\", but activation_fn_str \"topk\"",
            ),
        ] {
            let said = checked(text).unwrap_err().to_string();
            assert!(said.starts_with("cfg.json: ") && said.contains(says), "{text}: {said}");
        }
    }

    /// Metadata that says other arithmetic than the top level, whose missing keys have meanings, too.
    #[test]
    fn arithmetic_in_metadata_is_that_of_the_top_level_or_refused() {
        let read = |text: &str| {
            let config = object(text.as_bytes()).unwrap();
            let fields = |object| Fields { object, file: "cfg.json" };
            saelens_rule::read(fields(&config), fields(&whole(fields(&config))?))
        };
        for (metadata, key) in [
            (r#"{"normalize_activations": "layer_norm"}"#, "normalize_activations"),
            (r#"{"apply_b_dec_to_input": false}"#, "apply_b_dec_to_input"),
            (r#"{"architecture": "topk"}"#, "architecture"),
            (r#"{"architecture": "topk", "k": 3}"#, "architecture"),
            (r#"{"activation_fn": "topk", "activation_fn_kwargs": {"k": 3}}"#, "activation_fn"),
            (r#"{"k": 3}"#, "k"),
            (r#"{"rescale_acts_by_decoder_norm": true}"#, "rescale_acts_by_decoder_norm"),
            (r#"{"norm_scaling_factor": 2}"#, "norm_scaling_factor"),
        ] {
            let said = read(&format!(r#"{{"metadata": {metadata}}}"#)).unwrap_err().to_string();
            assert!(
                said.starts_with(&format!("cfg.json: says {key} ")) && said.contains("in its metadata"),
                "{metadata}: {said}"
            );
        }
        for text in [
            r#"{"metadata": {"architecture": "standard", "normalize_activations": "none", "apply_b_dec_to_input": true}}"#,
            r#"{"normalize_activations": false, "metadata": {"normalize_activations": "none", "k": null}}"#,
            r#"{"architecture": "topk", "k": 3, "metadata": {"architecture": "topk", "k": 3, "activation_fn_kwargs": {"k": 3}}}"#,
        ] {
            assert!(read(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn what_changes_no_arithmetic_is_said() {
        for (text, notes) in [
            (r#"{"prepend_bos": false}"#, &[][..]),
            (r#"{"metadata": {}}"#, &[]),
            (r#"{"metadata": {"mood": "good"}}"#, &["metadata says mood"]),
            (r#"{"metadata": {"seqpos_slice": [null]}}"#, &[]),
            (r#"{"metadata": {"seqpos_slice": [null, null, null]}}"#, &[]),
            (r#"{"metadata": {"seqpos_slice": [1, null]}}"#, &["some positions of each text (seqpos_slice [1,null])"]),
            (r#"{"metadata": {"metadata": {"prepend_bos": true}}}"#, &["metadata says metadata"]),
            (r#"{"seed": 1, "prepend_bos": false, "metadata": {"seed": 2, "prepend_bos": false}}"#, &[]),
            (
                r#"{"metadata": {"model_from_pretrained_kwargs": {"center_writing_weights": true, "fold_ln": true, "n_devices": 2}}}"#,
                &["without its mean", "fold_ln true"],
            ),
            (r#"{"prepend_bos": false, "model_from_pretrained_kwargs": {"center_writing_weights": false}}"#, &[]),
            (r#"{"prepend_bos": false, "lr": [0.1, 0.2], "hook_name": "blocks.2.hook_resid_pre", "hook_layer": 2}"#, &[]),
        ] {
            let said = checked(text).unwrap().notes;
            assert_eq!(said.len(), notes.len(), "{text}: {said:?}");
            assert!(said.iter().zip(notes).all(|(said, note)| said.contains(note)), "{text}: {said:?}");
        }
        // SAELens before 6 took a missing key for true; SAELens 6 does not say.
        for (text, bos) in [
            (r#"{"prepend_bos": false}"#, Some(false)),
            (r#"{"metadata": {"prepend_bos": true}}"#, Some(true)),
            ("{}", Some(true)),
            (r#"{"metadata": {}}"#, None),
        ] {
            assert_eq!(checked(text).unwrap().bos, bos, "{text}");
        }
        for (id, model, source) in [("m", Some("m"), None), ("m/1-res-sm", Some("m"), Some("m/1-res-sm")), ("", None, None)] {
            let stated = checked(&format!(r#"{{"neuronpedia_id": "{id}"}}"#)).unwrap();
            assert_eq!((stated.neuronpedia_model.as_deref(), stated.neuronpedia.as_deref()), (model, source));
            assert!(!stated.notes.iter().any(|note| note.contains("neuronpedia_id")), "{:?}", stated.notes);
        }
        for id in
            [format!("m/1-res-sm{}", "x".repeat(100_000)), "../../evil.com/0-res-sm?x=1#y".to_owned(), "m/1\\u001b".to_owned()]
        {
            let stated = checked(&format!(r#"{{"neuronpedia_id": "{id}"}}"#)).unwrap();
            assert_eq!((stated.neuronpedia_model.as_deref(), stated.neuronpedia.as_deref()), (None, None));
            let note = stated.notes.iter().find(|note| note.contains("' is ignored: it must be MODEL/SOURCE")).unwrap();
            assert!(note.len() < 250, "{note}");
        }
        let stated = checked(r#"{"model_name": "org/m", "neuronpedia_id": "m/1-res-sm"}"#).unwrap();
        assert_eq!((stated.model.as_deref(), stated.neuronpedia_model.as_deref()), (Some("org/m"), Some("m")));
    }
}
