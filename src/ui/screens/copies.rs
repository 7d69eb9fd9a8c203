//! Tests of the commands that put features on the clipboard or into the browser: `y`, `Y`, `o` and `O`.

use super::pilot::{Pilot, found, opened, request, wide};
use crate::app::message::Effect;
use crate::app::state::overlay::Overlay;
use crate::core::study::testing::MALE;
use crate::ui::testing::{empty, run};

fn copied(pilot: &mut Pilot, keys: &str) -> (String, String) {
    pilot.press(keys);
    match pilot.asked().as_slice() {
        [Effect::Copy(text, what)] => (text.clone(), what.clone()),
        other => panic!("{other:?}"),
    }
}

fn features(address: &str) -> usize {
    address.matches("%22index%22").count()
}

/// The small study with a model of this name.
fn study_of(model: &str) -> Pilot {
    let mut run = run();
    model.clone_into(&mut run.manifest.model.name);
    let mut pilot = Pilot::with(run);
    pilot.asked();
    pilot
}

#[test]
fn a_long_list_is_copied_part_after_part() {
    let mut pilot = Pilot::with(wide(400));
    pilot.asked();
    let parts: Vec<(String, String)> = ["y l", "Y", "Y", "Y", "Y"].into_iter().map(|keys| copied(&mut pilot, keys)).collect();
    let says: Vec<&str> = parts.iter().map(|(_, what)| what.as_str()).collect();
    let part = |number| format!("quick list of 400 features, part {number} of 4");
    let next = |number| format!("{} (Y copies the next)", part(number));
    assert_eq!(says, [next(1), next(2), next(3), part(4), next(1)]);
    assert_eq!(parts.iter().map(|(address, _)| features(address)).sum::<usize>(), 400 + features(&parts[0].0));
    assert!(parts.iter().all(|(address, _)| features(address) <= 150));
    assert_eq!(parts[0], parts[4]);
    // Another list begins with its first part.
    copied(&mut pilot, "Y");
    assert_eq!(copied(&mut pilot, "t ctrl-u 0.1 enter y l").1, "quick list of 300 features, part 1 of 3 (Y copies the next)");
    pilot.press("O");
    assert!(pilot.asked().is_empty());
    assert_eq!(pilot.notice(), "the list needs 3 addresses; y copies one after another");
}

#[test]
fn marked_features_that_are_not_listed_are_left_out_and_counted() {
    let mut pilot = Pilot::study();
    pilot.press("space space space");
    pilot.asked();
    let (address, what) = copied(&mut pilot, "y l");
    assert_eq!((features(&address), what.as_str()), (3, "quick list of 3 marked features"));
    assert!(address.contains("marked"));
    let strongest = pilot.features()[0];
    pilot.press("/");
    pilot.type_text(&format!("submodule={} index={}", strongest.submodule, strongest.index.0));
    pilot.press("enter");
    pilot.asked();
    let (names, what) = copied(&mut pilot, "y n");
    assert_eq!(names, format!("{strongest}\n"));
    assert_eq!(what, "names of 1 marked feature (2 marked are hidden by the filter, left out)");
    assert!(pilot.screen()[2].contains("3 marked, 2 hidden by the filter"), "{}", pilot.screen()[2]);
    // Nothing that is on the screen is marked: nothing is copied or tagged.
    pilot.press("/ ctrl-u marked=no enter");
    pilot.asked();
    for keys in ["y t", "m", "O"] {
        pilot.press("esc");
        pilot.press("/ ctrl-u marked=no enter");
        pilot.asked();
        pilot.press(keys);
        assert!(pilot.asked().is_empty(), "{keys}");
        assert!(pilot.notice().contains("3 marked are hidden by the filter; c drops all marks"), "{keys}: {}", pilot.notice());
    }
}

/// Whoever reads a list does not see the screen that it was copied from: the list says itself that it is partial or published.
#[test]
fn what_is_not_a_whole_run_says_so_wherever_it_is_taken() {
    let mut pilot = Pilot::new(empty());
    pilot.state.setting.request = Some(request());
    pilot.press("r");
    pilot.news(1, opened(&run()));
    found(&run(), MALE, 2).into_iter().for_each(|news| pilot.news(1, news));
    let partial = "partial, 2 of 18 parts";
    for stop in ["", "x y"] {
        pilot.press(stop);
        pilot.asked();
        let (markdown, what) = copied(&mut pilot, "y m");
        assert!(markdown.lines().next().unwrap().ends_with(&format!(", {partial}**")), "{markdown}");
        assert_eq!(what, format!("Markdown of 6 features ({partial})"));
        let json: serde_json::Value = serde_json::from_str(&copied(&mut pilot, "y j").0).unwrap();
        assert_eq!(json["standing"], partial);
        assert!(json["title"].as_str().unwrap().ends_with(partial), "{json}");
        assert!(copied(&mut pilot, "y n").1.ends_with(&format!("({partial})")));
        let card = crate::ui::card::text(&pilot.state);
        assert!(card.lines().next().unwrap().ends_with(&format!(" · {partial}")), "{card}");
        pilot.press("y c");
        assert!(matches!(pilot.asked().as_slice(), [Effect::CopyCard(what)] if what.ends_with(&format!("({partial})"))));
    }
    // A title that was typed stays while parts arrive, and does not hide that some are missing.
    pilot.press("y e ctrl-u mine enter m");
    assert!(matches!(pilot.asked().as_slice(), [Effect::Copy(text, _)] if text.starts_with(&format!("**mine, {partial}**"))));

    let mut pilot = Pilot::study();
    pilot.press("p");
    pilot.asked();
    let (markdown, what) = copied(&mut pilot, "y m");
    assert!(markdown.lines().next().unwrap().ends_with(", published**") && what.ends_with(" (published)"), "{what}: {markdown}");
    let mut whole = Pilot::study();
    whole.asked();
    let (json, what) = copied(&mut whole, "y j");
    assert!(!json.contains("standing") && what == "JSON of 18 features", "{what}");
}

