//! `saescope corpus`: what features of a run respond to in a text.

mod json;
mod table;

use std::path::PathBuf;
use std::process::ExitCode;

use indicatif::ProgressBar;

use super::arguments::{CorpusArguments, Printed};
use super::causal::json as printed;
use super::model_of_run::with_model_of;
use super::which_run::file_or_kept;
use super::{listing, output, progress, tags};
use crate::core::corpus::responses::Responses;
use crate::core::corpus::score::Level;
use crate::core::findings::Findings;
use crate::core::problem::{Problem, Result};
use crate::core::rows::arrange::arrange;
use crate::core::run::{Manifest, Run};
use crate::core::submodule::FeatureId;
use crate::core::tags::TagBook;
use crate::engine::cancel::Cancel;
use crate::engine::corpus::Question;
use crate::engine::corpus::source::Source;
use crate::engine::{demo, identity};
use crate::store::kept_answers::Keeping;
use crate::store::{folders, labels, run_file};

/// Runs `corpus`.
pub fn corpus(arguments: &CorpusArguments) -> Result<ExitCode> {
    let path = file_or_kept(&arguments.run)?;
    let run = run_file::read(&path)?;
    let manifest = run.manifest.clone();
    let (features, book) = features(run, &path, arguments)?;
    let responses = answered(&manifest, &features, arguments)?;
    let label = arguments.label.as_deref().map(|name| named(&responses, name)).transpose()?;
    let level = if arguments.quantile > 0.0 { Level::Quantile(arguments.quantile) } else { Level::AboveZero };
    match arguments.format {
        Printed::Table => output::print(&table::text(&responses, label, level, book.features(), arguments.contexts))?,
        Printed::Json => printed::print(&json::object(&responses, label, level, book.features()))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The features that the flags name or list, and all tags.
fn features(run: Run, path: &std::path::Path, arguments: &CorpusArguments) -> Result<(Vec<FeatureId>, TagBook)> {
    let subject = identity::subject_of(&run);
    let book = tags::of(&subject)?;
    if !arguments.feature.is_empty() {
        let mut features: Vec<FeatureId> = Vec::new();
        for feature in &arguments.feature {
            if !features.contains(feature) {
                features.push(*feature);
            }
        }
        return Ok((features, book));
    }
    let findings = Findings::from_run(run, None, subject);
    let spec = listing::spec(&findings.study, path, &arguments.listing)?;
    let rows = arrange(&findings, book.features(), &spec).rows;
    if rows.is_empty() {
        let what = format_args!("lists no feature as {}", spec.title(&findings.study, false));
        return Err(Problem::new(path.display(), what, "list others with --threshold, --top-k, --filter or --tag"));
    }
    Ok((rows.iter().map(|row| row.feature).collect(), book))
}

/// The answer, kept from before or read now.
fn answered(manifest: &Manifest, features: &[FeatureId], arguments: &CorpusArguments) -> Result<Responses> {
    let source = source(manifest, arguments.corpus.clone())?;
    let labels = labels::open(arguments.labels.as_deref())?;
    with_model_of(manifest, arguments.model.clone(), |loaded, bar, cancel| {
        let question = Question { loaded, features, labels: &labels, window: arguments.window, source: &source };
        answer(&question, bar, cancel)
    })
}

/// The answer to `question`, kept from before or read now, with its progress on `bar`. It is kept for the next time, where that is possible:
/// else a note says why it is not.
pub fn answer(question: &Question<'_>, bar: &ProgressBar, cancel: &Cancel) -> Result<Responses> {
    let mut keeping = Keeping::new(folders::responses());
    let mut responses = keeping.or_kept(question.begin(cancel)?)?;
    if responses.is_whole() {
        return Ok(responses);
    }
    keeping.keep(&responses);
    if let Some(problem) = keeping.problem() {
        bar.suspend(|| output::note(&format!("note: the answer is not kept for the next time: {problem}")));
    }
    progress::restyle(bar, "{wide_bar} {bytes}/{total_bytes}, {eta} left, {msg}");
    bar.set_length(responses.bytes);
    bar.set_message(question.source.name());
    let mut batch_done = |responses: &Responses| {
        bar.set_position(responses.place.read);
        if responses.is_whole() || keeping.is_due() {
            question.loaded.expect_unchanged(cancel)?;
            keeping.keep(responses);
        }
        Ok(())
    };
    question.go_on(&mut responses, &mut batch_done, cancel)?;
    Ok(responses)
}

/// The corpus that the flags name, else the demo's for the demo.
pub fn source(manifest: &Manifest, corpus: Option<PathBuf>) -> Result<Source> {
    match corpus {
        Some(path) => Ok(Source::File(path)),
        None if manifest.model.name == demo::NAME => Ok(Source::Demo),
        None => Err(Problem::new(
            "--corpus",
            format_args!("is needed: the model {} has no corpus of its own", manifest.model.name),
            "name a text file with one document on each line",
        )),
    }
}

fn named(responses: &Responses, name: &str) -> Result<usize> {
    responses.label(name).ok_or_else(|| {
        let names: Vec<&str> = responses.labels.iter().map(|label| label.name.as_str()).collect();
        Problem::new(format_args!("--label '{name}'"), "is not known", format_args!("use one of: {}", names.join(", ")))
    })
}
