//! Dictionaries: sparse autoencoders and transcoders, in the formats that people publish them in, read in place from their files.
//!
//! A dictionary is data: the place that it reads, the place that it writes, and its arithmetic ([`arithmetic`], [`rule`]). The one
//! that the study began with has `features = relu(W_enc (x - b_dec) + b_enc)`, `reconstruction = W_dec features + b_dec`,
//! `error = x - reconstruction`, as in Marks et al. 2024, "Sparse Feature Circuits" (arXiv:2403.19647). Decoders are used as their
//! files have them; dictionary_learning's own loader rescales their rows to length 1 and the codes with them, which changes no effect.

pub mod ae_pt;
pub mod arithmetic;
pub mod codes;
mod configuration;
pub mod folder;
pub mod formats;
mod gemma_scope;
mod gemma_scope_2;
pub mod host;
mod levels;
mod llama_scope;
mod neuronpedia_id;
mod npz;
mod packing;
mod parts;
mod pickle;
pub mod place;
mod placed;
pub mod report;
pub mod rule;
pub mod saelens;
mod saelens_config;
mod saelens_keys;
mod saelens_rule;
mod sparsify;
mod stated;
mod torch_file;
mod training_config;
mod zip_file;

use std::borrow::Cow;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use crate::core::declared::Declared;
use crate::core::problem::Result;
use crate::core::submodule::Submodule;
use crate::engine::cancel::Cancel;
use crate::engine::tensor_file::{Bytes, StoredTensor};
use crate::files::stamp::Stamp;

use arithmetic::{Arithmetic, Frame, WriteFactors, Written};
use parts::Parts;
use place::Place;
pub use stated::Stated;

/// The public format that a dictionary came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// dictionary_learning's `ae.pt`, a PyTorch zip.
    DictionaryLearning,
    /// SAELens's `cfg.json` and `sae_weights.safetensors`.
    SaeLens,
    /// sparsify's `cfg.json` and `sae.safetensors`.
    Sparsify,
    /// Gemma Scope's `params.npz`.
    GemmaScope,
    /// Gemma Scope 2's `config.json` and `params.safetensors`.
    GemmaScope2,
    /// Llama Scope's `hyperparams.json` and `checkpoints/final.safetensors`.
    LlamaScope,
    /// Llama Scope R1's `config.json` and `sae_weights.safetensors`.
    LlamaScopeR1,
}

impl Format {
    /// The format's name in manifests.
    pub fn name(self) -> &'static str {
        match self {
            Self::DictionaryLearning => "dictionary_learning",
            Self::SaeLens => "SAELens",
            Self::Sparsify => "sparsify",
            Self::GemmaScope => "Gemma Scope",
            Self::GemmaScope2 => "Gemma Scope 2",
            Self::LlamaScope => "Llama Scope",
            Self::LlamaScopeR1 => "Llama Scope R1",
        }
    }
}

/// What a dictionary is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Attribution at the output of `submodule` in a model of the width `width`: what the files say of size and place must agree.
    Use {
        /// The submodule whose output is decomposed.
        submodule: Submodule,
        /// The width of that output.
        width: usize,
    },
    /// To look at it wherever it belongs; at `submodule`, if a place is needed.
    Look {
        /// The submodule that it is looked at for.
        submodule: Submodule,
    },
}

impl Purpose {
    /// The submodule that the dictionary is used or looked at for.
    pub fn submodule(self) -> Submodule {
        match self {
            Self::Use { submodule, .. } | Self::Look { submodule } => submodule,
        }
    }

    /// The submodule at which it must belong, if it must.
    fn required(self) -> Option<Submodule> {
        matches!(self, Self::Use { .. }).then(|| self.submodule())
    }
}

