//! The axes of a drawing with characters.

/// Fewest columns before the first cell: the number of a row and the axis.
const AXIS: usize = 9;

/// The numbers along an axis of so many cells.
pub struct Scale {
    low: f64,
    high: f64,
    cells: usize,
}

impl Scale {
    /// Holds all of `values`, and zero; None if there are none.
    pub fn of(values: impl Iterator<Item = f64>, cells: usize) -> Option<Self> {
        let mut values = values.filter(|value| value.is_finite()).peekable();
        values.peek()?;
        let (low, high) = values.fold((0.0_f64, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
        Some(Self { low, high: if high > low { high } else { low + 1.0 }, cells })
    }

    /// The row of `value`, from the largest down; of one outside, the nearest.
    pub fn row(&self, value: f64) -> usize {
        let share = (self.high - value.clamp(self.low, self.high)) / (self.high - self.low);
        (share * (self.cells - 1) as f64).round() as usize
    }

    /// The column of `value`, from the smallest to the right; of one outside, the nearest.
    pub fn column(&self, value: f64) -> usize {
        self.cells - 1 - self.row(value)
    }

    /// The value in the middle of `row`; zero in the row that holds it.
    pub fn at(&self, row: usize) -> f64 {
        if row == self.row(0.0) { 0.0 } else { self.high - (self.high - self.low) * row as f64 / (self.cells - 1) as f64 }
    }

    /// The value in the middle of `column`, as [`Scale::at`].
    pub fn across(&self, column: usize) -> f64 {
        self.at(self.cells - 1 - column)
    }

    /// Columns before the first cell where `label` writes the numbers of rows: room for the longest one, and the axis.
    pub fn margin(&self, label: impl Fn(f64) -> String) -> usize {
        [self.low, 0.0, self.high].iter().fold(AXIS, |margin, value| margin.max(label(*value).chars().count() + 2))
    }

    /// The same numbers along so many `cells`.
    pub fn along(&self, cells: usize) -> Self {
        Self { cells, ..*self }
    }

    /// Whether `value` is not outside.
    pub fn holds(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }

    /// `value` with three digits of the largest number: with four decimals at most, or as a power of ten where these say too little.
    pub fn label(&self, value: f64) -> String {
        const MOST: f64 = 4.0;
        let largest = self.high.max(-self.low);
        let decimals = 2.0 - largest.log10().floor();
        // Two digits are left of the largest number.
        if decimals > MOST + 1.0 {
            return format!("{value:+.1e}");
        }
        let decimals = decimals.clamp(0.0, MOST) as usize;
        format!("{value:+.decimals$}")
    }
}

/// `cells` behind a vertical axis with the numbers of the first row, the last one and that of zero, as `label` writes them, above a
/// horizontal axis; the first cells are behind `margin` columns, as [`Scale::margin`] has them.
pub fn framed(cells: Vec<Vec<char>>, scale: &Scale, margin: usize, label: impl Fn(f64) -> String) -> Vec<String> {
    let width = cells.first().map_or(0, Vec::len);
    let (before, room) = (margin.saturating_sub(1), margin.saturating_sub(2));
    let line = |(row, cells): (usize, Vec<char>)| {
        let is_named = [0, scale.row(0.0), scale.cells - 1].contains(&row);
        let label = if is_named { label(scale.at(row)) } else { String::new() };
        format!("{label:>room$} ┤{}", cells.into_iter().collect::<String>()).trim_end().to_owned()
    };
    let mut lines: Vec<String> = cells.into_iter().enumerate().map(line).collect();
    lines.push(format!("{:before$}└{}", "", "─".repeat(width)));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_go_down_and_columns_to_the_right() {
        let scale = Scale::of([-1.0, 3.0].into_iter(), 5).unwrap();
        assert_eq!([-1.0, 0.0, 3.0, 9.0].map(|value| scale.row(value)), [4, 3, 0, 0]);
        assert_eq!([-1.0, 0.0, 3.0, -9.0].map(|value| scale.column(value)), [0, 1, 4, 0]);
        assert_eq!((scale.at(0), scale.at(3), scale.across(2)), (3.0, 0.0, 1.0));
        assert!(scale.holds(3.0) && !scale.holds(3.1));
        assert!(Scale::of([f64::NAN].into_iter(), 5).is_none());
    }

    #[test]
    fn every_row_begins_behind_the_longest_number() {
        for (value, expected) in [(0.5, 9), (-0.5, 9), (1.2e-10, 10), (-1.2e-100, 11), (5e6, 10)] {
            let scale = Scale::of(std::iter::once(value), 3).unwrap();
            let label = |value: f64| scale.label(value);
            let margin = scale.margin(label);
            assert_eq!(margin, expected, "{}", scale.label(value));
            let lines = framed(vec![vec!['x']; 3], &scale, margin, label);
            let axis = |line: &String| line.chars().position(|character| "┤└".contains(character));
            assert!(lines.iter().all(|line| axis(line) == Some(margin - 1)), "{lines:?}");
        }
    }

    #[test]
    fn numbers_have_three_digits() {
        let label = |value: f64| Scale::of(std::iter::once(value), 5).unwrap().label(value);
        let labels = [0.001_23, 0.05, -0.5, 5.0, -50.0, 5e6].map(label);
        assert_eq!(labels, ["+0.0012", "+0.0500", "-0.500", "+5.00", "-50.0", "+5000000"]);
        // Four decimals would show no difference to zero.
        assert_eq!([0.000_123, 3.2e-5, -4e-7].map(label), ["+1.2e-4", "+3.2e-5", "-4.0e-7"]);
        assert_eq!(Scale::of(std::iter::once(3e-5), 5).unwrap().label(0.0), "+0.0e0");
    }
}
