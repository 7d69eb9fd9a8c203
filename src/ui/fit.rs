//! Text in columns: measured as a terminal shows it, cut, and broken into rows.

use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use super::theme::Theme;
use crate::core::text;
pub use crate::core::text::{cut, left, right};

/// Text that is not broken at the end of a row.
pub type Piece = Vec<Span<'static>>;

/// Number of columns that `text` takes on a terminal.
pub fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// A number with its sign and up to `digits` behind the point, fewer if they do not fit, and without both if nothing but zeros is
/// left of it; empty if the number is not known.
pub fn number(number: Option<f64>, digits: usize, columns: usize) -> String {
    match number {
        Some(0.0) => "0".to_owned(),
        Some(number) if number.is_finite() => {
            let fixed = (0..=digits).rev().map(|digits| format!("{number:+.digits$}")).find(|text| text.len() <= columns);
            let text = fixed.unwrap_or_else(|| format!("{number:+.0e}"));
            if text.bytes().any(|byte| matches!(byte, b'1'..=b'9')) { text } else { "0".to_owned() }
        }
        _ => String::new(),
    }
}

/// `label`, then `pieces` in as many rows as they need; further rows begin below the first piece. Pieces should not be wider
/// than [`room`].
pub fn flow(label: &str, pieces: impl IntoIterator<Item = Piece>, columns: usize, theme: &Theme) -> Vec<Line<'static>> {
    let indent = width(label);
    let mut rows = Vec::new();
    let mut row = vec![Span::styled(label.to_owned(), theme.dim)];
    let mut used = indent;
    for piece in pieces {
        let wide: usize = piece.iter().map(Span::width).sum();
        if used + wide > columns && used > indent {
            rows.push(Line::from(std::mem::replace(&mut row, vec![Span::raw(" ".repeat(indent))])));
            used = indent;
        }
        used += wide;
        row.extend(piece);
    }
    rows.push(Line::from(row));
    rows
}

/// Number of columns to the right of `label`, at least 1.
pub fn room(label: &str, columns: usize) -> usize {
    columns.saturating_sub(width(label)).max(1)
}

/// The words of `text`, none wider than `room`.
pub fn words(text: &str, style: Style, room: usize) -> Vec<Piece> {
    text::words(text, room).into_iter().map(|word| vec![Span::styled(word, style)]).collect()
}

/// `text` in as many rows as it needs.
pub fn sentence(text: &str, style: Style, columns: usize, theme: &Theme) -> Vec<Line<'static>> {
    flow("", words(text, style, columns.max(1)), columns, theme)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::state::ThemeName;

    #[test]
    fn text_is_cut_to_its_columns_and_says_so() {
        assert_eq!(
            (cut("abc", 3), cut("abcd", 3), cut("abcd", 1), cut("abcd", 0)),
            ("abc".into(), "ab…".into(), "…".into(), String::new())
        );
        assert_eq!((left("名前", 3), right("a", 3)), ("名…".into(), "  a".into()));
        for columns in 0..8 {
            for text in ["", "abc def", "名前名前", "❤\u{fe0f}❤\u{fe0f}❤\u{fe0f}", "e\u{301}e\u{301}e\u{301}"] {
                assert_eq!(
                    (width(&left(text, columns)), width(&right(text, columns))),
                    (columns, columns),
                    "{text} in {columns}"
                );
            }
        }
    }

    #[test]
    fn numbers_lose_digits_before_they_lose_their_size() {
        assert_eq!(number(Some(0.381), 3, 7), "+0.381");
        assert_eq!(number(Some(-1234.5), 3, 7), "-1234.5");
        assert_eq!(number(Some(1e9), 3, 7), "+1e9");
        assert_eq!(
            (number(Some(0.0), 3, 7), number(None, 3, 7), number(Some(f64::NAN), 3, 7)),
            ("0".into(), String::new(), String::new())
        );
        assert_eq!((number(Some(-0.0004), 3, 7), number(Some(0.000_499), 3, 7)), ("0".into(), "0".into()));
        assert_eq!((number(Some(-0.0006), 3, 7), number(Some(1e-9), 3, 7)), ("-0.001".into(), "0".into()));
    }

    #[test]
    fn rows_lose_no_character_and_stay_in_their_columns() {
        let theme = Theme::new(ThemeName::Dark, true);
        for columns in 1..40 {
            let rows = sentence("one two  three averyveryverylongword 名前 end", Style::new(), columns, &theme);
            let text: String = rows.iter().map(ToString::to_string).collect();
            assert_eq!(text, "one two  three averyveryverylongword 名前 end");
            assert!(rows.iter().all(|row| columns < 2 || width(row.to_string().trim_end()) <= columns), "{columns}: {rows:?}");
        }
    }
}
