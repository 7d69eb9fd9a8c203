//! The legend: what a row is, the unit of an effect, the answers that + and - push towards, and why cells at the cursor are empty.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::fit::width;
use super::theme::Theme;
use crate::app::command_id::CommandId;
use crate::app::state::State;
use crate::app::state::overlay::Overlay;
use crate::core::evidence::missing;
use crate::core::findings::{Findings, Source};
use crate::core::rows::Shown;
use crate::core::sides::sides;
use crate::core::text::printable;
use crate::core::view::View;

/// Texts with their styles.
type Parts = Vec<(String, Style)>;

/// The legend in at most `columns`: the longest of its forms that fits.
pub fn line(state: &State, theme: &Theme, columns: usize) -> Line<'static> {
    let mut forms = forms(state, theme);
    let wide = |parts: &Parts| parts.iter().map(|(text, _)| width(text)).sum::<usize>();
    let last = forms.pop().unwrap_or_default();
    let fitting = forms.into_iter().find(|parts| wide(parts) <= columns).unwrap_or(last);
    Line::from(fitting.into_iter().map(|(text, style)| Span::styled(text, style)).collect::<Vec<_>>())
}

/// The legend in words, the longest form first.
fn forms(state: &State, theme: &Theme) -> Vec<Parts> {
    let Some(findings) = state.findings() else { return vec![vec![(nothing(state), theme.dim)]] };
    let dim = |text: &str| (text.to_owned(), theme.dim);
    let direction = Direction::of(findings, state.shown());
    let (directions, short) = (direction.parts(theme, true), direction.parts(theme, false));
    if matches!(state.overlay, Some(Overlay::HeatMap)) {
        let cell = [dim(" a cell: all features of a submodule at one word, their effects in logits summed · ")].to_vec();
        return vec![
            [cell, directions].concat(),
            [vec![dim(" a cell: sum in logits · ")], short.clone()].concat(),
            [vec![dim(" ")], short].concat(),
        ];
    }
    let form = |before: &str, directions: &[(String, Style)], after: &str| {
        [vec![dim(before)], directions.to_vec(), vec![dim(after)]].concat()
    };
    let of_pair = |held: &str, (first, second): (View, View)| {
        let [first, second] = [first, second].map(|view| findings.study.name(view));
        let (row, sure) = (format!(" a row: a feature in {held} · "), "dim: within 2 s.e. of 0");
        let delta = format!("Δ: {first} - {second}, in logits");
        vec![
            form(&format!("{row}Δ: effect in {first} minus that in {second}, in logits; {sure} · "), &directions, ""),
            form(&format!("{row}{delta}; {sure} · "), &short, ""),
            form(&format!("{row}{delta}; {sure}"), &[], ""),
            form(&format!(" {delta}; {sure}"), &[], ""),
            form(&format!(" {delta}"), &[], ""),
        ]
    };
    let plain = match state.shown() {
        Shown::Single(_) => vec![
            form(" a row: one feature · effect: logits, mean over pairs · ", &directions, " · s.e.: standard error"),
            form(" a row: one feature · logits: ", &directions, ""),
            form(" a row: a feature · logits: ", &short, ""),
            form(" logits: ", &short, ""),
            form(" logits: ", &short[..2], ""),
            form(" ", &short[..2], ""),
        ],
        Shown::Difference(first, second) => of_pair("only one of both selections", (first, second)),
        Shown::Similarity(first, second) => of_pair("both selections", (first, second)),
    };
    let reasons = empty(state, findings).map_or_else(Vec::new, |[long, short]| vec![long, short]);
    let with = |form: &Parts| -> Vec<Parts> {
        reasons.iter().map(|reason| [form.clone(), vec![(format!(" · {reason}"), theme.warning)]].concat()).collect()
    };
    let explained: Vec<Parts> = plain.iter().flat_map(with).collect();
    explained.into_iter().chain(plain).collect()
}

/// What to do when there is nothing to explain yet.
fn nothing(state: &State) -> String {
    if state.job.is_some() {
        return " the first rows come with the first submodule".to_owned();
    }
    let way = |command| state.setting.keymap.way(command);
    let (compute, published, help) = (way(CommandId::COMPUTE), way(CommandId::PUBLISHED), way(CommandId::HELP));
    format!(" nothing is computed yet: {compute} computes, {published} shows published figures, {help} explains")
}

/// The two answers between which effects push.
struct Direction {
    plus: String,
    minus: String,
}

impl Direction {
    fn of(findings: &Findings, shown: Shown) -> Self {
        let first = Self::of_view(findings, shown.first());
        let second = shown.pair().map(|(_, second)| Self::of_view(findings, second));
        match second {
            // Two views may push towards different answers: then only the words that are true of both are left.
            Some(second) if second.plus != first.plus || second.minus != first.minus => {
                Self { plus: "each view's patch answer".to_owned(), minus: "its clean answer".to_owned() }
            }
            _ => first,
        }
    }

    /// The answers themselves if they are the same for all pairs, else the study's words for the prompts.
    fn of_view(findings: &Findings, view: View) -> Self {
        let spec = findings.study.view(view);
        let examples = findings.data(view).map_or(&[][..], |data| &data.examples);
        let same = |side: usize, words: &str| {
            let mut answers = examples.iter().map(|example| sides(example, spec.direction)[side].answer);
            let answer = answers.next().filter(|first| answers.all(|answer| answer == *first));
            answer.map_or_else(|| format!("the {words}'s answer"), |answer| format!("'{}'", printable(answer)))
        };
        Self { plus: same(1, &spec.patch), minus: same(0, &spec.clean) }
    }

    fn parts(&self, theme: &Theme, both: bool) -> Parts {
        let (dim, plus, minus) = (theme.dim, theme.positive, theme.negative);
        let mut parts = vec![("+".to_owned(), plus), (format!(" towards {}", self.plus), dim), (", ".to_owned(), dim)];
        parts.push(("-".to_owned(), minus));
        parts.push((if both { format!(" towards {}", self.minus) } else { format!(" {}", self.minus) }, dim));
        parts
    }
}

/// Why a figure of the row at the cursor is not known, at length and in short; None if all are known.
fn empty(state: &State, findings: &Findings) -> Option<[String; 2]> {
    let row = state.table.row()?;
    if matches!(findings.source, Source::Published { .. }) {
        return Some(["empty cell: not printed by the study".to_owned(), "empty: not printed".to_owned()]);
    }
    if let Some(unknown) = findings.study.all().find(|view| findings.view(*view).effect(row.feature).is_none()) {
        let name = findings.study.name(unknown);
        let how = if state.job.is_some() { "not computed yet" } else { "not computed" };
        return Some([format!("empty cell: {} is {how} in {name}", row.feature.submodule), format!("empty: {how}")]);
    }
    let view = state.shown().first();
    if findings.data(view).is_some_and(|data| data.examples.len() == 1) {
        return Some(["empty cell: one pair has no standard error".to_owned(), "empty: one pair".to_owned()]);
    }
    if [view, row.ranked_in].into_iter().all(|view| findings.detail(view).entries(row.feature).is_none()) {
        let why = missing(findings, view, state.job.is_some());
        return Some([format!("empty cell: {why}"), "empty: activations not kept".to_owned()]);
    }
    None
}
