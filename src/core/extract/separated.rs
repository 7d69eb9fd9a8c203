//! Tables whose cells are separated by a character: a header, and one line a feature.

use super::Extract;
use super::field::fields;
use crate::core::problem::{Problem, Result};

/// The table separated by commas.
pub fn csv(extract: &Extract<'_>) -> Result<String> {
    separated(extract, b',')
}

/// The table separated by tabs, as spreadsheets take it from the clipboard.
pub fn tsv(extract: &Extract<'_>) -> Result<String> {
    separated(extract, b'\t')
}

fn separated(extract: &Extract<'_>, separator: u8) -> Result<String> {
    let failed = |error: String| Problem::new("table", format_args!("cannot be written: {error}"), "report this as a fault");
    let fields = fields(extract);
    let mut writer = csv::WriterBuilder::new().delimiter(separator).from_writer(Vec::new());
    writer.write_record(fields.iter().map(|field| &field.key)).map_err(|error| failed(error.to_string()))?;
    for row in extract.rows {
        let cells = fields.iter().map(|field| field.value(row, extract).text());
        writer.write_record(cells).map_err(|error| failed(error.to_string()))?;
    }
    let bytes = writer.into_inner().map_err(|error| failed(error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| failed(error.to_string()))
}
