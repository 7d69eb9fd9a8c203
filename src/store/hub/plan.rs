//! The plan of a download: for every file of a preset, its size and hash on the hub and how much of it is on this machine.

use std::path::PathBuf;
use std::sync::Mutex;

use super::cache::Places;
use super::client::{Client, Stop, Tell, cancelled};
use super::hash::FileHash;
use super::listing::{self, Listing};
use super::parallel::in_parallel;
use super::records::Records;
use super::settings::Settings;
use crate::core::problem::{Problem, Result};
use crate::core::progress::Progress;
use crate::store::presets::{Preset, Repository};

/// Whether files may differ from those of the first download.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changes {
    /// Differing files are a problem.
    Refuse,
    /// Differing files are accepted: the files that the hub has now replace the recorded ones.
    Accept,
}

/// A preset compared with the hub and with the disk.
#[derive(Debug)]
pub struct Plan {
    /// The preset's repositories, the model's first.
    pub repositories: Vec<PlannedRepository>,
    /// The files of all repositories.
    pub files: Vec<PlannedFile>,
}

/// A repository of a plan.
#[derive(Debug)]
pub struct PlannedRepository {
    /// `ORG/NAME`.
    pub name: String,
    /// The branch, tag or commit that the preset names.
    pub revision: String,
    /// The commit to which the revision points now.
    pub commit: String,
    /// The paths of the repository in the cache.
    pub places: Places,
}

/// A file of a plan.
#[derive(Debug, Clone)]
pub struct PlannedFile {
    /// Index of its repository in [`Plan::repositories`].
    pub repository: usize,
    /// Path in the repository.
    pub path: String,
    /// Size in bytes.
    pub bytes: u64,
    /// Hash that the hub gives for the file.
    pub hash: FileHash,
    /// How much of the file is on this machine.
    pub presence: Presence,
}

/// How much of a file is on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presence {
    /// A file of the right size at this path; its hash is checked later.
    Here(PathBuf),
    /// A partial download of this many bytes.
    Partial(u64),
    /// No part of the file.
    Missing,
}

impl Plan {
    /// Asks the hub for all repositories of `preset` and looks at the disk.
    ///
    /// # Errors
    /// If the hub cannot be asked, lacks a file, or has another file than at the first download.
    pub fn make(
        preset: &Preset,
        settings: &Settings,
        records: &Records,
        changes: Changes,
        tell: Tell<'_>,
        stop: Stop<'_>,
    ) -> Result<Self> {
        let client = Client::new(settings);
        let repositories: Vec<(&Repository, Mutex<Option<Listing>>)> =
            preset.repositories().map(|repository| (repository, Mutex::new(None))).collect();
        let ask = |(repository, answer): &(&Repository, Mutex<Option<Listing>>), stop: Stop<'_>| {
            let listing = listing::ask(&client, settings, repository, stop)?;
            if let Ok(mut answer) = answer.lock() {
                *answer = Some(listing);
            }
            Ok(())
        };
        let watch = || tell(Progress { stage: client.stage("asking the hub"), done: 0, total: 0 });
        in_parallel(&repositories, settings.parallel, stop, ask, watch)?;
        let mut plan = Self { repositories: Vec::new(), files: Vec::new() };
        for (repository, answer) in repositories {
            let Some(listing) = answer.into_inner().ok().flatten() else { return Err(cancelled()) };
            if changes == Changes::Refuse {
                expect_unchanged(repository, &listing, records)?;
            }
            plan.add(repository, &listing, Places::new(&settings.cache, &repository.name))?;
        }
        Ok(plan)
    }

    fn add(&mut self, repository: &Repository, listing: &Listing, places: Places) -> Result<()> {
        for file in &repository.files {
            let listed = listing.files.get(&file.path).ok_or_else(|| {
                let what = format_args!("has no file {} at {}", file.path, repository.revision);
                Problem::new(&repository.name, what, "correct files or revision in models.toml")
            })?;
            let (bytes, hash) = (listed.bytes, listed.hash.clone());
            let presence = presence(&places, &listing.commit, &file.path, bytes, &hash);
            self.files.push(PlannedFile { repository: self.repositories.len(), path: file.path.clone(), bytes, hash, presence });
        }
        self.repositories.push(PlannedRepository {
            name: repository.name.clone(),
            revision: repository.revision.clone(),
            commit: listing.commit.clone(),
            places,
        });
        Ok(())
    }

    /// The size of all files in bytes.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    /// Number of bytes that are still to be downloaded.
    pub fn to_come(&self) -> u64 {
        self.files.iter().map(|file| file.bytes - file.arrived()).sum()
    }
}

impl PlannedFile {
    /// Number of bytes of the file that are on this machine.
    pub fn arrived(&self) -> u64 {
        match self.presence {
            Presence::Here(_) => self.bytes,
            Presence::Partial(bytes) => bytes,
            Presence::Missing => 0,
        }
    }

    /// Whether a file of the right size is on this machine.
    pub fn is_here(&self) -> bool {
        matches!(self.presence, Presence::Here(_))
    }
}

fn presence(places: &Places, commit: &str, path: &str, bytes: u64, hash: &FileHash) -> Presence {
    let size = |path: &PathBuf| std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file).map(|metadata| metadata.len());
    let whole = [places.snapshot(commit).join(path), places.blob(hash.name())].into_iter().find(|path| size(path) == Some(bytes));
    match (whole, size(&places.incomplete(hash.name()))) {
        (Some(path), _) => Presence::Here(path),
        (None, Some(arrived)) if arrived > 0 => Presence::Partial(arrived.min(bytes)),
        _ => Presence::Missing,
    }
}

fn expect_unchanged(repository: &Repository, listing: &Listing, records: &Records) -> Result<()> {
    let Some(record) = records.find(&repository.name, &repository.revision) else { return Ok(()) };
    for file in &repository.files {
        let (Some(recorded), Some(listed)) = (record.files.get(&file.path), listing.files.get(&file.path)) else { continue };
        if recorded.hash == listed.hash.name() && recorded.bytes == listed.bytes {
            continue;
        }
        let what = format!(
            "{} is another file ({}) than at the first download on {} ({})",
            file.path,
            listed.hash,
            record.first_complete,
            FileHash::named(&recorded.hash).map_or_else(|| recorded.hash.clone(), |hash| hash.to_string()),
        );
        let remedy = format!(
            "keep the old one with revision = \"{}\" in models.toml, or take the new one with `saescope fetch --accept-changes`",
            record.commit
        );
        return Err(Problem::new(format_args!("{} ({})", repository.name, repository.revision), what, remedy));
    }
    Ok(())
}
