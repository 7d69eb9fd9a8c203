//! Reads the configuration file field by field: a fault in one does not hide the faults of the others.

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use super::bindings::{Keys, KeysTable, line};
use crate::core::format_error::{in_words, of_toml};
use crate::core::problem::Problem;
use crate::core::text::excerpt;

/// What the file says; None for what it leaves out, or says wrongly.
#[derive(Default)]
pub struct File {
    /// The name of the theme.
    pub theme: Option<Spanned<String>>,
    /// The name of the way to the clipboard.
    pub clipboard: Option<Spanned<String>>,
    /// Whether the program takes the mouse at the start.
    pub mouse: Option<bool>,
    /// Number of kept runs.
    pub kept_runs: Option<usize>,
    /// Gigabytes of kept runs.
    pub kept_gigabytes: Option<Spanned<f64>>,
    /// The keys of commands.
    pub keys: KeysTable,
}

/// The names of the fields, for messages.
const FIELDS: [&str; 6] = ["theme", "clipboard", "mouse", "kept_runs", "kept_gigabytes", "keys"];

/// Where a problem is, and the problems that were found so far.
struct Reader<'a> {
    text: &'a str,
    path: &'a str,
    problems: Vec<Problem>,
}

/// Reads `text`, whose file is `path`, and returns all problems with it, in the order of its lines within each field.
pub fn read(text: &str, path: &str) -> (File, Vec<Problem>) {
    let mut reader = Reader { text, path, problems: Vec::new() };
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let found = error.span().and_then(|span| text.get(span)).unwrap_or_default();
        reader.fault(error.span().map(|span| span.start), &of_toml(error.message(), found));
    }
    let mut file = File::default();
    for (key, value) in in_order(table.into_inner()) {
        match key.get_ref().as_str() {
            "theme" => file.theme = reader.spanned(value),
            "clipboard" => file.clipboard = reader.spanned(value),
            "mouse" => file.mouse = reader.value(value),
            "kept_runs" => file.kept_runs = reader.value(value),
            "kept_gigabytes" => file.kept_gigabytes = reader.spanned(value),
            "keys" => file.keys = reader.keys(value),
            unknown => {
                let unknown = excerpt(unknown, 60);
                let what = format!("has the key '{unknown}' where only {} can stand", FIELDS.join(", "));
                reader.fault(Some(key.span().start), &what);
            }
        }
    }
    (file, reader.problems)
}

/// The entries of a table, in the order of the file.
fn in_order(table: DeTable<'_>) -> Vec<(Spanned<String>, Spanned<DeValue<'_>>)> {
    let owned = |key: Spanned<toml::de::DeString<'_>>| Spanned::new(key.span(), key.into_inner().into_owned());
    let mut entries: Vec<_> = table.into_iter().map(|(key, value)| (owned(key), value)).collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}

impl Reader<'_> {
    /// Takes a problem down that begins at byte `start`.
    fn fault(&mut self, start: Option<usize>, what: &str) {
        let at = start.map_or_else(String::new, |start| format!(":{}", line(self.text, &(start..start))));
        let place = format!("{}{at}", self.path);
        self.problems.push(Problem::new(place, what, "see `saescope manual settings`"));
    }

    /// The value, if it is one of the field's type.
    fn value<'de, T: Deserialize<'de>>(&mut self, value: Spanned<DeValue<'de>>) -> Option<T> {
        let start = value.span().start;
        match T::deserialize(ValueDeserializer::from(value)) {
            Ok(value) => Some(value),
            Err(error) => {
                self.fault(Some(error.span().map_or(start, |span| span.start)), &in_words(error.message()));
                None
            }
        }
    }

    /// The value with its place.
    fn spanned<'de, T: Deserialize<'de>>(&mut self, value: Spanned<DeValue<'de>>) -> Option<Spanned<T>> {
        let span = value.span();
        self.value(value).map(|value| Spanned::new(span, value))
    }

    fn keys(&mut self, value: Spanned<DeValue<'_>>) -> KeysTable {
        let span = value.span();
        match value.into_inner() {
            DeValue::Table(table) => {
                let entries = in_order(table).into_iter();
                entries.filter_map(|(name, value)| self.spanned::<Keys>(value).map(|keys| (name, keys))).collect()
            }
            other => self.value(Spanned::new(span, other)).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::app::config::Config;

    #[test]
    fn every_fault_of_a_file_is_named_with_its_line() {
        let text = "theme = \"pink\"\nmouse = 3\nkept_runs = -1\nthme = 1\n[keys]\nfly = \"z\"\nundo = 4\nredo = \"y\"\nsort = [\"y\", 5]\ntag = \"i\"\nmark = \"i\"\n";
        let problems = Config::parse(text, "config.toml").unwrap_err();
        let mut lines: Vec<usize> = problems
            .iter()
            .map(|problem| problem.to_string().split(':').nth(1).and_then(|line| line.parse().ok()).unwrap())
            .collect();
        lines.sort_unstable();
        assert_eq!(lines, [1, 2, 3, 4, 6, 7, 9, 11], "{problems:?}");
    }

    #[test]
    fn a_key_that_stands_twice_hides_nothing() {
        let problems = Config::parse("theme = \"dark\"\ntheme = \"mono\"\nmouse = 3\n", "config.toml").unwrap_err();
        let said: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert!(said.iter().any(|said| said.starts_with("config.toml:2: ")), "{said:?}");
        assert!(said.iter().any(|said| said.starts_with("config.toml:3: ")), "{said:?}");
    }
}
