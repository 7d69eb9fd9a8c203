//! A dose curve: the bias that is removed against the damage that is done, while more and more is ablated.

use super::side_effects::ROUNDING;
use crate::core::total::total;

/// The summary of a dose curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dose {
    /// The area under the curve from no damage to the most, both axes divided by their largest value: 0.5 if bias and damage grow
    /// together, more if bias goes first.
    pub area: f64,
    /// The place of the knee: the point that lies furthest above the straight line from the origin to the corner of both largest
    /// values (Satopää et al. 2011, "Finding a Kneedle in a Haystack", without its smoothing). None if none lies above it.
    pub knee: Option<usize>,
}

impl Dose {
    /// The summary of `points`, damage in nats a token and bias of each, to which the origin is added.
    ///
    /// # Errors
    /// Why there is none: nothing is removed, or nothing damaged by more than rounding.
    pub fn of(points: &[(f64, f64)]) -> Result<Self, &'static str> {
        let largest = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).fold(0.0, f64::max);
        let (damage, bias) = (largest(|point| point.0), largest(|point| point.1));
        if points.iter().any(|point| !point.0.is_finite() || !point.1.is_finite()) {
            return Err("a number is not finite");
        }
        if bias <= 0.0 {
            return Err("nothing is removed");
        }
        if damage <= ROUNDING {
            return Err("nothing is damaged by more than rounding");
        }
        let scaled: Vec<(f64, f64)> = points.iter().map(|point| (point.0 / damage, point.1 / bias)).collect();
        let above = scaled.iter().map(|point| point.1 - point.0).enumerate();
        let knee = above.filter(|(_, above)| *above > 0.0).max_by(|(_, one), (_, other)| one.total_cmp(other));
        let mut ordered = scaled.clone();
        ordered.push((0.0, 0.0));
        ordered.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.total_cmp(&other.1)));
        let area = total(ordered.windows(2).map(|ends| (ends[1].0 - ends[0].0) * f64::midpoint(ends[0].1, ends[1].1)));
        Ok(Self { area, knee: knee.map(|(place, _)| place) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_straight_line_has_half_the_area_and_no_knee() {
        assert_eq!(Dose::of(&[(1.0, 2.0), (2.0, 4.0)]), Ok(Dose { area: 0.5, knee: None }));
    }

    #[test]
    fn the_knee_is_where_most_is_gained_before_the_damage() {
        let dose = Dose::of(&[(0.0, 0.1), (1.0, 0.8), (4.0, 1.0)]).unwrap();
        assert_eq!(dose.knee, Some(1));
        assert!((dose.area - (0.25 * 0.45 + 0.75 * 0.9)).abs() < 1e-12, "{}", dose.area);
        // The order in which the points were measured means nothing for the area.
        let turned = Dose::of(&[(4.0, 1.0), (1.0, 0.8), (0.0, 0.1)]).unwrap();
        assert!((turned.area - dose.area).abs() < 1e-12, "{turned:?}");
    }

    #[test]
    fn without_damage_or_gain_there_is_no_curve() {
        assert_eq!(Dose::of(&[]), Err("nothing is removed"));
        assert_eq!(Dose::of(&[(0.0, 1.0)]), Err("nothing is damaged by more than rounding"));
        assert_eq!(Dose::of(&[(3e-8, 1.0)]), Err("nothing is damaged by more than rounding"));
        assert_eq!(Dose::of(&[(1.0, -1.0)]), Err("nothing is removed"));
        assert_eq!(Dose::of(&[(1.0, f64::NAN)]), Err("a number is not finite"));
    }
}
