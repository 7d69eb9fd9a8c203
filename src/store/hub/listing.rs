//! The hub's description of a repository: its commit, and the size and hash of every file.

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use super::cache::is_commit;
use super::client::{Client, Failure, Stop};
use super::hash::FileHash;
use super::settings::Settings;
use crate::core::format_error::of_json;
use crate::core::problem::{Problem, Result};
use crate::core::text::{bytes as in_words, excerpt};
use crate::store::presets::Repository;

/// The longest answer that is read, in bytes: enough for ten thousand files.
const LONGEST: u64 = 16_000_000;

/// Most bytes that a file can have: the hub takes none that is larger than a ninth of that.
const LARGEST: u64 = 1 << 42;

/// The characters that are escaped in the path of an address.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'_').remove(b'.').remove(b'-').remove(b'~').remove(b'/');

/// The characters that are escaped in a revision, which include its slashes.
const PART: &AsciiSet = &PATH.add(b'/');

/// A repository as it is on the hub now.
#[derive(Debug)]
pub struct Listing {
    /// The commit to which the revision points.
    pub commit: String,
    /// All files of the repository, by path.
    pub files: BTreeMap<String, Listed>,
}

/// Size and hash of a file of the repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Size in bytes.
    pub bytes: u64,
    /// Hash that the hub gives for the file.
    pub hash: FileHash,
}

#[derive(Deserialize)]
struct Answer {
    sha: String,
    siblings: Vec<Sibling>,
}

#[derive(Deserialize)]
struct Sibling {
    rfilename: String,
    size: Option<u64>,
    #[serde(rename = "blobId")]
    blob_id: Option<String>,
    lfs: Option<Lfs>,
}

#[derive(Deserialize)]
struct Lfs {
    sha256: String,
    size: u64,
}

/// Asks the hub for the listing of `repository`.
pub fn ask(client: &Client<'_>, settings: &Settings, repository: &Repository, stop: Stop<'_>) -> Result<Listing> {
    let revision = utf8_percent_encode(&repository.revision, PART);
    let address = format!("{}/api/models/{}/revision/{revision}?blobs=true", settings.endpoint, repository.name);
    let what = format!("{} ({})", repository.name, excerpt(&repository.revision, 60));
    client
        .persist(stop, || {
            let mut response = client.get(&address, 0, &what)?;
            let text = response.body_mut().with_config().limit(LONGEST).read_to_vec().map_err(|error| {
                let remedy = "try again later, or check HF_ENDPOINT";
                Failure::passing(Problem::new(&what, format_args!("the hub's answer breaks off: {error}"), remedy))
            })?;
            let answer: Answer = serde_json::from_slice(&text).map_err(|error| {
                let says = format!("the answer is not that of a hub: it {}", of_json(&text, &error));
                Problem::new(&what, says, "check HF_ENDPOINT, and whether the network wants a login")
            })?;
            Ok(read(answer, &what)?)
        })
        .and_then(|listing| expect_pinned(listing, &repository.revision, &what))
}

/// If the revision is a commit, the hub must answer with this commit: a hub that answers with another one does not have it.
fn expect_pinned(listing: Listing, revision: &str, what: &str) -> Result<Listing> {
    if !is_commit(revision) || revision.eq_ignore_ascii_case(&listing.commit) {
        return Ok(listing);
    }
    Err(Problem::new(
        what,
        format_args!("the hub answers with commit {} instead of the pinned one", listing.commit),
        "correct the revision in models.toml, or check HF_ENDPOINT: some mirrors know no revisions",
    ))
}

/// Checks and converts the hub's answer. It becomes file names here, so nothing in it is trusted.
fn read(answer: Answer, what: &str) -> Result<Listing> {
    let bad = |says: String| Problem::new(what, says, "check HF_ENDPOINT");
    if !is_commit(&answer.sha) {
        return Err(bad(format!("'{}' is not a commit", excerpt(&answer.sha, 60))));
    }
    let mut files = BTreeMap::new();
    for Sibling { rfilename, size, blob_id, lfs } in answer.siblings {
        let (bytes, name) = match lfs {
            Some(lfs) => (Some(lfs.size), Some(lfs.sha256)),
            None => (size, blob_id),
        };
        let (Some(bytes), Some(name)) = (bytes, name) else {
            return Err(bad(format!("size and hash of {} are not told", excerpt(&rfilename, 80))));
        };
        if bytes > LARGEST {
            let (path, size) = (excerpt(&rfilename, 80), in_words(bytes));
            return Err(bad(format!("the listing says that {path} has {size}, more than any file on a hub")));
        }
        let hash = FileHash::named(&name)
            .ok_or_else(|| bad(format!("'{}', the hash of {}, is not a hash", excerpt(&name, 80), excerpt(&rfilename, 80))))?;
        files.insert(rfilename, Listed { bytes, hash });
    }
    Ok(Listing { commit: answer.sha.to_ascii_lowercase(), files })
}

/// The address of a file of a commit on the hub.
pub fn address(settings: &Settings, repository: &str, commit: &str, path: &str) -> String {
    format!("{}/{repository}/resolve/{commit}/{}", settings.endpoint, utf8_percent_encode(path, PATH))
}
