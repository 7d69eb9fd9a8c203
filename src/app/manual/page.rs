//! Lays out a topic: the part of Markdown that the manual uses, as lines of text of a given width.
//!
//! Known are headings, paragraphs, lists, tables, blocks that are indented by four spaces, `**`, backticks and links; a line that
//! begins with `<!--` is left out.

use unicode_width::UnicodeWidthStr;

use crate::core::text::wrap;

/// The start of a line that is shown as it is.
pub const CODE: &str = "    ";

/// The start of a line that is not shown.
pub const COMMENT: &str = "<!--";

/// The kind of a line, which decides its style.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A heading.
    Heading,
    /// Text, a list or a table.
    Text,
    /// Text that is shown as it is: a command, a picture.
    Code,
}

/// One line of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The kind of the line.
    pub kind: Kind,
    /// The text; it may be empty.
    pub text: String,
}

/// `markdown` in lines of at most `columns` terminal columns.
pub fn lines(markdown: &str, columns: usize) -> Vec<Line> {
    let mut page: Vec<Line> = Vec::new();
    let mut push = |kind, text: &str| page.push(Line { kind, text: text.trim_end().to_owned() });
    let mut source = markdown.lines().filter(|line| !line.starts_with(COMMENT)).peekable();
    while let Some(line) = source.next() {
        if line.is_empty() {
            push(Kind::Text, "");
        } else if let Some(first) = line.strip_prefix(CODE) {
            let mut block = vec![first];
            while let Some(next) = source.next_if(|next| next.starts_with(CODE)) {
                block.extend(next.strip_prefix(CODE));
            }
            code(&block, columns).iter().for_each(|line| push(Kind::Code, line));
        } else if line.starts_with('#') {
            push(Kind::Heading, &plain(line.trim_start_matches('#').trim_start()));
        } else if line.starts_with('|') {
            let mut rows = vec![line];
            while let Some(row) = source.next_if(|next| next.starts_with('|')) {
                rows.push(row);
            }
            table(&rows, columns).iter().for_each(|row| push(Kind::Text, row));
        } else {
            let mark = list_mark(line);
            let mut text = line.strip_prefix(mark).unwrap_or(line).to_owned();
            while let Some(next) = source.next_if(|next| continues(next)) {
                text.push(' ');
                text.push_str(next.trim_start());
            }
            for (index, part) in wrap(&plain(&text), columns.saturating_sub(mark.len())).iter().enumerate() {
                let before = if index == 0 { mark.to_owned() } else { " ".repeat(mark.len()) };
                push(Kind::Text, &format!("{before}{part}"));
            }
        }
    }
    page
}

/// A block that is shown as it is, two columns further in. Commands are broken between words; a broken picture would show nothing.
fn code(block: &[&str], columns: usize) -> Vec<String> {
    let needed = block.iter().map(|line| line.width()).max().unwrap_or(0) + 2;
    if needed > columns && block.iter().any(|line| line.contains('┌')) {
        return vec![format!("  (a picture for {needed} columns)")];
    }
    let parts = block.iter().flat_map(|line| wrap(line, columns.saturating_sub(2)));
    parts.map(|part| format!("  {part}")).collect()
}

/// Whether a line of the source belongs to the paragraph or the list entry before it.
fn continues(line: &str) -> bool {
    !line.is_empty() && !line.starts_with(['#', '|']) && !line.starts_with(CODE) && list_mark(line).is_empty()
}

/// The mark with which an entry of a list begins, such as `- ` or `3. `; empty if the line begins none.
fn list_mark(line: &str) -> &str {
    if line.starts_with("- ") {
        return "- ";
    }
    match line.split_once(". ") {
        Some((number, rest)) if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) => {
            line.strip_suffix(rest).unwrap_or("")
        }
        _ => "",
    }
}

/// The text without the marks of Markdown, but with the backticks that show where a command begins and ends; a link is followed by its
/// address in brackets.
pub fn plain(text: &str) -> String {
    let mut text = text.replace("**", "");
    while let Some((before, rest)) = text.split_once("](") {
        let Some((words, (address, after))) = before.rsplit_once('[').zip(rest.split_once(')')) else { break };
        text = format!("{}{} ({address}){after}", words.0, words.1);
    }
    text
}

