//! The tables of the page.

use maud::{Markup, html};

use super::facts::{Facts, OfView, anchor};
use crate::core::dictionary_report::DecoderNorms;
use crate::core::invariant;
use crate::core::rows::cells::{interval, interval_of, ratio, said, signed, unsigned};
use crate::core::rows::{Row, cells};
use crate::core::run::DictionaryRecord;
use crate::core::text::printable;
use crate::core::uncertainty::Touched;
use crate::core::view::View;

/// A cell of a number: what is shown, and all digits to sort by.
pub fn number(shown: &str, value: Option<f64>) -> Markup {
    // Zero is added, since it takes the sign of -0.0 away.
    html! { td.number data-sort=[value.filter(|value| value.is_finite()).map(|value| value + 0.0)] { (shown) } }
}

/// p and q as text; empty if they are not known.
pub fn probability(value: Option<f64>) -> String {
    value.map_or_else(String::new, |value| format!("{value:.4}"))
}

/// One row for each view: means over pairs, the number of listed features, and what chance would list.
pub fn views(facts: &Facts<'_>) -> Markup {
    let findings = facts.findings;
    html! {
        div.wide { table {
            caption { "Views; the metric is logit(patch answer) − logit(clean answer), means over pairs, in logits" }
            thead { tr {
                th scope="col" { "view" } th scope="col" { "pairs of" } th scope="col" { "from → to" }
                th.number scope="col" { "pairs" } th.number scope="col" { "clean metric" } th.number scope="col" { "total effect" }
                th.number scope="col" { "features with an effect" } th.number scope="col" { (facts.selection.to_string()) }
                th scope="col" { "of these expected by chance" }
            } }
            tbody { @for of_view in &facts.views {
                @let found = findings.view(of_view.view);
                @let spec = findings.study.view(of_view.view);
                tr {
                    th scope="row" { (spec.name.as_str()) }
                    td { (spec.label) }
                    td { (spec.clean) " → " (spec.patch) }
                    td.number { (found.summary.examples.map_or_else(String::new, |examples| examples.to_string())) }
                    td.number { (signed(found.summary.clean_metric)) }
                    td.number { (signed(found.summary.total_effect)) }
                    td.number { (found.submodules().map(|ranked| ranked.len()).sum::<usize>()) }
                    td.number { (of_view.listing.rows.len()) }
                    td { (expected(of_view)) }
                }
            } }
        } }
    }
}

fn expected(of_view: &OfView) -> String {
    match &of_view.chance {
        Ok((chance, expected)) => {
            let pattern = if chance.patterns().is_exact() { "all" } else { "sampled" };
            let approximated = match expected.approximated {
                0 => String::new(),
                count => format!(", {count} features by the normal distribution"),
            };
            let exchanges = chance.patterns().count();
            format!("{:.1} ({pattern} exchanges within pairs: {exchanges}{approximated}); {}", expected.features, chance.bounds())
        }
        Err(reason) => format!("not known: {reason}"),
    }
}

/// The listed features of one view.
pub fn features(facts: &Facts<'_>, of_view: &OfView) -> Markup {
    let study = &facts.findings.study;
    let labels = facts.has_labels();
    let others: Vec<View> = study.all().filter(|view| *view != of_view.view).collect();
    html! {
        @if let Some(gap) = &of_view.listing.gap { p { "The list is not whole: " (gap) "." } }
        div.wide { table.sortable {
            caption {
                (of_view.spec.title(study, false)) ": " (of_view.listing.rows.len()) " features. "
                "Effects in logits, summed over positions, means over pairs; intervals: 95 %, BCa bootstrap over pairs, "
                (Touched::Zero.mark()) " holds 0, " (Touched::Threshold.mark()) " holds the threshold; "
                "p of the exchange within pairs, q by Benjamini and Hochberg."
            }
            thead { tr {
                th.number scope="col" { "rank" } th scope="col" { "feature" } th.number scope="col" { "effect" }
                th.number scope="col" { "s.e." } th.number scope="col" { "effect/s.e." } th scope="col" { "95 % interval" }
                th.number scope="col" { "p" } th.number scope="col" { "q" } th scope="col" { "fires on" }
                @for view in &others { th.number scope="col" { (study.name(*view).as_str()) } }
                th scope="col" { "tags and notes" } th scope="col" { "Neuronpedia" } @if labels { th scope="col" { "label" } }
            } }
            tbody { @for row in &of_view.listing.rows { (feature(facts, of_view, row, &others)) } }
        } }
    }
}

