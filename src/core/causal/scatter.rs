//! Points drawn with characters: two numbers of each feature, in one or more series.

use super::axis::{Scale, framed};

/// Columns of the cells, at least and at most.
const LEAST: usize = 24;
const MOST: usize = 64;

/// Rows of the cells, at least and at most; a row is about twice as high as a column is wide.
const ROWS: [usize; 2] = [8, 16];

/// The marks of the series, in their order.
pub const MARKS: [char; 3] = ['●', '○', '◆'];

/// The mark where several series have a point in one cell.
pub const SEVERAL: char = '*';

/// The lines of a drawing that is at most `columns` wide, of points with the number of their series: the first coordinate from left to right,
/// the second upward, both named by `axes`; `·` where both are equal. None if there is no point, or no room.
pub fn scatter(points: &[([f64; 2], usize)], axes: [&str; 2], columns: usize) -> Vec<String> {
    let scale = |axis: usize, cells: usize| Scale::of(points.iter().map(|(at, _)| at[axis]), cells);
    let Some((across, up)) = scale(0, LEAST).zip(scale(1, ROWS[0])) else { return Vec::new() };
    let margin = up.margin(|value| up.label(value));
    let width = columns.saturating_sub(margin).min(MOST);
    let height = (width / 4).clamp(ROWS[0], ROWS[1]);
    if width < LEAST {
        return Vec::new();
    }
    let (across, up) = (across.along(width), up.along(height));
    let mut cells = vec![vec![' '; width]; height];
    cells.iter_mut().for_each(|row| row[across.column(0.0)] = '┊');
    cells[up.row(0.0)].fill('┄');
    for (column, equal) in (0..width).map(|column| (column, across.across(column))).filter(|(_, equal)| up.holds(*equal)) {
        cells[up.row(equal)][column] = '·';
    }
    for (at, series) in points.iter().filter(|(at, _)| at.iter().all(|value| value.is_finite())) {
        let mark = MARKS[series % MARKS.len()];
        let cell = &mut cells[up.row(at[1])][across.column(at[0])];
        *cell = if *cell == mark || !(MARKS.contains(cell) || *cell == SEVERAL) { mark } else { SEVERAL };
    }
    let mut lines = vec![axes[1].to_owned()];
    lines.extend(framed(cells, &up, margin, |value| up.label(value)));
    lines.push(format!("{:margin$}{}", "", numbers(&across, width)));
    lines.push(format!("{:margin$}{:^width$}", "", axes[0]).trim_end().to_owned());
    lines
}

/// The numbers below the first column, the last one, and that of zero if there is room between them.
fn numbers(across: &Scale, width: usize) -> String {
    let number = |column: usize| across.label(across.across(column));
    let (first, last, zero) = (number(0), number(width - 1), number(across.column(0.0)));
    let Some(gap) = width.checked_sub(first.len() + last.len()) else { return first };
    let mut cells: Vec<char> = format!("{first}{}{last}", " ".repeat(gap)).chars().collect();
    let start = across.column(0.0).saturating_sub(zero.len() / 2);
    if start > first.len() && start + zero.len() < width - last.len() {
        cells.splice(start..start + zero.len(), zero.chars());
    }
    cells.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_series_has_its_mark_and_one_place_of_several_its_own() {
        let drawn =
            scatter(&[([1.0, 1.0], 0), ([-1.0, 1.0], 1), ([1.0, -1.0], 2), ([-1.0, -1.0], 0), ([-1.0, -1.0], 2)], ["x", "y"], 60);
        let rows: Vec<&String> = drawn.iter().filter(|line| line.contains('┤')).collect();
        let ends = |row: &str| [row.chars().nth(9), row.chars().last()];
        assert_eq!((drawn[0].as_str(), drawn.last().unwrap().trim()), ("y", "x"));
        assert_eq!(ends(rows[0]), [Some('○'), Some('●')]);
        assert_eq!(ends(rows[rows.len() - 1]), [Some('*'), Some('◆')]);
        assert!(scatter(&[([f64::NAN, 1.0], 0)], ["x", "y"], 60).is_empty());
    }
}
