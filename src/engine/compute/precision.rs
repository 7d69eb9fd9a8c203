//! Whether a backend multiplies in the full precision of f32. Kernels for tensor cores round f32 inputs to 10 bits (TF32) or to
//! those of f16 and say nothing of it.

use burn::module::Param;
use burn::tensor::backend::Backend;
use burn::tensor::{Tensor, TensorData};

use crate::engine::model::config::Config;
use crate::engine::model::operations::{Operations, Weight};

/// Rows of the products that are tried: as many tokens as kernels for large products want.
const ROWS: usize = 512;

/// Terms of a sum that are tried at most: the partial sums of more might not be exact in f32 whatever their order.
const MOST_TERMS: usize = 4096;

/// Whether products of the sizes of the model's layers have the precision of f32 on `device`, in each of the ways in which passes take
/// them: forward, with some columns of a weight, back through a transposed weight, and between the positions of many heads.
pub fn has_full_products<B: Operations>(device: &B::Device, config: &Config) -> bool {
    let Config { width, mlp_width, heads, key_value_heads, head_width, .. } = *config;
    let hidden = mlp_width * if config.gated { 2 } else { 1 };
    let mixed = (heads + 2 * key_value_heads) * head_width;
    let sizes = [[width, mixed], [heads * head_width, width], [width, hidden], [mlp_width, width]];
    let exact = |size: [usize; 3], product: fn(Tensor<B, 2>, Tensor<B, 2>) -> Tensor<B, 2>| is_exact::<B>(device, size, product);
    sizes.into_iter().all(|[inner, columns]| {
        let size = [ROWS, inner.min(MOST_TERMS), columns];
        exact(size, B::product) && exact(size, some_columns) && exact(size, back)
    }) && exact([ROWS, head_width, ROWS], between_positions)
}

/// The product with the last columns of a wider weight.
fn some_columns<B: Operations>(left: Tensor<B, 2>, right: Tensor<B, 2>) -> Tensor<B, 2> {
    let [_, columns] = right.dims();
    let wider = Tensor::cat(vec![right.clone(), right], 1);
    B::project(left.unsqueeze(), &whole(wider), None, columns..2 * columns).squeeze_dim(0)
}

/// The product with the transpose of a weight, as gradients take it.
fn back<B: Operations>(left: Tensor<B, 2>, right: Tensor<B, 2>) -> Tensor<B, 2> {
    let [inner, _] = right.dims();
    // In memory the weight lies the other way round.
    let weight = Tensor::from_data(right.transpose().into_data(), &left.device());
    B::project_back(None, left.unsqueeze(), &whole(weight), 0..inner).squeeze_dim(0)
}

fn whole<B: Backend>(matrix: Tensor<B, 2>) -> Weight<B> {
    Weight::Whole(Param::from_tensor(matrix))
}

/// The product of one of several heads in several examples.
fn between_positions<B: Operations>(left: Tensor<B, 2>, right: Tensor<B, 2>) -> Tensor<B, 2> {
    let [rows, _] = left.dims();
    let [_, columns] = right.dims();
    let heads = |tensor: Tensor<B, 2>| tensor.unsqueeze::<4>().repeat_dim(0, 2).repeat_dim(1, 3);
    B::product(heads(left), heads(right)).narrow(0, 1, 1).narrow(1, 2, 1).reshape([rows, columns])
}

/// Whether `product` is exact where f32 can be: at sums of numbers that need 13 bits, whose leading bits cancel.
fn is_exact<B: Backend>(
    device: &B::Device,
    [rows, inner, columns]: [usize; 3],
    product: impl Fn(Tensor<B, 2>, Tensor<B, 2>) -> Tensor<B, 2>,
) -> bool {
    // 1 + a/4096 with a from 0 to 3, and signs that alternate: every partial sum in any order is a multiple of 1/4096 below 4096.
    let fine = |row: usize, term: usize| 1.0 + (((row + 3) * (term + 5) / 4) % 4) as f32 / 4096.0;
    let sign = |term: usize| if term.is_multiple_of(2) { 1.0 } else { -1.0_f32 };
    let matrix = |rows: usize, columns: usize, value: &dyn Fn(usize, usize) -> f32| {
        let values: Vec<f32> = (0..rows * columns).map(|place| value(place / columns, place % columns)).collect();
        Tensor::<B, 2>::from_data(TensorData::new(values, [rows, columns]), device)
    };
    let sum = |index: usize| (0..inner).map(|term| f64::from(sign(term)) * f64::from(fine(index, term))).sum::<f64>() as f32;
    // The fine numbers stand on the left, then on the right.
    let left = product(matrix(rows, inner, &fine), matrix(inner, columns, &|term, _| sign(term)));
    let right = product(matrix(rows, inner, &|_, term| sign(term)), matrix(inner, columns, &|term, column| fine(column, term)));
    let agrees = |found: Tensor<B, 2>, expected: &dyn Fn(usize) -> f32| {
        let found = found.into_data().convert::<f32>().into_vec::<f32>().unwrap_or_default();
        found.len() == rows * columns
            && found.iter().enumerate().all(|(place, value)| (value - expected(place)).abs() < 0.5 / 4096.0)
    };
    let (of_row, of_column): (Vec<f32>, Vec<f32>) = ((0..rows).map(sum).collect(), (0..columns).map(sum).collect());
    agrees(left, &|place| of_row[place / columns]) && agrees(right, &|place| of_column[place % columns])
}

