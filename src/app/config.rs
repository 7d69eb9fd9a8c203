//! The configuration file: theme, clipboard, mouse, kept runs and keys. Every field is optional; an unknown field is an error.

use toml::Spanned;

use super::bindings::{self, line};
use super::commands;
use super::config_file::read;
use super::keymap::Keymap;
use super::state::ThemeName;
use crate::core::problem::Problem;
use crate::core::text::excerpt;

/// The configuration, with defaults for fields that the file leaves out.
#[derive(Debug, Clone)]
pub struct Config {
    /// The theme; None to detect it.
    pub theme: Option<ThemeName>,
    /// The way to the clipboard, by name; None to detect it.
    pub clipboard: Option<String>,
    /// Whether the program takes the mouse at the start; None means that it does.
    pub mouse: Option<bool>,
    /// Number of computed runs that are kept; 0 keeps none.
    pub kept_runs: usize,
    /// Bytes of all kept runs together.
    pub kept_bytes: u64,
    /// The default keys with the user's changes.
    pub keymap: Keymap,
}

/// Number of computed runs that are kept, unless the configuration says otherwise.
const KEPT_RUNS: usize = 20;

/// Gigabytes of all kept runs together, unless the configuration says otherwise.
const KEPT_GIGABYTES: f64 = 2.0;

/// Bytes of a gigabyte.
const GIGABYTE: f64 = 1e9;

impl Default for Config {
    fn default() -> Self {
        Self {
            theme: None,
            clipboard: None,
            mouse: None,
            kept_runs: KEPT_RUNS,
            kept_bytes: (KEPT_GIGABYTES * GIGABYTE) as u64,
            keymap: commands::default_keys(),
        }
    }
}

/// The names of the ways to the clipboard, in the file and on the command line.
pub const CLIPBOARDS: [&str; 6] = ["auto", "tmux", "screen", "osc52", "local", "file"];

impl Config {
    /// Reads the configuration in `text`, whose file is `path`.
    ///
    /// # Errors
    /// All problems of the configuration, each with its line if it has one.
    pub fn parse(text: &str, path: &str) -> Result<Self, Vec<Problem>> {
        let (file, mut problems) = read(text, path);
        let mut known = |value: &Spanned<String>, what: &str, names: &[&str]| {
            let place = format!("{path}:{}", line(text, &value.span()));
            let what = format!("'{}' is not a {what}", excerpt(value.get_ref(), 40));
            problems.push(Problem::new(place, what, format_args!("use one of {}", names.join(", "))));
        };
        let theme = file.theme.as_ref().and_then(|value| {
            let found = ThemeName::ALL.into_iter().find(|theme| theme.name() == value.get_ref());
            if found.is_none() && value.get_ref() != "auto" {
                known(value, "theme", &["auto", "dark", "light", "16", "mono"]);
            }
            found
        });
        if let Some(value) = file.clipboard.as_ref().filter(|value| !CLIPBOARDS.contains(&value.get_ref().as_str())) {
            known(value, "way to the clipboard", &CLIPBOARDS);
        }
        let gigabytes = file.kept_gigabytes.as_ref();
        if let Some(value) = gigabytes.filter(|value| !(0.0..=1e6).contains(value.get_ref())) {
            let place = format!("{path}:{}", line(text, &value.span()));
            let what = format_args!("{} is no size of kept runs", value.get_ref());
            problems.push(Problem::new(place, what, "use a number of gigabytes from 0 to a million"));
        }
        let mut keymap = commands::default_keys();
        if let Err(conflicts) = bindings::merge(&mut keymap, &file.keys, text, path) {
            problems.extend(conflicts);
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let clipboard = file.clipboard.map(Spanned::into_inner).filter(|name| name != "auto");
        let kept_bytes = (gigabytes.map_or(KEPT_GIGABYTES, |value| *value.get_ref()) * GIGABYTE) as u64;
        let kept_runs = file.kept_runs.unwrap_or(KEPT_RUNS);
        Ok(Self { theme, clipboard, mouse: file.mouse, kept_runs, kept_bytes, keymap })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_much_is_kept_can_be_chosen() {
        let kept = |text: &str| Config::parse(text, "config.toml").map(|config| (config.kept_runs, config.kept_bytes));
        assert_eq!(kept(""), Ok((20, 2_000_000_000)));
        assert_eq!(kept("kept_runs = 0\nkept_gigabytes = 0.5\n"), Ok((0, 500_000_000)));
        assert_eq!(kept("kept_gigabytes = 3\n"), Ok((20, 3_000_000_000)));
        for wrong in ["-1", "nan", "1e9"] {
            let problems = kept(&format!("\nkept_gigabytes = {wrong}\n")).unwrap_err();
            assert!(problems[0].to_string().starts_with("config.toml:2: "), "{}", problems[0]);
        }
    }
}
