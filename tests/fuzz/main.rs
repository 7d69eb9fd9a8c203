//! Every reader of the program, fed with files that somebody else wrote, damaged or made up: whatever comes in, it is refused in
//! one line or read right, in bounded time and memory.
//!
//! A door is a reader with files to begin from and an oracle. Its cases follow from its name and their number, so a failure can
//! be repeated. `SAESCOPE_FUZZ_CASES=1000000 cargo test --release --test fuzz` tries so many at each door (a tenth or a
//! hundredth of it where a case draws a screen or asks a server) and prints a table; without it, few are tried. Inputs that
//! failed once are in `tests/fixtures/faults` and come first; `faults` says what is said of them now.
#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a test that cannot go on should panic")]

mod doors;
mod faults;
mod harness;
mod mutate;
mod numbers;
#[path = "../support/mod.rs"]
mod support;
mod watchdog;
