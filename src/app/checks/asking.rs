//! What a command checks: on which features of which view, and why it cannot, if it cannot.

use std::collections::BTreeSet;

use crate::app::command_id::CommandId;
use crate::app::state::State;
use crate::app::{tagging, targets};
use crate::core::causal::check::{Check, What};
use crate::core::causal::curve::SEED;
use crate::core::causal::set::{self, FeatureSet, Member};
use crate::core::causal::steering::Positions;
use crate::core::causal::way::{ErrorTreatment, Way};
use crate::core::findings::Source;
use crate::core::submodule::{FeatureId, Submodule};

/// Most features that are ablated one by one, where every one costs two runs of all pairs and the table must not hold the screen up; most
/// of a curve; most sets of a file; and most whose exact effect is computed, which costs a run for each token at which the feature differs.
pub const MOST: usize = 1000;

/// Most features of a circuit: with more a drawing says nothing.
pub const MOST_OF_A_CIRCUIT: usize = 50;

/// Most features among which a subset is searched: with n of them up to n (n + 1) / 2 sets are ablated.
const MOST_OF_A_SEARCH: usize = 100;

/// Ok if a check of listed features can start now, else the reason.
pub fn can_check(state: &State) -> Result<(), String> {
    can_check_any(state)?;
    targets::some(state)
}

/// Ok if a check can start now, whatever is listed, else the reason.
pub fn can_check_any(state: &State) -> Result<(), String> {
    if state.show_published {
        let back = state.setting.keymap.way(CommandId::PUBLISHED);
        return Err(format!("the published figures have no model here; {back} goes back to the study"));
    }
    match state.study.as_deref().map(|study| &study.source) {
        Some(Source::Run { .. }) => {}
        Some(_) => return Err("a check needs a whole run; this one is not whole".to_owned()),
        None => return Err("there is no run yet".to_owned()),
    }
    if let Some(running) = &state.check {
        let stop = state.setting.keymap.way(CommandId::CANCEL);
        return Err(format!("one check at a time: {} is running; {stop} stops it", running.check));
    }
    Ok(())
}

/// Ok if the feature at the cursor can be checked, else the reason.
pub fn can_check_one(state: &State) -> Result<(), String> {
    can_check(state)?;
    state.feature().map(|_| ()).ok_or_else(|| none(state))
}

/// The features that are ablated together: the marked ones, without marks the one at the cursor; all that are listed if `listed`.
fn together(state: &State, listed: bool) -> BTreeSet<FeatureId> {
    if listed {
        return state.table.listing.rows.iter().filter(|row| row.matches).map(|row| row.feature).collect();
    }
    tagging::targets(state).into_iter().collect()
}

/// The ablation of the features together.
pub fn list(state: &State, way: Way, error: ErrorTreatment, listed: bool) -> Option<Check> {
    let features = together(state, listed);
    let one = (features.len() == 1).then(|| state.table.row()).flatten().filter(|row| features.contains(&row.feature));
    let view = one.map_or(state.shown().first(), |row| row.ranked_in);
    let view = state.about().name(view);
    (!features.is_empty()).then_some(Check { view, what: What::Set { features, way, error } })
}

/// The ablation of `members` in the first view on the screen. Features alone are a set like any other, which their cards know.
///
/// # Errors
/// If the run has no dictionary of one of them.
pub fn members(state: &State, mut members: Vec<Member>, way: Way, error: ErrorTreatment) -> Result<Check, String> {
    let view = state.shown().first();
    members.sort_by_key(ToString::to_string);
    members.dedup();
    let dictionaries = dictionaries(state)?;
    for member in &members {
        set::expect_member(*member, member, &dictionaries).map_err(|problem| problem.to_string())?;
    }
    let feature = |member: &Member| if let Member::Feature(feature) = member { Some(*feature) } else { None };
    let what = match members.iter().map(feature).collect::<Option<BTreeSet<FeatureId>>>() {
        Some(features) => What::Set { features, way, error },
        None => What::Members { members, way, error },
    };
    Ok(Check { view: state.about().name(view), what })
}

/// The ablation of each of the `sets` of the file called `file`, in the first view on the screen.
///
/// # Errors
/// If there are too many sets, or the run has no dictionary of a member.
pub fn sets(state: &State, sets: Vec<FeatureSet>, file: &str, way: Way, error: ErrorTreatment) -> Result<Check, String> {
    if sets.len() > MOST {
        let count = sets.len();
        return Err(format!("{count} sets are more than the {MOST} that are ablated here; `saescope ablate --set` takes all"));
    }
    set::expect_members(&sets, file, &dictionaries(state)?).map_err(|problem| problem.to_string())?;
    let view = state.about().name(state.shown().first());
    Ok(Check { view, what: What::Sets { file: file.to_owned(), sets, way, error } })
}

