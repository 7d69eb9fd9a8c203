//! A study divided over machines: `run --shard I/N` and `merge` give what one machine gives.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

use std::path::Path;
use std::process::{Command, Output};

use saescope::core::run::Run;
use saescope::store::run_file;

fn saescope(folder: &Path, arguments: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_saescope")).args(arguments.split(' ')).current_dir(folder).output().unwrap()
}

fn succeed(folder: &Path, arguments: &str) {
    let output = saescope(folder, arguments);
    assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Equal to 1e-6 of the largest of `whole`.
fn close(what: &str, merged: &[f32], whole: &[f32]) {
    close_beside(what, merged, whole, 0.0);
}

/// Equal to 1e-6 of the largest of `whole` and of `beside`: what a dictionary leaves unexplained is a small difference of large
/// activations, and is rounded as these are.
fn close_beside(what: &str, merged: &[f32], whole: &[f32], beside: f32) {
    let largest = largest(whole).max(beside);
    assert_eq!(merged.len(), whole.len(), "{what}");
    for (merged, whole) in merged.iter().zip(whole) {
        assert!((merged - whole).abs() <= 1e-6 * largest, "{what}: {merged} for {whole}, beside {largest}");
    }
}

fn largest(values: &[f32]) -> f32 {
    values.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()))
}

fn compare(merged: &Run, whole: &Run) {
    assert_eq!(merged.manifest.data, whole.manifest.data);
    assert_eq!(merged.manifest.study, whole.manifest.study);
    assert_eq!(merged.manifest.shard, None);
    for (merged, whole) in merged.manifest.dictionaries.iter().zip(&whole.manifest.dictionaries) {
        let (of_parts, of_all) = (merged.report.unwrap(), whole.report.unwrap());
        assert!((of_parts.active - of_all.active).abs() < 1e-9, "{of_parts:?} for {of_all:?}");
        assert!((of_parts.explained.unwrap() - of_all.explained.unwrap()).abs() < 1e-6, "{of_parts:?} for {of_all:?}");
        assert_eq!((&merged.fit, &whole.fit), (&None, &None));
    }
    assert_eq!(merged.views.len(), 3);
    for (merged, whole) in merged.views.iter().zip(&whole.views) {
        close("clean metrics", &merged.clean_metrics, &whole.clean_metrics);
        close("patch metrics", &merged.patch_metrics, &whole.patch_metrics);
        assert_eq!(merged.positions, whole.positions);
        for (merged, whole) in merged.submodules.iter().zip(&whole.submodules) {
            assert_eq!((merged.submodule, &merged.features), (whole.submodule, &whole.features));
            close("effects", &merged.effects, &whole.effects);
            close("standard errors", &merged.standard_errors, &whole.standard_errors);
            close("positions", &merged.position_effects, &whole.position_effects);
            let (of_merged, of_whole) = (&merged.pair_effects, &whole.pair_effects);
            assert!(of_merged.counts().eq(of_whole.counts()) && of_merged.counts().all(|count| count.is_some()));
            assert_eq!(of_merged.pairs(), of_whole.pairs());
            close("pairs", of_merged.effects(), of_whole.effects());
            let beside = largest(&whole.effects);
            close_beside("error positions", &merged.error.position_effects, &whole.error.position_effects, beside);
            close_beside(
                "error",
                &[merged.error.effect, merged.error.standard_error],
                &[whole.error.effect, whole.error.standard_error],
                beside,
            );
            close("change", merged.gradient_dot_change.as_slice(), whole.gradient_dot_change.as_slice());
        }
        assert_eq!((merged.detail.incomplete, merged.detail.features.len()), (0, whole.detail.features.len()));
        // Effects that are equal but for rounding may change places: by feature, example and position they are the same.
        let entries = |view: &saescope::core::effects::ViewEffects| {
            let detail = &view.detail;
            let key = |index: usize| {
                (
                    detail.features[detail.entry_features[index] as usize],
                    detail.entry_examples[index],
                    detail.entry_positions[index],
                )
            };
            let mut entries: Vec<_> = (0..detail.entry_examples.len()).map(|index| (key(index), index)).collect();
            entries.sort_unstable_by_key(|(key, _)| *key);
            let values = [&detail.entry_effects, &detail.entry_clean, &detail.entry_patch];
            let values = values.map(|values| entries.iter().map(|(_, index)| values[*index]).collect::<Vec<f32>>());
            (entries.into_iter().map(|(key, _)| key).collect::<Vec<_>>(), values)
        };
        let ((merged_keys, merged_values), (whole_keys, whole_values)) = (entries(merged), entries(whole));
        assert_eq!(merged_keys, whole_keys);
        for (what, (merged, whole)) in
            ["kept effects", "kept clean", "kept patch"].into_iter().zip(merged_values.iter().zip(&whole_values))
        {
            close(what, merged, whole);
        }
    }
}

