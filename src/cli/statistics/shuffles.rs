//! The effects of the listed view with shuffled partners: kept from before, or computed by the run's model.

use std::path::Path;

use crate::cli::arguments::StatisticsArguments;
use crate::cli::causal::{Checked, expect_no_model};
use crate::cli::output;
use crate::core::problem::{Problem, Result};
use crate::core::rows::Spec;
use crate::core::shuffled::Shuffled;
use crate::core::study::Study;
use crate::engine::shuffled::{Question, memory};
use crate::store::folders;
use crate::store::kept_answers::Keeping;

/// The shuffles that the flags ask for; None if they ask for none.
pub fn shuffles(arguments: &StatisticsArguments, run: &Path, study: &Study, spec: &Spec) -> Result<Option<Shuffled>> {
    let Some(count) = arguments.shuffled else {
        return expect_no_model(&arguments.model, "--shuffled").map(|()| None);
    };
    if spec.shown.pair().is_some() {
        let what = format_args!("deals out the pairs of one view, --view {} compares two", spec.shown.name(study));
        return Err(Problem::new("--shuffled", what, "name one view with --view"));
    }
    let checked = Checked::open(run, Some(study.name(spec.shown.first()).as_str()))?;
    let question = Question { manifest: checked.manifest(), view: checked.view, seed: arguments.seed };
    let mut keeping = Keeping::new(folders::shuffled());
    let mut shuffled = keeping.or_kept(question.begin()?)?;
    if shuffled.shuffles.len() >= count {
        return Ok(Some(shuffled.first(count)));
    }
    keeping.keep(&shuffled);
    if let Some(problem) = keeping.problem() {
        output::note(&format!("note: the shuffles are not kept for the next time: {problem}"));
    }
    let whole = checked.with_loaded(arguments.model.clone(), |loaded, bar, cancel| {
        bar.set_length(count as u64);
        bar.set_message("shuffled partners");
        let memory = memory();
        while shuffled.shuffles.len() < count {
            let number = shuffled.shuffles.len() as u64;
            bar.set_position(number);
            shuffled.shuffles.push(question.shuffle(number, loaded, &memory, cancel)?);
            if shuffled.shuffles.len() == count || keeping.is_due() {
                loaded.expect_unchanged(cancel)?;
                keeping.keep(&shuffled);
            }
        }
        Ok(shuffled)
    })?;
    Ok(Some(whole))
}
