//! Encoders on the device: those that fit stay there, the others pass through piece by piece.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use burn::tensor::backend::Backend;
use burn::tensor::{Tensor, TensorData};

use super::extent::Extent;
use crate::core::problem::Result;
use crate::core::submodule::Submodule;
use crate::engine::dictionary::Dictionary;
use crate::engine::tensor_file::Bytes;

/// The encoder of consecutive features of a dictionary.
#[derive(Clone)]
pub struct Piece<B: Backend> {
    /// Index of the piece's first feature in the dictionary.
    pub first: usize,
    /// `[width, features of the piece]`
    pub weights: Tensor<B, 2>,
    /// `[1, features of the piece]`
    pub bias: Tensor<B, 2>,
}

/// The encoders that stay on the device.
pub struct Encoders<B: Backend> {
    device: B::Device,
    extent: Extent,
    resident: Mutex<Vec<Resident<B>>>,
}

struct Resident<B: Backend> {
    submodule: Submodule,
    /// Held so that no other dictionary can be mapped at the same address.
    bytes: Bytes,
    size: u64,
    pieces: Vec<Piece<B>>,
}

impl<B: Backend> Encoders<B> {
    /// An empty set of encoders on `device`, with the limits of `extent`.
    pub fn new(device: B::Device, extent: Extent) -> Self {
        Self { device, extent, resident: Mutex::new(Vec::new()) }
    }

    /// Shows `each` the whole encoder of `dictionary`, piece by piece from the first feature on.
    ///
    /// # Errors
    /// When a weight is not finite, or `each` fails.
    pub fn visit(&self, dictionary: &Dictionary, mut each: impl FnMut(Piece<B>) -> Result<()>) -> Result<()> {
        if let Some(pieces) = self.find(dictionary) {
            return pieces.into_iter().try_for_each(each);
        }
        let features = dictionary.features();
        // Bytes of weights and biases in f32.
        let size = (size_of::<f32>() * features * (dictionary.width() + 1)) as u64;
        let stays = self.bytes() + size <= self.extent.resident_bytes;
        let mut pieces = Vec::new();
        for first in (0..features).step_by(self.extent.features.min(features)) {
            let piece = self.upload(dictionary, first..features.min(first.saturating_add(self.extent.features)))?;
            if stays {
                pieces.push(piece.clone());
            }
            each(piece)?;
        }
        if stays {
            let (submodule, bytes) = (dictionary.submodule(), dictionary.shared_bytes().clone());
            self.lock().push(Resident { submodule, bytes, size, pieces });
        }
        Ok(())
    }

    /// Bytes of the encoders that stay on the device.
    pub fn bytes(&self) -> u64 {
        self.lock().iter().map(|resident| resident.size).sum()
    }

    fn find(&self, dictionary: &Dictionary) -> Option<Vec<Piece<B>>> {
        let bytes = dictionary.shared_bytes().as_slice();
        let is_it = |resident: &&Resident<B>| {
            resident.submodule == dictionary.submodule() && std::ptr::eq(resident.bytes.as_slice(), bytes)
        };
        self.lock().iter().find(is_it).map(|resident| resident.pieces.clone())
    }

    fn upload(&self, dictionary: &Dictionary, features: Range<usize>) -> Result<Piece<B>> {
        let (first, count) = (features.start, features.len());
        let tensor = |values: Vec<f32>, rows: usize| Tensor::from_data(TensorData::new(values, [rows, count]), &self.device);
        let bias = tensor(dictionary.encoder_bias()[features.clone()].to_vec(), 1);
        Ok(Piece { first, weights: tensor(dictionary.encoder(features)?, dictionary.width()), bias })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Resident<B>>> {
        // Entries are pushed whole, so a panic leaves no partial entry.
        self.resident.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use burn_ndarray::{NdArray, NdArrayDevice};

    use super::*;
    use crate::engine::demo;

    /// Everything that `visit` shows of a dictionary: first features, weights and biases of all pieces.
    fn seen(encoders: &Encoders<NdArray<f32>>, dictionary: &Dictionary) -> (Vec<usize>, Vec<f32>, Vec<f32>) {
        let (mut firsts, mut weights, mut biases) = (Vec::new(), Vec::new(), Vec::new());
        let mut each = |piece: Piece<NdArray<f32>>| {
            firsts.push(piece.first);
            weights.push(piece.weights);
            biases.extend(piece.bias.into_data().into_vec::<f32>().unwrap());
            Ok(())
        };
        encoders.visit(dictionary, &mut each).unwrap();
        (firsts, Tensor::cat(weights, 1).into_data().into_vec::<f32>().unwrap(), biases)
    }

    #[test]
    fn what_fits_stays_and_what_does_not_streams_and_both_are_the_whole_encoder() {
        let dictionaries = demo::dictionaries(&demo::config().unwrap()).unwrap();
        let [first, second] = [&dictionaries[0], &dictionaries[1]];
        let size = (4 * first.features() * (first.width() + 1)) as u64;
        let extent = Extent { tokens: 1, features: 200, resident_bytes: size + size / 2 };
        let encoders = Encoders::<NdArray<f32>>::new(NdArrayDevice::Cpu, extent);
        for _ in 0..2 {
            for dictionary in [first, second] {
                let (firsts, weights, biases) = seen(&encoders, dictionary);
                assert_eq!(firsts, (0..dictionary.features()).step_by(200).collect::<Vec<_>>());
                assert_eq!(weights, dictionary.encoder(0..dictionary.features()).unwrap());
                assert_eq!(biases, dictionary.encoder_bias());
            }
            // The second one has no room.
            assert_eq!(encoders.bytes(), size);
        }
        assert!(encoders.find(first).is_some() && encoders.find(second).is_none());
    }

    #[test]
    fn a_whole_encoder_is_one_piece_on_a_card_and_none_stays_on_a_processor() {
        let dictionaries = demo::dictionaries(&demo::config().unwrap()).unwrap();
        let card = Encoders::<NdArray<f32>>::new(NdArrayDevice::Cpu, Extent::of_card(80 << 30, &demo::config().unwrap()));
        let processor = Encoders::<NdArray<f32>>::new(NdArrayDevice::Cpu, Extent::PROCESSOR);
        for dictionary in &dictionaries {
            assert_eq!(seen(&card, dictionary).0, [0]);
            assert_eq!(seen(&card, dictionary), seen(&processor, dictionary));
        }
        assert!(card.bytes() > 0 && processor.bytes() == 0);
        assert_eq!(card.lock().len(), dictionaries.len());
    }
}
