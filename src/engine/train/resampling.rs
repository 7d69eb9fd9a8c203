//! Chooses inputs from which dead features start again: badly reconstructed ones, drawn in proportion to the square of their
//! loss (Bricken et al. 2023, "Towards Monosemanticity", appendix on autoencoder training).

use crate::engine::random::Random;

/// Inputs that give dead features their new directions.
pub struct Replacement {
    /// Number of values of one input.
    pub width: usize,
    /// The chosen inputs, one after another.
    pub inputs: Vec<f32>,
}

/// Draws `count` of the `candidates` (row-major, one row per value of `losses`), each row at most once if there are enough.
pub fn replacement(candidates: &[f32], losses: &[f32], count: usize, random: &mut Random) -> Replacement {
    let width = candidates.len() / losses.len().max(1);
    let mut weights: Vec<f64> = losses.iter().map(|loss| f64::from(*loss).powi(2)).collect();
    let mut inputs = Vec::with_capacity(count * width);
    for _ in 0..count {
        let row = random.weighted(&weights);
        if count <= losses.len() {
            weights[row] = 0.0;
        }
        inputs.extend_from_slice(&candidates[row * width..(row + 1) * width]);
    }
    Replacement { width, inputs }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn badly_reconstructed_rows_are_chosen_first() {
        let mut random = Random::new(1, "test");
        let chosen = replacement(&[1.0, 1.0, 2.0, 2.0, 3.0, 3.0], &[0.0, 5.0, 5.0], 2, &mut random);
        assert_eq!(chosen.width, 2);
        let mut rows: Vec<f32> = chosen.inputs.iter().step_by(2).copied().collect();
        rows.sort_by(f32::total_cmp);
        assert_eq!(rows, [2.0, 3.0]);
    }
}
