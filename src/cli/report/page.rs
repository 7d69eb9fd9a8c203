//! The whole page.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::card::card;
use super::evidence::Evidence;
use super::facts::{Facts, OfView};
use super::lists;
use crate::cli::plot;
use crate::core::notes;
use crate::core::picture::{Kind, Picture};
use crate::core::problem::{Problem, Result};
use crate::core::rows::{Shown, Spec};
use crate::core::run::Manifest;
use crate::core::text::{excerpt, printable};

const STYLE: &str = include_str!("../../../assets/report/report.css");
const SCRIPT: &str = include_str!("../../../assets/report/report.js");

/// Nothing may be loaded, whatever stands in the page.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// Most pairs of a list in the printed manifest.
const PAIRS: usize = 100;

/// The page of the run that `manifest` records, read from `file`; its cards hold what is known `beyond` the run.
pub fn page(facts: &Facts<'_>, beyond: &Evidence, manifest: &Manifest, file: Option<&str>) -> Result<Markup> {
    let study = &facts.findings.study;
    let title = format!("{}: {} ({})", excerpt(&study.title, 200), excerpt(&manifest.model.name, 100), manifest.method);
    let lists: Vec<Markup> = facts.views.iter().map(|of_view| list(facts, of_view)).collect::<Result<_>>()?;
    let comparison = comparison(facts)?;
    Ok(html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="generator" content=(excerpt(&manifest.program, 80));
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { (title) }
                    nav aria-label="Parts of this page" { ul {
                        li { a href="#summary" { "Summary" } }
                        @for of_view in &facts.views {
                            li { a href={ "#view-" (study.name(of_view.view).as_str()) } { "View " (study.name(of_view.view).as_str()) } }
                        }
                        @if comparison.is_some() { li { a href="#comparison" { "Comparison" } } }
                        li { a href="#features" { "Features" } }
                        li { a href="#dictionaries" { "Dictionaries" } }
                        li { a href="#manifest" { "Manifest" } }
                    } }
                }
                main {
                    section id="summary" aria-labelledby="summary-heading" {
                        h2 #summary-heading { "Summary" }
                        (summary(facts, manifest, file))
                        (lists::views(facts))
                        (lists::invariants(facts))
                    }
                    @for list in lists { (list) }
                    @if let Some(comparison) = comparison { (comparison) }
                    section id="features" aria-labelledby="features-heading" {
                        h2 #features-heading { "Features" }
                        p { "Cards of the " (facts.cards.len()) " features that have tags, reject marks or notes, or are among the strongest of a view." }
                        @for feature in &facts.cards { (card(facts, beyond, *feature)) }
                    }
                    section id="dictionaries" aria-labelledby="dictionaries-heading" {
                        h2 #dictionaries-heading { "Dictionaries" }
                        (lists::dictionaries(&manifest.dictionaries))
                    }
                    (manifest_section(manifest)?)
                }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    })
}

fn summary(facts: &Facts<'_>, manifest: &Manifest, file: Option<&str>) -> Markup {
    let quadrature = manifest.quadrature().map_or_else(String::new, |quadrature| format!(", {quadrature}"));
    let created = humantime::format_rfc3339_seconds(
        std::time::UNIX_EPOCH + std::time::Duration::from_secs(manifest.created_unix_seconds.min(253_402_300_799)),
    );
    html! {
        dl {
            dt { "Study" } dd { (excerpt(&manifest.study.name, 200)) }
            @if let Some(part) = manifest.part() {
                dt { "Part" } dd { (part) ": all numbers are of its pairs alone; " code { "saescope merge" } " puts the shards together" }
            }
            dt { "Model" } dd { (excerpt(&manifest.model.name, 100)) ", SHA-256 " code { (excerpt(&manifest.model.sha256, 64)) } }
            dt { "Method" } dd { (manifest.method) (quadrature) "; effects in logits" }
            dt { "Selection" } dd { (facts.selection.to_string()) }
            dt { "Computed" } dd { (created.to_string()) " by " (excerpt(&manifest.program, 80)) ", backend " (excerpt(&manifest.backend, 80)) }
            @if let Some(file) = file { dt { "Run file" } dd { (printable(file.rsplit(std::path::is_separator).next().unwrap_or(file))) } }
            @for data in &manifest.data {
                dt { "Pairs" }
                dd {
                    (excerpt(data.source.rsplit(std::path::is_separator).next().unwrap_or_default(), 255)) ": " (data.examples.len()) " of "
                    (data.lines) " lines, " (data.dropped.to_string()) ", SHA-256 " code { (excerpt(&data.sha256, 64)) }
                }
            }
            @for note in notes::of_manifest(manifest) { dt { "Note" } dd { (printable(&note)) } }
        }
    }
}

