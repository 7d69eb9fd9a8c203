//! Llama Scope: `Llama3_1-8B-Base-L1R-8x/` with `hyperparams.json` and `checkpoints/final.safetensors`, and the dictionaries of the
//! R1 distillates with `config.json` and `sae_weights.safetensors`: `encoder.weight [n, d]`, `encoder.bias`, `decoder.weight [d, n]`,
//! `decoder.bias`, and for R1 `log_jumprelu_threshold [n]`.
//!
//! Source: He et al. 2024, arXiv:2410.20526, and SAELens's loaders for both. Activations are multiplied by
//! `sqrt(d) / dataset_average_activation_norm`; the one threshold of `hyperparams.json` is in the scale of raw activations and is
//! multiplied, too (SAELens, pull request 483, by Llama Scope's authors). R1's thresholds are in the scale that is compared.

use std::path::Path;

use super::arithmetic::Arithmetic;
use super::configuration::{Configuration, expect_only, is_factor, required_factor};
use super::parts::Parts;
use super::place::Place;
use super::rule::Rule;
use super::{Dictionary, Format, Purpose, Stated};
use crate::core::problem::{Problem, Result};
use crate::core::text::excerpt;
use crate::engine::json::Fields;
use crate::engine::tensor_file::{StoredTensor, TensorFile};
use crate::files::stamp::Stamp;

/// The configuration's name in Llama Scope.
pub const CONFIGURATION: &str = "hyperparams.json";

/// Keys that change the arithmetic, with the values that mean the rule above.
const ARITHMETIC: [(&str, &[&str]); 7] = [
    ("act_fn", &["\"jumprelu\""]),
    ("norm_activation", &["\"dataset-wise\""]),
    ("sae_type", &["\"sae\""]),
    ("use_decoder_bias", &["true"]),
    ("apply_decoder_bias_to_pre_encoder", &["false"]),
    ("use_glu_encoder", &["false"]),
    ("sparsity_include_decoder_norm", &["true"]),
];

/// Other keys that are read, or that concern the training alone.
const KEYS: &str = "d_model d_sae dataset_average_activation_norm decoder_exactly_fixed_norm device dtype expansion_factor \
                    hook_point_in hook_point_out init_decoder_norm init_encoder_norm init_encoder_with_decoder_transpose \
                    jump_relu_threshold l1_coefficient l1_coefficient_warmup_steps lp norm_scaling_factor \
                    remove_gradient_parallel_to_decoder_directions top_k";

/// What is read of Llama Scope and what is refused, in words.
pub fn capability() -> (String, String) {
    let reads = "jumprelu, activations and threshold times sqrt(d) / dataset_average_activation_norm";
    (reads.to_owned(), "other activation functions and norms, different norms in and out".to_owned())
}

/// What is read of Llama Scope R1 and what is refused, in words.
pub fn capability_r1() -> (String, String) {
    ("jumprelu, with norm_scaling_factor added to config.json".to_owned(), "no norm_scaling_factor: no file holds it".to_owned())
}

/// Opens the dictionary in `folder`, in the format of Llama Scope.
pub fn open(folder: &Path, purpose: Purpose) -> Result<Dictionary> {
    let weights = folder.join("checkpoints").join("final.safetensors");
    let opened = Opened::open(&folder.join(CONFIGURATION), &weights, &[])?;
    let fields = opened.config.fields();
    let norms = fields.object("dataset_average_activation_norm")?;
    let norm = |key: &str| norms.map(|norms| norms.number(key)).transpose().map(Option::flatten);
    let (Some(norm_in), threshold) = (norm("in")?.filter(|norm| *norm > 0.0), fields.number("jump_relu_threshold")?) else {
        return Err(fields.wrong("dataset_average_activation_norm", "an object with a positive number as \"in\""));
    };
    if let Some(norm_out) = norm("out")?.filter(|norm_out| (norm_out - norm_in).abs() > 1e-9 * norm_in) {
        let what = format_args!("its dataset_average_activation_norm is {norm_in} in and {norm_out} out");
        return Err(Problem::new(fields.file, what, "supported: the same norm for both, as of what reads and writes one place"));
    }
    let threshold = threshold.ok_or_else(|| fields.wrong("jump_relu_threshold", "a number"))?;
    let factor = (opened.width() as f64).sqrt() / norm_in;
    let scaled = (threshold * factor) as f32;
    if !is_factor(factor as f32) || !scaled.is_finite() {
        let what = format_args!("its average norm {norm_in} and its threshold {threshold} leave the range of f32");
        return Err(Problem::new(fields.file, what, "use the hyperparams.json that came with the weights"));
    }
    let thresholds = vec![scaled; opened.features()];
    opened.assemble(Format::LlamaScope, purpose, thresholds, factor as f32)
}

