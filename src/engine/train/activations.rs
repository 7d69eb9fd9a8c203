//! Collects every submodule's output over the corpus, on which the dictionaries are trained and measured.

use burn::tensor::{Int, Tensor, TensorData};
use burn_ndarray::NdArrayDevice;
use tokenizers::Tokenizer;

use super::language_model::{Plain, WINDOW};
use super::windows::Windows;
use crate::core::problem::{Problem, Result};
use crate::core::submodule::Submodule;
use crate::engine::model::transformer::Transformer;

/// Number of windows that go through the model at once.
const BATCH: usize = 64;

/// The outputs of all submodules for one batch, in the order of [`Submodule::all`].
///
/// # Shapes
/// - each: `[BATCH * WINDOW, width]`
pub type Outputs = Vec<Tensor<Plain, 2>>;

/// Runs the model over windows of the stream `purpose` until at least `tokens` tokens are done; calls `each` with each batch's
/// outputs.
pub fn stream(
    model: &Transformer<Plain>,
    tokenizer: &Tokenizer,
    (seed, purpose): (u32, &str),
    tokens: usize,
    mut each: impl FnMut(Outputs) -> Result<()>,
) -> Result<()> {
    let device = NdArrayDevice::default();
    let mut windows = Windows::new(tokenizer, seed, purpose, WINDOW)?;
    for _ in 0..tokens.div_ceil(BATCH * WINDOW) {
        let batch = TensorData::new(windows.take(BATCH)?, [BATCH, WINDOW]);
        let mut outputs = Vec::new();
        let hidden = model.embed(Tensor::<Plain, 2, Int>::from_data(batch, &device));
        model.run_layers(0, hidden, &mut |submodule, output| {
            outputs.push((submodule, output.clone().flatten(0, 1)));
            output
        });
        outputs.sort_by_key(|(submodule, _): &(Submodule, _)| *submodule);
        each(outputs.into_iter().map(|(_, output)| output).collect())?;
    }
    Ok(())
}

/// The outputs of all submodules over at least `tokens` tokens, one row-major array per submodule in the order of
/// [`Submodule::all`].
pub fn collect(
    model: &Transformer<Plain>,
    tokenizer: &Tokenizer,
    stream_of: (u32, &str),
    tokens: usize,
) -> Result<Vec<Vec<f32>>> {
    let mut rows: Vec<Vec<f32>> = vec![Vec::new(); Submodule::all(model.config().layers).len()];
    stream(model, tokenizer, stream_of, tokens, |outputs| {
        for (rows, output) in rows.iter_mut().zip(outputs) {
            rows.extend(values(output)?);
        }
        Ok(())
    })?;
    Ok(rows)
}

/// A tensor's values in row-major order.
pub fn values<const D: usize>(tensor: Tensor<Plain, D>) -> Result<Vec<f32>> {
    tensor.into_data().into_vec().map_err(|error| {
        Problem::new("tensor", format_args!("cannot be read back: {error:?}"), "this is a fault of the program: report it")
    })
}
