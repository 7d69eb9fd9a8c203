//! A tensor in its file: views of it cost nothing, and values are decoded when they are needed.

use std::ops::Range;

use super::{Bytes, Element};
use crate::core::problem::{Problem, Result};
use crate::engine::cancel::Cancel;
use crate::engine::lanes::{dispatched, dot};

/// A tensor of one or two dimensions inside [`Bytes`], with strides, so that a transposed view costs nothing.
#[derive(Debug, Clone)]
pub struct StoredTensor {
    bytes: Bytes,
    /// Byte position of element 0.
    offset: usize,
    element: Element,
    shape: Vec<usize>,
    /// Distance between neighbours along each dimension, in elements.
    strides: Vec<usize>,
    /// File and tensor name, for messages.
    place: String,
}

impl StoredTensor {
    /// A tensor of `shape` whose element `[i, j]` lies `first + i * strides[0] + j * strides[1]` elements after the start of the
    /// byte range `storage`.
    ///
    /// # Errors
    /// When the tensor does not fit into its storage or the storage into the bytes, or it has no or more than two dimensions.
    pub fn new(
        bytes: Bytes,
        storage: Range<usize>,
        first: usize,
        element: Element,
        shape: Vec<usize>,
        strides: Vec<usize>,
        place: String,
    ) -> Result<Self> {
        if shape.is_empty() || shape.len() > 2 || shape.len() != strides.len() {
            return Err(Problem::new(place, format_args!("has shape {shape:?}"), "a vector or a matrix is expected"));
        }
        let room = if storage.end <= bytes.as_slice().len() { storage.len() / element.size() } else { 0 };
        let furthest = shape.iter().zip(&strides).try_fold(first, |sum, (&length, &stride)| {
            length.checked_sub(1).and_then(|last| last.checked_mul(stride)).and_then(|reach| sum.checked_add(reach))
        });
        // With strides of 0 a few bytes could claim to be any number of elements.
        let count = shape.iter().try_fold(1_usize, |count, length| count.checked_mul(*length));
        match (furthest, count) {
            (Some(last), Some(count)) if last < room && count <= room => {
                let offset = storage.start + first * element.size();
                Ok(Self { bytes, offset, element, shape, strides, place })
            }
            _ => Err(Problem::new(
                place,
                format_args!("its shape {shape:?} does not fit into its storage of {} bytes", storage.len()),
                "the file is damaged or cut short: download or copy it again",
            )),
        }
    }

    /// Lengths of the dimensions.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// File and tensor name, for messages.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Fails unless the shape is `expected`.
    pub fn expect_shape(self, expected: &[usize]) -> Result<Self> {
        if self.shape == expected {
            return Ok(self);
        }
        Err(Problem::new(
            &self.place,
            format_args!("has shape {:?}, expected {expected:?}", self.shape),
            "check that the file belongs to this model and configuration",
        ))
    }

    /// The matrix with rows and columns exchanged; nothing is copied.
    #[must_use]
    pub fn transposed(mut self) -> Self {
        self.shape.reverse();
        self.strides.reverse();
        self
    }

    /// The part whose index along `dimension` lies in `range`; nothing is copied.
    ///
    /// # Panics
    /// When `range` is outside the shape: a fault of the caller.
    #[must_use]
    pub fn narrowed(&self, dimension: usize, range: Range<usize>) -> Self {
        assert!(range.start <= range.end && range.end <= self.shape[dimension], "{range:?} of {:?}", self.shape);
        let mut part = self.clone();
        part.offset += range.start * self.strides[dimension] * self.element.size();
        part.shape[dimension] = range.len();
        part
    }

    /// All values in row-major order of the shape.
    ///
    /// # Errors
    /// When a value is NaN or infinite, or the file became shorter.
    pub fn values(&self) -> Result<Vec<f32>> {
        let mut values = Vec::new();
        self.read_values(&mut values)?;
        Ok(values)
    }

    /// Reads all values in row-major order of the shape into a buffer that is reused; its earlier contents do not matter.
    ///
    /// # Errors
    /// When a value is NaN or infinite, or the file became shorter.
    pub fn read_values(&self, values: &mut Vec<f32>) -> Result<()> {
        values.resize(self.shape.iter().product(), 0.0);
        self.read_into(values)
    }