/// Opens the dictionary in `folder`, in the format of Llama Scope R1.
pub fn open_r1(folder: &Path, purpose: Purpose) -> Result<Dictionary> {
    let weights = folder.join("sae_weights.safetensors");
    let opened = Opened::open(&folder.join("config.json"), &weights, &["log_jumprelu_threshold"])?;
    let factor = required_factor(opened.config.fields(), "norm_activation is \"dataset-wise\"")?;
    let logarithms = opened.weights.tensor("log_jumprelu_threshold")?.values()?;
    opened.assemble(Format::LlamaScopeR1, purpose, logarithms.into_iter().map(f32::exp).collect(), factor)
}

/// What a reader of results should know: published configurations hold many settings of the training under names that differ between
/// releases, so that a key which is not known is said and not refused.
fn notes(fields: Fields<'_>) -> Vec<String> {
    let known =
        |key: &&String| ARITHMETIC.iter().any(|(known, _)| known == key) || KEYS.split_whitespace().any(|known| known == *key);
    let unknown = fields.object.keys().filter(|key| !known(key));
    let unknown = unknown.map(|key| format!("its configuration says {}, which is not known", excerpt(key, 60)));
    // SAELens, issue 369.
    let trained = "trained without the first token of each text: at a BOS its features mean nothing".to_owned();
    std::iter::once(trained).chain(unknown).collect()
}

/// The files of a dictionary, with everything checked that both formats share.
struct Opened {
    config: Configuration,
    weights: TensorFile,
    encoder: StoredTensor,
    stamps: Vec<Stamp>,
}

impl Opened {
    fn open(config: &Path, weights: &Path, more_tensors: &[&str]) -> Result<Self> {
        let stamps = [config, weights].map(Stamp::of).to_vec();
        let config = Configuration::read(config)?;
        let weights = TensorFile::open(weights)?;
        for (key, allowed) in ARITHMETIC {
            config.fields().expect_value(key, allowed)?;
        }
        for key in ["act_fn", "norm_activation"] {
            config
                .fields()
                .text(key)?
                .ok_or_else(|| config.fields().wrong(key, "said: it decides what the dictionary computes"))?;
        }
        let tensors = ["encoder.weight", "encoder.bias", "decoder.weight", "decoder.bias"];
        expect_only(&weights, &[&tensors, more_tensors].concat())?;
        let encoder = weights.tensor("encoder.weight")?.transposed();
        for (key, size) in ["d_model", "d_sae"].into_iter().zip(encoder.shape()) {
            if let Some(said) = config.fields().count(key, usize::MAX)?.filter(|said| said != size) {
                return Err(Problem::new(
                    config.fields().file,
                    format_args!("says {key} {said}, but encoder.weight has {size}"),
                    "configuration and weights belong to different dictionaries: fetch both again",
                ));
            }
        }
        Ok(Self { config, weights, encoder, stamps })
    }

    fn width(&self) -> usize {
        self.encoder.shape().first().copied().unwrap_or_default()
    }

    fn features(&self) -> usize {
        self.encoder.shape().get(1).copied().unwrap_or_default()
    }

    fn assemble(self, format: Format, purpose: Purpose, thresholds: Vec<f32>, factor: f32) -> Result<Dictionary> {
        let (fields, weights) = (self.config.fields(), &self.weights);
        let place = |key: &str| Ok(Place::of_hook(fields.text_or_null(key)?.unwrap_or_default()));
        let parts = Parts {
            encoder: self.encoder,
            encoder_bias: Some(weights.tensor("encoder.bias")?),
            decoder: weights.tensor("decoder.weight")?.transposed(),
            decoder_bias: weights.tensor("decoder.bias")?,
            skip: None,
            arithmetic: Arithmetic::plain(Rule::JumpRelu { thresholds }, false).scaled_by(factor),
            reads: place("hook_point_in")?,
            writes: place("hook_point_out")?,
        };
        let stated = Stated {
            config_sha256: Some(self.config.sha256()),
            notes: notes(fields),
            active: fields.number_within("top_k", 0.0, f64::MAX)?,
            ..Stated::default()
        };
        let name = weights.name().to_owned();
        Ok(Dictionary::assemble(format, purpose, parts, weights.shared_bytes(), name)?.with_stated(stated).read_from(self.stamps))
    }
}
