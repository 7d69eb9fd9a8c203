//! `saescope bench pairs`: time and memory of studies of more and more pairs, written into a folder as a table, as JSON and as a plot.

use std::process::ExitCode;

use serde_json::{Value, json};

use super::measure::{Measured, expect_ig, measure};
use super::plot::{Curve, plot};
use crate::cli::arguments::BenchPairsArguments;
use crate::cli::table::Table;
use crate::cli::{output, study as flags};
use crate::core::problem::{Problem, Result};
use crate::engine::attribution::Stage;
use crate::engine::threads;
use crate::store::atomic;

/// Measures, writes and prints.
pub fn pairs(arguments: BenchPairsArguments) -> Result<ExitCode> {
    let BenchPairsArguments { study, mut counts, output: folder } = arguments;
    expect_ig(&study)?;
    counts.sort_unstable();
    counts.dedup();
    std::fs::create_dir_all(&folder).map_err(|error| Problem::from_io(&folder, "make it", &error))?;
    let request = flags::request(study, flags::DEMO)?;
    let mut runs: Vec<Measured> = Vec::new();
    for count in counts {
        let mut request = request.clone();
        request.options.examples = Some(count);
        let run = measure(&request)?;
        if run.pairs < count {
            return Err(Problem::new(
                format_args!("--counts {count}"),
                format_args!("only {} pairs are there", run.pairs),
                "give a larger file with --pairs, or smaller counts",
            ));
        }
        output::note(&format!("{count} pairs: {:.1} s", run.attributed));
        runs.push(run);
    }
    let table = table(&runs);
    let text = format!("backend {}, {} threads\n\n{}", runs[0].backend, threads::count(), table.markdown());
    let rows: Vec<Value> = runs.iter().map(row).collect();
    let json = super::json_line(&json!({ "backend": runs[0].backend, "threads": threads::count(), "runs": rows }))?;
    for (name, content) in [("pairs.md", text), ("pairs.json", json), ("pairs.svg", drawing(&runs)?)] {
        atomic::write(&folder.join(name), content.as_bytes())?;
    }
    output::print(&format!("{}\nwrote pairs.md, pairs.json and pairs.svg into {}\n", table.plain(), folder.display()))?;
    Ok(ExitCode::SUCCESS)
}

fn table(runs: &[Measured]) -> Table {
    let mut table =
        Table::new(0, &["pairs", "attribution (s)", "ms a pair", "encoders, ms a pair", "ratio to floor", "peak memory (MB)"]);
    for run in runs {
        let attribution = run.attributed - run.open;
        table.push(vec![
            run.pairs.to_string(),
            format!("{attribution:.2}"),
            format!("{:.1}", 1e3 * attribution / run.pairs as f64),
            format!("{:.1}", 1e3 * run.stages.seconds(Stage::Encode) / run.pairs as f64),
            format!("{:.2}", run.ratio()),
            run.peak.map_or_else(String::new, |bytes| format!("{:.0}", 1e-6 * bytes)),
        ]);
    }
    table
}

fn row(run: &Measured) -> Value {
    json!({
        "pairs": run.pairs,
        "open_seconds": run.open,
        "attribution_seconds": run.attributed - run.open,
        "encoder_seconds": run.stages.seconds(Stage::Encode),
        "floor_seconds": run.floor_seconds(),
        "peak_resident_bytes": run.peak,
    })
}

fn drawing(runs: &[Measured]) -> Result<String> {
    let curve = |title: &'static str, unit: &'static str, y: &dyn Fn(&Measured) -> Option<f64>| Curve {
        title,
        unit,
        points: runs.iter().filter_map(|run| Some((run.pairs as f64, y(run)?))).collect(),
    };
    plot(
        "pairs",
        &[
            curve("attribution", "ms a pair", &|run| Some(1e3 * (run.attributed - run.open) / run.pairs as f64)),
            curve("peak resident memory", "MB", &|run| run.peak.map(|bytes| 1e-6 * bytes)),
        ],
    )
}
