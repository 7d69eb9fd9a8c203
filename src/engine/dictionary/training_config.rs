//! The `config.json` that dictionary_learning's `training.py` writes beside `ae.pt`: what it says of the dictionary's class, size
//! and place is compared. Other keys are settings of the training, which change nothing, but those that are known must be of their types: a
//! value of another one means that the file is not what it seems.

use serde_json::{Map, Value};

use super::Stated;
use super::place::Place;
use crate::core::problem::{Problem, Result};
use crate::core::submodule::{Submodule, SubmoduleKind};
use crate::core::text::excerpt;
use crate::engine::hash::sha256_hex;
use crate::engine::json::{Fields, Typed, object};

/// Settings of the training, in the trainer's part and in the buffer's.
const RECORDS: [Typed; 3] = [
    (
        "a number",
        Value::is_number,
        "lr l1_penalty warmup_steps resample_steps sparsity_warmup_steps steps decay_start seed auxk_alpha threshold_beta \
         threshold_start_step top_k_aux bandwidth sparsity_penalty target_l0 n_ctxs ctx_len refresh_batch_size out_batch_size",
    ),
    ("text", Value::is_string, "trainer_class dict_class wandb_name device lm_name submodule_name"),
    (
        "a list of numbers",
        |value| value.as_array().is_some_and(|numbers| numbers.iter().all(Value::is_number)),
        "group_fractions group_weights group_sizes",
    ),
];

/// A configuration that was read.
pub struct TrainingConfig<'a> {
    text: &'a [u8],
    file: &'a str,
    object: Map<String, Value>,
}

impl<'a> TrainingConfig<'a> {
    /// Reads `text`, the file called `file`.
    pub fn read(text: &'a [u8], file: &'a str) -> Result<Self> {
        let object = object(text).map_err(|what| {
            Problem::new(file, what, "use the config.json that dictionary_learning wrote, or take it away from beside ae.pt")
        })?;
        let read = Self { text, file, object };
        let fields = Fields { object: &read.object, file };
        let (trainer, buffer) = (read.trainer()?, fields.object("buffer")?);
        let knows = |key: &String| RECORDS.iter().any(|(.., names)| names.split_whitespace().any(|name| name == key));
        let is_one = |key: &String| {
            knows(key) || ["trainer", "buffer", "activation_dim", "dict_size", "k", "layer"].contains(&key.as_str())
        };
        if !read.object.is_empty() && !read.object.keys().any(is_one) {
            let keys: Vec<&str> = read.object.keys().map(String::as_str).collect();
            return Err(Problem::new(
                file,
                format_args!("holds none of the keys of dictionary_learning, but {}", excerpt(&keys.join(", "), 80)),
                "use the config.json that dictionary_learning wrote, or take it away from beside ae.pt",
            ));
        }
        [Some(trainer), buffer].into_iter().flatten().try_for_each(|fields| fields.expect_types(&RECORDS))?;
        Ok(read)
    }

    /// The settings of the trainer.
    fn trainer(&self) -> Result<Fields<'_>> {
        let config = Fields { object: &self.object, file: self.file };
        Ok(config.object("trainer")?.unwrap_or(config))
    }

    /// The name of the class.
    pub fn class(&self) -> Result<Option<&str>> {
        self.trainer()?.text_or_null("dict_class")
    }

    /// The number of active features that a TopK dictionary was trained for.
    pub fn k(&self) -> Result<Option<usize>> {
        self.trainer()?.count("k", usize::MAX)
    }

    /// The place whose output was encoded.
    pub fn place(&self) -> Result<Place> {
        let trainer = self.trainer()?;
        let name = trainer.text_or_null("submodule_name")?.unwrap_or_default();
        let kinds = named(name);
        let layer = match trainer.object.get("layer").and_then(Value::as_u64).or_else(|| layer_in(name)) {
            Some(layer) => usize::try_from(layer).ok(),
            None => None,
        };
        Ok(match (&kinds[..], layer) {
            _ if is_inside(name) => Place::Unknown(name.to_owned()),
            ([SubmoduleKind::Embedding], _) => Place::Start,
            ([SubmoduleKind::Residual], Some(0)) if name.contains("resid_pre") => Place::Start,
            ([SubmoduleKind::Residual], Some(layer)) if name.contains("resid_pre") => {
                Place::output(SubmoduleKind::Residual, layer - 1)
            }
            ([kind], Some(layer)) => Place::output(*kind, layer),
            _ => Place::Unknown(name.to_owned()),
        })
    }

    /// Checks it for a dictionary whose encoder has the shape `[width, features]`, and that is used for `submodule`, if that is asked.
    ///
    /// # Errors
    /// When it says that the dictionary is of another size or place.
    pub fn check(&self, submodule: Option<Submodule>, encoder: &[usize]) -> Result<Stated> {
        check(self, submodule, encoder)
    }
}

