//! Sparse autoencoders: one dictionary per submodule, in both public formats, read in place from its file.
//!
//! `features = relu(W_enc (x - b_dec) + b_enc)`, `reconstruction = W_dec features + b_dec`, `error = x - reconstruction`, as in
//! Marks et al. 2024, "Sparse Feature Circuits" (arXiv:2403.19647). No decoder normalisation is applied.

pub mod ae_pt;
pub mod codes;
pub mod folder;
mod pickle;
pub mod report;
pub mod saelens;
mod saelens_config;
mod stated;
mod training_config;
mod zip_file;

use std::ops::Range;

use crate::core::problem::{Problem, Result};
use crate::core::submodule::Submodule;
use crate::engine::stamp::Stamp;
use crate::engine::tensor_file::{Bytes, StoredTensor};

pub use stated::Stated;

/// The public format that a dictionary came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// dictionary_learning's `ae.pt`, a PyTorch zip.
    DictionaryLearning,
    /// SAELens's `cfg.json` and `sae_weights.safetensors`.
    SaeLens,
}

impl Format {
    /// The format's name in manifests.
    pub fn name(self) -> &'static str {
        match self {
            Self::DictionaryLearning => "dictionary_learning",
            Self::SaeLens => "SAELens",
        }
    }
}

/// The sparse autoencoder of one submodule.
///
/// # Shapes
/// With `d` the model's width and `n` the number of features: encoder `[d, n]`, encoder bias `[n]`, decoder `[n, d]` (one row a
/// feature), decoder bias `[d]`.
#[derive(Debug, Clone)]
pub struct Dictionary {
    submodule: Submodule,
    format: Format,
    /// Stays in the file; [`Dictionary::encoder`] reads it.
    encoder: StoredTensor,
    encoder_bias: Vec<f32>,
    /// Stays in the file; only rows of active features are ever read.
    decoder: StoredTensor,
    decoder_bias: Vec<f32>,
    bytes: Bytes,
    name: String,
    stated: Stated,
    stamps: Vec<Stamp>,
}

/// The four tensors that a format's reader found in its file, in the shapes of [`Dictionary`].
struct Parts {
    encoder: StoredTensor,
    encoder_bias: StoredTensor,
    decoder: StoredTensor,
    decoder_bias: StoredTensor,
}

impl Dictionary {
    fn assemble(
        submodule: Submodule,
        format: Format,
        model_width: usize,
        parts: Parts,
        bytes: Bytes,
        name: String,
    ) -> Result<Self> {
        let &[width, features] = parts.encoder.shape() else {
            return Err(Problem::new(
                parts.encoder.place(),
                "is not a matrix",
                "an encoder of shape [width, features] is expected",
            ));
        };
        if width != model_width {
            return Err(Problem::new(
                &name,
                format_args!("its encoder reads activations of width {width}, the model's are {model_width} wide"),
                "give the dictionaries that were trained on this model",
            ));
        }
        if features == 0 || u32::try_from(features).is_err() {
            return Err(Problem::new(&name, format_args!("has {features} features"), "between 1 and 2^32 - 1 are supported"));
        }
        Ok(Self {
            submodule,
            format,
            encoder: parts.encoder,
            encoder_bias: parts.encoder_bias.expect_shape(&[features])?.values()?,
            decoder: parts.decoder.expect_shape(&[features, width])?,
            decoder_bias: parts.decoder_bias.expect_shape(&[width])?.values()?,
            bytes,
            name,
            stated: Stated::default(),
            stamps: Vec::new(),
        })
    }

    /// The submodule whose output the dictionary encodes.
    pub fn submodule(&self) -> Submodule {
        self.submodule
    }

    /// The format that the dictionary came in.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The weight file's name, for messages and manifests.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The weight file's bytes, for hashing.
    pub fn shared_bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// What the configuration beside the weights says.
    pub fn stated(&self) -> &Stated {
        &self.stated
    }

    /// Stamps of the files that the dictionary was read from, taken before they were read.
    pub fn stamps(&self) -> &[Stamp] {
        &self.stamps
    }

    /// The dictionary with the stamps of the files it was read from.
    fn read_from(self, stamps: Vec<Stamp>) -> Self {
        Self { stamps, ..self }
    }

    /// The dictionary with what its configuration says.
    fn with_stated(self, stated: Stated) -> Self {
        Self { stated, ..self }
    }

    /// Number of features.
    pub fn features(&self) -> usize {
        self.encoder_bias.len()
    }

    /// Width of the activations that the dictionary reads.
    pub fn width(&self) -> usize {
        self.decoder_bias.len()
    }

    /// The encoder's weights for `features`, row-major `[width, features]`. For all features this is the one large read of a
    /// dictionary.
    pub fn encoder(&self, features: Range<usize>) -> Result<Vec<f32>> {
        self.encoder.narrowed(1, features).values()
    }

    /// Reads the encoder's weights for `features` into a buffer that is reused, row-major `[width, features]`.
    pub fn read_encoder(&self, features: Range<usize>, target: &mut Vec<f32>) -> Result<()> {
        self.encoder.narrowed(1, features).read_values(target)
    }

    /// Asks the system to read the file ahead, without waiting for it.
    pub fn read_ahead(&self) {
        self.bytes.read_ahead();
    }

    /// Releases the memory that reading the file took.
    pub fn release(&self) {
        self.bytes.release();
    }

    /// The encoder's bias, `[features]`.
    pub fn encoder_bias(&self) -> &[f32] {
        &self.encoder_bias
    }

    /// The decoder's bias, `[width]`.
    pub fn decoder_bias(&self) -> &[f32] {
        &self.decoder_bias
    }

    /// The decoder rows of `features`, the directions that they write, row-major `[features, width]`.
    pub fn decoder(&self, features: Range<usize>) -> Result<Vec<f32>> {
        self.decoder.narrowed(0, features).values()
    }

    /// Reads the decoder row of `feature`, the direction that it writes, into `target` of length `width`.
    pub fn read_decoder_row(&self, feature: u32, target: &mut [f32]) -> Result<()> {
        self.decoder.read_row(feature as usize, target)
    }
}
