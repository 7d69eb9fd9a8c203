//! What the configurations of all families have in common: keys of one type, keys that ask for other code, and sizes.

use serde_json::{Map, Value};

use super::config::{ActivationFunction, Family};
use crate::core::problem::{Problem, Result};
use crate::core::text::excerpt;
use crate::engine::json::{DTYPE, Fields, Typed, is_at_least, is_dtype, shown};

/// Largest size that is accepted: a larger number than any model has means a damaged file, and nothing must be allocated for it.
const LARGEST_SIZE: usize = 1 << 20;

/// Keys that change nothing, with the type of their values; null is allowed for all of them. Every other key that is not read is
/// ignored, as transformers ignores it.
const HARMLESS: [Typed; 12] = [
    (
        "a number from 0 to 1",
        |value| value.as_f64().is_some_and(|share| (0.0..=1.0).contains(&share)),
        "attention_dropout hidden_dropout classifier_dropout attn_pdrop embd_pdrop resid_pdrop summary_first_dropout top_p typical_p",
    ),
    (
        "a number of at least 0",
        |value| is_at_least(value, 0.0),
        "initializer_range temperature repetition_penalty encoder_repetition_penalty diversity_penalty",
    ),
    ("a number", Value::is_number, "length_penalty"),
    (
        "a whole number of at least 0",
        Value::is_u64,
        "pretraining_tp max_window_layers num_labels max_length min_length max_new_tokens top_k num_beams num_beam_groups \
         num_return_sequences no_repeat_ngram_size encoder_no_repeat_ngram_size chunk_size_feed_forward cross_attention_hidden_size",
    ),
    (
        "true or false",
        Value::is_boolean,
        // `reorder_and_upcast_attn` changes the order of two operations for half precision, which are exact in neither order.
        "use_cache is_decoder gradient_checkpointing summary_proj_to_labels summary_use_proj reorder_and_upcast_attn \
         is_encoder_decoder tie_encoder_decoder output_hidden_states output_attentions output_scores return_dict \
         return_dict_in_generate torchscript do_sample remove_invalid_values use_bfloat16 tf_legacy_loss _attn_implementation_autoset",
    ),
    (
        "text",
        Value::is_string,
        "transformers_version _name_or_path summary_type cache_implementation summary_activation problem_type finetuning_task prefix \
         tokenizer_class _attn_implementation attn_implementation",
    ),
    ("true, false, or text", |value| value.is_boolean() || value.is_string(), "early_stopping"),
    ("an object", Value::is_object, "task_specific_params"),
    ("an object of texts", |value| value.as_object().is_some_and(|names| names.values().all(Value::is_string)), "id2label"),
    (
        "an object of whole numbers",
        |value| value.as_object().is_some_and(|numbers| numbers.values().all(Value::is_u64)),
        "label2id",
    ),
    (DTYPE, is_dtype, "torch_dtype dtype"),
    (
        "the number of a token, or several",
        |value| value.is_u64() || value.as_array().is_some_and(|ids| ids.iter().all(Value::is_u64)),
        "bos_token_id eos_token_id pad_token_id sep_token_id decoder_start_token_id forced_bos_token_id forced_eos_token_id \
         suppress_tokens begin_suppress_tokens",
    ),
];

/// Keys that ask for other arithmetic or other code unless they are null or empty.
const FOREIGN: [&str; 4] = ["quantization_config", "pruned_heads", "auto_map", "adapters"];

/// The configuration of a model of a known family.
#[derive(Clone, Copy)]
pub struct Keys<'a> {
    /// The keys and values.
    pub fields: Fields<'a>,
    /// The family that the file names.
    pub family: Family,
}

/// Keys under which the families keep the number that norms add to a variance or mean square.
const EPSILONS: [&str; 3] = ["layer_norm_eps", "layer_norm_epsilon", "rms_norm_eps"];

/// Keys under which the families keep their activation function.
const ACTIVATIONS: [&str; 3] = ["hidden_act", "hidden_activation", "activation_function"];

impl<'a> Keys<'a> {
    /// The keys after a check of those that all families share.
    ///
    /// # Errors
    /// When a key asks for another class, for code of its own or for an adapted model, or has a value of another type.
    pub fn checked(fields: Fields<'a>, family: Family) -> Result<Self> {
        let keys = Self { fields, family };
        let class = family.class();
        let bare = class.split_once("For").or(class.split_once("LMHead")).map_or(class, |(bare, _)| bare);
        let is_one = |name: &Value| {
            name.as_str().is_some_and(|name| {
                name == class
                    || name.strip_prefix(bare).is_some_and(|rest| rest.starts_with("For"))
                    || name.strip_prefix(bare) == Some("Model")
            })
        };
        let are_known = |value: &Value| value.is_null() || value.as_array().is_some_and(|names| names.iter().all(is_one));
        if fields.object.get("architectures").is_some_and(|value| !are_known(value)) {
            return Err(keys.unsupported("architectures", class));
        }
        if let Some(key) = FOREIGN.into_iter().find(|key| fields.object.get(*key).is_some_and(|value| !is_empty(value))) {
            return Err(keys.unsupported(key, "null"));
        }
        fields.expect_types(&HARMLESS)?;
        Ok(keys)
    }

