//! Tests of the rules of quadrature: integrals that they give exactly, symmetry, weights.

use super::*;

/// The integral of `function` from 0 to 1.
fn integral(quadrature: Quadrature, function: impl Fn(f64) -> f64) -> f64 {
    let Points { start, between } = quadrature.points();
    let between = between.iter().map(|point| f64::from(point.weight) * function(f64::from(point.alpha)));
    f64::from(start) * function(0.0) + between.sum::<f64>()
}

fn all(most: usize) -> impl Iterator<Item = Quadrature> {
    Rule::ALL.into_iter().flat_map(move |rule| (1..=most).map(move |steps| Quadrature { rule, steps }))
}

#[test]
fn points_lie_between_the_ends_and_weights_add_up_to_one() {
    let many = Rule::ALL.map(|rule| Quadrature { rule, steps: 1000 });
    for quadrature in all(40).chain(many) {
        let Points { start, between } = quadrature.points();
        assert_eq!((start > 0.0, between.len()), (quadrature.takes_start(), quadrature.between()), "{quadrature}");
        assert!((integral(quadrature, |_| 1.0) - 1.0).abs() < 1e-6, "{quadrature}");
        assert!(between.iter().all(|point| point.alpha > 0.0 && point.alpha < 1.0 && point.weight > 0.0), "{quadrature}");
        assert!(between.is_sorted_by(|left, right| left.alpha < right.alpha), "{quadrature}");
    }
}

/// What lets views of both directions share a path at residual outputs.
#[test]
fn points_between_the_ends_are_the_same_from_the_other_end() {
    for quadrature in all(40) {
        let between = quadrature.points().between;
        for (there, back) in between.iter().zip(between.iter().rev()) {
            assert!((there.alpha + back.alpha - 1.0).abs() < 1e-6, "{quadrature}: {there:?} and {back:?}");
            assert!((there.weight - back.weight).abs() < 1e-7, "{quadrature}: {there:?} and {back:?}");
        }
    }
}

/// The defining property: `n` points integrate every polynomial of a degree below `2 n`.
#[test]
fn gauss_is_exact_for_polynomials() {
    for steps in 1..=20 {
        for degree in 0..2 * steps as i32 {
            let found = integral(Quadrature { rule: Rule::Gauss, steps }, |alpha| alpha.powi(degree));
            let exact = 1.0 / (f64::from(degree) + 1.0);
            assert!((found - exact).abs() < 3e-7, "{steps} points, degree {degree}: {found}, exactly {exact}");
        }
    }
    // And not of degree 2 n: the rule has no more points than it says.
    let found = integral(Quadrature { rule: Rule::Gauss, steps: 2 }, |alpha| alpha.powi(4));
    assert!((found - 0.2).abs() > 1e-3, "{found}");
}

/// Abramowitz and Stegun, Handbook of Mathematical Functions, table 25.4, moved from -1..1 to 0..1.
#[test]
fn gauss_points_are_those_of_the_tables() {
    let expected = [(0.046_910_077, 0.118_463_44), (0.230_765_34, 0.239_314_34), (0.5, 0.284_444_44)];
    let found = Quadrature { rule: Rule::Gauss, steps: 5 }.points().between;
    for (point, (alpha, weight)) in found.iter().zip(expected) {
        assert!((point.alpha - alpha).abs() < 1e-7 && (point.weight - weight).abs() < 1e-7, "{point:?}");
    }
}

#[test]
fn errors_fall_as_each_rule_promises() {
    let error = |rule, steps| (integral(Quadrature { rule, steps }, f64::exp) - (1.0_f64.exp() - 1.0)).abs();
    let ratio = |rule| error(rule, 8) / error(rule, 16);
    assert!((ratio(Rule::Riemann) - 2.0).abs() < 0.1, "{}", ratio(Rule::Riemann));
    assert!((ratio(Rule::Midpoint) - 4.0).abs() < 0.1, "{}", ratio(Rule::Midpoint));
    assert!(error(Rule::Gauss, 3) < 1e-5, "{}", error(Rule::Gauss, 3));
}

#[test]
fn the_default_rule_is_not_named() {
    assert_eq!(Quadrature::riemann(10).to_string(), "10 steps");
    assert_eq!(Quadrature { rule: Rule::Gauss, steps: 5 }.to_string(), "5 gauss steps");
    assert_eq!(Quadrature { rule: Rule::Midpoint, steps: 1 }.to_string(), "1 midpoint step");
}
