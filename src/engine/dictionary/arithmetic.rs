//! What a dictionary computes, as data: how a token's activation becomes the encoder's input, which rule makes codes of the
//! pre-activations, and what the codes write.
//!
//! With activation `x`, its mean `m` over the width, encoder `W_enc [d, n]` and decoder rows `d_j`:
//! - input: `z = s_in (x - a) / c - b`, where `a` and `c` belong to the token ([`Scale`], [`Frame`]), `s_in` to the dictionary, and
//!   `b` is the decoder's bias or nothing
//! - codes: [`Rule`] of `z W_enc + b_enc`
//! - reconstruction: `factor (sum_j f_j w_j d_j + b_written) + offset`, where `factor` and `offset` belong to the token ([`Written`])
//!   and `w_j` to the dictionary
//!
//! So what is written is affine in the codes, whatever the rule. Source of the scales: SAELens, `sae_lens/saes/sae.py`.

use super::rule::Rule;
use crate::core::problem::{Problem, Result};
use crate::core::run::CENTRED;

/// What SAELens adds to the standard deviation before it divides by it, and not when it multiplies back.
const LAYER_NORM_EPSILON: f64 = 1e-5;

/// How the activation of a token is scaled before it is encoded; the reconstruction is scaled back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Scale {
    /// Not at all.
    #[default]
    None,
    /// Its mean is subtracted, and it is divided by its standard deviation (of `d - 1` degrees of freedom) plus 1e-5.
    LayerNorm,
    /// It is divided by its length over the root of the width.
    ConstantNorm,
}

/// Whether the dictionary was trained on activations as the model's file gives them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Frame {
    /// As they are.
    #[default]
    Raw,
    /// Without their mean over the width, as of a model whose writing weights were centred. Every norm of such a model subtracts the
    /// mean, so that the model itself does not change.
    Centred,
}

/// What a code is multiplied by when its decoder row is written.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum WriteFactors {
    /// 1.
    #[default]
    One,
    /// One number for the dictionary.
    All(f32),
    /// One number for each feature.
    Each(Vec<f32>),
    /// One over the length of the decoder row: codes are in units of the length.
    InverseNorms,
}

/// The arithmetic of one dictionary.
#[derive(Debug, Clone, PartialEq)]
pub struct Arithmetic {
    /// The encode rule.
    pub rule: Rule,
    /// Whether the decoder's bias is subtracted from the encoder's input.
    pub subtracts_bias: bool,
    /// The scale of each token.
    pub scale: Scale,
    /// The frame of the activations.
    pub frame: Frame,
    /// `s_in`: a constant that every activation is multiplied by.
    pub input_factor: f32,
    /// What codes are multiplied by when they are written.
    pub write_factors: WriteFactors,
    /// What the decoder's bias is multiplied by when it is written.
    pub bias_factor: f32,
}

impl Arithmetic {
    /// Plain activations, codes and bias, with the given rule.
    pub fn plain(rule: Rule, subtracts_bias: bool) -> Self {
        Self {
            rule,
            subtracts_bias,
            scale: Scale::None,
            frame: Frame::Raw,
            input_factor: 1.0,
            write_factors: WriteFactors::One,
            bias_factor: 1.0,
        }
    }

    /// The same, for activations that are multiplied by `factor` first and divided by it when they are written.
    #[must_use]
    pub fn scaled_by(self, factor: f32) -> Self {
        Self { input_factor: factor, write_factors: WriteFactors::All(1.0 / factor), bias_factor: 1.0 / factor, ..self }
    }

    /// The arithmetic in words, such as `JumpReLU, b_dec subtracted, layer_norm`.
    pub fn in_words(&self) -> String {
        let mut words = vec![self.rule.name()];
        let mut say = |condition: bool, said: &str| {
            if condition {
                words.push(said.to_owned());
            }
        };
        say(self.rule.needs_norms(), "by decoder norm");
        say(self.subtracts_bias, "b_dec subtracted");
        say(self.scale == Scale::LayerNorm, "layer_norm");
        say(self.scale == Scale::ConstantNorm, "constant_norm_rescale");
        say(self.frame == Frame::Centred, CENTRED);
        say(self.input_factor.to_bits() != 1.0_f32.to_bits(), &format!("input times {}", self.input_factor));
        say(matches!(self.write_factors, WriteFactors::Each(_)), "scaling_factor");
        words.join(", ")
    }

