//! The keys of SAELens's `cfg.json`: which are known, how the top level and the metadata are compared, and which unknown ones are misspelt.
//!
//! The keys are those of SAELens 0 to 6, read in its public history: `LanguageModelSAERunnerConfig` (`sae_lens/config.py`, and
//! `sae_training/config.py` before), `SAEConfig` and `TrainingSAEConfig` (`sae_lens/sae.py`, later `sae_lens/saes/sae.py`),
//! `LoggingConfig`, and the names before a renaming in `handle_pre_6_0_config` (`sae_lens/loading/pretrained_sae_loaders.py`).

use serde_json::{Map, Value};

use super::levels::{contradiction, equal, merged};
use super::place::Place;
use super::saelens_rule;
use super::stated::is_same_model;
use crate::core::problem::{Problem, Result};
use crate::core::resemblance::resembled;
use crate::core::text::excerpt;
use crate::engine::json::{DTYPE, Fields, Typed, is_at_least, is_dtype, shown};

/// Keys that change which values are read, with their values that mean "all of one place". A missing key means such a value in SAELens,
/// too. The arithmetic is read in [`saelens_rule`].
pub const WHOLE: [(&str, &[&str]); 4] = [
    ("finetuning_scaling_factor", &["false"]),
    ("hook_head_index", &["null"]),
    // The name of hook_head_index before SAELens 3.
    ("hook_point_head_index", &["null"]),
    ("hook_head_index_out", &["null"]),
];

/// Keys that say how the dictionary was trained or logged, by the type of their values; null is allowed for all of them.
pub const RECORDS: [Typed; 6] = [
    (
        "text",
        Value::is_string,
        "act_store_device b_dec_init_method cached_activations_path checkpoint_path dataset_path device \
         finetuning_method from_pretrained_path hook_eval hook_point_eval llm_compilation_mode llm_device \
         lr_scheduler_name model_class_name mse_loss_normalization output_path resume_from_checkpoint run_name \
         sae_compilation_mode sae_lens_training_version sae_lens_version training_architecture wandb_entity wandb_id \
         wandb_project",
    ),
    (DTYPE, is_dtype, "dtype"),
    ("a whole number from 1", |value| value.as_u64().is_some_and(|count| count > 0), "context_size"),
    (
        "a number of at least 0",
        |value| is_at_least(value, 0.0),
        "activations_mixing_fraction adam_beta1 adam_beta2 dead_feature_threshold dead_feature_window \
         decoder_heuristic_init_norm decoder_init_norm eval_batch_size_prompts eval_every_n_wandb_logs expansion_factor \
         feature_sampling_window finetuning_tokens jumprelu_bandwidth jumprelu_init_threshold l1_coefficient \
         l1_warm_up_steps lp_norm lr lr_decay_steps lr_end lr_warm_up_steps n_batches_for_norm_estimate \
         n_batches_in_buffer n_checkpoints n_eval_batches n_eval_seqs n_restart_cycles noise_scale seed \
         store_batch_size store_batch_size_prompts tokens_per_buffer total_training_tokens train_batch_size \
         train_batch_size_tokens training_tokens wandb_log_frequency",
    ),
    (
        "true or false",
        Value::is_boolean,
        "autocast autocast_lm compile_llm compile_sae dataset_trust_remote_code decoder_heuristic_init \
         decoder_orthogonal_init disable_concat_sequences init_encoder_as_decoder_transpose is_dataset_tokenized \
         log_activations_store_to_wandb log_optimizer_state_to_wandb log_to_wandb log_weights_to_wandb \
         normalize_sae_decoder prefetch_llm_batches resume save_final_checkpoint scale_sparsity_penalty_by_decoder_norm \
         streaming use_cached_activations use_chat_formatting use_ghost_grads verbose",
    ),
    (
        "an object, an array or a plain value",
        |_| true,
        "exclude_special_tokens logger model_kwargs seqpos_slice sequence_separator_token training_architecture_details",
    ),
];

/// Keys that [`check`](super::saelens_config::check) reads itself.
const READ: &str = "d_in d_out d_sae hook_layer hook_point_layer hook_name hook_name_out hook_point l0 \
                    model_from_pretrained_kwargs model_name neuronpedia_id prepend_bos reshape_activations \
                    variance_explained";

/// Keys with the names that they had before SAELens 3.
const RENAMED: [(&str, &str); 4] = [
    ("hook_name", "hook_point"),
    ("hook_layer", "hook_point_layer"),
    ("hook_head_index", "hook_point_head_index"),
    ("activation_fn", "activation_fn_str"),
];

