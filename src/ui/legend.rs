//! The legend: what a row is, the unit of an effect, the answers that + and - push towards, and why cells at the cursor are empty.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::fit::{cut, width};
use super::theme::Theme;
use crate::app::command_id::CommandId;
use crate::app::state::State;
use crate::app::state::overlay::Overlay;
use crate::core::evidence::missing;
use crate::core::findings::{Findings, Source};
use crate::core::picture::Kind;
use crate::core::rows::Shown;
use crate::core::sides::sides;
use crate::core::text::{printable, told_apart, without_article};
use crate::core::view::View;

/// Texts with their styles.
type Parts = Vec<(String, Style)>;

/// The legend in at most `columns`: the longest of its forms that fits.
pub fn line(state: &State, theme: &Theme, columns: usize) -> Line<'static> {
    let mut forms = forms(state, theme, columns);
    let wide = |parts: &Parts| parts.iter().map(|(text, _)| width(text)).sum::<usize>();
    let last = forms.pop().unwrap_or_default();
    let fitting = forms.into_iter().find(|parts| wide(parts) <= columns).unwrap_or(last);
    Line::from(fitting.into_iter().map(|(text, style)| Span::styled(text, style)).collect::<Vec<_>>())
}

/// The legend in words, the longest form first; the last ones are made for `columns`.
fn forms(state: &State, theme: &Theme, columns: usize) -> Vec<Parts> {
    let Some(findings) = state.findings() else { return nothing(state).map(|text| vec![(text, theme.dim)]).to_vec() };
    let dim = |text: &str| (text.to_owned(), theme.dim);
    let direction = Direction::of(findings, state.shown());
    let (directions, short) = (direction.parts(theme, true), direction.parts(theme, false));
    let shortest = |direction: &Direction| {
        let mut parts = direction.parts(theme, false);
        if let Some((text, _)) = parts.last_mut() {
            *text = format!(" {}", direction.minus.owner());
        }
        parts
    };
    let cut = shortest(&direction.within(columns.saturating_sub(1)));
    if matches!(state.overlay, Some(Overlay::Pictures)) && state.pictures.kind != Kind::Map {
        return vec![
            [vec![dim(" effects in logits · ")], directions].concat(),
            [vec![dim(" ")], short].concat(),
            [vec![dim(" ")], cut].concat(),
        ];
    }
    if matches!(state.overlay, Some(Overlay::Pictures)) {
        if let Some(pair) = state.shown().pair() {
            return differences(findings, pair, theme, columns);
        }
        let cell = [dim(" a cell: all features of a submodule at one word, their effects in logits summed · ")].to_vec();
        return vec![
            [cell, directions].concat(),
            [vec![dim(" a cell: sum in logits · ")], short.clone()].concat(),
            [vec![dim(" ")], short].concat(),
            [vec![dim(" ")], cut].concat(),
        ];
    }
    let form = |before: &str, directions: &[(String, Style)], after: &str| {
        [vec![dim(before)], directions.to_vec(), vec![dim(after)]].concat()
    };
    let of_pair = |held: &str, (first, second): (View, View)| {
        let [first, second] = [first, second].map(|view| findings.study.name(view));
        let (row, sure) = (format!(" a row: a feature in {held} · "), "dim: within 2 s.e. of 0");
        let [first, second] = [first.as_str(), second.as_str()];
        let delta = format!("Δ: {first} - {second}, in logits");
        let [one, other] = apart([first, second], columns.saturating_sub(width(" Δ: in  - ")) / 2);
        vec![
            form(&format!("{row}Δ: effect in {first} minus that in {second}, in logits; {sure} · "), &directions, ""),
            form(&format!("{row}{delta}; {sure} · "), &short, ""),
            form(&format!("{row}{delta}; {sure}"), &[], ""),
            form(&format!(" {delta}; {sure}"), &[], ""),
            form(&format!(" {delta}"), &[], ""),
            form(&format!(" Δ: {one} - {other}"), &[], ""),
        ]
    };
    let plain = match state.shown() {
        Shown::Single(_) => vec![
            form(" a row: one feature · effect: logits, mean over pairs · ", &directions, " · s.e.: standard error"),
            form(" a row: one feature · logits: ", &directions, ""),
            form(" a row: a feature · logits: ", &short, ""),
            form(" logits: ", &short, ""),
            form(" ", &shortest(&direction), ""),
        ],
        Shown::Difference(first, second) => of_pair("only one of both selections", (first, second)),
        Shown::Similarity(first, second) => of_pair("both selections", (first, second)),
    };
    let reasons = empty(state, findings).map_or_else(Vec::new, |[long, short]| vec![long, short]);
    let with = |form: &Parts| -> Vec<Parts> {
        reasons.iter().map(|reason| [form.clone(), vec![(format!(" · {reason}"), theme.warning)]].concat()).collect()
    };
    // One direction tells the other, and a reason is told nowhere else.
    let one = [form(" logits: ", &short[..2], ""), form(" ", &short[..2], "")];
    let one = if state.shown().pair().is_some() { &[][..] } else { &one };
    let explained: Vec<Parts> = plain.iter().chain(one).flat_map(with).collect();
    let last = state.shown().pair().is_none().then(|| form(" ", &cut, ""));
    explained.into_iter().chain(plain).chain(last).collect()
}

