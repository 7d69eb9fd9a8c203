//! Which backends this program holds, and which one to take.

use std::fmt;
use std::str::FromStr;

use burn::backend::Autodiff;

use super::Compute;
use super::burn_compute::BurnCompute;
use crate::core::problem::{Problem, Result};
use crate::engine::model::config::Config;
use crate::engine::tensor_file::TensorFile;

/// The backends of burn that saescope can be built with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// NVIDIA GPUs (cargo feature `cuda`).
    Cuda,
    /// burn-ndarray, always there.
    NdArray,
    /// burn-flex (cargo feature `flex`).
    Flex,
}

impl Backend {
    /// From the fastest to the slowest, the order in which `auto` tries them. At pythia-70m's size flex encodes about twice as
    /// fast as ndarray and runs forward and backward in three quarters of its time.
    pub const ALL: [Self; 3] = [Self::Cuda, Self::Flex, Self::NdArray];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cuda => "cuda",
            Self::NdArray => "ndarray",
            Self::Flex => "flex",
        }
    }

    /// Whether this program was built with it.
    pub fn is_built_in(self) -> bool {
        match self {
            Self::Cuda => cfg!(feature = "cuda"),
            Self::NdArray => true,
            Self::Flex => cfg!(feature = "flex"),
        }
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Backend {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|backend| backend.name() == text)
            .ok_or_else(|| Problem::new(format_args!("backend '{text}'"), "is not known", "use auto, ndarray, flex or cuda"))
    }
}

/// The backends this program was built with.
pub fn available() -> impl Iterator<Item = Backend> {
    Backend::ALL.into_iter().filter(|backend| backend.is_built_in())
}

/// Loads the model on `wanted`, or on the first backend that works where none is named.
///
/// # Errors
/// When the weights are unusable, or the backend is not built in or does not work on this machine.
pub fn open(wanted: Option<Backend>, config: &Config, weights: &TensorFile) -> Result<Box<dyn Compute>> {
    if let Some(backend) = wanted {
        return load(backend, config, weights);
    }
    // A GPU that does not work is no error here: the choice is printed, and `--backend cuda` tells the reason.
    let mut candidates = available().filter(|backend| works(*backend).is_ok());
    load(candidates.next().unwrap_or(Backend::NdArray), config, weights)
}

fn load(backend: Backend, config: &Config, weights: &TensorFile) -> Result<Box<dyn Compute>> {
    works(backend)?;
    match backend {
        Backend::NdArray => Ok(Box::new(BurnCompute::<Autodiff<burn_ndarray::NdArray<f32>>>::load(
            "ndarray",
            config,
            weights,
            burn_ndarray::NdArrayDevice::Cpu,
        )?)),
        #[cfg(feature = "flex")]
        Backend::Flex => {
            Ok(Box::new(BurnCompute::<Autodiff<burn_flex::Flex>>::load("flex", config, weights, burn_flex::FlexDevice)?))
        }
        #[cfg(feature = "cuda")]
        Backend::Cuda => Ok(Box::new(BurnCompute::<Autodiff<burn_cuda::Cuda<f32, i32>>>::load(
            "cuda",
            config,
            weights,
            burn_cuda::CudaDevice::default(),
        )?)),
        #[allow(unreachable_patterns)]
        other => Err(not_built_in(other)),
    }
}

fn not_built_in(backend: Backend) -> Problem {
    let built_in: Vec<&str> = available().map(Backend::name).collect();
    Problem::new(
        format_args!("backend '{backend}'"),
        "is not in this program",
        format_args!("build with `--features {backend}`, or use one of: auto, {}", built_in.join(", ")),
    )
}

/// Whether `backend` can compute on this machine.
fn works(backend: Backend) -> Result<()> {
    match backend {
        Backend::NdArray => Ok(()),
        other if !other.is_built_in() => Err(not_built_in(other)),
        Backend::Flex => Ok(()),
        #[cfg(feature = "cuda")]
        Backend::Cuda => super::cuda::works(),
        #[cfg(not(feature = "cuda"))]
        Backend::Cuda => Err(not_built_in(backend)),
    }
}
