//! One submodule in one batch: the codes and the reconstruction error of every token.

use super::inside::Source;
use super::prepared::Prepared;
use super::stages::{Stage, Stages};
use crate::core::problem::Result;
use crate::core::submodule::Submodule;
use crate::core::view::Direction;
use crate::engine::cancel::Cancel;
use crate::engine::compute::Compute;
use crate::engine::dictionary::Dictionary;
use crate::engine::dictionary::arithmetic::Written;
use crate::engine::dictionary::codes::{DecoderRows, TokenCodes, active_features, errors_without_skip};
use crate::engine::dictionary::report::Fit;

/// A submodule with the codes of all tokens; tokens that read the same text share theirs.
///
/// A row is a token of one side, pair after pair.
pub struct Site<'a> {
    /// The batch with its plain runs.
    pub prepared: &'a Prepared<'a>,
    /// The submodule's dictionary.
    pub dictionary: &'a Dictionary,
    /// The dictionary's place among all dictionaries.
    pub ordinal: usize,
    /// The submodule whose output is encoded.
    pub submodule: Submodule,
    /// Decoder rows of every feature that is active at any token.
    pub decoder: DecoderRows,
    /// The codes of each prefix.
    codes: Vec<TokenCodes>,
    /// `[prefixes, width]`: the reconstruction error of each prefix.
    errors: Vec<f32>,
    /// How the token at the end of each prefix scales what its codes write; none if the dictionary scales no token and skips nothing.
    written: Vec<Written>,
    /// `[prefixes, width]`: what the output has beyond its features, up to a constant, where that is not the error.
    rests: Vec<f32>,
}

/// Output, codes and error vector of one token of one side.
#[derive(Clone, Copy)]
pub struct Token<'a> {
    /// The submodule's output, `[width]`.
    pub output: &'a [f32],
    /// The active features, ascending, with their activations.
    pub codes: &'a [(u32, f32)],
    /// The reconstruction error, `[width]`.
    pub error: &'a [f32],
    /// What the output has beyond its features, `[width]`: the error, what a transcoder's skip connection writes, and what the token's
    /// scale makes of the bias. Differences between tokens count: a constant is left out.
    pub rest: &'a [f32],
    /// What the token multiplies its decoder rows by: 1 unless the dictionary scales each token.
    pub factor: f32,
}

impl<'a> Site<'a> {
    /// Encodes what dictionary number `ordinal` reads, takes what it writes from the submodule's output, and asks the system to read ahead
    /// the file of `next`, the dictionary that comes afterwards. The memory of `earlier` rows is used again.
    pub fn open(
        prepared: &'a Prepared<'a>,
        ordinal: usize,
        next: &Dictionary,
        earlier: DecoderRows,
        stages: &Stages,
    ) -> Result<Self> {
        let sharing = &prepared.sharing;
        let dictionary = &sharing.model.dictionaries[ordinal];
        let submodule = dictionary.submodule();
        let rows = |source: Source| -> Vec<&[f32]> {
            prepared.prefixes.tokens().iter().map(|(side, row)| prepared.row(source, *side, *row)).collect()
        };
        let (read, outputs) = (rows(Source::read_by(dictionary)), rows(Source::of(submodule)));
        let codes = stages.time(Stage::Encode, || sharing.codes(ordinal, &prepared.prefixes, &read))?;
        stages.time(Stage::Decode, || {
            let decoder = earlier.read_instead(dictionary, active_features(&codes), sharing.cancel)?;
            // Giving pages back and asking for others takes one thread as long as the errors take the others.
            let pages = || {
                dictionary.release();
                next.read_ahead();
            };
            let errors = || errors_without_skip(dictionary, &read, &outputs, &codes, &decoder);
            let ((), mut errors) = rayon::join(pages, errors);
            let is_apart = dictionary.arithmetic().is_per_token() || dictionary.skips();
            let written: Vec<Written> = read.iter().filter(|_| is_apart).map(|x| dictionary.written(x)).collect();
            let rests = rests(dictionary, &errors, &written);
            dictionary.subtract_skips(&read, &mut errors)?;
            Ok(Self { prepared, dictionary, ordinal, submodule, decoder, codes, errors, written, rests })
        })
    }

    /// The backend that holds the model.
    pub fn compute(&self) -> &'a dyn Compute {
        self.prepared.sharing.model.compute
    }

    /// Raised when nobody waits for the result any more.
    pub fn cancel(&self) -> &'a Cancel {
        self.prepared.sharing.cancel
    }

    /// Tokens per prompt.
    pub fn positions(&self) -> usize {
        self.prepared.sharing.batch.positions
    }

    /// Number of tokens of a side.
    pub fn rows(&self) -> usize {
        self.prepared.prefixes.rows()
    }

    /// Token `row` at the two ends of a view of direction `direction`: in the run that it starts from and in the one that it
    /// moves toward.
    pub fn ends(&self, direction: Direction, row: usize) -> (Token<'_>, Token<'_>) {
        direction.orient(self.token(0, row), self.token(1, row))
    }

    /// At least as many features as differ between the two sides, summed over all tokens.
    pub fn most_changes(&self) -> usize {
        let at = |row: usize| self.token(0, row).codes.len() + self.token(1, row).codes.len();
        (0..self.rows()).map(at).sum()
    }

    /// Adds all tokens of both sides to `fit`.
    pub fn add_to(&self, fit: &mut Fit) {
        for side in 0..2 {
            for row in 0..self.rows() {
                let token = self.token(side, row);
                fit.add(&self.dictionary.framed_output(token.output), token.error, token.codes.len());
            }
        }
    }

    fn token(&self, side: usize, row: usize) -> Token<'_> {
        let (prefix, width) = (self.prepared.prefixes.at(side, row), self.dictionary.written_width());
        let of_prefix = prefix * width..(prefix + 1) * width;
        Token {
            output: self.prepared.row(Source::of(self.submodule), side, row),
            codes: &self.codes[prefix],
            error: &self.errors[of_prefix.clone()],
            rest: self.rests.get(of_prefix.clone()).unwrap_or(&self.errors[of_prefix]),
            factor: self.written.get(prefix).map_or(1.0, |written| written.factor),
        }
    }
}

/// The outputs minus what features write, `[prefixes, width]`: with `x = factor (sum_j f_j d_j + b) + offset + left`, that is `left` (the
/// error and what a skip connection writes), `offset` and `factor b`. Empty if `written` is, for then it is the error and a constant.
fn rests(dictionary: &Dictionary, errors: &[f32], written: &[Written]) -> Vec<f32> {
    let rows = errors.chunks_exact(dictionary.written_width()).zip(written);
    let rest = |(errors, written): (&'_ [f32], &Written)| {
        let Written { factor, offset } = *written;
        let rest = errors.iter().zip(dictionary.decoder_bias()).map(move |(error, bias)| error + (offset + factor * bias));
        rest.collect::<Vec<f32>>()
    };
    rows.flat_map(rest).collect()
}
