//! What features did in a corpus, in sentences.

use std::collections::BTreeSet;

use super::responses::{OfFeature, Responses};
use super::score::{Level, Score};
use crate::core::tags::Tag;
use crate::core::text::{activation, printable};

/// The corpus, its size, and how much of it was read if that is not all: `in people.txt: 34369 tokens`.
pub fn heading(responses: &Responses) -> String {
    let corpus = printable(responses.corpus.rsplit('/').next().unwrap_or(&responses.corpus));
    let so_far =
        if responses.is_whole() { String::new() } else { format!(", so far: {:.0} % is read", responses.percent_read()) };
    format!("in {corpus}: {} tokens{so_far}", responses.tokens)
}

/// How often and how strongly the feature fires, then the label that describes it best, then the labels that say the same as one of its
/// `tags`: a sentence each.
pub fn sentences(responses: &Responses, found: &OfFeature, tags: &BTreeSet<Tag>) -> Vec<String> {
    let Some((rate, mean)) = responses.rate(found).zip(found.tally.mean()) else {
        let words = if responses.tokens == 0 { "nothing is read yet" } else { "it never fires there" };
        return vec![words.to_owned()];
    };
    let (times, largest) = (found.tally.fired, activation(f64::from(found.tally.largest)));
    let fires = format!("fires at {times} ({:.2} %), mean activation {}, up to {largest}", 100.0 * rate, activation(mean));
    let best = Score::best(responses, found, Level::AboveZero).map_or_else(
        || "no label fits: none has a token at which it fires".to_owned(),
        |score| format!("best label: {}", described(responses, found, &score)),
    );
    let of_tags = Score::of_tags(responses, found, tags, Level::AboveZero);
    let of_tags = of_tags.iter().map(|(tag, score)| format!("tag {tag}: {}", described(responses, found, score)));
    [fires, best].into_iter().chain(of_tags).collect()
}

/// A label with its score, and what the numbers are counted over.
fn described(responses: &Responses, found: &OfFeature, score: &Score) -> String {
    let label = responses.labels.get(score.label).map_or("", |label| &label.name);
    let share = |value: Option<f64>| value.map_or_else(String::new, |value| format!("{value:.2}"));
    let base = 100.0 * score.labelled as f64 / responses.tokens.max(1) as f64;
    let strong = Score::of(responses, found, score.label, Level::Quantile(0.5)).and_then(|score| score.precision());
    format!(
        "{label}, precision {} ({} of {} firing tokens; {} of their stronger half), recall {}; {base:.1} % of all tokens have it",
        share(score.precision()),
        score.hits,
        score.predicted,
        share(strong),
        share(score.recall()),
    )
}
