//! How the values of flags are read. What is wrong with one follows clap's own words, which name flag and value.

use std::num::NonZeroUsize;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::app::state::ThemeName;
use crate::core::request::{Backend, MOST_STEPS};
use crate::core::run::Method;
use crate::engine::synth::{Layout, Shape};
use crate::engine::threads::cores;

/// What `auto` is called where a flag also takes names.
const AUTO: &str = "auto";

/// The value of a flag that takes `auto` or a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice<T> {
    /// What is found to be best.
    Auto,
    /// This one.
    Named(T),
}

impl<T> Choice<T> {
    /// The one that was named; none for `auto`.
    pub fn named(self) -> Option<T> {
        match self {
            Self::Auto => None,
            Self::Named(value) => Some(value),
        }
    }
}

/// Reads one of `values` by its name. `--help`, messages and completions list the names.
fn one_of<T>(values: &'static [T], name: fn(T) -> &'static str) -> impl TypedValueParser<Value = T>
where
    T: Copy + Send + Sync + 'static,
{
    let find = move |text: String| values.iter().copied().find(|value| name(*value) == text).ok_or("is not known");
    PossibleValuesParser::new(values.iter().map(|value| name(*value))).try_map(find)
}

/// Reads `auto` or one of `values` by its name.
fn auto_or<T>(values: &'static [T], name: fn(T) -> &'static str) -> impl TypedValueParser<Value = Choice<T>>
where
    T: Copy + Send + Sync + 'static,
{
    let named = move |text: &str| values.iter().copied().find(|value| name(*value) == text).map(Choice::Named);
    let find = move |text: String| if text == AUTO { Ok(Choice::Auto) } else { named(&text).ok_or("is not known") };
    PossibleValuesParser::new(std::iter::once(AUTO).chain(values.iter().map(|value| name(*value)))).try_map(find)
}

/// A method.
pub fn method() -> impl TypedValueParser<Value = Method> {
    one_of(&Method::ALL, Method::name)
}

/// A backend, or the best one.
pub fn backend() -> impl TypedValueParser<Value = Choice<Backend>> {
    auto_or(&Backend::ALL, Backend::name)
}

/// A theme, or the one that suits the terminal.
pub fn theme() -> impl TypedValueParser<Value = Choice<ThemeName>> {
    auto_or(&ThemeName::ALL, ThemeName::name)
}

/// How dictionaries are written.
pub fn layout() -> impl TypedValueParser<Value = Layout> {
    one_of(&Layout::ALL, Layout::name)
}

/// The shape of a model and its dictionaries.
pub fn shape() -> impl TypedValueParser<Value = Shape> {
    one_of(&Shape::ALL, |shape| shape.name)
}

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
