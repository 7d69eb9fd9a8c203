//! `saescope fetch` against a hub of the test's own: whatever happens, no file has its final name unless it is the file, and every failure
//! is one line with a remedy.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::string_slice,
    clippy::float_cmp,
    clippy::semicolon_if_nothing_returned,
    reason = "a test that cannot go on should panic"
)]

#[path = "../support/hub.rs"]
mod hub;
#[path = "../support/terminal.rs"]
#[allow(dead_code, reason = "each test binary uses its own part")]
mod terminal;

mod complete;
mod computed;
mod disk;
mod headers;
mod interrupted;
mod offline;
mod refused;
mod user;
mod wrong;
