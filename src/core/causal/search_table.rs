//! What a search found as a table and sentences, the same on the command line and in the explorer.

use super::search::{MOST_EXHAUSTIVE, Search};
use super::words::{number, ratio};

/// What the table means.
pub const EXPLANATION: &str = "The greedy search adds the feature after which the least |F| is left, until none leaves less. F(not C): the mean \
                               metric that is left. bias: share of \
                               F(M) that is removed; above 1 the sign has turned. The subset is chosen and measured on the same pairs, so \
                               its bias is optimistic; intervals (bootstrap over pairs) do not say so.";

/// The steps of the greedy search, the heading first.
pub fn steps(found: &Search) -> Vec<Vec<String>> {
    let heading = ["features", "added", "F(not C)", "bias", "95 %"].map(str::to_owned).to_vec();
    let step = |(place, (feature, bias)): (usize, &(_, _))| {
        let [share, interval] = ratio(bias, found.all);
        let left = number(found.left.get(place).and_then(|left| left.mean));
        vec![(place + 1).to_string(), crate::core::submodule::FeatureId::to_string(feature), left, share, interval]
    };
    std::iter::once(heading).chain(found.greedy.iter().enumerate().map(step)).collect()
}

/// The best of all subsets in a sentence, or why there is none.
pub fn exhaustive(found: &Search) -> String {
    let Some(subset) = &found.exhaustive else {
        return if found.features.len() > MOST_EXHAUSTIVE {
            format!("all subsets: not tried, since the list has more than {MOST_EXHAUSTIVE} features")
        } else {
            "all subsets: not yet tried".to_owned()
        };
    };
    let names: Vec<String> = subset.features.iter().map(ToString::to_string).collect();
    if names.is_empty() {
        return format!("all subsets: none leaves less than the whole F(M) {:+.4}", found.all.mean);
    }
    let [bias, _] = ratio(&subset.bias, found.all);
    let left = number(subset.left.as_ref().and_then(|left| left.mean));
    format!("all subsets: least is left without {}: F(not C) {left}, bias {bias}", names.join(", "))
}
