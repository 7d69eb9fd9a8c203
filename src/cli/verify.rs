//! `saescope verify`: compares a run of this program, computed now or read from a file, with printed figures one by one.
//!
//! The figures are those that the study's notebook printed, or others in a file of the same form. Figures that come from a run
//! of this program only show that it computes the same numbers again.

use std::path::Path;
use std::process::ExitCode;

use super::arguments::{StudyArguments, VerifyArguments};
use super::compute::compute_checked;
use super::study;
use super::table::Table;
use super::which_run::file_or_kept;
use super::{output, summary};
use crate::core::findings::Findings;
use crate::core::problem::{Problem, Result};
use crate::core::published::Published;
use crate::core::quadrature::Quadrature;
use crate::core::request::Options;
use crate::core::run::{DataRecord, Manifest, Run};
use crate::core::study::Study;
use crate::core::text::printable;
use crate::core::verification::{self, Figure, TOLERANCE};
use crate::engine::file_facts;
use crate::engine::identity::{self, prompts_sha256};
use crate::store::presets::STUDY;
use crate::store::{published, run_file, studies};

/// The source of the study's own prompts, for messages.
const OWN_FILES: &str =
    "the study's own files are data/names.json and data/baseline_names.json of https://github.com/aboehret/SAE_gender_bias";

/// Runs `verify`; the exit status is 1 if a figure differs.
pub fn verify(arguments: VerifyArguments) -> Result<ExitCode> {
    let published = match &arguments.figures {
        Some(path) => published::read(path)?,
        None => published::names()?,
    };
    let run = match &arguments.run {
        Some(path) => {
            let run = run_file::read(&file_or_kept(path)?)?;
            expect_prompts(&run.manifest.study, &run.manifest.data, &published)?;
            expect_settings(&run, path, &published)?;
            run
        }
        None => computed(arguments.study, &published)?,
    };
    let subject = identity::subject(&run.manifest.model.name, &run.manifest.dictionaries);
    let manifest = run.manifest.clone();
    let figures = verification::compare(&Findings::from_run(run, None, subject), &published);
    let published =
        arguments.figures.map_or_else(|| "by the study's notebook".to_owned(), |path| format!("in {}", path.display()));
    let here = arguments.run.map_or_else(|| "computed now".to_owned(), |path| format!("read from {}", path.display()));
    output::print(&report(&manifest, &figures, &published, &here))?;
    Ok(if figures.iter().all(|figure| figure.verdict.holds()) { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn computed(study: StudyArguments, published: &Published) -> Result<Run> {
    file_facts::find_out_again();
    let mut request = study::request(study, STUDY)?;
    if request.study == studies::names()? {
        return Err(Problem::new(
            "verify",
            "needs the study's own prompts: figures of other prompts are not comparable",
            format_args!("give them as --pairs FILE --baseline FILE; {OWN_FILES}"),
        ));
    }
    let study = &published.study;
    let asked = (request.settings.method, request.settings.quadrature());
    let asks_for_others = request.options.tokens.is_some_and(|tokens| tokens != study.tokens)
        || request.options.examples.is_some_and(|examples| examples != study.examples);
    if asks_for_others || asked != (study.method, Some(Quadrature::riemann(study.steps))) {
        return Err(Problem::new(
            "verify",
            format_args!(
                "the study has {} examples of {} tokens and is computed by {} with {} steps",
                study.examples, study.tokens, study.method, study.steps
            ),
            "leave --method, --rule, --steps, --tokens and --examples out",
        ));
    }
    request.options = Options { tokens: Some(study.tokens), examples: Some(study.examples), ..request.options };
    // The prompts are checked before anything is computed.
    let check = |opened: &crate::core::run::Opened| expect_prompts(&opened.study, &opened.data, published);
    compute_checked(request, &check)
}

/// Refuses other prompts than the study's, because figures of other prompts are not comparable.
fn expect_prompts(study: &Study, data: &[DataRecord], published: &Published) -> Result<()> {
    for expected in &published.findings.study.views {
        let name = expected.name;
        let Some(view) = study.find(name.as_str()) else {
            let what = format!("there is no {name} view");
            return Err(Problem::new("verify", what, format_args!("compute it with --pairs FILE --baseline FILE; {OWN_FILES}")));
        };
        let hash = published.study.prompts_of(expected).ok_or_else(|| {
            let what = format!("do not say which prompts the {name} view has");
            Problem::new("the published figures", what, "add its hash to prompts_sha256")
        })?;
        if study.view(view).direction != expected.direction {
            let what = format!("the {name} view is not {}", expected.direction);
            return Err(Problem::new("verify", what, format_args!("compute it with --pairs FILE --baseline FILE; {OWN_FILES}")));
        }
        let data = &data[study.view(view).pairs];
        let found = prompts_sha256(data);
        if found != hash {
            let short = |hash: &str| hash.chars().take(12).collect::<String>();
            return Err(Problem::new(
                &data.source,
                format_args!(
                    "its {} kept prompts are not the study's (SHA-256 {}, not {}): figures are not comparable",
                    data.examples.len(),
                    short(&found),
                    short(hash)
                ),
                format_args!("{OWN_FILES}; they are shuffled with seed 12"),
            ));
        }
    }
    Ok(())
}

fn expect_settings(run: &Run, path: &Path, published: &Published) -> Result<()> {
    let (manifest, study) = (&run.manifest, &published.study);
    if (manifest.method, manifest.quadrature()) == (study.method, Some(Quadrature::riemann(study.steps))) {
        return Ok(());
    }
    let quadrature = manifest.quadrature().map_or_else(String::new, |quadrature| format!(" with {quadrature}"));
    Err(Problem::new(
        path.display(),
        format_args!("was computed by {}{quadrature}: figures are not comparable", manifest.method),
        format_args!("compute it with --method {} --rule riemann --steps {}", study.method, study.steps),
    ))
}

/// The report as text; `published` and `here` name the sources of the figures on both sides.
fn report(manifest: &Manifest, figures: &[Figure], published: &str, here: &str) -> String {
    let mut table = Table::new(1, &["figure", "published", "here", "difference", "verdict"]);
    for figure in figures {
        table.push(vec![
            figure.name.clone(),
            figure.published.clone(),
            figure.here.clone(),
            figure.difference.map_or_else(|| "-".to_owned(), |difference| format!("{difference:.1e}")),
            figure.verdict.to_string(),
        ]);
    }
    let notes = figures.iter().filter(|figure| !figure.note.is_empty()).fold(String::new(), |mut notes, figure| {
        notes.push_str(&format!("{}: {}\n", figure.name, figure.note));
        notes
    });
    let (dictionaries, suspects) = summary::dictionaries(&manifest.dictionaries);
    let off = figures.iter().filter(|figure| !figure.verdict.holds()).count();
    let verdict = if off == 0 {
        format!("all {} figures are reproduced", figures.len())
    } else {
        format!("{off} of {} figures differ", figures.len())
    };
    format!(
        "\n{dictionaries}{suspects}\npublished: printed {}; here: a run of this program, {}, model {}, backend {}\n{}\n{notes}difference: the largest, in units of the metric; allowed {TOLERANCE:e} (rounding of f32 sums in another order, and of \
         printed digits)\n{verdict}\n",
        printable(published),
        printable(here),
        printable(&manifest.model.name),
        manifest.backend,
        table.plain(),
    )
}
