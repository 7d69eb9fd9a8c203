//! `saescope bench again`: measures how long the explorer takes after a change, using what it remembers of the computation
//! before.

use std::process::ExitCode;
use std::time::Instant;

use serde_json::{Value, json};

use super::figures::Figures;
use crate::cli::arguments::BenchStudyArguments;
use crate::cli::table::Table;
use crate::cli::{output, study as flags};
use crate::core::problem::{Problem, Result};
use crate::core::request::Request;
use crate::core::run::Method;
use crate::engine::cache::Cache;
use crate::engine::cancel::Cancel;
use crate::engine::memory::{Bounds, Usage};
use crate::engine::study::OpenStudy;

/// The time and memory of one computation.
struct Computed {
    seconds: f64,
    usage: Usage,
}

/// A change of the request, and its names in the report.
struct Change {
    name: &'static str,
    key: &'static str,
    request: Request,
}

/// Runs the benchmark and prints its report.
pub fn again(arguments: BenchStudyArguments) -> Result<ExitCode> {
    if arguments.study.method != Method::Ig {
        return Err(Problem::new("--method", "is one of the changes that are measured", "leave it out"));
    }
    let request = flags::request(arguments.study, flags::DEMO)?;
    let changes = changes(&request)?;
    let mut found: Vec<Vec<Computed>> = changes.iter().map(|_| Vec::new()).collect();
    for _ in 0..arguments.runs {
        let cache = Cache::new(Bounds::EXPLORER);
        for (change, found) in changes.iter().zip(&mut found) {
            found.push(compute(&change.request, &cache)?);
        }
    }
    output::print(&if arguments.json { json(&changes, &found)? } else { text(&changes, &found) })?;
    Ok(ExitCode::SUCCESS)
}

/// The measured changes. The first computation leaves out one pair, so that the second can add it.
fn changes(request: &Request) -> Result<Vec<Change>> {
    let pairs = OpenStudy::open(request.clone(), &Cache::new(Bounds::NONE), &Cancel::default())?.opened().data[0].examples.len();
    if pairs < 2 {
        return Err(Problem::new("bench again", "needs two pairs at least", "give more pairs, or leave --examples out"));
    }
    let change = |name, key, change: &dyn Fn(&mut Request)| {
        let mut request = request.clone();
        change(&mut request);
        Change { name, key, request }
    };
    Ok(vec![
        change("all pairs but one, nothing known", "first", &|request| request.options.examples = Some(pairs - 1)),
        change("one more pair", "one_more_pair", &|_| {}),
        change("the same again", "same_again", &|_| {}),
        change("method attrib", "method_attrib", &|request| request.settings.method = Method::Attrib),
        change("one more step on the path", "one_more_step", &|request| request.settings.steps += 1),
    ])
}

fn compute(request: &Request, cache: &Cache) -> Result<Computed> {
    let cancel = Cancel::default();
    let start = Instant::now();
    let study = OpenStudy::open(request.clone(), cache, &cancel)?;
    study.run(&|_| {}, &cancel)?;
    Ok(Computed { seconds: start.elapsed().as_secs_f64(), usage: study.usage() })
}

fn seconds(found: &[Computed]) -> Option<Figures> {
    Figures::of(found.iter().map(|computed| computed.seconds))
}

fn text(changes: &[Change], found: &[Vec<Computed>]) -> String {
    let mut table = Table::new(1, &["", "median (s)", "max (s)", "remembered", "computed", "memory (MB)"]);
    for (change, found) in changes.iter().zip(found) {
        let cell = |pick| Figures::cell(seconds(found), pick, 2);
        let usage = found.last().map(|computed| computed.usage).unwrap_or_default();
        table.push(vec![
            change.name.to_owned(),
            cell(|figures| figures.median),
            cell(|figures| figures.max),
            usage.found.to_string(),
            usage.computed.to_string(),
            format!("{:.1}", usage.bytes as f64 * 1e-6),
        ]);
    }
    table.plain()
}

fn json(changes: &[Change], found: &[Vec<Computed>]) -> Result<String> {
    let mut report = serde_json::Map::new();
    for (change, found) in changes.iter().zip(found) {
        let usage = found.last().map(|computed| computed.usage).unwrap_or_default();
        let seconds = Figures::json(seconds(found));
        let value = json!({ "seconds": seconds, "remembered": usage.found, "computed": usage.computed, "bytes": usage.bytes });
        report.insert(change.key.to_owned(), value);
    }
    super::json_line(&Value::Object(report))
}
