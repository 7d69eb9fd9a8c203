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

/// Features whose encoders are read and multiplied together: at a width of 512 these are 2 MiB.
pub const FEATURES_AT_ONCE: usize = 1024;

/// Buffers of one thread, which are used again: a fresh large allocation costs a page fault for every four kilobytes.
#[derive(Default)]
pub struct Buffers {
    /// `[width, features of the block]`
    encoder: Vec<f32>,
    /// `[tokens, features of the block]`: pre-activations.
    codes: Vec<f32>,
}

/// What the dictionary's rule selects in one block, for all tokens.
struct Block {
    /// Row `r` owns the entries up to `ends[r]`.
    ends: Vec<usize>,
    entries: Vec<(u32, f32)>,
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
    let block = |buffers: &mut Buffers, first: usize| {
        cancel.check()?;
        encode_block(dictionary, &input, first..dictionary.features().min(first + FEATURES_AT_ONCE), norms, buffers)
    };
    let blocks: Vec<Block> = starts.into_par_iter().map_init(Buffers::default, block).collect::<Result<_>>()?;
    Ok((0..tokens.len())
        .into_par_iter()
        .map(|token| rule.decide(blocks.iter().flat_map(|block| block.row(token).iter().copied())))
        .collect())
}

fn encode_block(
    dictionary: &Dictionary,
    input: &[f32],
    features: Range<usize>,
    norms: &[f32],
    buffers: &mut Buffers,
) -> Result<Block> {
    let (first, count, width) = (features.start, features.len(), dictionary.width());
    let rows = input.len() / width;
    let Buffers { encoder, codes } = buffers;
    codes.resize(rows * count, 0.0);
    fill_rows(codes, &dictionary.encoder_bias()[features.clone()]);
    dictionary.read_encoder(features, encoder)?;
    add_product(input, Right::whole(encoder, count), [width, count], codes);
    let mut block = Block { ends: Vec::with_capacity(rows), entries: Vec::new() };
    for codes in codes.chunks_exact(count) {
        dictionary.arithmetic().rule.select(first, codes, norms, &mut block.entries);
        block.ends.push(block.entries.len());
    }
    Ok(block)
}

impl Block {
    fn row(&self, row: usize) -> &[(u32, f32)] {
        let start = if row == 0 { 0 } else { self.ends[row - 1] };
        &self.entries[start..self.ends[row]]
    }
}
