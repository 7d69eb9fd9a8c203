//! A table for readers, with the headings and the rounded numbers of the screen.

use super::Extract;
use super::field::page;
use crate::core::rows::Row;
use crate::core::rows::cells::{cell, label, said};
use crate::core::rows::column::Column;
use crate::core::submodule::FeatureId;

/// The heading of the notes, which stand behind the tags on the screen.
const NOTE: &str = "note";

/// The heading of the features that are folded into a row.
const COPIES: &str = "copies";

/// The title, and a Markdown table with one row a feature, whose name links to its page if it has one.
pub fn markdown(extract: &Extract<'_>) -> String {
    let mut columns = Column::of(extract.spec.shown, extract.study());
    if extract.findings.explanations.as_ref().is_some_and(|explanations| !explanations.dictionaries.is_empty()) {
        columns.push(Column::Label);
    }
    let mut titles: Vec<String> = columns.iter().map(|column| column.title(extract.study(), extract.spec.shown)).collect();
    titles.push(NOTE.to_owned());
    titles.extend(extract.spec.families.as_ref().map(|_| COPIES.to_owned()));
    let rule = columns.iter().map(|column| if column.is_number() { "--:" } else { "---" }.to_owned());
    let beside = titles.len() - columns.len();
    let rule: Vec<String> = rule.chain(std::iter::repeat_n("---".to_owned(), beside)).collect();
    let rows = extract.rows.iter().map(|row| line(&cells(&columns, row, extract)));
    let head = [format!("**{}**\n\n", escaped(extract.title)), line(&titles), line(&rule)];
    head.into_iter().chain(rows).collect()
}

fn cells(columns: &[Column], row: &Row, extract: &Extract<'_>) -> Vec<String> {
    let said = said(row, extract.study(), extract.tags, extract.spec);
    let cell = |column: &Column| match column {
        Column::Tags => said.words().join(" "),
        Column::Label => escaped(&label(row, extract.findings)),
        Column::Name => {
            let name = row.feature.to_string();
            page(row, extract).map_or_else(|| name.clone(), |page| format!("[{name}]({page})"))
        }
        other => cell(*other, row, extract.findings, extract.tags, extract.spec),
    };
    let cells = columns.iter().map(cell).map(|text| text.replace('|', "\\|"));
    let copies = |copies: &[FeatureId]| copies.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    cells.chain([escaped(&said.note)]).chain(extract.copies(row).map(copies)).collect()
}

/// A user's text without a meaning in Markdown.
fn escaped(text: &str) -> String {
    let special = |character: char| "\\|*_`[]<>".contains(character);
    text.chars().flat_map(|character| special(character).then_some('\\').into_iter().chain([character])).collect()
}

fn line(cells: &[String]) -> String {
    format!("| {} |\n", cells.join(" | "))
}