fn check(config: &TrainingConfig<'_>, submodule: Option<Submodule>, encoder: &[usize]) -> Result<Stated> {
    let (trainer, file) = (config.trainer()?, config.file);
    let TrainingConfig { text, .. } = *config;
    let config = Fields { object: &config.object, file };
    let mut stated = Stated { config_sha256: Some(sha256_hex(text)), ..Stated::default() };
    let buffer = config.object("buffer")?;
    let sizes = [(Some(trainer), "activation_dim", 0), (Some(trainer), "dict_size", 1), (buffer, "d_submodule", 0)];
    for (fields, key, position) in sizes {
        let said = fields.map(|fields| fields.count(key, usize::MAX)).transpose()?.flatten();
        if let (Some(said), Some(size)) = (said, encoder.get(position))
            && said != *size
        {
            return Err(Problem::new(
                file,
                format_args!("says {key} {said}, but encoder.weight has {size}"),
                "configuration and weights belong to different dictionaries: fetch both again",
            ));
        }
    }
    // The groups of a Matryoshka dictionary are all of its features.
    let sum = |key: &str| {
        let numbers = trainer.object.get(key).and_then(Value::as_array);
        numbers.map(|numbers| numbers.iter().filter_map(Value::as_f64).sum::<f64>())
    };
    for (key, all) in [("group_sizes", encoder.get(1).map(|features| *features as f64)), ("group_fractions", Some(1.0))] {
        if let (Some(sum), Some(all)) = (sum(key), all)
            && (sum - all).abs() > 1e-3 * all
        {
            return Err(Problem::new(
                file,
                format_args!("{key} sum to {sum}, not to {all}"),
                "configuration and weights belong to different dictionaries: fetch both again",
            ));
        }
    }
    if let Some(io) = buffer.map(|buffer| buffer.text_or_null("io")).transpose()?.flatten().filter(|io| *io != "out") {
        return Err(Problem::new(
            file,
            format_args!("was trained on what the submodule reads or on both sides: io is \"{}\"", excerpt(io, 60)),
            "supported: \"out\"",
        ));
    }
    if let Some(submodule) = submodule {
        stated.notes.extend(check_place(trainer, submodule)?);
    }
    stated.model = trainer.text_or_null("lm_name")?.map(str::to_owned);
    Ok(stated)
}

/// Fails if the layer or the submodule's name says another place; the note if the name says none. Names are free text there, such as
/// `resid_post_layer_4` or `mlp_out_layer1`.
fn check_place(trainer: Fields<'_>, submodule: Submodule) -> Result<Option<String>> {
    let elsewhere = |said: &str| {
        Problem::new(
            trainer.file,
            format_args!("was trained on {}, but is used for {submodule}", excerpt(said, 80)),
            "put the folder under the name of its own place",
        )
    };
    let name = trainer.text_or_null("submodule_name")?;
    if submodule == Submodule::EMBEDDING {
        // Layers have no part in it, except where the stream is called what enters layer 0.
        let fits =
            |name: &str| name.contains("embed") || name.contains("resid_pre") && layer_in(name).is_none_or(|layer| layer == 0);
        return name.filter(|name| !name.is_empty() && !fits(name)).map_or(Ok(None), |name| Err(elsewhere(name)));
    }
    // What enters a layer is what the layer before it put out.
    let enters = name.is_some_and(|name| name.contains("resid_pre"));
    let layer = submodule.layer.0 as u64 + u64::from(enters);
    if let Some(value) = trainer.object.get("layer").filter(|value| !value.is_null()) {
        let said = value.as_u64().ok_or_else(|| trainer.wrong("layer", "the number of a layer"))?;
        if said != layer {
            return Err(elsewhere(&format!("layer {said}")));
        }
    }
    let Some(name) = name.filter(|name| !name.is_empty()) else { return Ok(None) };
    let said_layer = layer_in(name);
    let kinds = named(name);
    let other_kind = !kinds.is_empty() && !kinds.contains(&submodule.kind);
    if other_kind || is_inside(name) || said_layer.is_some_and(|said| said != layer) {
        return Err(elsewhere(name));
    }
    Ok(kinds.is_empty().then(|| format!("its config.json calls its place '{}', which is not known", excerpt(name, 60))))
}

/// The kinds of submodule that `name` may mean.
fn named(name: &str) -> Vec<SubmoduleKind> {
    let words = [
        (SubmoduleKind::Attention, "att"),
        (SubmoduleKind::Mlp, "mlp"),
        (SubmoduleKind::Residual, "res"),
        (SubmoduleKind::Embedding, "embed"),
    ];
    words.into_iter().filter(|(_, word)| name.contains(word)).map(|(kind, _)| kind).collect()
}

/// Whether the name is of a place inside a layer, which is no submodule's output.
fn is_inside(name: &str) -> bool {
    ["resid_mid", "_in_", "hook_z"].iter().any(|part| name.contains(part))
}

