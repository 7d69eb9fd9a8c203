//! What the manual says of the demo, for the tests that compute it.

use saescope::app::manual::find;

/// Checks that the manual's topic `name` says `sentence`, wherever its lines are broken.
pub fn says(name: &str, sentence: &str) {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words(find(name).unwrap().text).contains(&words(sentence)), "assets/manual/{name}.md does not say: {sentence}");
}
