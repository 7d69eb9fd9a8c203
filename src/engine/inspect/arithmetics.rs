//! The arithmetics that a dictionary is tried with: what its files say, and what they might have said.

use crate::engine::dictionary::Dictionary;
use crate::engine::dictionary::arithmetic::{Arithmetic, Frame, Scale, WriteFactors};
use crate::engine::dictionary::rule::Rule;
use crate::engine::lanes::dot;

/// Numbers of active features that published TopK dictionaries have.
const KNOWN_K: [usize; 5] = [16, 32, 64, 128, 256];

/// Factors that are within this share of one another are one.
const SAME_FACTOR: f32 = 0.001;

/// One arithmetic, in words.
pub struct Tried {
    /// `raw` or `centred`.
    pub frame: &'static str,
    /// The scale of activations.
    pub scale: String,
    /// How the rule differs from the stated one; empty if it does not.
    pub rule: String,
    /// How many of frame, scale and rule differ from what the files say.
    pub changes: usize,
    /// The dictionary with it.
    pub dictionary: Dictionary,
}

/// Every arithmetic that is tried, the stated one first: each frame with each scale; a constant that brings activations to the mean length
/// of the root of their width, as SAELens's `expected_average_only_in` does, measured on `outputs`; other rules. `is_first` says of each
/// output whether it is that of the first token of a text.
pub fn arithmetics(dictionary: &Dictionary, outputs: &[&[f32]], is_first: &[bool]) -> Vec<Tried> {
    let mut all = vec![self::stated(dictionary)];
    let stated = dictionary.arithmetic();
    for frame in [Frame::Raw, Frame::Centred] {
        for scale in [Scale::None, Scale::LayerNorm, Scale::ConstantNorm] {
            // layer_norm subtracts the mean in any frame.
            let is_new = (frame, scale) != (stated.frame, stated.scale) && (frame, scale) != (Frame::Centred, Scale::LayerNorm);
            if is_new {
                all.push(of(dictionary, Arithmetic { scale, frame, ..stated.clone() }, ""));
            }
        }
    }
    all.extend(rules(dictionary).into_iter().map(|(arithmetic, words)| of(dictionary, arithmetic, &words)));
    for factor in average_factors(dictionary, outputs, is_first) {
        let scaled = Arithmetic { scale: Scale::None, ..stated.clone() }.scaled_by(factor);
        if let Rule::JumpRelu { thresholds } = &stated.rule {
            // Llama Scope's thresholds are in the scale of raw activations.
            let thresholds = thresholds.iter().map(|threshold| threshold * factor).collect();
            let words = format!("thresholds times {factor:.3}");
            all.push(of(dictionary, Arithmetic { rule: Rule::JumpRelu { thresholds }, ..scaled.clone() }, &words));
        }
        all.push(of(dictionary, scaled, ""));
    }
    all
}

/// The arithmetic that the files say.
pub fn stated(dictionary: &Dictionary) -> Tried {
    of(dictionary, dictionary.arithmetic().clone(), "")
}

fn of(dictionary: &Dictionary, arithmetic: Arithmetic, rule: &str) -> Tried {
    let stated = dictionary.arithmetic();
    let scales = (arithmetic.scale, arithmetic.input_factor.to_bits()) != (stated.scale, stated.input_factor.to_bits());
    let changes = usize::from(arithmetic.frame != stated.frame) + usize::from(scales) + usize::from(!rule.is_empty());
    let frame = match arithmetic.frame {
        Frame::Raw => "raw",
        Frame::Centred => "centred",
    };
    let scale = match arithmetic.scale {
        Scale::None if arithmetic.input_factor.to_bits() != 1.0_f32.to_bits() => format!("times {:.3}", arithmetic.input_factor),
        Scale::None => "none".to_owned(),
        Scale::LayerNorm => "layer_norm".to_owned(),
        Scale::ConstantNorm => "constant_norm_rescale".to_owned(),
    };
    Tried { frame, scale, rule: rule.to_owned(), changes, dictionary: dictionary.clone().computing(arithmetic) }
}