#[test]
fn shards_merge_into_what_one_machine_computes() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path();
    // Every feature with its examples, so that none is at the edge of what is kept.
    succeed(folder, "run --detail 100000 --output whole");
    for number in 1..=4 {
        succeed(folder, &format!("run --detail 100000 --shard {number}/4 --batch {number} --output part{number}"));
    }
    succeed(folder, "merge part3 part1 part4 part2 --output merged");
    compare(&run_file::read(&folder.join("merged")).unwrap(), &run_file::read(&folder.join("whole")).unwrap());
    succeed(folder, "check merged");

    for (arguments, said) in [
        ("merge part1 part2 part4 --output x", "shard 3/4 missing"),
        ("merge part1 part2 part2 part3 part4 --output x", "is shard 2/4, as is part2"),
        ("merge part1 whole --output x", "is a whole run, no shard"),
        ("run --shard 5/4 --output x", "use I/N"),
        ("run --shard 1/60 --output x", "60 parts: are more than the 50 pairs; divide into fewer parts"),
        ("run --parts 99999999999 --output x", "99999999999 parts: are more than the 50 pairs"),
    ] {
        let output = saescope(folder, arguments);
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(2) && error.contains(said), "{arguments}: {error}");
        assert!(!folder.join("x").exists() && !folder.join("x.parts").exists());
    }
    succeed(folder, "run --detail 100000 --method attrib --shard 3/4 --output other");
    let output = saescope(folder, "merge part1 part2 other part4 --output x");
    assert!(String::from_utf8_lossy(&output.stderr).contains("differs from the first shard in its method"));
    // A tokenizer whose settings put a space before every text.
    let mut spaced = run_file::read(&folder.join("part3")).unwrap();
    spaced.manifest.model.prefix_space = Some(true);
    std::fs::write(folder.join("spaced"), run_file::to_bytes(&spaced).unwrap()).unwrap();
    let output = saescope(folder, "merge part1 part2 spaced part4 --output x");
    assert!(String::from_utf8_lossy(&output.stderr).contains("differs from the first shard in its tokenizer"));
}

#[test]
fn shards_of_one_example_have_no_spread_of_their_own() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path();
    succeed(folder, "run --method attrib --detail 100000 --examples 5 --output whole");
    let parts: Vec<String> = (1..=4).map(|number| format!("part{number}")).collect();
    for (number, part) in parts.iter().enumerate() {
        succeed(folder, &format!("run --method attrib --detail 100000 --examples 5 --shard {}/4 --output {part}", number + 1));
    }
    succeed(folder, &format!("merge {} --output merged", parts.join(" ")));
    compare(&run_file::read(&folder.join("merged")).unwrap(), &run_file::read(&folder.join("whole")).unwrap());
}

/// Of a pair list that is shorter than the number of shards some shards have no example.
#[test]
fn a_shard_without_examples_of_a_view_is_read_checked_and_merged() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path();
    let line = |clean: &str, patch: &str, answers: [&str; 2]| {
        format!(
            "{{\"clean_prefix\": \"{clean} waits because\", \"patch_prefix\": \"{patch} waits because\", \
             \"clean_answer\": \"{}\", \"patch_answer\": \"{}\"}}\n",
            answers[0], answers[1]
        )
    };
    let names = [("James", "Jane"), ("Robert", "Mary"), ("Michael", "Sarah"), ("William", "Elizabeth"), ("David", "Anna")];
    let pairs = names.map(|(clean, patch)| line(clean, patch, [" he", " she"]));
    let baseline = [names[0], names[1]].map(|(clean, patch)| line(clean, patch, [" him", " her"]));
    std::fs::write(folder.join("pairs.json"), pairs.concat()).unwrap();
    std::fs::write(folder.join("baseline.json"), baseline.concat()).unwrap();
    let run = |more: &str| succeed(folder, &format!("run --pairs pairs.json --baseline baseline.json --detail 100000 {more}"));
    run("--output whole");
    for number in 1..=5 {
        run(&format!("--shard {number}/5 --output part{number}"));
        succeed(folder, &format!("check part{number}"));
        succeed(folder, &format!("open part{number} --plain"));
    }
    let parts = [1, 2, 3, 4, 5].map(|number| run_file::read(&folder.join(format!("part{number}"))).unwrap());
    let mut counts = parts.each_ref().map(|part| part.views[2].clean_metrics.len());
    counts.sort_unstable();
    assert_eq!(counts, [0, 0, 0, 1, 1]);
    succeed(folder, "merge part1 part2 part3 part4 part5 --output merged");
    compare(&run_file::read(&folder.join("merged")).unwrap(), &run_file::read(&folder.join("whole")).unwrap());
}