/// The number after `layer` or `layers`, as in `mlp_out_layer1`, else the first part of a path that is a number, as in `h.1.mlp`.
fn layer_in(name: &str) -> Option<u64> {
    let after_word = name.split_once("layer").and_then(|(_, rest)| {
        let digits = rest.trim_start_matches('s').trim_start_matches(['_', '.', ' ']);
        digits.get(..digits.bytes().take_while(u8::is_ascii_digit).count())?.parse().ok()
    });
    after_word.or_else(|| name.split('.').find_map(|part| part.parse().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(text: &str, submodule: &str) -> Result<Stated> {
        TrainingConfig::read(text.as_bytes(), "config.json")?.check(Some(submodule.parse().unwrap()), &[8, 32])
    }

    #[test]
    fn another_class_size_or_place_is_refused() {
        for (text, submodule, says) in [
            (r#"{"trainer": {"dict_size": 64}}"#, "mlp_1", "dict_size 64, but encoder.weight has 32"),
            (r#"{"trainer": {"activation_dim": "8"}}"#, "mlp_1", "activation_dim is \"8\""),
            (r#"{"trainer": {}, "buffer": {"d_submodule": 9}}"#, "mlp_1", "d_submodule 9"),
            (r#"{"trainer": {}, "buffer": {"io": "in"}}"#, "mlp_1", "io is \"in\""),
            (r#"{"trainer": {"layer": 4}}"#, "mlp_1", "trained on layer 4, but is used for mlp_1"),
            (r#"{"trainer": {"layer": "1"}}"#, "mlp_1", "layer is \"1\""),
            (r#"{"trainer": {"submodule_name": "resid_post_layer_1"}}"#, "mlp_1", "resid_post_layer_1"),
            (r#"{"trainer": {"submodule_name": "mlp_out_layer4"}}"#, "mlp_1", "mlp_out_layer4"),
            (r#"{"trainer": {"submodule_name": "gpt_neox.layers.3.mlp"}}"#, "mlp_1", "gpt_neox.layers.3.mlp"),
            (r#"{"trainer": {"submodule_name": "gpt_neox.layers.1.mlp"}}"#, "attn_1", "gpt_neox.layers.1.mlp"),
            (r#"{"trainer": {"submodule_name": "gpt.h.3"}}"#, "resid_1", "gpt.h.3"),
            (r#"{"trainer": {"submodule_name": "mlp_out_layer1"}}"#, "attn_1", "mlp_out_layer1"),
            (r#"{"trainer": {"submodule_name": "resid_pre", "layer": 1}}"#, "resid_1", "layer 1"),
            (r#"{"trainer": {"lr": "x"}}"#, "mlp_1", "lr is \"x\""),
            (r#"{"trainer": {"wandb_name": 3}}"#, "mlp_1", "wandb_name is 3"),
            (r#"{"trainer": {}, "buffer": {"n_ctxs": []}}"#, "mlp_1", "n_ctxs is []"),
            (r#"{"trainer": {"group_sizes": [1, 2]}}"#, "mlp_1", "group_sizes sum to 3, not to 32"),
            (r#"{"trainer": {"group_fractions": [7]}}"#, "mlp_1", "group_fractions sum to 7, not to 1"),
            (r#"{"error": "Repository not found"}"#, "mlp_1", "none of the keys of dictionary_learning, but error"),
            (r#"{"trainer": []}"#, "mlp_1", "trainer is []"),
            ("[1]", "mlp_1", "is an array"),
        ] {
            let said = checked(text, submodule).unwrap_err().to_string();
            assert!(said.contains(says), "{text}: {said}");
        }
    }

    #[test]
    fn the_same_place_in_its_many_names_is_accepted() {
        for (name, layer, submodule) in [
            ("resid_post_layer_1", 1, "resid_1"),
            ("resid_pre", 2, "resid_1"),
            ("resid_post", 1, "resid_1"),
            ("mlp_out_layer1", 1, "mlp_1"),
            ("gpt_neox.layers.1.mlp", 1, "mlp_1"),
            ("gpt_neox.layers.1.attention", 1, "attn_1"),
            ("attention_out_layer_1", 1, "attn_1"),
        ] {
            let text = format!(r#"{{"trainer": {{"layer": {layer}, "submodule_name": "{name}", "lm_name": "org/m"}}}}"#);
            let stated = checked(&text, submodule).unwrap_or_else(|problem| panic!("{name}: {problem}"));
            assert_eq!((stated.model.as_deref(), stated.notes.len()), (Some("org/m"), 0), "{name}");
        }
        let unknown = checked(r#"{"trainer": {"submodule_name": "gpt.h.1"}}"#, "mlp_1").unwrap();
        assert!(unknown.notes[0].contains("gpt.h.1"));
    }
}