/// The stated arithmetic with the rules that the dictionary may have been trained with, in words.
fn rules(dictionary: &Dictionary) -> Vec<(Arithmetic, String)> {
    let stated = dictionary.arithmetic();
    let with = |rule: Rule| Arithmetic { rule, ..stated.clone() };
    let relu = || (with(Rule::Relu), "read as ReLU".to_owned());
    match &stated.rule {
        Rule::Relu => {
            let declared = dictionary.stated().active.map(|active| active.round() as usize);
            let mut known: Vec<usize> = KNOWN_K.into_iter().chain(declared).collect();
            known.sort_unstable();
            known.dedup();
            known.retain(|k| (1..dictionary.features()).contains(k));
            let top = |k| (with(Rule::TopK { k, signed: false, by_decoder_norm: false }), format!("read as TopK {k}"));
            known.into_iter().map(top).collect()
        }
        Rule::JumpRelu { thresholds } => {
            let factor = stated.input_factor;
            let times = |factor: f32| with(Rule::JumpRelu { thresholds: thresholds.iter().map(|each| each * factor).collect() });
            let mut all = vec![relu()];
            if factor.to_bits() != 1.0_f32.to_bits() {
                all.push((times(factor), format!("thresholds times {factor:.3}")));
                all.push((times(1.0 / factor), format!("thresholds divided by {factor:.3}")));
            }
            all
        }
        // Without the rule codes are in no units of norms.
        Rule::TopK { by_decoder_norm: true, .. } => {
            vec![(Arithmetic { write_factors: WriteFactors::One, ..with(Rule::Relu) }, relu().1)]
        }
        Rule::TopK { .. } | Rule::GroupMax { .. } => vec![relu()],
        Rule::Gated { .. } => Vec::new(),
    }
}

/// `sqrt(width) / mean length` of `outputs` in the dictionary's frame, unless that is no factor or something else is written by factors of its
/// own: without the first token of each text, and with it. First tokens, BOS or not, are many times as long as all others, and packages
/// differ: SAELens leaves special tokens out if it is asked to, dictionary_learning by default. Their share is another one in short texts
/// than in those of the training, so the factor without them comes first.
fn average_factors(dictionary: &Dictionary, outputs: &[&[f32]], is_first: &[bool]) -> Vec<f32> {
    if !matches!(dictionary.arithmetic().write_factors, WriteFactors::One | WriteFactors::All(_)) {
        return Vec::new();
    }
    let length = |output: &&[f32]| {
        let framed = dictionary.framed_output(output);
        f64::from(dot(&framed, &framed)).sqrt()
    };
    let root = (dictionary.width() as f64).sqrt();
    let factor = |lengths: &[f64]| (root * lengths.len() as f64 / lengths.iter().sum::<f64>()) as f32;
    let all: Vec<f64> = outputs.iter().map(length).collect();
    let later: Vec<f64> = all.iter().zip(is_first).filter(|(_, is_first)| !**is_first).map(|(length, _)| *length).collect();
    let mut factors = vec![factor(&later), factor(&all)];
    factors.retain(|factor| factor.is_normal() && *factor > 0.0);
    factors.dedup_by(|one, other| (*one / *other - 1.0).abs() < SAME_FACTOR);
    factors
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::demo;

    #[test]
    fn the_constant_scale_is_of_the_frame_and_of_later_tokens() {
        let dictionary = demo::dictionaries(&demo::config().unwrap()).unwrap().swap_remove(0);
        let centred = dictionary.clone().computing(Arithmetic { frame: Frame::Centred, ..dictionary.arithmetic().clone() });
        // A mean of 3 and a deviation of 1; a first token that is 100 times as long.
        let later: Vec<f32> = (0..dictionary.width()).map(|place| if place % 2 == 0 { 4.0 } else { 2.0 }).collect();
        let first: Vec<f32> = later.iter().map(|value| 100.0 * value).collect();
        let outputs = [&first[..], &later, &later, &later];
        let is_first = [true, false, false, false];
        let near = |factors: Vec<f32>, expected: [f32; 2]| {
            assert!(factors.len() == 2 && factors.iter().zip(expected).all(|(one, other)| (one / other - 1.0).abs() < 1e-4));
        };
        let mean = (100.0 + 3.0) / 4.0;
        near(average_factors(&centred, &outputs, &is_first), [1.0, 1.0 / mean]);
        let raw = 10.0_f32.sqrt();
        near(average_factors(&dictionary, &outputs, &is_first), [1.0 / raw, 1.0 / raw / mean]);
        assert_eq!(average_factors(&centred, &outputs[1..], &is_first[1..]).len(), 1);
        assert_eq!(average_factors(&centred, &outputs[..1], &is_first[..1]).len(), 1);
    }
}
