//! What a `cfg.json` of SAELens says of the arithmetic.
//!
//! Source: `sae_lens/saes/*.py` of SAELens 6, and `sae_lens/sae.py` with `activation_fn_str` before.

use super::arithmetic::{Frame, Scale};
use super::configuration::{given_factor, required_factor};
use super::levels::contradiction;
use crate::core::problem::{Problem, Result};
use crate::engine::json::{Fields, shown};

/// A family of encode rules, whose parameters lie in the file of weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// ReLU.
    Relu,
    /// JumpReLU, with a tensor `threshold`.
    JumpRelu,
    /// TopK.
    TopK {
        /// Active features of a token.
        k: usize,
        /// Whether the sizes count and the signs are kept (`abstopk`).
        signed: bool,
        /// `rescale_acts_by_decoder_norm`.
        by_decoder_norm: bool,
    },
    /// Gated, with tensors `b_gate`, `b_mag`, `r_mag`.
    Gated,
}

impl Family {
    /// Whether codes are in units of the decoder row's length.
    pub fn is_in_units_of_norms(self) -> bool {
        matches!(self, Self::TopK { by_decoder_norm: true, .. })
    }
}

/// The arithmetic as far as the configuration says it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Described {
    /// The family of the rule.
    pub family: Family,
    /// Whether it writes another place than it reads.
    pub transcodes: bool,
    /// Whether there is a tensor `W_skip`.
    pub skips: bool,
    /// `apply_b_dec_to_input`.
    pub subtracts_bias: bool,
    /// `normalize_activations`.
    pub scale: Scale,
    /// The constant that activations are multiplied by.
    pub factor: Option<f32>,
    /// `center_writing_weights` of the model's loading.
    pub frame: Frame,
}

/// The architectures that are read: whether they transcode and whether they skip.
const ARCHITECTURES: [(&str, bool, bool); 9] = [
    ("standard", false, false),
    ("jumprelu", false, false),
    ("topk", false, false),
    ("abstopk", false, false),
    ("gated", false, false),
    ("transcoder", true, false),
    ("skip_transcoder", true, true),
    ("jumprelu_transcoder", true, false),
    ("jumprelu_skip_transcoder", true, true),
];

/// The values of `normalize_activations` that are read. SAELens before version 6 wrote false or null for "none".
const SCALES: [&str; 6] =
    ["\"none\"", "false", "null", "\"layer_norm\"", "\"constant_norm_rescale\"", "\"expected_average_only_in\""];

/// What is read and what is refused, in words.
pub fn capability() -> (String, String) {
    let (transcoders, sparse): (Vec<_>, Vec<_>) = ARCHITECTURES.into_iter().partition(|(_, transcodes, _)| *transcodes);
    let names =
        |architectures: Vec<(&str, bool, bool)>| architectures.iter().map(|(name, ..)| *name).collect::<Vec<_>>().join(", ");
    let scales = SCALES.map(|scale| scale.trim_matches('"')).join(", ");
    let reads =
        format!("versions 0 to 6; architecture {}; {}; normalize_activations {scales}", names(sparse), names(transcoders));
    let refuses = "other architectures and scales, a TopK without k, expected_average_only_in without norm_scaling_factor, \
                   a key or tensor that is not known";
    (reads, refuses.to_owned())
}

/// Keys that this file reads.
pub const KEYS: &str = "activation_fn activation_fn_kwargs activation_fn_str apply_b_dec_to_input architecture k norm_scaling_factor \
                        normalize_activations rescale_acts_by_decoder_norm";

/// What `config` says of the arithmetic; `whole` is the same with what its metadata says besides.
///
/// # Errors
/// When it says something that is not known, leaves out what changes codes, or says in its metadata what would be other arithmetic on
/// the top level.
pub fn read(config: Fields<'_>, whole: Fields<'_>) -> Result<Described> {
    let described = described(config, whole)?;
    // SAELens reads these keys on the top level alone, so that it ignores them elsewhere without a word.
    for key in KEYS.split_whitespace() {
        let Some(value) = whole.object.get(key).filter(|value| config.object.get(key) != Some(value)) else { continue };
        let mut there = config.object.clone();
        there.insert(key.to_owned(), value.clone());
        if self::described(Fields { object: &there, file: config.file }, whole) != Ok(described) {
            return Err(Problem::new(
                config.file,
                format_args!("says {key} {} in its metadata, and not at the top level, where SAELens reads it", shown(value)),
                "move it there if the dictionary was trained so, else take it out",
            ));
        }
    }
    Ok(described)
}

