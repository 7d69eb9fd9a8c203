//! Hashes and measures of weight files: found out by reading gigabytes, or known from before while the file is in the same state.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::core::file_facts::{FileFacts, PartState};
use crate::core::problem::Result;
use crate::engine::cancel::Cancel;
use crate::engine::hash::{is_sha256_hex, sha256_hex_unless};
use crate::engine::tensor_file::Bytes;

/// Bytes of the smallest file of which something is kept: hashing a smaller one takes about as long as looking for what is known of it.
const SMALLEST: u64 = 16 << 20;

static FACTS: OnceLock<Box<dyn FileFacts>> = OnceLock::new();

static FINDS_OUT_AGAIN: AtomicBool = AtomicBool::new(false);

/// From now on, what is found out about files is kept in `facts`. Only the first call counts.
pub fn keep_in(facts: Box<dyn FileFacts>) {
    // A second place would hold nothing that the first does not.
    let _ = FACTS.set(facts);
}

/// From now on, everything is found out again, whatever is known.
pub fn find_out_again() {
    FINDS_OUT_AGAIN.store(true, Ordering::Relaxed);
}

/// The SHA-256 of `bytes`, as 64 hexadecimal digits. A mapped file is released piece by piece, so that hashing gigabytes does not count
/// as using as much memory. `name` is what messages call the file.
///
/// # Errors
/// When `cancel` is raised, or the file became shorter.
pub fn sha256(name: &str, bytes: &Bytes, cancel: &Cancel) -> Result<String> {
    known_or(bytes, "sha256", |hash: &String| is_sha256_hex(hash), || sha256_now(name, bytes, cancel))
}

/// As [`sha256`], whatever is known from before.
///
/// # Errors
/// As for [`sha256`].
pub fn sha256_now(name: &str, bytes: &Bytes, cancel: &Cancel) -> Result<String> {
    let hash = sha256_hex_unless(cancel, bytes.as_slice(), |piece| bytes.release_range(piece))?;
    bytes.expect_whole(name)?;
    Ok(hash)
}

/// What is known as `what` of `bytes`, if it `can_be`: the file of what is known may be damaged. Otherwise what `find_out` says.
///
/// # Errors
/// Those of `find_out`.
pub fn known_or<T: Serialize + DeserializeOwned>(
    bytes: &Bytes,
    what: &str,
    can_be: impl Fn(&T) -> bool,
    find_out: impl FnOnce() -> Result<T>,
) -> Result<T> {
    match FACTS.get().zip(bytes.state().filter(|state| state.file.length >= SMALLEST)) {
        None => find_out(),
        Some((facts, state)) => known_in(&**facts, state, what, can_be, find_out),
    }
}

fn known_in<T: Serialize + DeserializeOwned>(
    facts: &dyn FileFacts,
    state: &PartState,
    what: &str,
    can_be: impl Fn(&T) -> bool,
    find_out: impl FnOnce() -> Result<T>,
) -> Result<T> {
    let recalled = || facts.recall(state, what).and_then(|fact| serde_json::from_str(&fact).ok()).filter(&can_be);
    if let Some(known) = (!FINDS_OUT_AGAIN.load(Ordering::Relaxed)).then(recalled).flatten() {
        return Ok(known);
    }
    let found = find_out()?;
    if let Ok(fact) = serde_json::to_string(&found) {
        facts.keep(state, what, fact);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::time::Duration;

    use super::*;
    use crate::core::file_facts::FileState;
    use crate::engine::hash::sha256_hex;

    /// The last fact of a state.
    #[derive(Default)]
    struct Last(Mutex<Option<(PartState, String)>>);

    impl FileFacts for Last {
        fn recall(&self, file: &PartState, _: &str) -> Option<String> {
            self.0.lock().unwrap().clone().filter(|(kept, _)| kept == file).map(|(_, fact)| fact)
        }

        fn keep(&self, file: &PartState, _: &str, fact: String) {
            *self.0.lock().unwrap() = Some((*file, fact));
        }
    }

    const FILE: FileState = FileState { device: 1, inode: 2, length: 3, modified: 4, changed: 5 };
    const STATE: PartState = PartState { file: FILE, part: [0, 3] };

    #[test]
    fn a_fact_is_found_out_once_for_each_state() {
        let facts = Last::default();
        let ask = |state: &PartState, fact: u32| known_in(&facts, state, "a number", |_| true, || Ok(fact)).unwrap();
        assert_eq!((ask(&STATE, 1), ask(&STATE, 2)), (1, 1));
        let of = |file: FileState| PartState { file, ..STATE };
        let others = [
            of(FileState { device: 9, ..FILE }),
            of(FileState { inode: 9, ..FILE }),
            of(FileState { length: 9, ..FILE }),
            of(FileState { modified: 9, ..FILE }),
            of(FileState { changed: 9, ..FILE }),
            PartState { part: [1, 3], ..STATE },
        ];
        for other in others {
            assert_eq!((ask(&other, 3), ask(&STATE, 1)), (3, 1), "{other:?}");
        }
    }

    #[test]
    fn what_is_kept_in_another_form_or_cannot_be_is_found_out_again() {
        for kept in ["\"no number\"", "101"] {
            let facts = Last(Mutex::new(Some((STATE, kept.to_owned()))));
            assert_eq!(known_in(&facts, &STATE, "a share", |share| *share <= 100, || Ok(7)), Ok(7));
            assert_eq!(facts.recall(&STATE, ""), Some("7".to_owned()));
        }
    }

    /// The program of the tests is a file that is large, and older than a few seconds or soon will be.
    #[test]
    fn a_mapped_file_is_hashed_once() {
        static LAST: Last = Last(Mutex::new(None));
        struct Shared;
        impl FileFacts for Shared {
            fn recall(&self, file: &PartState, what: &str) -> Option<String> {
                LAST.recall(file, what)
            }

            fn keep(&self, file: &PartState, what: &str, fact: String) {
                LAST.keep(file, what, fact);
            }
        }
        let program = std::env::current_exe().unwrap();
        let mut bytes = Bytes::map(&program).unwrap();
        while bytes.state().is_none() {
            std::thread::sleep(Duration::from_millis(100));
            bytes = Bytes::map(&program).unwrap();
        }
        let state = *bytes.state().unwrap();
        keep_in(Box::new(Shared));
        let hash = || sha256("the program", &bytes, &Cancel::default()).unwrap();
        let found = hash();
        assert_eq!(found, sha256_hex(bytes.as_slice()));
        assert_eq!(LAST.recall(&state, "sha256"), Some(format!("\"{found}\"")));
        let other = "0".repeat(64);
        LAST.keep(&state, "sha256", format!("\"{other}\""));
        assert_eq!(hash(), other, "it is not hashed again");
        LAST.keep(&state, "sha256", "\"a lie\"".to_owned());
        assert_eq!(hash(), found, "what is no hash is found out again");
    }
}
