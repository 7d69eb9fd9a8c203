//! Embedding and unembedding of a model that runs: a study reads a few dozen of their rows, so a processor leaves them in their files, of
//! which they would be the larger part in memory. A card, whose way to the files is long, holds them.

use burn::tensor::{Int, Tensor, TensorData};
use rayon::prelude::*;

use super::config::Config;
use super::load::Names;
use super::operations::Operations;
use super::weight_files::WeightFiles;
use crate::core::problem::Result;
use crate::engine::cancel::Cancel;
use crate::engine::tensor_file::StoredTensor;

/// Tokens of the vocabulary whose logits are computed together where the unembedding stays in its file.
const TOKENS_TOGETHER: usize = 4096;

/// The two tables, `[vocabulary, width]` each.
pub struct Tables<B: Operations> {
    embedding: Table<B>,
    /// None if the embedding serves as the unembedding, too.
    unembedding: Option<Table<B>>,
    device: B::Device,
}

enum Table<B: Operations> {
    Held(Tensor<B, 2>),
    Stored(StoredTensor),
}

impl<B: Operations> Tables<B> {
    /// Reads and checks all values; if `held` is set, they stay in memory.
    ///
    /// # Errors
    /// When a table is missing, has another shape or element type, or holds a value that is not finite, or `cancel` is raised.
    pub fn load(
        config: &Config,
        files: &WeightFiles,
        names: Names,
        held: bool,
        device: &B::Device,
        cancel: &Cancel,
    ) -> Result<Self> {
        let table = |name: &str| {
            let stored = files.tensor(name)?.expect_shape(&[config.vocabulary, config.width])?;
            if !held {
                stored.expect_all_finite(cancel)?;
                return Ok(Table::Stored(stored));
            }
            let values = TensorData::new(stored.values()?, [config.vocabulary, config.width]);
            Ok(Table::Held(Tensor::from_data(values, device)))
        };
        let embedding = table(&names.embedding())?;
        let unembedding = names.unembedding.map(table).transpose()?;
        files.release();
        Ok(Self { embedding, unembedding, device: device.clone() })
    }

    /// The embedding's rows of `tokens`, `[tokens, width]`.
    ///
    /// # Errors
    /// When the file changed since the model was loaded.
    pub fn embedding_rows(&self, tokens: &[u32]) -> Result<Tensor<B, 2>> {
        self.embedding.rows(tokens, &self.device)
    }

    /// The unembedding's rows of `tokens`, `[tokens, width]`.
    ///
    /// # Errors
    /// When the file changed since the model was loaded.
    pub fn unembedding_rows(&self, tokens: &[u32]) -> Result<Tensor<B, 2>> {
        self.unembedding().rows(tokens, &self.device)
    }

    /// The product of `normalised`, `[rows, width]`, with every row of the unembedding; `finish` sees the products with one part of the
    /// vocabulary after another, `[rows, tokens of the part]`, and returns its values. Output: `[rows, vocabulary]`.
    ///
    /// # Errors
    /// When the file changed since the model was loaded, or `cancel` is raised.
    pub fn logits(
        &self,
        normalised: &Tensor<B, 2>,
        finish: impl Fn(Tensor<B, 2>) -> Vec<f32> + Sync,
        cancel: &Cancel,
    ) -> Result<Vec<f32>> {
        let stored = match self.unembedding() {
            Table::Held(table) => return Ok(finish(B::product(normalised.clone(), table.clone().transpose()))),
            Table::Stored(stored) => stored,
        };
        let [vocabulary, width] = [stored.shape()[0], stored.shape()[1]];
        let starts: Vec<usize> = (0..vocabulary).step_by(TOKENS_TOGETHER).collect();
        let part = |first: &usize| {
            cancel.check()?;
            let tokens = *first..vocabulary.min(first + TOKENS_TOGETHER);
            let rows = TensorData::new(stored.narrowed(0, tokens.clone()).values()?, [tokens.len(), width]);
            Ok(finish(B::product(normalised.clone(), Tensor::<B, 2>::from_data(rows, &self.device).transpose())))
        };
        let parts: Vec<Vec<f32>> = starts.par_iter().map(part).collect::<Result<_>>()?;
        let [rows, _] = normalised.dims();
        let row = |row: usize| {
            parts.iter().flat_map(move |part| part[row * (part.len() / rows)..(row + 1) * (part.len() / rows)].iter().copied())
        };
        Ok((0..rows).flat_map(row).collect())
    }

    fn unembedding(&self) -> &Table<B> {
        self.unembedding.as_ref().unwrap_or(&self.embedding)
    }
}

impl<B: Operations> Table<B> {
    fn rows(&self, tokens: &[u32], device: &B::Device) -> Result<Tensor<B, 2>> {
        match self {
            Self::Held(table) => {
                let ids: Vec<i32> = tokens.iter().map(|token| *token as i32).collect();
                let ids = Tensor::<B, 1, Int>::from_data(TensorData::new(ids, [tokens.len()]), device);
                Ok(table.clone().select(0, ids))
            }
            Self::Stored(stored) => {
                let width = stored.shape()[1];
                let mut rows = vec![0.0; tokens.len() * width];
                for (token, row) in tokens.iter().zip(rows.chunks_exact_mut(width)) {
                    stored.read_row(*token as usize, row)?;
                }
                Ok(Tensor::from_data(TensorData::new(rows, [tokens.len(), width]), device))
            }
        }
    }
}
