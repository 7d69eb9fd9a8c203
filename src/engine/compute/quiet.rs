//! Starts a card. burn's own start-up panics, on several threads, where a driver or an adapter is missing.

use std::panic::{catch_unwind, set_hook, take_hook};

use crate::core::text::excerpt;

/// Does `work` without any panic reaching the terminal; a panic's message becomes the error.
pub fn quietly<T>(work: impl FnOnce() -> T + std::panic::UnwindSafe) -> Result<T, String> {
    let hook = take_hook();
    set_hook(Box::new(|_| {}));
    let outcome = catch_unwind(work);
    set_hook(hook);
    outcome.map_err(|panic| {
        let reason = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or(panic.downcast_ref::<&str>().copied())
            .unwrap_or("no reason given");
        excerpt(reason, 160)
    })
}