/// The legend of the heat map of a comparison, whose cells are differences: both views may push towards different answers, so its signs
/// say which view has more.
fn differences(findings: &Findings, (first, second): (View, View), theme: &Theme, columns: usize) -> Vec<Parts> {
    let [first, second] = [first, second].map(|view| findings.study.name(view));
    let [first, second] = [first.as_str(), second.as_str()];
    let [one, other] = apart([first, second], columns.saturating_sub(width(" Δ  - ; + larger in ")) / 3);
    let signs = |before: String, first: &str, second: &str, both: bool| {
        let mut parts = vec![(before, theme.dim), ("+".to_owned(), theme.positive), (format!(" larger in {first}"), theme.dim)];
        if both {
            parts.push((", ".to_owned(), theme.dim));
            parts.push(("-".to_owned(), theme.negative));
            parts.push((format!(" larger in {second}"), theme.dim));
        }
        parts
    };
    let cell = " a cell: all features of a submodule at one word, their effects summed";
    vec![
        signs(format!("{cell}, Δ {first} - {second} in logits · "), first, second, true),
        signs(format!(" a cell: Δ {first} - {second}, sums in logits · "), first, second, true),
        signs(format!(" a cell: Δ {first} - {second}, in logits; "), first, second, false),
        signs(format!(" a cell: Δ {first} - {second}; "), first, second, false),
        signs(format!(" Δ {one} - {other}; "), &one, &other, false),
    ]
}

/// Two names, each in at most `room` columns, told apart.
fn apart([first, second]: [&str; 2], room: usize) -> [String; 2] {
    [told_apart(first, &[second], room), told_apart(second, &[first], room)]
}

/// What to do when there is nothing to explain yet.
fn nothing(state: &State) -> [String; 3] {
    if state.job.is_some() {
        return [" the first rows come with the first submodule", " the first rows come later", " no rows yet"]
            .map(str::to_owned);
    }
    let way = |command| state.setting.keymap.way(command);
    let (compute, published, help) = (way(CommandId::COMPUTE), way(CommandId::PUBLISHED), way(CommandId::HELP));
    [
        format!(" nothing is computed yet: {compute} computes, {published} shows published figures, {help} explains"),
        format!(" nothing yet: {compute} computes, {published} published figures, {help} help"),
        format!(" {compute} computes, {help} help"),
    ]
}

/// The two answers between which effects push.
struct Direction {
    plus: Answer,
    minus: Answer,
}

/// An answer towards which effects push.
#[derive(Clone, PartialEq)]
enum Answer {
    /// In words that need no shorter form.
    Said(String),
    /// That of the prompt with this name.
    Of(String),
}

