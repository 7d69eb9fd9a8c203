//! Whether a backend multiplies in the full precision of f32. Kernels for tensor cores round f32 inputs to 10 bits (TF32) or to
//! those of f16 and say nothing of it.

use burn::tensor::{Tensor, TensorData};

use crate::engine::model::config::Config;
use crate::engine::model::products::Products;

/// Rows of the products that are tried: as many tokens as kernels for large products want.
const ROWS: usize = 512;

/// Terms of a sum that are tried at most: the partial sums of more might not be exact in f32 whatever their order.
const MOST_TERMS: usize = 4096;

/// Whether products of the sizes of the model's layers have the precision of f32 on `device`.
pub fn has_full_products<B: Products>(device: &B::Device, config: &Config) -> bool {
    let Config { width, mlp_width, .. } = *config;
    let sizes = [[width, 3 * width], [width, width], [width, mlp_width], [mlp_width, width]];
    sizes.into_iter().all(|[inner, columns]| is_exact::<B>(device, [ROWS, inner.min(MOST_TERMS), columns], B::product))
}

/// Whether `product` is exact where f32 can be: at sums of numbers that need 13 bits, whose leading bits cancel.
fn is_exact<B: Products>(
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
            assert!(is_exact::<Card>(&device, size, Card::product), "{size:?}");
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
            assert!(is_exact::<Card>(&device, size, Card::product), "{size:?}");
        }
    }
}
