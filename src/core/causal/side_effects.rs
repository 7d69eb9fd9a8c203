//! What an ablation does elsewhere: to the prediction of text that has nothing to do with the pairs.

use serde::{Deserialize, Serialize};

use super::bootstrap::Resamples;
use super::scores::Score;
use crate::core::text::{counted, printable};

/// What the program's own neutral text is called.
pub const NEUTRAL: &str = "data/neutral.txt";

/// The divergence, in nats a token, that is no more than rounding: the logarithms that it is made of have 32 bits, and sizes of ten.
pub const ROUNDING: f64 = 1e-6;

/// Sums over the predicted tokens of one text, in nats.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct TextSums {
    /// Number of predicted tokens: every token but the first.
    pub tokens: usize,
    /// The cross-entropy of the tokens in the plain run.
    pub loss_before: f64,
    /// The cross-entropy of the tokens in the edited run.
    pub loss_after: f64,
    /// The Kullback-Leibler divergence `KL(plain || edited)` of the predictions, from 0 up.
    pub divergence: f64,
}

/// What an edit does to the prediction of some texts, in nats a token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Damage {
    /// Number of predicted tokens.
    pub tokens: usize,
    /// The loss of the plain run.
    pub loss_before: f64,
    /// The change of the loss; each text by itself has its own mean.
    pub loss_change: Score,
    /// The Kullback-Leibler divergence `KL(plain || edited)`, from 0 up; each text by itself has its own mean.
    pub divergence: Score,
}

impl Damage {
    /// The damage in `texts`, with intervals over texts by `resamples`. What is not finite is None.
    ///
    /// # Panics
    /// If there is no text: a fault of the caller.
    pub fn of(texts: &[TextSums], resamples: &Resamples) -> Self {
        let column = |of: fn(&TextSums) -> f64| texts.iter().map(of).collect::<Vec<f64>>();
        let tokens = column(|text| text.tokens as f64);
        let all: f64 = tokens.iter().sum();
        let score = |sums: &[f64]| Score {
            mean: Some(sums.iter().sum::<f64>() / all).filter(|mean| mean.is_finite()),
            per_example: sums
                .iter()
                .zip(&tokens)
                .map(|(sum, tokens)| Some(sum / tokens).filter(|mean| mean.is_finite()))
                .collect(),
            interval: resamples.interval(&[sums, &tokens], |means| means[0] / means[1]),
        };
        Self {
            tokens: texts.iter().map(|text| text.tokens).sum(),
            loss_before: column(|text| text.loss_before).iter().sum::<f64>() / all,
            loss_change: score(&column(|text| text.loss_after - text.loss_before)),
            divergence: score(&column(|text| text.divergence)),
        }
    }

    /// What divergence and loss are, where the texts are called `corpus`.
    pub fn explanation(&self, corpus: &str) -> String {
        format!(
            "divergence: KL(plain || edited), the sum of p ln(p / q) over the vocabulary with p the plain and q the edited probabilities, \
             mean over the {} of {} of {}, in nats; loss: the change of the cross-entropy there (without the edit {:.4}).",
            counted(self.tokens, "predicted token"),
            counted(self.divergence.per_example.len(), "text"),
            printable(corpus),
            self.loss_before
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::causal::scores::resamples;

    #[test]
    fn means_are_over_tokens_and_not_over_texts() {
        let text = |tokens, loss_after, divergence| TextSums { tokens, loss_before: 2.0 * tokens as f64, loss_after, divergence };
        let damage = Damage::of(&[text(1, 3.0, 0.5), text(3, 6.0, 0.3)], &resamples(2));
        assert_eq!((damage.tokens, damage.loss_before, damage.loss_change.mean), (4, 2.0, Some(0.25)));
        assert_eq!(damage.divergence.mean, Some(0.2));
        assert_eq!(damage.loss_change.per_example, [Some(1.0), Some(0.0)]);
        assert_eq!(damage.loss_change.interval, Some([0.0, 1.0]));
    }
}
