//! What a feature responds to in a text: how often it fires, which labels describe that, and where it fires most.

use maud::{Markup, html};

use super::facts::Facts;
use super::prompts::token;
use crate::core::corpus::context::Context;
use crate::core::corpus::responses::{OfFeature, Responses};
use crate::core::corpus::words;
use crate::core::tags::FeatureTags;
use crate::core::text::activation;

/// Contexts that stand open; the others are behind a heading that opens them.
const OPEN: usize = 5;

/// The counts, the labels, and the contexts, strongest first.
pub fn responds(facts: &Facts<'_>, responses: &Responses, found: &OfFeature) -> Markup {
    let tags = facts.tags.get(&found.feature).map(FeatureTags::of_all_scopes).unwrap_or_default();
    let kept = found.tally.contexts.kept();
    let (open, others) = kept.split_at(kept.len().min(OPEN));
    html! {
        h4 { "What it responds to" }
        p.faint { (words::heading(responses)) "." }
        ul { @for sentence in words::sentences(responses, found, &tags) { li { (sentence) } } }
        @if !open.is_empty() { (contexts(open, found)) }
        @if !others.is_empty() {
            details { summary { (others.len()) " more of its strongest contexts" } (contexts(others, found)) }
        }
    }
}

/// Each context with the number of its line, and the activation behind every token at which the feature fires.
fn contexts(contexts: &[Context], found: &OfFeature) -> Markup {
    let largest = f64::from(found.tally.largest);
    html! {
        ul.prompts { @for context in contexts {
            li.prompt {
                span.name { (activation(f64::from(context.largest()))) " in line " (context.line) ": " }
                @for (text, value) in context.shown() {
                    @let fires = Some(value).filter(|value| *value != 0.0);
                    @if !text.is_empty() || fires.is_some() { (token(text, false, fires, largest)) }
                }
            }
        } }
    }
}
