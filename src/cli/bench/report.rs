//! The report of `bench ui`, as tables and as JSON.

use std::thread;

use serde_json::{Value, json};

use super::SEED;
use super::figures::Figures;
use crate::cli::table::Table;
use crate::core::problem::Result;
use crate::term::bench::{Measured, Pressed, SIZE};

/// Goal for the time from a key to its frame, in milliseconds: a frame of a 60 Hz display.
const KEY_TO_FRAME: f64 = 16.0;

/// Goal for drawing a frame, in milliseconds: it leaves most of the time of a frame to other work.
const FRAME: f64 = 3.0;

/// All figures of the benchmark; times are in milliseconds, except `seconds`.
pub struct Report {
    features: usize,
    rows: usize,
    cores: usize,
    seconds: f64,
    studies: Option<usize>,
    first_frame: f64,
    key_to_frame: Option<Figures>,
    frame: Option<Figures>,
    key_to_rows: Option<Figures>,
    bytes: Option<Figures>,
    update: Option<Figures>,
    arrival: Option<Figures>,
    kinds: Vec<Kind>,
}

/// The figures for the keys of one kind.
struct Kind {
    name: &'static str,
    to_frame: Option<Figures>,
    update: Option<Figures>,
    to_rows: Option<Figures>,
}

impl Kind {
    fn new(name: &'static str, presses: &[Pressed]) -> Self {
        let presses = || presses.iter().filter(|press| press.kind == name);
        Self {
            name,
            to_frame: Figures::milliseconds(presses().map(|press| press.to_frame)),
            update: Figures::milliseconds(presses().map(|press| press.update)),
            to_rows: Figures::milliseconds(presses().filter_map(|press| press.to_rows)),
        }
    }
}

impl Report {
    /// Computes the figures of `measured`, a benchmark that was asked for `features` effects.
    pub fn new(features: usize, measured: &Measured) -> Self {
        let presses = &measured.presses;
        let mut names: Vec<&'static str> = presses.iter().map(|press| press.kind).collect();
        names.sort_unstable();
        names.dedup();
        Self {
            features,
            rows: measured.rows,
            cores: thread::available_parallelism().map_or(1, std::num::NonZero::get),
            seconds: measured.wall.as_secs_f64(),
            studies: measured.studies,
            first_frame: 1000.0 * measured.first_frame.as_secs_f64(),
            key_to_frame: Figures::milliseconds(presses.iter().map(|press| press.to_frame)),
            frame: Figures::milliseconds(measured.frames.iter().map(|frame| frame.time)),
            key_to_rows: Figures::milliseconds(presses.iter().filter_map(|press| press.to_rows)),
            bytes: Figures::of(measured.frames.iter().map(|frame| frame.bytes as f64)),
            update: Figures::milliseconds(presses.iter().map(|press| press.update)),
            arrival: Figures::milliseconds(measured.arrivals.iter().copied()),
            kinds: names.into_iter().map(|name| Kind::new(name, presses)).collect(),
        }
    }

    /// The goals, each with its name, its key in JSON, and whether it is met.
    fn verdicts(&self) -> [(&'static str, &'static str, bool); 3] {
        let below = |figure: Option<f64>, limit: f64| figure.is_some_and(|figure| figure < limit);
        [
            (
                "key to frame p99 < 16 ms",
                "key_to_frame_p99_below_16_ms",
                below(self.key_to_frame.map(|key| key.p99), KEY_TO_FRAME),
            ),
            ("frame median < 3 ms", "frame_median_below_3_ms", below(self.frame.map(|frame| frame.median), FRAME)),
            ("frame p99 < 3 ms", "frame_p99_below_3_ms", below(self.frame.map(|frame| frame.p99), FRAME)),
        ]
    }

    /// The report as tables for readers.
    pub fn text(&self) -> String {
        let engine = self
            .studies
            .map_or_else(|| "idle".to_owned(), |studies| format!("computing the demo study over and over, {studies} finished"));
        let (width, height) = SIZE;
        let mut text = format!(
            "rows: {} ({} features asked for)\nscreen: {width}x{height}\nengine: {engine}\ncores: {}\nduration: {:.1} s\n\
             state and first frame in process: {:.2} ms\n\n",
            self.rows, self.features, self.cores, self.seconds, self.first_frame
        );
        let mut table = Table::new(1, &["", "count", "median", "p99", "max"]);
        let lines = [
            ("key to frame (ms)", self.key_to_frame, 2),
            ("frame drawing (ms)", self.frame, 2),
            ("key to settled rows (ms)", self.key_to_rows, 1),
            ("update of a key (ms)", self.update, 2),
            ("update of arranged rows (ms)", self.arrival, 2),
            ("bytes per frame", self.bytes, 0),
        ];
        for (name, figures, digits) in lines {
            table.push(std::iter::once(name.to_owned()).chain(cells(figures, digits)).collect());
        }
        text.push_str(&table.plain());
        let mut kinds = Table::new(1, &["keys", "count", "to frame", "p99", "max", "update p99", "max", "settled", "p99", "max"]);
        for kind in &self.kinds {
            let update = cells(kind.update, 2).into_iter().skip(2);
            let to_rows = cells(kind.to_rows, 1).into_iter().skip(1);
            let name = std::iter::once(kind.name.to_owned());
            kinds.push(name.chain(cells(kind.to_frame, 2)).chain(update).chain(to_rows).collect());
        }
        text.push_str(&format!("\n{}\n", kinds.plain()));
        for (claim, _, holds) in self.verdicts() {
            text.push_str(&format!("{claim}: {}\n", if holds { "holds" } else { "fails" }));
        }
        text
    }

    /// The report for programs: one JSON object on one line.
    pub fn json(&self) -> Result<String> {
        let kinds: serde_json::Map<String, Value> = self
            .kinds
            .iter()
            .map(|kind| {
                let figures = json!({
                    "key_to_frame_ms": Figures::json(kind.to_frame), "update_ms": Figures::json(kind.update),
                    "key_to_rows_ms": Figures::json(kind.to_rows),
                });
                (kind.name.to_owned(), figures)
            })
            .collect();
        let verdicts: serde_json::Map<String, Value> =
            self.verdicts().into_iter().map(|(_, name, holds)| (name.to_owned(), holds.into())).collect();
        let report = json!({
            "features": self.features, "rows": self.rows, "columns": SIZE.0, "lines": SIZE.1, "seed": SEED,
            "cores": self.cores, "busy": self.studies.is_some(), "studies": self.studies, "seconds": self.seconds,
            "state_and_first_frame_ms": self.first_frame,
            "key_to_frame_ms": Figures::json(self.key_to_frame), "frame_ms": Figures::json(self.frame),
            "key_to_rows_ms": Figures::json(self.key_to_rows), "update_ms": Figures::json(self.update),
            "update_of_rows_ms": Figures::json(self.arrival), "frame_bytes": Figures::json(self.bytes),
            "kinds": kinds, "holds": verdicts,
        });
        super::json_line(&report)
    }
}

/// The cells for count, median, 99th percentile and maximum.
fn cells(figures: Option<Figures>, digits: usize) -> [String; 4] {
    let cell = |pick| Figures::cell(figures, pick, digits);
    let count = figures.map_or_else(String::new, |figures| figures.count.to_string());
    [count, cell(|figures| figures.median), cell(|figures| figures.p99), cell(|figures| figures.max)]
}
