//! The `config.json` that dictionary_learning's `training.py` writes beside `ae.pt`: what it says of the dictionary's class, size
//! and place is compared. Other keys are settings of the training, which change nothing, but they must be known and of their types: what
//! is not may mean that the file is not what it seems.

use serde_json::{Map, Value};

use super::Stated;
use super::levels::{equal, merged};
use super::place::Place;
use super::stated::is_same_model;
use crate::core::problem::{Problem, Result};
use crate::core::submodule::{Submodule, SubmoduleKind};
use crate::core::text::excerpt;
use crate::engine::hash::sha256_hex;
use crate::engine::json::{Fields, Typed, object};

/// Settings of the training, in the trainer's part and in the buffer's.
const RECORDS: [Typed; 4] = [
    (
        "a number",
        Value::is_number,
        "lr l1_penalty warmup_steps resample_steps sparsity_warmup_steps steps decay_start seed auxk_alpha threshold_beta \
         threshold_start_step top_k_aux bandwidth sparsity_penalty target_l0 n_ctxs ctx_len refresh_batch_size out_batch_size \
         anneal_start anneal_end p_start p_end sparsity_queue_length norm_factor",
    ),
    ("a number, or text", |value| value.is_number() || value.is_string(), "n_sparsity_updates"),
    ("text", Value::is_string, "trainer_class dict_class wandb_name device lm_name submodule_name sparsity_function"),
    (
        "a list of numbers",
        |value| value.as_array().is_some_and(|numbers| numbers.iter().all(Value::is_number)),
        "group_fractions group_weights group_sizes",
    ),
];

/// Keys that say what the dictionary is. They belong to the trainer's part, and are read wherever they stand.
const READ: [&str; 12] = [
    "activation_dim",
    "d_submodule",
    "dict_class",
    "dict_size",
    "group_fractions",
    "group_sizes",
    "io",
    "k",
    "layer",
    "lm_name",
    "submodule_name",
    "trainer_class",
];

/// The class of dictionaries that each of dictionary_learning's trainers makes (`trainers/`); `StandardTrainerAprilUpdate` has made two.
const TRAINERS: [(&str, &str); 7] = [
    ("StandardTrainer", "AutoEncoder"),
    ("PAnnealTrainer", "AutoEncoder"),
    ("GatedSAETrainer", "GatedAutoEncoder"),
    ("JumpReluTrainer", "JumpReluAutoEncoder"),
    ("TopKTrainer", "AutoEncoderTopK"),
    ("BatchTopKTrainer", "BatchTopKSAE"),
    ("MatryoshkaBatchTopKTrainer", "MatryoshkaBatchTopKSAE"),
];

/// A configuration that was read.
pub struct TrainingConfig<'a> {
    text: &'a [u8],
    file: &'a str,
    /// What its levels say together.
    whole: Map<String, Value>,
}

impl<'a> TrainingConfig<'a> {
    /// Reads `text`, the file called `file`.
    pub fn read(text: &'a [u8], file: &'a str) -> Result<Self> {
        let object = object(text).map_err(|what| {
            let remedy = "use the config.json that dictionary_learning wrote, or take it away from beside ae.pt";
            Problem::new(file, &what, what.remedy(remedy))
        })?;
        let fields = Fields { object: &object, file };
        let parts = [("trainer", "in trainer"), ("buffer", "in buffer")];
        let knows = |key: &String| RECORDS.iter().any(|(.., names)| names.split_whitespace().any(|name| name == key));
        let is_one = |key: &String| knows(key) || READ.contains(&key.as_str()) || parts.iter().any(|(part, _)| part == key);
        if !object.is_empty() && !object.keys().any(is_one) {
            let keys: Vec<&str> = object.keys().map(String::as_str).collect();
            return Err(Problem::new(
                file,
                format_args!("holds none of the keys of dictionary_learning, but {}", excerpt(&keys.join(", "), 80)),
                "use the config.json that dictionary_learning wrote, or take it away from beside ae.pt",
            ));
        }
        let mut levels = vec![("at the top level", fields)];
        for (part, place) in parts {
            levels.extend(fields.object(part)?.map(|fields| (place, fields)));
        }
        let accepted = RECORDS.map(|(.., names)| names).join(" ") + " trainer buffer " + &READ.join(" ");
        levels.iter().try_for_each(|(_, fields)| fields.expect_types(&RECORDS).and_then(|()| fields.expect_keys(&accepted)))?;
        let mut whole = merged(&levels, &agree)?;
        parts.iter().for_each(|(part, _)| drop(whole.remove(*part)));
        Ok(Self { text, file, whole })
    }

