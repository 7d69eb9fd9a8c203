//! `saescope lens`: what the decoder rows of features promote and suppress, and which features are near them.

mod json;
mod source;
mod table;

use std::process::ExitCode;

use super::arguments::{LensArguments, LensFormat};
use super::output;
use super::study::part_of;
use crate::core::parts::Parts;
use crate::core::problem::{Problem, Result};
use crate::core::run::{DictionaryRecord, Manifest};
use crate::core::view::View;
use crate::engine::cancel::Cancel;
use crate::engine::causal::recorded::expect_model_of;
use crate::engine::compute::Answers;
use crate::engine::lens::{ViewPairs, lenses};
use crate::engine::loaded::Loaded;
use crate::engine::memory::Bounds;
use crate::engine::threads::Threads;
use crate::store::run_file;

/// Runs `lens`.
pub fn lens(arguments: &LensArguments) -> Result<ExitCode> {
    let manifest = run_file::read(&arguments.run)?.manifest;
    let view = view(&manifest, arguments)?;
    // The run may have used some of the dictionaries that lie there.
    let used = manifest.dictionaries.iter().filter_map(DictionaryRecord::place);
    let source = part_of(source::of(&manifest, arguments)?, &Parts::of(used));
    let cancel = Cancel::default();
    let found = Threads::new(None)?.run(|| {
        let loaded = Loaded::open(&source, arguments.backend.named(), Bounds::NONE, &cancel)?;
        expect_model_of(&manifest, &loaded, &cancel)?;
        lenses(&loaded, &arguments.features, &pairs(&manifest, view), &cancel)
    })?;
    output::print(&match arguments.format {
        LensFormat::Table => table::text(&found, arguments.form),
        LensFormat::Json => json::text(&found, manifest.study.name(view).as_str())?,
    })?;
    Ok(ExitCode::SUCCESS)
}

fn view(manifest: &Manifest, arguments: &LensArguments) -> Result<View> {
    let Some(name) = &arguments.view else { return Ok(View(0)) };
    manifest.study.find(name).ok_or_else(|| {
        Problem::new(
            format_args!("--view {name}"),
            format_args!("is not a view of {}", arguments.run.display()),
            format_args!("use {}", manifest.study.names().join(", ")),
        )
    })
}

/// The clean prompts and the answers of `view`.
fn pairs(manifest: &Manifest, view: View) -> ViewPairs {
    let direction = manifest.study.view(view).direction;
    let examples = &manifest.data(view).examples;
    ViewPairs {
        prompts: examples
            .iter()
            .map(|example| direction.orient(&example.clean_tokens, &example.patch_tokens).0.clone())
            .collect(),
        answers: examples
            .iter()
            .map(|example| {
                let (clean, patch) = direction.orient(example.clean_answer, example.patch_answer);
                Answers { clean, patch }
            })
            .collect(),
    }
}
