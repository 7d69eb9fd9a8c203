//! The picture of attention patterns, for which the run's model runs one prompt.

use std::path::Path;

use crate::cli::arguments::{AttentionArguments, ListingArguments, PlotArguments, PromptSide};
use crate::cli::causal::expect_no_model;
use crate::cli::listing::spec;
use crate::cli::model_of_run::with_model_of;
use crate::core::findings::{Findings, Source};
use crate::core::picture::Picture;
use crate::core::picture::attention::{Attention, strongest_layer};
use crate::core::problem::{Problem, Result};
use crate::core::rows::{DIFFERENCE, SIMILARITY};
use crate::core::view::View;

/// The picture that the flags ask for, of the run file `run`.
pub fn picture(arguments: &PlotArguments, run: &Path, findings: &Findings) -> Result<Picture> {
    let Source::Run { manifest, .. } = &findings.source else {
        return Err(Problem::new("attention", "is of a run's model", "compute a run with `saescope run`"));
    };
    let AttentionArguments { pair, side, layer, head, model } = arguments.attention.clone();
    let view = view(&arguments.listing, run, findings)?;
    let of = Attention {
        view,
        place: place(pair, view, run, findings)?,
        is_patch: side == Some(PromptSide::Patch),
        layer: chosen_layer(layer, view, findings)?,
        heads: head,
    };
    let prompt = of.prompt(findings)?;
    let patterns =
        with_model_of(manifest, model, |loaded, _, cancel| loaded.compute.attention_patterns(of.layer, &[&prompt], cancel))?;
    Picture::of_attention(&of, patterns.first().map_or(&[], |patterns| patterns), findings)
}

/// Fails if flags ask whose attention is drawn, in a picture of something else.
pub fn expect_no_attention(arguments: &AttentionArguments) -> Result<()> {
    let given = [
        ("--pair", arguments.pair.is_some()),
        ("--side", arguments.side.is_some()),
        ("--layer", arguments.layer.is_some()),
        ("--head", !arguments.head.is_empty()),
    ];
    match given.into_iter().find(|(_, is_given)| *is_given) {
        None => expect_no_model(&arguments.model, "the picture attention"),
        Some((flag, _)) => Err(Problem::new(flag, "is only for the picture attention", "leave it out, or draw attention")),
    }
}

/// The one view that the flags name, else the first. No feature is in the picture, so nothing may select some.
fn view(listing: &ListingArguments, run: &Path, findings: &Findings) -> Result<View> {
    let list = &listing.list;
    let given = [
        ("--threshold", list.threshold.is_some()),
        ("--top-k", list.top_k.is_some()),
        ("--filter", list.filter.is_some()),
        ("--tag", !list.tag.is_empty()),
    ];
    if let Some((flag, _)) = given.into_iter().find(|(_, is_given)| *is_given) {
        return Err(Problem::new(flag, "selects features, of which attention shows none", "leave it out"));
    }
    let study = &findings.study;
    // Neither comparison is proposed, since attention has none.
    if let Some(name) = listing.view.as_deref()
        && study.find(name).is_none()
        && ![DIFFERENCE, SIMILARITY].contains(&name)
    {
        let what = format_args!("is not a view of {}", run.display());
        let views = study.names().join(", ");
        return Err(Problem::new(format_args!("--view {name}"), what, format_args!("name one of {views}")));
    }
    let shown = spec(study, run, listing)?.shown;
    if shown.pair().is_some() {
        return Err(Problem::new("--view", "names a comparison, and attention is of one prompt", "name one view"));
    }
    Ok(shown.first())
}

/// The place of the pair at that line, else of the first one, among the examples of `view`.
fn place(line: Option<usize>, view: View, run: &Path, findings: &Findings) -> Result<usize> {
    let Some(line) = line else { return Ok(0) };
    let examples = findings.data(view).map_or(&[][..], |data| &data.examples);
    examples.iter().position(|example| example.line == line).ok_or_else(|| {
        let lines: Vec<usize> = examples.iter().map(|example| example.line).collect();
        let range = lines.iter().min().zip(lines.iter().max());
        let range = range.map_or_else(String::new, |(first, last)| format!(": its pairs are from the lines {first} to {last}"));
        let what = format_args!("is no pair of {}, view {}{range}", run.display(), findings.study.name(view));
        Problem::new(format_args!("--pair {line}"), what, "name the line of a pair that was not dropped")
    })
}

fn chosen_layer(asked: Option<usize>, view: View, findings: &Findings) -> Result<usize> {
    let last = findings.layers.saturating_sub(1);
    match asked {
        None => Ok(strongest_layer(findings, view).unwrap_or(last)),
        Some(layer) if layer <= last => Ok(layer),
        Some(layer) => {
            let what = format_args!("is not a layer of {}", findings.model);
            Err(Problem::new(format_args!("--layer {layer}"), what, format_args!("give 0 to {last}")))
        }
    }
}
