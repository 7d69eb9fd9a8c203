//! The three views of the published study, for tests.

use super::ViewInput;
use crate::core::view::{Direction, View};
use crate::engine::dataset::Example;

/// The pairs in both directions, and the baseline.
pub fn views<'a>(pairs: &'a [Example], baseline: Option<&'a [Example]>) -> Vec<ViewInput<'a>> {
    let [male, female, other] = View::ALL;
    let input = |view: View, examples, direction| ViewInput { view, name: view.name(), examples, direction };
    let pairs = [input(male, pairs, Direction::Forward), input(female, pairs, Direction::Reversed)];
    pairs.into_iter().chain(baseline.map(|examples| input(other, examples, Direction::Forward))).collect()
}
