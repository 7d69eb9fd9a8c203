//! `saescope circuit`: the edges between listed features.

mod neuronpedia_graph;

use std::process::ExitCode;

use serde_json::{Value, json};

use crate::cli::arguments::{CircuitArguments, CircuitFormat};
use crate::cli::causal::listing::Listing;
use crate::cli::causal::words::{heading, wrapped};
use crate::cli::causal::{Checked, json};
use crate::cli::output;
use crate::cli::table::Table;
use crate::core::causal::circuit::tree;
use crate::core::causal::edges::{ALL_PATHS, BLIND, DIRECT, Edge, SILENT};
use crate::core::decimal::decimal;
use crate::core::problem::Result;
use crate::core::rows::Row;
use crate::core::submodule::FeatureId;
use crate::engine::causal::edges::{STEPS, edges};
use crate::engine::causal::plain::Sides;

/// Runs `circuit`.
pub fn circuit(arguments: CircuitArguments) -> Result<ExitCode> {
    let checked = Checked::open(&arguments.run, arguments.view.as_deref())?;
    let listing = checked.listing(&arguments.list)?;
    let (listed, features) = (listing.with_effect(), listing.features());
    let mut found =
        checked.with_model(arguments.model, Sides::Both, |_, plain, told, cancel| edges(plain, &features, told, cancel))?;
    let all = found.len();
    found.retain(|edge| edge.size() > f64::from(arguments.edge_threshold));
    found.sort_by(|left, right| right.weight.abs().total_cmp(&left.weight.abs()));
    match arguments.format {
        CircuitFormat::Table => output::print_lines(&as_table(&checked, &listing, &found, all))?,
        CircuitFormat::Tree => output::print(&as_tree(&checked, &listing, &found, all))?,
        CircuitFormat::Json => json::print(&as_json(&checked, &listing, &found, all, arguments.edge_threshold))?,
        CircuitFormat::NeuronpediaGraph => {
            json::print(&neuronpedia_graph::graph(&checked, &listed, &found, arguments.edge_threshold)?)?;
        }
        CircuitFormat::Dot => output::print(&as_dot(&listed, &found))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn as_table(checked: &Checked, listing: &Listing, found: &[Edge], all: usize) -> String {
    let examples = checked.manifest().data(checked.view).examples.len();
    let mut table = Table::new(2, &["from", "to", "weight", "measured", "direct", "direct measured", "silent", "blind"]);
    for edge in found {
        let direct = |place: usize| edge.direct.map_or_else(|| "-".to_owned(), |direct| format!("{:+.4}", direct[place]));
        table.push(vec![
            edge.upstream.to_string(),
            edge.downstream.to_string(),
            format!("{:+.4}", edge.weight),
            format!("{:+.4}", edge.measured),
            direct(0),
            direct(1),
            edge.silent.to_string(),
            if edge.is_blind() { "!" } else { "" }.to_owned(),
        ]);
    }
    format!(
        "{}{}{} of {all} possible edges\n\n{}\n{}",
        heading(checked, examples),
        listing.described(),
        found.len(),
        table.plain(),
        wrapped(&format!(
            "weight: gradient of the metric at the target ({STEPS} steps of integrated gradients) x derivative of the target by the source \
             x change of the source from clean to patch prompt, summed over positions, mean over pairs: {ALL_PATHS}. measured: the source \
             takes its values of the patch prompt, the target's change is seen. direct: {DIRECT}. silent: {SILENT}. !: {BLIND}."
        ))
    )
}

fn as_tree(checked: &Checked, listing: &Listing, found: &[Edge], all: usize) -> String {
    let examples = checked.manifest().data(checked.view).examples.len();
    let features: Vec<_> = listing.rows.iter().map(|row| (row.feature, Some(f64::from(row.effect)))).collect();
    let lines: String = tree(&features, found).iter().map(|branch| branch.line() + "\n").collect();
    let explained = format!(
        "Below each feature stand those that move it, with the weight of the edge as in the table (--format table). !: {BLIND}. direct: {DIRECT}."
    );
    format!(
        "{}{}{} of {all} possible edges\n\nmetric\n{lines}\n{}",
        heading(checked, examples),
        listing.described(),
        found.len(),
        wrapped(&explained)
    )
}

fn as_json(checked: &Checked, listing: &Listing, found: &[Edge], all: usize, threshold: f32) -> Value {
    let node = |row: &Row| json!({ "feature": row.feature.to_string(), "effect": decimal(row.effect) });
    let edge = |edge: &Edge| {
        json!({
            "upstream": edge.upstream.to_string(),
            "downstream": edge.downstream.to_string(),
            "weight": edge.weight,
            "measured": edge.measured,
            "direct": edge.direct.map(|[weight, measured]| json!({ "weight": weight, "measured": measured })),
            "silent_examples": edge.silent,
            "blind": edge.is_blind(),
        })
    };
    json!({
        "run": checked.path.display().to_string(),
        "model": checked.manifest().model.name,
        "view": checked.view_name(),
        "lines": checked.lines(),
        "list": listing.as_json(),
        "examples": checked.lines().len(),
        "steps": STEPS,
        "weights_are": ALL_PATHS,
        "silent_examples_are": SILENT,
        "edge_threshold": decimal(threshold),
        "possible_edges": all,
        "nodes": listing.rows.iter().map(node).collect::<Vec<_>>(),
        "edges": found.iter().map(edge).collect::<Vec<_>>(),
    })
}

/// The graph in the language of Graphviz. Dashed edges are blind; width follows the weight, colour its sign.
fn as_dot(listed: &[(FeatureId, f32)], found: &[Edge]) -> String {
    let largest = found.iter().map(|edge| edge.weight.abs()).fold(f64::MIN_POSITIVE, f64::max);
    let mut text = "digraph circuit {\n  rankdir=BT;\n  node [shape=box];\n".to_owned();
    let explained = format!(
        "features with their effect, edges with their weight; blue positive, red negative\\ldashed: {BLIND}\\ldirect: {DIRECT}\\l"
    );
    text.push_str(&format!("  label=\"{explained}\"; labelloc=b; labeljust=l; fontsize=10;\n"));
    for (feature, effect) in listed {
        text.push_str(&format!("  \"{feature}\" [label=\"{feature}\\n{effect:+.3}\"];\n"));
    }
    for edge in found {
        let colour = if edge.weight < 0.0 { "firebrick" } else { "royalblue" };
        let style = if edge.is_blind() { "dashed" } else { "solid" };
        let direct = edge.direct.map_or_else(String::new, |[direct, _]| format!("\\ndirect {direct:+.3}"));
        text.push_str(&format!(
            "  \"{}\" -> \"{}\" [label=\"{:+.3}{direct}\", penwidth={:.2}, color={colour}, style={style}];\n",
            edge.upstream,
            edge.downstream,
            edge.weight,
            0.5 + 3.0 * edge.weight.abs() / largest
        ));
    }
    text + "}\n"
}
