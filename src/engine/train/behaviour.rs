//! Measures how the demo model decides between answers: logit differences and total effects on the data sets, and its pronouns
//! for people in each profession. Plain forward passes, no dictionaries.

use std::path::Path;

use burn::tensor::{Int, Tensor, TensorData};
use burn_ndarray::NdArrayDevice;
use serde::Deserialize;
use tokenizers::Tokenizer;

use super::files;
use super::language_model::Plain;
use super::people_words::PROFESSIONS;
use super::vocabulary::{encode, single};
use crate::core::format_error::of_json_line;
use crate::core::problem::{Problem, Result};
use crate::engine::model::transformer::Transformer;

/// One line of `data/names.json`.
#[derive(Debug, Clone, Deserialize)]
pub struct Pair {
    /// The prompt that `clean_answer` fits.
    pub clean_prefix: String,
    /// The prompt that `patch_answer` fits.
    pub patch_prefix: String,
    /// The token that the clean prompt favours.
    pub clean_answer: String,
    /// The token that the patch prompt favours.
    pub patch_answer: String,
}

/// Means over a data set; metric = logit\[patch answer\] - logit\[clean answer\] at the last position.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Behaviour {
    /// The metric on the clean prompts.
    pub clean: f64,
    /// The metric on the patch prompts.
    pub patch: f64,
    /// The largest metric on a clean prompt, that of the least clear-cut example.
    pub worst_clean: f64,
}

impl Behaviour {
    /// The metric on the patch prompts minus the metric on the clean prompts.
    pub fn total_effect(self) -> f64 {
        self.patch - self.clean
    }
}

/// Reads a data set of JSON lines.
pub fn read_pairs(path: &Path) -> Result<Vec<Pair>> {
    let text = files::read(path)?;
    let parse = |(number, line): (usize, &str)| {
        serde_json::from_str(line).map_err(|error| {
            Problem::new(
                path.display(),
                format_args!("line {} is not a pair: it {}", number + 1, of_json_line(line.as_bytes(), &error)),
                "use the file of this repository",
            )
        })
    };
    text.lines().enumerate().map(parse).collect()
}

/// The pairs with clean and patch exchanged: the female view.
pub fn swapped(pairs: &[Pair]) -> Vec<Pair> {
    let swap = |pair: &Pair| Pair {
        clean_prefix: pair.patch_prefix.clone(),
        patch_prefix: pair.clean_prefix.clone(),
        clean_answer: pair.patch_answer.clone(),
        patch_answer: pair.clean_answer.clone(),
    };
    pairs.iter().map(swap).collect()
}

/// Runs the model on both sides of every pair.
pub fn behaviour(model: &Transformer<Plain>, tokenizer: &Tokenizer, pairs: &[Pair]) -> Result<Behaviour> {
    let answers = pairs.iter().map(|pair| Ok((single(tokenizer, &pair.clean_answer)?, single(tokenizer, &pair.patch_answer)?)));
    let answers: Vec<(u32, u32)> = answers.collect::<Result<_>>()?;
    let metric = |prompt: fn(&Pair) -> &str| -> Result<Vec<f64>> {
        let values = pairs.iter().zip(&answers).map(|(pair, (clean, patch))| {
            let logits = last_logits(model, tokenizer, prompt(pair))?;
            Ok(f64::from(logits[*patch as usize] - logits[*clean as usize]))
        });
        values.collect()
    };
    let (clean, patch) = (metric(|pair| &pair.clean_prefix)?, metric(|pair| &pair.patch_prefix)?);
    let worst_clean = clean.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    Ok(Behaviour { clean: mean(&clean), patch: mean(&patch), worst_clean })
}

/// The logit of the baseline's clean answer, the prompt's own name, minus the mean logit of the other clean answers, which are
/// all of the same gender; mean over the pairs. It is above 0 only if the model carries the name itself along, not only its
/// gender.
pub fn own_name_lead(model: &Transformer<Plain>, tokenizer: &Tokenizer, baseline: &[Pair]) -> Result<f64> {
    let names = baseline.iter().map(|pair| single(tokenizer, &pair.clean_answer)).collect::<Result<Vec<u32>>>()?;
    let leads = baseline.iter().zip(&names).map(|(pair, own)| {
        let logits = last_logits(model, tokenizer, &pair.clean_prefix)?;
        let others: Vec<f64> = names.iter().filter(|name| *name != own).map(|name| f64::from(logits[*name as usize])).collect();
        Ok(f64::from(logits[*own as usize]) - mean(&others))
    });
    Ok(mean(&leads.collect::<Result<Vec<f64>>>()?))
}

/// Per profession: its name, the corpus's share of women, and logit\[" she"\] - logit\[" he"\] after "The nurse waits because".
pub fn professions(model: &Transformer<Plain>, tokenizer: &Tokenizer) -> Result<Vec<(&'static str, f64, f64)>> {
    let (he, she) = (single(tokenizer, " he")?, single(tokenizer, " she")?);
    let measure = |(profession, female): &(&'static str, f64)| {
        let logits = last_logits(model, tokenizer, &format!("The {profession} waits because"))?;
        Ok((*profession, *female, f64::from(logits[she as usize] - logits[he as usize])))
    };
    PROFESSIONS.iter().map(measure).collect()
}

/// The `count` most probable next tokens with their probabilities.
pub fn continuations(
    model: &Transformer<Plain>,
    tokenizer: &Tokenizer,
    prompt: &str,
    count: usize,
) -> Result<Vec<(String, f64)>> {
    let logits = last_logits(model, tokenizer, prompt)?;
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let total: f64 = logits.iter().map(|logit| f64::from(logit - largest).exp()).sum();
    let mut order: Vec<u32> = (0..logits.len() as u32).collect();
    order.sort_by(|left, right| logits[*right as usize].total_cmp(&logits[*left as usize]));
    let best = order.into_iter().take(count).map(|token| {
        let text = tokenizer.id_to_token(token).unwrap_or_default().replace('\u{120}', " ");
        (text, f64::from(logits[token as usize] - largest).exp() / total)
    });
    Ok(best.collect())
}

fn last_logits(model: &Transformer<Plain>, tokenizer: &Tokenizer, prompt: &str) -> Result<Vec<f32>> {
    let ids: Vec<i32> = encode(tokenizer, prompt)?.into_iter().map(u32::cast_signed).collect();
    let length = ids.len();
    let tokens = Tensor::<Plain, 2, Int>::from_data(TensorData::new(ids, [1, length]), &NdArrayDevice::default());
    let residual = model.run_layers(0, model.embed(tokens), &mut |_, output| output);
    model.logits(residual.narrow(1, length - 1, 1)).into_data().into_vec().map_err(|error| {
        Problem::new("logits", format_args!("cannot be read back: {error:?}"), "this is a fault of the program: report it")
    })
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}
