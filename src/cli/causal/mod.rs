//! What the causal checks have in common: the run, its model, the listed features, the progress.

pub mod json;
pub mod listing;
pub mod neutral;
pub mod side_effects;
pub mod words;

use std::path::{Path, PathBuf};

use indicatif::ProgressBar;

use listing::Listing;

use super::arguments::{ListArguments, ModelArguments};
use super::model_of_run::with_model_of;
use super::which_run::file_or_kept;
use super::{listing as flags, tags};
use crate::core::effects::SubmoduleEffects;
use crate::core::findings::Findings;
use crate::core::problem::{Problem, Result};
use crate::core::progress::Progress;
use crate::core::rows::arrange::arrange;
use crate::core::rows::{Shown, Spec};
use crate::core::run::{Manifest, Run};
use crate::core::submodule::FeatureId;
use crate::core::text::{counted, printable};
use crate::core::view::View;
use crate::engine::cancel::Cancel;
use crate::engine::causal::plain::{Pair, Plain, Sides};
use crate::engine::identity;
use crate::engine::loaded::Loaded;
use crate::store::run_file;

/// A run whose features are checked, with one of its views.
pub struct Checked {
    /// The run file.
    pub path: PathBuf,
    /// The run.
    pub run: Run,
    /// The view whose clean prompts are run.
    pub view: View,
}

impl Checked {
    /// Reads the run at `path`, or the kept run of that name, and finds its view `view`, or the first one.
    pub fn open(path: &Path, view: Option<&str>) -> Result<Self> {
        let path = file_or_kept(path)?;
        let run = run_file::read(&path)?;
        let view = view.map_or(Ok(View(0)), |name| run.manifest.study.named(name))?;
        Ok(Self { path, run, view })
    }

    /// The record of the run's inputs.
    pub fn manifest(&self) -> &Manifest {
        &self.run.manifest
    }

    /// The view's name.
    pub fn view_name(&self) -> String {
        self.manifest().study.name(self.view).to_string()
    }

    /// The run's findings.
    pub fn findings(&self) -> Findings {
        Findings::from_run(self.run.clone(), None, identity::subject_of(&self.run))
    }

    /// The line of each of the view's examples in its pair list, in the order of every `per_example`.
    pub fn lines(&self) -> Vec<usize> {
        self.manifest().data(self.view).examples.iter().map(|example| example.line).collect()
    }

    /// What `list` lists of the view.
    ///
    /// # Errors
    /// When the filter cannot be read, or nothing is listed: whether nothing is selected, or nothing of that matches.
    pub fn listing(&self, list: &ListArguments) -> Result<Listing> {
        let subject = identity::subject_of(&self.run);
        let book = tags::of(&subject)?;
        let findings = Findings::from_run(self.run.clone(), Some(self.path.display().to_string()), subject);
        let filter = flags::filter(&findings.study, list.filter.as_deref(), &list.tag)?;
        let spec = Spec { filter, ..Spec::all(Shown::Single(self.view), list.selection()) };
        let arranged = arrange(&findings, book.features(), &spec);
        let selected = arranged.total().selected;
        if !arranged.rows.is_empty() {
            return Ok(Listing { findings, spec, rows: arranged.rows });
        }
        let (selection, view) = (spec.selection, self.view_name());
        let problem = if let Some(filter) = spec.filter.as_ref().filter(|_| selected > 0) {
            let count = counted(selected, "feature");
            let filter = filter.text().trim();
            let what = format!("has {count} with {selection} in the view {view}, none of which matches {filter}");
            Problem::new(self.path.display(), printable(&what), "ask for others with --filter or --tag")
        } else {
            let what = format_args!("has no feature with {selection} in the view {view}");
            Problem::new(self.path.display(), what, "list others with --threshold or --top-k")
        };
        Err(problem)
    }

    /// Every feature with an effect in the view, with its effect, in submodule order.
    pub fn with_effect(&self) -> Vec<(FeatureId, f32)> {
        self.run.view(self.view).submodules.iter().flat_map(SubmoduleEffects::with_effect).collect()
    }

    /// Opens the run's model, checks that it is the run's, runs the view's prompts, and does `work` on the computing threads. `work` hears
    /// of a bar that shows its progress.
    pub fn with_model<T: Send>(
        &self,
        model: ModelArguments,
        sides: Sides,
        work: impl FnOnce(&Loaded, &Plain<'_>, &mut dyn FnMut(Progress), &Cancel) -> Result<T> + Send,
    ) -> Result<T> {
        self.with_loaded(model, |loaded, bar, cancel| {
            bar.set_message("plain runs");
            let plain = Plain::new(loaded.compute.as_ref(), &loaded.dictionaries, &self.pairs(), sides, cancel)?;
            work(loaded, &plain, &mut |progress| show(bar, progress), cancel)
        })
    }

    /// Does `work` with the run's model, as [`with_model_of`] does.
    pub fn with_loaded<T: Send>(
        &self,
        model: ModelArguments,
        work: impl FnOnce(&Loaded, &ProgressBar, &Cancel) -> Result<T> + Send,
    ) -> Result<T> {
        with_model_of(self.manifest(), model, work)
    }

    /// The view's pairs of prompts.
    pub fn pairs(&self) -> Vec<Pair> {
        Pair::of_run(self.manifest(), self.view)
    }
}

/// Fails if flags say where the model is, and nothing needs one without `flag`.
pub fn expect_no_model(model: &ModelArguments, flag: &str) -> Result<()> {
    let given = [
        ("--model", model.model.is_some()),
        ("--backend", model.backend.named().is_some()),
        ("--threads", model.threads.is_some()),
    ];
    match given.into_iter().find(|(_, is_given)| *is_given) {
        None => Ok(()),
        Some((name, _)) => {
            Err(Problem::new(name, format_args!("is only for {flag}"), format_args!("leave it out, or add {flag}")))
        }
    }
}

fn show(bar: &ProgressBar, progress: Progress) {
    bar.set_length(progress.total);
    bar.set_position(progress.done);
    bar.set_message(progress.stage);
}
