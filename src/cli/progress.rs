//! Progress bars on standard error, redrawn in place; hidden if standard error is not a terminal.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Interval at which rate and remaining time are drawn again, also without news. indicatif's own ticks would need a thread, and
/// it panics where the system starts no more.
pub const TICK: Duration = Duration::from_millis(200);

/// A bar drawn by `template`, in indicatif's notation; its owner ticks it.
pub fn bar(template: &str) -> ProgressBar {
    let target = if is_shown() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(None, target);
    restyle(&bar, template);
    bar
}

/// Whether bars are drawn: only if standard error is a terminal.
pub fn is_shown() -> bool {
    std::io::stderr().is_terminal()
}

/// Draws `bar` by another template from now on.
pub fn restyle(bar: &ProgressBar, template: &str) {
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
}
