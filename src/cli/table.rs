//! Tables in plain text and in Markdown, from the same rows.

use unicode_width::UnicodeWidthStr;

use crate::core::text::{left, right};

/// A table of texts; the first `left` columns are aligned left, the others (numbers) right.
#[derive(Debug, Clone)]
pub struct Table {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
    left: usize,
}

impl Table {
    /// A table without rows.
    pub fn new(left: usize, header: &[&str]) -> Self {
        Self { header: header.iter().map(|title| (*title).to_owned()).collect(), rows: Vec::new(), left }
    }

    /// Appends a row.
    pub fn push(&mut self, row: Vec<String>) {
        self.rows.push(row);
    }

    /// The table as text with aligned columns, two spaces apart.
    pub fn plain(&self) -> String {
        let widths: Vec<usize> = (0..self.header.len())
            .map(|column| self.all_rows().filter_map(|row| row.get(column)).map(|cell| cell.width()).max().unwrap_or(0))
            .collect();
        self.all_rows().fold(String::new(), |mut text, row| {
            let cells: Vec<String> = row
                .iter()
                .zip(&widths)
                .enumerate()
                .map(|(column, (cell, width))| if column < self.left { left(cell, *width) } else { right(cell, *width) })
                .collect();
            text.push_str(cells.join("  ").trim_end());
            text.push('\n');
            text
        })
    }

    /// The table in Markdown.
    pub fn markdown(&self) -> String {
        let line = |cells: &[String]| {
            let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
            format!("| {} |\n", cells.join(" | "))
        };
        let rule: Vec<String> =
            (0..self.header.len()).map(|column| if column < self.left { "---" } else { "--:" }.to_owned()).collect();
        [line(&self.header), line(&rule)].into_iter().chain(self.rows.iter().map(|row| line(row))).collect()
    }

    fn all_rows(&self) -> impl Iterator<Item = &Vec<String>> {
        [&self.header].into_iter().chain(&self.rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_those_of_a_terminal() {
        let mut table = Table::new(1, &["name", "n"]);
        table.push(vec!["名前の".to_owned(), "1".to_owned()]);
        assert_eq!(table.plain(), "name    n\n名前の  1\n");
    }

    #[test]
    fn both_forms_hold_the_same_cells() {
        let mut table = Table::new(1, &["name", "effect"]);
        table.push(vec!["a|b".to_owned(), "-0.5".to_owned()]);
        assert_eq!(table.plain(), "name  effect\na|b     -0.5\n");
        assert_eq!(table.markdown(), "| name | effect |\n| --- | --: |\n| a\\|b | -0.5 |\n");
    }
}
