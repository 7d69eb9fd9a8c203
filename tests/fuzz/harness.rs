//! Runs the cases of a door.

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use crate::faults;
use crate::mutate::Mutator;
use crate::numbers::Numbers;
use crate::watchdog::{keep, watched};

/// What a reader made of an input.
pub enum Verdict {
    /// It was read, and the oracle agrees.
    Read,
    /// It was refused with this message.
    Refused(String),
    /// It was read although the oracle says that it must not be, or read wrong.
    Wrong(String),
}

impl Verdict {
    /// A refusal, or what the oracle says of the value.
    pub fn of<T, E: std::fmt::Display>(outcome: Result<T, E>, oracle: impl FnOnce(T) -> Result<(), String>) -> Self {
        match outcome.map(oracle) {
            Err(refusal) => Self::Refused(refusal.to_string()),
            Ok(Ok(())) => Self::Read,
            Ok(Err(wrong)) => Self::Wrong(wrong),
        }
    }
}

/// A reader with files to begin from.
pub struct Door<'a> {
    pub name: &'static str,
    /// Whole files, from which cases are made.
    pub seeds: Vec<Vec<u8>>,
    pub mutator: Mutator,
    /// One of so many cases is tried here, because each takes long.
    pub one_in: u64,
    pub read: &'a dyn Fn(&[u8]) -> Verdict,
}

/// Words of parsing libraries that must not reach a user, and control characters' names: a message is one printable line.
const FOREIGN_WORDS: [&str; 20] = [
    "invalid Zip archive",
    "Invalid local file header",
    "Invalid checksum",
    "deflate stream",
    "gzip stream",
    "deflate decompression",
    "untagged enum",
    "did not match any variant",
    "invalid type:",
    "expected value at line",
    "expected struct",
    "expected a sequence",
    "missing field `",
    "unknown field `",
    "unknown variant `",
    "duplicate field `",
    "EOF while parsing",
    "recursion limit exceeded",
    "invalid digit found",
    "is no TOML at '[[",
];

fn objection(verdict: &Verdict) -> Option<String> {
    match verdict {
        Verdict::Read => None,
        Verdict::Wrong(why) => Some(format!("accepted: {why}")),
        Verdict::Refused(message) => {
            let foreign = FOREIGN_WORDS.into_iter().find(|words| message.contains(words));
            let is_line = !message.is_empty() && !message.chars().any(char::is_control);
            let about = |what: &str| Some(format!("{what}: {message}"));
            match foreign {
                Some(words) => about(&format!("the words '{words}' of a library")),
                None if !is_line => about("no printable line"),
                None if message.len() > 4000 => about("a message of more than 4000 bytes"),
                None => None,
            }
        }
    }
}

#[derive(Default)]
struct Count {
    cases: u64,
    refused: u64,
    slow: u64,
    failures: Vec<String>,
}

/// Longest input: repetitions of repetitions would otherwise take the time of the door, whose readers are linear.
const LONGEST: usize = 1 << 20;

/// Most failures that are collected before a door is given up.
const ENOUGH: usize = 20;

impl Door<'_> {
    /// Tries the inputs that failed once, then new ones.
    ///
    /// # Panics
    /// If the reader panics, takes what it must refuse, or refuses in words that help nobody.
    pub fn pass(&self) {
        let asked = std::env::var("SAESCOPE_FUZZ_CASES").ok().map(|text| text.parse::<u64>().unwrap());
        let mut count = Count::default();
        for seed in &self.seeds {
            if let Verdict::Refused(message) | Verdict::Wrong(message) = (self.read)(seed) {
                panic!("{}: a whole file is refused: {message}", self.name);
            }
        }
        for (name, input) in self.known() {
            self.try_one(&name, input, &mut count);
        }
        for number in 0..asked.unwrap_or(if cfg!(debug_assertions) { 200 } else { 2000 }).div_ceil(self.one_in) {
            if count.failures.len() >= ENOUGH {
                break;
            }
            let mut numbers = Numbers::of(self.name, number);
            let mut input = numbers.of_these(&self.seeds).clone();
            for _ in 0..=numbers.below(4) {
                input = self.mutator.changed(&input, &self.seeds, &mut numbers);
                input.truncate(LONGEST);
            }
            self.try_one(&number.to_string(), input, &mut count);
        }
        if asked.is_some() {
            let Count { cases, refused, slow, failures } = &count;
            let line = format!(
                "| {:<24} | {cases:>8} cases | {refused:>8} refused | {slow:>3} over 2 s | {:>3} failures |\n",
                self.name,
                failures.len()
            );
            std::io::stderr().write_all(line.as_bytes()).unwrap();
        }
        assert!(count.failures.is_empty(), "{}:\n{}", self.name, count.failures.join("\n"));
    }

    fn try_one(&self, number: &str, input: Vec<u8>, count: &mut Count) {
        let input = Arc::new(input);
        let mut outcome = None;
        let took = watched(self.name, number, &input, || {
            outcome = Some(catch_unwind(AssertUnwindSafe(|| (self.read)(&input))));
        });
        count.cases += 1;
        count.slow += u64::from(took > Duration::from_secs(2));
        let objection = match outcome.unwrap() {
            Ok(verdict) => {
                count.refused += u64::from(matches!(verdict, Verdict::Refused(_)));
                objection(&verdict).or_else(|| faults::objection(self.name, number, &verdict))
            }
            Err(panic) => {
                let reason = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
                Some(format!("panic: {}", reason.unwrap_or("no reason")))
            }
        };
        if let Some(objection) = objection {
            let path = keep(&format!("{}-{number}", self.name), &input);
            count.failures.push(format!("{}: {objection}", path.display()));
        }
    }

    /// The inputs that failed once.
    fn known(&self) -> Vec<(String, Vec<u8>)> {
        let Ok(entries) = std::fs::read_dir(faults::folder(self.name)) else { return Vec::new() };
        let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        let named =
            |path: std::path::PathBuf| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap());
        paths.into_iter().map(named).collect()
    }
}
