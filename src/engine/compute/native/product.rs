//! Matrix products on one thread: work is split over examples and steps above, so that no pool of threads runs inside another.
//!
//! Source of the kernels: the `gemm` crate, which burn-flex is built on. Measured on products of 240 rows with 512 x 512 to 2048 x 512,
//! weights transposed or not, on both cores of a Zen 4 machine at once (medians of 7, GF/s): `gemm` 0.19 190 to 213, `faer` 0.24 183 to 225,
//! `matrixmultiply` 0.3 170 to 202, Debian's OpenBLAS 0.3.21 184 to 205. None is faster throughout, so the smallest of the kept libraries
//! is taken, and a system's BLAS is no option to maintain. matrixmultiply would start threads of its own
//! inside each task, since burn-ndarray switches them on for the whole program.

use gemm::{Parallelism, gemm};

/// A weight matrix `[inputs, outputs]`, row-major.
pub struct Matrix {
    inputs: usize,
    outputs: usize,
    values: Vec<f32>,
}

impl Matrix {
    /// Wraps `values`, row-major.
    ///
    /// # Panics
    /// When the number of values is not that of the shape: a fault of the caller.
    pub fn new(inputs: usize, outputs: usize, values: Vec<f32>) -> Self {
        assert_eq!(values.len(), inputs * outputs);
        Self { inputs, outputs, values }
    }

    /// `output += input W`
    ///
    /// # Shapes
    /// - input: `[rows, inputs]`, output: `[rows, outputs]`
    pub fn add_forward(&self, input: &[f32], output: &mut [f32]) {
        let weights = Strided { values: &self.values, row_stride: self.outputs, column_stride: 1 };
        add_product(input, &weights, [self.inputs, self.outputs], output);
    }

    /// `output += input W^T`, the gradient passed back.
    ///
    /// # Shapes
    /// - input: `[rows, outputs]`, output: `[rows, inputs]`
    pub fn add_backward(&self, input: &[f32], output: &mut [f32]) {
        let weights = Strided { values: &self.values, row_stride: 1, column_stride: self.outputs };
        add_product(input, &weights, [self.outputs, self.inputs], output);
    }
}

/// `output += input right`, where `right` is row-major.
///
/// # Shapes
/// - input: `[rows, inner]`, right: `[inner, columns]`, output: `[rows, columns]`
pub fn add_rows(input: &[f32], right: &[f32], [inner, columns]: [usize; 2], output: &mut [f32]) {
    add_product(input, &Strided { values: right, row_stride: columns, column_stride: 1 }, [inner, columns], output);
}

struct Strided<'a> {
    values: &'a [f32],
    row_stride: usize,
    column_stride: usize,
}

fn add_product(left: &[f32], right: &Strided<'_>, [inner, columns]: [usize; 2], output: &mut [f32]) {
    let rows = left.len() / inner;
    assert!(left.len() == rows * inner && output.len() == rows * columns && right.values.len() == inner * columns);
    if rows == 0 {
        return;
    }
    // SAFETY: the pointers are those of live slices, `output` is borrowed mutably and so overlaps neither of the others, and by the
    // assertion above every element that the sizes and strides reach lies inside its slice.
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
            right.values.as_ptr(),
            right.column_stride as isize,
            right.row_stride as isize,
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