/// The sparse autoencoder or transcoder of one submodule.
///
/// # Shapes
/// With `d` the width that is read, `d_out` the width that is written (for an autoencoder `d`) and `n` the number of features:
/// encoder `[d, n]`, encoder bias `[n]`, decoder `[n, d_out]` (one row a feature), decoder bias `[d_out]`, skip `[d_out, d]`.
#[derive(Debug, Clone)]
pub struct Dictionary {
    submodule: Submodule,
    format: Format,
    reads: Place,
    writes: Place,
    arithmetic: Arithmetic,
    /// Stays in the file; [`Dictionary::encoder`] reads it.
    encoder: StoredTensor,
    encoder_bias: Vec<f32>,
    /// Stays in the file; only rows of active features are ever read.
    decoder: StoredTensor,
    /// As in the file: what is subtracted on the way in.
    bias: Vec<f32>,
    /// What is added on the way out.
    written_bias: Vec<f32>,
    /// What is added to what is written, from the activation itself: `x W_skip^T`.
    skip: Option<StoredTensor>,
    /// Lengths of the decoder's rows, once a rule asked for them.
    norms: OnceLock<Arc<Vec<f32>>>,
    bytes: Bytes,
    name: String,
    stated: Stated,
    stamps: Vec<Stamp>,
}

impl Dictionary {
    fn assemble(format: Format, purpose: Purpose, parts: Parts, bytes: Bytes, name: String) -> Result<Self> {
        let (width, features) = parts.expect_encoder(purpose, &name)?;
        let decoder = parts.expect_decoder(features, &name)?;
        let written_width = decoder.shape()[1];
        parts.expect_place(purpose, &name)?;
        let bias = parts.decoder_bias.expect_shape(&[written_width])?.values()?;
        let factor = parts.arithmetic.bias_factor;
        Ok(Self {
            submodule: purpose.submodule(),
            format,
            reads: parts.reads,
            writes: parts.writes,
            encoder: parts.encoder,
            encoder_bias: match parts.encoder_bias {
                Some(bias) => bias.expect_shape(&[features])?.values()?,
                None => vec![0.0; features],
            },
            decoder,
            written_bias: bias.iter().map(|value| value * factor).collect(),
            bias,
            arithmetic: parts.arithmetic,
            skip: parts.skip.map(|skip| skip.expect_shape(&[written_width, width])).transpose()?,
            norms: OnceLock::new(),
            bytes,
            name,
            stated: Stated::default(),
            stamps: Vec::new(),
        })
    }

    /// The submodule that the dictionary is used for.
    pub fn submodule(&self) -> Submodule {
        self.submodule
    }

    /// The format that the dictionary came in.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The place that the dictionary reads, as its files say.
    pub fn reads(&self) -> &Place {
        &self.reads
    }

    /// The place that the dictionary writes, as its files say: the same, except for a transcoder.
    pub fn writes(&self) -> &Place {
        &self.writes
    }

    /// Whether the dictionary reads another place than it writes, or has a skip connection.
    pub fn is_transcoder(&self) -> bool {
        self.reads != self.writes || self.skips()
    }

    /// Whether what is written holds a skip connection's part.
    pub fn skips(&self) -> bool {
        self.skip.is_some()
    }

    /// What the dictionary computes.
    pub fn arithmetic(&self) -> &Arithmetic {
        &self.arithmetic
    }

    /// The dictionary in another frame than its files say: a release may say it elsewhere.
    #[must_use]
    pub fn framed(self, frame: Frame) -> Self {
        Self { arithmetic: Arithmetic { frame, ..self.arithmetic }, ..self }
    }

    /// The dictionary in the centred frame, which its release says and its own files do not.
    #[must_use]
    pub fn centred_by_release(mut self) -> Self {
        if matches!(self.reads, Place::Heads(_)) {
            // Centred writing weights change what heads write, not the heads.
            return self;
        }
        if self.arithmetic.frame != Frame::Centred {
            self.stated
                .notes
                .push("reads each activation without its mean: its release says so (frame), its files do not".to_owned());
        }
        self.framed(Frame::Centred)
    }

    /// The dictionary with another arithmetic than its files say.
    #[must_use]
    pub fn computing(self, arithmetic: Arithmetic) -> Self {
        let written_bias = self.bias.iter().map(|value| value * arithmetic.bias_factor).collect();
        Self { arithmetic, written_bias, ..self }
    }

    /// The dictionary with what its release declares, where its own files declare nothing.
    #[must_use]
    pub fn declared_by_release(mut self, declared: Declared) -> Self {
        self.stated.declared_by_release = self.stated.declared() == Declared::default();
        self.stated.active = self.stated.active.or(declared.active);
        self.stated.explained = self.stated.explained.or(declared.explained);
        self
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
        self.encoder.shape()[0]
    }

