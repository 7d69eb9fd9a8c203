//! Answers of a corpus as text to read.

use crate::cli::causal::words::wrapped;
use crate::cli::table::Table;
use crate::core::corpus::context::Context;
use crate::core::corpus::responses::{OfFeature, Responses};
use crate::core::corpus::score::{Level, Score};
use crate::core::tags::{FeatureTags, Features};
use crate::core::text::{counted, printable};

/// The table of all features, and `contexts` strongest contexts of each; with the label number `label`, or the best one of each feature,
/// and below it those of the feature's `tags`.
pub fn text(responses: &Responses, label: Option<usize>, level: Level, tags: &Features, contexts: usize) -> String {
    let header = ["feature", "label", "precision", "recall", "base rate", "fires", "tokens", "mean", "largest"];
    let mut table = Table::new(2, &header);
    for feature in &responses.features {
        let score = match label {
            Some(label) => Score::of(responses, feature, label, level),
            None => Score::best(responses, feature, level),
        };
        table.push(row(responses, feature, score));
        let tags = tags.get(&feature.feature).map(FeatureTags::of_all_scopes).unwrap_or_default();
        for (tag, score) in Score::of_tags(responses, feature, &tags, level) {
            let mut cells = row(responses, feature, Some(score));
            cells[0].clear();
            cells[1] = format!("{tag}: {}", cells[1]);
            // What does not follow from the label stands in the row above.
            cells[5..].iter_mut().for_each(String::clear);
            table.push(cells);
        }
    }
    let mut text = format!("{}\n{}\n{}", heading(responses), table.plain(), explained(label, level));
    for feature in responses.features.iter().filter(|_| contexts > 0) {
        text.push_str(&format!("\n{}\n", feature.feature));
        let kept = feature.tally.contexts.kept();
        text.extend(kept.iter().take(contexts).map(|context| format!("  {}\n", shown(context))));
        if kept.is_empty() {
            text.push_str("  never fired\n");
        }
    }
    text
}

fn heading(responses: &Responses) -> String {
    let bos = responses.bos.map_or_else(String::new, |bos| format!(" behind the BOS token {bos}, which does not count"));
    format!(
        "{}: {}, {} in {} of at most {}{bos}; model {}; corpus SHA-256 {}..\n",
        printable(&responses.corpus),
        counted(responses.place.lines as usize, "line"),
        counted(responses.tokens as usize, "token"),
        counted(responses.windows as usize, "window"),
        responses.window,
        printable(&responses.model),
        responses.corpus_sha256.chars().take(12).collect::<String>(),
    )
}

fn row(responses: &Responses, feature: &OfFeature, score: Option<Score>) -> Vec<String> {
    let label = score.and_then(|score| responses.labels.get(score.label));
    let base = label.map(|label| label.tokens as f64 / responses.tokens.max(1) as f64);
    vec![
        feature.feature.to_string(),
        label.map_or_else(|| "none".to_owned(), |label| label.name.clone()),
        share(score.and_then(|score| score.precision())),
        share(score.and_then(|score| score.recall())),
        percent(base),
        percent(responses.rate(feature)),
        feature.tally.fired.to_string(),
        feature.tally.mean().map_or_else(|| "-".to_owned(), |mean| format!("{mean:.3}")),
        format!("{:.3}", feature.tally.largest),
    ]
}

fn explained(label: Option<usize>, level: Level) -> String {
    let chosen = if label.is_some() {
        ""
    } else {
        "label: of all labels the one with the largest F1; below it, behind a tag of the feature, the label that says the same. "
    };
    let predicted = match level {
        Level::AboveZero => "above zero".to_owned(),
        Level::Quantile(share) => format!("of at least the {share} quantile of its activations above zero (to 3 % below it)"),
    };
    wrapped(&format!(
        "{chosen}precision: of the tokens with an activation {predicted}, the share with the label; recall: of the tokens with the label, the \
         share with such an activation; base rate: share of all tokens with the label. fires: share of tokens with an activation that is not \
         zero; tokens: their number; mean: their mean activation."
    ))
}

fn share(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.3}"))
}

fn percent(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{:.2} %", 100.0 * value))
}

/// The tokens with the strongest one in brackets, behind its activation.
fn shown(context: &Context) -> String {
    let [before, strongest, after] = context.around_strongest().map(<[String]>::concat);
    format!("{:.3}  line {}: {before}[{strongest}]{after}", context.largest(), context.line)
}