    /// Appends the encoder's input for the activation `x` of one token to `inputs`; `bias` is the decoder's. `place` is what messages
    /// call the dictionary.
    ///
    /// # Errors
    /// When the scale divides by zero.
    pub fn append_input(&self, x: &[f32], bias: &[f32], place: &str, inputs: &mut Vec<f32>) -> Result<()> {
        let Reading { offset, divisor, .. } = self.reading(x);
        if divisor == 0.0 {
            return Err(Problem::new(
                place,
                "divides each activation by its length (constant_norm_rescale), and the activation of a token is zero",
                "leave out the prompts in which this place of the model puts out nothing",
            ));
        }
        // Without a scale these are exact: minus 0, over 1, times 1.
        let scaled = x.iter().map(|value| (value - offset) / divisor * self.input_factor);
        if self.subtracts_bias {
            inputs.extend(scaled.zip(bias).map(|(value, bias)| value - bias));
        } else {
            inputs.extend(scaled);
        }
        Ok(())
    }

    /// Whether the scale has a length other than zero to divide `x` by.
    pub fn has_length(&self, x: &[f32]) -> bool {
        self.reading(x).divisor != 0.0
    }

    /// What the token with activation `x` makes of what the codes write.
    pub fn written(&self, x: &[f32]) -> Written {
        self.reading(x).written
    }

    /// Whether what is written depends on the token beside its codes.
    pub fn is_per_token(&self) -> bool {
        self.scale != Scale::None || self.frame != Frame::Raw
    }

    /// The gradient with respect to the activation `x` of a token of what a feature writes there, `factor f`, where `f = <z, column> +
    /// constant` is its activation and `column` its column of the encoder. The token's scale is a part of both, and moves with `x`.
    pub fn written_gradient(&self, x: &[f32], column: &[f32], activation: f32) -> Vec<f32> {
        let Reading { offset, divisor, written } = self.reading(x);
        let (width, factor, divisor) = (x.len() as f64, f64::from(written.factor), f64::from(divisor));
        let of_column = if self.subtracts_mean() { mean(column) } else { 0.0 };
        let along: f64 = x.iter().zip(column).map(|(value, weight)| f64::from(value - offset) * f64::from(*weight)).sum();
        let input = f64::from(self.input_factor) / divisor;
        // Factor and divisor have the gradient (x - offset) / (degrees factor).
        let degrees = match self.scale {
            Scale::None => f64::INFINITY,
            Scale::LayerNorm => (width - 1.0).max(1.0),
            Scale::ConstantNorm => width,
        };
        let of_scale =
            if factor > 0.0 { (f64::from(activation) - factor * input * along / divisor) / (degrees * factor) } else { 0.0 };
        let gradient = |(value, weight): (&f32, &f32)| {
            (factor * input * (f64::from(*weight) - of_column) + of_scale * f64::from(value - offset)) as f32
        };
        x.iter().zip(column).map(gradient).collect()
    }

    fn subtracts_mean(&self) -> bool {
        self.scale == Scale::LayerNorm || self.frame == Frame::Centred
    }

    fn reading(&self, x: &[f32]) -> Reading {
        let width = x.len() as f64;
        let mean = if self.subtracts_mean() { mean(x) } else { 0.0 };
        let squares = || x.iter().map(|value| (f64::from(*value) - mean).powi(2)).sum::<f64>();
        let (divisor, factor) = match self.scale {
            Scale::None => (1.0, 1.0),
            Scale::LayerNorm => {
                let deviation = (squares() / (width - 1.0).max(1.0)).sqrt();
                (deviation + LAYER_NORM_EPSILON, deviation)
            }
            Scale::ConstantNorm => {
                let length = (squares() / width).sqrt();
                (length, length)
            }
        };
        let offset = mean as f32;
        Reading { offset, divisor: divisor as f32, written: Written { factor: factor as f32, offset } }
    }
}

fn mean(values: &[f32]) -> f64 {
    values.iter().map(|value| f64::from(*value)).sum::<f64>() / values.len() as f64
}

