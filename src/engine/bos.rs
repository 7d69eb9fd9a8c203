//! The BOS token in front of prompts: a property of the dictionaries, which fit only what they were trained on.

use crate::core::problem::{Problem, Result};
use crate::engine::dictionary::Dictionary;
use crate::engine::model::config::Config;
use crate::engine::tokenizer::Tokenizer;

/// The token to put in front of every prompt: the model's BOS if dictionaries were trained with it and none without. Where some were
/// trained with it and others without, or the configuration names no such token, prompts get none, and [`notes`] says so.
///
/// # Errors
/// When the tokenizer asks for a BOS token, and no dictionary says that it was trained with one, or some say that they were trained without;
/// when prompts would get a token that the tokenizer's files do not call the BOS token.
pub fn token(config: &Config, tokenizer: Option<&Tokenizer>, dictionaries: &[Dictionary]) -> Result<Option<u32>> {
    let said = |wanted: bool| dictionaries.iter().any(|dictionary| dictionary.stated().bos == Some(wanted));
    let (with, without) = (said(true), said(false));
    if let Some(file) = tokenizer.and_then(Tokenizer::asks_for_bos).filter(|_| without || !with) {
        let (trained, remedy) = if with {
            (
                "some dictionaries were trained with one and others without",
                "use those that were trained alike, or set add_bos_token to false in tokenizer_config.json for prompts without",
            )
        } else {
            (
                "no dictionary says that it was trained with one",
                "set add_bos_token to false in tokenizer_config.json if they were trained without",
            )
        };
        let what = format_args!(
            "puts a BOS token in front of texts (by its post_processor, add_bos_token, or its class), and {trained}"
        );
        return Err(Problem::new(file, what, remedy));
    }
    let Some(bos) = config.bos.filter(|_| with && !without) else { return Ok(None) };
    // Programs that train dictionaries take the tokenizer's, those that run models take that of the configuration.
    let mut tokens = tokenizer.into_iter().flat_map(Tokenizer::bos_tokens);
    if let Some((file, token)) = tokens.find(|(_, token)| token.id != u64::from(bos)) {
        let what = format_args!("{}, token number {}, but bos_token_id in config.json is {bos}", token.said, token.id);
        let remedy = "TransformerLens and SAELens begin prompts with the tokenizer's bos_token: use the files of one model, or correct the \
                      one that is wrong";
        return Err(Problem::new(file, what, remedy));
    }
    Ok(Some(bos))
}

/// What a reader of the results should know of `dictionary` if the prompts begin with BOS or not.
pub fn notes(dictionary: &Dictionary, tokenizer: Option<&Tokenizer>, bos: Option<u32>) -> Vec<String> {
    let mut notes = Vec::new();
    if bos.is_none() && dictionary.stated().bos == Some(true) {
        let trained = "trained on prompts that begin with a BOS token; the study's prompts get none";
        notes.push(match tokenizer.and_then(Tokenizer::asks_for_bos) {
            // Only a configuration without such a token leads here: all else that they disagree about is refused.
            Some(file) => format!("{trained}, although {file} asks for one, too: config.json names no bos_token_id"),
            None => trained.to_owned(),
        });
    }
    if bos.is_none() && tokenizer.is_some_and(Tokenizer::ignores_no_bos) {
        notes.push(
            "the tokenizer's add_bos_token is false, so that prompts get no BOS token; transformers 4 ignores the key for this \
             tokenizer_class and puts that of tokenizer.json in front"
                .to_owned(),
        );
    }
    notes
}
