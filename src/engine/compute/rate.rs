//! How fast this machine multiplies matrices of the sizes that a study needs, by `gemm` and with matrices as they lie: the same measure for
//! every version of this program. A study's own weights may lie in a better order ([`super::processor::product`]).

use std::time::{Duration, Instant};

use super::TOKENS_PER_TASK;
use super::processor::product::{Right, add_product};
use crate::engine::model::config::Config;

/// Columns of the block of an encoder that is multiplied.
const COLUMNS: usize = 1024;

/// Floating point operations per second of all threads together; each thread computes products of its own, as in a study.
#[derive(Debug, Clone, Copy)]
pub struct Rates {
    /// Rate at the linear layers of the model, forward and backward in the proportions of a study.
    pub layers: f64,
    /// Rate at the encoders.
    pub encoder: f64,
}

/// Measures for about twice `time`; `prefixes` is the number of tokens that are encoded together.
pub fn rates(config: &Config, prefixes: usize, time: Duration) -> Rates {
    let (width, mlp) = (config.width, config.mlp_width);
    let shapes = [[width, width], [width, 2 * width], [width, width], [width, mlp], [mlp, width]];
    let layers = measure(time, || {
        // Each weight and its transpose, which a study keeps, too.
        let matrices = shapes.map(|[inputs, outputs]| [vec![0.01; inputs * outputs], vec![0.01; inputs * outputs]]);
        let widest = mlp.max(2 * width);
        let (input, mut output) = (vec![0.5_f32; TOKENS_PER_TASK * widest], vec![0.0_f32; TOKENS_PER_TASK * widest]);
        move || {
            for ([weight, transposed], sizes @ [inputs, outputs]) in matrices.iter().zip(shapes) {
                let (narrow, wide) = (TOKENS_PER_TASK * inputs, TOKENS_PER_TASK * outputs);
                add_product(&input[..narrow], Right::whole(weight, outputs), sizes, &mut output[..wide]);
                add_product(&input[..wide], Right::whole(transposed, inputs), [outputs, inputs], &mut output[..narrow]);
            }
            4.0 * TOKENS_PER_TASK as f64 * shapes.iter().map(|[inputs, outputs]| inputs * outputs).sum::<usize>() as f64
        }
    });
    let encoder = measure(time, || {
        let (input, block) = (vec![0.5_f32; prefixes * width], vec![0.01_f32; width * COLUMNS]);
        let mut output = vec![0.0; prefixes * COLUMNS];
        move || {
            add_product(&input, Right::whole(&block, COLUMNS), [width, COLUMNS], &mut output);
            2.0 * (prefixes * width * COLUMNS) as f64
        }
    });
    Rates { layers, encoder }
}

/// Gives every thread its own piece of work by `prepare`, and adds up their rates; a piece of work returns its number of
/// operations.
fn measure<W: FnMut() -> f64>(time: Duration, prepare: impl Fn() -> W + Sync) -> f64 {
    let rates = rayon::broadcast(|_| {
        let mut work = prepare();
        // A first round warms caches and page tables, which are warm in a study.
        work();
        let (start, mut operations) = (Instant::now(), 0.0);
        while start.elapsed() < time {
            operations += work();
        }
        operations / start.elapsed().as_secs_f64()
    });
    rates.into_iter().sum()
}