/// The list of one view with its pictures.
fn list(facts: &Facts<'_>, of_view: &OfView) -> Result<Markup> {
    let name = facts.findings.study.name(of_view.view);
    let kinds = [Kind::Intervals, Kind::Counts, Kind::Effects, Kind::Map];
    let pictures = pictures(facts, &kinds, &of_view.spec)?;
    Ok(html! {
        section id={ "view-" (name.as_str()) } aria-labelledby={ "view-" (name.as_str()) "-heading" } {
            h2 id={ "view-" (name.as_str()) "-heading" } { "View " (name.as_str()) }
            (lists::features(facts, of_view))
            (pictures)
        }
    })
}

/// The study's comparison of two views; None if it has one view.
fn comparison(facts: &Facts<'_>) -> Result<Option<Markup>> {
    let Some((first, second)) = facts.findings.study.compare else { return Ok(None) };
    let single = Spec::all(Shown::Single(first), facts.selection);
    let difference = Spec::all(Shown::Difference(first, second), facts.selection);
    let (views, map) = (pictures(facts, &[Kind::Views], &single)?, pictures(facts, &[Kind::Map], &difference)?);
    let name = |view| facts.findings.study.name(view);
    Ok(Some(html! {
        section id="comparison" aria-labelledby="comparison-heading" {
            h2 #comparison-heading { "Comparison of " (name(first).as_str()) " and " (name(second).as_str()) }
            (views)
            (map)
        }
    }))
}

/// The pictures, or why there is none.
fn pictures(facts: &Facts<'_>, kinds: &[Kind], spec: &Spec) -> Result<Markup> {
    let figures = kinds.iter().map(|kind| {
        Ok(match Picture::of(*kind, facts.findings, facts.tags, spec) {
            // The picture's own words are escaped where it is drawn.
            Ok(picture) => html! { figure { (PreEscaped(plot::svg(&picture)?)) } },
            Err(problem) => html! { p.faint { "No picture: " (problem.to_string()) } },
        })
    });
    let figures: Vec<Markup> = figures.collect::<Result<_>>()?;
    Ok(html! { @for figure in figures { (figure) } })
}

/// The record of all inputs and settings, as it stands in the run file.
fn manifest_section(manifest: &Manifest) -> Result<Markup> {
    let mut shown = manifest.clone();
    let mut left_out = 0;
    for data in &mut shown.data {
        left_out += data.examples.len().saturating_sub(PAIRS);
        data.examples.truncate(PAIRS);
    }
    let failed = |error| Problem::new("manifest", format_args!("cannot be written as JSON: {error}"), "report this as a fault");
    // JSON escapes control characters, except for line breaks between its own lines.
    let text = serde_json::to_string_pretty(&shown).map_err(failed)?;
    let lines: Vec<String> = text.lines().map(printable).collect();
    Ok(html! {
        section id="manifest" aria-labelledby="manifest-heading" {
            h2 #manifest-heading { "Manifest" }
            p { "The record of inputs and settings in the run file, with the hashes of all files."
                @if left_out > 0 { " " (left_out) " pairs of prompts are left out here: those after the first " (PAIRS) " of each list." }
            }
            details { summary { "Show it" } pre { (lines.join("\n")) } }
        }
    })
}
