//! `saescope bench engine`: a study by integrated gradients, again and again, against its floor ([`crate::engine::floor`]) at the rate at
//! which this machine multiplies matrices of the study's sizes, measured between the runs.
//!
//! A run is what `saescope run` does, from opening the files to the last effect, hashing beside it included. The first run finds the
//! files as the system holds them, later ones in its cache.

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::figures::Figures;
use crate::cli::arguments::BenchEngineArguments;
use crate::cli::table::Table;
use crate::cli::{output, study as flags};
use crate::core::problem::{Problem, Result};
use crate::core::progress::{Event, Step};
use crate::core::request::Request;
use crate::core::run::Method;
use crate::engine::attribution::{Stage, Stages};
use crate::engine::cache::Cache;
use crate::engine::cancel::Cancel;
use crate::engine::compute::native::{Rates, rates};
use crate::engine::floor::Floor;
use crate::engine::study::Study;
use crate::engine::threads;

/// How long each rate is measured between two runs.
const RATE: Duration = Duration::from_millis(500);

/// One run.
struct Measured {
    open: f64,
    /// From the start of opening to the first finished submodule of a view.
    first: f64,
    /// From the start of opening to the end of the attribution.
    attributed: f64,
    hash: f64,
    stages: Stages,
    floor: Floor,
    rates: Rates,
    backend: String,
    pairs: usize,
    prefixes: usize,
}

impl Measured {
    fn floor_seconds(&self) -> f64 {
        2.0 * ((self.floor.plain + self.floor.paths) / self.rates.layers + self.floor.encoders / self.rates.encoder)
    }

    fn ratio(&self) -> f64 {
        (self.attributed - self.open) / self.floor_seconds()
    }
}

/// Measures and prints.
pub fn engine(arguments: BenchEngineArguments) -> Result<ExitCode> {
    if arguments.study.method != Method::Ig {
        return Err(Problem::new("--method", "the floor is that of integrated gradients", "leave it out, or use --method ig"));
    }
    let request = flags::request(arguments.study, flags::DEMO)?;
    let runs: Vec<Measured> = (0..arguments.runs).map(|_| measure(&request)).collect::<Result<_>>()?;
    let report = Report { runs };
    output::print(&if arguments.json { report.json()? } else { report.text() })?;
    Ok(ExitCode::SUCCESS)
}

fn measure(request: &Request) -> Result<Measured> {
    let cancel = Cancel::default();
    let start = Instant::now();
    let study = Study::open(request.clone(), &Cache::default(), &cancel)?;
    let first: Mutex<Option<f64>> = Mutex::new(None);
    let tell = |event: Event| {
        if let Event::Step(Step::Found(..)) = event {
            first.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(start.elapsed().as_secs_f64());
        }
    };
    let run = study.run(&tell, &cancel)?;
    let (floor, prefixes) = study.floor();
    let seconds = run.manifest.seconds;
    let first = *first.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(Measured {
        open: seconds.open,
        first: first.unwrap_or(f64::NAN),
        attributed: seconds.open + seconds.attribution,
        hash: seconds.hash,
        stages: study.stages(),
        floor,
        rates: rates(study.config(), prefixes, RATE),
        backend: run.manifest.backend,
        pairs: run.manifest.pairs.examples.len(),
        prefixes,
    })
}

struct Report {
    runs: Vec<Measured>,
}

impl Report {
    fn figures(&self, pick: impl Fn(&Measured) -> f64) -> Option<Figures> {
        Figures::of(self.runs.iter().map(pick))
    }

    /// Name, key in JSON, digits and figures of all that is reported.
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
                threads::count(),
                self.runs.len(),
                run.pairs,
                run.prefixes,
                1e-9 * run.floor.operations(),
                parts.join(", "),
            ));
        }
        if let Some(bytes) = peak_memory() {
            text.push_str(&format!("peak resident memory: {:.0} MB\n", bytes * 1e-6));
        }
        let mut table = Table::new(1, &["", "median", "max"]);
        for (name, _, digits, figures) in self.lines() {
            let number = |pick: fn(Figures) -> f64| figures.map_or_else(String::new, |found| format!("{:.digits$}", pick(found)));
            table.push(vec![name, number(|figures| figures.median), number(|figures| figures.max)]);
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
        }
        report.insert("threads".to_owned(), threads::count().into());
        report.insert("runs".to_owned(), self.runs.len().into());
        report.insert("peak_resident_bytes".to_owned(), peak_memory().map_or(Value::Null, Value::from));
        for (_, key, _, figures) in self.lines() {
            let value = figures.map_or(Value::Null, |figures| json!({ "median": figures.median, "max": figures.max }));
            report.insert(key, value);
        }
        let text = serde_json::to_string(&Value::Object(report))
            .map_err(|error| Problem::new("bench", format_args!("cannot be written as JSON: {error}"), "report it"))?;
        Ok(format!("{text}\n"))
    }
}

/// The most memory that was in use at once, in bytes, where the system says so.
fn peak_memory() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(1024.0 * kilobytes)
}
