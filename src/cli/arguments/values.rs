//! Parsers for the values of flags. Their errors are the end of clap's own messages, which name flag and value.

use std::num::NonZeroUsize;
use std::ops::RangeInclusive;
use std::time::Duration;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use super::drawn::Drawn;
use crate::app::state::ThemeName;
use crate::core::causal::way::{ErrorTreatment, Way};
use crate::core::corpus::context::MOST as CONTEXTS;
use crate::core::lens::LensForm;
use crate::core::quadrature::{MOST_STEPS, Rule};
use crate::core::request::Backend;
use crate::core::run::Method;
use crate::engine::synth::{Layout, Preset};
use crate::engine::threads::cores;

/// The value that leaves the choice to the program, in flags that also take names.
const AUTO: &str = "auto";

/// The value of a flag that takes `auto` or a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice<T> {
    /// The program chooses the best value.
    Auto,
    /// The user named this value.
    Named(T),
}

impl<T> Choice<T> {
    /// The value that the user named; None for `auto`.
    pub fn named(self) -> Option<T> {
        match self {
            Self::Auto => None,
            Self::Named(value) => Some(value),
        }
    }
}

/// Parses the name of one of `values`. `--help`, messages and completions list the names.
fn one_of<T>(values: &'static [T], name: fn(T) -> &'static str) -> impl TypedValueParser<Value = T>
where
    T: Copy + Send + Sync + 'static,
{
    let find = move |text: String| values.iter().copied().find(|value| name(*value) == text).ok_or("is not known");
    PossibleValuesParser::new(values.iter().map(|value| name(*value))).try_map(find)
}

/// Parses `auto`, or the name of one of `values`.
fn auto_or<T>(values: &'static [T], name: fn(T) -> &'static str) -> impl TypedValueParser<Value = Choice<T>>
where
    T: Copy + Send + Sync + 'static,
{
    let named = move |text: &str| values.iter().copied().find(|value| name(*value) == text).map(Choice::Named);
    let find = move |text: String| if text == AUTO { Ok(Choice::Auto) } else { named(&text).ok_or("is not known") };
    PossibleValuesParser::new(std::iter::once(AUTO).chain(values.iter().map(|value| name(*value)))).try_map(find)
}

/// Parses a number of bytes: `8G`, `500M`, in powers of 1000 as everywhere in the program.
pub fn size(text: &str) -> Result<u64, String> {
    let (number, unit) = match text.char_indices().last() {
        Some((end, 'G' | 'g')) => (text.split_at(end).0, 1e9),
        Some((end, 'M' | 'm')) => (text.split_at(end).0, 1e6),
        _ => (text, 0.0),
    };
    let size = number.parse::<f64>().ok().map(|number| number * unit).filter(|size| (1.0..1e15).contains(size));
    size.map(|size| size as u64).ok_or_else(|| "use a size such as 8G or 500M".to_owned())
}

/// Parses a number of contexts, of which each feature keeps so many.
pub fn contexts(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|contexts| *contexts <= CONTEXTS).ok_or_else(|| format!("use a number from 0 to {CONTEXTS}"))
}

/// Parses a number of parts, which is at least 2.
pub fn parts(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|parts| *parts >= 2).ok_or_else(|| "use 2 or more".to_owned())
}

/// Parses the name of a method.
pub fn method() -> impl TypedValueParser<Value = Method> {
    one_of(&Method::ALL, Method::name)
}

/// Parses the name of a rule of quadrature.
pub fn rule() -> impl TypedValueParser<Value = Rule> {
    one_of(&Rule::ALL, Rule::name)
}

/// Parses the name of a picture.
pub fn picture() -> impl TypedValueParser<Value = Drawn> {
    one_of(&Drawn::ALL, Drawn::name)
}

/// Parses the name of a way to ablate.
pub fn way() -> impl TypedValueParser<Value = Way> {
    one_of(&Way::ALL, Way::name)
}

/// Parses the name of a treatment of the error term.
pub fn error_treatment() -> impl TypedValueParser<Value = ErrorTreatment> {
    one_of(&ErrorTreatment::ALL, ErrorTreatment::name)
}

