//! Bars around a zero axis: the side shows the sign, the length the size.

use ratatui::style::Style;
use ratatui::text::Span;

use super::theme::Theme;

/// `number` on a scale from `-largest` to `largest`, `width` columns wide with the axis in the middle; blank if `number` is not
/// known.
pub fn signed(number: Option<f64>, largest: f64, width: usize, theme: &Theme) -> Vec<Span<'static>> {
    let side = width.saturating_sub(1) / 2;
    let Some(number) = number.filter(|number| number.is_finite()) else { return vec![Span::raw(" ".repeat(width))] };
    let share = if largest > 0.0 { (number.abs() / largest).clamp(0.0, 1.0) } else { 0.0 };
    // In halves of a column; a number other than zero shows at least one half.
    let halves = (share * (2 * side) as f64).round() as usize;
    let halves = if number == 0.0 { 0 } else { halves.max(1).min(2 * side) };
    let drawn = halves.div_ceil(2);
    let (full, half) = match (theme.is_monochrome(), number > 0.0) {
        (true, true) => ('+', '+'),
        (true, false) => ('-', '-'),
        (false, true) => ('█', '▌'),
        (false, false) => ('█', '▐'),
    };
    let mut run: String = std::iter::repeat_n(full, halves / 2).collect();
    if halves % 2 == 1 {
        if number > 0.0 { run.push(half) } else { run.insert(0, half) }
    }
    let blank = |count: usize| Span::raw(" ".repeat(count));
    let axis = Span::styled("│", theme.dim);
    let run = Span::styled(run, theme.signed(number));
    let rest = width.saturating_sub(2 * side + 1);
    if number > 0.0 {
        vec![blank(side), axis, run, blank(side - drawn + rest)]
    } else {
        vec![blank(side - drawn), run, axis, blank(side + rest)]
    }
}

/// `number` with its standard error on the same scale: `●` at the number, `├` and `┤` at one standard error to each side.
pub fn with_error(number: Option<f64>, error: Option<f64>, largest: f64, width: usize, theme: &Theme) -> Vec<Span<'static>> {
    let Some(number) = number.filter(|number| number.is_finite()) else { return vec![Span::raw(" ".repeat(width))] };
    let side = (width.saturating_sub(1) / 2) as f64;
    let place = |value: f64| {
        let share = if largest > 0.0 { (value / largest).clamp(-1.0, 1.0) } else { 0.0 };
        (side + share * side).round() as usize
    };
    let mut cells: Vec<(char, Style)> = vec![(' ', theme.text); width];
    let mut put = |at: usize, character: char, style: Style| {
        if let Some(cell) = cells.get_mut(at) {
            *cell = (character, style);
        }
    };
    put(side as usize, '│', theme.dim);
    let style = theme.signed(number);
    if let Some(error) = error.filter(|error| error.is_finite() && *error > 0.0) {
        let (from, to) = (place(number - error), place(number + error));
        (from..=to).for_each(|at| put(at, '─', style));
        put(from, '├', style);
        put(to, '┤', style);
    }
    put(place(number), '●', style);
    cells.into_iter().map(|(character, style)| Span::styled(character.to_string(), style)).collect()
}
