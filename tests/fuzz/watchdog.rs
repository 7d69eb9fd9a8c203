//! Ends the tests when a case takes too long or too much memory, and leaves its input behind.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, Once};
use std::thread;
use std::time::{Duration, Instant};

/// A case that takes longer is a hang. Programs without optimisation are many times slower.
const LONGEST: Duration = Duration::from_secs(if cfg!(debug_assertions) { 60 } else { 4 });

/// More memory in use, over all doors, is too much: no input here has more than a few hundred kilobytes.
const MOST_BYTES: u64 = 1 << 30;

/// Interval between looks.
const GLANCE: Duration = Duration::from_millis(10);

struct Running {
    case: String,
    since: Instant,
    input: Arc<Vec<u8>>,
}

static RUNNING: Mutex<Vec<Running>> = Mutex::new(Vec::new());

/// Runs `work` on `input` under the watchdog and returns how long it took.
pub fn watched(door: &str, number: &str, input: &Arc<Vec<u8>>, work: impl FnOnce()) -> Duration {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| drop(thread::spawn(watch)));
    let case = format!("{door}-{number}");
    RUNNING.lock().unwrap().push(Running { case: case.clone(), since: Instant::now(), input: Arc::clone(input) });
    work();
    let mut running = RUNNING.lock().unwrap();
    let place = running.iter().position(|running| running.case == case).unwrap();
    running.swap_remove(place).since.elapsed()
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
    loop {
        thread::sleep(GLANCE);
        let running = RUNNING.lock().unwrap();
        let hangs = running.iter().any(|running| running.since.elapsed() > LONGEST);
        let bytes = resident_bytes();
        if hangs || bytes > MOST_BYTES {
            let mut report = format!("a case hangs or takes too much memory, {bytes} bytes are in use:\n");
            for Running { case, since, input } in running.iter() {
                writeln!(report, "  {:?} in {}", since.elapsed(), keep(case, input).display()).unwrap();
            }
            std::io::stderr().write_all(report.as_bytes()).unwrap();
            std::process::exit(1);
        }
    }
}

/// Memory in use by this process; 0 where the system does not say.
fn resident_bytes() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").ok();
    let pages = pages.and_then(|text| text.split(' ').nth(1)?.parse::<u64>().ok());
    pages.unwrap_or(0) * 4096
}
