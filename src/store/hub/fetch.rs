//! Carries out a plan: hashes the files that are present, transfers the missing ones, links all of them, and records their
//! hashes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use super::cache::{Local, Places, described, local};
use super::client::{Client, Stop, Tell};
use super::hash::FileHash;
use super::parallel::in_parallel;
use super::plan::{Changes, Plan, PlannedFile, Presence};
use super::records::{Complete, RecordedFile, Records};
use super::settings::Settings;
use super::space;
use super::transfer::Transfer;
use crate::core::problem::{Problem, Result};
use crate::core::progress::Progress;
use crate::core::request::ModelSource;
use crate::store::presets::Preset;

/// Hashes the files that are present and returns the paths of damaged ones. A file whose hash differs from the hub's counts as
/// missing from then on.
///
/// # Errors
/// If a file cannot be read, or `stop` returns true.
pub fn check(plan: &mut Plan, settings: &Settings, tell: Tell<'_>, stop: Stop<'_>) -> Result<Vec<String>> {
    let here: Vec<(usize, &PlannedFile)> = plan.files.iter().enumerate().filter(|(_, file)| file.is_here()).collect();
    let total = here.iter().map(|(_, file)| file.bytes).sum();
    let (done, damaged) = (AtomicU64::new(0), Mutex::new(Vec::new()));
    let work = |(index, file): &(usize, &PlannedFile), stop: Stop<'_>| {
        if let Presence::Here(path) = &file.presence
            && file.hash.same_of(path, stop)? != file.hash
            && let Ok(mut damaged) = damaged.lock()
        {
            damaged.push(*index);
        }
        done.fetch_add(file.bytes, Ordering::Relaxed);
        Ok(())
    };
    let watch = || tell(Progress { stage: "checking".to_owned(), done: done.load(Ordering::Relaxed), total });
    in_parallel(&here, settings.parallel, stop, work, watch)?;
    let mut damaged = damaged.into_inner().unwrap_or_default();
    damaged.sort_unstable();
    let mut paths = Vec::new();
    for index in damaged {
        plan.files[index].presence = Presence::Missing;
        paths.push(plan.files[index].path.clone());
    }
    Ok(paths)
}

/// Transfers the missing files and links all files. Afterwards every file of the plan is present.
///
/// # Errors
/// If the disk has too little room, or a file cannot be downloaded. Data that has arrived is kept.
pub fn fetch(plan: &Plan, settings: &Settings, tell: Tell<'_>, stop: Stop<'_>) -> Result<()> {
    space::expect(&settings.cache, plan.to_come())?;
    let missing: Vec<&PlannedFile> = plan.files.iter().filter(|file| !file.is_here()).collect();
    let total = missing.iter().map(|file| file.bytes).sum();
    let arrived = AtomicU64::new(missing.iter().map(|file| file.arrived()).sum());
    let waiting = AtomicU64::new(0);
    let transfer = Transfer { client: Client::new(settings), settings, arrived: &arrived, waiting: &waiting };
    let work = |file: &&PlannedFile, stop: Stop<'_>| transfer.bring(file, &plan.repositories[file.repository], stop);
    let watch = || {
        let waits = waiting.load(Ordering::Relaxed) > 0;
        let stage = transfer.client.stage(if waits { "another program downloads the same" } else { "downloading" });
        tell(Progress { stage, done: arrived.load(Ordering::Relaxed), total });
    };
    in_parallel(&missing, settings.parallel, stop, work, watch)?;
    for file in plan.files.iter().filter(|file| file.is_here()) {
        let repository = &plan.repositories[file.repository];
        let named = repository.places.snapshot(&repository.commit).join(&file.path);
        // The file may be present under its hash only.
        if !matches!(&file.presence, Presence::Here(path) if *path == named) {
            repository.places.link(&repository.commit, &file.path, file.hash.name())?;
        }
    }
    // This comes last, so that a moved branch refers to the new commit only when all files of that commit are present.
    plan.repositories.iter().try_for_each(|repository| repository.places.refer(&repository.revision, &repository.commit))
}

