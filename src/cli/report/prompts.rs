//! The pairs of a feature's card: both prompts, coloured by the feature's activation.

use maud::{Markup, html};

use crate::core::detail_index::Entry;
use crate::core::evidence::Pairs;
use crate::core::rows::cells::signed;
use crate::core::sides::Side;
use crate::core::study::ViewSpec;
use crate::core::text::{cut, excerpt, printable_part};

/// Most pairs on a card.
const PAIRS: usize = 5;

/// Most tokens of a prompt on a card.
const TOKENS: usize = 300;

/// The colours of the largest activations above and below zero: red, green and blue.
const ABOVE: [f64; 3] = [242.0, 176.0, 122.0];
const BELOW: [f64; 3] = [122.0, 182.0, 242.0];

/// Most characters of a token or an answer.
const TOKEN: usize = 60;

/// The pairs of largest |effect|.
pub fn pairs(view: &ViewSpec, pairs: &Pairs<'_>) -> Markup {
    let shown = pairs.order.len().min(PAIRS);
    if shown == 0 {
        let name = view.name.as_str();
        return html! { p.faint { "In all " (pairs.len()) " pairs of the " (name) " view its activation is the same in both prompts." } };
    }
    html! {
        p.faint {
            "The " (shown) " pairs of largest |effect| of " (pairs.len()) " in the " (view.name.as_str()) " view, with the effect in each; in "
            (pairs.len() - pairs.order.len()) " the activation is the same in both prompts. Numbers are activations where they differ, "
            "the colour is their share of the largest, " (format!("{:.3}", pairs.largest)) ", orange above zero and blue below; bold tokens differ."
        }
        ul.prompts { @for pair in pairs.order.iter().take(PAIRS) {
            @let [clean, patch] = pairs.sides(*pair);
            @let entries = pairs.of(*pair);
            li {
                div { "line " (pairs.line(*pair)) ": effect " (signed(Some(pairs.totals[*pair]))) }
                (prompt(&view.clean, clean, patch, entries, |entry| entry.clean, pairs.largest))
                (prompt(&view.patch, patch, clean, entries, |entry| entry.patch, pairs.largest))
            }
        } }
    }
}

fn prompt(name: &str, side: Side<'_>, other: Side<'_>, entries: &[Entry], of: fn(&Entry) -> f32, largest: f64) -> Markup {
    let activation = |position: usize| entries.iter().find(|entry| entry.position == position).map(of);
    html! {
        div.prompt {
            span.name { (name) ": " }
            @for (position, text) in side.tokens.iter().enumerate().take(TOKENS) {
                (token(text, other.tokens.get(position) != Some(text), activation(position), largest))
            }
            @if side.tokens.len() > TOKENS { " … (" (side.tokens.len()) " tokens)" }
            span.name { " → “" (excerpt(side.answer, TOKEN)) "”" }
        }
    }
}

/// A token with its activation, if it has one, coloured by its share of `largest`; bold if it differs from the other prompt's.
pub fn token(text: &str, differs: bool, activation: Option<f32>, largest: f64) -> Markup {
    let text = cut(&printable_part(text), TOKEN);
    let share =
        activation.map_or(0.0, |activation| if largest > 0.0 { (f64::from(activation) / largest).clamp(-1.0, 1.0) } else { 0.0 });
    let mix = |end: f64| (255.0 + (end - 255.0) * share.abs()).round();
    // Dark text keeps a contrast of more than 4.5 on the darkest of these colours.
    let [red, green, blue] = if share > 0.0 { ABOVE } else { BELOW }.map(mix);
    let style = (share != 0.0).then(|| format!("background:rgb({red},{green},{blue})"));
    if activation.is_none() && !differs {
        return html! { (text) };
    }
    html! {
        span.token.differs[differs] style=[style] {
            (text)
            @if let Some(activation) = activation { small { " " (format!("{activation:.2}")) } }
        }
    }
}
