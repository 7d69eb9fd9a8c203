//! The whole job of the study, with keys, on the model inside the program: the strongest features, the evidence, tags, a note, a comparison,
//! a list that is taken along, an interruption; and the next start has all of it.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

#[allow(dead_code, reason = "each test binary uses its own part")]
#[path = "support/terminal.rs"]
mod terminal;

use terminal::{Home, Program};

/// The lines of the table that show `tag`.
fn tagged(program: &Program, tag: &str) -> usize {
    program.shown().matches(&format!(" {tag} ")).count()
}

/// The two views that the table compares, as the legend names them; None of a single view.
fn compared(program: &Program) -> Option<String> {
    let shown = program.shown();
    let (_, behind) = shown.split_once("Δ: ")?;
    behind.split_once(',').map(|(pair, _)| pair.to_owned())
}

#[test]
fn the_job_of_the_study_is_done_with_few_keys_and_nothing_of_it_is_lost() {
    let home = Home::new();
    let mut program = home.explore("--threshold 0.1", &["SSH_CONNECTION=10.0.0.1 50000 10.0.0.2 22"]);
    program.wait_for(" · kept");
    program.wait_for("tags saved");

    // Another threshold with five keys; the strongest features with two.
    let keys = "t0.3\r";
    assert_eq!(keys.len(), 5);
    program.press(keys);
    program.wait_for("|effect| > 0.3");
    program.press("T\r");
    program.wait_for("top 30 → 30 features");

    // The evidence is there without a key: on which prompt it fires, how certain it is, the first prompts.
    for evidence in ["fires on the he-prompt", "± 0.0386 logits towards ' she'", "in 50 of 50 pairs", "mean effect by position"]
    {
        program.wait_for(evidence);
    }
    // Ten tags, with three keys each: the box, the tag, the next feature.
    let keys = "mpj".repeat(10);
    assert_eq!(keys.len(), 3 * 10);
    program.press(&keys);
    program.wait_until("ten tags", |program| tagged(program, "FP") == 10 && program.shown().contains("tags saved"));
    program.press("kmeseen twice\r");
    program.wait_for("everywhere FP note: seen twice");

    // A comparison, and the tagged features alone.
    program.press("4");
    program.wait_for("Δ male-baseline");
    program.press("1/tag=FP\r");
    program.wait_for("filter tag=FP (10 match)");
    program.press("ym");
    program.wait_until("the copy", |program| !program.copied().is_empty());
    let table = program.copied().last().unwrap();
    assert!(table.contains("Names male top 30, filter tag=FP"), "{table}");
    assert_eq!(table.lines().filter(|line| line.contains("| FP |")).count(), 10, "{table}");
    assert!(table.contains("seen twice"), "{table}");

    // Another pair of views is compared, and stays on the screen.
    program.press("4");
    program.wait_until("the comparison", |program| compared(program).is_some());
    let first = compared(&program);
    program.press("v");
    program.wait_until("another pair", |program| compared(program).is_some_and(|pair| Some(pair) != first));
    let pair = compared(&program);

    // Leaving in the middle of a computation asks first.
    program.press(":steps 5000\r");
    program.wait_for("x stops");
    program.press("q");
    program.wait_for("y or q again leaves");
    program.press("q");
    assert_eq!(program.ended(), Some(0));

    let mut program = home.explore("", &[]);
    program.wait_for(" · kept");
    program.wait_for("top 30");
    // The view, the compared pair, the filter, the tags and the note are as they were.
    program.wait_until("the compared pair", |program| compared(program) == pair);
    program.press("1");
    program.wait_for("filter tag=FP (10 match)");
    program.wait_until("ten tags", |program| tagged(program, "FP") >= 10);
    program.press("/note=twice\r");
    program.wait_for("filter note=twice (1 match)");
    program.wait_for("everywhere FP note: seen twice");
    program.press("u");
    program.wait_for("undone");
    program.press("R");
    program.wait_for("kept runs");
    program.press("\x1b");
    program.wait_until("the table", |program| !program.shown().contains("kept runs"));
    program.press("q");
    assert_eq!(program.ended(), Some(0));
    let runs = home.stdout("runs");
    assert!(runs.contains("saescope-demo"), "{runs}");
}