impl Answer {
    fn said(&self) -> String {
        match self {
            Self::Said(text) => text.clone(),
            Self::Of(_) => format!("{} answer", self.owner()),
        }
    }

    /// The words up to `answer`, for where that was said before.
    fn owner(&self) -> String {
        match self {
            Self::Said(text) => text.clone(),
            Self::Of(name) => format!("the {name}'s"),
        }
    }

    /// In at most `columns`, told apart from `other`.
    fn within(&self, other: &Self, columns: usize) -> Self {
        match (self, other) {
            (Self::Said(text), _) => Self::Said(cut(text, columns)),
            (Self::Of(name), other) => {
                let room = columns.saturating_sub(width("the 's"));
                let others = if let Self::Of(other) = other { &[other.as_str()][..] } else { &[] };
                Self::Of(told_apart(name, others, room))
            }
        }
    }
}

impl Direction {
    fn of(findings: &Findings, shown: Shown) -> Self {
        let first = Self::of_view(findings, shown.first());
        let second = shown.pair().map(|(_, second)| Self::of_view(findings, second));
        match second {
            // Two views may push towards different answers: then only the words that are true of both are left.
            Some(second) if second.plus != first.plus || second.minus != first.minus => {
                let said = |text: &str| Answer::Said(text.to_owned());
                Self { plus: said("each view's patch answer"), minus: said("its clean answer") }
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
            let of_prompt = || Answer::Of(without_article(words).to_owned());
            answer.map_or_else(of_prompt, |answer| Answer::Said(format!("'{}'", printable(answer))))
        };
        Self { plus: same(1, &spec.patch), minus: same(0, &spec.clean) }
    }

    /// With both answers shortened so that the shortest form takes at most `columns`.
    fn within(&self, columns: usize) -> Self {
        let room = columns.saturating_sub(width("+ towards  answer, - "));
        let [plus, minus] = [&self.plus, &self.minus].map(|answer| width(&answer.owner()));
        // What one of them does not need is left to the other one.
        let half = room / 2;
        let (plus, minus) = (half.max(room.saturating_sub(minus)), half.max(room.saturating_sub(plus)));
        Self { plus: self.plus.within(&self.minus, plus), minus: self.minus.within(&self.plus, minus) }
    }

    fn parts(&self, theme: &Theme, both: bool) -> Parts {
        let (towards_plus, towards_minus) = (self.plus.said(), self.minus.said());
        let (dim, plus, minus) = (theme.dim, theme.positive, theme.negative);
        let mut parts = vec![("+".to_owned(), plus), (format!(" towards {towards_plus}"), dim), (", ".to_owned(), dim)];
        parts.push(("-".to_owned(), minus));
        parts.push((if both { format!(" towards {towards_minus}") } else { format!(" {towards_minus}") }, dim));
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
    let shown = state.shown();
    let views = [Some(shown.first()), shown.pair().map(|(_, second)| second)].into_iter().flatten();
    if let Some(single) = views.into_iter().find(|view| findings.data(*view).is_some_and(|data| data.examples.len() == 1)) {
        let of =
            if shown.pair().is_some() { format!("one pair in {}", findings.study.name(single)) } else { "one pair".to_owned() };
        return Some([format!("empty cell: {of} has no standard error"), "empty: one pair".to_owned()]);
    }
    let is_computing = state.job.is_some();
    if [shown.first(), row.ranked_in].into_iter().all(|view| findings.detail(view).entries(row.feature).is_none()) {
        let why = missing(findings, shown.first(), is_computing);
        let short = match (&findings.source, is_computing) {
            (Source::Live { .. }, true) => "empty: activations come last",
            (Source::Live { .. }, false) => "empty: the run is not whole",
            _ => "empty: activations not kept",
        };
        return Some([format!("empty cell: {why}"), short.to_owned()]);
    }
    None
}