#[test]
fn a_single_feature_has_its_page() {
    let mut pilot = Pilot::study();
    pilot.asked();
    let page = "https://neuronpedia.org/pythia-70m-deduped/0-att-sm/26074";
    assert_eq!(copied(&mut pilot, "y p"), (page.to_owned(), "page of 0-att-sm/26074".to_owned()));
    pilot.press("o");
    assert!(matches!(pilot.asked().as_slice(), [Effect::Browse(address)] if address == page));
    pilot.state.setting.no_browser = Some("there is no display".to_owned());
    pilot.press("o");
    assert!(pilot.asked().is_empty());
    assert_eq!(pilot.notice(), "open-page: there is no display; y copies the address instead");
}

#[test]
fn a_model_without_pages_can_be_copied_as_text() {
    let mut pilot = study_of("demo");
    let refused = "Neuronpedia does not host demo, so its features have no pages";
    for (key, name) in [("o", "open-page"), ("O", "open-list")] {
        pilot.press(key);
        assert!(pilot.asked().is_empty());
        assert_eq!(pilot.notice(), format!("{name}: {refused}"));
    }
    pilot.press("y l");
    assert_eq!(pilot.notice(), format!("link to list: {refused}"));
    assert!(pilot.asked().is_empty());
    assert!(pilot.screen().iter().any(|line| line.contains("not now: Neuronpedia does not host demo")));
    // The box is still open. Arrows and Enter choose, too; the second line below is the names.
    let (names, what) = copied(&mut pilot, "down down enter");
    assert_eq!((names.lines().count(), what.as_str()), (18, "names of 18 features"));
    let (tsv, _) = copied(&mut pilot, "y t");
    assert!(tsv.lines().count() == 19 && tsv.starts_with("rank\tfeature\t"), "{tsv}");
    assert_eq!(copied(&mut pilot, "Y").0, tsv);
    let (markdown, what) = copied(&mut pilot, "y m");
    assert!(markdown.contains("| # | feature |") && !markdown.contains("http") && what == "Markdown of 18 features");
    let (json, _) = copied(&mut pilot, "y j");
    assert_eq!(json.matches("\"feature\"").count(), 18);
    pilot.press("y c");
    assert!(matches!(pilot.asked().as_slice(), [Effect::CopyCard(what)] if what == "card of 0-att-sm/26074"));
    let card = crate::ui::card::text(&pilot.state);
    assert!(card.starts_with("0-att-sm/26074 · attn_0\n") && card.contains("John") && card.lines().count() > 10, "{card}");
}

#[test]
fn a_title_can_be_typed_and_holds_for_the_same_list() {
    let mut pilot = study_of("demo");
    pilot.press("y e ctrl-u");
    pilot.type_text("My list");
    pilot.press("enter");
    assert!(matches!(pilot.state.overlay, Some(Overlay::Copy(_))));
    assert!(copied(&mut pilot, "m").0.starts_with("**My list**\n"));
    assert!(copied(&mut pilot, "Y").0.starts_with("**My list**\n"));
    pilot.press("2");
    assert!(copied(&mut pilot, "Y").0.starts_with("**Names female "));
    pilot.press("y e esc esc");
    assert!(pilot.state.overlay.is_none() && pilot.asked().is_empty());
}

#[test]
fn keys_of_the_box_that_mean_nothing_say_so_and_nothing_was_copied_yet() {
    let mut pilot = study_of("demo");
    pilot.press("Y");
    assert_eq!(pilot.notice(), "copy-again: nothing was copied yet; y asks what to copy");
    pilot.press("y z");
    assert_eq!(pilot.notice(), "z is no line of this box");
    pilot.press("esc");
    assert!(pilot.state.overlay.is_none());
}

#[test]
fn an_empty_list_is_not_copied() {
    let mut pilot = Pilot::study();
    pilot.press("/ layer=7 enter");
    pilot.asked();
    pilot.press("y");
    assert!(pilot.asked().is_empty());
    assert_eq!(pilot.notice(), "copy: no feature is listed");
    pilot.press("\\");
    for keys in ["y n", "O"] {
        pilot.press(keys);
        assert!(pilot.asked().is_empty(), "{keys}");
        assert_eq!(pilot.notice(), "no feature matches the filter");
    }
}
