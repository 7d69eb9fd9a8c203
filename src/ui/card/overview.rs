//! The feature's effect in all pairs at a glance, and its activations.

use ratatui::text::{Line, Span};

use super::part::Card;
use crate::core::evidence::Pairs;
use crate::core::rows::cells;
use crate::core::text::activation;

/// Blocks of one to eight eighths of a line.
const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Width before the first pair, in columns.
const INDENT: usize = 2;

/// The longest name of a prompt, in columns.
const PROMPT: usize = 20;

/// A bar chart with one column for each pair or for several, in the order of the pair list, then the activations.
pub fn lines(card: &Card, pairs: &Pairs) -> Vec<Line<'static>> {
    let (columns, together) = columns(&pairs.totals, card.columns.saturating_sub(INDENT));
    let largest = columns.iter().map(|total| total.abs()).fold(0.0, f64::max);
    let each = if together > 1 { format!(", each column {together} pairs, the strongest") } else { String::new() };
    let up_to = cells::unsigned(Some(largest));
    let noun = if pairs.len() == 1 { "pair" } else { "pairs" };
    let mut lines = card.heading(&format!("effect in {} {noun}, up to {up_to}{each}", pairs.len()));
    lines.extend(if card.theme.is_monochrome() { signs(card, &columns, largest) } else { blocks(card, &columns, largest) });
    lines.extend(activations(card, pairs));
    lines
}

fn activations(card: &Card, pairs: &Pairs) -> Vec<Line<'static>> {
    let entries = pairs.entries();
    if entries.is_empty() {
        return Vec::new();
    }
    let tokens = if entries.len() == 1 { "token" } else { "tokens" };
    let mut lines = card.heading(&format!("activation at {} {tokens} where it differs", entries.len()));
    let [clean, patch] = card.prompts(PROMPT);
    let runs =
        [(clean, entries.iter().map(|entry| entry.clean).collect()), (patch, entries.iter().map(|entry| entry.patch).collect())];
    for (prompt, activations) in runs {
        let activations: Vec<f32> = activations;
        let mean = activations.iter().map(|value| f64::from(*value)).sum::<f64>() / activations.len() as f64;
        let end = |choose: fn(f32, f32) -> f32| {
            activations.iter().copied().reduce(choose).map_or_else(String::new, |value| activation(f64::from(value)))
        };
        let text = format!("{prompt}: mean {}, from {} to {}", activation(mean), end(f32::min), end(f32::max));
        lines.extend(card.plain(&text));
    }
    lines
}

/// One number for each column, the strongest of the pairs that share it, and how many pairs share a column.
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
