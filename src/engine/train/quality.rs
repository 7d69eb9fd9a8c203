//! Measures the saved dictionaries on corpus text that nothing was trained on.

use std::path::Path;

use burn::tensor::activation::relu;
use burn::tensor::{Tensor, TensorData};
use burn_ndarray::NdArrayDevice;
use tokenizers::Tokenizer;

use super::activations::{stream, values};
use super::dictionary::FEATURES;
use super::dictionary_files::folder;
use super::language_model::Plain;
use crate::core::problem::Result;
use crate::core::submodule::Submodule;
use crate::engine::model::neox::NeoX;
use crate::engine::tensor_file::TensorFile;

/// How good one dictionary is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quality {
    /// Sum of squared errors over the sum of squared distances from the mean activation.
    pub unexplained: f64,
    /// Mean number of active features of a token.
    pub active: f64,
    /// Share of features that were never active.
    pub dead: f64,
}

/// A dictionary as it was saved, widened to f32, with sums over the tokens seen.
struct Measured {
    encoder: Tensor<Plain, 2>,
    encoder_bias: Tensor<Plain, 2>,
    decoder: Tensor<Plain, 2>,
    decoder_bias: Tensor<Plain, 2>,
    fired: Vec<f64>,
    sums: Vec<f64>,
    squares: f64,
    squared_errors: f64,
    tokens: f64,
}

/// Measures the dictionaries in folder `dictionaries` over at least `tokens` held-out tokens, in the order of [`Submodule::all`].
pub fn measure(
    model: &NeoX<Plain>,
    tokenizer: &Tokenizer,
    dictionaries: &Path,
    seed: u32,
    tokens: usize,
) -> Result<Vec<Quality>> {
    let config = model.config();
    let open = |submodule| Measured::open(&folder(dictionaries, submodule).join("sae_weights.safetensors"), config.width);
    let mut measured: Vec<Measured> = Submodule::all(config.layers).into_iter().map(open).collect::<Result<_>>()?;
    stream(model, tokenizer, (seed, "evaluation"), tokens, |outputs| {
        measured.iter_mut().zip(outputs).try_for_each(|(measured, output)| measured.add(output))
    })?;
    Ok(measured.iter().map(Measured::quality).collect())
}

impl Measured {
    fn open(path: &Path, width: usize) -> Result<Self> {
        let file = TensorFile::open(path)?;
        let read = |name: &str, stored: &[usize], shape: [usize; 2]| -> Result<Tensor<Plain, 2>> {
            let values = file.tensor(name)?.expect_shape(stored)?.values()?;
            Ok(Tensor::from_data(TensorData::new(values, shape), &NdArrayDevice::default()))
        };
        Ok(Self {
            encoder: read("W_enc", &[width, FEATURES], [width, FEATURES])?,
            encoder_bias: read("b_enc", &[FEATURES], [1, FEATURES])?,
            decoder: read("W_dec", &[FEATURES, width], [FEATURES, width])?,
            decoder_bias: read("b_dec", &[width], [1, width])?,
            fired: vec![0.0; FEATURES],
            sums: vec![0.0; width],
            squares: 0.0,
            squared_errors: 0.0,
            tokens: 0.0,
        })
    }

    /// # Shapes
    /// - output: `[tokens, width]`
    fn add(&mut self, output: Tensor<Plain, 2>) -> Result<()> {
        let [tokens, _] = output.dims();
        let centred = output.clone() - self.decoder_bias.clone();
        let features = relu(centred.clone().matmul(self.encoder.clone()) + self.encoder_bias.clone());
        let error = centred - features.clone().matmul(self.decoder.clone());
        let counts = values(features.greater_elem(0.0).float().sum_dim(0))?;
        add_to(&mut self.fired, &counts);
        add_to(&mut self.sums, &values(output.clone().sum_dim(0))?);
        self.squares += f64::from(output.square().sum().into_scalar());
        self.squared_errors += f64::from(error.square().sum().into_scalar());
        self.tokens += tokens as f64;
        Ok(())
    }

    fn quality(&self) -> Quality {
        let mean_squares: f64 = self.sums.iter().map(|sum| sum * sum).sum::<f64>() / self.tokens;
        Quality {
            unexplained: self.squared_errors / (self.squares - mean_squares),
            active: self.fired.iter().sum::<f64>() / self.tokens,
            dead: self.fired.iter().filter(|count| **count == 0.0).count() as f64 / FEATURES as f64,
        }
    }
}

fn add_to(sums: &mut [f64], values: &[f32]) {
    sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += f64::from(*value));
}
