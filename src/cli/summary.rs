//! The summaries that `run` prints before and after the computation.

use std::fmt::Write;
use std::path::Path;

use super::table::Table;
use crate::app::state::THRESHOLD;
use crate::core::declared::Agreement;
use crate::core::dictionary_report::{DecoderNorms, DictionaryReport, LEAST_EXPLAINED};
use crate::core::findings::Findings;
use crate::core::invariant;
use crate::core::notes::of_dictionaries;
use crate::core::path_sum::PathSum;
use crate::core::run::{DataRecord, DictionaryRecord, Opened, Run};
use crate::core::selection::Selection;
use crate::core::study::Study;
use crate::core::text::{counted, printable, wrap};
use crate::core::view::View;
use crate::engine::identity;

/// Describes the inputs that were opened.
pub fn inputs(opened: &Opened) -> String {
    let Study { name, .. } = &*opened.study;
    let views = opened.study.names().join(", ");
    let mut text = format!("model {}, backend {}\nstudy {name}: {views}\n", printable(&opened.model), opened.backend);
    for data in &opened.data {
        // Writing into a string cannot fail.
        let _ = writeln!(text, "data {}: {}", printable(&data.source), kept(data));
        text.push_str(&dropped(data));
    }
    text + &noted(&opened.notes)
}

/// A line for each of `notes`.
pub(super) fn noted(notes: &[String]) -> String {
    let line = |note: &String| format!("note: {}\n", printable(note));
    notes.iter().map(line).collect()
}

/// Most dropped lines that a summary shows; the run file and the explorer list more.
const SHOWN: usize = 5;

/// A line for each of the first dropped lines of the file, with the reason.
fn dropped(data: &DataRecord) -> String {
    let mut text = String::new();
    for line in data.dropped_lines.iter().take(SHOWN) {
        text.push_str(&format!("  line {}: {}: {}\n", line.line, printable(&line.reason), line.shown()));
    }
    let more = data.dropped.sum().saturating_sub(data.dropped.beyond_limit).saturating_sub(SHOWN);
    if more > 0 {
        text.push_str(&format!("  and {more} more\n"));
    }
    text
}

fn kept(data: &DataRecord) -> String {
    let mut lengths: Vec<usize> = data.examples.iter().map(|example| example.clean_tokens.len()).collect();
    lengths.sort_unstable();
    let tokens = match (lengths.first(), lengths.last()) {
        (Some(shortest), Some(longest)) if shortest == longest => format!("{shortest}"),
        (Some(shortest), Some(longest)) => format!("{shortest} to {longest}"),
        _ => "no".to_owned(),
    };
    format!("{} of {}, {tokens} tokens each, {}", data.examples.len(), counted(data.lines, "line"), data.dropped)
}

fn kept_examples(findings: &Findings, view: View) -> String {
    let detail = findings.detail(view).detail();
    let left_out = match detail.incomplete {
        0 => String::new(),
        count => format!(" ({count} left out: not all of their tokens were kept)"),
    };
    format!("{} {}{left_out}", detail.features.len(), findings.study.name(view))
}

/// A table with one row per dictionary, and what should be known about them: a warning about dictionaries that probably belong to
/// another model or place, and the notes.
pub(super) fn dictionaries(records: &[DictionaryRecord]) -> (String, String) {
    let header = ["dictionary", "features", "active", "explained", "norms: min", "median", "max", "sha256"];
    let mut table = Table::new(1, &header);
    for record in records {
        let norm =
            |pick: fn(DecoderNorms) -> f32| record.decoder_norms.map_or_else(String::new, |norms| format!("{:.3}", pick(norms)));
        table.push(vec![
            record.submodule.clone(),
            record.features.to_string(),
            active(record),
            explained(record),
            norm(|norms| norms.least),
            norm(|norms| norms.median),
            norm(|norms| norms.largest),
            record.sha256.chars().take(12).collect(),
        ]);
    }
    let suspects: Vec<&str> = records
        .iter()
        .filter(|record| record.report.is_some_and(DictionaryReport::is_suspect))
        .map(|record| record.submodule.as_str())
        .collect();
    let line = match suspects.len() {
        0 => String::new(),
        _ => wrapped(&format!(
            "\nwarning: the dictionaries of {} explain less than {:.0} % of the variance: they were probably trained on another model \
             or at other places\n",
            suspects.join(", "),
            100.0 * LEAST_EXPLAINED
        )),
    };
    (table.plain(), line + &verdicts(records) + &notes(records))
}

/// The number of active features, with the one that is declared, if one is.
fn active(record: &DictionaryRecord) -> String {
    let measured = record.report.map_or_else(String::new, |report| format!("{:.1}", report.active));
    beside(&measured, record.stated_active.map(|declared| format!("{declared}")))
}

