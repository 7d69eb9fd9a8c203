//! Matrix products on one thread: work is split over examples and steps above, so that no pool of threads runs inside another.
//!
//! Source of the kernels: the `gemm` crate, which burn-flex is built on. Measured on products of 240 rows with 512 x 512 to 2048
//! x 512, weights transposed or not, on both cores of a Zen 4 machine at once (medians of 7, GF/s): `gemm` 0.19 with AVX2 190 to
//! 213, `faer` 0.24 183 to 225, `matrixmultiply` 0.3 170 to 202, Debian's OpenBLAS 0.3.21 184 to 205. No library is faster
//! throughout, so the smallest of the maintained ones is taken; a system's BLAS is not worth an option that must be maintained.
//! matrixmultiply would start threads of its own inside each task, since burn-ndarray switches them on for the whole program.
//!
//! With its feature `x86-v4`, `gemm` uses AVX-512 if the machine has it. On Zen 4, which does one such instruction in two steps,
//! a study's layers ran at 202 GF/s without it, at 173 with it, and at 209 with it and with transposes kept (see [`Matrix`]);
//! encoders at 208 and 219.

use gemm::{Parallelism, gemm};

use crate::engine::transpose::transpose;

/// A weight matrix `[inputs, outputs]`, row-major, and its transpose: `gemm` copies a matrix whose columns lie apart before each
/// product, which costs more the wider the machine's vectors are (with AVX-512 a sixth of the rate), while all of pythia-70m's
/// layers are 75 MB.
pub struct Matrix {
    inputs: usize,
    outputs: usize,
    values: Vec<f32>,
    transposed: Vec<f32>,
}

impl Matrix {
    /// Wraps `values`, row-major `[inputs, outputs]`, and computes their transpose.
    ///
    /// # Panics
    /// When the number of values is not `inputs * outputs`: a fault of the caller.
    pub fn new(inputs: usize, outputs: usize, values: Vec<f32>) -> Self {
        assert_eq!(values.len(), inputs * outputs);
        let transposed = transpose(&values, outputs);
        Self { inputs, outputs, values, transposed }
    }

    /// `output += input W`
    ///
    /// # Shapes
    /// - input: `[rows, inputs]`, output: `[rows, outputs]`
    pub fn add_forward(&self, input: &[f32], output: &mut [f32]) {
        add_rows(input, &self.values, [self.inputs, self.outputs], output);
    }

    /// `output += input W^T`: passes a gradient back.
    ///
    /// # Shapes
    /// - input: `[rows, outputs]`, output: `[rows, inputs]`
    pub fn add_backward(&self, input: &[f32], output: &mut [f32]) {
        add_rows(input, &self.transposed, [self.outputs, self.inputs], output);
    }
}

/// `output += left right`, all row-major.
///
/// # Shapes
/// - left: `[rows, inner]`, right: `[inner, columns]`, output: `[rows, columns]`
pub fn add_rows(left: &[f32], right: &[f32], [inner, columns]: [usize; 2], output: &mut [f32]) {
    let rows = left.len() / inner;
    assert!(left.len() == rows * inner && output.len() == rows * columns && right.len() == inner * columns);
    if rows == 0 {
        return;
    }
    // SAFETY: the pointers are those of live slices, `output` is borrowed mutably and so overlaps neither of the others, and by
    // the assertion above every element that the sizes reach lies inside its slice.
    #[allow(unsafe_code)]
    unsafe {
        gemm(
            rows,
            columns,
            inner,
            output.as_mut_ptr(),
            1,
            columns as isize,
            true,
            left.as_ptr(),
            1,
            inner as isize,
            right.as_ptr(),
            1,
            columns as isize,
            1.0,
            1.0,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forward_backward_and_plain_products() {
        let weights = Matrix::new(2, 3, vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        let mut forward = vec![1.0; 3];
        weights.add_forward(&[1.0, 10.0], &mut forward);
        assert_eq!(forward, [42.0, 53.0, 64.0]);
        let mut backward = vec![0.0; 4];
        weights.add_backward(&[1.0, 0.0, 1.0, 0.0, 1.0, 0.0], &mut backward);
        assert_eq!(backward, [4.0, 10.0, 2.0, 5.0]);
        let mut plain = vec![0.0; 3];
        add_rows(&[1.0, 10.0], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [2, 3], &mut plain);
        assert_eq!(plain, [41.0, 52.0, 63.0]);
    }
}