    /// What all levels say.
    fn fields(&self) -> Fields<'_> {
        Fields { object: &self.whole, file: self.file }
    }

    /// The name of the class.
    ///
    /// # Errors
    /// When it is no text: each trainer knows its class.
    pub fn class(&self) -> Result<Option<&str>> {
        match self.fields().object.get("dict_class") {
            Some(Value::Null) => Err(self.fields().wrong("dict_class", "the name of a class")),
            _ => self.fields().text_or_null("dict_class"),
        }
    }

    /// Fails if the trainer makes dictionaries of another class than `class`, or a k stands beside a class that has none.
    pub fn expect_class(&self, class: &str) -> Result<()> {
        let refused = |what: String| {
            Problem::new(self.file, what, "configuration and weights belong to different dictionaries: fetch both again")
        };
        let trainer = self.fields().text_or_null("trainer_class")?;
        let made = trainer.and_then(|trainer| TRAINERS.iter().find(|(name, _)| *name == trainer));
        if let Some((trainer, made)) = made.filter(|(_, made)| *made != class) {
            return Err(refused(format!(
                "trainer_class is \"{trainer}\", which makes {made}, but the dictionary is of class {class}"
            )));
        }
        match self.k()? {
            Some(k) if !class.contains("TopK") => {
                Err(refused(format!("says k {k}, but the dictionary is of class {class}, which has none")))
            }
            _ => Ok(()),
        }
    }

    /// The number of active features that a TopK dictionary was trained for.
    pub fn k(&self) -> Result<Option<usize>> {
        self.fields().count("k", usize::MAX)
    }

    /// The place whose output was encoded.
    pub fn place(&self) -> Result<Place> {
        let fields = self.fields();
        let name = fields.text_or_null("submodule_name")?.unwrap_or_default();
        let kinds = named(name);
        let layer = match fields.object.get("layer").and_then(Value::as_u64).or_else(|| layer_in(name)) {
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
    let (fields, file) = (config.fields(), config.file);
    let mut stated = Stated { config_sha256: Some(sha256_hex(config.text)), ..Stated::default() };
    for (key, position) in [("activation_dim", 0), ("dict_size", 1), ("d_submodule", 0)] {
        let said = fields.count(key, usize::MAX)?;
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
        let numbers = fields.object.get(key).and_then(Value::as_array);
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
    if let Some(io) = fields.text_or_null("io")?.filter(|io| *io != "out") {
        return Err(Problem::new(
            file,
            format_args!("was trained on what the submodule reads or on both sides: io is \"{}\"", excerpt(io, 60)),
            "supported: \"out\"",
        ));
    }
    if let Some(submodule) = submodule {
        stated.notes.extend(check_place(fields, submodule)?);
    }
    stated.model = fields.text_or_null("lm_name")?.map(str::to_owned);
    Ok(stated)
}

/// Fails if the layer or the submodule's name says another place; the note if the name says none. Names are free text there, such as
/// `resid_post_layer_4` or `mlp_out_layer1`.
fn check_place(fields: Fields<'_>, submodule: Submodule) -> Result<Option<String>> {
    let elsewhere = |said: &str| {
        Problem::new(
            fields.file,
            format_args!("was trained on {}, but is used for {submodule}", excerpt(said, 80)),
            "put the folder under the name of its own place",
        )
    };
    let name = fields.text_or_null("submodule_name")?;
    if submodule == Submodule::EMBEDDING {
        // Layers have no part in it, except where the stream is called what enters layer 0.
        let fits =
            |name: &str| name.contains("embed") || name.contains("resid_pre") && layer_in(name).is_none_or(|layer| layer == 0);
        return name.filter(|name| !name.is_empty() && !fits(name)).map_or(Ok(None), |name| Err(elsewhere(name)));
    }
    // What enters a layer is what the layer before it put out.
    let enters = name.is_some_and(|name| name.contains("resid_pre"));
    let layer = submodule.layer.0 as u64 + u64::from(enters);
    if let Some(value) = fields.object.get("layer").filter(|value| !value.is_null()) {
        let said = value.as_u64().ok_or_else(|| fields.wrong("layer", "the number of a layer"))?;
        if said != layer {
            // What enters a layer is not of that layer's submodules.
            let entered = name.filter(|_| enters).map(|name| format!("what enters layer {said} ({})", excerpt(name, 40)));
            return Err(elsewhere(&entered.unwrap_or_else(|| format!("layer {said}"))));
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

/// Whether two values of `key` mean the same; None if nothing is read from it.
fn agree(key: &str, one: &Value, other: &Value) -> Option<bool> {
    READ.contains(&key).then(|| {
        let same = match (key, one.as_str(), other.as_str()) {
            ("lm_name", Some(one), Some(other)) => is_same_model(one, other),
            // A submodule has many names.
            ("submodule_name", Some(one), Some(other)) => {
                let said = |name| (named(name), layer_in(name), is_inside(name), name.contains("resid_pre"));
                said(one) == said(other) && !named(one).is_empty()
            }
            _ => false,
        };
        same || equal(one, other)
    })
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

/// Whether the name is of a place inside a layer, which is no submodule's output: a name with a word for what lies there, or a path to a
/// module inside a submodule.
fn is_inside(name: &str) -> bool {
    const INNER: &str = "act acts gate hidden in inner input k key layernorm ln ln1 ln2 mid middle neurons norm q query up v z";
    // The last projection of a submodule puts out what the submodule does.
    const OUTER: &str = "attention attn c_proj dense dense_4h_to_h down_proj mlp o_proj out output resid resid_post resid_pre";
    let is_among = |word: &str, words: &str| words.split_whitespace().any(|known| known == word);
    if name.contains("embed") {
        return false;
    }
    let mut parts = name.split('.');
    // A path, such as `gpt_neox.layers.1.mlp.dense_4h_to_h`, names its module after the layer.
    let is_path = parts.any(|part| part.parse::<u64>().is_ok());
    let is_outer = |part: &str| {
        let part = part.strip_prefix("self_").or_else(|| part.strip_prefix("hook_")).unwrap_or(part);
        is_among(part, OUTER) || part.strip_suffix("_out").is_some_and(|part| is_among(part, OUTER))
    };
    name.split(['.', '_', '-', ' ']).any(|word| is_among(word, INNER))
        || is_path && !named(name).is_empty() && !parts.all(is_outer)
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
            (r#"{"trainer": {"dict_size": 32, "scale": 3.0}}"#, "mlp_1", "holds the key scale, which is not known: 3.0"),
            (r#"{"trainer": {"dict_size": 32}, "scale": 3.0}"#, "mlp_1", "holds the key scale, which is not known: 3.0"),
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
            (
                r#"{"trainer": {"submodule_name": "resid_pre_layer1", "layer": 1}}"#,
                "mlp_1",
                "trained on what enters layer 1 (resid_pre_layer1), but",
            ),
            (r#"{"trainer": {"lr": "x"}}"#, "mlp_1", "lr is \"x\""),
            (r#"{"trainer": {"wandb_name": 3}}"#, "mlp_1", "wandb_name is 3"),
            (r#"{"trainer": {}, "buffer": {"n_ctxs": []}}"#, "mlp_1", "n_ctxs is []"),
            (r#"{"trainer": {"group_sizes": [1, 2]}}"#, "mlp_1", "group_sizes sum to 3, not to 32"),
            (r#"{"trainer": {"group_fractions": [7]}}"#, "mlp_1", "group_fractions sum to 7, not to 1"),
            (r#"{"error": "Repository not found"}"#, "mlp_1", "none of the keys of dictionary_learning, but error"),
            (r#"{"trainer": []}"#, "mlp_1", "trainer is []"),
            ("[1]", "mlp_1", "is an array"),
            // What stands beside the trainer's part counts, too.
            (
                r#"{"trainer": {"dict_class": "AutoEncoder"}, "buffer": {"io": "out", "layer": 4, "submodule_name": "resid_post_layer_4"}}"#,
                "mlp_1",
                "trained on layer 4",
            ),
            (r#"{"trainer": {"lr": 1}, "submodule_name": "resid_post_layer_1"}"#, "mlp_1", "resid_post_layer_1"),
            (
                r#"{"dict_class": "GatedAutoEncoder", "trainer": {"dict_class": "AutoEncoder"}}"#,
                "mlp_1",
                "dict_class \"GatedAutoEncoder\" at the top level, but \"AutoEncoder\" in trainer",
            ),
            (r#"{"layer": 2, "trainer": {"layer": 1}}"#, "mlp_1", "layer 2 at the top level, but 1 in trainer"),
            (r#"{"lm_name": "gpt2", "trainer": {"lm_name": "org/m"}}"#, "mlp_1", "lm_name \"gpt2\" at the top level"),
            (
                r#"{"trainer": {"submodule_name": "mlp_out_layer1"}, "buffer": {"submodule_name": "mlp_out_layer2"}}"#,
                "mlp_1",
                "in trainer, but \"mlp_out_layer2\" in buffer",
            ),
            (r#"{"k": 3, "trainer": {"k": 4}}"#, "mlp_1", "k 3 at the top level, but 4 in trainer"),
            (r#"{"lr": "x", "trainer": {}}"#, "mlp_1", "lr is \"x\""),
            // Places inside a layer.
            (r#"{"trainer": {"submodule_name": "gpt_neox.layers.1.mlp.dense_h_to_4h"}}"#, "mlp_1", "dense_h_to_4h"),
            (r#"{"trainer": {"submodule_name": "mlp_inner_layer1"}}"#, "mlp_1", "mlp_inner_layer1"),
            (r#"{"trainer": {"submodule_name": "mlp_in_layer1"}}"#, "mlp_1", "mlp_in_layer1"),
            (r#"{"trainer": {"submodule_name": "layers.1.post_attention_layernorm"}}"#, "attn_1", "post_attention_layernorm"),
            (r#"{"trainer": {"submodule_name": "model.layers.1.self_attn.q_proj"}}"#, "attn_1", "q_proj"),
            (r#"{"trainer": {"submodule_name": "blocks.1.hook_resid_mid"}}"#, "resid_1", "hook_resid_mid"),
            (r#"{"trainer": {"submodule_name": "blocks.1.attn.hook_z"}}"#, "attn_1", "hook_z"),
        ] {
            let said = checked(text, submodule).unwrap_err().to_string();
            assert!(said.contains(says), "{text}: {said}");
        }
    }

    #[test]
    fn a_class_that_the_trainer_does_not_make_and_a_k_beside_one_without_are_refused() {
        let config = |text: &'static str| TrainingConfig::read(text.as_bytes(), "config.json").unwrap();
        assert!(config(r#"{"trainer": {"dict_class": null}}"#).class().is_err());
        for (text, class, is_fine) in [
            (r#"{"trainer": {"trainer_class": "TopKTrainer", "k": 3}}"#, "AutoEncoderTopK", true),
            (r#"{"trainer": {"trainer_class": "TopKTrainer"}}"#, "AutoEncoder", false),
            (r#"{"trainer": {"trainer_class": "PAnnealTrainer"}}"#, "AutoEncoder", true),
            (r#"{"trainer": {"trainer_class": "MyTrainer"}}"#, "AutoEncoder", true),
            (r#"{"trainer": {"k": 3}}"#, "AutoEncoder", false),
            (r#"{"trainer": {"k": 3}}"#, "BatchTopKSAE", true),
        ] {
            assert_eq!(config(text).expect_class(class).is_ok(), is_fine, "{text} {class}");
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
            ("gpt_neox.layers.1.mlp.dense_4h_to_h", 1, "mlp_1"),
            ("model.layers.1.self_attn.o_proj", 1, "attn_1"),
            ("transformer.h.1.mlp", 1, "mlp_1"),
            ("blocks.1.hook_mlp_out", 1, "mlp_1"),
            ("blocks.2.hook_resid_pre", 2, "resid_1"),
        ] {
            let text = format!(r#"{{"trainer": {{"layer": {layer}, "submodule_name": "{name}", "lm_name": "org/m"}}}}"#);
            let stated = checked(&text, submodule).unwrap_or_else(|problem| panic!("{name}: {problem}"));
            assert_eq!((stated.model.as_deref(), stated.notes.len()), (Some("org/m"), 0), "{name}");
        }
        for text in [
            r#"{"lm_name": "m", "trainer": {"lm_name": "org/m", "submodule_name": "mlp_out_layer1"}, "submodule_name": "h.1.mlp"}"#,
            r#"{"trainer": {"activation_dim": 8, "layer": 1}, "buffer": {"d_submodule": 8, "ctx_len": 128, "device": "cpu"}, "device": "x"}"#,
        ] {
            assert!(checked(text, "mlp_1").is_ok(), "{text}: {:?}", checked(text, "mlp_1"));
        }
        let unknown = checked(r#"{"trainer": {"submodule_name": "gpt.h.1"}}"#, "mlp_1").unwrap();
        assert!(unknown.notes[0].contains("gpt.h.1"));
    }
}