    /// Width of what the dictionary writes.
    pub fn written_width(&self) -> usize {
        self.bias.len()
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

    /// The encoder's bias, `[features]`: zeros if the rule has none.
    pub fn encoder_bias(&self) -> &[f32] {
        &self.encoder_bias
    }

    /// The bias that is written, `[written width]`.
    pub fn decoder_bias(&self) -> &[f32] {
        &self.written_bias
    }

    /// The encoder's inputs for `tokens`, one activation `[width]` each, row-major `[tokens, width]`.
    ///
    /// # Errors
    /// When the dictionary's scale divides by zero at a token.
    pub fn inputs(&self, tokens: &[&[f32]]) -> Result<Vec<f32>> {
        let mut inputs = Vec::with_capacity(tokens.len() * self.width());
        tokens.iter().try_for_each(|x| self.arithmetic.append_input(x, &self.bias, &self.name, &mut inputs))?;
        Ok(inputs)
    }

    /// The lengths of all decoder rows, `[features]`, if the rule needs them; else none. They are measured once.
    ///
    /// # Errors
    /// When a value is not finite, or `cancel` is raised.
    pub fn norms_for_rule(&self, cancel: &Cancel) -> Result<&[f32]> {
        if !self.arithmetic.rule.needs_norms() {
            return Ok(&[]);
        }
        if let Some(norms) = self.norms.get() {
            return Ok(norms);
        }
        let norms = self.decoder.row_norms(cancel)?;
        Ok(self.norms.get_or_init(|| Arc::new(norms)))
    }

    /// What the token with activation `x` makes of what its codes write.
    pub fn written(&self, x: &[f32]) -> Written {
        self.arithmetic.written(x)
    }

    /// The activation `x` in the dictionary's frame.
    pub fn framed_output<'x>(&self, x: &'x [f32]) -> Cow<'x, [f32]> {
        match self.arithmetic.frame {
            Frame::Raw => Cow::Borrowed(x),
            Frame::Centred => {
                let mean = x.iter().map(|value| f64::from(*value)).sum::<f64>() / x.len() as f64;
                x.iter().map(|value| value - mean as f32).collect()
            }
        }
    }

    /// What one unit of each of `features` writes: their decoder rows times their constant factors, row-major
    /// `[features, written width]`.
    pub fn decoder(&self, features: Range<usize>) -> Result<Vec<f32>> {
        let mut rows = self.decoder.narrowed(0, features.clone()).values()?;
        let width = rows.len() / features.len().max(1);
        rows.chunks_exact_mut(width.max(1)).zip(features).for_each(|(row, feature)| self.scale_row(feature, row));
        Ok(rows)
    }

    /// Reads what one unit of `feature` writes, its decoder row times its constant factor, into `target` of the length of what is
    /// written.
    pub fn read_decoder_row(&self, feature: u32, target: &mut [f32]) -> Result<()> {
        self.decoder.read_row(feature as usize, target)?;
        self.scale_row(feature as usize, target);
        Ok(())
    }

    /// Multiplies the decoder row of `feature` by its constant factor.
    fn scale_row(&self, feature: usize, row: &mut [f32]) {
        let factor = match &self.arithmetic.write_factors {
            WriteFactors::One => return,
            WriteFactors::All(factor) => *factor,
            WriteFactors::Each(factors) => factors[feature],
            WriteFactors::InverseNorms => {
                let square: f64 = row.iter().map(|value| f64::from(*value).powi(2)).sum();
                // A row of zeros writes nothing.
                if square > 0.0 { (1.0 / square.sqrt()) as f32 } else { 0.0 }
            }
        };
        row.iter_mut().for_each(|value| *value *= factor);
    }

    /// Subtracts what the skip connection writes for each of the activations `tokens` from `targets`, `[tokens, written width]`; nothing
    /// if there is none.
    ///
    /// # Errors
    /// When the skip connection holds a value that is not finite.
    pub fn subtract_skips(&self, tokens: &[&[f32]], targets: &mut [f32]) -> Result<()> {
        let Some(skip) = &self.skip else { return Ok(()) };
        let mut row = vec![0.0; self.width()];
        for index in 0..self.written_width() {
            skip.read_row(index, &mut row)?;
            for (target, x) in targets.chunks_exact_mut(self.written_width()).zip(tokens) {
                target[index] -= row.iter().zip(*x).map(|(weight, x)| weight * x).sum::<f32>();
            }
        }
        Ok(())
    }
}
