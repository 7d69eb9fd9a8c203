//! The golden tensors of a host model.

use saescope::engine::compute::Answers;
use safetensors::{Dtype, SafeTensors};

use super::host;

/// The file with its bytes.
pub struct Golden(Vec<u8>);

impl Golden {
    pub fn open(path: &str) -> Self {
        Self(std::fs::read(host(path)).unwrap())
    }

    /// The numbers of a tensor, rounded to f32 if they are f64.
    pub fn get(&self, name: &str) -> Vec<f32> {
        let file = SafeTensors::deserialize(&self.0).unwrap();
        let view = file.tensor(name).unwrap_or_else(|_| panic!("no golden tensor {name}"));
        match view.dtype() {
            Dtype::F32 => view.data().as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect(),
            Dtype::F64 => view.data().as_chunks::<8>().0.iter().map(|bytes| f64::from_le_bytes(*bytes) as f32).collect(),
            other => panic!("{name} has elements of type {other}"),
        }
    }

    /// Ids of tokens.
    fn ids(&self, name: &str) -> Vec<u32> {
        let file = SafeTensors::deserialize(&self.0).unwrap();
        let bytes = file.tensor(name).unwrap().data().to_vec();
        bytes.as_chunks::<8>().0.iter().map(|bytes| u32::try_from(i64::from_le_bytes(*bytes)).unwrap()).collect()
    }

    /// The prompts of a side, `clean` or `patch`.
    pub fn prompts(&self, group: &str, side: &str) -> Vec<Vec<u32>> {
        let file = SafeTensors::deserialize(&self.0).unwrap();
        let name = format!("{group}.ids_{side}");
        let positions = file.tensor(&name).unwrap().shape()[1];
        self.ids(&name).chunks_exact(positions).map(<[u32]>::to_vec).collect()
    }

    pub fn answers(&self, group: &str) -> Vec<Answers> {
        let [clean, patch] = ["clean", "patch"].map(|side| self.ids(&format!("{group}.answer_{side}")));
        clean.into_iter().zip(patch).map(|(clean, patch)| Answers { clean, patch }).collect()
    }
}

/// Fails unless every value is within `tolerance` times the largest golden value. Where the golden is 0 everywhere, the numbers
/// must be, too.
pub fn assert_close(what: &str, tolerance: f32, actual: &[f32], golden: &[f32]) {
    assert_eq!(actual.len(), golden.len(), "{what}: length");
    let largest = golden.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
    for (index, (actual, golden)) in actual.iter().zip(golden).enumerate() {
        let gap = (actual - golden).abs();
        assert!(gap <= tolerance * largest, "{what}[{index}]: {actual} is not {golden}, off by {gap} of {largest}");
    }
}

/// The bound of the goldens' README for activations, logits and totals.
pub const TOLERANCE: f32 = 1e-5;

/// The bound of the goldens' README for gradients.
pub const GRADIENT_TOLERANCE: f32 = 2e-5;
