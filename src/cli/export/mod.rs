//! `saescope export`: prints selected features of a run on standard output.

mod format;

use std::process::ExitCode;

use super::arguments::{ExportArguments, Format};
use super::{output, study};
use crate::core::findings::Findings;
use crate::core::neuronpedia::{Reference, quick_lists};
use crate::core::problem::{Problem, Result};
use crate::core::rows::arrange::arrange;
use crate::core::rows::{DIFFERENCE, Row, SIMILARITY, Shown, Spec};
use crate::core::run::ModelRecord;
use crate::core::selection::Selection;
use crate::core::study::Study;
use crate::core::tags::Features;
use crate::core::text::printable;
use crate::core::view::View;
use crate::engine::identity;
use crate::store::run_file;

/// The data to export in any format; the rows are those of the explorer's table.
struct Exported<'a> {
    findings: &'a Findings,
    model: &'a ModelRecord,
    /// Whether Neuronpedia has pages for the model's features.
    has_pages: bool,
    /// The view or comparison, and the selection of features.
    spec: Spec,
    rows: Vec<Row>,
}

impl Exported<'_> {
    fn study(&self) -> &Study {
        &self.findings.study
    }

    /// The views whose effects are shown: one view, or the two compared views.
    fn views(&self) -> Vec<View> {
        self.spec.shown.pair().map_or_else(|| vec![self.spec.shown.first()], |(first, second)| vec![first, second])
    }

    fn reference(&self, row: &Row) -> Reference {
        Reference::new(&self.model.name, row.feature)
    }

    fn standard_error(&self, row: &Row) -> f32 {
        self.findings.view(row.ranked_in).standard_error(row.feature).unwrap_or(f32::NAN)
    }

    fn effect_in(&self, view: View, row: &Row) -> f32 {
        self.findings.view(view).effect(row.feature).unwrap_or(f32::NAN)
    }
}

/// Runs `export`.
pub fn export(arguments: &ExportArguments) -> Result<ExitCode> {
    if arguments.name.is_some() && arguments.format != Format::Url {
        return Err(Problem::new("--name", "names a quick list", "use it with --format url"));
    }
    let run = run_file::read(&arguments.run)?;
    let hosted = study::hosted()?;
    let selection = match (arguments.threshold, arguments.top_k) {
        (Some(threshold), _) => Selection::Threshold(threshold),
        (None, count) => Selection::TopK(count.unwrap_or_default()),
    };
    let model = run.manifest.model.clone();
    let subject = identity::subject(&model.name, &run.manifest.dictionaries);
    let findings = Findings::from_run(run, Some(arguments.run.display().to_string()), subject);
    let spec = Spec::all(shown(&findings.study, arguments)?, selection);
    let rows = arrange(&findings, &Features::new(), &spec).rows;
    let exported = Exported { findings: &findings, has_pages: hosted.has(&model.name), model: &model, spec, rows };
    let text = match arguments.format {
        Format::Json => format::json(&exported)?,
        Format::Csv => format::csv(&exported)?,
        Format::Markdown => format::markdown(&exported),
        Format::Url => url(&exported, arguments.name.as_deref())?,
    };
    output::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// The view or comparison that the flags ask for.
fn shown(study: &Study, arguments: &ExportArguments) -> Result<Shown> {
    let of = arguments.of.as_deref();
    let compare: fn(View, View) -> Shown = match arguments.view.as_str() {
        DIFFERENCE => Shown::Difference,
        SIMILARITY => Shown::Similarity,
        name => {
            let view = study.find(name).ok_or_else(|| {
                Problem::new(
                    format_args!("--view {name}"),
                    format_args!("is not a view of {}", arguments.run.display()),
                    format_args!("use {}, {DIFFERENCE} or {SIMILARITY}", study.names().join(", ")),
                )
            })?;
            return match of {
                Some(_) => Err(Problem::new(
                    "--of",
                    format_args!("does not go with --view {name}"),
                    "use it with --view difference or similarity",
                )),
                None => Ok(Shown::Single(view)),
            };
        }
    };
    let (first, second) = match of {
        None => study.compare.ok_or_else(|| {
            Problem::new(
                arguments.run.display(),
                format_args!("has the one view {}: there is nothing to compare", study.names().join(", ")),
                "name that view with --view",
            )
        })?,
        Some([first, second]) => (study.named(first)?, study.named(second)?),
        Some(names) => {
            return Err(Problem::new("--of", format_args!("names {} views", names.len()), "give two, separated by a comma"));
        }
    };
    if first == second {
        let name = study.name(first);
        return Err(Problem::new("--of", format_args!("compares {name} with itself"), "give two different views"));
    }
    Ok(compare(first, second))
}

/// The addresses of the quick lists, one per line. If Neuronpedia does not host the model, a note on standard error says so.
fn url(exported: &Exported<'_>, name: Option<&str>) -> Result<String> {
    if !exported.has_pages {
        let model = printable(&exported.model.name);
        output::note(&format!("note: Neuronpedia does not host {model}, so these addresses show no features"));
    }
    let default = exported.spec.shown.title(exported.study(), exported.spec.selection);
    let references: Vec<Reference> = exported.rows.iter().map(|row| exported.reference(row)).collect();
    let addresses = quick_lists(name.unwrap_or(&default), &references)?;
    if addresses.len() > 1 {
        output::note(&format!(
            "note: {} features do not fit into one address, so there are {} lists",
            references.len(),
            addresses.len()
        ));
    }
    Ok(addresses.into_iter().map(|address| address + "\n").collect())
}
