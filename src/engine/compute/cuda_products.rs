//! Products on NVIDIA cards in the full precision of f32.
//!
//! burn-cuda 0.21 multiplies on tensor cores wherever it can, and these round f32 inputs to the 10 bits of TF32: `adjust_dtypes` in
//! cubek-matmul 0.2 does so for every kernel that needs an accelerator, whether kernels are tuned or not. Its kernels on ordinary
//! units keep f32, so they are asked for here by name.

use burn::tensor::{Tensor, TensorPrimitive};
use burn_cubecl::kernel::matmul::init_matmul_output;
use burn_cubecl::tensor::CubeTensor;
use burn_cuda::Cuda;
use cubek::matmul::definition::{MatmulElems, MatmulGlobalElems};
use cubek::matmul::launch::{Strategy, launch_ref};
use cubek::matmul::routines::BlueprintStrategy;
use cubek::std::InputBinding;

use crate::engine::model::operations::Operations;
use crate::engine::model::products::Products;

impl Products for Cuda<f32, i32> {
    fn product<const D: usize>(left: Tensor<Self, D>, right: Tensor<Self, D>) -> Tensor<Self, D> {
        let (left, right) = (left.into_primitive().tensor(), right.into_primitive().tensor());
        Tensor::from_primitive(TensorPrimitive::Float(multiplied(&left, &right)))
    }
}

impl Operations for Cuda<f32, i32> {}

type Numbers = CubeTensor<burn_cubecl::cubecl::cuda::CudaRuntime>;

fn multiplied(left: &Numbers, right: &Numbers) -> Numbers {
    let dtype = left.dtype;
    let product = init_matmul_output(left, right, dtype);
    let launch = |strategy: &Strategy| {
        let globals = MatmulGlobalElems { lhs: dtype.into(), rhs: dtype.into(), out: dtype.into() };
        launch_ref(
            strategy,
            &left.client,
            InputBinding::new(left.clone().binding(), dtype.into()),
            InputBinding::new(right.clone().binding(), dtype.into()),
            product.clone().binding(),
            &mut MatmulElems::from_globals(&globals),
        )
    };
    // The naive kernel takes every shape, as in burn's own list of kernels.
    let launched = launch(&Strategy::SimpleUnit(BlueprintStrategy::default())).or_else(|_| launch(&Strategy::Naive));
    launched.unwrap_or_else(|error| panic!("no kernel multiplies {:?} by {:?}: {error:?}", left.meta, right.meta));
    product
}
