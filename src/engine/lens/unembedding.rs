//! Reads directions by the unembedding, block by block of its rows: it is the largest matrix of a small model.

use rayon::prelude::*;

use super::TOKENS;
use super::strongest::Strongest;
use crate::core::lens::{AnswerDifference, Lens, LensForm, TokenValue};
use crate::core::problem::Result;
use crate::engine::cancel::Cancel;
use crate::engine::compute::Answers;
use crate::engine::lanes::dot;
use crate::engine::loaded::Loaded;
use crate::engine::model::load::Names;
use crate::engine::tensor_file::StoredTensor;

/// Rows that are read together.
const TOGETHER: usize = 1024;

/// The matrix U, `[vocabulary, width]`, in its file.
pub struct Unembedding<'a> {
    loaded: &'a Loaded,
    weights: StoredTensor,
    vocabulary: usize,
    width: usize,
}

impl<'a> Unembedding<'a> {
    /// Opens it, or the embedding in a model whose embedding serves as such; `names` are those of the model's tensors.
    pub fn open(loaded: &'a Loaded, names: &Names) -> Result<Self> {
        let config = loaded.compute.config();
        let (vocabulary, width) = (config.vocabulary, config.width);
        let name = names.unembedding.map_or_else(|| names.model(&format!("{}.weight", names.layout.embedding)), str::to_owned);
        let weights = loaded.weights.tensor(&name)?.expect_shape(&[vocabulary, width])?;
        Ok(Self { loaded, weights, vocabulary, width })
    }

    /// What U makes of each of `vectors`, `[width]` each; the caller names the form.
    pub fn lenses(&self, vectors: &[Vec<f32>], answers: &[Answers], cancel: &Cancel) -> Result<Vec<Lens>> {
        let mut ends: Vec<[Strongest<u32>; 2]> = vectors.iter().map(|_| [TOKENS, TOKENS].map(Strongest::new)).collect();
        for first in (0..self.vocabulary).step_by(TOGETHER) {
            cancel.check()?;
            let rows = self.weights.narrowed(0, first..self.vocabulary.min(first + TOGETHER)).values()?;
            ends.par_iter_mut().zip(vectors).for_each(|([promoted, suppressed], vector)| {
                for (place, row) in rows.chunks_exact(self.width).enumerate() {
                    let (token, value) = ((first + place) as u32, dot(row, vector));
                    promoted.offer(token, value);
                    suppressed.offer(token, -value);
                }
            });
        }
        let directions = self.answer_directions(answers)?;
        let lens = |([promoted, suppressed], vector): ([Strongest<u32>; 2], &Vec<f32>)| Lens {
            form: LensForm::Folded,
            promoted: promoted.into_kept().into_iter().map(|(token, value)| self.token(token, value)).collect(),
            suppressed: suppressed.into_kept().into_iter().map(|(token, value)| self.token(token, -value)).collect(),
            answers: directions.iter().map(|(answers, pairs, row)| self.difference(*answers, *pairs, dot(row, vector))).collect(),
        };
        Ok(ends.into_iter().zip(vectors).map(lens).collect())
    }

    /// Each different pair of answers with its number of pairs and the difference of both rows of U.
    fn answer_directions(&self, answers: &[Answers]) -> Result<Vec<(Answers, usize, Vec<f32>)>> {
        let mut directions: Vec<(Answers, usize, Vec<f32>)> = Vec::new();
        for pair in answers {
            if let Some((_, count, _)) = directions.iter_mut().find(|(known, ..)| known == pair) {
                *count += 1;
                continue;
            }
            let [mut clean, mut patch] = [vec![0.0; self.width], vec![0.0; self.width]];
            self.weights.read_row(pair.clean as usize, &mut clean)?;
            self.weights.read_row(pair.patch as usize, &mut patch)?;
            patch.iter_mut().zip(&clean).for_each(|(patch, clean)| *patch -= clean);
            directions.push((*pair, 1, patch));
        }
        Ok(directions)
    }

    fn difference(&self, Answers { clean, patch }: Answers, pairs: usize, value: f32) -> AnswerDifference {
        AnswerDifference { clean, patch, texts: [self.text(clean), self.text(patch)], pairs, value }
    }

    fn token(&self, token: u32, value: f32) -> TokenValue {
        TokenValue { token, text: self.text(token), value }
    }

    fn text(&self, token: u32) -> String {
        let tokenizer = self.loaded.tokenizer.as_ref();
        tokenizer.map_or_else(|| format!("#{token}"), |tokenizer| tokenizer.texts(&[token]).concat())
    }
}
