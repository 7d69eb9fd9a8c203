//! Matrix products on one thread: work is split over examples and steps above, so that no pool of threads runs inside another.
//!
//! Source of the kernels: the `gemm` crate, which burn-flex is built on. Measured on products of 240 rows with 512 x 512 to 2048
//! x 512, weights transposed or not, on both cores of a Zen 4 machine at once (medians of 7, GF/s): `gemm` 0.19 with AVX2 190 to
//! 213, `faer` 0.24 183 to 225, `matrixmultiply` 0.3 170 to 202, Debian's OpenBLAS 0.3.21 184 to 205. No library is faster
//! throughout, so the smallest of the maintained ones is taken; a system's BLAS is not worth an option that must be maintained.
//! matrixmultiply would start threads of its own inside each task, since burn-ndarray switches them on for the whole program.
//!
//! With its feature `x86-v4`, `gemm` uses AVX-512 if the machine has it. On Zen 4, which does one such instruction in two steps,
//! a study's layers ran at 202 GF/s without it, at 173 with it, and at 209 with it and with transposes of the weights kept; encoders at
//! 208 and 219. The transposes matter because `gemm` copies a matrix whose columns lie apart before each product.

use gemm::{Parallelism, gemm};

/// The right matrix of a product, `[inner, columns]`, somewhere in `values`.
#[derive(Clone, Copy)]
pub struct Right<'a> {
    values: &'a [f32],
    row_stride: usize,
    column_stride: usize,
}

impl<'a> Right<'a> {
    /// A row-major matrix of `columns` columns.
    pub fn whole(values: &'a [f32], columns: usize) -> Self {
        Self { values, row_stride: columns, column_stride: 1 }
    }

    /// The columns from `first` on of a row-major matrix of `columns` columns.
    pub fn columns(values: &'a [f32], columns: usize, first: usize) -> Self {
        Self { values: &values[first..], row_stride: columns, column_stride: 1 }
    }

    /// The transpose of a row-major matrix of `columns` columns.
    pub fn transposed(values: &'a [f32], columns: usize) -> Self {
        Self { values, row_stride: 1, column_stride: columns }
    }
}

/// `output += left right`.
///
/// # Shapes
/// - left: `[rows, inner]`, row-major, right: `[inner, columns]`, output: `[rows, columns]`, row-major
///
/// # Panics
/// When an array is shorter or longer than that: a fault of the caller.
pub fn add_product(left: &[f32], right: Right<'_>, sizes @ [_, columns]: [usize; 2], output: &mut [f32]) {
    let rows = rows_of(left, right, sizes);
    assert_eq!(output.len(), rows * columns);
    // SAFETY: `output` holds `rows * columns` initialised numbers.
    #[allow(unsafe_code)]
    unsafe {
        multiply_into(output.as_mut_ptr(), true, left, right, sizes, rows);
    }
}

/// `left right`, in the shapes of [`add_product`].
///
/// # Panics
/// As [`add_product`].
pub fn multiplied(left: &[f32], right: Right<'_>, sizes @ [_, columns]: [usize; 2]) -> Vec<f32> {
    let rows = rows_of(left, right, sizes);
    if rows == 1 || columns == 1 {
        // `gemm` takes its output for a slice there.
        let mut output = vec![0.0; rows * columns];
        add_product(left, right, sizes, &mut output);
        return output;
    }
    let mut output = Vec::with_capacity(rows * columns);
    // SAFETY: there is room for `rows * columns` numbers, and every one of them is written before the length says so.
    #[allow(unsafe_code)]
    unsafe {
        multiply_into(output.as_mut_ptr(), false, left, right, sizes, rows);
        output.set_len(rows * columns);
    }
    output
}

/// The number of rows of `left`, once the sizes fit.
fn rows_of(left: &[f32], right: Right<'_>, [inner, columns]: [usize; 2]) -> usize {
    assert!(inner > 0 && columns > 0 && left.len().is_multiple_of(inner));
    let rows = left.len() / inner;
    let last = (inner - 1).checked_mul(right.row_stride).zip((columns - 1).checked_mul(right.column_stride));
    let last = last.and_then(|(down, along)| down.checked_add(along));
    assert!(last.is_some_and(|last| last < right.values.len()) && rows.checked_mul(columns).is_some());
    rows
}

/// `output = left right`, or `output += left right` if `adds` is set.
///
/// # Safety
/// `output` points to room for `rows * columns` numbers that nothing else uses, initialised if `adds` is set; `rows` is what
/// [`rows_of`] says.
#[allow(unsafe_code)]
unsafe fn multiply_into(output: *mut f32, adds: bool, left: &[f32], right: Right<'_>, [inner, columns]: [usize; 2], rows: usize) {
    if rows == 0 {
        return;
    }
    // SAFETY: by the assertions of `rows_of` every element that the sizes and strides reach lies inside of its slice; the caller
    // answers for `output`.
    unsafe {
        gemm(
            rows,
            columns,
            inner,
            output,
            1,
            columns as isize,
            adds,
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
    fn whole_and_partial_and_transposed_matrices() {
        let values = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        assert_eq!(multiplied(&[1.0, 10.0], Right::whole(&values, 3), [2, 3]), [41.0, 52.0, 63.0]);
        assert_eq!(multiplied(&[1.0, 10.0], Right::columns(&values, 3, 1), [2, 2]), [52.0, 63.0]);
        assert_eq!(multiplied(&[1.0, 0.0, 1.0, 0.0, 1.0, 0.0], Right::transposed(&values, 3), [3, 2]), [4.0, 10.0, 2.0, 5.0]);
        let mut sum = vec![1.0; 3];
        add_product(&[1.0, 10.0], Right::whole(&values, 3), [2, 3], &mut sum);
        assert_eq!(sum, [42.0, 53.0, 64.0]);
        assert!(multiplied(&[], Right::whole(&values, 3), [2, 3]).is_empty());
    }
}
