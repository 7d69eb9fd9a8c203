//! `saescope export`: selected features of a run on standard output.

mod format;

use std::process::ExitCode;

use super::arguments::{ExportArguments, ExportView, Format};
use super::{output, study};
use crate::core::comparison::{Compared, HeldBy, difference, similarity};
use crate::core::effects::ViewEffects;
use crate::core::neuronpedia::{Hosted, Reference, quick_lists};
use crate::core::problem::{Problem, Result};
use crate::core::run::Run;
use crate::core::selection::{Selection, select};
use crate::core::submodule::FeatureId;
use crate::core::text::printable;
use crate::core::view::View;
use crate::store::folders::Folders;
use crate::store::run_file;

/// What is exported, whatever the format.
struct Exported<'a> {
    run: &'a Run,
    /// Whether Neuronpedia has pages of its features.
    has_pages: bool,
    /// `male`, .., `difference`, `similarity`.
    name: &'static str,
    /// The views whose effects are shown: one, or the two compared.
    views: Vec<&'a ViewEffects>,
    selection: Selection,
    features: Vec<Row>,
}

/// One feature.
struct Row {
    feature: FeatureId,
    reference: Reference,
    effect: f32,
    standard_error: f32,
    /// In a comparison: the selection that holds it (`both` in a similarity), and its effect in each of the two views.
    comparison: Option<(String, [f32; 2])>,
}

/// Runs the command.
pub fn export(arguments: &ExportArguments) -> Result<ExitCode> {
    if arguments.name.is_some() && arguments.format != Format::Url {
        return Err(Problem::new("--name", "names a quick list", "use it with --format url"));
    }
    let run = run_file::read(&arguments.run)?;
    // Without a home folder there is no file that describes models.
    let hosted = Folders::find().map_or_else(|_| Ok(Hosted::default()), |folders| study::hosted(&folders))?;
    let selection = match (arguments.threshold, arguments.top_k) {
        (Some(threshold), _) => Selection::Threshold(threshold),
        (None, count) => Selection::TopK(count.unwrap_or_default()),
    };
    let exported = collect(&run, hosted.has(&run.manifest.model.name), arguments, selection)?;
    let text = match arguments.format {
        Format::Json => format::json(&exported)?,
        Format::Csv => format::csv(&exported)?,
        Format::Markdown => format::markdown(&exported),
        Format::Url => url(&exported, arguments.name.as_deref()),
    };
    output::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn collect<'a>(run: &'a Run, has_pages: bool, arguments: &ExportArguments, selection: Selection) -> Result<Exported<'a>> {
    let (name, single) = match arguments.view {
        ExportView::Male => ("male", Some(View::Male)),
        ExportView::Female => ("female", Some(View::Female)),
        ExportView::Baseline => ("baseline", Some(View::Baseline)),
        ExportView::Difference => ("difference", None),
        ExportView::Similarity => ("similarity", None),
    };
    let find = |view: View| {
        run.view(view).ok_or_else(|| {
            Problem::new(
                arguments.run.display(),
                format_args!("has no {view} view"),
                "compute it with a --baseline file, or name other views",
            )
        })
    };
    let model = &run.manifest.model.name;
    if let Some(view) = single {
        if arguments.of.is_some() {
            return Err(Problem::new(
                "--of",
                format_args!("does not go with --view {view}"),
                "use it with --view difference or similarity",
            ));
        }
        let view = find(view)?;
        let features = select(view, selection).into_iter().map(|selected| Row {
            feature: selected.feature,
            reference: Reference::new(model, selected.feature),
            effect: selected.effect,
            standard_error: standard_error(view, selected.feature),
            comparison: None,
        });
        return Ok(Exported { run, has_pages, name, views: vec![view], selection, features: features.collect() });
    }
    let of = arguments.of.as_deref().unwrap_or(&[View::Male, View::Baseline]);
    let &[first, second] = of else {
        return Err(Problem::new("--of", format_args!("names {} views", of.len()), "give two, such as male,baseline"));
    };
    if first == second {
        return Err(Problem::new(
            "--of",
            format_args!("compares {first} with itself"),
            "give two different views, such as male,baseline",
        ));
    }
    let (first, second) = (find(first)?, find(second)?);
    let compared = match arguments.view {
        ExportView::Similarity => similarity(first, second, selection),
        _ => difference(first, second, selection),
    };
    let features = compared.into_iter().map(|compared| comparison_row(model, first, second, compared)).collect();
    Ok(Exported { run, has_pages, name, views: vec![first, second], selection, features })
}

fn comparison_row(model: &str, first: &ViewEffects, second: &ViewEffects, compared: Compared) -> Row {
    let set = match compared.held_by {
        HeldBy::Only(view) => view.to_string(),
        HeldBy::Both => "both".to_owned(),
    };
    let (ranked_in, effect) =
        if compared.ranks_by_second(first.view) { (second, compared.second_effect) } else { (first, compared.first_effect) };
    Row {
        feature: compared.feature,
        reference: Reference::new(model, compared.feature),
        effect,
        standard_error: standard_error(ranked_in, compared.feature),
        comparison: Some((set, [compared.first_effect, compared.second_effect])),
    }
}

fn standard_error(view: &ViewEffects, feature: FeatureId) -> f32 {
    view.submodule(feature.submodule).map_or(0.0, |effects| effects.standard_error(feature.index))
}

/// One address a line. Standard error says when they cannot lead anywhere.
fn url(exported: &Exported<'_>, name: Option<&str>) -> String {
    if !exported.has_pages {
        let model = printable(&exported.run.manifest.model.name);
        output::note(&format!("note: Neuronpedia does not host {model}, so these addresses show no features"));
    }
    let default = format!("{} {}", exported.name, exported.selection);
    let references: Vec<Reference> = exported.features.iter().map(|row| row.reference.clone()).collect();
    let addresses = quick_lists(name.unwrap_or(&default), &references);
    if addresses.len() > 1 {
        output::note(&format!(
            "note: {} features do not fit into one address, so there are {} lists",
            references.len(),
            addresses.len()
        ));
    }
    addresses.into_iter().map(|address| address + "\n").collect()
}
