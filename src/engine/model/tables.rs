//! Embedding and unembedding of a model that runs: a study reads a few dozen of their rows, so a processor leaves them in their files, of
//! which they would be the larger part in memory. A card, whose way to the files is long, holds them.

use burn::tensor::{Int, Tensor, TensorData};
use rayon::prelude::*;

use super::config::Config;
use super::load::{Names, ROWS_AT_ONCE};
use super::operations::Operations;
use super::weight_files::WeightFiles;
use crate::core::problem::Result;
use crate::engine::cancel::Cancel;
use crate::engine::tensor_file::StoredTensor;

/// Bytes of the unembedding that a thread multiplies together where it stays in its file: what its cache holds.
const BYTES_TOGETHER: usize = 2 << 20;

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
                let starts: Vec<usize> = (0..config.vocabulary).step_by(ROWS_AT_ONCE).collect();
                starts.par_iter().try_for_each(|first| {
                    let rows = *first..config.vocabulary.min(first + ROWS_AT_ONCE);
                    stored.narrowed(0, rows).expect_all_finite(cancel)
                })?;
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
        match self.unembedding() {
            Table::Held(table) => Ok(finish(B::product(normalised.clone(), table.clone().transpose()))),
            Table::Stored(stored) => {
                let together = BYTES_TOGETHER / (stored.shape()[1] * size_of::<f32>());
                self.logits_of_stored(stored, together.max(1), normalised, finish, cancel)
            }
        }
    }

    /// The same with an unembedding in its file, of which a thread multiplies `together` rows together.
    fn logits_of_stored(
        &self,
        stored: &StoredTensor,
        together: usize,
        normalised: &Tensor<B, 2>,
        finish: impl Fn(Tensor<B, 2>) -> Vec<f32> + Sync,
        cancel: &Cancel,
    ) -> Result<Vec<f32>> {
        let [rows, width] = normalised.dims();
        let vocabulary = stored.shape()[0];
        let starts: Vec<usize> = (0..vocabulary).step_by(together).collect();
        let part = |first: &usize| {
            cancel.check()?;
            let tokens = *first..vocabulary.min(first + together);
            let rows = TensorData::new(stored.narrowed(0, tokens.clone()).values()?, [tokens.len(), width]);
            Ok(finish(B::product(normalised.clone(), Tensor::<B, 2>::from_data(rows, &self.device).transpose())))
        };
        let mut logits = vec![0.0; rows * vocabulary];
        // A few parts for each thread, so that all logits are not there twice.
        for starts in starts.chunks(4 * rayon::current_num_threads()) {
            let parts: Vec<Vec<f32>> = starts.par_iter().map(part).collect::<Result<_>>()?;
            for (first, part) in starts.iter().zip(&parts) {
                let count = part.len() / rows.max(1);
                for (row, part) in part.chunks_exact(count.max(1)).enumerate() {
                    logits[row * vocabulary + first..][..count].copy_from_slice(part);
                }
            }
        }
        Ok(logits)
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

#[cfg(test)]
mod tests {
    use burn_ndarray::{NdArray, NdArrayDevice};

    use super::*;
    use crate::engine::demo;

    #[test]
    fn tables_in_their_files_give_what_tables_in_memory_give() {
        let (config, files, cancel) = (demo::config().unwrap(), demo::weights().unwrap(), Cancel::default());
        let names = Names::of(&config, &files, &cancel).unwrap();
        let load = |held| Tables::<NdArray<f32>>::load(&config, &files, names, held, &NdArrayDevice::Cpu, &cancel).unwrap();
        let (held, stored) = (load(true), load(false));
        let ids = [3, 0, 1000, 3];
        for rows in [Tables::embedding_rows, Tables::unembedding_rows] {
            let [of_held, of_stored] = [&held, &stored].map(|tables| NdArray::numbers(rows(tables, &ids).unwrap()));
            assert_eq!(of_held, of_stored);
            let row = |index: usize| &of_held[index * config.width..(index + 1) * config.width];
            assert!(row(0) == row(3) && row(0) != row(1));
        }
        let normalised = stored.embedding_rows(&ids).unwrap();
        let expected = held.logits(&normalised, NdArray::numbers, &cancel).unwrap();
        assert_eq!(expected.len(), ids.len() * config.vocabulary);
        let Table::Stored(table) = stored.unembedding() else { panic!("it stays in its file") };
        for together in [1, 100, config.vocabulary] {
            let found = stored.logits_of_stored(table, together, &normalised, NdArray::numbers, &cancel).unwrap();
            for (place, (found, expected)) in found.iter().zip(&expected).enumerate() {
                assert!((found - expected).abs() < 1e-5 * expected.abs().max(1.0), "{together}, {place}: {found}, {expected}");
            }
        }
        assert_eq!(stored.logits(&normalised, NdArray::numbers, &cancel).unwrap().len(), expected.len());
        cancel.cancel();
        assert!(stored.logits(&normalised, NdArray::numbers, &cancel).is_err());
    }
}
