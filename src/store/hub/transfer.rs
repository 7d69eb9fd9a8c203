//! Transfers one file: waits while another program downloads it, continues where the last try ended, and gives the file its
//! name once its size and hash are right.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use ureq::http::Response;
use ureq::http::header::{CONTENT_LENGTH, CONTENT_RANGE};

use super::cache::{remove_if_there, setting};
use super::client::{Client, Failure, Stop, cancelled};
use super::listing;
use super::plan::{PlannedFile, PlannedRepository};
use super::settings::Settings;
use crate::core::problem::{Problem, Result};
use crate::core::text::bytes;
use crate::store::lock::Lock;

/// Largest number of bytes read at once.
const PIECE: usize = 1 << 18;

/// A connection that delivers fewer bytes per second than this counts as stalled, even if some data arrives.
const SLOWEST: u64 = 1000;

/// A try that gains at least this many bytes resets the count of retries.
const GAIN: u64 = 1 << 20;

/// Transfers the files of one plan.
pub struct Transfer<'a> {
    /// The client that asks the hub.
    pub client: Client<'a>,
    /// The place of the hub and the cache, and how long to wait.
    pub settings: &'a Settings,
    /// Number of bytes that have arrived, over all files.
    pub arrived: &'a AtomicU64,
    /// Number of files that wait for another program.
    pub waiting: &'a AtomicU64,
}

/// The share of one file in the total of bytes that have arrived.
struct Counted<'a> {
    total: &'a AtomicU64,
    here: u64,
}

impl Counted<'_> {
    fn set(&mut self, bytes: u64) {
        self.total.fetch_add(bytes, Ordering::Relaxed);
        self.total.fetch_sub(self.here, Ordering::Relaxed);
        self.here = bytes;
    }
}

/// A file that is being transferred, with its address and its paths.
struct Way<'a> {
    file: &'a PlannedFile,
    what: String,
    address: String,
    incomplete: PathBuf,
    blob: PathBuf,
}

impl Transfer<'_> {
    /// Downloads `file` of `repository` into the cache and links it in the snapshot.
    ///
    /// # Errors
    /// If the file cannot be downloaded, or does not have the hub's hash. Data that has arrived is kept, except data with a
    /// wrong hash.
    pub fn bring(&self, file: &PlannedFile, repository: &PlannedRepository, stop: Stop<'_>) -> Result<()> {
        let way = Way {
            file,
            what: format!("{} of {}", file.path, repository.name),
            address: listing::address(self.settings, &repository.name, &repository.commit, &file.path),
            incomplete: repository.places.incomplete(file.hash.name()),
            blob: repository.places.blob(file.hash.name()),
        };
        let mut counted = Counted { total: self.arrived, here: file.arrived() };
        if let Some(folder) = way.blob.parent() {
            fs::create_dir_all(folder).map_err(|error| Problem::from_io(folder, "create the folder", &error))?;
        }
        let _lock = self.lock(&repository.places.lock(file.hash.name()), stop)?;
        // Another program, or another file with the same content, may have completed it meanwhile.
        if !is_whole(&way.blob, file, stop)? {
            self.client.persist(stop, || self.attempt(&way, &mut counted, stop))?;
        }
        counted.set(file.bytes);
        repository.places.link(&repository.commit, &file.path, file.hash.name())
    }

    /// Takes the lock that Python's huggingface_hub also takes. If the file system has no locks, two programs may do the same
    /// work: both write the same bytes at the same places, and a file with a wrong hash gets no name.
    fn lock(&self, path: &Path, stop: Stop<'_>) -> Result<Lock> {
        let mut waits = false;
        let lock = Lock::take(path, || {
            if !std::mem::replace(&mut waits, true) {
                self.waiting.fetch_add(1, Ordering::Relaxed);
            }
            if stop() { Err(cancelled()) } else { Ok(()) }
        });
        if waits {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
        }
        lock
    }

    /// Downloads through one connection, checks the hash, and gives a correct file its name.
    fn attempt(&self, way: &Way<'_>, counted: &mut Counted<'_>, stop: Stop<'_>) -> std::result::Result<(), Failure> {
        let size = way.file.bytes;
        let mut start = fs::metadata(&way.incomplete).map_or(0, |metadata| metadata.len());
        if start > size {
            discard(&way.incomplete)?;
            start = 0;
        }
        counted.set(start);
        let resumed = start > 0;
        if start < size {
            self.receive(way, start, counted, stop)?;
        } else {
            // The file has no bytes.
            OpenOptions::new()
                .create(true)
                .append(true)
                .open(&way.incomplete)
                .map_err(|error| unwritable(&way.incomplete, &error))?;
        }
        let found = way.file.hash.same_of(&way.incomplete, stop)?;
        if found == way.file.hash {
            return name(&way.incomplete, &way.blob).map_err(Failure::Final);
        }
        discard(&way.incomplete)?;
        counted.set(0);
        let what = format_args!("what arrives is another file: {found}, the hub says {}", way.file.hash);
        let problem =
            Problem::new(&way.what, what, "start again; if it stays so, a proxy or mirror changes files: check HF_ENDPOINT");
        // The part that was kept from an earlier try may be wrong; it is deleted now, so a retry may succeed.
        Err(if resumed { Failure::Passing { problem, wait: Some(Duration::ZERO), gained: false } } else { problem.into() })
    }

    /// Writes the hub's data, from byte `start` on, into the incomplete file.
    fn receive(&self, way: &Way<'_>, start: u64, counted: &mut Counted<'_>, stop: Stop<'_>) -> std::result::Result<(), Failure> {
        let size = way.file.bytes;
        let response = self.client.get(&way.address, start, &way.what)?;
        let begins = expect_size(&response, start, way)?;
        if begins != start {
            // The hub sends the whole file although a part was asked for.
            discard(&way.incomplete)?;
        }
        let failed = |error: std::io::Error| unwritable(&way.incomplete, &error);
        // The position is set explicitly, not to the end of the file: on a file system without locks another program may write
        // the same bytes.
        let mut file = OpenOptions::new().create(true).truncate(false).write(true).open(&way.incomplete).map_err(failed)?;
        file.seek(SeekFrom::Start(begins)).map_err(failed)?;
        let mut at = begins;
        let mut reader = response.into_body().into_reader();
        let mut piece = vec![0; PIECE];
        let (mut since, mut then) = (Instant::now(), begins);
        while at < size {
            let gained = at >= begins + GAIN;
            let passing = |what: String| {
                let problem = Problem::environment(&way.what, what, "start again: what has arrived is kept");
                Failure::Passing { problem, wait: None, gained }
            };
            if stop() {
                return Err(cancelled().into());
            }
            let room = piece.len().min(usize::try_from(size - at).unwrap_or(usize::MAX));
            let count = match reader.read(&mut piece[..room]) {
                Ok(0) => return Err(passing(format!("the connection ended after {} of {}", bytes(at), bytes(size)))),
                Ok(count) => count,
                Err(error) if is_timeout(&error) => return Err(passing(self.stalled(at, size))),
                Err(error) => {
                    return Err(passing(format!("the connection broke after {} of {}: {error}", bytes(at), bytes(size))));
                }
            };
            file.write_all(&piece[..count]).map_err(failed)?;
            at += count as u64;
            counted.set(at);
            let elapsed = since.elapsed();
            if elapsed >= self.settings.patience {
                if ((at - then) as f64) < SLOWEST as f64 * elapsed.as_secs_f64() && at < size {
                    return Err(passing(self.stalled(at, size)));
                }
                (since, then) = (Instant::now(), at);
            }
        }
        file.sync_all().map_err(failed)?;
        Ok(())
    }

    fn stalled(&self, at: u64, size: u64) -> String {
        let seconds = self.settings.patience.as_secs_f64();
        format!("after {} of {} almost nothing arrived for {seconds} s", bytes(at), bytes(size))
    }
}