    /// Reads all values in row-major order of the shape into `values`.
    ///
    /// # Errors
    /// When a value is NaN or infinite, or the file became shorter.
    ///
    /// # Panics
    /// When `values` is longer or shorter than that: a fault of the caller.
    pub fn read_into(&self, values: &mut [f32]) -> Result<()> {
        let (rows, columns, row_stride, column_stride) = self.as_matrix();
        assert_eq!(values.len(), rows * columns);
        if column_stride == 1 {
            for (row, target) in values.chunks_exact_mut(columns).enumerate() {
                self.decode_run(row * row_stride, target);
            }
        } else {
            // A transposed view is read in blocks, so that both sides stay in the cache.
            const BLOCK: usize = 32;
            for row_start in (0..rows).step_by(BLOCK) {
                for column_start in (0..columns).step_by(BLOCK) {
                    for row in row_start..rows.min(row_start + BLOCK) {
                        for column in column_start..columns.min(column_start + BLOCK) {
                            values[row * columns + column] = self.at(row * row_stride + column * column_stride);
                        }
                    }
                }
            }
        }
        self.expect_usable(values)
    }

    /// Checks all values of a matrix without keeping them.
    ///
    /// # Errors
    /// When a value is NaN or infinite, or `cancel` is raised.
    pub fn expect_all_finite(&self, cancel: &Cancel) -> Result<()> {
        /// Rows between two checks for cancellation.
        const ROWS: usize = 1024;
        let (rows, ..) = self.as_matrix();
        let mut buffer = Vec::new();
        for first in (0..rows).step_by(ROWS) {
            cancel.check()?;
            self.narrowed(0, first..rows.min(first + ROWS)).read_values(&mut buffer)?;
        }
        Ok(())
    }

    /// Writes the values of row `row` of a matrix into `target`.
    ///
    /// # Errors
    /// When a value is NaN or infinite, or the file became shorter.
    ///
    /// # Panics
    /// When `row` or the length of `target` is outside the shape: a fault of the caller.
    pub fn read_row(&self, row: usize, target: &mut [f32]) -> Result<()> {
        let (rows, columns, row_stride, column_stride) = self.as_matrix();
        assert!(row < rows && target.len() == columns, "row {row} of {rows}, target {} of {columns}", target.len());
        if column_stride == 1 {
            self.decode_run(row * row_stride, target);
        } else {
            for (column, value) in target.iter_mut().enumerate() {
                *value = self.at(row * row_stride + column * column_stride);
            }
        }
        self.expect_usable(target)
    }

    /// The Euclidean norm of every row of a matrix, for both orders in the file.
    ///
    /// # Errors
    /// When a value is NaN or infinite, or `cancel` is raised.
    pub fn row_norms(&self, cancel: &Cancel) -> Result<Vec<f32>> {
        let (rows, columns, _, column_stride) = self.as_matrix();
        if column_stride == 1 {
            let mut row = vec![0.0; columns];
            let norm = |index| {
                cancel.check()?;
                self.read_row(index, &mut row)?;
                let square = dispatched(
                    #[inline(always)]
                    || dot(&row, &row),
                );
                // Squares leave the range of f32 long before lengths do.
                let exact = || row.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt() as f32;
                Ok(if square.is_normal() { square.sqrt() } else { exact() })
            };
            return (0..rows).map(norm).collect();
        }
        let (turned, mut column, mut squares) = (self.clone().transposed(), vec![0.0; rows], vec![0.0_f64; rows]);
        for index in 0..columns {
            cancel.check()?;
            turned.read_row(index, &mut column)?;
            squares.iter_mut().zip(&column).for_each(|(square, value)| *square += f64::from(*value).powi(2));
        }
        Ok(squares.into_iter().map(|square| square.sqrt() as f32).collect())
    }

    /// Rows, columns, row stride and column stride; a vector is a matrix of one row.
    fn as_matrix(&self) -> (usize, usize, usize, usize) {
        match (self.shape.as_slice(), self.strides.as_slice()) {
            (&[rows, columns], &[row_stride, column_stride]) => (rows, columns, row_stride, column_stride),
            (shape, strides) => (1, shape.first().copied().unwrap_or(0), 0, strides.first().copied().unwrap_or(1)),
        }
    }

    fn at(&self, element: usize) -> f32 {
        let start = self.offset + element * self.element.size();
        self.element.decode(&self.bytes.as_slice()[start..start + self.element.size()])
    }

    /// Decodes consecutive elements from element `start` on.
    fn decode_run(&self, start: usize, target: &mut [f32]) {
        let size = self.element.size();
        let begin = self.offset + start * size;
        let source = &self.bytes.as_slice()[begin..begin + target.len() * size];
        self.element.decode_all(source, target);
    }

