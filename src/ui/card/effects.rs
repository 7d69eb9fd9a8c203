//! The feature's effect in each view, and at each position of the prompt.

use ratatui::text::{Line, Span};

use super::part::Card;
use crate::core::rows::cells;
use crate::core::view::View;
use crate::core::view_findings::Coverage;
use crate::ui::{bar, fit, sides};

/// Widths in columns: of mark and view, at least and at most, and of the effect and of its standard error.
const VIEW: usize = 11;
const WIDEST_VIEW: usize = 19;
const NUMBER: usize = 9;

/// A longer bar shows nothing more.
const LONGEST_BAR: usize = 41;
const SHORTEST_BAR: usize = 7;

/// Width of one position in columns, with the gap to the next.
const POSITION: usize = 10;

/// The rank, then one line for each view: effect, standard error and bar.
pub fn by_view(card: &Card) -> Vec<Line<'static>> {
    let mut lines = card.heading(&rank(card));
    let study = &card.findings.study;
    let of_view = |view: View| {
        let found = card.findings.view(view);
        let number = |value: Option<f32>| value.map(f64::from);
        (view, number(found.effect(card.row.feature)), number(found.standard_error(card.row.feature)))
    };
    let numbers: Vec<_> = study.all().map(of_view).collect();
    let names = study.all().map(|view| study.name(view).as_str().len());
    let label = names.max().unwrap_or(0).saturating_add(3).clamp(VIEW, WIDEST_VIEW);
    let reaches = numbers.iter().map(|(_, effect, error)| effect.map_or(0.0, f64::abs) + error.unwrap_or(0.0));
    let largest = reaches.fold(0.0, f64::max);
    let room = card.columns.saturating_sub(label + 2 * NUMBER).min(LONGEST_BAR);
    for (view, effect, error) in numbers {
        let ranks = view == card.view();
        let style = if ranks { card.theme.title } else { card.theme.text };
        let mark = if ranks { '>' } else { ' ' };
        let error_text = cells::unsigned(error);
        let error_text = if error_text.is_empty() { error_text } else { format!("±{error_text}") };
        let mut spans = vec![
            Span::styled(fit::left(&format!("{mark} {}", study.name(view)), label), style),
            Span::styled(
                fit::left(&cells::signed(effect), NUMBER),
                effect.map_or(card.theme.dim, |effect| card.theme.signed(effect)),
            ),
            Span::styled(fit::left(&error_text, NUMBER), card.theme.dim),
        ];
        if room >= SHORTEST_BAR {
            spans.extend(bar::with_error(effect, error, largest, room, card.theme));
        }
        lines.push(Line::from(spans));
    }
    lines
}

/// The rank as a sentence. It names the specification of the rows on the screen, which may be a former one until the new rows
/// are arranged.
fn rank(card: &Card) -> String {
    let (shown, selection) = match &card.state.table.spec {
        Some(spec) => (spec.shown, spec.selection),
        None => (card.state.shown(), card.state.selection),
    };
    let shown = shown.described(&card.findings.study);
    let all = card.state.table.listing.total().selected;
    match card.row.rank {
        Some(rank) => format!("rank {rank} of {all} in {shown}, {selection}"),
        None => format!("no rank in {shown}: the effect is not known"),
    }
}

/// The effect at each position of the prompt, as a number and as a bar.
pub fn by_position(card: &Card) -> Vec<Line<'static>> {
    let view = card.view();
    let found = card.findings.view(view);
    let feature = card.row.feature;
    let Some(ranked) = found.submodule(feature.submodule) else { return Vec::new() };
    let Some(effects) = ranked.positions(feature.index) else {
        let differed = ranked.effects().features.binary_search(&feature.index).is_ok();
        let differed = differed || found.coverage != Coverage::Computed;
        return card.dim(if differed {
            "effects by position are not known"
        } else {
            "the feature is the same in clean and patch runs"
        });
    };
    let tokens = sides::first_tokens(card.findings, view);
    let largest = effects.iter().map(|effect| f64::from(effect.abs())).filter(|effect| effect.is_finite()).fold(0.0, f64::max);
    let per_row = (card.columns / POSITION).max(1);
    let mut lines = card.heading(&format!("effect by position, {}", card.findings.study.name(view)));
    for (row, effects) in effects.chunks(per_row).enumerate() {
        let (mut labels, mut numbers, mut bars) = (Vec::new(), Vec::new(), Vec::new());
        for (column, effect) in effects.iter().enumerate() {
            let (position, effect) = (row * per_row + column, f64::from(*effect));
            let token = tokens.as_ref().and_then(|tokens| tokens.get(position)).map_or("", String::as_str);
            let label = fit::left(&format!("{position} {token}"), POSITION - 1);
            labels.push(Span::styled(format!("{label} "), card.theme.dim));
            let number = fit::number(Some(effect), 4, POSITION - 1);
            numbers.push(Span::styled(fit::left(&number, POSITION), card.theme.signed(effect)));
            bars.extend(bar::signed(Some(effect), largest, POSITION - 1, card.theme));
            bars.push(Span::raw(" "));
        }
        lines.extend([labels, numbers, bars].map(Line::from));
    }
    lines
}