#[cfg(test)]
mod tests {
    use burn_ndarray::{NdArray, NdArrayDevice};

    use super::*;
    use crate::engine::demo;

    type Processor = NdArray<f32>;

    /// Rounds to the `bits` leading bits behind the point of a mantissa, as tensor cores do with their inputs.
    fn rounded(tensor: Tensor<Processor, 2>, bits: u32) -> Tensor<Processor, 2> {
        let shape = tensor.dims();
        let values = tensor.into_data().into_vec::<f32>().unwrap();
        let dropped = 23 - bits;
        let round = |value: f32| f32::from_bits((value.to_bits() + (1 << (dropped - 1))) >> dropped << dropped);
        Tensor::from_data(TensorData::new(values.into_iter().map(round).collect::<Vec<f32>>(), shape), &NdArrayDevice::Cpu)
    }

    #[test]
    fn processors_multiply_in_f32() {
        let config = demo::config().unwrap();
        assert!(has_full_products::<Processor>(&NdArrayDevice::Cpu, &config));
        #[cfg(feature = "flex")]
        assert!(has_full_products::<burn_flex::Flex>(&burn_flex::FlexDevice, &config));
        assert!(is_exact::<Processor>(&NdArrayDevice::Cpu, [3, MOST_TERMS, 2], Tensor::matmul));
    }

    #[test]
    fn inputs_of_tf32_and_bf16_are_found_out_on_either_side() {
        for bits in [7, 10] {
            for size in [[1, 1, 1], [4, 64, 4], [64, 512, 16]] {
                let is_exact = |product: &dyn Fn(Tensor<Processor, 2>, Tensor<Processor, 2>) -> Tensor<Processor, 2>| {
                    is_exact::<Processor>(&NdArrayDevice::Cpu, size, product)
                };
                assert!(is_exact(&|left, right| left.matmul(right)));
                assert!(!is_exact(&|left, right| rounded(left, bits).matmul(right)), "{bits} bits on the left, {size:?}");
                assert!(!is_exact(&|left, right| left.matmul(rounded(right, bits))), "{bits} bits on the right, {size:?}");
            }
        }
    }

    /// burn's own kernels round where a card has tensor cores (all three sizes on an H200), which is why the products here are not burn's.
    #[cfg(feature = "cuda")]
    #[test]
    #[ignore = "needs an NVIDIA card"]
    fn an_nvidia_card_multiplies_in_f32() {
        type Card = burn_cuda::Cuda<f32, i32>;
        let device = burn_cuda::CudaDevice::default();
        for size in [[ROWS, 512, 1536], [ROWS, MOST_TERMS, 512], [3, 64, 5]] {
            for product in [crate::engine::model::products::Products::product, some_columns, back, between_positions] {
                assert!(is_exact::<Card>(&device, size, product), "{size:?}");
            }
        }
    }

    #[cfg(feature = "wgpu")]
    #[test]
    #[ignore = "needs a card with a driver for Vulkan, Metal or DirectX 12"]
    fn a_card_multiplies_in_f32() {
        use crate::engine::compute::wgpu::is_card;
        type Card = burn_wgpu::Wgpu<f32, i32>;
        is_card().unwrap();
        let device = burn_wgpu::WgpuDevice::DefaultDevice;
        for size in [[ROWS, 512, 1536], [ROWS, MOST_TERMS, 512], [3, 64, 5]] {
            for product in [crate::engine::model::products::Products::product, some_columns, back, between_positions] {
                assert!(is_exact::<Card>(&device, size, product), "{size:?}");
            }
        }
    }
}
