//! What all results of `ablate` have in common.

use serde_json::{Map, Value, json};

use crate::cli::arguments::Printed;
use crate::cli::causal::listing::Listing;
use crate::cli::causal::words::wrapped;
use crate::cli::causal::{Checked, json};
use crate::cli::output;
use crate::core::causal::scores::Denominator;
use crate::core::causal::way::ErrorTreatment;
use crate::core::causal::words;
use crate::core::problem::Result;

/// Prints the result in the format that was asked for; only that one is made.
pub fn show(format: Printed, as_json: impl FnOnce() -> Value, as_table: impl FnOnce() -> String) -> Result<()> {
    match format {
        Printed::Json => json::print(&as_json()),
        Printed::Table => output::print_lines(&as_table()),
    }
}

/// What every result says of its run and of the list that it is of, before what it found; None for the sets of a file.
pub fn facts(checked: &Checked, listing: Option<&Listing>, error: ErrorTreatment, examples: usize) -> Map<String, Value> {
    let mut facts = json!({
        "run": checked.path.display().to_string(),
        "model": checked.manifest().model.name,
        "view": checked.view_name(),
        "lines": checked.lines(),
        "error": error.name(),
        "error_meaning": error.meaning(),
        "examples": examples,
    });
    if let Some(listing) = listing {
        facts["list"] = listing.as_json();
    }
    facts.as_object().cloned().unwrap_or_default()
}

/// The facts of a result followed by what it found.
pub fn with_facts(mut facts: Map<String, Value>, found: Value) -> Value {
    if let Value::Object(found) = found {
        facts.extend(found);
    }
    Value::Object(facts)
}

/// Says of a denominator that it is within its own error of zero, if it is.
pub fn doubt(name: &str, denominator: Denominator) -> String {
    words::doubt(name, denominator).map_or_else(String::new, |text| wrapped(&text))
}