/// A run over attention and one over the rest are together the run over all.
#[test]
fn runs_over_different_submodules_merge_into_the_run_over_all() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path();
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo");
    for entry in std::fs::read_dir(demo.join("dictionaries")).unwrap() {
        let from = entry.unwrap().path();
        let name = from.file_name().unwrap().to_str().unwrap();
        let some = if name.contains("-att-") { "attention" } else { "rest" };
        std::fs::create_dir_all(folder.join(some).join(name)).unwrap();
        for file in ["cfg.json", "sae_weights.safetensors"] {
            std::fs::copy(from.join(file), folder.join(some).join(name).join(file)).unwrap();
        }
    }
    let model = demo.join("model");
    let run = |dictionaries: &str, output: &str| {
        let (model, names) = (model.display(), "--study names --method attrib --detail 100000");
        succeed(folder, &format!("run --model {model} --dictionaries {dictionaries} {names} --output {output}"));
    };
    let all = demo.join("dictionaries").display().to_string();
    run(&all, "whole");
    run("attention", "a");
    run("rest", "b");
    // Shards of both in one call.
    run("attention", "a1 --shard 1/2");
    run("rest", "b1 --shard 1/2");
    let output = saescope(folder, "merge a1 b1 --output x");
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        error.contains("b1: is shard 1/2, as is a1; they are of other submodules: merge the shards of each group"),
        "{error}"
    );
    // In any order.
    succeed(folder, "merge b a --output merged");
    let [merged, whole] = ["merged", "whole"].map(|name| run_file::read(&folder.join(name)).unwrap());
    compare(&merged, &whole);
    let names = |run: &Run| run.manifest.dictionaries.iter().map(|record| record.submodule.clone()).collect::<Vec<_>>();
    assert_eq!(names(&merged), names(&whole));
    assert!(merged.manifest.dictionaries.iter().all(|record| record.report.is_some()), "each saw all prompts");
    succeed(folder, "check merged");
    for (arguments, said) in
        [("merge a whole --output x", "whole: has attn_0, as has a"), ("merge a a --output x", "a: has attn_0, as has a")]
    {
        let output = saescope(folder, arguments);
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(2) && error.contains(said), "{arguments}: {error}");
    }
}

/// A run in parts that is killed goes on at the first part that is missing.
#[test]
fn a_killed_run_in_parts_goes_on() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path();
    let flags = "run --method attrib --detail 100000 --examples 24";
    succeed(folder, &format!("{flags} --output whole"));
    let arguments = format!("{flags} --parts 12 --output run");
    let mut child = Command::new(env!("CARGO_BIN_EXE_saescope"))
        .args(arguments.split(' '))
        .current_dir(folder)
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    while !folder.join("run.parts/2-of-12.safetensors").exists() && child.try_wait().unwrap().is_none() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    if !folder.join("run").exists() {
        let other = saescope(folder, &arguments.replace("attrib", "ig"));
        let said = String::from_utf8(other.stderr).unwrap();
        assert!(other.status.code() == Some(2) && said.contains("run.parts: holds parts of another computation"), "{said}");
        let again = saescope(folder, &arguments);
        let said = String::from_utf8(again.stdout).unwrap();
        assert!(again.status.success(), "{said}");
        assert!(said.contains("part 1 of 12: computed before, in run.parts/1-of-12.safetensors"), "{said}");
    }
    compare(&run_file::read(&folder.join("run")).unwrap(), &run_file::read(&folder.join("whole")).unwrap());
    assert!(!folder.join("run.parts").exists());
}

/// A limit of memory makes batches smaller, which changes no effect, or is said to be too small.
#[test]
fn memory_is_stated_and_kept_to() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path();
    let run = |more: &str| saescope(folder, &format!("run --method attrib --detail 100000 {more}"));
    let said = String::from_utf8(run("--output whole").stdout).unwrap();
    assert!(said.contains("note: memory: about ") && said.contains("batches of up to 50 pairs"), "{said}");
    let stated: f64 = said.split("memory: about ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    let said = String::from_utf8(run(&format!("--memory {}M --output small", stated - 5.0)).stdout).unwrap();
    let pairs: usize = said.split("batches of up to ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    assert!((1..50).contains(&pairs), "{said}");
    compare(&run_file::read(&folder.join("small")).unwrap(), &run_file::read(&folder.join("whole")).unwrap());
    let output = run("--memory 10M --output x");
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && error.contains("--memory 10.0 MB: is less than the study takes"), "{error}");
    assert!(!folder.join("x").exists());
    assert_eq!(run("--memory 10 --output x").status.code(), Some(2));
}