fn described(config: Fields<'_>, whole: Fields<'_>) -> Result<Described> {
    let architecture = config.text("architecture")?.unwrap_or("standard");
    let &(_, transcodes, skips) = ARCHITECTURES.iter().find(|(known, ..)| *known == architecture).ok_or_else(|| {
        let known = ARCHITECTURES.map(|(known, ..)| format!("\"{known}\"")).join(", ");
        let said = config.object.get("architecture").map(shown).unwrap_or_default();
        Problem::new(
            config.file,
            format_args!("architecture is {said}, which is not supported"),
            format_args!("supported: {known}"),
        )
    })?;
    let subtracts_bias = match config.flag("apply_b_dec_to_input")? {
        Some(true) if transcodes => {
            let what = "apply_b_dec_to_input is true for a transcoder, whose bias is not of the place that it reads";
            return Err(Problem::new(config.file, what, "supported: false"));
        }
        Some(said) => said,
        // Before SAELens 6 there was no such choice.
        None => !transcodes,
    };
    let (scale, factor) = scale(config)?;
    if transcodes && (scale != Scale::None || factor.is_some()) {
        let what = format_args!("normalize_activations is {} for a transcoder", shown(&config.object["normalize_activations"]));
        return Err(Problem::new(config.file, what, "supported: \"none\""));
    }
    let family = family(config, architecture)?;
    if !matches!(family, Family::TopK { .. }) {
        for key in ["k", "rescale_acts_by_decoder_norm"] {
            if let Some(value) = config.object.get(key).filter(|value| !value.is_null() && **value != false) {
                return Err(Problem::new(
                    config.file,
                    format_args!("holds the key {key}, which architecture \"{architecture}\" has not: {}", shown(value)),
                    "it may change what the dictionary computes: use the cfg.json that came with the weights",
                ));
            }
        }
    }
    Ok(Described { family, transcodes, skips, subtracts_bias, scale, factor, frame: frame(whole)? })
}

fn family(config: Fields<'_>, architecture: &str) -> Result<Family> {
    // SAELens before version 6 said the rule of a standard dictionary so.
    let mut function = None;
    for key in ["activation_fn", "activation_fn_str"] {
        config.expect_value(key, &["\"relu\"", "\"topk\"", "null"])?;
        function = function.or(config.text_or_null(key)?);
    }
    let arguments = config.object("activation_fn_kwargs")?;
    let top_k = |signed| -> Result<Family> {
        let counts = [Some(config), arguments].into_iter().flatten().map(|fields| fields.count("k", usize::MAX));
        let counts: Vec<usize> = counts.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect();
        if let [one, other] = counts[..]
            && one != other
        {
            return Err(contradiction(config.file, &format!("k {one}"), &format!("{other} in activation_fn_kwargs")));
        }
        let k = counts.first().copied().ok_or_else(|| {
            Problem::new(
                config.file,
                "is of a TopK dictionary, but holds no k: how many features of a token are active",
                "SAELens would take 100 without a word: add the k of the training",
            )
        })?;
        Ok(Family::TopK { k, signed, by_decoder_norm: config.flag("rescale_acts_by_decoder_norm")?.unwrap_or(false) })
    };
    let no_arguments = |family: Family| match arguments.and_then(|arguments| arguments.object.iter().next()) {
        Some((key, value)) => Err(Problem::new(
            config.file,
            format_args!("activation_fn_kwargs holds {key} {}, which is not supported", shown(value)),
            "supported: {}",
        )),
        None => Ok(family),
    };
    match (architecture, function) {
        ("standard" | "topk", Some("topk")) | ("topk", None) => top_k(false),
        ("abstopk", None) => top_k(true),
        ("standard" | "transcoder" | "skip_transcoder", _) => no_arguments(Family::Relu),
        ("gated", None | Some("relu")) => no_arguments(Family::Gated),
        ("jumprelu" | "jumprelu_transcoder" | "jumprelu_skip_transcoder", None | Some("relu")) => no_arguments(Family::JumpRelu),
        (_, function) => Err(Problem::new(
            config.file,
            format_args!(
                "architecture is \"{architecture}\", but the activation function is \"{}\"",
                function.unwrap_or_default()
            ),
            "use the cfg.json that came with the weights",
        )),
    }
}

