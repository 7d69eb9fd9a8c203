//! Whether a GPU can be used and how much memory it has. A failure here becomes a problem with a remedy.

use std::ffi::{c_int, c_uint};

use burn::tensor::{Tensor, TensorData};
use libloading::{Library, Symbol};

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

/// The memory of the first card in bytes, according to the driver.
pub fn memory() -> Result<u64> {
    type Status = c_int;
    let driver = driver()?;
    let no_function = |error: libloading::Error| {
        Problem::new("backend 'cuda'", format_args!("the NVIDIA driver lacks a function: {error}"), REMEDY)
    };
    // SAFETY: the names and types are those of the driver's C interface (cuda.h): `cuInit(unsigned)`,
    // `cuDeviceGet(CUdevice *, int)` and `cuDeviceTotalMem_v2(size_t *, CUdevice)`, where a CUdevice is an int and every
    // function returns an enumeration of that size. Both pointers are to locals that outlive the calls, and the symbols are used
    // while `driver` is open.
    #[allow(unsafe_code)]
    let (status, bytes) = unsafe {
        let start: Symbol<'_, unsafe extern "C" fn(c_uint) -> Status> = driver.get(b"cuInit").map_err(no_function)?;
        let card: Symbol<'_, unsafe extern "C" fn(*mut c_int, c_int) -> Status> =
            driver.get(b"cuDeviceGet").map_err(no_function)?;
        let total: Symbol<'_, unsafe extern "C" fn(*mut usize, c_int) -> Status> =
            driver.get(b"cuDeviceTotalMem_v2").map_err(no_function)?;
        let (mut device, mut bytes) = (0, 0);
        let mut status = start(0);
        if status == 0 {
            status = card(&raw mut device, 0);
        }
        if status == 0 {
            status = total(&raw mut bytes, device);
        }
        (status, bytes)
    };
    if status == 0 {
        return Ok(bytes as u64);
    }
    Err(Problem::new(
        "backend 'cuda'",
        format_args!("the NVIDIA driver does not tell the card's memory (error {status})"),
        REMEDY,
    ))
}

/// Tests the GPU: opens the driver, then computes one small product.
pub fn works() -> Result<()> {
    driver()?;
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
