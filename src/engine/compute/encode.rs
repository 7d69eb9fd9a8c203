//! Dictionary encoders: one large product, of which almost no value is above zero.
//!
//! They run on the processor, whatever the backend. To have the same on a card, the encoder has to be copied there and every
//! pre-activation back. For pythia-70m's size that took 3.1 s of 4.5 s on an H200 (each of 18 dictionaries 55 ms to be read, 95 ms to
//! be uploaded, 0.7 ms to be multiplied, 19 ms for the way back and 8 ms to be searched), where the 16 cores beside it take 0.17 s.

use std::ops::Range;

use rayon::prelude::*;

use super::processor::product::{Right, add_product};
use super::processor::vector::fill_rows;
use crate::core::problem::Result;
use crate::engine::cancel::Cancel;
use crate::engine::dictionary::Dictionary;
use crate::engine::dictionary::codes::TokenCodes;

/// Features whose encoders are read and multiplied together: at a width of 512 these are half a MiB, which stays in a core's cache.
pub const FEATURES_AT_ONCE: usize = 256;

/// The features of a token that are active, or may be once the whole token is known.
type Candidates = Vec<(u32, f32)>;

/// Neighbouring blocks of features, which one thread goes through one after another.
struct Part {
    /// `[width, features of the block]`, a buffer that is used again: a fresh large allocation costs a page fault for every four kilobytes.
    encoder: Vec<f32>,
    /// `[tokens, features of the block]`: pre-activations, in a buffer, too.
    pre: Vec<f32>,
    /// What the dictionary's rule found, for each token.
    found: Vec<Candidates>,
}

/// The active features of every one of `tokens`, each `[width]`, in one read of the encoder: the dictionary's rule, applied to
/// `z W_enc + b_enc` of its inputs `z`.
///
/// # Errors
/// When a weight is not finite, or `cancel` is raised.
pub fn encode(dictionary: &Dictionary, tokens: &[&[f32]], cancel: &Cancel) -> Result<Vec<TokenCodes>> {
    let input = dictionary.inputs(tokens)?;
    let (rule, norms) = (&dictionary.arithmetic().rule, dictionary.norms_for_rule(cancel)?);
    let starts: Vec<usize> = (0..dictionary.features()).step_by(FEATURES_AT_ONCE).collect();
    let new = || Part { encoder: Vec::new(), pre: Vec::new(), found: vec![Vec::new(); tokens.len()] };
    let add = |mut part: Part, first: usize| {
        cancel.check()?;
        part.add(dictionary, &input, first..dictionary.features().min(first + FEATURES_AT_ONCE), norms)?;
        Ok(part)
    };
    // Of a part that is done only what it found stays.
    let parts = starts.into_par_iter().try_fold(new, add).map(|part| part.map(|part| part.found));
    let parts: Vec<Vec<Candidates>> = parts.collect::<Result<_>>()?;
    let of_token = |token: usize| rule.decide(parts.iter().flat_map(|found| found[token].iter().copied()));
    Ok((0..tokens.len()).into_par_iter().map(of_token).collect())
}

impl Part {
    /// Goes through the block of `features`, which come after those before.
    fn add(&mut self, dictionary: &Dictionary, input: &[f32], features: Range<usize>, norms: &[f32]) -> Result<()> {
        let (first, count, width) = (features.start, features.len(), dictionary.width());
        self.pre.resize(input.len() / width * count, 0.0);
        fill_rows(&mut self.pre, &dictionary.encoder_bias()[features.clone()]);
        dictionary.read_encoder(features, &mut self.encoder)?;
        add_product(input, Right::whole(&self.encoder, count), [width, count], &mut self.pre);
        for (pre, found) in self.pre.chunks_exact(count).zip(&mut self.found) {
            dictionary.arithmetic().rule.select(first, pre, norms, found);
        }
        Ok(())
    }
}
