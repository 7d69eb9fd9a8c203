//! Loops over neighbouring numbers, compiled for the vector instructions of the machine that runs them: `pulp` dispatches each
//! loop once for a whole array. So a program that starts on any x86-64 uses AVX2 or AVX-512 if the machine has it.

use crate::engine::lanes::{LANES, dispatched, dot};
use crate::engine::model::config::{ActivationFunction, NormKind};

/// `target += factor * source`. Call it inside a dispatched loop.
#[expect(clippy::inline_always, reason = "vector instructions reach only what is inlined into the dispatched loop")]
#[inline(always)]
pub fn add_scaled(target: &mut [f32], factor: f32, source: &[f32]) {
    for (target, source) in target.iter_mut().zip(source) {
        *target += factor * source;
    }
}

#[expect(clippy::inline_always, reason = "vector instructions reach only what is inlined into the dispatched loop")]
#[inline(always)]
fn sum(values: &[f32]) -> f32 {
    let mut lanes = [0.0_f32; LANES];
    let (blocks, rest) = values.as_chunks::<LANES>();
    for block in blocks {
        for lane in 0..LANES {
            lanes[lane] += block[lane];
        }
    }
    lanes.iter().sum::<f32>() + rest.iter().sum::<f32>()
}

/// `target += source`
pub fn add(target: &mut [f32], source: &[f32]) {
    dispatched(
        #[inline(always)]
        || {
            for (target, source) in target.iter_mut().zip(source) {
                *target += source;
            }
        },
    );
}

/// `target *= source`
pub fn multiply(target: &mut [f32], source: &[f32]) {
    dispatched(
        #[inline(always)]
        || {
            for (target, source) in target.iter_mut().zip(source) {
                *target *= source;
            }
        },
    );
}

/// Copies `row` into every row of `target`.
pub fn fill_rows(target: &mut [f32], row: &[f32]) {
    target.chunks_exact_mut(row.len()).for_each(|target| target.copy_from_slice(row));
}

/// `(x - mean) / sqrt(variance + epsilon)` of every row of `input`, which is layer norm without its gain and bias, or without the mean;
/// `scales` receives `1 / sqrt(variance + epsilon)`.
///
/// # Shapes
/// - input, rows: `[rows, width]`; scales: `[rows]`
pub fn normalise(input: &[f32], width: usize, kind: NormKind, epsilon: f32, rows: &mut [f32], scales: &mut [f32]) {
    dispatched(
        #[inline(always)]
        || {
            for ((input, row), scale) in input.chunks_exact(width).zip(rows.chunks_exact_mut(width)).zip(scales.iter_mut()) {
                let mean = match kind {
                    NormKind::Layer => sum(input) / width as f32,
                    NormKind::Rms => 0.0,
                };
                for (row, value) in row.iter_mut().zip(input) {
                    *row = value - mean;
                }
                *scale = (dot(row, row) / width as f32 + epsilon).sqrt().recip();
                for row in row.iter_mut() {
                    *row *= *scale;
                }
            }
        },
    );
}

/// `row * gain + bias` of every row.
///
/// # Shapes
/// - rows, output: `[rows, width]`; gain, bias: `[width]`
pub fn scale_and_shift(rows: &[f32], gain: &[f32], bias: Option<&[f32]>, output: &mut [f32]) {
    let width = gain.len();
    dispatched(
        #[inline(always)]
        || {
            for (row, output) in rows.chunks_exact(width).zip(output.chunks_exact_mut(width)) {
                for ((output, value), gain) in output.iter_mut().zip(row).zip(gain) {
                    *output = value * gain;
                }
                if let Some(bias) = bias {
                    for (output, bias) in output.iter_mut().zip(bias) {
                        *output += bias;
                    }
                }
            }
        },
    );
}

