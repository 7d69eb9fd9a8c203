//! Merges runs of one study over different submodules, computed on several machines, into the run over all of them.
//!
//! A submodule's numbers do not depend on which others have dictionaries, so they are taken as they are; only the ranking over all of
//! them is new.

use std::collections::BTreeMap;

use super::effects::{Detail, ViewEffects};
use super::merge::{Named, Part, expect_same_study, merge_detail, sum_up};
use super::problem::{Problem, Result};
use super::run::{DictionaryRecord, Run};
use super::selection::Selection;
use super::submodule::Submodule;
use super::view::View;
use super::view_findings::ViewFindings;

/// Merges `runs`, none of which is a shard of examples.
///
/// # Errors
/// If they are not of one study on the same prompts, or two of them have the same submodule.
pub fn merge(runs: Vec<Named>) -> Result<Run> {
    let Some((first_name, first)) = runs.first() else {
        return Err(Problem::new("merge", "has no run", "name the runs to be merged"));
    };
    let mut owners: BTreeMap<Submodule, &str> = BTreeMap::new();
    for (name, run) in &runs {
        if run.manifest.shard.is_some() {
            let what = format_args!("is a shard of examples, {first_name} is none");
            return Err(Problem::new(name, what, "merge shards of examples first, then runs over different submodules"));
        }
        expect_same_study(&first.manifest, &run.manifest, name)?;
        let theirs = run.manifest.data.iter().map(|data| &data.examples);
        if !theirs.eq(first.manifest.data.iter().map(|data| &data.examples)) {
            let what = format_args!("has other examples than {first_name}");
            return Err(Problem::new(name, what, "merge runs of one study with the same --tokens, --examples and --seed"));
        }
        for submodule in run.manifest.dictionaries.iter().filter_map(DictionaryRecord::place) {
            if let Some(other) = owners.insert(submodule, name) {
                let what = format_args!("has {submodule}, as has {other}");
                let remedy = "merge runs over different submodules, or shards that `run --shard I/N` wrote";
                return Err(Problem::new(name, what, remedy));
            }
        }
    }
    let runs: Vec<Run> = runs.into_iter().map(|(_, run)| run).collect();
    let mut manifest = runs[0].manifest.clone();
    sum_up(&mut manifest, &runs);
    manifest.dictionaries = runs.iter().flat_map(|run| run.manifest.dictionaries.iter().cloned()).collect();
    manifest.dictionaries.sort_by_key(DictionaryRecord::place);
    let views = manifest.study.all().map(|view| merge_view(view, &runs, manifest.detail)).collect();
    Ok(Run { manifest, views })
}

fn merge_view(view: View, runs: &[Run], detail: usize) -> ViewEffects {
    let first = runs[0].view(view);
    let mut submodules: Vec<_> = runs.iter().flat_map(|run| run.view(view).submodules.iter().cloned()).collect();
    submodules.sort_by_key(|effects| effects.submodule);
    let mut whole = ViewEffects { submodules, detail: Detail::default(), ..first.clone() };
    // As in a merge of shards: the same ranking as everywhere else.
    let findings = ViewFindings::from_effects(whole.clone(), runs[0].manifest.model.layers);
    let strongest = findings.select(Selection::TopK(detail)).features;
    let order: Vec<usize> = (0..first.clean_metrics.len()).collect();
    let parts: Vec<Part<'_>> = runs.iter().map(|run| Part { effects: run.view(view), order: &order }).collect();
    whole.detail = merge_detail(&parts, strongest.into_iter().map(|selected| selected.feature));
    whole
}