fn feature(facts: &Facts<'_>, of_view: &OfView, row: &Row, others: &[View]) -> Markup {
    let (findings, found) = (facts.findings, facts.findings.view(row.ranked_in));
    let name = row.feature.to_string();
    let (error, in_errors) = (found.standard_error(row.feature).map(f64::from), found.ratio(row.feature).map(f64::from));
    let sure = interval_of(row, findings);
    let mark = sure.and_then(|sure| Touched::by(sure, facts.selection)).map_or("", Touched::mark);
    let tested = facts.tested(row.ranked_in, row.feature);
    html! { tr {
        (number(&row.rank.map_or_else(String::new, |rank| rank.to_string()), row.rank.map(f64::from)))
        th scope="row" {
            @if facts.cards.contains(&row.feature) { a href={ "#" (anchor(row.feature)) } { (name) } } @else { (name) }
        }
        (number(&signed(Some(f64::from(row.effect))), Some(f64::from(row.effect))))
        (number(&unsigned(error), error))
        (number(&ratio(in_errors), in_errors))
        td.number data-sort=[sure.map(|sure| sure.low)] { (interval(sure)) " " (mark) }
        (number(&probability(tested.map(|tested| tested.p)), tested.map(|tested| tested.p)))
        (number(&probability(tested.map(|tested| tested.q)), tested.map(|tested| tested.q)))
        td { (cells::fires(row, findings, &of_view.spec)) }
        @for view in others {
            @let effect = findings.view(*view).effect(row.feature).map(f64::from);
            (number(&signed(effect), effect))
        }
        @let said = said(row, &findings.study, facts.tags, &of_view.spec);
        td {
            // Tags and note stand apart in copied text, too.
            @for word in said.words() { span.tag { (printable(&word)) } " " }
            (said.note)
        }
        td { @if let Some(page) = facts.page(row.feature) { a href=(page) { "page of " (name) } } }
        @if facts.has_labels() { td { (cells::label(row, findings)) } }
    } }
}

/// The dictionaries and how well they fit.
pub fn dictionaries(records: &[DictionaryRecord]) -> Markup {
    let norm = |record: &DictionaryRecord, pick: fn(DecoderNorms) -> f32| {
        record.decoder_norms.map_or_else(String::new, |norms| format!("{:.3}", pick(norms)))
    };
    html! {
        div.wide { table {
            caption { "Dictionaries: their number of features, the features active and the variance explained on these prompts, the decoder norms" }
            thead { tr {
                th scope="col" { "submodule" } th.number scope="col" { "features" } th.number scope="col" { "active" }
                th.number scope="col" { "explained" } th.number scope="col" { "least norm" } th.number scope="col" { "median" }
                th.number scope="col" { "largest" } th scope="col" { "computes" } th scope="col" { "SHA-256" }
            } }
            tbody { @for record in records { tr {
                th scope="row" { (printable(&record.submodule)) }
                td.number { (record.features) }
                td.number { (record.report.map_or_else(String::new, |report| format!("{:.1}", report.active))) }
                td.number {
                    (record.report.and_then(|report| report.explained).map_or_else(String::new, |share| format!("{:.1} %", 100.0 * share)))
                }
                td.number { (norm(record, |norms| norms.least)) }
                td.number { (norm(record, |norms| norms.median)) }
                td.number { (norm(record, |norms| norms.largest)) }
                td { (record.arithmetic.as_deref().map_or_else(String::new, printable)) }
                td { code { (printable(&record.sha256).chars().take(12).collect::<String>()) } }
            } } }
        } }
    }
}

/// Whether the sums of the run hold, view by view.
pub fn invariants(facts: &Facts<'_>) -> Markup {
    let Some(run) = facts.findings.to_run() else { return html! {} };
    let checks: Vec<invariant::Check> = run.views.iter().flat_map(invariant::check).collect();
    let broken: Vec<String> = checks
        .iter()
        .filter_map(|check| {
            let broken = check.broken?;
            Some(format!("{} {}: {}", facts.findings.study.name(check.view), check.submodule, broken.describe()))
        })
        .collect();
    html! {
        @if broken.is_empty() {
            p { "All " (checks.len()) " sums of features and error term agree with gradient × change (" code { "saescope check" } ")." }
        } @else {
            p { strong { (broken.len()) " of " (checks.len()) " sums are broken:" } }
            ul { @for line in broken { li { (line) } } }
        }
    }
}
