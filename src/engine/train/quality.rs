//! Measures the saved dictionaries on corpus text that was not used in training.

use std::path::Path;

use burn::tensor::activation::relu;
use burn::tensor::{Int, Tensor, TensorData};
use burn_ndarray::NdArrayDevice;
use tokenizers::Tokenizer;

use super::activations::{stream, values};
use super::autoencoder::FEATURES;
use super::behaviour::Pair;
use super::dictionary_files::folder;
use super::language_model::Plain;
use super::vocabulary::encode;
use crate::core::problem::Result;
use crate::core::submodule::Submodule;
use crate::engine::model::transformer::Transformer;
use crate::engine::tensor_file::TensorFile;

/// How well one dictionary fits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quality {
    /// Sum of squared errors over the sum of squared distances from the mean activation.
    pub unexplained: f64,
    /// The ratio `unexplained` over the study's own prompts without their first token, whose activations are many times longer.
    pub unexplained_prompts: f64,
    /// Mean number of active features of a token.
    pub active: f64,
    /// Share of features that were never active.
    pub dead: f64,
}

/// A dictionary as it was saved, widened to f32, with sums over the tokens that it was measured on.
struct Measured {
    encoder: Tensor<Plain, 2>,
    encoder_bias: Tensor<Plain, 2>,
    decoder: Tensor<Plain, 2>,
    decoder_bias: Tensor<Plain, 2>,
    fired: Vec<f64>,
    all: Sums,
    prompts: Sums,
}

/// Sums from which the unexplained variance of some tokens follows.
#[derive(Default)]
struct Sums {
    outputs: Vec<f64>,
    squares: f64,
    squared_errors: f64,
    tokens: f64,
}

impl Sums {
    /// # Shapes
    /// - output, error: `[tokens, width]`
    fn add(&mut self, output: Tensor<Plain, 2>, error: Tensor<Plain, 2>) -> Result<()> {
        let [tokens, width] = output.dims();
        self.outputs.resize(width, 0.0);
        add_to(&mut self.outputs, &values(output.clone().sum_dim(0))?);
        self.squares += f64::from(output.square().sum().into_scalar());
        self.squared_errors += f64::from(error.square().sum().into_scalar());
        self.tokens += tokens as f64;
        Ok(())
    }

    fn unexplained(&self) -> f64 {
        let mean_squares: f64 = self.outputs.iter().map(|sum| sum * sum).sum::<f64>() / self.tokens;
        self.squared_errors / (self.squares - mean_squares)
    }
}

/// Measures the dictionaries in folder `dictionaries` over at least `tokens` held-out tokens and over the prompts of
/// `pairs`, in the order of [`Submodule::all`].
pub fn measure(
    model: &Transformer<Plain>,
    tokenizer: &Tokenizer,
    dictionaries: &Path,
    pairs: &[Pair],
    seed: u32,
    tokens: usize,
) -> Result<Vec<Quality>> {
    let config = model.config();
    let open = |submodule| Measured::open(&folder(dictionaries, submodule).join("sae_weights.safetensors"), config.width);
    let mut measured: Vec<Measured> = Submodule::all(config.layers).into_iter().map(open).collect::<Result<_>>()?;
    stream(model, tokenizer, (seed, "evaluation"), tokens, |outputs| {
        measured.iter_mut().zip(outputs).try_for_each(|(measured, output)| measured.add(output))
    })?;
    for prompt in pairs.iter().flat_map(|pair| [&pair.clean_prefix, &pair.patch_prefix]) {
        for (measured, output) in measured.iter_mut().zip(outputs(model, &encode(tokenizer, prompt)?)) {
            measured.add_prompt(output)?;
        }
    }
    Ok(measured.iter().map(Measured::quality).collect())
}

/// The outputs of all submodules for one prompt, in the order of [`Submodule::all`].
///
/// # Shapes
/// - each: `[positions, width]`
fn outputs(model: &Transformer<Plain>, tokens: &[u32]) -> Vec<Tensor<Plain, 2>> {
    let ids: Vec<i32> = tokens.iter().map(|token| token.cast_signed()).collect();
    let ids = Tensor::<Plain, 2, Int>::from_data(TensorData::new(ids, [1, tokens.len()]), &NdArrayDevice::default());
    let mut outputs = Vec::new();
    model.run_layers(0, model.embed(ids), &mut |submodule, output| {
        outputs.push((submodule, output.clone().flatten(0, 1)));
        output
    });
    outputs.sort_by_key(|(submodule, _): &(Submodule, _)| *submodule);
    outputs.into_iter().map(|(_, output)| output).collect()
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
            all: Sums::default(),
            prompts: Sums::default(),
        })
    }

    /// Adds held-out text.
    ///
    /// # Shapes
    /// - output: `[tokens, width]`
    fn add(&mut self, output: Tensor<Plain, 2>) -> Result<()> {
        let (features, error) = self.encode(output.clone());
        add_to(&mut self.fired, &values(features.greater_elem(0.0).float().sum_dim(0))?);
        self.all.add(output, error)
    }

    /// Adds one prompt of the study, without its first token.
    ///
    /// # Shapes
    /// - output: `[positions, width]`
    fn add_prompt(&mut self, output: Tensor<Plain, 2>) -> Result<()> {
        let [positions, _] = output.dims();
        let later = output.narrow(0, 1, positions - 1);
        let (_, error) = self.encode(later.clone());
        self.prompts.add(later, error)
    }

    /// Features `[tokens, FEATURES]` and reconstruction errors `[tokens, width]`.
    fn encode(&self, output: Tensor<Plain, 2>) -> (Tensor<Plain, 2>, Tensor<Plain, 2>) {
        let centred = output - self.decoder_bias.clone();
        let features = relu(centred.clone().matmul(self.encoder.clone()) + self.encoder_bias.clone());
        let error = centred - features.clone().matmul(self.decoder.clone());
        (features, error)
    }

    fn quality(&self) -> Quality {
        Quality {
            unexplained: self.all.unexplained(),
            unexplained_prompts: self.prompts.unexplained(),
            active: self.fired.iter().sum::<f64>() / self.all.tokens,
            dead: self.fired.iter().filter(|count| **count == 0.0).count() as f64 / FEATURES as f64,
        }
    }
}

fn add_to(sums: &mut [f64], values: &[f32]) {
    sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += f64::from(*value));
}
