//! Run files: reading, merging, and what is made of them.

use saescope::core::findings::Findings;
use saescope::core::invariant;
use saescope::core::merge::merge;
use saescope::core::request::Shard;
use saescope::core::run::Run;
use saescope::core::selection::Selection;
use saescope::engine::identity;
use saescope::store::run_file::{self, from_bytes, to_bytes};

use super::{Small, all_finite};
use crate::harness::{Door, Verdict};
use crate::mutate::Mutator;

/// Everything that a run says is finite, and it is written as it was read.
fn sound(run: &Run) -> Result<(), String> {
    for view in &run.views {
        for submodule in &view.submodules {
            all_finite("a submodule", submodule.effects.iter().chain(&submodule.position_effects))?;
        }
        all_finite("a view", view.clean_metrics.iter().chain(&view.patch_metrics))?;
    }
    let bytes = to_bytes(run).map_err(|problem| problem.to_string())?;
    let again = from_bytes(&bytes, "again").map_err(|problem| format!("it cannot be read again: {problem}"))?;
    if to_bytes(&again).map_err(|problem| problem.to_string())? != bytes {
        return Err("it is written differently".to_owned());
    }
    run.views.iter().for_each(|view| drop(invariant::check(view)));
    let findings = Findings::from_run(again, None, identity::subject_of(run));
    for view in findings.study.all() {
        let _ = findings.view(view).select(Selection::TopK(3));
    }
    Ok(())
}

#[test]
fn run_files() {
    let seeds = vec![to_bytes(&Small::new().run(None)).unwrap()];
    let read = |bytes: &[u8]| Verdict::of(from_bytes(bytes, "run"), |run| sound(&run));
    Door { name: "run_files", seeds, mutator: Mutator::SafeTensors, one_in: 2, read: &read }.pass();
}

#[test]
fn shards() {
    let small = Small::new();
    let [first, second] = [1, 2].map(|number| small.run(Some(Shard { number, of: 2 })));
    let read = |bytes: &[u8]| {
        let merged = from_bytes(bytes, "first")
            .and_then(|first| merge(vec![("first".to_owned(), first), ("second".to_owned(), second.clone())]));
        Verdict::of(merged, |run| sound(&run))
    };
    let seeds = vec![to_bytes(&first).unwrap()];
    Door { name: "shards", seeds, mutator: Mutator::SafeTensors, one_in: 2, read: &read }.pass();
}

#[test]
fn is_run() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("file");
    let read = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        Verdict::of(run_file::is_run(&path), |_| Ok(()))
    };
    let small = Small::new();
    let seeds = vec![to_bytes(&small.run(None)).unwrap(), small.read("model/model.safetensors")];
    Door { name: "is_run", seeds, mutator: Mutator::SafeTensors, one_in: 1, read: &read }.pass();
}