    /// Fails unless `values`, which were just read, are the file's and finite.
    fn expect_usable(&self, values: &[f32]) -> Result<()> {
        self.bytes.expect_whole(&self.place)?;
        // Zero times a finite number is zero. The sum in lanes is fast, unlike a search for the first value that is not finite.
        let (blocks, rest) = values.as_chunks::<16>();
        let mut lanes = [0.0_f32; 16];
        for block in blocks {
            for (lane, value) in lanes.iter_mut().zip(block) {
                *lane += value * 0.0;
            }
        }
        if lanes.iter().chain(rest).all(|value| value.is_finite()) {
            return Ok(());
        }
        match values.iter().find(|value| !value.is_finite()) {
            None => Ok(()),
            Some(value) => Err(Problem::new(
                &self.place,
                format_args!("holds the value {value}"),
                "weights must be finite: the file is damaged or the training diverged",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensor(bytes: &'static [u8], element: Element, shape: &[usize], strides: &[usize]) -> Result<StoredTensor> {
        StoredTensor::new(Bytes::Embedded(bytes), 0..bytes.len(), 0, element, shape.to_vec(), strides.to_vec(), "x".to_owned())
    }

    #[test]
    fn all_element_types_are_widened_exactly() {
        // 1.5 and -2.0 in each format; the smallest positive subnormal number of f16.
        assert_eq!(tensor(&[0x00, 0x3e, 0x00, 0xc0], Element::F16, &[2], &[1]).unwrap().values().unwrap(), [1.5, -2.0]);
        assert_eq!(tensor(&[0x01, 0x00], Element::F16, &[1], &[1]).unwrap().values().unwrap(), [2.0_f32.powi(-24)]);
        assert_eq!(tensor(&[0xc0, 0x3f, 0x00, 0xc0], Element::BF16, &[2], &[1]).unwrap().values().unwrap(), [1.5, -2.0]);
        let single = tensor(&[0, 0, 0xc0, 0x3f, 0, 0, 0, 0xc0], Element::F32, &[2], &[1]).unwrap();
        assert_eq!(single.values().unwrap(), [1.5, -2.0]);
    }

    #[test]
    fn rows_and_values_agree_in_both_directions() {
        static BYTES: [u8; 24] = {
            let mut bytes = [0; 24];
            let mut index = 0;
            while index < 6 {
                let value = (index as f32 + 1.0).to_le_bytes();
                let mut byte = 0;
                while byte < 4 {
                    bytes[index * 4 + byte] = value[byte];
                    byte += 1;
                }
                index += 1;
            }
            bytes
        };
        let stored = tensor(&BYTES, Element::F32, &[2, 3], &[3, 1]).unwrap();
        let turned = stored.clone().transposed();
        assert_eq!(stored.values().unwrap(), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        assert_eq!(turned.values().unwrap(), [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
        let norms = |tensor: &StoredTensor| tensor.row_norms(&Cancel::default()).unwrap();
        assert_eq!(norms(&stored), [14.0_f32.sqrt(), 77.0_f32.sqrt()]);
        assert_eq!(norms(&turned), [17.0_f32.sqrt(), 29.0_f32.sqrt(), 45.0_f32.sqrt()]);
        for (tensor, rows) in [(stored, 2), (turned, 3)] {
            let (all, columns) = (tensor.values().unwrap(), 6 / rows);
            for row in 0..rows {
                let mut target = vec![0.0; columns];
                tensor.read_row(row, &mut target).unwrap();
                assert_eq!(target, all[row * columns..(row + 1) * columns]);
                assert_eq!(tensor.narrowed(0, row..row + 1).values().unwrap(), target);
            }
            let last: Vec<f32> = all.chunks_exact(columns).map(|row| row[columns - 1]).collect();
            assert_eq!(tensor.narrowed(1, columns - 1..columns).values().unwrap(), last);
        }
    }

    #[test]
    fn lengths_whose_squares_leave_the_range_of_f32_are_exact() {
        for scale in [1e30_f32, 1e-30] {
            for (values, strides) in [([3.0, 4.0, 3.0, 4.0], [2, 1]), ([3.0, 3.0, 4.0, 4.0], [1, 2])] {
                let bytes: Vec<u8> = values.iter().flat_map(|value| (value * scale).to_le_bytes()).collect();
                let norms = tensor(bytes.leak(), Element::F32, &[2, 2], &strides).unwrap().row_norms(&Cancel::default());
                assert!(norms.unwrap().iter().all(|norm| (norm / (5.0 * scale) - 1.0).abs() < 1e-6), "{strides:?}");
            }
        }
    }

    #[test]
    fn claims_beyond_the_storage_are_refused() {
        let bytes: &[u8] = &[0; 8];
        assert!(tensor(bytes, Element::F32, &[3], &[1]).is_err());
        assert!(tensor(bytes, Element::F32, &[2], &[2]).is_err());
        assert!(tensor(bytes, Element::F32, &[1_000_000, 2], &[0, 0]).is_err());
        assert!(tensor(bytes, Element::F32, &[usize::MAX, 2], &[usize::MAX, 1]).is_err());
        assert!(tensor(bytes, Element::F32, &[0], &[1]).is_err());
        assert!(tensor(&[0, 0, 0xc0, 0x7f], Element::F32, &[1], &[1]).unwrap().values().is_err());
    }
}
