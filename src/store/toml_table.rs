//! Tables of a hand-written TOML file: unknown keys and values of a wrong type are refused, with messages in the words of the
//! file's format.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::toml_source::Source;
use crate::core::problem::{Problem, Result};
use crate::core::text::excerpt;

/// A table of a TOML file, with its place.
pub struct Table<'t> {
    source: Source<'t>,
    /// The table's name for messages: `[words]`.
    name: String,
    span: Range<usize>,
    /// The values in the order of the file.
    values: Vec<Value<'t>>,
}

/// A value of a table, with its key and its place.
pub struct Value<'t> {
    source: Source<'t>,
    /// The key before the value.
    pub key: Spanned<String>,
    span: Range<usize>,
    content: DeValue<'t>,
}

impl<'t> Table<'t> {
    /// The table of the whole file `source`.
    ///
    /// # Errors
    /// If the text is not TOML.
    pub fn root(source: Source<'t>, remedy: &str) -> Result<Self> {
        let table = DeTable::parse(source.text).map_err(|error| source.unreadable(&error, remedy))?;
        let span = table.span();
        Ok(Self::new(source, "the file".to_owned(), span, table.into_inner()))
    }

    fn new(source: Source<'t>, name: String, span: Range<usize>, table: DeTable<'t>) -> Self {
        let value = |(key, value): (Spanned<toml::de::DeString<'t>>, Spanned<DeValue<'t>>)| Value {
            source,
            key: Spanned::new(key.span(), key.into_inner().into_owned()),
            span: value.span(),
            content: value.into_inner(),
        };
        let mut values: Vec<Value<'t>> = table.into_iter().map(value).collect();
        values.sort_by_key(|value| value.key.span().start);
        Self { source, name, span, values }
    }

    /// A problem with the table as a whole.
    pub fn problem(&self, what: &str, remedy: &str) -> Problem {
        Problem::new(self.source.place(&self.span), format_args!("{} {what}", self.name), remedy)
    }

    /// Refuses every key that is not in `known`.
    pub fn only(&self, known: &[&str]) -> Result<()> {
        match self.values.iter().find(|value| !known.contains(&value.key.get_ref().as_str())) {
            None => Ok(()),
            Some(value) => {
                let what = format!("is not a key of {}", self.name);
                Err(self.source.bad(&value.key, &what, &format!("use {}", known.join(", "))))
            }
        }
    }

    /// All values of the table, in the order of the file.
    pub fn values(self) -> Vec<Value<'t>> {
        self.values
    }

    /// Removes and returns the value of `key`; None if there is none.
    pub fn take(&mut self, key: &str) -> Option<Value<'t>> {
        let index = self.values.iter().position(|value| value.key.get_ref() == key)?;
        Some(self.values.remove(index))
    }

    /// Removes and returns the text of `key`; None if there is none.
    pub fn text(&mut self, key: &str) -> Result<Option<Spanned<String>>> {
        self.take(key).map(Value::text).transpose()
    }

    /// Removes and returns the text of `key`, which must exist.
    pub fn required_text(&mut self, key: &str) -> Result<Spanned<String>> {
        self.text(key)?.ok_or_else(|| self.problem(&format!("has no {key}"), &format!("add {key} = \"..\"")))
    }

    /// Removes the table `[key]` and returns its values in the order of the file; empty if there is no such table.
    pub fn values_of(&mut self, key: &str) -> Result<Vec<Value<'t>>> {
        Ok(self.take(key).map(|value| value.table(key)).transpose()?.map_or_else(Vec::new, Self::values))
    }

    /// Removes and returns the tables `[[key]]`; empty if there are none.
    pub fn tables(&mut self, key: &str) -> Result<Vec<Self>> {
        self.take(key).map_or_else(|| Ok(Vec::new()), Value::tables)
    }
}

impl<'t> Value<'t> {
    /// The problem that the value has another type than `what`.
    fn wrong(&self, what: &str, remedy: &str) -> Problem {
        let is = match &self.content {
            DeValue::String(_) => "a text",
            DeValue::Integer(_) | DeValue::Float(_) => "a number",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date or time",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        let key = excerpt(self.key.get_ref(), 80);
        Problem::new(self.source.place(&self.span), format_args!("'{key}' is {is} and should be {what}"), remedy)
    }

    /// The value as a text.
    pub fn text(self) -> Result<Spanned<String>> {
        match self.content {
            DeValue::String(text) => Ok(Spanned::new(self.span, text.into_owned())),
            _ => Err(self.wrong("a text", "write it in quotes")),
        }
    }

    /// The value as a list of texts.
    pub fn texts(self) -> Result<Spanned<Vec<Spanned<String>>>> {
        let remedy = "write [\"..\", \"..\"]";
        let DeValue::Array(values) = self.content else { return Err(self.wrong("a list of texts", remedy)) };
        let text = |value: Spanned<DeValue<'t>>| match (value.span(), value.into_inner()) {
            (span, DeValue::String(text)) => Ok(Spanned::new(span, text.into_owned())),
            (span, content) => Err(Self { source: self.source, key: self.key.clone(), span, content }.wrong_entry(remedy)),
        };
        Ok(Spanned::new(self.span, values.into_iter().map(text).collect::<Result<_>>()?))
    }

    fn wrong_entry(&self, remedy: &str) -> Problem {
        let key = excerpt(self.key.get_ref(), 80);
        Problem::new(self.source.place(&self.span), format_args!("'{key}' has an entry that is no text"), remedy)
    }

    /// Whether the value is a table.
    pub fn is_table(&self) -> bool {
        self.content.is_table()
    }

    /// The value as the table `[name]`.
    pub fn table(self, name: &str) -> Result<Table<'t>> {
        match self.content {
            DeValue::Table(table) => Ok(Table::new(self.source, format!("[{name}]"), self.span, table)),
            _ => Err(self.wrong("a table", &format!("begin it with a line [{name}]"))),
        }
    }

    fn tables(self) -> Result<Vec<Table<'t>>> {
        let name = format!("[[{}]]", self.key.get_ref());
        let remedy = format!("begin each with a line {name}");
        let DeValue::Array(values) = self.content else { return Err(self.wrong("a list of tables", &remedy)) };
        let table = |value: Spanned<DeValue<'t>>| match (value.span(), value.into_inner()) {
            (span, DeValue::Table(table)) => Ok(Table::new(self.source, name.clone(), span, table)),
            (span, _) => {
                Err(Problem::new(self.source.place(&span), format_args!("{name} has an entry that is not a table"), &remedy))
            }
        };
        values.into_iter().map(table).collect()
    }
}
