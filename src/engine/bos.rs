//! The BOS token in front of prompts: a property of the dictionaries, which fit only what they were trained on.

use crate::core::problem::{Problem, Result};
use crate::engine::dictionary::Dictionary;
use crate::engine::model::config::Config;
use crate::engine::tokenizer::Tokenizer;

/// The token to put in front of every prompt: the model's BOS if dictionaries were trained with it and none without. Where some were
/// trained with it and others without, prompts get none, and the notes of the former say so.
///
/// # Errors
/// When the dictionaries ask for a BOS token and the configuration names none, or they say nothing and the tokenizer asks for one.
pub fn token(config: &Config, tokenizer: Option<&Tokenizer>, dictionaries: &[Dictionary]) -> Result<Option<u32>> {
    let said = |wanted: bool| dictionaries.iter().find(|dictionary| dictionary.stated().bos == Some(wanted));
    let with = match (said(true), said(false)) {
        (Some(with), None) => with,
        (None, None) if tokenizer.is_some_and(Tokenizer::asks_for_bos) => {
            let what = "puts a BOS token in front of texts, and the dictionaries do not say whether they were trained with it";
            let remedy = "set add_bos_token to false in tokenizer_config.json if the dictionaries were trained without";
            return Err(Problem::new("tokenizer", what, remedy));
        }
        _ => return Ok(None),
    };
    let missing = || {
        let remedy = "set bos_token_id in the model's config.json to the token that the dictionaries were trained with";
        let what = "was trained on prompts that begin with a BOS token, and config.json names none";
        Problem::new(with.name(), what, remedy)
    };
    config.bos.map(Some).ok_or_else(missing)
}

/// What a reader of the results should know of `dictionary` if the prompts begin with BOS or not.
pub fn note(dictionary: &Dictionary, bos: Option<u32>) -> Option<String> {
    let without = dictionary.stated().bos == Some(true) && bos.is_none();
    without.then(|| "trained on prompts that begin with a BOS token; the study's prompts get none".to_owned())
}
