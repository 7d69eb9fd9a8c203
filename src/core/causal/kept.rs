//! The JSON form in which the finished checks of a run are kept beside it.

use serde::{Deserialize, Serialize};

use super::check::Done;
use crate::core::format_error::of_json;
use crate::core::problem::{Problem, Result};
use crate::core::view::ViewName;

/// The version of the form, the only one that is read.
const FORMAT: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Document<Checks> {
    format: u32,
    program: String,
    /// SHA-256 of the weights with which the checks were made.
    model: String,
    checks: Checks,
}

/// `checks`, the oldest first, of a run of the weights with the SHA-256 `model`, as JSON text; the oldest are left out where all are
/// longer than `longest` bytes.
///
/// # Errors
/// If the latest check alone is longer.
pub fn to_json(checks: &[Done], model: &str, longest: usize) -> Result<String> {
    let written = |checks: &[Done]| {
        let program = format!("saescope {}", env!("CARGO_PKG_VERSION"));
        let document = Document { format: FORMAT, program, model: model.to_owned(), checks };
        serde_json::to_string(&document).map_err(|error| {
            Problem::new("causal check", format_args!("cannot be written as JSON: {error}"), "report this as a fault")
        })
    };
    let mut first = 0;
    loop {
        let text = written(&checks[first..])?;
        if text.len() <= longest {
            return Ok(text);
        }
        first += 1;
        if first >= checks.len() {
            let what = format_args!("is not kept: it has more than {}", crate::core::text::bytes(longest as u64));
            return Err(Problem::new("causal check", what, "check fewer features at once"));
        }
    }
}

/// Reads the output of [`to_json`]; messages call the file `name`. `examples` says how many examples the run has in a view; None if it has no
/// such view.
///
/// # Errors
/// If the text is damaged, or of another run.
pub fn from_json(text: &str, name: &str, model: &str, examples: impl Fn(ViewName) -> Option<usize>) -> Result<Vec<Done>> {
    let damaged = |what: String| Problem::new(name, format_args!("holds no readable checks: {what}"), "run the checks again");
    let document: Document<Vec<Done>> =
        serde_json::from_str(text).map_err(|error| damaged(format!("it {}", of_json(text.as_bytes(), &error))))?;
    let fits = |done: &Done| examples(done.check.view) == Some(done.found.examples());
    if document.format != FORMAT || document.model != model || !document.checks.iter().all(fits) {
        return Err(damaged("they are of another run or another version".to_owned()));
    }
    Ok(document.checks)
}

#[cfg(test)]
#[path = "kept_tests.rs"]
mod tests;
