//! How well a label describes where a feature fires: precision and recall over the tokens of a corpus.
//!
//! The feature is taken as a classifier: a token is predicted to have the label if its activation is above zero, or at least a threshold. This
//! is what Bills et al. 2023 ("Language models can explain neurons in language models") ask a language model to guess, asked of a predicate
//! instead.

use std::collections::BTreeSet;

use super::responses::{OfFeature, Responses};
use crate::core::tags::Tag;

/// The tokens that count as predicted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Level {
    /// Those at which the feature fires.
    AboveZero,
    /// Those whose activation is at least this quantile of the feature's activations above zero, or the bin's edge just below it.
    Quantile(f64),
}

/// A label as a description of a feature.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Score {
    /// The label's place in [`Responses::labels`].
    pub label: usize,
    /// Least activation of a predicted token; 0 for all above zero.
    pub threshold: f32,
    /// Number of predicted tokens.
    pub predicted: u64,
    /// Number of those that have the label.
    pub hits: u64,
    /// Number of tokens of the corpus that have the label.
    pub labelled: u64,
}

impl Score {
    /// The score of label number `label` for a feature; None if there is no such label.
    pub fn of(responses: &Responses, feature: &OfFeature, label: usize, level: Level) -> Option<Self> {
        let labelled = responses.labels.get(label)?.tokens;
        let threshold = match level {
            Level::AboveZero => 0.0,
            Level::Quantile(share) => feature.tally.edge(share),
        };
        let [predicted, hits] = feature.tally.count_from(threshold, label);
        Some(Self { label, threshold, predicted, hits, labelled })
    }

    /// The label that describes a feature best: the one of the largest F1, of equal ones the first. None if no token is both predicted and
    /// labelled.
    pub fn best(responses: &Responses, feature: &OfFeature, level: Level) -> Option<Self> {
        let scores = (0..responses.labels.len()).filter_map(|label| Self::of(responses, feature, label, level));
        scores.filter(|score| score.hits > 0).reduce(|best, score| if score.f1() > best.f1() { score } else { best })
    }

    /// The scores of the labels that say the same as one of `tags`, in the order of the labels.
    pub fn of_tags(responses: &Responses, feature: &OfFeature, tags: &BTreeSet<Tag>, level: Level) -> Vec<(Tag, Self)> {
        let places = responses.labels.iter().enumerate();
        let tagged = places.filter_map(|(place, label)| Some((label.tag.filter(|tag| tags.contains(tag))?, place)));
        tagged.filter_map(|(tag, place)| Some((tag, Self::of(responses, feature, place, level)?))).collect()
    }

    /// The share of the predicted tokens that have the label; None if none is predicted.
    pub fn precision(&self) -> Option<f64> {
        share(self.hits, self.predicted)
    }

    /// The share of the tokens with the label that are predicted; None if none has it.
    pub fn recall(&self) -> Option<f64> {
        share(self.hits, self.labelled)
    }

    /// The harmonic mean of precision and recall; 0 without hits.
    pub fn f1(&self) -> f64 {
        share(2 * self.hits, self.predicted + self.labelled).unwrap_or(0.0)
    }
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::corpus::responses::LabelRecord;
    use crate::core::corpus::tally::Tally;

    fn label(name: &str, tokens: u64) -> LabelRecord {
        LabelRecord { name: name.to_owned(), meaning: String::new(), tag: Tag::new(name).ok(), tokens }
    }

    #[test]
    fn the_best_label_has_the_largest_f1() {
        let mut tally = Tally::new();
        for (activation, mask) in [(4.0, 0b011), (3.0, 0b001), (1.0, 0b010), (1.0, 0b010)] {
            tally.count(activation, mask, 3);
        }
        let feature = OfFeature { feature: "resid_0/1".parse().unwrap(), tally };
        let labels = vec![label("first", 2), label("second", 3), label("third", 9)];
        let responses = Responses { labels, tokens: 20, ..Responses::default() };
        let best = |level| Score::best(&responses, &feature, level).unwrap();
        let found = best(Level::AboveZero);
        assert_eq!((found.label, found.predicted, found.hits, found.labelled), (1, 4, 3, 3));
        assert_eq!((found.precision(), found.recall()), (Some(0.75), Some(1.0)));
        assert!((found.f1() - 6.0 / 7.0).abs() < 1e-12);
        let found = best(Level::Quantile(0.75));
        assert_eq!((found.label, found.threshold, found.predicted, found.hits), (0, 3.0, 2, 2));
        let none = Score::of(&responses, &feature, 2, Level::AboveZero).unwrap();
        assert_eq!((none.hits, none.f1(), none.precision(), none.recall()), (0, 0.0, Some(0.0), Some(0.0)));
        let tags = ["third", "second", "other"].map(|name| Tag::new(name).unwrap()).into();
        let tagged = Score::of_tags(&responses, &feature, &tags, Level::AboveZero);
        assert_eq!(
            tagged.iter().map(|(tag, score)| (tag.as_str(), score.label)).collect::<Vec<_>>(),
            [("second", 1), ("third", 2)]
        );
        assert_eq!((tagged[0].1.hits, tagged[0].1.predicted), (3, 4));
        let silent = OfFeature { tally: Tally::new(), ..feature };
        assert_eq!(Score::best(&responses, &silent, Level::AboveZero), None);
        assert_eq!(Score::of(&responses, &silent, 0, Level::AboveZero).unwrap().precision(), None);
    }
}
