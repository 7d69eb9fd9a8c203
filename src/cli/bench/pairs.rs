//! `saescope bench pairs`: time and memory of studies with increasing numbers of pairs, written into a folder as a table and as
//! JSON.
//!
//! Each study runs as a separate `saescope bench engine` process, so that memory left by an earlier study is not counted.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use serde_json::{Value, json};

use super::figures::Figures;
use super::measure::expect_ig;
use crate::cli::arguments::{BenchPairsArguments, StudyArguments};
use crate::cli::table::Table;
use crate::cli::{output, study as flags};
use crate::core::problem::{Problem, Result};
use crate::engine::cache::Cache;
use crate::engine::cancel::Cancel;
use crate::engine::memory::Bounds;
use crate::engine::study::OpenStudy;
use crate::store::atomic;

/// Runs the benchmark, writes both files and prints the table.
pub fn pairs(arguments: BenchPairsArguments) -> Result<ExitCode> {
    let BenchPairsArguments { study, mut counts, runs, output: folder } = arguments;
    expect_ig(&study)?;
    if study.examples.is_some() {
        return Err(Problem::new("--examples", "is what --counts says here", "leave it out"));
    }
    counts.sort_unstable();
    counts.dedup();
    expect_pairs(&study, counts.last().copied().unwrap_or(0))?;
    std::fs::create_dir_all(&folder).map_err(|error| Problem::from_io(&folder, "make it", &error))?;
    let program = std::env::current_exe()
        .map_err(|error| Problem::new("saescope", format_args!("does not find itself: {error}"), "start it by its path"))?;
    let mut rows: Vec<Row> = Vec::new();
    for count in counts {
        let row = Row { reports: (0..runs).map(|_| measure(&program, &study, count)).collect::<Result<_>>()? };
        output::note(&format!("{count} pairs: {:.1} s", row.median("attribution_s")));
        rows.push(row);
    }
    let (backend, threads) = (rows[0].said("backend"), rows[0].said("threads"));
    let table = table(&rows);
    let often = if runs == 1 { "one run each".to_owned() } else { format!("medians of {runs} runs") };
    let said = format!("backend {}, {threads} threads, {often}", backend.as_str().unwrap_or_default());
    let text = format!("{said}\n\n{}", table.markdown());
    let objects: Vec<Value> = rows.iter().map(Row::json).collect();
    let json = super::json_line(&json!({ "backend": backend, "threads": threads, "runs": runs, "counts": objects }))?;
    for (name, content) in [("pairs.md", text), ("pairs.json", json)] {
        atomic::write(&folder.join(name), content.as_bytes())?;
    }
    output::print(&format!("{}\nwrote pairs.md and pairs.json into {}\n", table.plain(), folder.display()))?;
    Ok(ExitCode::SUCCESS)
}

/// Checks before any measurement that the data have at least `wanted` pairs.
fn expect_pairs(study: &StudyArguments, wanted: usize) -> Result<()> {
    let request = flags::request(study.clone(), flags::DEMO)?;
    let there = OpenStudy::open(request, &Cache::new(Bounds::NONE), &Cancel::default())?.opened().data[0].examples.len();
    if there >= wanted {
        return Ok(());
    }
    Err(Problem::new(
        format_args!("--counts {wanted}"),
        format_args!("only {there} pairs are there"),
        "give a larger file with --pairs, or smaller counts",
    ))
}

/// The report of `bench engine` for `count` pairs, run in a separate process.
fn measure(program: &Path, study: &StudyArguments, count: usize) -> Result<Value> {
    let failed = |what: String| Problem::new(format_args!("bench engine of {count} pairs"), what, "try it by itself");
    let child = Command::new(program)
        .args(["bench", "engine", "--json", "--runs", "1", "--examples", &count.to_string()])
        .args(given(study))
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| failed(format!("cannot be started: {error}")))?;
    if !child.status.success() {
        return Err(failed(format!("ended with {}", child.status)));
    }
    serde_json::from_slice(&child.stdout).map_err(|error| failed(format!("printed no report: {error}")))
}

/// The study's flags as given on the command line, without --examples.
fn given(study: &StudyArguments) -> Vec<OsString> {
    let text = |value: &dyn ToString| Some(OsString::from(value.to_string()));
    let flags = [
        ("--model", study.model.clone().map(OsString::from)),
        ("--dictionaries", study.dictionaries.clone().map(OsString::from)),
        ("--pairs", study.pairs.clone().map(OsString::from)),
        ("--baseline", study.baseline.clone().map(OsString::from)),
        ("--tokens", study.tokens.and_then(|tokens| text(&tokens))),
        ("--seed", text(&study.seed)),
        ("--rule", text(&study.rule.name())),
        ("--steps", text(&study.steps)),
        ("--batch", text(&study.batch)),
        ("--detail", text(&study.detail)),
        ("--backend", study.backend.named().and_then(|backend| text(&backend))),
        ("--threads", study.threads.and_then(|threads| text(&threads))),
    ];
    flags.into_iter().filter_map(|(flag, value)| Some([flag.into(), value?])).flatten().collect()
}

/// The reports of all processes with one number of pairs.
struct Row {
    /// The reports, at least one.
    reports: Vec<Value>,
}

impl Row {
    /// A value that is the same in every report.
    fn said(&self, key: &str) -> &Value {
        &self.reports[0][key]
    }

    fn pairs(&self) -> f64 {
        self.said("pairs").as_f64().unwrap_or(f64::NAN)
    }

    /// Figures over the processes, each of which measured once; None if the system does not measure this key.
    fn figures(&self, key: &str) -> Option<Figures> {
        Figures::of(self.reports.iter().filter_map(|report| report[key]["median"].as_f64()))
    }

    fn median(&self, key: &str) -> f64 {
        self.figures(key).map_or(f64::NAN, |figures| figures.median)
    }

    fn milliseconds_a_pair(&self, key: &str) -> f64 {
        1e3 * self.median(key) / self.pairs()
    }

    /// Median of the peak resident memory, in megabytes.
    fn peak(&self) -> Option<f64> {
        self.figures(PEAK).map(|figures| figures.median)
    }

    fn json(&self) -> Value {
        json!({
            "pairs": self.said("pairs"),
            "attribution_seconds": Figures::json(self.figures("attribution_s")),
            "encoder_seconds": Figures::json(self.figures("encoders_s")),
            "floor_seconds": Figures::json(self.figures("floor_s")),
            "ratio_to_floor": Figures::json(self.figures("ratio_to_floor")),
            "peak_resident_megabytes": Figures::json(self.figures(PEAK)),
        })
    }
}

const PEAK: &str = "peak_resident_memory_mb";

fn table(rows: &[Row]) -> Table {
    let header = ["pairs", "attribution (s)", "ms a pair", "encoders, ms a pair", "ratio to floor", "peak memory (MB)"];
    let mut table = Table::new(0, &header);
    for row in rows {
        table.push(vec![
            row.pairs().to_string(),
            format!("{:.2}", row.median("attribution_s")),
            format!("{:.1}", row.milliseconds_a_pair("attribution_s")),
            format!("{:.1}", row.milliseconds_a_pair("encoders_s")),
            format!("{:.2}", row.median("ratio_to_floor")),
            row.peak().map_or_else(String::new, |peak| format!("{peak:.0}")),
        ]);
    }
    table
}