/// The explained variance, with the one that is declared, if one is.
fn explained(record: &DictionaryRecord) -> String {
    let measured = record.report.and_then(|report| report.explained);
    let measured = measured.map_or_else(String::new, |explained| format!("{:.1} %", 100.0 * explained));
    beside(&measured, record.stated_explained.map(|declared| format!("{:.1} %", 100.0 * declared)))
}

fn beside(measured: &str, declared: Option<String>) -> String {
    declared.map_or_else(|| measured.to_owned(), |declared| format!("{measured} (declared {declared})"))
}

/// `text` in lines of at most 80 columns, broken between words.
fn wrapped(text: &str) -> String {
    let lines = text.lines().flat_map(|line| wrap(line, 80)).map(|line| line.trim_end().to_owned());
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

/// The verdict on what is declared of the dictionaries: a sentence for each kind of verdict.
fn verdicts(records: &[DictionaryRecord]) -> String {
    let of = |agreement: Agreement| -> Vec<&str> {
        let has = |record: &&DictionaryRecord| record.agreement() == Some(agreement);
        records.iter().filter(has).map(|record| record.submodule.as_str()).collect()
    };
    let remedy = "prompts of a few words are unlike what they were trained on, or the set-up is wrong: `saescope inspect` with --text says which";
    let mut text = String::new();
    for (agreement, word, remedy) in [
        (Agreement::FarOff, "warning", remedy),
        (Agreement::Differs, "note", remedy),
        (Agreement::AsDeclared, "note", "active features and explained variance"),
    ] {
        let whose = of(agreement);
        if !whose.is_empty() {
            let all = whose.len() == records.len() && records.len() > 1;
            let whose = if all { "all dictionaries".to_owned() } else { whose.join(", ") };
            text.push_str(&wrapped(&format!("\n{word}: {whose}: {} ({remedy})\n", agreement.in_words())));
        }
    }
    text
}

/// A line for each note, with the dictionaries that have it.
fn notes(records: &[DictionaryRecord]) -> String {
    let line = |(note, whose): (&str, String)| format!("note: {whose}: {}\n", printable(note));
    let lines: Vec<String> = of_dictionaries(records).into_iter().map(line).collect();
    if lines.is_empty() { String::new() } else { format!("\n{}", lines.concat()) }
}

/// The results: one row per view, then the strongest features of each view, narrow enough for 80 columns.
pub fn results(run: Run, path: &Path) -> String {
    let broken: Vec<usize> =
        run.views.iter().map(|view| invariant::check(view).iter().filter(|check| check.broken.is_some()).count()).collect();
    let subject = identity::subject(&run.manifest.model.name, &run.manifest.dictionaries);
    let manifest = run.manifest.clone();
    let findings = Findings::from_run(run, None, subject);
    let above = format!("|effect| > {THRESHOLD}");
    let mut table = Table::new(1, &["view", "pairs", "clean metric", "total effect", &above, "failed checks"]);
    let mut strongest = Table::new(2, &["view", "strongest features"]);
    for (view, broken) in findings.study.all().zip(broken) {
        let (name, found) = (findings.study.name(view).to_string(), findings.view(view));
        let mean = |value: Option<f64>| value.map_or_else(String::new, |value| format!("{value:+.4}"));
        table.push(vec![
            name.clone(),
            found.summary.examples.unwrap_or_default().to_string(),
            mean(found.summary.clean_metric),
            mean(found.summary.total_effect),
            found.counts(Selection::Threshold(THRESHOLD)).iter().sum::<usize>().to_string(),
            broken.to_string(),
        ]);
        let top = found.select(Selection::TopK(3)).features;
        let top: Vec<String> = top.iter().map(|selected| format!("{} {:+.3}", selected.feature, selected.effect)).collect();
        strongest.push(vec![name, top.join(", ")]);
    }
    let (dictionaries, suspects) = dictionaries(&manifest.dictionaries);
    let detail: Vec<String> = findings.study.all().map(|view| kept_examples(&findings, view)).collect();
    let sum = PathSum::farthest(&findings).map_or_else(String::new, |sum| format!("farthest sum: {sum}\n"));
    let quadrature = manifest.quadrature().map_or_else(String::new, |quadrature| format!(", {quadrature}"));
    format!(
        "\n{dictionaries}\n{}\n{}{suspects}\nmethod {}{quadrature}; metric: logit(patch answer) - logit(clean answer), means\n\
         {sum}activations at single tokens kept: {}\n\
         opened in {:.1} s, computed in {:.1} s, hashed in {:.1} s\nwrote {}\n",
        table.plain(),
        strongest.plain(),
        manifest.method,
        detail.join(", "),
        manifest.seconds.open,
        manifest.seconds.attribution,
        manifest.seconds.hash,
        printable(&path.display().to_string())
    )
}
