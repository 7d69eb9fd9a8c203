//! Dictionary encoders: one large product, of which almost no value is above zero.

use std::ops::Range;

use rayon::prelude::*;

use super::NativeCompute;
use super::product::add_rows;
use super::vector::fill_rows;
use crate::core::problem::Result;
use crate::engine::cancel::Cancel;
use crate::engine::dictionary::Dictionary;
use crate::engine::dictionary::codes::TokenCodes;

/// Features whose encoders are read and multiplied together: at a width of 512 these are 2 MiB.
pub const FEATURES_AT_ONCE: usize = 1024;

/// Buffers of one thread.
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

impl NativeCompute {
    pub(super) fn encode_all(&self, dictionary: &Dictionary, tokens: &[&[f32]], cancel: &Cancel) -> Result<Vec<TokenCodes>> {
        let input = dictionary.inputs(tokens)?;
        let (rule, norms) = (&dictionary.arithmetic().rule, dictionary.norms_for_rule(cancel)?);
        let starts: Vec<usize> = (0..dictionary.features()).step_by(FEATURES_AT_ONCE).collect();
        let block = |first: usize| {
            cancel.check()?;
            let mut buffers = self.encoders.take();
            let block =
                encode_block(dictionary, &input, first..dictionary.features().min(first + FEATURES_AT_ONCE), norms, &mut buffers);
            self.encoders.give(buffers);
            block
        };
        let blocks: Vec<Block> = starts.into_par_iter().map(block).collect::<Result<_>>()?;
        Ok((0..tokens.len()).map(|token| rule.decide(blocks.iter().flat_map(|block| block.row(token).iter().copied()))).collect())
    }
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
    add_rows(input, encoder, [width, count], codes);
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
