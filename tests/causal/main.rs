//! Causal checks against golden numbers of the original code, and what must hold for any model.
#![allow(clippy::unwrap_used, clippy::float_cmp, reason = "a test that cannot go on should panic")]

mod ablation;
mod command;
mod demo;
mod edge_sums;
mod edges;
mod elsewhere;
#[path = "../support/manual.rs"]
mod manual;
mod scaled;
mod steering;
#[path = "../support/mod.rs"]
mod support;

use saescope::engine::causal::plain::Pair;
use serde_json::Value;
use support::Prompts;

/// The golden numbers in `tests/fixtures/reference/causal/NAME.json`.
fn golden(name: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(support::reference(&format!("causal/{name}.json"))).unwrap()).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap_or_else(|| panic!("{value} is no list")).iter().map(|value| value.as_f64().unwrap()).collect()
}

fn pairs(set: &str) -> Vec<Pair> {
    let prompts = Prompts::of(set);
    let sides = prompts.clean.iter().zip(&prompts.patch).zip(prompts.answers());
    sides.map(|((clean, patch), answers)| Pair { clean: clean.clone(), patch: patch.clone(), answers }).collect()
}

#[track_caller]
fn assert_near(what: &str, found: f64, golden: f64, tolerance: f64) {
    assert!((found - golden).abs() <= tolerance, "{what}: {found} is not within {tolerance} of {golden}");
}
