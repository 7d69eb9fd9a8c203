//! What tells checks apart that are called the same: the features of two circuits, curves or searches of as many features.

use std::collections::{BTreeSet, HashMap};

use crate::core::causal::check::{Check, What};

/// Most names that tell a check from others.
const NAMED: usize = 3;

/// For each of `checks` the features or members by which it differs from the others that are called the same, those that fewest of them have
/// first: ` (with 1-res-sm/3, ..)`; empty where the name is its own.
pub fn apart(checks: &[&Check]) -> Vec<String> {
    let mut called: HashMap<String, Vec<usize>> = HashMap::new();
    for (place, check) in checks.iter().enumerate() {
        called.entry(check.to_string()).or_default().push(place);
    }
    let mut said = vec![String::new(); checks.len()];
    for places in called.into_values().filter(|places| places.len() > 1) {
        let named: Vec<BTreeSet<String>> = places.iter().map(|place| members(&checks[*place].what)).collect();
        let mut count: HashMap<&str, usize> = HashMap::new();
        for name in named.iter().flatten() {
            *count.entry(name).or_default() += 1;
        }
        for (place, names) in places.iter().zip(&named) {
            let mut own: Vec<&str> = names.iter().map(String::as_str).filter(|name| count[name] < places.len()).collect();
            own.sort_by_key(|name| count[name]);
            let more = if own.len() > NAMED { ", .." } else { "" };
            own.truncate(NAMED);
            if !own.is_empty() {
                said[*place] = format!(" (with {}{more})", own.join(", "));
            }
        }
    }
    said
}

/// What the check is of, each by its name.
fn members(what: &What) -> BTreeSet<String> {
    match what {
        What::Set { features, .. }
        | What::Search { features, .. }
        | What::Each { features, .. }
        | What::Circuit { features }
        | What::Methods { features } => features.iter().map(ToString::to_string).collect(),
        What::Curve { strongest, .. } => strongest.iter().map(ToString::to_string).collect(),
        What::Members { members, .. } => members.iter().map(ToString::to_string).collect(),
        What::Sets { sets, .. } => {
            let of_set = |set: &crate::core::causal::set::FeatureSet| {
                set.members.iter().map(|member| format!("{member} in {}", set.name)).collect::<Vec<_>>()
            };
            sets.iter().flat_map(of_set).collect()
        }
        What::Steering { .. } => BTreeSet::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::view::ViewName;

    #[test]
    fn circuits_of_as_many_features_are_told_apart_by_what_only_one_has() {
        let circuit = |names: &[&str]| Check {
            view: ViewName::new("male").unwrap(),
            what: What::Circuit { features: names.iter().map(|name| name.parse().unwrap()).collect() },
        };
        let [one, other, third, alone] = [
            circuit(&["resid_0/1", "resid_1/2", "resid_2/3"]),
            circuit(&["resid_0/1", "resid_1/2", "resid_2/4"]),
            circuit(&["resid_0/1", "resid_1/5", "resid_2/3"]),
            circuit(&["resid_0/1", "resid_1/2"]),
        ];
        let said = apart(&[&one, &other, &third, &alone]);
        assert_eq!(
            said,
            [" (with 1-res-sm/2, 2-res-sm/3)", " (with 2-res-sm/4, 1-res-sm/2)", " (with 1-res-sm/5, 2-res-sm/3)", ""]
        );
        assert_eq!(apart(&[&one]), [""]);
    }
}
