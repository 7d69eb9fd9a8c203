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
//!
//! `gemm` copies any right matrix before products of more than 48 rows, into the order in which its kernel reads it, each time anew: a tenth
//! of a study's time, most of it spent waiting for weights to come from memory. Weights that lie in that order already, in [panels](PANEL),
//! and go through 48 rows at a time are not copied. On two cores of a Zen 5 machine, layers of pythia-70m's size, runs of a second each in
//! GF/s: 75 rows at a time 340 as they are and 404 in panels, 150 rows 394 and 436, 255 rows 434 and 464; with AVX2 alone 236 and 236. Panels
//! of 48 columns are as fast, those of 96 or 192 slower.

use std::ops::Range;

use gemm::{Parallelism, gemm};

use crate::engine::transpose::transpose;

/// Whether kernels are those of ARM's processors: `gemm` then copies the left matrix for every panel that is wider than two of its kernels,
/// which have 16 columns and four rows.
const IS_ARM: bool = cfg!(target_arch = "aarch64");

/// Columns of a panel: a row of the registers of `gemm`'s AVX-512 kernel, or what ARM's takes without a copy. A matrix in panels,
/// `[panels, rows, PANEL]`, has its first so many columns in the first panel, row after row, and so on; zeros fill the last one.
pub const PANEL: usize = if IS_ARM { 32 } else { 64 };

/// Rows that go through a panel together at most: eight times those of a kernel, for which `gemm` copies no panel.
const ROWS_OF_PANELS: usize = 8 * ROWS_OF_KERNEL;

/// Rows that a kernel computes at once: of AVX2 and AVX-512, and of ARM.
const ROWS_OF_KERNEL: usize = if IS_ARM { 4 } else { 6 };

/// The right matrix of a product, `[inner, columns]`, somewhere in `values`.
#[derive(Clone, Copy)]
pub struct Right<'a> {
    values: &'a [f32],
    order: Order,
}

/// How a right matrix lies in memory.
#[derive(Clone, Copy)]
enum Order {
    /// Rows and columns at equal distances.
    Strided { row_stride: usize, column_stride: usize },
    /// In panels of so many rows; the matrix begins at some row and column.
    Panels { height: usize, first_row: usize, first_column: usize },
}

/// Neighbouring columns of a right matrix, at equal distances.
struct Block<'a> {
    columns: Range<usize>,
    values: &'a [f32],
    row_stride: usize,
    column_stride: usize,
}

impl<'a> Right<'a> {
    /// A row-major matrix of `columns` columns.
    pub fn whole(values: &'a [f32], columns: usize) -> Self {
        Self::columns(values, columns, 0)
    }

    /// The columns from `first` on of a row-major matrix of `columns` columns.
    pub fn columns(values: &'a [f32], columns: usize, first: usize) -> Self {
        Self { values: &values[first..], order: Order::Strided { row_stride: columns, column_stride: 1 } }
    }

    /// The transpose of a row-major matrix of `columns` columns.
    pub fn transposed(values: &'a [f32], columns: usize) -> Self {
        Self { values, order: Order::Strided { row_stride: 1, column_stride: columns } }
    }

    /// What is below row `first_row` and right of column `first_column` of a matrix in panels of `height` rows.
    pub fn in_panels(values: &'a [f32], height: usize, [first_row, first_column]: [usize; 2]) -> Self {
        Self { values, order: Order::Panels { height, first_row, first_column } }
    }

    /// The first `columns` columns, in order.
    fn blocks(self, columns: usize) -> impl Iterator<Item = Block<'a>> {
        let width = match self.order {
            Order::Strided { .. } => usize::MAX,
            Order::Panels { .. } => PANEL,
        };
        let first_column = match self.order {
            Order::Strided { .. } => 0,
            Order::Panels { first_column, .. } => first_column,
        };
        let mut next = 0;
        std::iter::from_fn(move || {
            let start = next;
            (start < columns).then(|| {
                let column = first_column + start;
                next = columns.min(start.saturating_add(width - column % width));
                let (skipped, row_stride, column_stride) = match self.order {
                    Order::Strided { row_stride, column_stride } => (0, row_stride, column_stride),
                    Order::Panels { height, first_row, .. } => {
                        ((column / PANEL * height + first_row) * PANEL + column % PANEL, PANEL, 1)
                    }
                };
                Block { columns: start..next, values: &self.values[skipped..], row_stride, column_stride }
            })
        })
    }

    /// How many of `rows` rows go through a block together.
    fn rows_at_once(self, rows: usize) -> usize {
        match self.order {
            Order::Strided { .. } => rows,
            Order::Panels { .. } => rows.div_ceil(rows.div_ceil(ROWS_OF_PANELS).max(1)).next_multiple_of(ROWS_OF_KERNEL),
        }
    }

    /// Whether one of `rows` rows goes through a block alone.
    fn leaves_a_row(self, rows: usize) -> bool {
        rows > 0 && (rows == 1 || rows % self.rows_at_once(rows) == 1)
    }
}

