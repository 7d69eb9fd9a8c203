//! Whether a GPU can be used, and what the driver says of it. A failure here becomes a problem with a remedy.

use std::ffi::{c_int, c_uint};

use burn::tensor::{Tensor, TensorData};
use libloading::{Library, Symbol};

use super::kernels;
use super::quiet::quietly;
use crate::core::problem::{Problem, Result};

const REMEDY: &str =
    "install the NVIDIA driver and the CUDA runtime (libnvrtc and headers, found through CUDA_PATH), or use --backend ndarray";

fn driver() -> Result<Library> {
    // SAFETY: opening the driver's library runs its initialisers, which is what any use of the GPU does.
    #[allow(unsafe_code)]
    let driver = unsafe { Library::new("libcuda.so.1") };
    driver.map_err(|error| Problem::new("backend 'cuda'", format_args!("the NVIDIA driver is missing: {error}"), REMEDY))
}

/// The first card, according to the driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Card {
    /// Its memory in bytes.
    pub memory: u64,
    /// Its compute capability: 9 and 0 of an H100.
    capability: [c_int; 2],
    /// The version of CUDA that the driver has: 13000 is 13.0.
    driver: c_int,
}

/// What the driver says of the first card.
pub fn card() -> Result<Card> {
    /// `CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR` and `_MINOR` in cuda.h.
    const CAPABILITY: [c_int; 2] = [75, 76];
    type Status = c_int;
    let driver = driver()?;
    let no_function = |error: libloading::Error| {
        Problem::new("backend 'cuda'", format_args!("the NVIDIA driver lacks a function: {error}"), REMEDY)
    };
    // SAFETY: the names and types are those of the driver's C interface (cuda.h): `cuInit(unsigned)`, `cuDriverGetVersion(int *)`,
    // `cuDeviceGet(CUdevice *, int)`, `cuDeviceTotalMem_v2(size_t *, CUdevice)` and `cuDeviceGetAttribute(int *, CUdevice_attribute,
    // CUdevice)`, where a CUdevice and a CUdevice_attribute are ints and every function returns an enumeration of that size. All
    // pointers are to locals that outlive the calls, and the symbols are used while `driver` is open.
    #[allow(unsafe_code)]
    let (status, card) = unsafe {
        let start: Symbol<'_, unsafe extern "C" fn(c_uint) -> Status> = driver.get(b"cuInit").map_err(no_function)?;
        let card: Symbol<'_, unsafe extern "C" fn(*mut c_int, c_int) -> Status> =
            driver.get(b"cuDeviceGet").map_err(no_function)?;
        let total: Symbol<'_, unsafe extern "C" fn(*mut usize, c_int) -> Status> =
            driver.get(b"cuDeviceTotalMem_v2").map_err(no_function)?;
        let version: Symbol<'_, unsafe extern "C" fn(*mut c_int) -> Status> =
            driver.get(b"cuDriverGetVersion").map_err(no_function)?;
        let attribute: Symbol<'_, unsafe extern "C" fn(*mut c_int, c_int, c_int) -> Status> =
            driver.get(b"cuDeviceGetAttribute").map_err(no_function)?;
        let (mut device, mut bytes, mut capability, mut driver) = (0, 0, [0; 2], 0);
        let mut status = start(0);
        status = then(status, || version(&raw mut driver));
        status = then(status, || card(&raw mut device, 0));
        status = then(status, || total(&raw mut bytes, device));
        for (number, which) in capability.iter_mut().zip(CAPABILITY) {
            status = then(status, || attribute(number, which, device));
        }
        (status, Card { memory: bytes as u64, capability, driver })
    };
    if status == 0 {
        return Ok(card);
    }
    Err(Problem::new("backend 'cuda'", format_args!("the NVIDIA driver does not tell what the card is (error {status})"), REMEDY))
}

/// What `next` says, unless there was an error before.
fn then(status: c_int, next: impl FnOnce() -> c_int) -> c_int {
    if status == 0 { next() } else { status }
}

/// Tests the GPU: opens the driver, then computes one small product.
pub fn works() -> Result<()> {
    let Card { capability: [major, minor], driver, .. } = card()?;
    kernels::set_up(&format!("cuda-{driver}-sm-{major}{minor}"));
    let outcome = quietly(|| {
        let device = burn_cuda::CudaDevice::default();
        let ones = Tensor::<burn_cuda::Cuda<f32, i32>, 2>::from_data(TensorData::new(vec![1.0_f32; 4], [2, 2]), &device);
        ones.clone().matmul(ones).into_data().convert::<f32>().into_vec::<f32>()
    });
    match outcome {
        Ok(Ok(values)) if values == [2.0; 4] => Ok(()),
        Ok(other) => Err(Problem::new("backend 'cuda'", format_args!("a 2x2 product of ones gave {other:?}"), REMEDY)),
        Err(why) => Err(Problem::new("backend 'cuda'", format_args!("CUDA does not start: {why}"), REMEDY)),
    }
}
