//! An axis of names: rows of features or submodules, columns of positions.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};

/// Names at equal distances; the one with number `n` lies from `n` to `n + 1`.
pub struct Names {
    names: Vec<String>,
    /// Whether the first one is at the far end of the axis: on top, for a vertical axis.
    reversed: bool,
}

impl Names {
    /// From left to right.
    pub fn across(names: &[String]) -> Self {
        Self { names: names.to_vec(), reversed: false }
    }

    /// From the top down.
    pub fn down(names: &[String]) -> Self {
        Self { names: names.to_vec(), reversed: true }
    }
}

impl Ranged for Names {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let (start, end) = if self.reversed { (limit.1, limit.0) } else { limit };
        let share = value / self.names.len().max(1) as f64;
        (f64::from(start) + f64::from(end - start) * share).round() as i32
    }

    /// The middles; of too many, evenly many are left out.
    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        let step = self.names.len().div_ceil(hint.max_num_points().max(1)).max(1);
        (0..self.names.len()).step_by(step).map(|number| number as f64 + 0.5).collect()
    }

    fn range(&self) -> Range<f64> {
        0.0..self.names.len() as f64
    }
}

impl ValueFormatter<f64> for Names {
    fn format(value: &f64) -> String {
        value.to_string()
    }

    fn format_ext(&self, value: &f64) -> String {
        self.names.get(value.floor() as usize).cloned().unwrap_or_default()
    }
}

/// The least and the largest of `values` and 0, with a twentieth of the way between them at both ends.
pub fn span(values: impl Iterator<Item = f64>) -> Range<f64> {
    let (low, high) =
        values.filter(|value| value.is_finite()).fold((0.0_f64, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
    if low >= high {
        // Nothing but zeros.
        return 0.0..1.0;
    }
    let room = (high - low) / 20.0;
    (if low < 0.0 { low - room } else { low })..(if high > 0.0 { high + room } else { high })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_span_holds_zero_and_has_a_length() {
        let close = |left: Range<f64>, right: Range<f64>| {
            (left.start - right.start).abs() < 1e-12 && (left.end - right.end).abs() < 1e-12
        };
        assert!(close(span([1.0, 2.0].into_iter()), 0.0..2.1));
        assert!(close(span([-1.0, 1.0, f64::NAN].into_iter()), -1.1..1.1));
        assert!(close(span([0.0].into_iter()), 0.0..1.0) && close(span(std::iter::empty()), 0.0..1.0));
    }

    #[test]
    fn the_first_name_is_on_top_or_left() {
        let names: Vec<String> = ["a", "b"].map(str::to_owned).into();
        // Vertical axes are mapped from the bottom, at the larger pixel, to the top.
        assert_eq!(Names::down(&names).map(&0.5, (100, 0)), 25);
        assert_eq!(Names::across(&names).map(&0.5, (0, 100)), 25);
        assert_eq!(Names::down(&names).format_ext(&1.5), "b");
    }
}
