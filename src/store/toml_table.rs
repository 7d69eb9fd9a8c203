//! Tables of a TOML file that somebody wrote by hand: every key is known or refused, and every value has the wanted type or is refused, in
//! the words of the file's format.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::toml_source::Source;
use crate::core::problem::{Problem, Result};
use crate::core::text::excerpt;

/// A table of a file.
pub struct Table<'t> {
    source: Source<'t>,
    /// For messages: `[words]`.
    name: String,
    span: Range<usize>,
    /// In the order of the file.
    values: Vec<Value<'t>>,
}

/// A value of a table.
pub struct Value<'t> {
    source: Source<'t>,
    /// What stands before it.
    pub key: Spanned<String>,
    span: Range<usize>,
    content: DeValue<'t>,
}

impl<'t> Table<'t> {
    /// The whole of `source`.
    ///
    /// # Errors
    /// When it is no TOML.
    pub fn root(source: Source<'t>, remedy: &str) -> Result<Self> {
        let table = DeTable::parse(source.text).map_err(|error| source.unreadable(&error, error.message(), remedy))?;
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

    /// Refuses every key that is none of `known`.
    pub fn only(&self, known: &[&str]) -> Result<()> {
        match self.values.iter().find(|value| !known.contains(&value.key.get_ref().as_str())) {
            None => Ok(()),
            Some(value) => {
                let what = format!("is no key of {}", self.name);
                Err(self.source.bad(&value.key, &what, &format!("use {}", known.join(", "))))
            }
        }
    }

    /// All values, in the order of the file.
    pub fn values(self) -> Vec<Value<'t>> {
        self.values
    }

    /// The value of `key`, if it is there; afterwards it is not.
    pub fn take(&mut self, key: &str) -> Option<Value<'t>> {
        let index = self.values.iter().position(|value| value.key.get_ref() == key)?;
        Some(self.values.remove(index))
    }

    /// The text of `key`, if it is there.
    pub fn text(&mut self, key: &str) -> Result<Option<Spanned<String>>> {
        self.take(key).map(Value::text).transpose()
    }

    /// The text of `key`.
    pub fn required_text(&mut self, key: &str) -> Result<Spanned<String>> {
        self.text(key)?.ok_or_else(|| self.problem(&format!("has no {key}"), &format!("add {key} = \"..\"")))
    }

    /// Every value of the table that `[key]` begins, in the order of the file; none if it is not there.
    pub fn values_of(&mut self, key: &str) -> Result<Vec<Value<'t>>> {
        Ok(self.take(key).map(|value| value.table(key)).transpose()?.map_or_else(Vec::new, Self::values))
    }

    /// The tables that each `[[key]]` begins.
    pub fn tables(&mut self, key: &str) -> Result<Vec<Self>> {
        self.take(key).map_or_else(|| Ok(Vec::new()), Value::tables)
    }
}

impl<'t> Value<'t> {
    /// What it is instead of `what`.
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

    /// It as a text.
    pub fn text(self) -> Result<Spanned<String>> {
        match self.content {
            DeValue::String(text) => Ok(Spanned::new(self.span, text.into_owned())),
            _ => Err(self.wrong("a text", "write it in quotes")),
        }
    }

    /// It as a list of texts.
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

    /// Whether it is a table.
    pub fn is_table(&self) -> bool {
        self.content.is_table()
    }

    /// It as the table that `[name]` begins.
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
                Err(Problem::new(self.source.place(&span), format_args!("{name} has an entry that is no table"), &remedy))
            }
        };
        values.into_iter().map(table).collect()
    }
}