/// Plans, checks, transfers and records `preset` without asking the user.
///
/// # Errors
/// If `preset` cannot be downloaded, or files differ from those of the first download. Data that has arrived is kept.
pub fn bring(preset: &Preset, settings: &Settings, data: &Path, tell: Tell<'_>, stop: Stop<'_>) -> Result<ModelSource> {
    let mut records = Records::open(data)?;
    if settings.offline {
        let what = "must not be used: HF_HUB_OFFLINE is set";
        return Err(Problem::new("the network", what, "start saescope without it to download"));
    }
    let mut plan = Plan::make(preset, settings, &records, Changes::Refuse, tell, stop)?;
    check(&mut plan, settings, tell, stop)?;
    fetch(&plan, settings, tell, stop)?;
    record(&plan, &mut records, Changes::Refuse)?;
    match local(preset, &settings.cache) {
        Local::Complete(source) => Ok(source),
        Local::Missing(_) => {
            let what = "files vanished while they were downloaded";
            Err(Problem::new(settings.cache.display(), what, "see what else cleans this folder, and start again"))
        }
    }
}

/// Records the hashes of a plan that is complete.
///
/// # Errors
/// If the records cannot be written.
pub fn record(plan: &Plan, records: &mut Records, changes: Changes) -> Result<()> {
    let mut complete: Vec<Complete> = plan
        .repositories
        .iter()
        .map(|repository| Complete {
            repository: repository.name.clone(),
            revision: repository.revision.clone(),
            commit: repository.commit.clone(),
            files: BTreeMap::new(),
        })
        .collect();
    for file in &plan.files {
        let recorded = RecordedFile { bytes: file.bytes, hash: file.hash.name().to_owned() };
        complete[file.repository].files.insert(file.path.clone(), recorded);
    }
    records.add(&complete, changes == Changes::Accept)
}

/// The result of a check without the hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offline {
    /// The size of all files in bytes.
    pub bytes: u64,
    /// Number of files with a known hash, all of which match it.
    pub checked: usize,
    /// Number of files without a known hash.
    pub unknown: usize,
}

/// Checks the files of a complete preset without the hub, by their recorded hashes, or else by the hashes in their names in the
/// cache.
///
/// # Errors
/// If a file does not match its hash.
pub fn check_offline(preset: &Preset, settings: &Settings, records: &Records, tell: Tell<'_>, stop: Stop<'_>) -> Result<Offline> {
    let mut files = Vec::new();
    let mut offline = Offline { bytes: 0, checked: 0, unknown: 0 };
    for repository in preset.repositories() {
        let places = Places::new(&settings.cache, &repository.name);
        let snapshot = places.commit(&repository.revision).map(|commit| places.snapshot(&commit)).unwrap_or_default();
        for file in &repository.files {
            let path = snapshot.join(&file.path);
            offline.bytes += std::fs::metadata(&path).map_err(|error| Problem::from_io(&path, "read it", &error))?.len();
            let blob = || {
                let target = std::fs::read_link(&path).ok()?;
                FileHash::named(target.file_name()?.to_str()?)
            };
            match records.hash(&repository.name, &repository.revision, &file.path).or_else(blob) {
                Some(hash) => files.push((path, hash)),
                None => offline.unknown += 1,
            }
        }
    }
    offline.checked = files.len();
    let done = AtomicU64::new(0);
    let work = |(path, hash): &(PathBuf, FileHash), stop: Stop<'_>| {
        let found = hash.same_of(path, stop)?;
        if found != *hash {
            let what = format!("is damaged: {found}, it was {hash}");
            return Err(Problem::new(path.display(), what, "unset HF_HUB_OFFLINE and fetch again: it is downloaded anew"));
        }
        done.fetch_add(std::fs::metadata(path).map_or(0, |metadata| metadata.len()), Ordering::Relaxed);
        Ok(())
    };
    let watch = || tell(Progress { stage: "checking".to_owned(), done: done.load(Ordering::Relaxed), total: offline.bytes });
    in_parallel(&files, settings.parallel, stop, work, watch)?;
    Ok(offline)
}

/// The problem that files of a preset are missing and the hub must not be asked.
pub fn offline_problem(preset: &Preset, missing: &[(String, String)]) -> Problem {
    Problem::new(&preset.name, described(preset, missing), "unset HF_HUB_OFFLINE, or copy the cache from a machine that has them")
}
