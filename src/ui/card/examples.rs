//! The feature's effect in each single example, and its activations.

use ratatui::text::{Line, Span};

use super::part::Card;
use crate::core::detail_index::Entry;
use crate::core::findings::Source;
use crate::core::rows::cells;

/// Blocks of one to eight eighths of a line.
const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Width before the first example, in columns.
const INDENT: usize = 2;

/// The entries that were kept of one feature in one view.
pub struct Examples {
    /// Sorted by example, then by position.
    entries: Vec<Entry>,
    /// The effect in each example of the view, summed over its positions.
    pub totals: Vec<f64>,
    /// Examples in which the feature differed, strongest first.
    pub order: Vec<usize>,
    /// The largest |effect| at a single token.
    pub largest: f64,
}

impl Examples {
    /// The entries of the card's feature, or the reason why none were kept.
    pub fn new(card: &Card) -> Result<Self, String> {
        let detail = card.findings.detail(card.view());
        let Some(entries) = detail.entries(card.row.feature) else { return Err(absent(card)) };
        let count = match card.findings.data(card.view()) {
            Some(data) => data.examples.len(),
            None => card.findings.view(card.view()).summary.examples.unwrap_or(0),
        };
        let entries: Vec<Entry> = entries.filter(|entry| entry.example < count).collect();
        let (mut totals, mut order, mut largest) = (vec![0.0; count], Vec::new(), 0.0_f64);
        for entry in &entries {
            let effect = f64::from(entry.effect);
            totals[entry.example] += effect;
            largest = largest.max(effect.abs());
            if order.last() != Some(&entry.example) {
                order.push(entry.example);
            }
        }
        order.sort_by(|left, right| totals[*right].abs().total_cmp(&totals[*left].abs()));
        Ok(Self { entries, totals, order, largest })
    }

    /// The entries of `example`: the tokens at which the feature differed.
    pub fn of(&self, example: usize) -> &[Entry] {
        let from = self.entries.partition_point(|entry| entry.example < example);
        let to = self.entries.partition_point(|entry| entry.example <= example);
        &self.entries[from..to]
    }

    /// A bar chart with one column for each example or for several, then the activations.
    pub fn overview(&self, card: &Card) -> Vec<Line<'static>> {
        let (columns, together) = columns(&self.totals, card.columns.saturating_sub(INDENT));
        let largest = columns.iter().map(|total| total.abs()).fold(0.0, f64::max);
        let each = if together > 1 { format!(", each column {together} examples, the strongest") } else { String::new() };
        let up_to = cells::unsigned(Some(largest));
        let mut lines = card.heading(&format!("effect in {} examples, up to {up_to}{each}", self.totals.len()));
        lines.extend(if card.theme.is_monochrome() { signs(card, &columns, largest) } else { blocks(card, &columns, largest) });
        lines.extend(self.activations(card));
        lines
    }

    fn activations(&self, card: &Card) -> Vec<Line<'static>> {
        let (tokens, examples) = (self.entries.len(), self.order.len());
        let mut lines = card.heading(&format!("activation where it differs: {tokens} tokens of {examples} examples"));
        let runs = [
            ("clean", self.entries.iter().map(|entry| entry.clean).collect()),
            ("patch", self.entries.iter().map(|entry| entry.patch).collect()),
        ];
        for (run, activations) in runs {
            let activations: Vec<f32> = activations;
            let mean = activations.iter().map(|value| f64::from(*value)).sum::<f64>() / activations.len() as f64;
            let end = |choose: fn(f32, f32) -> f32| cells::unsigned(activations.iter().copied().reduce(choose).map(f64::from));
            let text = format!("{run} mean {}, from {} to {}", cells::unsigned(Some(mean)), end(f32::min), end(f32::max));
            lines.push(Line::styled(text, card.theme.text));
        }
        lines
    }
}

/// One number for each column, the strongest of the examples that share it, and how many examples share a column.
fn columns(totals: &[f64], room: usize) -> (Vec<f64>, usize) {
    let together = totals.len().div_ceil(room.max(1)).max(1);
    let strongest = |chunk: &[f64]| chunk.iter().copied().max_by(|left, right| left.abs().total_cmp(&right.abs()));
    (totals.chunks(together).filter_map(strongest).collect(), together)
}

/// One row for each sign, with the sign before it.
fn blocks(card: &Card, columns: &[f64], largest: f64) -> Vec<Line<'static>> {
    let row = |sign: &'static str, sided: fn(f64) -> f64, style| {
        let bars = columns.iter().map(|total| match levels(sided(*total), largest, BLOCKS.len()) {
            0 => ' ',
            level => BLOCKS[level - 1],
        });
        Line::from(vec![Span::styled(format!("{sign} "), card.theme.dim), Span::styled(bars.collect::<String>(), style)])
    };
    vec![row("+", |total| total, card.theme.positive), row("-", |total| -total, card.theme.negative)]
}

/// Two rows of `+` over two rows of `-`, with up to two signs for each column.
fn signs(card: &Card, columns: &[f64], largest: f64) -> Vec<Line<'static>> {
    let row = |sign: char, factor: f64, above: usize| {
        let marks = columns.iter().map(|total| if levels(factor * total, largest, 2) > above { sign } else { ' ' });
        Line::styled(format!("{}{}", " ".repeat(INDENT), marks.collect::<String>()), card.theme.text)
    };
    vec![row('+', 1.0, 1), row('+', 1.0, 0), row('-', -1.0, 0), row('-', -1.0, 1)]
}

/// How many of `all` levels `number` reaches on a scale up to `largest`; at least 1 if it is above zero, else 0.
fn levels(number: f64, largest: f64, all: usize) -> usize {
    if number > 0.0 { ((number / largest * all as f64).ceil() as usize).clamp(1, all) } else { 0 }
}

/// The reason why nothing is known of single examples.
fn absent(card: &Card) -> String {
    if matches!(card.findings.source, Source::Live { .. }) {
        let runs = card.state.job.is_some();
        return if runs { "examples arrive when the run is whole" } else { "the computation ended before examples were kept" }
            .to_owned();
    }
    let detail = card.findings.detail(card.view()).detail();
    match (detail.features.len(), detail.incomplete) {
        (0, 0) => "single examples were not kept".to_owned(),
        (kept, 0) => format!("single examples were kept only for the {kept} strongest features"),
        (kept, lost) => format!("single examples were kept only for {kept} of the {} strongest features", kept + lost),
    }
}
