//! Tests of studies of other concepts, with one view and with five, explored by keys.

use super::pilot::{Pilot, request};
use crate::app::message::{Effect, Message, WantedStudy};
use crate::app::state::tab::Tab;
use crate::core::rows::Shown;
use crate::core::study::Study;
use crate::core::study::testing::{name, tag};
use crate::core::tags::Scope;
use crate::core::view::View;
use crate::store::studies::from_text;
use crate::ui::testing::{run, run_of};

/// A study with one view for each of `names`, each with a template of its own.
fn study(names: &[&str]) -> Study {
    let mut text = String::from(
        "title = \"Number\"\n[[tags]]\nname = \"PL\"\nmeaning = \"plural noun\"\nkey = \"p\"\n[words]\none = [\"dog\"]\n",
    );
    for name in names {
        text.push_str(&format!(
            "[[views]]\nname = \"{name}\"\npairs = \"{name}\"\n[pairs.{name}]\nclean_prefix = \"The {{one}}\"\n\
             patch_prefix = \"The {{one}}s\"\nclean_answer = \" runs\"\npatch_answer = \" run\"\n"
        ));
    }
    Study::clone(&from_text(&text, "number.toml".as_ref()).unwrap().study)
}

fn row(pilot: &Pilot, row: usize) -> String {
    pilot.screen()[row].clone()
}

#[test]
fn a_study_of_one_view_has_nothing_to_compare() {
    let mut pilot = Pilot::with(run_of(study(&["nouns"])));
    pilot.resize(120, 40);
    assert!(row(&pilot, 1).starts_with("  1 nouns  "), "{}", row(&pilot, 1));
    for keys in ["2", ": difference enter", "v"] {
        pilot.press(keys);
        assert_eq!(pilot.state.tab, Tab::Single(View(0)), "{keys}");
        pilot.press("esc");
    }
    pilot.press(": difference enter");
    assert!(pilot.notice().contains("has one view and nothing to compare it with"), "{}", pilot.notice());
    pilot.press("m p");
    let feature = pilot.state.feature().unwrap();
    assert!(pilot.state.tags()[&feature].has(tag("PL"), name("nouns")));
    assert!(pilot.screen().iter().any(|line| line.contains("PL")));
    // The keys of the tags of other studies do nothing.
    pilot.press("m N esc");
    assert_eq!(pilot.state.tags()[&feature].scopes().count(), 1);
}

#[test]
fn a_study_of_five_views_has_a_digit_for_each_and_for_both_comparisons() {
    let names = ["first", "second", "third", "fourth", "fifth"];
    let mut pilot = Pilot::with(run_of(study(&names)));
    pilot.resize(160, 40);
    for (place, name) in names.iter().enumerate() {
        pilot.press(&(place + 1).to_string());
        assert_eq!(pilot.state.shown(), Shown::Single(View(place as u8)));
        assert!(row(&pilot, 3).contains(&format!("submodules · {name}")));
    }
    pilot.press("6");
    assert_eq!(pilot.state.shown(), Shown::Difference(View(0), View(1)));
    assert!(row(&pilot, 1).contains("6 difference first-second") && row(&pilot, 1).contains("7 similarity"));
    let mut seen = vec![pilot.state.compared().unwrap()];
    for _ in 1..10 {
        pilot.press("v");
        seen.push(pilot.state.compared().unwrap());
    }
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 10, "every two views can be compared");
    pilot.press("7");
    assert!(matches!(pilot.state.shown(), Shown::Similarity(..)));
    // A digit beyond the last tab begins a count.
    pilot.press("8 j");
    assert_eq!(pilot.state.table.cursor, 8);
    pilot.press("1 / fifth>0 enter");
    let fifth = |row: &crate::core::rows::Row| pilot.state.findings().unwrap().view(View(4)).effect(row.feature).unwrap();
    assert!(!pilot.state.table.is_empty() && pilot.state.table.listing.rows.iter().all(|row| fifth(row) > 0.0));
    pilot.press("esc s 5");
    let fifth: Vec<f32> = pilot
        .state
        .table
        .listing
        .rows
        .iter()
        .map(|row| pilot.state.findings().unwrap().view(View(4)).effect(row.feature).unwrap())
        .collect();
    assert!(fifth.is_sorted_by(|left, right| left >= right), "{fifth:?}");
    pilot.press("3 m tab p");
    let feature = pilot.state.feature().unwrap();
    let scopes: Vec<Scope> = pilot.state.tags()[&feature].scopes().map(|(scope, _)| scope).collect();
    assert_eq!(scopes, [Scope::In(name("third"))]);
    for width in [60, 70, 100, 120, 240] {
        pilot.resize(width, 20);
        let tabs = row(&pilot, 1);
        assert!(tabs.contains("third") && ('1'..='7').all(|digit| tabs.contains(digit)), "{tabs}");
    }
}

#[test]
fn another_study_takes_the_place_of_the_one_on_the_screen() {
    let mut pilot = Pilot::with(run());
    pilot.state.setting.request = Some(request());
    pilot.press("3 / baseline>0 enter");
    assert!(pilot.state.filter.is_some());
    pilot.press("s 3");
    pilot.press("C");
    pilot.press("ctrl-u");
    pilot.type_text("number.toml");
    pilot.press("enter");
    let wanted = pilot.asked().into_iter().find_map(|effect| match effect {
        Effect::ReadStudy(wanted) => Some(wanted),
        _ => None,
    });
    assert_eq!(wanted, Some(WantedStudy::Named("number.toml".to_owned())));
    let other = run_of(study(&["nouns"]));
    let subject = pilot.state.study.as_ref().unwrap().subject.clone().unwrap();
    let findings = crate::core::findings::Findings::from_run(other, None, subject);
    pilot.tell(Message::RunRead(Ok(std::sync::Arc::new(findings))));
    assert_eq!(pilot.state.tab, Tab::Single(View(0)));
    assert_eq!(pilot.state.filter, None, "there is no view baseline any more");
    assert!(!pilot.state.table.is_empty());
    // The same switch to the published figures, which have three views, and back.
    pilot.press("p 3");
    assert_eq!(pilot.state.tab, Tab::Single(View(2)));
    pilot.press("p");
    assert_eq!(pilot.state.tab, Tab::Single(View(0)));
    pilot.screen();
}