/// How the activation of one token is read.
struct Reading {
    offset: f32,
    divisor: f32,
    written: Written,
}

/// What a token makes of what its codes write: `factor (sum_j f_j w_j d_j + b) + offset`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Written {
    /// Multiplies decoder rows and bias.
    pub factor: f32,
    /// Added to every element.
    pub offset: f32,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(arithmetic: &Arithmetic, x: &[f32]) -> (Vec<f32>, Written) {
        let mut inputs = Vec::new();
        arithmetic.append_input(x, &[0.5, 0.0], "x", &mut inputs).unwrap();
        (inputs, arithmetic.written(x))
    }

    #[test]
    fn every_scale_is_undone_by_what_it_writes() {
        let plain = Arithmetic::plain(Rule::Relu, true);
        let x = [3.0_f32, 1.0];
        assert_eq!(input(&plain, &x), (vec![2.5, 1.0], Written { factor: 1.0, offset: 0.0 }));
        assert_eq!(input(&Arithmetic { frame: Frame::Centred, ..plain.clone() }, &x).0, [0.5, -1.0]);
        for scale in [Scale::None, Scale::LayerNorm, Scale::ConstantNorm] {
            for frame in [Frame::Raw, Frame::Centred] {
                let (z, written) = input(&Arithmetic { scale, frame, subtracts_bias: false, ..plain.clone() }, &x);
                // A dictionary that reconstructs its input reconstructs the activation.
                assert!(
                    z.iter().zip(&x).all(|(z, x)| (z * written.factor + written.offset - x).abs() < 2e-5),
                    "{scale:?} {frame:?}"
                );
            }
        }
    }

    #[test]
    fn what_is_written_moves_as_its_gradient_says() {
        let (x, column) = ([1.0_f32, -2.0, 0.5, 4.0], [0.3_f32, 0.2, -0.7, 0.4]);
        for scale in [Scale::None, Scale::LayerNorm, Scale::ConstantNorm] {
            for frame in [Frame::Raw, Frame::Centred] {
                let arithmetic = Arithmetic { scale, frame, input_factor: 1.5, ..Arithmetic::plain(Rule::Relu, false) };
                let activation = |x: &[f32]| {
                    let (z, written) = input(&arithmetic, x);
                    (0.9 + z.iter().zip(&column).map(|(z, weight)| z * weight).sum::<f32>(), written.factor)
                };
                let gradient = arithmetic.written_gradient(&x, &column, activation(&x).0);
                for (place, found) in gradient.iter().enumerate() {
                    let moved = |step: f32| {
                        let mut moved = x;
                        moved[place] += step;
                        let (activation, factor) = activation(&moved);
                        activation * factor
                    };
                    let expected = (moved(0.01) - moved(-0.01)) / 0.02;
                    assert!((found - expected).abs() < 1e-3, "{scale:?} {frame:?}: {found}, not {expected}");
                }
            }
        }
        // Plain activations leave the column as it is.
        assert_eq!(Arithmetic::plain(Rule::Relu, true).written_gradient(&x, &column, 2.0), column);
    }

    #[test]
    fn a_zero_that_would_be_divided_by_is_refused() {
        let arithmetic = Arithmetic { scale: Scale::ConstantNorm, ..Arithmetic::plain(Rule::Relu, false) };
        let said = arithmetic.append_input(&[0.0, 0.0], &[], "file", &mut Vec::new()).unwrap_err().to_string();
        assert!(said.starts_with("file: ") && said.contains("constant_norm_rescale"), "{said}");
        // layer_norm is finite there.
        let arithmetic = Arithmetic { scale: Scale::LayerNorm, ..arithmetic };
        assert_eq!(input(&arithmetic, &[2.0, 2.0]), (vec![0.0, 0.0], Written { factor: 0.0, offset: 2.0 }));
    }

    #[test]
    fn a_factor_is_undone_in_rows_and_bias() {
        let scaled = Arithmetic::plain(Rule::Relu, false).scaled_by(4.0);
        assert_eq!(input(&scaled, &[1.0, 2.0]).0, [4.0, 8.0]);
        assert_eq!((scaled.write_factors, scaled.bias_factor), (WriteFactors::All(0.25), 0.25));
    }
}
