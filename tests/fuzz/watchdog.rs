//! Ends the tests when a case takes too long or too much memory, and leaves its input behind.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Once};
use std::thread;
use std::time::{Duration, Instant};

/// A case for which the processors work longer is a hang. Programs without optimisation are many times slower. Other programs may
/// hold the processors for many times as long, so that is no measure.
const LONGEST: Duration = Duration::from_secs(if cfg!(debug_assertions) { 60 } else { 4 });

/// A case that waits longer, for a server or a lock, is a hang, too.
const LONGEST_WAIT: Duration = Duration::from_mins(2);

/// More memory in use, over all doors, is too much: no input here has more than a megabyte.
const MOST_BYTES: u64 = 1 << 30;

/// Interval between looks.
const GLANCE: Duration = Duration::from_millis(10);

struct Running {
    case: String,
    since: Instant,
    /// The processor time at the start.
    processor: Duration,
    input: Arc<Vec<u8>>,
}

static RUNNING: Mutex<Vec<Running>> = Mutex::new(Vec::new());

/// Milliseconds for which processors have worked for this process, as of the latest look.
static PROCESSOR: AtomicU64 = AtomicU64::new(0);

fn processor() -> Duration {
    Duration::from_millis(PROCESSOR.load(Ordering::Relaxed))
}

/// Runs `work` on `input` under the watchdog and returns the processor time that passed meanwhile.
pub fn watched(door: &str, number: &str, input: &Arc<Vec<u8>>, work: impl FnOnce()) -> Duration {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| drop(thread::spawn(watch)));
    let case = format!("{door}-{number}");
    RUNNING.lock().unwrap().push(Running {
        case: case.clone(),
        since: Instant::now(),
        processor: processor(),
        input: Arc::clone(input),
    });
    work();
    let mut running = RUNNING.lock().unwrap();
    let place = running.iter().position(|running| running.case == case).unwrap();
    processor().saturating_sub(running.swap_remove(place).processor)
}

/// Writes `input` where it can be looked at, and returns the path.
pub fn keep(case: &str, input: &[u8]) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("fuzz");
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(case);
    std::fs::write(&path, input).unwrap();
    path
}

fn watch() {
    let start = Instant::now();
    loop {
        thread::sleep(GLANCE);
        let worked = worked().unwrap_or_else(|| start.elapsed().as_millis() as u64);
        PROCESSOR.store(worked, Ordering::Relaxed);
        let running = RUNNING.lock().unwrap();
        let hangs = running
            .iter()
            .any(|running| processor().saturating_sub(running.processor) > LONGEST || running.since.elapsed() > LONGEST_WAIT);
        let bytes = resident_bytes();
        if hangs || bytes > MOST_BYTES {
            let mut report = format!("a case hangs or takes too much memory, {bytes} bytes are in use:\n");
            for Running { case, since, input, .. } in running.iter() {
                writeln!(report, "  {:?} in {}", since.elapsed(), keep(case, input).display()).unwrap();
            }
            std::io::stderr().write_all(report.as_bytes()).unwrap();
            std::process::exit(1);
        }
    }
}

/// Milliseconds for which processors have worked for this process; None where the system does not say. Linux counts in hundredths
/// of a second.
fn worked() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name of the program may hold spaces and parentheses.
    let mut fields = text.rsplit_once(')')?.1.split_whitespace().skip(11);
    let (user, system): (u64, u64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some((user + system) * 10)
}

/// Memory in use by this process; 0 where the system does not say.
fn resident_bytes() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").ok();
    let pages = pages.and_then(|text| text.split(' ').nth(1)?.parse::<u64>().ok());
    pages.unwrap_or(0) * 4096
}