/// Arguments for loading the model that leave its activations as they are, up to rounding.
pub const LOADING: &str = "cache_dir device device_map dtype local_files_only n_devices torch_dtype trust_remote_code";

/// Arguments for loading the model that change its activations.
const CHANGING: [&str; 6] = [
    "center_writing_weights",
    "center_unembed",
    "fold_ln",
    "fold_value_biases",
    "refactor_factored_attn_matrices",
    "first_n_layers",
];

/// All that `config` says on its top level and in its metadata, which SAELens 6 introduced for what concerns the model.
///
/// # Errors
/// When both say a key that is read, and do not agree; or two names of one key do not.
pub fn whole(config: Fields<'_>) -> Result<Map<String, Value>> {
    let levels = [Some(("at the top level", config)), config.object("metadata")?.map(|metadata| ("in metadata", metadata))];
    let levels: Vec<_> = levels.into_iter().flatten().collect();
    let all = merged(&levels, &agree)?;
    for (new, old) in RENAMED {
        if let (Some(one), Some(other)) = (all.get(new), all.get(old))
            && !one.is_null()
            && !other.is_null()
            && agree(new, one, other) == Some(false)
        {
            return Err(contradiction(config.file, &format!("{new} {}", shown(one)), &format!("{old} {}", shown(other))));
        }
    }
    Ok(all)
}

/// Whether two values of `key` mean the same; None if nothing is read from it.
fn agree(key: &str, one: &Value, other: &Value) -> Option<bool> {
    if let Some(argument) = key.strip_prefix("model_from_pretrained_kwargs.") {
        let said = |value: &Value| !matches!(value, Value::Null | Value::Bool(false));
        return (!is_among(argument, LOADING)).then(|| equal(one, other) || !said(one) && !said(other));
    }
    let top = key.split('.').next().unwrap_or(key);
    let is_read = is_among(top, READ) || is_among(top, saelens_rule::KEYS) || WHOLE.iter().any(|(name, _)| *name == top);
    is_read.then(|| {
        let same_text = |same: &dyn Fn(&str, &str) -> bool| match (one.as_str(), other.as_str()) {
            (Some(one), Some(other)) => same(one, other),
            _ => false,
        };
        equal(one, other)
            || match key {
                "hook_name" | "hook_point" | "hook_name_out" => {
                    same_text(&|one, other| Place::of_hook(one) == Place::of_hook(other))
                }
                "model_name" => same_text(&is_same_model),
                // SAELens before version 6 wrote false for "none".
                "normalize_activations" => [one, other].iter().all(|value| **value == "none" || **value == false),
                _ => false,
            }
    })
}

/// Fails if metadata, or the arguments for loading the model, say a key that is not known and looks like one that is read: what it says would
/// be left out.
///
/// # Errors
/// The key, and the one that it looks like.
pub fn expect_no_slip(whole: Fields<'_>, metadata: Option<Fields<'_>>) -> Result<()> {
    let read = || READ.split_whitespace().chain(saelens_rule::KEYS.split_whitespace()).chain(WHOLE.map(|(name, _)| name));
    let of = |key: &str, value: &Value, place: &str, known: &str| {
        Problem::new(
            whole.file,
            format_args!("says {} {} in {place}, which is not known: {known} is", excerpt(key, 60), shown(value)),
            "correct the key, or take it out",
        )
    };
    let unknown = metadata.into_iter().flat_map(|metadata| metadata.object).filter(|(key, _)| !is_known(key));
    for (key, value) in unknown {
        if let Some(known) = resembled(key, read()) {
            return Err(of(key, value, "its metadata", known));
        }
    }
    let loading = whole.object("model_from_pretrained_kwargs")?;
    for (key, value) in loading.into_iter().flat_map(|loading| loading.object) {
        if let Some(known) = resembled(key, CHANGING) {
            return Err(of(key, value, "model_from_pretrained_kwargs", known));
        }
    }
    Ok(())
}

/// Whether a key is known on the top level or in metadata. Those of the arithmetic that metadata says are compared in
/// [`saelens_rule::read`].
pub fn is_known(key: &str) -> bool {
    is_among(key, READ)
        || is_among(key, saelens_rule::KEYS)
        || WHOLE.iter().any(|(name, _)| *name == key)
        || RECORDS.iter().any(|(.., names)| is_among(key, names))
}

/// Whether `key` is one of `names`, which are separated by spaces.
pub fn is_among(key: &str, names: &str) -> bool {
    names.split_whitespace().any(|name| name == key)
}
