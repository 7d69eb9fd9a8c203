//! What the decoder row of a feature says by itself: tokens, answers, and the features near it.

use std::collections::BTreeSet;

use maud::{Markup, html};

use super::facts::{Facts, anchor};
use super::lists::number;
use crate::core::lens::{Lens, LensForm, Lenses, Neighbour, OfFeature, TokenValue};
use crate::core::rows::cells::signed;
use crate::core::submodule::FeatureId;
use crate::core::text::printable_part;
use crate::core::view::View;

/// What it promotes and suppresses, and how it tells the answers of `view` apart.
pub fn says(facts: &Facts<'_>, view: View, lenses: &Lenses, of: &OfFeature) -> Markup {
    let study = &facts.findings.study;
    let last = facts.findings.data(view).and_then(|data| facts.findings.detail(view).at_last_position(of.feature, data));
    html! {
        h4 { "What it says" }
        p.faint { (lenses.heading()) "." }
        @if let Some(lens) = of.lens(LensForm::ALL[0]) {
            dl {
                dt { "promotes" } dd { (tokens(&lens.promoted)) }
                dt { "suppresses" } dd { (tokens(&lens.suppressed)) }
                dt { "answers" }
                dd {
                    (answers(lens)) " in the " (study.name(view).as_str()) " view"
                    @if let Some(last) = last { "; its effect at the last position " (signed(Some(last))) }
                }
            }
        }
    }
}

/// The difference of the answers, patch - clean, as the mean over pairs.
fn answers(lens: &Lens) -> String {
    let mean = lens.mean_answer_difference();
    mean.map_or_else(|| "not known".to_owned(), |mean| format!("patch − clean {mean:+.3}, mean over pairs"))
}

fn tokens(values: &[TokenValue]) -> Markup {
    html! { @for value in values {
        span.value { "'" span.token { (printable_part(&value.text)) } "' " (format!("{:+.2}", value.value)) } " "
    } }
}

/// The features with the most similar decoder rows, of its own dictionary and of all.
pub fn near(facts: &Facts<'_>, of: &OfFeature) -> Markup {
    let cards: BTreeSet<FeatureId> = facts.cards.iter().copied().collect();
    let prompts = of.within.iter().chain(&of.across).map(|near| near.activity.prompts).next().unwrap_or(0);
    html! {
        h4 { "What is near it" }
        div.wide { table {
            caption {
                "Features with the most similar decoder rows; active: of " (prompts) " clean and patch prompts, those in which both are active, "
                "in which one of them is, and the first number's share of the second"
            }
            thead { tr {
                th scope="col" { "among" } th scope="col" { "feature" } th.number scope="col" { "cosine" }
                th.number scope="col" { "both active" } th.number scope="col" { "one active" } th.number scope="col" { "Jaccard" }
            } }
            tbody {
                @for near in &of.within { (neighbour("its dictionary", near, &cards)) }
                @for near in &of.across { (neighbour("all dictionaries", near, &cards)) }
            }
        } }
    }
}

fn neighbour(among: &str, near: &Neighbour, cards: &BTreeSet<FeatureId>) -> Markup {
    let Neighbour { feature, cosine, activity } = near;
    let (name, cosine, jaccard) = (feature.to_string(), f64::from(*cosine), activity.jaccard());
    html! { tr {
        td { (among) }
        th scope="row" { @if cards.contains(feature) { a href={ "#" (anchor(*feature)) } { (name) } } @else { (name) } }
        (number(&format!("{cosine:+.3}"), Some(cosine)))
        td.number { (activity.both) }
        td.number { (activity.either()) }
        (number(&jaccard.map_or_else(String::new, |jaccard| format!("{jaccard:.2}")), jaccard))
    } }
}
