//! Which backends this program holds, and which one it takes.

use super::Compute;
use super::burn_compute::BurnCompute;
use super::extent::Extent;
use super::native::NativeCompute;
use crate::core::problem::{Problem, Result};
use crate::core::request::Backend;
use crate::engine::cancel::Cancel;
use crate::engine::model::config::{Config, Family};
use crate::engine::model::weight_files::WeightFiles;

/// The version of burn behind every backend, which `Cargo.toml` pins.
pub const BURN_VERSION: &str = "0.21.0";

/// Whether this program was built with `backend`.
pub fn is_built_in(backend: Backend) -> bool {
    match backend {
        Backend::Cuda => cfg!(feature = "cuda"),
        Backend::Native | Backend::NdArray => true,
        Backend::Flex => cfg!(feature = "flex"),
    }
}

/// The backends that this program was built with.
pub fn available() -> impl Iterator<Item = Backend> {
    Backend::ALL.into_iter().filter(|backend| is_built_in(*backend))
}

/// Loads the model on `wanted`, or on the first backend that works if none is named.
///
/// # Errors
/// When the weights are unusable, the backend is not built in or does not work on this machine, or `cancel` is raised.
pub fn open(wanted: Option<Backend>, config: &Config, weights: &WeightFiles, cancel: &Cancel) -> Result<Box<dyn Compute>> {
    if let Some(backend) = wanted {
        expect_serves(backend, config)?;
        return load(backend, config, weights, cancel);
    }
    // Here it is no error if the GPU does not work: the choice is printed, and `--backend cuda` tells the reason.
    let mut candidates = available().filter(|backend| expect_serves(*backend, config).is_ok() && works(*backend).is_ok());
    load(candidates.next().unwrap_or(Backend::NdArray), config, weights, cancel)
}

/// Fails unless `backend` has the arithmetic of models such as `config`: that written by hand is GPT-NeoX's.
fn expect_serves(backend: Backend, config: &Config) -> Result<()> {
    if backend != Backend::Native || config.family == Family::GptNeoX {
        return Ok(());
    }
    let what = format!("computes {} models, this one is {}", Family::GptNeoX.model_type(), config.family.model_type());
    Err(Problem::new("backend 'native'", what, "use --backend ndarray, or auto, which chooses what fits"))
}

fn load(backend: Backend, config: &Config, weights: &WeightFiles, cancel: &Cancel) -> Result<Box<dyn Compute>> {
    works(backend)?;
    match backend {
        Backend::Native => Ok(Box::new(NativeCompute::load(config, weights, cancel)?)),
        Backend::NdArray => Ok(Box::new(BurnCompute::<burn_ndarray::NdArray<f32>>::load(
            "ndarray",
            config,
            weights,
            burn_ndarray::NdArrayDevice::Cpu,
            Extent::PROCESSOR,
            cancel,
        )?)),
        #[cfg(feature = "flex")]
        Backend::Flex => Ok(Box::new(BurnCompute::<burn_flex::Flex>::load(
            "flex",
            config,
            weights,
            burn_flex::FlexDevice,
            Extent::PROCESSOR,
            cancel,
        )?)),
        #[cfg(feature = "cuda")]
        Backend::Cuda => Ok(Box::new(BurnCompute::<burn_cuda::Cuda<f32, i32>>::load(
            "cuda",
            config,
            weights,
            burn_cuda::CudaDevice::default(),
            Extent::of_card(super::cuda::memory()?, config),
            cancel,
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

/// Whether `backend` is built in and works on this machine.
///
/// # Errors
/// When it is not or does not; the problem gives the reason.
pub fn works(backend: Backend) -> Result<()> {
    match backend {
        Backend::Native | Backend::NdArray => Ok(()),
        other if !is_built_in(other) => Err(not_built_in(other)),
        Backend::Flex => Ok(()),
        #[cfg(feature = "cuda")]
        Backend::Cuda => super::cuda::works(),
        #[cfg(not(feature = "cuda"))]
        Backend::Cuda => Err(not_built_in(backend)),
    }
}
