//! The card of one feature.

use maud::{Markup, html};

use super::evidence::Evidence;
use super::facts::{Facts, anchor};
use super::lists::{number, probability};
use super::{lens, prompts, responses};
use crate::core::evidence::{self, Pairs};
use crate::core::rows::cells::{interval, signed, unsigned};
use crate::core::submodule::FeatureId;
use crate::core::text::printable;
use crate::core::uncertainty::Touched;
use crate::core::view::View;

/// What is known of `feature`.
pub fn card(facts: &Facts<'_>, beyond: &Evidence, feature: FeatureId) -> Markup {
    let (findings, view) = (facts.findings, facts.strongest_view(feature));
    let (found, spec) = (findings.view(view), findings.study.view(view));
    let pairs = Pairs::find(findings, view, feature).ok_or_else(|| evidence::missing(findings, view, false));
    let known = pairs.as_ref().map_err(String::as_str);
    let sentence = evidence::sentence(spec, found.effect(feature), found.standard_error(feature), known);
    html! {
        article id=(anchor(feature)) {
            h3 { (feature.to_string()) }
            p { "In the " (spec.name.as_str()) " view: " (sentence) "." }
            (tags(facts, feature))
            (explanation(facts, feature))
            (views(facts, feature))
            @match facts.page(feature) {
                Some(page) => p { a href=(page) { (page) } },
                None => p.faint { "No page on Neuronpedia" @if let Err(reason) = &facts.pages { ": " (reason) } "." },
            }
            @if let Ok(pairs) = &pairs { (prompts::pairs(spec, pairs)) }
            @if let Some(why) = beyond.missing() {
                p.faint { "What it says, what it responds to and what is near it is not known: " (why) "." }
            } @else {
                (responds(facts, beyond, feature))
                @if let Some((view, lenses, of)) = beyond.lens(feature) { (lens::says(facts, view, lenses, of)) (lens::near(facts, of)) }
            }
        }
    }
}

/// What the feature responds to in a text, or how to find out.
fn responds(facts: &Facts<'_>, beyond: &Evidence, feature: FeatureId) -> Markup {
    match (beyond.response(feature), beyond.unread()) {
        (Some((found, of)), _) => responses::responds(facts, found, of),
        (None, Some(why)) => html! { p.faint { "What it responds to is not known: " (why) "." } },
        (None, None) => html! {
            p.faint {
                "What it responds to is not known: no text was read for it; name one with "
                code { "saescope report RUN --corpus FILE" } ", a document on each line."
            }
        },
    }
}

/// What the user says of the feature, scope by scope.
fn tags(facts: &Facts<'_>, feature: FeatureId) -> Markup {
    let Some(said) = facts.tags.get(&feature) else { return html! {} };
    html! {
        dl { @for (scope, marks) in said.scopes() {
            dt { (scope.to_string()) }
            dd {
                @if marks.rejected { span.tag { "rejected" } " " }
                @for tag in facts.findings.study.tags.ordered(&marks.tags) { span.tag { (printable(&tag.to_string())) } " " }
                (marks.shown_note())
            }
        } }
    }
}

/// What others say of the feature.
fn explanation(facts: &Facts<'_>, feature: FeatureId) -> Markup {
    let Some(found) = facts.findings.explanation(feature) else { return html! {} };
    let norms = facts.findings.dictionary(feature.submodule).and_then(|record| record.decoder_norms);
    let activation = found.activation(norms);
    html! {
        @if !found.label.is_empty() { p { "Label on Neuronpedia: " (printable(found.label)) } }
        @if !activation.is_empty() { p.faint { (activation) "." } }
    }
}

/// The effect in every view, with what makes it sure.
fn views(facts: &Facts<'_>, feature: FeatureId) -> Markup {
    let findings = facts.findings;
    html! {
        div.wide { table {
            caption { "Effects of " (feature.to_string()) " by view, in logits" }
            thead { tr {
                th scope="col" { "view" } th.number scope="col" { "effect" } th.number scope="col" { "s.e." }
                th scope="col" { "95 % interval" } th.number scope="col" { "p" } th.number scope="col" { "q" }
                th scope="col" { "same sign" }
            } }
            tbody { @for view in findings.study.all() { (of_view(facts, feature, view)) } }
        } }
    }
}

fn of_view(facts: &Facts<'_>, feature: FeatureId, view: View) -> Markup {
    let found = facts.findings.view(view);
    let effect = found.effect(feature);
    let error = found.standard_error(feature).map(f64::from);
    let sure = found.uncertainty(feature);
    let ends = sure.and_then(|sure| sure.interval());
    let mark = ends.and_then(|ends| Touched::by(ends, facts.selection)).map_or("", Touched::mark);
    let tested = facts.tested(view, feature);
    let agreeing = sure.map_or_else(String::new, |sure| format!("{} of {}", sure.signs.agreeing(sure.mean), sure.signs.count()));
    html! { tr {
        th scope="row" { (facts.findings.study.name(view).as_str()) }
        (number(&signed(effect.map(f64::from)), effect.map(f64::from)))
        (number(&unsigned(error), error))
        td { (interval(ends)) " " (mark) }
        (number(&probability(tested.map(|tested| tested.p)), tested.map(|tested| tested.p)))
        (number(&probability(tested.map(|tested| tested.q)), tested.map(|tested| tested.q)))
        td { (agreeing) }
    } }
}
