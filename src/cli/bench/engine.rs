//! `saescope bench engine`: computes a study by integrated gradients several times, and compares each time with the study's
//! floor ([`crate::engine::floor`]) at the rate at which this machine multiplies matrices of the study's sizes, measured
//! between the runs.
//!
//! A run does the same as `saescope run`, from opening the files to the last effect, including hashing at the same time. The
//! first run finds the files as the system holds them, later runs find them in its cache.

use std::process::ExitCode;

use serde_json::{Value, json};

use super::figures::Figures;
use super::measure::{Measured, expect_ig, measure};
use crate::cli::arguments::BenchStudyArguments;
use crate::cli::table::Table;
use crate::cli::{output, study as flags};
use crate::core::problem::Result;
use crate::engine::attribution::Stage;

/// Runs the benchmark and prints its report.
pub fn engine(arguments: BenchStudyArguments) -> Result<ExitCode> {
    expect_ig(&arguments.study)?;
    let request = flags::request(arguments.study, flags::DEMO)?;
    let runs: Vec<Measured> = (0..arguments.runs).map(|_| measure(&request)).collect::<Result<_>>()?;
    let report = Report { runs };
    output::print(&if arguments.json { report.json()? } else { report.text() })?;
    Ok(ExitCode::SUCCESS)
}

struct Report {
    runs: Vec<Measured>,
}

impl Report {
    fn figures(&self, pick: impl Fn(&Measured) -> f64) -> Option<Figures> {
        Figures::of(self.runs.iter().map(pick))
    }

    /// Name, key in JSON, number of decimals and figures of each line of the report.
    fn lines(&self) -> Vec<(String, String, usize, Option<Figures>)> {
        let line = |name: &str, digits: usize, figures: Option<Figures>| {
            let key = name.replace([' ', '/'], "_").replace(['(', ')'], "").to_lowercase();
            (name.to_owned(), key, digits, figures)
        };
        let giga = 1e-9;
        let mut lines = vec![
            line("rate of layers (GF/s)", 1, self.figures(|run| run.rates.layers * giga)),
            line("rate of encoders (GF/s)", 1, self.figures(|run| run.rates.encoder * giga)),
            line("floor (s)", 2, self.figures(Measured::floor_seconds)),
            line("open (s)", 2, self.figures(|run| run.open)),
        ];
        for stage in Stage::ALL {
            lines.push(line(&format!("{} (s)", stage.name()), 2, self.figures(|run| run.stages.seconds(stage))));
        }
        lines.extend([
            line("attribution (s)", 2, self.figures(|run| run.attributed - run.open)),
            line("ratio to floor", 2, self.figures(Measured::ratio)),
            line("first submodule (s)", 2, self.figures(|run| run.first)),
            line("hashing beside it (s)", 2, self.figures(|run| run.hash)),
            line(
                "peak resident memory (MB)",
                0,
                Figures::of(self.runs.iter().filter_map(|run| run.peak).map(|bytes| 1e-6 * bytes)),
            ),
        ]);
        lines
    }

    fn text(&self) -> String {
        let mut text = String::new();
        if let Some(run) = self.runs.last() {
            let parts = [("plain runs", run.floor.plain), ("paths", run.floor.paths), ("encoders", run.floor.encoders)];
            let parts: Vec<String> = parts.iter().map(|(name, part)| format!("{name} {:.1}", 2e-9 * part)).collect();
            text.push_str(&format!(
                "backend: {}\nthreads: {}\nruns: {}\npairs: {}, {} prefixes\nfloor: {:.1} GF ({})\n",
                run.backend,
                run.threads,
                self.runs.len(),
                run.pairs,
                run.prefixes,
                1e-9 * run.floor.operations(),
                parts.join(", "),
            ));
        }
        let mut table = Table::new(1, &["", "median", "max"]);
        for (name, _, digits, figures) in self.lines() {
            let cell = |pick| Figures::cell(figures, pick, digits);
            table.push(vec![name, cell(|figures| figures.median), cell(|figures| figures.max)]);
        }
        format!("{text}\n{}", table.plain())
    }

    fn json(&self) -> Result<String> {
        let mut report = serde_json::Map::new();
        if let Some(run) = self.runs.last() {
            report.insert("backend".to_owned(), run.backend.clone().into());
            report.insert("pairs".to_owned(), run.pairs.into());
            report.insert("prefixes".to_owned(), run.prefixes.into());
            let floor = json!({ "plain": run.floor.plain, "paths": run.floor.paths, "encoders": run.floor.encoders });
            report.insert("floor_multiply_adds".to_owned(), floor);
            report.insert("threads".to_owned(), run.threads.into());
        }
        report.insert("runs".to_owned(), self.runs.len().into());
        for (_, key, _, figures) in self.lines() {
            report.insert(key, Figures::json(figures));
        }
        super::json_line(&Value::Object(report))
    }
}
