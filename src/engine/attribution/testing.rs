//! The three views of the published study, for tests.

use super::ViewInput;
use crate::core::view::{Direction, View};
use crate::engine::dataset::Example;

/// The three views: `pairs` in both directions, and `baseline` if there is one.
pub fn views<'a>(pairs: &'a [Example], baseline: Option<&'a [Example]>) -> Vec<ViewInput<'a>> {
    let input = |view, name, examples, direction| ViewInput { view: View(view), name, examples, direction, is_part: false };
    let pairs = [input(0, "male", pairs, Direction::Forward), input(1, "female", pairs, Direction::Reversed)];
    pairs.into_iter().chain(baseline.map(|examples| input(2, "baseline", examples, Direction::Forward))).collect()
}
