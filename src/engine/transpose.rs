//! The transpose of a matrix in memory. A matrix in a file is transposed without a copy: see [`super::tensor_file`].

/// Transposes a row-major matrix of `columns` columns: `[rows, columns]` becomes `[columns, rows]`. It works in blocks, so that
/// both sides stay in the cache.
pub fn transpose(values: &[f32], columns: usize) -> Vec<f32> {
    const BLOCK: usize = 32;
    let rows = values.len() / columns;
    let mut turned = vec![0.0; values.len()];
    for first_row in (0..rows).step_by(BLOCK) {
        for first_column in (0..columns).step_by(BLOCK) {
            for row in first_row..rows.min(first_row + BLOCK) {
                for column in first_column..columns.min(first_column + BLOCK) {
                    turned[column * rows + row] = values[row * columns + column];
                }
            }
        }
    }
    turned
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transposing_covers_uneven_blocks() {
        let values: Vec<f32> = (0..35 * 33_u16).map(f32::from).collect();
        let turned = transpose(&values, 33);
        for row in 0..35 {
            for column in 0..33 {
                assert_eq!(turned[column * 35 + row].to_bits(), values[row * 33 + column].to_bits());
            }
        }
    }
}
