//! How the integral along a path is approximated: a rule, its number of points, and what these are.
//!
//! Integrated gradients (Sundararajan, Taly and Yan 2017, arXiv:1703.01365) are an integral over `alpha` from 0, the clean end, to 1,
//! the patch end. The study and feature-circuits take a left Riemann sum, whose error falls as `1/steps`; that of the midpoint rule
//! falls as `1/steps^2`, that of Gauss-Legendre quadrature (Davis and Rabinowitz, Methods of Numerical Integration, 1984, 2.7) faster
//! than any power where the integrand is smooth.

use std::f64::consts::PI;
use std::fmt;

use serde::{Deserialize, Serialize};

/// The most points of a Riemann or midpoint sum. The error of the left sum falls as 1/steps; at this many it is below the resolution
/// of f32, so a larger number is taken for a typing error.
pub const MOST_STEPS: usize = 100_000;

/// The most points of Gauss-Legendre quadrature: far more than resolve any path in f32. The work for the points themselves grows with
/// the square of their number.
const MOST_GAUSS_STEPS: usize = 1_000;

/// A rule of quadrature.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rule {
    /// The left Riemann sum: `alpha = 0, 1/steps, .., (steps - 1)/steps`.
    #[default]
    Riemann,
    /// The middles of `steps` equal parts.
    Midpoint,
    /// The `steps` points of Gauss-Legendre quadrature.
    Gauss,
}

impl Rule {
    /// Every rule, in the order of lists.
    pub const ALL: [Self; 3] = [Self::Riemann, Self::Midpoint, Self::Gauss];

    /// The rule's name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Riemann => "riemann",
            Self::Midpoint => "midpoint",
            Self::Gauss => "gauss",
        }
    }

    /// The most points that the rule takes.
    pub fn most_steps(self) -> usize {
        if self == Self::Gauss { MOST_GAUSS_STEPS } else { MOST_STEPS }
    }
}

/// A rule with its number of points. It reads as `10 steps`, or with a rule other than the default as `5 gauss steps`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Quadrature {
    /// The rule.
    pub rule: Rule,
    /// The number of points, from 1 to [`Rule::most_steps`].
    pub steps: usize,
}

impl fmt::Display for Quadrature {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let noun = if self.steps == 1 { "step" } else { "steps" };
        match self.rule {
            Rule::Riemann => write!(formatter, "{} {noun}", self.steps),
            rule => write!(formatter, "{} {} {noun}", self.steps, rule.name()),
        }
    }
}

/// One point between the ends of a path.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// The place on the path: 0 the clean end, 1 the patch end.
    pub alpha: f32,
    /// The part of the integrand here in the integral.
    pub weight: f32,
}

/// The points of a quadrature. Its weights add up to 1.
///
/// The points between the ends lie symmetrically, and so do their weights, under every rule: whoever goes along the path from the
/// other end passes the same points.
#[derive(Debug, Clone, PartialEq)]
pub struct Points {
    /// The weight of the clean end; 0 unless the rule takes it.
    pub start: f32,
    /// The points between the ends, from the clean one on.
    pub between: Vec<Point>,
}

impl Quadrature {
    /// A left Riemann sum with `steps` points, as the study has it.
    pub fn riemann(steps: usize) -> Self {
        Self { rule: Rule::Riemann, steps }
    }

    /// Whether the clean end, where nothing is moved, is one of the points.
    pub fn takes_start(self) -> bool {
        self.rule == Rule::Riemann
    }

    /// The number of points between the ends.
    pub fn between(self) -> usize {
        self.steps - usize::from(self.takes_start())
    }

    /// The points and their weights.
    pub fn points(self) -> Points {
        let weight = 1.0 / self.steps as f32;
        match self.rule {
            Rule::Riemann => {
                let between = (1..self.steps).map(|step| Point { alpha: step as f32 / self.steps as f32, weight });
                Points { start: weight, between: between.collect() }
            }
            Rule::Midpoint => {
                let alpha = |step: usize| ((step as f64 + 0.5) / self.steps as f64) as f32;
                Points { start: 0.0, between: (0..self.steps).map(|step| Point { alpha: alpha(step), weight }).collect() }
            }
            Rule::Gauss => Points { start: 0.0, between: gauss_legendre(self.steps) },
        }
    }
}

/// The points of Gauss-Legendre quadrature on the interval from 0 to 1: the roots of the Legendre polynomial of degree `steps`, found
/// by Newton's method.
fn gauss_legendre(steps: usize) -> Vec<Point> {
    // Of each pair of roots the one nearer to the clean end.
    let half = (0..steps.div_ceil(2)).map(|index| {
        let is_middle = 2 * index + 1 == steps;
        let near = (PI * (index as f64 + 0.75) / (steps as f64 + 0.5)).cos();
        let root = if is_middle { 0.0 } else { root_near(near, steps) };
        let (_, slope) = legendre(steps, root);
        ((1.0 - root) / 2.0, 1.0 / ((1.0 - root * root) * slope * slope))
    });
    let half: Vec<(f64, f64)> = half.collect();
    let mirrored = half[..steps / 2].iter().rev().map(|(alpha, weight)| (1.0 - alpha, *weight));
    let point = |(alpha, weight): (f64, f64)| Point { alpha: alpha as f32, weight: weight as f32 };
    half.iter().copied().chain(mirrored).map(point).collect()
}

/// The root of the Legendre polynomial of degree `degree` to which Newton's method leads from `near`.
fn root_near(near: f64, degree: usize) -> f64 {
    let mut root = near;
    // From these starts it takes three or four rounds.
    for _ in 0..20 {
        let (value, slope) = legendre(degree, root);
        let change = value / slope;
        root -= change;
        if change.abs() < 1e-15 {
            break;
        }
    }
    root
}

/// The Legendre polynomial of degree `degree`, from 1 up, at `x` between -1 and 1, and its derivative.
fn legendre(degree: usize, x: f64) -> (f64, f64) {
    let (mut before, mut value) = (1.0, x);
    for lower in 1..degree {
        let lower = lower as f64;
        (before, value) = (value, ((2.0 * lower + 1.0) * x * value - lower * before) / (lower + 1.0));
    }
    (value, degree as f64 * (x * value - before) / (x * x - 1.0))
}

#[cfg(test)]
#[path = "quadrature_tests.rs"]
mod tests;
