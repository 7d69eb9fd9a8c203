//! Tests of the commands that put addresses on the clipboard or into the browser: `y`, `Y`, `o` and `O`.

use super::pilot::{Pilot, wide};
use crate::app::message::Effect;
use crate::ui::testing::run;

fn copied(pilot: &mut Pilot, key: &str) -> (String, String) {
    pilot.press(key);
    match pilot.asked().as_slice() {
        [Effect::Copy(text, what)] => (text.clone(), what.clone()),
        other => panic!("{other:?}"),
    }
}

fn features(address: &str) -> usize {
    address.matches("%22index%22").count()
}

#[test]
fn a_long_list_is_copied_part_after_part() {
    let mut pilot = Pilot::with(wide(400));
    pilot.asked();
    let parts: Vec<(String, String)> = (0..5).map(|_| copied(&mut pilot, "y")).collect();
    let says: Vec<&str> = parts.iter().map(|(_, what)| what.as_str()).collect();
    let part = |number| format!("quick list of 400 features, part {number} of 4");
    let next = |number| format!("{} (y copies the next)", part(number));
    assert_eq!(says, [next(1), next(2), next(3), part(4), next(1)]);
    assert_eq!(parts.iter().map(|(address, _)| features(address)).sum::<usize>(), 400 + features(&parts[0].0));
    assert!(parts.iter().all(|(address, _)| features(address) <= 150));
    assert_eq!(parts[0], parts[4]);
    // Another list begins with its first part.
    copied(&mut pilot, "y");
    assert_eq!(copied(&mut pilot, "t ctrl-u 0.1 enter y").1, "quick list of 300 features, part 1 of 3 (y copies the next)");
    pilot.press("O");
    assert!(pilot.asked().is_empty());
    assert_eq!(pilot.notice(), "the list needs 3 addresses; y copies one after another");
}

#[test]
fn marked_features_are_copied_even_where_they_are_not_listed() {
    let mut pilot = Pilot::study();
    pilot.press("space space space space space space");
    pilot.asked();
    let (address, what) = copied(&mut pilot, "y");
    assert_eq!((features(&address), what.as_str()), (6, "quick list of 6 marked features"));
    let (hidden, _) = copied(&mut pilot, "t ctrl-u 0.17 enter y");
    assert_eq!(features(&hidden), 6);
}

#[test]
fn a_single_feature_has_its_page() {
    let mut pilot = Pilot::study();
    pilot.asked();
    let page = "https://neuronpedia.org/pythia-70m-deduped/0-att-sm/26074";
    assert_eq!(copied(&mut pilot, "Y"), (page.to_owned(), "page of 0-att-sm/26074".to_owned()));
    pilot.press("o");
    assert!(matches!(pilot.asked().as_slice(), [Effect::Browse(address)] if address == page));
    pilot.state.setting.no_browser = Some("there is no display".to_owned());
    pilot.press("o");
    assert!(pilot.asked().is_empty());
    assert_eq!(pilot.notice(), "open-page: there is no display; y and Y copy the address instead");
}

#[test]
fn a_model_without_pages_has_nothing_to_copy() {
    let mut run = run();
    run.manifest.model.name = "demo".to_owned();
    let mut pilot = Pilot::with(run);
    pilot.asked();
    for (key, name) in [("y", "copy-list"), ("Y", "copy-page"), ("o", "open-page"), ("O", "open-list")] {
        pilot.press(key);
        assert!(pilot.asked().is_empty());
        assert_eq!(pilot.notice(), format!("{name}: Neuronpedia does not host demo, so its features have no pages"));
    }
}

#[test]
fn an_empty_list_is_not_copied() {
    let mut pilot = Pilot::study();
    pilot.press("/ layer=7 enter");
    pilot.asked();
    pilot.press("y");
    assert!(pilot.asked().is_empty());
    assert_eq!(pilot.notice(), "copy-list: no feature is listed");
    pilot.press("\\");
    for key in ["y", "O"] {
        pilot.press(key);
        assert!(pilot.asked().is_empty(), "{key}");
        assert_eq!(pilot.notice(), "no feature matches the filter");
    }
}
