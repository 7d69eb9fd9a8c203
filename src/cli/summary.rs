//! What `run` says before and after it computes.

use std::fmt::Write;
use std::path::Path;

use super::table::Table;
use crate::app::state::THRESHOLD;
use crate::core::dictionary_report::{DecoderNorms, DictionaryReport, LEAST_EXPLAINED};
use crate::core::effects::ViewEffects;
use crate::core::invariant;
use crate::core::run::{DataRecord, DictionaryRecord, Opened, Run};
use crate::core::selection::{Selection, select};
use crate::core::text::printable;

/// Which inputs were opened.
pub fn inputs(opened: &Opened) -> String {
    let mut text = format!("model {}, backend {}\n", printable(&opened.model), opened.backend);
    for data in [Some(&opened.pairs), opened.baseline.as_ref()].into_iter().flatten() {
        // Writing into a string cannot fail.
        let _ = writeln!(text, "data {}: {}", printable(&data.source), kept(data));
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
    format!("{} of {} lines, {tokens} tokens each, {}", data.examples.len(), data.lines, data.dropped)
}

fn kept_examples(view: &ViewEffects) -> String {
    let left_out = match view.detail.incomplete {
        0 => String::new(),
        count => format!(" ({count} left out: not all of their examples were kept)"),
    };
    format!("{} {}{left_out}", view.detail.features.len(), view.view)
}

/// One row per dictionary, and a line about those that probably belong elsewhere.
pub(super) fn dictionaries(records: &[DictionaryRecord]) -> (String, String) {
    let header = ["dictionary", "features", "active", "explained", "decoder norms: min", "median", "max", "sha256"];
    let mut table = Table::new(1, &header);
    for record in records {
        let norm =
            |pick: fn(DecoderNorms) -> f32| record.decoder_norms.map_or_else(String::new, |norms| format!("{:.3}", pick(norms)));
        table.push(vec![
            record.submodule.clone(),
            record.features.to_string(),
            record.report.map_or_else(String::new, |report| format!("{:.1}", report.active)),
            record
                .report
                .and_then(|report| report.explained)
                .map_or_else(String::new, |explained| format!("{:.1} %", 100.0 * explained)),
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
        _ => format!(
            "\nwarning: the dictionaries of {} explain less than {:.0} % of the variance: they were probably trained on another model \
             or at other places\n",
            suspects.join(", "),
            100.0 * LEAST_EXPLAINED
        ),
    };
    (table.plain(), line)
}

/// One row per view, then the strongest features of each: narrow enough for 80 columns.
pub fn results(run: &Run, path: &Path) -> String {
    let above = format!("|effect| > {THRESHOLD}");
    let mut table = Table::new(1, &["view", "examples", "clean metric", "total effect", &above, "broken"]);
    let mut strongest = Table::new(2, &["view", "strongest features"]);
    for view in &run.views {
        let broken = invariant::check(view).iter().filter(|check| check.broken.is_some()).count();
        table.push(vec![
            view.view.to_string(),
            view.clean_metrics.len().to_string(),
            format!("{:+.4}", view.mean_clean_metric()),
            format!("{:+.4}", view.mean_total_effect()),
            select(view, Selection::Threshold(THRESHOLD)).len().to_string(),
            broken.to_string(),
        ]);
        let top = select(view, Selection::TopK(3));
        let top: Vec<String> = top.iter().map(|selected| format!("{} {:+.3}", selected.feature, selected.effect)).collect();
        strongest.push(vec![view.view.to_string(), top.join(", ")]);
    }
    let manifest = &run.manifest;
    let (dictionaries, suspects) = dictionaries(&manifest.dictionaries);
    let detail: Vec<String> = run.views.iter().map(kept_examples).collect();
    let steps = manifest.steps.map_or_else(String::new, |steps| format!(", {steps} steps"));
    format!(
        "\n{dictionaries}\n{}\n{}{suspects}\nmethod {}{steps}; metric: logit(patch answer) - logit(clean answer), means\n\
         single examples kept: {}\n\
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