/// A row-major matrix of `columns` columns in panels.
pub fn panels(values: &[f32], columns: usize) -> Vec<f32> {
    let rows = values.len() / columns;
    let mut panels = vec![0.0; columns.div_ceil(PANEL) * rows * PANEL];
    for (panel, target) in panels.chunks_exact_mut(rows * PANEL).enumerate() {
        let of_panel = panel * PANEL..columns.min((panel + 1) * PANEL);
        for (row, target) in values.chunks_exact(columns).zip(target.chunks_exact_mut(PANEL)) {
            target[..of_panel.len()].copy_from_slice(&row[of_panel.clone()]);
        }
    }
    panels
}

/// The transpose of a row-major matrix of `columns` columns in panels.
pub fn panels_of_transpose(values: &[f32], columns: usize) -> Vec<f32> {
    let rows = values.len() / columns;
    let mut panels = vec![0.0; rows.div_ceil(PANEL) * columns * PANEL];
    // The transpose of so many rows is a panel.
    for (rows, target) in values.chunks(PANEL * columns).zip(panels.chunks_exact_mut(columns * PANEL)) {
        let count = rows.len() / columns;
        for (row, target) in transpose(rows, columns).chunks_exact(count).zip(target.chunks_exact_mut(PANEL)) {
            target[..count].copy_from_slice(row);
        }
    }
    panels
}

/// `output += left right`.
///
/// # Shapes
/// - left: `[rows, inner]`, row-major, right: `[inner, columns]`, output: `[rows, columns]`, row-major
///
/// # Panics
/// When an array is shorter or longer than that: a fault of the caller.
pub fn add_product(left: &[f32], right: Right<'_>, sizes @ [_, columns]: [usize; 2], output: &mut [f32]) {
    let rows = rows_of(left, sizes);
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
    let rows = rows_of(left, sizes);
    if right.leaves_a_row(rows) || right.blocks(columns).any(|block| block.columns.len() == 1) {
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
fn rows_of(left: &[f32], [inner, columns]: [usize; 2]) -> usize {
    assert!(inner > 0 && columns > 0 && left.len().is_multiple_of(inner));
    let rows = left.len() / inner;
    assert!(rows.checked_mul(columns).is_some());
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
    let at_once = right.rows_at_once(rows);
    for block in right.blocks(columns) {
        let Block { columns: of_block, values, row_stride, column_stride } = block;
        let last = (inner - 1).checked_mul(row_stride).zip((of_block.len() - 1).checked_mul(column_stride));
        let last = last.and_then(|(down, along)| down.checked_add(along));
        assert!(last.is_some_and(|last| last < values.len()));
        for (part, left) in left.chunks(at_once * inner).enumerate() {
            // SAFETY: by the assertion every element of the block that the sizes and strides reach lies inside of its slice; the
            // columns of the blocks lie in `0..columns`, and the caller answers for `output`.
            unsafe {
                gemm(
                    left.len() / inner,
                    of_block.len(),
                    inner,
                    output.add(part * at_once * columns + of_block.start),
                    1,
                    columns as isize,
                    adds,
                    left.as_ptr(),
                    1,
                    inner as isize,
                    values.as_ptr(),
                    column_stride as isize,
                    row_stride as isize,
                    1.0,
                    1.0,
                    false,
                    false,
                    false,
                    Parallelism::None,
                );
            }
        }
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

    #[test]
    #[cfg(not(target_arch = "aarch64"))]
    fn a_row_that_is_alone_is_known_before_it_is_multiplied() {
        let alone = |rows: &usize| Right::in_panels(&[], 1, [0, 0]).leaves_a_row(*rows);
        assert_eq!((0..500).filter(alone).collect::<Vec<_>>(), [1, 337, 385, 433, 481]);
        assert_eq!((0..500).filter(|rows| Right::whole(&[], 1).leaves_a_row(*rows)).collect::<Vec<_>>(), [1]);
    }

    #[test]
    fn any_part_of_a_matrix_in_panels_gives_the_product_of_that_part() {
        let number = |place: usize| (place * 37 % 101) as f32 - 50.0;
        for [height, width] in [[1, 1], [5, 63], [7, 64], [3, 65], [9, 150]] {
            let matrix: Vec<f32> = (0..height * width).map(number).collect();
            let in_panels = panels(&matrix, width);
            assert_eq!(panels_of_transpose(&transpose(&matrix, width), height), in_panels);
            for first @ [first_row, first_column] in [[0, 0], [height - 1, 0], [0, width - 1], [height / 2, width / 3]] {
                let sizes @ [inner, columns] = [height - first_row, width - first_column];
                let part: Vec<f32> = matrix.chunks(width).skip(first_row).flat_map(|row| &row[first_column..]).copied().collect();
                // Of 337 rows, seven times 48 go through a panel together and one alone; 49 are 30 and 19.
                for rows in [0, 1, 2, 49, 61, 97, 337] {
                    let left: Vec<f32> = (0..rows * inner).map(|place| number(place + 3)).collect();
                    let right = Right::in_panels(&in_panels, height, first);
                    // Whole numbers so small that every sum is exact.
                    let product = multiplied(&left, Right::whole(&part, columns), sizes);
                    assert_eq!(multiplied(&left, right, sizes), product);
                    let mut sum = vec![1.0; rows * columns];
                    add_product(&left, right, sizes, &mut sum);
                    assert_eq!(sum, product.iter().map(|number| number + 1.0).collect::<Vec<_>>());
                }
            }
        }
    }
}
