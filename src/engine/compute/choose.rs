//! Which backends this program holds, and which one it takes.

#[cfg(feature = "cuda")]
use burn_cuda::{Cuda, CudaDevice};
#[cfg(feature = "wgpu")]
use burn_wgpu::{Wgpu, WgpuDevice};

use super::Compute;
use super::burn_compute::BurnCompute;
use super::division::Division;
use super::extent;
use super::layers::Stored;
#[cfg(any(feature = "cuda", feature = "wgpu"))]
use super::precision::has_full_products;
use crate::core::problem::{Problem, Result};
use crate::core::request::Backend;
use crate::engine::cancel::Cancel;
use crate::engine::model::config::Config;
use crate::engine::model::operations::Operations;
use crate::engine::model::weight_files::WeightFiles;

/// Whether this program was built with `backend`.
pub fn is_built_in(backend: Backend) -> bool {
    match backend {
        Backend::Cuda => cfg!(feature = "cuda"),
        Backend::Wgpu => cfg!(feature = "wgpu"),
        Backend::NdArray => true,
        Backend::Flex => cfg!(feature = "flex"),
    }
}

/// The backends that this program was built with.
pub fn available() -> impl Iterator<Item = Backend> {
    Backend::ALL.into_iter().filter(|backend| is_built_in(*backend))
}

/// Loads the model on `wanted`, or on the first backend that works if none is named, and keeps all layers in memory.
///
/// # Errors
/// When the weights are unusable, the backend is not built in or does not work on this machine, or `cancel` is raised.
pub fn open(wanted: Option<Backend>, config: &Config, weights: &WeightFiles, cancel: &Cancel) -> Result<Box<dyn Compute>> {
    load(choose(wanted, config), config, weights, config.layers, cancel)
}

/// `wanted`, or the first backend that works and suits models such as `config` if none is named.
pub fn choose(wanted: Option<Backend>, config: &Config) -> Backend {
    if let Some(backend) = wanted {
        return backend;
    }
    // Here it is no error if a card does not work: the choice is printed, and `--backend cuda` tells the reason.
    let suits = |backend: &Backend| works(*backend).is_ok() && suits_auto(*backend, config);
    available().find(suits).unwrap_or(Backend::NdArray)
}

/// Whether `auto` may take this backend, which works: it is no processor in a card's place, and it does not round products.
#[cfg_attr(not(any(feature = "cuda", feature = "wgpu")), expect(unused_variables, reason = "processors need no probe"))]
fn suits_auto(backend: Backend, config: &Config) -> bool {
    match backend {
        #[cfg(feature = "cuda")]
        Backend::Cuda => has_full_products::<Cuda>(&CudaDevice::default(), config),
        #[cfg(feature = "wgpu")]
        Backend::Wgpu => super::wgpu::is_card().is_ok() && has_full_products::<Wgpu>(&WgpuDevice::DefaultDevice, config),
        _ => true,
    }
}

/// The name of a card's backend, which says so where its products are rounded.
#[cfg(any(feature = "cuda", feature = "wgpu"))]
fn said<B: Operations>(names: [&'static str; 2], device: &B::Device, config: &Config) -> &'static str {
    if has_full_products::<B>(device, config) { names[0] } else { names[1] }
}

/// Loads the model on `backend` and keeps the last `kept` layers in memory; the others are read from their files when a pass reaches
/// them, and each point of a path leaves behind only the streams that enter the layers.
///
/// # Errors
/// When the weights are unusable, the backend is not built in or does not work on this machine, or `cancel` is raised.
pub fn load(backend: Backend, config: &Config, weights: &WeightFiles, kept: usize, cancel: &Cancel) -> Result<Box<dyn Compute>> {
    works(backend)?;
    let model = Stored { config, weights, kept };
    match backend {
        Backend::NdArray => {
            let device = burn_ndarray::NdArrayDevice::Cpu;
            on_burn::<burn_ndarray::NdArray<f32>>("ndarray", device, Division::Tasks(extent::TOKENS_PER_TASK), model, cancel)
        }
        #[cfg(feature = "flex")]
        Backend::Flex => {
            let division = Division::Batches(extent::TOKENS_AT_ONCE);
            on_burn::<burn_flex::Flex>("flex", burn_flex::FlexDevice, division, model, cancel)
        }
        #[cfg(feature = "cuda")]
        Backend::Cuda => {
            let (device, tokens) = (CudaDevice::default(), extent::tokens_on_card(super::cuda::card()?.memory, config));
            let name = said::<Cuda>(["cuda", "cuda, f32 products in TF32"], &device, config);
            on_burn::<Cuda>(name, device, Division::Batches(tokens), model, cancel)
        }
        #[cfg(feature = "wgpu")]
        Backend::Wgpu => {
            let device = WgpuDevice::DefaultDevice;
            let name = said::<Wgpu>(["wgpu", "wgpu, f32 products rounded"], &device, config);
            on_burn::<Wgpu>(name, device, Division::Batches(extent::TOKENS_ON_A_CARD), model, cancel)
        }
        #[allow(unreachable_patterns)]
        other => Err(not_built_in(other)),
    }
}

fn on_burn<B: Operations>(
    name: &'static str,
    device: B::Device,
    division: Division,
    model: Stored<'_>,
    cancel: &Cancel,
) -> Result<Box<dyn Compute>> {
    Ok(Box::new(BurnCompute::<B>::load(name, model, device, division, cancel)?))
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
        Backend::NdArray => Ok(()),
        #[cfg(feature = "flex")]
        Backend::Flex => Ok(()),
        #[cfg(feature = "cuda")]
        Backend::Cuda => super::cuda::works(),
        #[cfg(feature = "wgpu")]
        Backend::Wgpu => super::wgpu::works(),
        #[allow(unreachable_patterns)]
        other => Err(not_built_in(other)),
    }
}