/// The byte of the file at which the answer begins.
///
/// # Errors
/// If the answer does not belong to a file of the planned size, or begins at another byte.
fn expect_size(response: &Response<ureq::Body>, start: u64, way: &Way<'_>) -> std::result::Result<u64, Failure> {
    let size = way.file.bytes;
    let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
    let wrong = |what: String| {
        let remedy = "start again; if it stays so, a proxy or mirror changes files: check HF_ENDPOINT";
        Failure::Final(Problem::new(&way.what, what, remedy))
    };
    let announced = |announced: u64| format!("the hub sends {announced} bytes of a file that has {size}");
    match response.status().as_u16() {
        206 => {
            // Example: bytes 100-199/200
            let range = header(CONTENT_RANGE).and_then(|range| range.strip_prefix("bytes ")?.split_once('/'));
            let parsed = range.and_then(|(range, total)| Some((range.split_once('-')?.0.parse::<u64>().ok()?, total)));
            match parsed {
                Some((begins, _)) if begins != start => {
                    Err(wrong(format!("asked for byte {start}, the hub sends from {begins}")))
                }
                Some((_, total)) if total != "*" && total.parse() != Ok(size) => {
                    Err(wrong(format!("the hub sends {total} bytes of a file that has {size}")))
                }
                Some(_) => Ok(start),
                None => Err(wrong("the hub sends a part without saying which".to_owned())),
            }
        }
        200 => match header(CONTENT_LENGTH).and_then(|length| length.parse().ok()) {
            Some(length) if length != size => Err(wrong(announced(length))),
            _ => Ok(0),
        },
        // Only 416 is left: the hub has no data from that byte on, so the part that is here does not belong to the file.
        _ => {
            discard(&way.incomplete)?;
            let what = format!("the hub has nothing after {start} of {size} bytes");
            Err(Failure::passing(Problem::new(&way.what, what, "start again: the part that is here was dropped")))
        }
    }
}

fn is_timeout(error: &std::io::Error) -> bool {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<ureq::Error>());
    matches!(inner, Some(ureq::Error::Timeout(_))) || matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock)
}

/// Whether the complete file is at `path`, with the right size and hash.
fn is_whole(path: &Path, file: &PlannedFile, stop: Stop<'_>) -> Result<bool> {
    if !fs::metadata(path).is_ok_and(|metadata| metadata.len() == file.bytes) {
        return Ok(false);
    }
    Ok(file.hash.same_of(path, stop)? == file.hash)
}

/// Gives the file its name, as the last step.
fn name(incomplete: &Path, blob: &Path) -> Result<()> {
    match fs::rename(incomplete, blob) {
        // On a file system without locks, another program was faster.
        Err(error) if error.kind() == ErrorKind::NotFound && blob.exists() => {}
        other => other.map_err(|error| Problem::from_io(blob, "write it", &error))?,
    }
    #[cfg(unix)]
    if let Some(folder) = blob.parent() {
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| Problem::from_io(folder, "write it", &error))?;
    }
    Ok(())
}

fn discard(path: &Path) -> Result<()> {
    remove_if_there(path).map_err(|error| Problem::from_io(path, "remove it", &error))
}

fn unwritable(path: &Path, error: &std::io::Error) -> Problem {
    let remedy = match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            let place = setting();
            format!(
                "free some space (or raise the limit), or put the cache on another disk with {place}, and start again: what has arrived is kept"
            )
        }
        _ => "check the permissions of the folder, and the disk".to_owned(),
    };
    Problem::environment(path.display(), format_args!("cannot write it: {error}"), remedy)
}
