//! What `run` says before and after it computes.

use std::fmt::Write;
use std::path::Path;

use super::table::Table;
use crate::core::effects::ViewEffects;
use crate::core::invariant;
use crate::core::run::Run;
use crate::core::selection::{Selection, select};
use crate::core::text::printable;
use crate::engine::dataset::DataSet;
use crate::engine::study::Study;

/// The threshold of the published study.
const THRESHOLD: f32 = 0.1;

/// Which inputs were opened.
pub fn inputs(study: &Study) -> String {
    let mut text = format!("model {}, backend {}\n", printable(study.model_name()), study.backend());
    for data in [Some(study.pairs()), study.baseline()].into_iter().flatten() {
        // Writing into a string cannot fail.
        let _ = writeln!(text, "data {}: {}", printable(&data.name), kept(data));
    }
    text
}

fn kept(data: &DataSet) -> String {
    let mut lengths: Vec<usize> = data.examples.iter().map(|example| example.clean.len()).collect();
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
        count => format!(" ({count} left out for want of memory)"),
    };
    format!("{} {}{left_out}", view.detail.features.len(), view.view)
}

/// One row per view.
pub fn results(run: &Run, path: &Path) -> String {
    let above = format!("|effect| > {THRESHOLD}");
    let mut table =
        Table::new(1, &["view", "examples", "clean metric", "total effect", &above, "broken invariants", "strongest features"]);
    for view in &run.views {
        let strongest: Vec<String> = select(view, Selection::TopK(3))
            .iter()
            .map(|selected| format!("{} {:+.3}", selected.feature, selected.effect))
            .collect();
        let broken = invariant::check(view).iter().filter(|check| check.broken.is_some()).count();
        table.push(vec![
            view.view.to_string(),
            view.clean_metrics.len().to_string(),
            format!("{:+.4}", view.mean_clean_metric()),
            format!("{:+.4}", view.mean_total_effect()),
            select(view, Selection::Threshold(THRESHOLD)).len().to_string(),
            broken.to_string(),
            strongest.join(", "),
        ]);
    }
    let manifest = &run.manifest;
    let detail: Vec<String> = run.views.iter().map(kept_examples).collect();
    let steps = manifest.steps.map_or_else(String::new, |steps| format!(", {steps} steps"));
    format!(
        "\n{}\nmethod {}{steps}; metric: logit(patch answer) - logit(clean answer), means over examples\n\
         single examples kept for the strongest features: {}\n\
         opened in {:.1} s, computed in {:.1} s, hashed in {:.1} s\nwrote {}\n",
        table.plain(),
        manifest.method,
        detail.join(", "),
        manifest.seconds.open,
        manifest.seconds.attribution,
        manifest.seconds.hash,
        printable(&path.display().to_string())
    )
}
