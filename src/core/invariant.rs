//! The invariants that must hold in every run, whatever the model: the checks behind `saescope check`.

use super::effects::{SubmoduleEffects, ViewEffects};
use super::submodule::Submodule;
use super::view::View;

/// Allowed gap relative to the sum of the absolute terms: the tolerance of the reference tests. The gap in a sum of a few
/// hundred f32 products stays three orders of magnitude below it.
pub const RELATIVE_TOLERANCE: f64 = 1e-4;

/// Allowed gap if all terms are tiny.
pub const ABSOLUTE_TOLERANCE: f64 = 1e-6;

/// The checks of one submodule in one view.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Check {
    /// The view that was checked.
    pub view: View,
    /// The submodule that was checked.
    pub submodule: Submodule,
    /// Sum of the effects of all features.
    pub feature_sum: f64,
    /// Effect of the error term.
    pub error: f64,
    /// `<g, x_patch - x_clean>`; None for methods without a gradient.
    pub gradient_dot_change: Option<f64>,
    /// `|feature_sum + error - gradient_dot_change|`; None for methods without a gradient.
    pub gap: Option<f64>,
    /// [`error_share`]; 0 if there is no effect at all.
    pub error_share: f64,
    /// Total effect minus (feature sum + error). Near 0 for `resid_i` under integrated gradients with many steps. This is
    /// information, not an invariant.
    pub distance_to_total: f64,
    /// The invariant that is broken, if any.
    pub broken: Option<Broken>,
}

/// An invariant that does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// Features and error term do not add up to `<g, x_patch - x_clean>`.
    Sum,
    /// The positions of some feature or of the error term do not add up to its effect.
    Positions,
    /// The mean over pairs of some feature's effects is not its effect.
    Pairs,
    /// A number is NaN or infinite.
    NotFinite,
}

impl Broken {
    /// A short description for tables and messages.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Sum => "sum + error differs from <g, change>",
            Self::Positions => "positions do not add up",
            Self::Pairs => "pairs do not add up",
            Self::NotFinite => "not finite",
        }
    }
}

/// Checks every submodule of `view`.
pub fn check(view: &ViewEffects) -> Vec<Check> {
    // A shard may have no example of a view: then there is nothing that could be wrong.
    if view.clean_metrics.is_empty() {
        return Vec::new();
    }
    let total = view.mean_total_effect();
    view.submodules.iter().map(|effects| check_submodule(view, effects, total)).collect()
}

fn check_submodule(view: &ViewEffects, effects: &SubmoduleEffects, total: f64) -> Check {
    let (feature_sum, error) = (effects.feature_sum(), f64::from(effects.error.effect));
    let gradient_dot_change = effects.gradient_dot_change.map(f64::from);
    let gap = gradient_dot_change.map(|expected| (feature_sum + error - expected).abs());
    let scale = effects.effects.iter().map(|effect| f64::from(effect.abs())).sum::<f64>() + error.abs();
    let broken = if not_finite(effects).is_some() || !total.is_finite() {
        Some(Broken::NotFinite)
    } else if gap.is_some_and(|gap| gap > tolerance(scale)) {
        Some(Broken::Sum)
    } else if !positions_add_up(effects, view.positions) {
        Some(Broken::Positions)
    } else if !pairs_add_up(effects, view.clean_metrics.len()) {
        Some(Broken::Pairs)
    } else {
        None
    };
    Check {
        view: view.view,
        submodule: effects.submodule,
        feature_sum,
        error,
        gradient_dot_change,
        gap,
        error_share: error_share(feature_sum, error).unwrap_or(0.0),
        distance_to_total: total - (feature_sum + error),
        broken,
    }
}

/// The share of an effect that the dictionary does not explain: `|error| / (|feature sum| + |error|)`, from 0 to 1. None if
/// there is no effect at all.
pub fn error_share(feature_sum: f64, error: f64) -> Option<f64> {
    let share = error.abs() / (feature_sum.abs() + error.abs());
    share.is_finite().then_some(share)
}

fn tolerance(scale: f64) -> f64 {
    RELATIVE_TOLERANCE * scale + ABSOLUTE_TOLERANCE
}

/// Describes the first number of `view` that is NaN or infinite: no run file holds one. Only standard errors over fewer than two
/// examples are NaN by definition.
pub fn first_not_finite(view: &ViewEffects) -> Option<String> {
    if let Some(example) = view.total_effects().position(|effect| !effect.is_finite()) {
        return Some(format!("the metric of example {} is not a finite number", example + 1));
    }
    let has_spread = view.clean_metrics.len() > 1;
    for effects in &view.submodules {
        let spread = effects.standard_errors.iter().chain([&effects.error.standard_error]).filter(|_| has_spread).copied();
        if let Some(number) = not_finite(effects).or_else(|| spread.into_iter().find(|error| !error.is_finite())) {
            return Some(format!("an effect in {} is {number}", effects.submodule));
        }
    }
    let detail = &view.detail;
    let lists = [&detail.entry_effects, &detail.entry_clean, &detail.entry_patch];
    let number = lists.into_iter().flatten().find(|number| !number.is_finite())?;
    Some(format!("an effect at a single token is {number}"))
}

/// The first number among the effects that is NaN or infinite, without standard errors.
fn not_finite(effects: &SubmoduleEffects) -> Option<f32> {
    let numbers = effects.effects.iter().chain([&effects.error.effect]).chain(effects.gradient_dot_change.as_ref());
    let numbers = numbers.chain(&effects.position_effects).chain(&effects.error.position_effects);
    let mut numbers = numbers.chain(effects.pair_effects.effects());
    numbers.find(|number| !number.is_finite()).copied()
}

/// Whether the mean over `examples` pairs is the effect, for every feature whose pairs were kept.
fn pairs_add_up(effects: &SubmoduleEffects, examples: usize) -> bool {
    effects.effects.iter().enumerate().all(|(slot, effect)| {
        effects.pair_effects.of(slot).is_none_or(|pairs| {
            let (mut sum, mut scale) = (0.0, 0.0);
            for (_, effect) in pairs {
                sum += f64::from(effect);
                scale += f64::from(effect.abs());
            }
            let count = examples as f64;
            (sum / count - f64::from(*effect)).abs() <= tolerance(scale / count)
        })
    })
}

fn positions_add_up(effects: &SubmoduleEffects, positions: usize) -> bool {
    let adds_up = |effect: f32, parts: &[f32]| {
        let sum: f64 = parts.iter().map(|part| f64::from(*part)).sum();
        let scale: f64 = parts.iter().map(|part| f64::from(part.abs())).sum();
        (sum - f64::from(effect)).abs() <= tolerance(scale)
    };
    positions > 0
        && effects
            .effects
            .iter()
            .zip(effects.position_effects.chunks_exact(positions))
            .all(|(effect, parts)| adds_up(*effect, parts))
        && adds_up(effects.error.effect, &effects.error.position_effects)
}