    /// The problem that the value of `key` asks for something that is not implemented.
    pub fn unsupported(&self, key: &str, supported: &str) -> Problem {
        let value = self.fields.object.get(key).map(shown).unwrap_or_default();
        let what = format!("{key} {value} is not supported");
        Problem::new(self.fields.file, what, format_args!("supported: {supported}"))
    }

    /// Fails unless the flag `key` is `supported`, which is also what transformers takes for a missing one.
    pub fn expect_flag(&self, key: &str, supported: bool) -> Result<()> {
        if self.flag(key, supported)? == supported {
            return Ok(());
        }
        Err(self.unsupported(key, if supported { "true" } else { "false" }))
    }

    /// True or false, `otherwise` if the key is missing; null is false, as in Python.
    pub fn flag(&self, key: &str, otherwise: bool) -> Result<bool> {
        if self.is_null(key) { Ok(false) } else { Ok(self.fields.flag(key)?.unwrap_or(otherwise)) }
    }

    /// A size; None if the key is missing or null.
    pub fn size_or_none(&self, key: &str) -> Result<Option<usize>> {
        if self.is_null(key) { Ok(None) } else { self.fields.count(key, LARGEST_SIZE) }
    }

    /// A size, `otherwise` if the key is missing.
    pub fn size_or(&self, key: &str, otherwise: usize) -> Result<usize> {
        Ok(self.fields.count(key, LARGEST_SIZE)?.unwrap_or(otherwise))
    }

    /// A size that the file must state.
    pub fn size(&self, key: &str) -> Result<usize> {
        self.fields.count(key, LARGEST_SIZE)?.ok_or_else(|| {
            let remedy = format!("use the config.json of a {} model", self.family.class());
            Problem::new(self.fields.file, format_args!("has no {key}"), remedy)
        })
    }

    /// The BOS token; None if the file names none.
    ///
    /// # Errors
    /// If it names several, or one beyond the vocabulary.
    pub fn bos(&self) -> Result<Option<u32>> {
        let vocabulary = self.size("vocab_size")?;
        let Some(named) = self.fields.object.get("bos_token_id").filter(|named| !named.is_null()) else { return Ok(None) };
        let token = named.as_u64().and_then(|token| u32::try_from(token).ok()).filter(|token| (*token as usize) < vocabulary);
        token.map(Some).ok_or_else(|| {
            let what = format_args!("bos_token_id is {named}; it must be one number of a token, below vocab_size, {vocabulary}");
            Problem::new(self.fields.file, what, "correct it, or take it out if the model has no such token")
        })
    }

    /// Fails if both keys are there with different sizes.
    pub fn expect_same(&self, key: &str, other: &str) -> Result<()> {
        match (self.size_or_none(key)?, self.size_or_none(other)?) {
            (Some(one), Some(two)) if one != two => Err(self.contradicts([key, &one.to_string()], [other, &two.to_string()])),
            _ => Ok(()),
        }
    }

    /// The problem that two names of one setting have different values.
    fn contradicts(&self, [key, one]: [&str; 2], [other, two]: [&str; 2]) -> Problem {
        Problem::new(
            self.fields.file,
            format_args!("{key} is {one}, but {other} is {two}, and both mean the same"),
            "use the config.json that belongs to the weights, or take the wrong key out",
        )
    }

    /// A positive number, `otherwise` if the key is missing.
    pub fn positive(&self, key: &str, otherwise: f64) -> Result<f64> {
        self.expect_positive(key, self.fields.number(key)?.unwrap_or(otherwise))
    }

    /// What norms add to a variance or mean square, under the family's own `key`; `otherwise` if it is missing.
    ///
    /// # Errors
    /// When it is not positive, or a key under which another family keeps it says something else.
    pub fn epsilon(&self, key: &str, otherwise: f64) -> Result<f64> {
        let value = self.positive(key, otherwise)?;
        for other in EPSILONS.into_iter().filter(|other| *other != key && !self.is_null(other)) {
            if let Some(said) = self.fields.number(other)?.filter(|said| said.to_bits() != value.to_bits()) {
                let is_there = self.fields.object.contains_key(key);
                let here = if is_there { value.to_string() } else { format!("missing, which means {value}") };
                return Err(self.contradicts([key, &here], [other, &said.to_string()]));
            }
        }
        Ok(value)
    }

