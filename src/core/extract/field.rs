//! The columns for programs that read the features again, with full numbers.

use super::Extract;
use crate::core::neuronpedia::Reference;
use crate::core::rows::Row;
use crate::core::rows::cells::{cell, interval_of, number, said, side};
use crate::core::rows::column::Column;
use crate::core::view::View;

/// A column for programs.
pub struct Field {
    /// The column's name: letters, digits and `_`, and what the names of views hold.
    pub key: String,
    content: Content,
}

#[derive(Clone, Copy)]
enum Content {
    Column(Column),
    ErrorIn(View),
    Low,
    High,
    Agreeing,
    Submodule,
    Index,
    Tags,
    Rejected,
    Note,
    Copies,
    Layer,
    Page,
    SiteLargest,
    SiteRate,
}

/// What stands in a column.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A number; None if it is not known.
    Number(Option<f32>),
    /// A whole number; None if it is not known.
    Whole(Option<u32>),
    /// A text, which may be empty.
    Text(String),
    /// Several words.
    Words(Vec<String>),
    /// Yes or no.
    Flag(bool),
}

/// All columns for programs, in order. A comparison has more of them than a single view.
pub fn fields(extract: &Extract<'_>) -> Vec<Field> {
    let study = extract.study();
    let shown = extract.spec.shown;
    let mut fields = Vec::new();
    let mut push = |key: &str, content: Content| fields.push(Field { key: key.to_owned(), content });
    for column in Column::all(study) {
        match column {
            Column::Name => {
                push("feature", Content::Column(column));
                push("submodule", Content::Submodule);
                push("index", Content::Index);
            }
            Column::Interval => {
                push("interval_low", Content::Low);
                push("interval_high", Content::High);
                push("sign_consistency", Content::Agreeing);
            }
            Column::Tags => {
                push("tags", Content::Tags);
                push("rejected", Content::Rejected);
                push("note", Content::Note);
            }
            Column::Effects(view) => {
                push(&column.key(study, shown), Content::Column(column));
                push(&format!("{}_standard_error", study.name(view)), Content::ErrorIn(view));
            }
            Column::Side | Column::Delta | Column::DeltaError | Column::DeltaShare if shown.pair().is_none() => {}
            other => push(&other.key(study, shown), Content::Column(other)),
        }
    }
    if extract.spec.families.is_some() {
        push("copies", Content::Copies);
    }
    push("neuronpedia_layer", Content::Layer);
    push("page", Content::Page);
    push("site_largest_activation", Content::SiteLargest);
    push("site_firing_rate", Content::SiteRate);
    fields
}

impl Field {
    /// If every view has such a column: what it holds, and the view of this one.
    pub fn by_view(&self) -> Option<(&'static str, View)> {
        match self.content {
            Content::Column(Column::Effects(view)) => Some(("effects", view)),
            Content::ErrorIn(view) => Some(("standard_errors", view)),
            _ => None,
        }
    }

    /// What stands in this column of `row`.
    pub fn value(&self, row: &Row, extract: &Extract<'_>) -> Value {
        let study = extract.study();
        let said = || said(row, study, extract.tags, extract.spec);
        let explanation = || extract.findings.explanation(row.feature);
        match self.content {
            Content::Column(Column::Rank) => Value::Whole(row.rank),
            Content::Column(Column::Side) => Value::Text(side(row, study, extract.spec)),
            Content::Column(column) if column.is_number() => Value::Number(number(column, row, extract.findings, extract.spec)),
            Content::Column(column) => Value::Text(cell(column, row, extract.findings, extract.tags, extract.spec)),
            Content::ErrorIn(view) => {
                let error = extract.findings.view(view).standard_error(row.feature);
                Value::Number(error.filter(|error| error.is_finite()))
            }
            Content::SiteLargest => Value::Number(explanation().and_then(|found| found.largest)),
            Content::SiteRate => Value::Number(explanation().and_then(|found| found.rate)),
            Content::Low => Value::Number(interval_of(row, extract.findings).map(|interval| interval.low as f32)),
            Content::High => Value::Number(interval_of(row, extract.findings).map(|interval| interval.high as f32)),
            Content::Agreeing => {
                let found = extract.findings.view(row.ranked_in).uncertainty(row.feature);
                Value::Number(found.and_then(|found| found.signs.consistency(found.mean)).map(|share| share as f32))
            }
            Content::Submodule => Value::Text(row.feature.submodule.to_string()),
            Content::Index => Value::Whole(Some(row.feature.index.0)),
            Content::Tags => Value::Words(said().tags.iter().map(ToString::to_string).collect()),
            Content::Rejected => Value::Flag(said().rejected),
            Content::Note => Value::Text(said().note),
            Content::Copies => {
                let copies = extract.copies(row).unwrap_or_default();
                Value::Words(copies.iter().map(ToString::to_string).collect())
            }
            Content::Layer => Value::Text(reference(row, extract).map(|reference| reference.layer).unwrap_or_default()),
            Content::Page => Value::Text(page(row, extract).unwrap_or_default()),
        }
    }
}

/// The row's identifier on Neuronpedia. A feature without a page has none: what the site calls by any other name is another feature.
pub fn reference(row: &Row, extract: &Extract<'_>) -> Option<Reference> {
    extract.pages.as_ref()?.reference(row.feature).ok()
}

/// The address of the row's page. A feature without a page gets none, because a dead link would be worse.
pub fn page(row: &Row, extract: &Extract<'_>) -> Option<String> {
    reference(row, extract).map(|reference| reference.page())
}

impl Value {
    /// The value as the text of a cell: numbers with the shortest decimals that read back as the same f32, unknown ones empty.
    pub fn text(&self) -> String {
        match self {
            Self::Number(number) => number.map_or_else(String::new, |number| number.to_string()),
            Self::Whole(number) => number.map_or_else(String::new, |number| number.to_string()),
            Self::Text(text) => text.clone(),
            Self::Words(words) => words.join(" "),
            Self::Flag(flag) => if *flag { "yes" } else { "no" }.to_owned(),
        }
    }
}
