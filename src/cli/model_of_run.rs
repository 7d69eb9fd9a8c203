//! The model of a run, for commands that ask more of it than the run file holds.

use indicatif::ProgressBar;

use super::arguments::ModelArguments;
use super::{progress, study};
use crate::core::parts::Parts;
use crate::core::problem::Result;
use crate::core::run::{DictionaryRecord, Manifest};
use crate::engine::cancel::Cancel;
use crate::engine::causal::recorded::expect_model_of;
use crate::engine::loaded::Loaded;
use crate::engine::memory::Bounds;
use crate::engine::threads::Threads;
use crate::store::run_model;

/// Opens the model that `model` names, else where `manifest` says that it was, checks that it is the run's, and does `work` on the computing
/// threads, with a bar for its progress.
///
/// # Errors
/// When the model or a dictionary is not there, or another one than the run's, and those of `work`.
pub fn with_model_of<T: Send>(
    manifest: &Manifest,
    model: ModelArguments,
    work: impl FnOnce(&Loaded, &ProgressBar, &Cancel) -> Result<T> + Send,
) -> Result<T> {
    let source = match model.model {
        Some(name) => study::named_model(&name, model.dictionaries)?,
        None => run_model::of(manifest)?,
    };
    // The run may have used some of the dictionaries that lie there.
    let used = manifest.dictionaries.iter().filter_map(DictionaryRecord::place);
    let source = study::part_of(source, &Parts::of(used));
    let bar = progress::bar("{wide_bar} {pos}/{len}, {eta} left, {msg}");
    bar.set_message("opening the model");
    let cancel = Cancel::default();
    let outcome = Threads::new(model.threads)?.run(|| {
        let loaded = Loaded::open(&source, model.backend.named(), Bounds::NONE, &cancel)?;
        expect_model_of(manifest, &loaded, &cancel)?;
        let value = work(&loaded, &bar, &cancel)?;
        loaded.expect_unchanged(&cancel)?;
        Ok(value)
    });
    bar.finish_and_clear();
    outcome
}