    /// A softcap: `otherwise` if the key is missing, None if it is null.
    pub fn softcap(&self, key: &str, otherwise: f64) -> Result<Option<f64>> {
        if self.is_null(key) { Ok(None) } else { self.positive(key, otherwise).map(Some) }
    }

    /// The activation function under the first of `names` that is there; `otherwise` if none is. `supported` are those of the
    /// family that were compared with transformers.
    ///
    /// # Errors
    /// When it is not supported, or a key under which another family keeps it says something else.
    pub fn activation(&self, names: &[&str], otherwise: &str, supported: &[&str]) -> Result<ActivationFunction> {
        let key = names.iter().find(|name| self.fields.object.contains_key(**name)).copied();
        let stated = key.map_or(Ok(None), |key| self.fields.text(key))?.unwrap_or(otherwise);
        for other in ACTIVATIONS.into_iter().filter(|other| Some(*other) != key) {
            if let Some(said) = self.fields.text_or_null(other)?.filter(|said| *said != stated) {
                let here = if key.is_some() { format!("\"{stated}\"") } else { format!("missing, which means \"{stated}\"") };
                return Err(self.contradicts([key.unwrap_or(names[0]), &here], [other, &format!("\"{}\"", excerpt(said, 40))]));
            }
        }
        let key = key.unwrap_or(names[0]);
        let unsupported = || {
            let what = format!("{key} \"{}\" is not supported", excerpt(stated, 40));
            Problem::new(self.fields.file, what, format_args!("supported: {}", supported.join(", ")))
        };
        if !supported.contains(&stated) {
            return Err(unsupported());
        }
        match stated {
            "gelu" => Ok(ActivationFunction::Gelu),
            "gelu_new" | "gelu_fast" | "gelu_pytorch_tanh" => Ok(ActivationFunction::GeluTanh),
            "relu" => Ok(ActivationFunction::Relu),
            "silu" | "swish" => Ok(ActivationFunction::Silu),
            _ => Err(unsupported()),
        }
    }

    /// Fails unless each of `heads` has a whole number of others to share its keys and values with.
    pub fn expect_groups(&self, heads: usize, key_value_heads: usize) -> Result<()> {
        if heads.is_multiple_of(key_value_heads) {
            return Ok(());
        }
        let what = format!("num_attention_heads {heads} is no multiple of num_key_value_heads {key_value_heads}");
        Err(Problem::new(self.fields.file, what, "use the config.json that belongs to the weights"))
    }

    /// Width of a head if `width` is divided among `heads`.
    pub fn share_of_width(&self, width: usize, heads: usize, names: [&str; 2]) -> Result<usize> {
        if width.is_multiple_of(heads) {
            return Ok(width / heads);
        }
        let [of_width, of_heads] = names;
        Err(Problem::new(
            self.fields.file,
            format_args!("{of_width} {width} does not split into {heads} attention heads"),
            format_args!("{of_width} must be a multiple of {of_heads}"),
        ))
    }

    fn is_null(&self, key: &str) -> bool {
        self.fields.object.get(key).is_some_and(Value::is_null)
    }

    /// `value`, which must be a positive number of 32 bits.
    pub(super) fn expect_positive(&self, key: &str, value: f64) -> Result<f64> {
        if (value as f32).is_finite() && value as f32 > 0.0 {
            return Ok(value);
        }
        Err(Problem::new(self.fields.file, format_args!("{key} is {value}"), "it must be a positive number"))
    }

    /// The number that the keys agree on; None if none of them is there.
    pub(super) fn agreed(&self, keys: &[(Option<Fields<'_>>, &str)]) -> Result<Option<f64>> {
        let mut agreed: Option<(f64, String)> = None;
        for (fields, key) in keys {
            let Some(fields) = fields else { continue };
            let Some(value) = fields.number(key)? else { continue };
            let name = self.full_name(*fields, key);
            match &agreed {
                Some((other, before)) if other.to_bits() != value.to_bits() => {
                    return Err(Problem::new(
                        self.fields.file,
                        format_args!("{before} is {other}, but {name} is {value}, and both mean the same"),
                        "use the config.json that belongs to the weights, or take the wrong key out",
                    ));
                }
                _ => agreed = Some((value, name)),
            }
        }
        Ok(agreed.map(|(value, _)| value))
    }

    /// The key with the name of the object that holds it: `rope_parameters.rope_theta`.
    fn full_name(&self, fields: Fields<'_>, key: &str) -> String {
        let is_holder = |value: &Value| value.as_object().is_some_and(|object| std::ptr::eq(object, fields.object));
        let holder = self.fields.object.iter().find(|(_, value)| is_holder(value));
        holder.map_or_else(|| key.to_owned(), |(holder, _)| format!("{holder}.{key}"))
    }
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_object().is_some_and(Map::is_empty) || value.as_array().is_some_and(Vec::is_empty)
}