fn scale(config: Fields<'_>) -> Result<(Scale, Option<f32>)> {
    config.expect_value("normalize_activations", &SCALES)?;
    let said = config.object.get("normalize_activations").and_then(serde_json::Value::as_str);
    if said == Some("expected_average_only_in") {
        let factor = required_factor(config, "normalize_activations is \"expected_average_only_in\"")?;
        return Ok((Scale::None, Some(factor)));
    }
    if let Some(factor) = given_factor(config)? {
        return Err(Problem::new(
            config.file,
            format_args!("holds norm_scaling_factor {factor}, but normalize_activations does not ask for a factor"),
            "take it out, or say normalize_activations \"expected_average_only_in\"",
        ));
    }
    Ok(match said {
        Some("layer_norm") => (Scale::LayerNorm, None),
        Some("constant_norm_rescale") => (Scale::ConstantNorm, None),
        _ => (Scale::None, None),
    })
}

fn frame(whole: Fields<'_>) -> Result<Frame> {
    let loading = whole.object("model_from_pretrained_kwargs")?;
    // SAELens 6 writes an explicit false.
    let centred = loading.map(|loading| loading.flag("center_writing_weights")).transpose()?.flatten() == Some(true);
    Ok(if centred { Frame::Centred } else { Frame::Raw })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::json::object;

    fn said(text: &str) -> Result<Described> {
        let config = object(text.as_bytes()).unwrap();
        let fields = |object| Fields { object, file: "cfg.json" };
        // What metadata says besides is tested where both are put together.
        read(fields(&config), fields(&config))
    }

    #[test]
    fn what_is_not_proven_is_refused_by_key_and_value() {
        for (text, says) in [
            (r#"{"architecture": "temporal"}"#, "architecture is \"temporal\""),
            (r#"{"architecture": "topk"}"#, "holds no k"),
            (r#"{"activation_fn_str": "topk", "activation_fn_kwargs": {}}"#, "holds no k"),
            (r#"{"k": 32}"#, "holds the key k, which architecture \"standard\" has not: 32"),
            (r#"{"architecture": "jumprelu", "rescale_acts_by_decoder_norm": true}"#, "rescale_acts_by_decoder_norm"),
            (r#"{"architecture": "gated", "activation_fn": "topk", "k": 3}"#, "activation function is \"topk\""),
            (
                r#"{"architecture": "topk", "k": 3, "activation_fn_kwargs": {"k": 5}}"#,
                "it says k 3, but 5 in activation_fn_kwargs",
            ),
            (r#"{"activation_fn": "tanh-relu"}"#, "activation_fn is \"tanh-relu\""),
            (r#"{"activation_fn_kwargs": {"k": 3}}"#, "activation_fn_kwargs holds k 3"),
            (r#"{"normalize_activations": "unit_rms"}"#, "normalize_activations is \"unit_rms\""),
            (r#"{"normalize_activations": "expected_average_only_in"}"#, "norm_scaling_factor"),
            (
                r#"{"normalize_activations": "expected_average_only_in", "norm_scaling_factor": -1}"#,
                "it must be a positive number",
            ),
            (r#"{"norm_scaling_factor": 2}"#, "does not ask for a factor"),
            (r#"{"architecture": "transcoder", "apply_b_dec_to_input": true}"#, "apply_b_dec_to_input is true"),
            (
                r#"{"architecture": "transcoder", "normalize_activations": "layer_norm"}"#,
                "normalize_activations is \"layer_norm\"",
            ),
        ] {
            let said = said(text).unwrap_err().to_string();
            assert!(said.starts_with("cfg.json: ") && said.contains(says), "{text}: {said}");
        }
    }

    #[test]
    fn old_and_new_names_say_the_same() {
        let old = said(r#"{"architecture": "standard", "activation_fn_str": "topk", "activation_fn_kwargs": {"k": 3}}"#).unwrap();
        let new = said(r#"{"architecture": "topk", "k": 3, "apply_b_dec_to_input": true}"#).unwrap();
        assert_eq!(old, new);
        assert_eq!(said("{}").unwrap().family, Family::Relu);
        let centred = |value: &str| {
            let text = format!(r#"{{"model_from_pretrained_kwargs": {{"center_writing_weights": {value}}}}}"#);
            said(&text).unwrap().frame
        };
        assert_eq!((centred("true"), centred("false")), (Frame::Centred, Frame::Raw));
        let scaled = said(r#"{"normalize_activations": "expected_average_only_in", "norm_scaling_factor": 0.4}"#).unwrap();
        assert_eq!((scaled.scale, scaled.factor), (Scale::None, Some(0.4)));
    }
}