/// Parses the name of a backend, or `auto` for the fastest that works. `native` is what `ndarray` with kernels was called before.
pub fn backend() -> impl TypedValueParser<Value = Choice<Backend>> {
    let name = |backend: Backend| {
        let name = PossibleValue::new(backend.name());
        if backend == Backend::NdArray { name.alias("native") } else { name }
    };
    let find = |text: String| match text.as_str() {
        AUTO => Ok(Choice::Auto),
        "native" => Ok(Choice::Named(Backend::NdArray)),
        text => Backend::ALL.into_iter().find(|backend| backend.name() == text).map(Choice::Named).ok_or("is not known"),
    };
    PossibleValuesParser::new(std::iter::once(PossibleValue::new(AUTO)).chain(Backend::ALL.map(name))).try_map(find)
}

/// Parses the name of a theme, or `auto` for one that suits the terminal.
pub fn theme() -> impl TypedValueParser<Value = Choice<ThemeName>> {
    auto_or(&ThemeName::ALL, ThemeName::name)
}

/// Parses the name of a form of the logit lens.
pub fn lens_form() -> impl TypedValueParser<Value = LensForm> {
    one_of(&LensForm::ALL, LensForm::name)
}

/// Parses the name of a file layout of dictionaries.
pub fn layout() -> impl TypedValueParser<Value = Layout> {
    one_of(&Layout::ALL, Layout::name)
}

/// Parses the name of a shape of model and dictionaries.
pub fn preset() -> impl TypedValueParser<Value = Preset> {
    one_of(&Preset::ALL, Preset::name)
}

/// Parses a share from 0 up to, but not including, 1.
pub fn quantile(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share| (0.0..1.0).contains(share));
    share.ok_or_else(|| "use a number from 0 up to, but not including, 1".to_owned())
}

/// Parses a whole number from 1 up.
pub fn positive(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number) if number > 0 => Ok(number),
        _ => Err("use a whole number from 1 up".to_owned()),
    }
}

/// Parses a whole number in `range`. More than its end is a slip of the keyboard, for which memory and hours would be taken.
pub fn within(range: RangeInclusive<usize>) -> impl Fn(&str) -> Result<usize, String> + Clone + Send + Sync {
    move |text| {
        let number = text.parse().ok().filter(|number| range.contains(number));
        number.ok_or_else(|| format!("use a whole number from {} to {}", range.start(), range.end()))
    }
}

/// Parses a number of points on a path, from 1 to [`MOST_STEPS`].
pub fn steps(text: &str) -> Result<usize, String> {
    match positive(text) {
        Ok(steps) if steps <= MOST_STEPS => Ok(steps),
        _ => Err(format!("use a whole number from 1 to {MOST_STEPS}")),
    }
}

/// Parses a number of computing threads, from 1 to the number of cores.
pub fn threads(text: &str) -> Result<NonZeroUsize, String> {
    let cores = cores();
    let found = text.parse::<NonZeroUsize>().ok().filter(|threads| threads.get() <= cores);
    found.ok_or_else(|| format!("use a whole number from 1 to {cores}, the cores of this machine, or leave it out to use all"))
}

/// Parses a time in seconds, from 0 to 3600.
pub fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.0..=3600.0).contains(&seconds) => Ok(Duration::from_secs_f64(seconds)),
        _ => Err("use a number of seconds from 0 to 3600".to_owned()),
    }
}

/// A number in single precision.
fn finite(text: &str) -> Option<f32> {
    text.trim().parse::<f32>().ok().filter(|number| number.is_finite())
}

/// Largest size of a coefficient. Activations are at most thousands, so that beside more than this nothing is left of them in single
/// precision; far above it squares of a norm are too large, and the model's answer would be another than the one asked for.
const LARGEST_COEFFICIENT: f32 = 1e9;

/// Parses a coefficient of steering.
pub fn coefficient(text: &str) -> Result<f32, String> {
    let number = finite(text).filter(|number| number.abs() <= LARGEST_COEFFICIENT);
    number.ok_or_else(|| format!("use numbers such as -5 or 0.5, up to {LARGEST_COEFFICIENT:e} in size"))
}

/// Parses a number above 0.
pub fn above_zero(text: &str) -> Result<f32, String> {
    finite(text).filter(|number| *number > 0.0).ok_or_else(|| "use a number above 0, such as 0.7".to_owned())
}

/// Parses a share of a whole, above 0 and at most 1.
pub fn share(text: &str) -> Result<f32, String> {
    finite(text).filter(|number| *number > 0.0 && *number <= 1.0).ok_or_else(|| "use a number above 0 and at most 1".to_owned())
}

/// Parses a threshold of `|effect|`, a finite number from 0 up.
pub fn threshold(text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(number) if number.is_finite() && number >= 0.0 => Ok(number),
        _ => Err("use a number from 0 up, such as 0.1".to_owned()),
    }
}
