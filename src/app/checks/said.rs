//! Results of checks in a sentence, for notices, lists and the card.

use crate::core::causal::approximation::{Approximate, Effects};
use crate::core::causal::check::{Check, Done, Found, What};
use crate::core::causal::circuit::LEAST;
use crate::core::causal::scores::{Denominator, Score};
use crate::core::causal::steering::{Flips, Steered};
use crate::core::causal::way::Way;
use crate::core::causal::words::{number, ratio};
use crate::core::submodule::FeatureId;
use crate::core::text::{counted, excerpt, printable};

/// Longest name of a set in a sentence.
const SET: usize = 40;

/// A share with its interval: `+0.0620 (+0.051 .. +0.070)`.
fn share(score: &Score, denominator: Denominator) -> String {
    let [mean, interval] = ratio(score, denominator);
    if interval == "-" { mean } else { format!("{mean} ({interval})") }
}

/// A check with its result.
pub fn done(done: &Done) -> String {
    told_apart(done, "")
}

/// A check with its result, and between them in which it differs from others that are called the same, if it does.
pub fn told_apart(done: &Done, apart: &str) -> String {
    let partial = if done.whole { "" } else { "partial, " };
    let found = match &done.found {
        Found::Set(ablation, scores) if scores.sets.len() > 1 => {
            let means = ablation.sets.iter().zip(&scores.sets).filter_map(|(set, scores)| Some((set, scores, scores.bias.mean?)));
            // A set without members removes nothing, and one that adds to the bias removes none of it.
            let means = means.filter(|(set, _, mean)| !set.members.is_empty() && *mean > 0.0);
            let most = means.max_by(|(.., one), (.., other)| one.total_cmp(other));
            let bias = number(scores.all.mean);
            match most.filter(|_| !scores.bias.is_within_error()) {
                Some((set, of_set, _)) => {
                    let name = printable(&excerpt(&set.name, SET));
                    format!("{name} removes the most, {} of the bias {bias}", share(&of_set.bias, scores.bias))
                }
                None if scores.bias.is_within_error() => {
                    format!("{}, the bias {bias} is within its error of zero", counted(scores.sets.len(), "set"))
                }
                None => format!("none of the {} removes any of the bias {bias}", counted(scores.sets.len(), "set")),
            }
        }
        Found::Set(_, scores) => scores.sets.first().map_or_else(String::new, |set| {
            format!("removes {} of the bias {}", share(&set.bias, scores.bias), number(scores.all.mean))
        }),
        Found::Search(found) => found.greedy.last().map_or_else(
            || "no feature leaves less of the bias".to_owned(),
            |(_, bias)| {
                let (count, share) = (counted(found.greedy.len(), "feature"), share(bias, found.all));
                format!("greedy, {count}: removes {share} of the bias {}", number(Some(found.all.mean)))
            },
        ),
        Found::Each(each) => format!("{}, bias {:+.4}", counted(each.features.len(), "feature"), each.all.mean),
        Found::Curve(curve) => curve.rungs.last().map_or_else(String::new, |rung| {
            let bias = number(curve.all.mean);
            let size = rung.size;
            let which = if done.whole { format!("all {size}") } else { format!("the {size} strongest") };
            let verb = if size == 1 { "removes" } else { "remove" };
            format!("{which} {verb} {} of the bias {bias}", share(&rung.strongest.bias, curve.bias))
        }),
        Found::Circuit(circuit) => {
            let above = circuit.edges.iter().filter(|edge| edge.size() > LEAST).count();
            format!("{above} of {} possible edges are above {LEAST}", circuit.edges.len())
        }
        Found::Methods(found) => {
            let pearson = |method: Approximate| format!("{} {}", method.name(), number(found.agreement(method).pearson));
            format!("Pearson against exact: {}", Approximate::ALL.map(pearson).join(", "))
        }
        Found::Steering(steered) => flips(steered),
    };
    format!("{partial}{}{apart}: {found}", done.check)
}

/// At which coefficients the sign of the mean metric turns.
pub fn flips(steered: &Steered) -> String {
    let Some([up, down]) = &steered.flips else { return "flips are not looked for yet".to_owned() };
    let at = |flips: &Flips, down: bool| match flips.mean {
        Some(flip) => format!("turns at {:+}", flip.coefficient),
        None => format!("does not turn {}", flips.reach(down)),
    };
    format!("the sign of the mean metric {}, {}", at(up, false), at(down, true))
}

/// Whether what `other` says of single features holds what `done` says of its only one: features that are ablated one by one are
/// set to zero and resampled, each as if it were ablated alone.
pub fn covers(other: &Done, done: &Done) -> bool {
    let (What::Each { features, error }, What::Set { features: alone, way, error: of_alone }) =
        (&other.check.what, &done.check.what)
    else {
        return false;
    };
    let is_same = other.check.view == done.check.view && error == of_alone && other.whole;
    is_same && matches!(way, Way::Zero | Way::Resample) && alone.len() == 1 && alone.is_subset(features)
}

/// What a check says of one feature by itself; None if it is about others, or of features together.
pub fn of_feature(done: &Done, feature: FeatureId) -> Option<String> {
    let partial = if done.whole { "" } else { ", partial" };
    let Check { what, .. } = &done.check;
    match (what, &done.found) {
        (What::Set { features, way, error }, Found::Set(_, scores)) if features.len() == 1 && features.contains(&feature) => {
            let removed = share(&scores.sets.first()?.bias, scores.bias);
            let bias = number(scores.all.mean);
            Some(format!("taken out: removes {removed} of the bias {bias}, {way}, errors {error}{partial}"))
        }
        (What::Each { error, .. }, Found::Each(each)) => {
            let single = each.features.iter().find(|single| single.feature == feature)?;
            let [zero, resample] = [&single.zero, &single.resample].map(|score| share(score, each.all));
            let bias = each.all.mean;
            Some(format!("taken out: removes {zero} zero, {resample} resample, of the bias {bias:+.4}, errors {error}{partial}"))
        }
        (What::Methods { .. }, Found::Methods(found)) => {
            let (_, Effects { ig, attrib, exact }) = found.features.iter().find(|(compared, _)| *compared == feature)?;
            let [ig, attrib, exact] = [ig, attrib, exact].map(|effect| number(Some(*effect)));
            Some(format!("patched alone: exact effect {exact}, ig {ig}, attrib {attrib}{partial}"))
        }
        (What::Steering { feature: steered, positions }, Found::Steering(found)) if *steered == feature => {
            Some(format!("steered at {}: {}{partial}", positions.words(), flips(found)))
        }
        _ => None,
    }
}