/// Replaces the gradient with respect to what [`scale_and_shift`] made of [`normalise`]d rows by the gradient with respect to what
/// [`normalise`] read: with `g = gradient * gain`, `scale (g - mean(g) - row mean(g row))`, without `mean(g)` where no mean was
/// subtracted.
///
/// # Shapes
/// - gradient, rows: `[rows, width]`; gain: `[width]`; scales: `[rows]`
pub fn normalise_back(gradient: &mut [f32], gain: &[f32], rows: &[f32], scales: &[f32], kind: NormKind) {
    let width = gain.len();
    dispatched(
        #[inline(always)]
        || {
            let rows = gradient.chunks_exact_mut(width).zip(rows.chunks_exact(width)).zip(scales);
            for ((gradient, row), scale) in rows {
                for (gradient, gain) in gradient.iter_mut().zip(gain) {
                    *gradient *= gain;
                }
                let mean = match kind {
                    NormKind::Layer => sum(gradient) / width as f32,
                    NormKind::Rms => 0.0,
                };
                let along = dot(gradient, row) / width as f32;
                for (gradient, row) in gradient.iter_mut().zip(row) {
                    *gradient = scale * (*gradient - mean - row * along);
                }
            }
        },
    );
}

/// Replaces every number by its activation and writes the derivative at that number into `slopes`.
pub fn activate(function: ActivationFunction, values: &mut [f32], slopes: &mut [f32]) {
    dispatched(
        #[inline(always)]
        || {
            let pairs = values.iter_mut().zip(slopes.iter_mut());
            match function {
                ActivationFunction::Gelu => pairs.for_each(|(value, slope)| (*value, *slope) = gelu(*value)),
                ActivationFunction::GeluTanh => pairs.for_each(|(value, slope)| (*value, *slope) = gelu_tanh(*value)),
                ActivationFunction::Relu => pairs.for_each(|(value, slope)| {
                    *slope = if *value > 0.0 { 1.0 } else { 0.0 };
                    // Not `max`, which would turn NaN into 0.
                    *value = if *value < 0.0 { 0.0 } else { *value };
                }),
                ActivationFunction::Silu => pairs.for_each(|(value, slope)| {
                    let whole = 1.0 + (-*value).exp();
                    let output = *value / whole;
                    (*value, *slope) = (output, (1.0 - output) / whole + output);
                }),
            }
        },
    );
}

/// `e^y` for `y <= 0`, to 2 ulp; below -87 about the smallest normal number. The polynomial and the split of ln 2 are those of
/// `expf` in Moshier's Cephes library (netlib.org/cephes, single/expf.c).
#[inline(always)]
fn exp_of_negative(y: f32) -> f32 {
    // Adding this and subtracting it again leaves the nearest whole number, whose bits are the lowest of the sum.
    const ROUND: f32 = 12_582_912.0;
    let y = if y < -87.0 { -87.0 } else { y };
    let shifted = y * std::f32::consts::LOG2_E + ROUND;
    let whole = shifted - ROUND;
    let r = y - whole * 0.693_359_4 + whole * 2.121_944_4e-4;
    let polynomial = 1.987_569_1e-4;
    let polynomial = polynomial * r + 1.398_2e-3;
    let polynomial = polynomial * r + 8.333_452e-3;
    let polynomial = polynomial * r + 4.166_579_6e-2;
    let polynomial = polynomial * r + 1.666_666_6e-1;
    let polynomial = polynomial * r + 0.5;
    let power = f32::from_bits(shifted.to_bits().wrapping_sub(ROUND.to_bits()).wrapping_add(127) << 23);
    (polynomial * r * r + r + 1.0) * power
}

/// Exact GELU `x Phi(x)` and its derivative `Phi(x) + x phi(x)`, both to 5e-7 (tested against f64).
///
/// `Phi(-|x|) = erfc(|x| / sqrt 2) / 2` by formula 7.1.26 of Abramowitz & Stegun, "Handbook of Mathematical Functions", whose
/// error in erf is 1.5e-7; its exponential is also the one in `phi`.
#[inline(always)]
fn gelu(x: f32) -> (f32, f32) {
    /// 1 / sqrt(2 pi)
    const DENSITY: f32 = 0.398_942_3;
    let size = x.abs();
    let exponential = exp_of_negative(-0.5 * x * x);
    let t = 1.0 / (1.0 + 0.327_591_1 * std::f32::consts::FRAC_1_SQRT_2 * size);
    let polynomial = 1.061_405_4;
    let polynomial = polynomial * t - 1.453_152;
    let polynomial = polynomial * t + 1.421_413_7;
    let polynomial = polynomial * t - 0.284_496_74;
    let polynomial = polynomial * t + 0.254_829_6;
    let tail = 0.5 * polynomial * t * exponential;
    let below = if x < 0.0 { tail } else { 1.0 - tail };
    (x * below, below + x * DENSITY * exponential)
}

