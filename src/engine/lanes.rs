//! Loops that become the vector instructions of the machine that runs them: a program that starts on any x86-64 uses AVX2 or AVX-512 where
//! the machine has it.

use pulp::{Arch, NullaryFnOnce};

/// Partial sums that lie side by side: a vector register of the widest kind.
pub const LANES: usize = 16;

/// The scalar product, summed in lanes so that the compiler can use vector instructions. In a [`dispatched`] loop these are those
/// of the machine that runs it.
#[expect(clippy::inline_always, reason = "vector instructions reach only what is inlined into the dispatched loop")]
#[inline(always)]
pub fn dot(left: &[f32], right: &[f32]) -> f32 {
    let mut lanes = [0.0_f32; LANES];
    let (left_blocks, left_rest) = left.as_chunks::<LANES>();
    let (right_blocks, right_rest) = right.as_chunks::<LANES>();
    for (a, b) in left_blocks.iter().zip(right_blocks) {
        for (lane, (x, y)) in lanes.iter_mut().zip(a.iter().zip(b)) {
            *lane += x * y;
        }
    }
    let rest: f32 = left_rest.iter().zip(right_rest).map(|(x, y)| x * y).sum();
    lanes.iter().sum::<f32>() + rest
}

/// Does `work`, compiled for the vector instructions of this machine. They reach only what is inlined into it: closures and functions
/// in it are marked so.
#[expect(clippy::inline_always, reason = "vector instructions reach only what is inlined into the dispatched loop")]
#[inline(always)]
pub fn dispatched<R>(work: impl FnMut() -> R) -> R {
    /// A closure called by reference. `FnOnce` of a closure that leaves what it captures in place is a function of its own, which the
    /// compiler need not inline: half of the loops here once ran with SSE for that reason.
    struct Work<F>(F);

    impl<R, F: FnMut() -> R> NullaryFnOnce for Work<F> {
        type Output = R;

        #[inline(always)]
        fn call(mut self) -> R {
            (self.0)()
        }
    }

    Arch::new().dispatch(Work(work))
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
