//! Bars around a zero axis: the side shows the sign, the length the size.

use ratatui::style::{Modifier, Style};
use ratatui::text::Span;

use super::theme::Theme;
use crate::app::state::ThemeName;

/// Parts of a column that the end of a bar can fill, from one eighth to seven, seen from the left.
const EIGHTHS: [char; 7] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/// `number` on a scale from `-largest` to `largest`, `width` columns wide with the axis in the middle; blank if `number` is not
/// known. The length is exact to an eighth of a column, so a number that is small beside `largest` has no bar.
pub fn signed(number: Option<f64>, largest: f64, width: usize, theme: &Theme) -> Vec<Span<'static>> {
    let Some(number) = number.filter(|number| number.is_finite() && width > 0) else {
        return vec![Span::raw(" ".repeat(width))];
    };
    let side = (width - 1) / 2;
    let share = if largest > 0.0 { (number.abs() / largest).clamp(0.0, 1.0) } else { 0.0 };
    let eighths = (share * (8 * side) as f64).round() as usize;
    let run = if theme.is_monochrome() {
        let sign = if number > 0.0 { "+" } else { "-" };
        vec![Span::raw(sign.repeat((eighths + 4) / 8))]
    } else {
        blocks(eighths, number > 0.0, theme, theme.signed(number))
    };
    let drawn: usize = run.iter().map(Span::width).sum();
    let blank = |count: usize| Span::raw(" ".repeat(count));
    let axis = Span::styled("│", theme.dim);
    let rest = width - (2 * side + 1);
    if number > 0.0 {
        [vec![blank(side), axis], run, vec![blank(side - drawn + rest)]].concat()
    } else {
        [vec![blank(side - drawn)], run, vec![axis, blank(side + rest)]].concat()
    }
}

/// A bar that begins at the axis and is `eighths` of a column long. Terminals have no characters that fill a column from the
/// right by eighths, so the end of a bar to the left is the rest of its column in exchanged colours. With the sixteen colours of
/// the user such a cell would show the background of the user as a colour, so bars to the left end in halves there.
fn blocks(eighths: usize, to_the_right: bool, theme: &Theme, style: Style) -> Vec<Span<'static>> {
    let full = |count: usize| Span::styled("█".repeat(count), style);
    let end = eighths % 8;
    if to_the_right {
        let end = end.checked_sub(1).map(|end| Span::styled(EIGHTHS[end].to_string(), style));
        return std::iter::once(full(eighths / 8)).chain(end).collect();
    }
    if theme.name == ThemeName::Sixteen {
        let halves = (eighths + 2) / 4;
        let half = Span::styled(if halves % 2 == 1 { "▐" } else { "" }, style);
        return vec![half, full(halves / 2)];
    }
    let end = (end > 0).then(|| Span::styled(EIGHTHS[7 - end].to_string(), style.add_modifier(Modifier::REVERSED)));
    end.into_iter().chain([full(eighths / 8)]).collect()
}

/// `number` with its standard error on the same scale: `●` at the number, `├` and `┤` at one standard error to each side, at
/// least one column away from it. `largest` must not be below |number| + standard error.
pub fn with_error(number: Option<f64>, error: Option<f64>, largest: f64, width: usize, theme: &Theme) -> Vec<Span<'static>> {
    let Some(number) = number.filter(|number| number.is_finite()) else { return vec![Span::raw(" ".repeat(width))] };
    let side = width.saturating_sub(1) / 2;
    // One column at each end is left for a whisker that is moved outwards.
    let columns = |value: f64| {
        let share = if largest > 0.0 { (value / largest).clamp(-1.0, 1.0) } else { 0.0 };
        (share * side.saturating_sub(1) as f64).round() as isize
    };
    let at = side.saturating_add_signed(columns(number));
    let mut cells: Vec<(char, Style)> = vec![(' ', theme.text); width];
    let mut put = |at: usize, character: char, style: Style| {
        if let Some(cell) = cells.get_mut(at) {
            *cell = (character, style);
        }
    };
    put(side, '│', theme.dim);
    let style = theme.signed(number);
    if let Some(error) = error.filter(|error| error.is_finite() && *error > 0.0) {
        let reach = columns(error).unsigned_abs().max(1);
        (at.saturating_sub(reach)..=at + reach).for_each(|at| put(at, '─', style));
        if let Some(from) = at.checked_sub(reach) {
            put(from, '├', style);
        }
        put(at + reach, '┤', style);
    }
    put(at, '●', style);
    cells.into_iter().map(|(character, style)| Span::styled(character.to_string(), style)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(spans: &[Span]) -> String {
        spans.iter().map(|span| span.content.as_ref()).collect()
    }

    /// The length of a bar in eighths of a column.
    fn length(number: f64, width: usize, name: ThemeName) -> usize {
        let spans = signed(Some(number), 1.0, width, &Theme::new(name, true));
        assert_eq!(text(&spans).chars().count(), width);
        let cell = |span: &Span, character: char| match character {
            '█' | '+' | '-' => 8,
            '▐' => 4,
            other => {
                let eighths = EIGHTHS.iter().position(|eighth| *eighth == other).map_or(0, |place| place + 1);
                if span.style.add_modifier.contains(Modifier::REVERSED) { 8 - eighths } else { eighths }
            }
        };
        spans.iter().flat_map(|span| span.content.chars().map(move |character| cell(span, character))).sum()
    }

    #[test]
    fn a_bar_is_as_long_as_its_share_and_on_the_side_of_its_sign() {
        let theme = Theme::new(ThemeName::Dark, true);
        let drawn = |number: f64| text(&signed(Some(number), 1.0, 9, &theme));
        assert_eq!(drawn(1.0), "    │████");
        assert_eq!(drawn(-1.0), "████│    ");
        assert_eq!(drawn(0.28), "    │█▏  ");
        // Seven eighths of the column are left blank: the character is drawn in exchanged colours.
        assert_eq!(drawn(-0.28), "  ▉█│    ");
        assert_eq!(drawn(0.0), "    │    ");
        assert_eq!(drawn(0.001), "    │    ");
        assert_eq!(text(&signed(None, 1.0, 9, &theme)), " ".repeat(9));
    }

    proptest! {
        #[test]
        fn a_larger_number_never_has_a_shorter_bar(small in 0.0..1.0_f64, by in 0.0..1.0_f64, width in 1usize..60) {
            let large = (small + by).min(1.0);
            for name in ThemeName::ALL {
                for sign in [1.0, -1.0] {
                    prop_assert!(length(sign * small, width, name) <= length(sign * large, width, name), "{:?}", name);
                }
            }
        }

        #[test]
        fn an_interval_has_both_whiskers_at_equal_distance(
            number in -1.0..1.0_f64, error in 1e-9..1.0_f64, room in 0.0..1.0_f64, width in 5usize..60,
        ) {
            let largest = number.abs() + error + room;
            let drawn = text(&with_error(Some(number), Some(error), largest, width, &Theme::new(ThemeName::Dark, true)));
            let at = |wanted: char| drawn.chars().position(|character| character == wanted);
            let (from, middle, to) = (at('├').unwrap(), at('●').unwrap(), at('┤').unwrap());
            prop_assert_eq!(middle - from, to - middle, "{}", drawn);
            prop_assert_eq!(drawn.chars().count(), width);
        }
    }
}
