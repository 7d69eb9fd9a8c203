//! Whether a model on this machine is the one that a run was computed with.

use crate::core::problem::{Problem, Result};
use crate::core::run::{DictionaryRecord, Manifest};
use crate::engine::cancel::Cancel;
use crate::engine::loaded::Loaded;

/// Fails unless weights, configuration and dictionaries of `loaded` have the hashes that `manifest` records, and its tokenizer, where
/// both have one. The prompts of a check are the run's own token ids, so no file of prompts is read.
///
/// # Errors
/// The first difference, or when `cancel` is raised.
pub fn expect_model_of(manifest: &Manifest, loaded: &Loaded, cancel: &Cancel) -> Result<()> {
    expect_same("the model's config.json", &manifest.model.config_sha256, &loaded.config_sha256)?;
    let tokenizers = manifest.model.tokenizer_sha256.as_deref().zip(loaded.tokenizer.as_ref());
    if let Some((recorded, tokenizer)) = tokenizers {
        expect_same("the tokenizer", recorded, tokenizer.sha256())?;
    }
    let found = loaded.identify(&|_| {}, cancel)?;
    expect_same(&format!("the model {}", loaded.weights.name()), &manifest.model.sha256, &found.weights_sha256)?;
    let names = |records: &[DictionaryRecord]| records.iter().map(|record| record.submodule.clone()).collect::<Vec<_>>();
    let (recorded, here) = (names(&manifest.dictionaries), names(&found.dictionaries));
    if recorded != here {
        let what = format_args!("are of {}, those of the run of {}", here.join(", "), recorded.join(", "));
        return Err(Problem::new("the dictionaries", what, REMEDY));
    }
    for (recorded, here) in manifest.dictionaries.iter().zip(&found.dictionaries) {
        expect_same(&format!("the dictionary {}", here.source), &recorded.sha256, &here.sha256)?;
        // Files alone do not say everything: a known model may say that its dictionaries read centred activations.
        if let Some((recorded, computes)) = recorded.arithmetic.as_ref().zip(here.arithmetic.as_ref())
            && recorded != computes
        {
            let what = format_args!("computes by {computes}, in the run by {recorded}");
            return Err(Problem::new(format_args!("the dictionary {}", here.source), what, REMEDY));
        }
    }
    Ok(())
}

const REMEDY: &str = "name the run's own with --model and --dictionaries, or compute the run again";

fn expect_same(what: &str, recorded: &str, found: &str) -> Result<()> {
    if recorded == found {
        return Ok(());
    }
    let short = |hash: &str| hash.chars().take(12).collect::<String>();
    let differs = format_args!("is not the run's: its SHA-256 is {}, the run records {}", short(found), short(recorded));
    Err(Problem::new(what, differs, REMEDY))
}
