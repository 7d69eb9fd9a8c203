//! The comparison of methods drawn with characters: approximate effects against exact ones.

use super::approximation::{Approximate, Approximation};
use super::axis::{AXIS, Scale, framed};

/// Columns of the cells, at least and at most.
const LEAST: usize = 24;
const MOST: usize = 64;

/// Rows of the cells, at least and at most; a row is about twice as high as a column is wide.
const ROWS: [usize; 2] = [8, 16];

/// The marks of the methods, in the order of [`Approximate::ALL`].
const MARKS: [char; 2] = ['●', '○'];

/// The mark where both methods have a feature in one cell.
const BOTH: char = '*';

/// What the marks mean.
pub const LEGEND: &str =
    "Drawn, one mark for each feature: ● ig, ○ attrib, * both in one place; · effects equal to the exact ones; ┄ ┊ zero.";

/// The lines of a drawing that is at most `columns` wide: the exact effect from left to right, the approximate ones upward. None if there
/// is no feature, or no room.
pub fn drawing(found: &Approximation, columns: usize) -> Vec<String> {
    let width = columns.saturating_sub(AXIS).min(MOST);
    let height = (width / 4).clamp(ROWS[0], ROWS[1]);
    let exact = found.features.iter().map(|(_, effects)| effects.exact);
    let approximate = found.features.iter().flat_map(|(_, effects)| Approximate::ALL.map(|method| method.of(effects)));
    let scales = Scale::of(exact, width).zip(Scale::of(approximate, height));
    let Some((across, up)) = scales.filter(|_| width >= LEAST) else { return Vec::new() };
    let mut cells = vec![vec![' '; width]; height];
    cells.iter_mut().for_each(|row| row[across.column(0.0)] = '┊');
    cells[up.row(0.0)].fill('┄');
    for (column, equal) in (0..width).map(|column| (column, across.across(column))).filter(|(_, equal)| up.holds(*equal)) {
        cells[up.row(equal)][column] = '·';
    }
    for (method, mark) in Approximate::ALL.into_iter().zip(MARKS) {
        for (_, effects) in &found.features {
            let cell = &mut cells[up.row(method.of(effects))][across.column(effects.exact)];
            *cell = if *cell == mark || !(MARKS.contains(cell) || *cell == BOTH) { mark } else { BOTH };
        }
    }
    let names: Vec<&str> = Approximate::ALL.iter().map(|method| method.name()).collect();
    let mut lines = vec![format!("effect by {}, logits", names.join(" and "))];
    lines.extend(framed(cells, &up, |value| up.label(value)));
    lines.push(format!("{:AXIS$}{}", "", numbers(&across, width)));
    lines.push(format!("{:AXIS$}{:^width$}", "", "exact effect, logits").trim_end().to_owned());
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
    use crate::core::causal::approximation::Effects;
    use crate::core::quadrature::Quadrature;
    use crate::core::submodule::{FeatureId, FeatureIndex, Submodule, SubmoduleKind};

    /// Features with these effects by ig, by attrib and exactly.
    fn found(effects: &[[f64; 3]]) -> Approximation {
        let feature = |index| FeatureId { submodule: Submodule::new(SubmoduleKind::Mlp, 0), index: FeatureIndex(index) };
        let features = (0..)
            .zip(effects)
            .map(|(index, [ig, attrib, exact])| (feature(index), Effects { ig: *ig, attrib: *attrib, exact: *exact }));
        Approximation { examples: 4, quadrature: Quadrature::riemann(10), features: features.collect(), errors: Vec::new() }
    }

    #[test]
    fn features_lie_beside_the_line_of_equal_effects() {
        let drawn = drawing(&found(&[[2.0, 1.0, 1.0], [0.5, 0.5, 0.5], [-1.0, -0.5, -0.75], [0.0, 1.5, -0.75]]), 41);
        let expected = [
            "effect by ig and attrib, logits",
            "  +2.00 ┤             ┊                 ●",
            "        ┤○            ┊",
            "        ┤             ┊                ·○",
            "        ┤             ┊         ·······",
            "        ┤             ┊ ·······*",
            "  +0.00 ┤●┄┄┄┄┄┄········┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄",
            "        ┤○······      ┊",
            "  -1.00 ┤●            ┊",
            "        └────────────────────────────────",
            "         -0.75      +0.00           +1.00",
            "               exact effect, logits",
        ];
        assert_eq!(drawn, expected, "{}", drawn.join("\n"));
    }

    #[test]
    fn a_drawing_fits_and_is_left_out_where_there_is_no_room_or_nothing() {
        let found = found(&[[200.0, -1.0, 0.001], [0.5, 3.0, 0.002]]);
        for columns in 33..200 {
            let drawn = drawing(&found, columns);
            assert!(!drawn.is_empty() && drawn.iter().all(|line| line.chars().count() <= columns), "{}", drawn.join("\n"));
        }
        assert!(drawing(&found, 32).is_empty());
        assert!(drawing(&Approximation { features: Vec::new(), ..found }, 100).is_empty());
    }
}