/// GELU by its tanh approximation, and the derivative of the approximation.
#[inline(always)]
fn gelu_tanh(x: f32) -> (f32, f32) {
    /// sqrt(2 / pi)
    const SCALE: f32 = 0.797_884_6;
    const CUBIC: f32 = 0.044_715;
    let inner = SCALE * (x + CUBIC * x * x * x);
    let exponential = exp_of_negative(-2.0 * inner.abs());
    let tanh = ((1.0 - exponential) / (1.0 + exponential)).copysign(inner);
    let slope = SCALE * (1.0 + 3.0 * CUBIC * x * x);
    (0.5 * x * (1.0 + tanh), 0.5 * (1.0 + tanh) + 0.5 * x * (1.0 - tanh * tanh) * slope)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The standard normal distribution function in f64, from the error function: its Taylor series below 3 and its continued
    /// fraction above.
    fn normal_distribution(x: f64) -> f64 {
        let z = x.abs() / std::f64::consts::SQRT_2;
        let tail = if z < 3.0 {
            let (mut term, mut sum) = (z, z);
            for n in 1..200 {
                term *= -z * z / f64::from(n);
                sum += term / f64::from(2 * n + 1);
            }
            1.0 - sum * std::f64::consts::FRAC_2_SQRT_PI
        } else {
            let fraction = (1..200).rev().fold(0.0, |below, n| f64::from(n) / 2.0 / (z + below));
            (-z * z).exp() / (z + fraction) / std::f64::consts::PI.sqrt()
        };
        if x < 0.0 { tail / 2.0 } else { 1.0 - tail / 2.0 }
    }

    fn compare(function: ActivationFunction, expected: impl Fn(f64) -> (f64, f64)) {
        let points: Vec<f32> = (-4000..=4000).map(|step| step as f32 / 400.0).collect();
        let (mut values, mut slopes) = (points.clone(), vec![0.0; points.len()]);
        activate(function, &mut values, &mut slopes);
        for ((x, value), slope) in points.iter().zip(values).zip(slopes) {
            let (expected, derivative) = expected(f64::from(*x));
            // For a large value, one part in 2^24 is its own rounding.
            let allowed = 5e-7 + f64::from(x.abs()) * 6e-8;
            assert!((f64::from(value) - expected).abs() < allowed, "{function:?}({x}) is {value}, expected {expected}");
            assert!((f64::from(slope) - derivative).abs() < 2e-6, "derivative of {function:?}({x}): {slope}, {derivative}");
        }
    }

    #[test]
    fn exact_gelu_and_its_derivative() {
        compare(ActivationFunction::Gelu, |x| {
            let below = normal_distribution(x);
            (x * below, below + x * (-x * x / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt())
        });
    }

    #[test]
    fn silu_and_its_derivative() {
        compare(ActivationFunction::Silu, |x| {
            let logistic = 1.0 / (1.0 + (-x).exp());
            (x * logistic, logistic + x * logistic * (1.0 - logistic))
        });
    }

    #[test]
    fn tanh_gelu_and_its_derivative() {
        compare(ActivationFunction::GeluTanh, |x| {
            let scale = (2.0 / std::f64::consts::PI).sqrt();
            let tanh = (scale * (x + 0.044_715 * x * x * x)).tanh();
            let slope = scale * (1.0 + 3.0 * 0.044_715 * x * x);
            (0.5 * x * (1.0 + tanh), 0.5 * (1.0 + tanh) + 0.5 * x * (1.0 - tanh * tanh) * slope)
        });
    }

    #[test]
    fn not_a_number_stays_one() {
        for function in [ActivationFunction::Gelu, ActivationFunction::GeluTanh, ActivationFunction::Relu] {
            let mut values = [f32::NAN];
            activate(function, &mut values, &mut [0.0]);
            assert!(values[0].is_nan(), "{function:?}");
        }
    }
}
