//! What the site finder found, as a table of set-ups and a verdict in words.

use super::table::Table;
use crate::core::dictionary_report::DictionaryReport;
use crate::core::inspection::{Candidate, Inspection, Verdict};
use crate::core::text::printable;

/// What was found for a dictionary of a study, and what follows for it.
pub fn of_study(inspection: &Inspection) -> String {
    let Inspection { submodule, source, declared, of_release, report, candidates, verdict } = inspection;
    let by = if *of_release { " by its release" } else { "" };
    let says = match declared.in_words() {
        words if words.is_empty() => String::new(),
        words => format!("; {words}{by}: {}", declared.against(*report).in_words()),
    };
    format!(
        "\nthe dictionary of {submodule} ({}): {}{says}\n\n{}\n{}\n",
        printable(source),
        measured(*report),
        table(candidates),
        sentence(candidates, verdict)
    )
}

/// `16.9 active features, 87.5 % of the variance`.
pub fn measured(report: DictionaryReport) -> String {
    format!("{:.1} active features, {}", report.active, share(report))
}

/// A row for each set-up, as they come.
pub fn table(found: &[Candidate]) -> String {
    // Where every rule is the stated one, there is nothing to say of it.
    let rules = found.iter().any(|candidate| !candidate.rule.is_empty());
    let header = ["reads", "frame", "scale", "BOS", "rule", "active", "explained", ""];
    let header: Vec<&str> = header.into_iter().filter(|title| rules || *title != "rule").collect();
    let mut table = Table::new(if rules { 5 } else { 4 }, &header);
    for candidate in found {
        let explained = match candidate.report.explained {
            Some(share) => percent(share),
            None => "no variance".to_owned(),
        };
        let mut row = vec![candidate.place.clone(), candidate.frame.to_owned(), candidate.scale.clone()];
        row.push(if candidate.bos { "yes" } else { "no" }.to_owned());
        row.extend(rules.then(|| candidate.rule.clone()));
        row.push(format!("{:.1}", candidate.report.active));
        row.push(explained);
        row.push(if candidate.is_stated { "stated" } else { "" }.to_owned());
        table.push(row);
    }
    table.plain()
}

/// The verdict in words.
pub fn sentence(found: &[Candidate], verdict: &Verdict) -> String {
    let of = |place: &usize| format!("{} ({})", set_up(&found[*place]), share(found[*place].report));
    match verdict {
        Verdict::Fits { stated, better } => {
            let better = better.map_or_else(String::new, |better| format!("; better at {}", of(&better)));
            format!("It fits as its files say: {}{better}.", of(stated))
        }
        Verdict::Elsewhere { best, stated } => {
            let instead = match stated {
                Some(stated) => format!("not as its files say ({}: {})", set_up(&found[*stated]), share(found[*stated].report)),
                None => "and its files do not say so".to_owned(),
            };
            format!("It fits best at {}, {instead}.", of(best))
        }
        Verdict::Nowhere => {
            "It fits in none of these set-ups: it is of another model, of a place that is not tried here, or damaged, or the model \
             computes something else than the one that it was trained on (its config.json, its weights)."
                .to_owned()
        }
    }
}

fn set_up(candidate: &Candidate) -> String {
    let bos = if candidate.bos { "with a BOS token" } else { "without a BOS token" };
    let scale = if candidate.scale == "none" { String::new() } else { format!(", {}", candidate.scale) };
    let rule = if candidate.rule.is_empty() { String::new() } else { format!(", {}", candidate.rule) };
    format!("{}, {}{scale}{rule}, {bos}", candidate.place, candidate.frame)
}

fn share(report: DictionaryReport) -> String {
    report.explained.map_or_else(|| "no variance".to_owned(), |share| format!("{} of the variance", percent(share)))
}

/// Of a wrong set-up the digits say nothing any more.
fn percent(share: f64) -> String {
    if share < -10.0 { "below -1000 %".to_owned() } else { format!("{:.1} %", 100.0 * share) }
}