/// The cells of a row; `\|` is a bar within a cell.
fn cells(row: &str) -> Vec<String> {
    let inner = row.trim().trim_start_matches('|').replace("\\|", "\0");
    let inner = inner.trim_end_matches('|');
    inner.split('|').map(|cell| plain(cell.trim()).replace('\0', "|")).collect()
}

/// A table in columns two spaces apart. The widest columns give up width, and break their cells, until the table fits.
fn table(rows: &[&str], columns: usize) -> Vec<String> {
    let is_rule = |row: &&&str| row.chars().all(|character| "|-: ".contains(character));
    let to_the_right: Vec<bool> =
        rows.iter().find(is_rule).map(|rule| cells(rule).iter().map(|cell| cell.ends_with(':')).collect()).unwrap_or_default();
    let rows: Vec<Vec<String>> = rows.iter().filter(|row| !is_rule(row)).map(|row| cells(row)).collect();
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widest = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.width()).max().unwrap_or(0);
    let mut widths: Vec<usize> = (0..count).map(widest).collect();
    while widths.iter().sum::<usize>() + 2 * count > columns {
        match widths.iter_mut().max() {
            Some(width) if *width > 4 => *width -= 1,
            _ => break,
        }
    }
    rows.iter().flat_map(|row| beside(row, &widths, &to_the_right)).collect()
}

/// Cells side by side, two spaces apart, in as many lines as the longest of them needs.
pub fn beside(cells: &[String], widths: &[usize], to_the_right: &[bool]) -> Vec<String> {
    let wrapped: Vec<Vec<String>> = cells.iter().zip(widths).map(|(cell, width)| wrap(cell, *width)).collect();
    let height = wrapped.iter().map(Vec::len).max().unwrap_or(0);
    let line = |row: usize| {
        let parts = wrapped.iter().zip(widths).enumerate().map(|(column, (parts, width))| {
            let part = parts.get(row).map_or("", |part| part.trim_end());
            let rest = " ".repeat(width.saturating_sub(part.width()));
            if to_the_right.get(column) == Some(&true) { format!("{rest}{part}  ") } else { format!("{part}{rest}  ") }
        });
        parts.collect::<String>().trim_end().to_owned()
    };
    (0..height).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::manual::TOPICS;

    fn texts(markdown: &str, columns: usize) -> Vec<String> {
        lines(markdown, columns).into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn paragraphs_lists_and_links_are_broken_between_words() {
        assert_eq!(
            texts("# A `b`\n\none **two**\nthree [four](http://x)\n- five\n  six seven\n12. eight nine", 12),
            ["A `b`", "", "one two", "three four", "(http://x)", "- five six", "  seven", "12. eight", "    nine"]
        );
    }

    #[test]
    fn code_stays_as_it_is_and_tables_break_their_widest_column() {
        assert_eq!(texts("    a   b\n<!-- no -->\n    c", 20), ["  a   b", "  c"]);
        assert_eq!(texts("    ┌──────────┐", 14), ["  ┌──────────┐"]);
        assert_eq!(texts("    ┌──────────┐", 13), ["  (a picture for 14 columns)"]);
        assert_eq!(
            texts("| a\\|b | `says` |\n|--:|---|\n| 1 | one two three |", 16),
            ["a|b  `says`", "  1  one two", "     three"]
        );
    }

    #[test]
    fn no_line_of_the_manual_is_wider_than_the_page_and_no_mark_is_left() {
        for topic in TOPICS {
            for columns in [56, 80, 130] {
                for line in lines(topic.text, columns) {
                    assert!(line.text.width() <= columns, "{} in {columns}: {}", topic.name, line.text);
                    let marked = line.kind != Kind::Code && (line.text.contains("**") || line.text.contains("]("));
                    assert!(!marked, "{}: {}", topic.name, line.text);
                }
            }
        }
    }
}
