//! Activations on the host: plain f32 arrays, the one shape that crosses between the backends and everything else.

/// The outputs of one submodule for a batch of prompts of equal length.
///
/// # Shapes
/// `[examples, positions, width]`, row-major.
#[derive(Debug, Clone, PartialEq)]
pub struct Activation {
    /// All values.
    pub values: Vec<f32>,
    /// Number of examples.
    pub examples: usize,
    /// Tokens per example.
    pub positions: usize,
    /// Width of the residual stream.
    pub width: usize,
}

impl Activation {
    /// Wraps `values`.
    ///
    /// # Panics
    /// When the number of values is not the product of the shape: a fault of the caller.
    pub fn new(values: Vec<f32>, [examples, positions, width]: [usize; 3]) -> Self {
        assert_eq!(values.len(), examples * positions * width);
        Self { values, examples, positions, width }
    }

    /// The shape as `[examples, positions, width]`.
    pub fn shape(&self) -> [usize; 3] {
        [self.examples, self.positions, self.width]
    }

    /// The vector at one token; row `example * positions + position` of [`Activation::rows`].
    pub fn at(&self, example: usize, position: usize) -> &[f32] {
        self.row(example * self.positions + position)
    }

    /// The vector of row `row`.
    pub fn row(&self, row: usize) -> &[f32] {
        &self.values[row * self.width..(row + 1) * self.width]
    }

    /// All positions of one example, `[positions, width]`.
    pub fn example(&self, example: usize) -> &[f32] {
        let size = self.positions * self.width;
        &self.values[example * size..(example + 1) * size]
    }

    /// Some of the examples.
    pub fn select(&self, examples: &[usize]) -> Self {
        let values = examples.iter().flat_map(|example| self.example(*example)).copied().collect();
        Self::new(values, [examples.len(), self.positions, self.width])
    }

    /// One vector per token.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        self.values.chunks_exact(self.width)
    }

    /// One vector per token.
    pub fn rows_mut(&mut self) -> impl ExactSizeIterator<Item = &mut [f32]> {
        self.values.chunks_exact_mut(self.width)
    }
}

/// The scalar product, summed in lanes so that the compiler can use vector instructions: in a loop that `pulp` dispatches those of the
/// machine that runs it.
#[expect(clippy::inline_always, reason = "vector instructions reach only what is inlined into the dispatched loop")]
#[inline(always)]
pub fn dot(left: &[f32], right: &[f32]) -> f32 {
    let mut lanes = [0.0_f32; 16];
    let (left_blocks, left_rest) = left.as_chunks::<16>();
    let (right_blocks, right_rest) = right.as_chunks::<16>();
    for (a, b) in left_blocks.iter().zip(right_blocks) {
        for (lane, (x, y)) in lanes.iter_mut().zip(a.iter().zip(b)) {
            *lane += x * y;
        }
    }
    let rest: f32 = left_rest.iter().zip(right_rest).map(|(x, y)| x * y).sum();
    lanes.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dot_covers_blocks_and_rest() {
        let values: Vec<f32> = (1..=19_u8).map(f32::from).collect();
        assert_eq!(dot(&values, &values).to_bits(), 2470.0_f32.to_bits());
    }
}
