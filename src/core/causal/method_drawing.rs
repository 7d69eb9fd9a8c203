//! The comparison of methods drawn with characters: approximate effects against exact ones.

use super::approximation::{Approximate, Approximation};
use super::scatter::scatter;

/// What the marks mean.
pub const LEGEND: &str =
    "Drawn, one mark for each feature: ● ig, ○ attrib, * both in one place; · effects equal to the exact ones; ┄ ┊ zero.";

/// The lines of a drawing that is at most `columns` wide: the exact effect from left to right, the approximate ones upward. None if there
/// is no feature, or no room.
pub fn drawing(found: &Approximation, columns: usize) -> Vec<String> {
    let points: Vec<([f64; 2], usize)> = Approximate::ALL
        .into_iter()
        .enumerate()
        .flat_map(|(series, method)| found.features.iter().map(move |(_, effects)| ([effects.exact, method.of(effects)], series)))
        .collect();
    let names: Vec<&str> = Approximate::ALL.iter().map(|method| method.name()).collect();
    scatter(&points, ["exact effect, logits", &format!("effect by {}, logits", names.join(" and "))], columns)
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