/// The submodules of the run on the screen, each with the number of features of its dictionary.
///
/// # Errors
/// If there is no run.
fn dictionaries(state: &State) -> Result<Vec<(Submodule, usize)>, String> {
    let findings = state.study.as_deref().ok_or_else(|| "there is no run yet".to_owned())?;
    let effects = findings.view(state.shown().first()).submodules().map(|ranked| ranked.effects());
    Ok(effects.map(|effects| (effects.submodule, effects.dictionary_features)).collect())
}

/// The search among the marked features, without marks among all that are listed, for the subset that carries most of the bias.
///
/// # Errors
/// If no feature is listed, all marked ones are hidden, or there are too many.
pub fn search(state: &State, way: Way, error: ErrorTreatment) -> Result<Check, String> {
    let features = several(state, MOST_OF_A_SEARCH, "searched here", "ablate --search")?;
    let view = state.about().name(state.shown().first());
    Ok(Check { view, what: What::Search { features, way, error } })
}

/// The ablation of the marked features one by one, without marks of all that are listed.
///
/// # Errors
/// If no feature is listed, or more than [`MOST`].
pub fn each(state: &State, error: ErrorTreatment) -> Result<Check, String> {
    let features = several(state, MOST, "ablated one by one here", "ablate --each")?;
    let view = state.about().name(state.shown().first());
    Ok(Check { view, what: What::Each { features, error } })
}

/// The ablation of more and more of the marked features, without marks of all that are listed.
///
/// # Errors
/// As for [`each`].
pub fn curve(state: &State, way: Way, error: ErrorTreatment, controls: usize) -> Result<Check, String> {
    let features = several(state, MOST, "taken by a curve here", "ablate --curve")?;
    let view = state.shown().first();
    let findings = state.study.as_deref().ok_or_else(|| "there is no run yet".to_owned())?;
    let effect = |feature: &FeatureId| findings.view(view).effect(*feature).unwrap_or(0.0).abs();
    // The order of names decides between equal effects.
    let mut strongest: Vec<FeatureId> = features.into_iter().collect();
    strongest.sort_by(|left, right| effect(right).total_cmp(&effect(left)));
    Ok(Check { view: state.about().name(view), what: What::Curve { strongest, way, error, controls, seed: SEED } })
}

/// The comparison of methods on the marked features, without marks on all that are listed.
///
/// # Errors
/// As for [`each`].
pub fn methods(state: &State) -> Result<Check, String> {
    let features = several(state, MOST, "compared here", "compare-methods")?;
    Ok(Check { view: state.about().name(state.shown().first()), what: What::Methods { features } })
}

/// The marked features, without marks all that are listed, if they are not more than the `most` that are `done`; `command` is the command line's way.
fn several(state: &State, most: usize, done: &str, command: &str) -> Result<BTreeSet<FeatureId>, String> {
    let features: BTreeSet<FeatureId> = targets::rows(state).into_iter().map(|row| row.feature).collect();
    match features.len() {
        0 => Err(none(state)),
        count if count <= most => Ok(features),
        count => {
            let filter = state.setting.keymap.way(CommandId::FILTER);
            Err(format!(
                "{count} features are more than the {most} that are {done}; {filter} filters, `saescope {command}` takes all"
            ))
        }
    }
}

/// Why there is no feature to act on: none is listed, or all marked ones are hidden.
fn none(state: &State) -> String {
    targets::some(state).err().unwrap_or_else(|| "no feature is listed".to_owned())
}

/// The edges between the marked features, without marks between all that are listed.
///
/// # Errors
/// If fewer than two features are listed, or more than [`MOST_OF_A_CIRCUIT`].
pub fn circuit(state: &State) -> Result<Check, String> {
    let features: BTreeSet<FeatureId> = targets::rows(state).into_iter().map(|row| row.feature).collect();
    match features.len() {
        0 | 1 => {
            let hidden = targets::said_hidden(state);
            let hidden = if hidden.is_empty() { hidden } else { format!("; {hidden}") };
            Err(format!("a circuit needs at least two features{hidden}"))
        }
        2..=MOST_OF_A_CIRCUIT => {
            let view = state.about().name(state.shown().first());
            Ok(Check { view, what: What::Circuit { features } })
        }
        count => {
            let [mark, strongest] = [CommandId::MARK, CommandId::TOP_K].map(|command| state.setting.keymap.way(command));
            Err(format!(
                "{count} features are more than the {MOST_OF_A_CIRCUIT} that a circuit has here; {mark} marks some, {strongest} lists the strongest, \
                 `saescope circuit` takes all"
            ))
        }
    }
}

/// Steering with the feature at the cursor.
pub fn steering(state: &State, positions: Positions) -> Option<Check> {
    let row = state.table.row()?;
    let view = state.about().name(row.ranked_in);
    Some(Check { view, what: What::Steering { feature: row.feature, positions } })
}
