//! Measures one study as `saescope run` computes it, from opening the files to the last effect, including hashing at the same
//! time.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::cli::arguments::StudyArguments;
use crate::core::problem::{Problem, Result};
use crate::core::progress::{Event, Step};
use crate::core::request::Request;
use crate::core::run::Method;
use crate::engine::attribution::Stages;
use crate::engine::cache::Cache;
use crate::engine::cancel::Cancel;
use crate::engine::compute::{Rates, rates};
use crate::engine::floor::Floor;
use crate::engine::study::OpenStudy;

/// How long each rate is measured between two runs.
const RATE: Duration = Duration::from_millis(500);

/// The measurements of one run.
pub struct Measured {
    /// Seconds until model, dictionaries and data are open.
    pub open: f64,
    /// Seconds from the start of opening to the first finished submodule of a view.
    pub first: f64,
    /// Seconds from the start of opening to the end of the attribution.
    pub attributed: f64,
    /// Seconds that hashing took, at the same time as the attribution.
    pub hash: f64,
    /// Seconds of each stage of the attribution.
    pub stages: Stages,
    /// The least arithmetic that the run needs.
    pub floor: Floor,
    /// The machine's rates of multiplication, measured right after the run.
    pub rates: Rates,
    /// The backend's name.
    pub backend: String,
    /// Number of pairs in the first pair list.
    pub pairs: usize,
    /// The most prefixes that were encoded together.
    pub prefixes: usize,
    /// Number of threads that computed.
    pub threads: usize,
    /// The most memory in use at once during the run, in bytes; None if the system does not report it.
    pub peak: Option<f64>,
}

impl Measured {
    /// Seconds that the least arithmetic takes at the measured rates.
    pub fn floor_seconds(&self) -> f64 {
        2.0 * ((self.floor.plain + self.floor.paths) / self.rates.layers + self.floor.encoders / self.rates.encoder)
    }

    /// How many times as long as the least arithmetic the attribution took.
    pub fn ratio(&self) -> f64 {
        (self.attributed - self.open) / self.floor_seconds()
    }
}

/// Refuses other methods than integrated gradients, because the floor is known only for this method.
///
/// # Errors
/// If the flags ask for another method.
pub fn expect_ig(arguments: &StudyArguments) -> Result<()> {
    if arguments.method == Method::Ig {
        return Ok(());
    }
    Err(Problem::new("--method", "the floor is that of integrated gradients", "leave it out, or use --method ig"))
}

/// Computes `request` once with an empty cache, then measures the rates of this machine.
pub fn measure(request: &Request) -> Result<Measured> {
    let cancel = Cancel::default();
    // On Linux this resets the peak of resident memory. Other systems report no peak.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    let start = Instant::now();
    let study = OpenStudy::open(request.clone(), &Cache::default(), &cancel)?;
    let first: Mutex<Option<f64>> = Mutex::new(None);
    let tell = |event: Event| {
        if let Event::Step(Step::Found(..)) = event {
            first.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(start.elapsed().as_secs_f64());
        }
    };
    let run = study.run(&tell, &cancel)?;
    let peak = peak_memory();
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
        rates: study.threads().run(|| Ok(rates(study.config(), prefixes, RATE)))?,
        threads: study.threads().count(),
        backend: run.manifest.backend,
        pairs: run.manifest.data[0].examples.len(),
        prefixes,
        peak,
    })
}

fn peak_memory() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(1024.0 * kilobytes)
}
