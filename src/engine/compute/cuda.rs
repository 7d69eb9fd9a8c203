//! Whether a GPU can be used, asked in a way that fails with a sentence: burn's own start-up panics on several threads where the
//! driver or the runtime compiler is missing.

use std::panic::{catch_unwind, set_hook, take_hook};

use burn::tensor::{Tensor, TensorData};

use crate::core::problem::{Problem, Result};
use crate::core::text::excerpt;

const REMEDY: &str =
    "install the NVIDIA driver and the CUDA runtime (libnvrtc and headers, found through CUDA_PATH), or use --backend ndarray";

/// Opens the driver, then computes one small product.
pub fn works() -> Result<()> {
    // SAFETY: opening the driver's library runs its initialisers, which is what any use of the GPU does; the handle is dropped
    // at once and no symbol of it is used.
    #[allow(unsafe_code)]
    let driver = unsafe { libloading::Library::new("libcuda.so.1") };
    if let Err(error) = driver {
        return Err(Problem::new("backend 'cuda'", format_args!("the NVIDIA driver is missing: {error}"), REMEDY));
    }
    let hook = take_hook();
    set_hook(Box::new(|_| {}));
    let outcome = catch_unwind(|| {
        let device = burn_cuda::CudaDevice::default();
        let ones = Tensor::<burn_cuda::Cuda<f32, i32>, 2>::from_data(TensorData::new(vec![1.0_f32; 4], [2, 2]), &device);
        ones.clone().matmul(ones).into_data().convert::<f32>().into_vec::<f32>()
    });
    set_hook(hook);
    match outcome {
        Ok(Ok(values)) if values == [2.0; 4] => Ok(()),
        Ok(other) => Err(Problem::new("backend 'cuda'", format_args!("a 2x2 product of ones gave {other:?}"), REMEDY)),
        Err(panic) => {
            let reason = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or(panic.downcast_ref::<&str>().copied())
                .unwrap_or("no reason given");
            Err(Problem::new("backend 'cuda'", format_args!("CUDA does not start: {}", excerpt(reason, 160)), REMEDY))
        }
    }
}
