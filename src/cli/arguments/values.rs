//! How the values of flags are read. What is wrong with one follows clap's own words, which name flag and value.

use std::num::NonZeroUsize;
use std::time::Duration;

use super::{BackendChoice, ThemeChoice};
use crate::app::state::ThemeName;
use crate::core::problem::Problem;
use crate::core::request::MOST_STEPS;
use crate::engine::synth::Layout;
use crate::engine::threads::cores;

/// A count.
pub fn positive(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number) if number > 0 => Ok(number),
        _ => Err("use a whole number from 1 up".to_owned()),
    }
}

/// Points on a path.
pub fn steps(text: &str) -> Result<usize, String> {
    match positive(text) {
        Ok(steps) if steps <= MOST_STEPS => Ok(steps),
        _ => Err(format!("use a whole number from 1 to {MOST_STEPS}")),
    }
}

/// Threads that compute.
pub fn threads(text: &str) -> Result<NonZeroUsize, String> {
    let cores = cores();
    let found = text.parse::<NonZeroUsize>().ok().filter(|threads| threads.get() <= cores);
    found.ok_or_else(|| format!("use a whole number from 1 to {cores}, the cores of this machine, or leave it out to use all"))
}

/// A time.
pub fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.0..=3600.0).contains(&seconds) => Ok(Duration::from_secs_f64(seconds)),
        _ => Err("use a number of seconds from 0 to 3600".to_owned()),
    }
}

/// What |effect| must exceed.
pub fn threshold(text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(number) if number.is_finite() && number >= 0.0 => Ok(number),
        _ => Err("use a number from 0 up, such as 0.1".to_owned()),
    }
}

/// How dictionaries are written.
pub fn layout(text: &str) -> Result<Layout, String> {
    let named = Layout::ALL.into_iter().find(|layout| layout.name() == text);
    named.ok_or_else(|| "use sae-lens, dictionary-learning or zip".to_owned())
}

/// A theme.
pub fn theme(text: &str) -> Result<ThemeChoice, String> {
    if text == "auto" {
        return Ok(ThemeChoice::Auto);
    }
    let named = ThemeName::ALL.into_iter().find(|theme| theme.name() == text);
    named.map(ThemeChoice::Named).ok_or_else(|| "use auto, dark, light, 16 or mono".to_owned())
}

/// A backend.
pub fn backend(text: &str) -> Result<BackendChoice, String> {
    if text == "auto" {
        return Ok(BackendChoice::Auto);
    }
    text.parse().map(BackendChoice::Named).map_err(|problem: Problem| problem.to_string())
}
