//! A run file with everything that the user and others say of its features, for commands that list them.

use std::path::Path;

use super::{output, study, tags};
use crate::core::findings::Findings;
use crate::core::problem::Result;
use crate::core::tags::TagBook;
use crate::core::text::printable;
use crate::engine::identity;
use crate::store::{explanations, run_file};

/// The findings of the run file at `path`, and the user's tags of them. Labels that cannot be read are left out, which is said.
pub fn open(path: &Path) -> Result<(Findings, TagBook)> {
    let run = run_file::read(path)?;
    let subject = identity::subject_of(&run);
    let book = tags::of(&subject)?;
    let mut findings = Findings::from_run(run, Some(path.display().to_string()), subject);
    findings.explain(explanations::of_model(&findings.model), &study::hosted()?);
    for fault in findings.explanations.iter().flat_map(|explanations| &explanations.faults) {
        output::note(&format!("note: {}", printable(fault)));
    }
    Ok((findings, book))
}
