//! Tests of studies of other concepts, with one view and with five, explored by keys.

use std::sync::Arc;

use super::pilot::{Pilot, found, opened, request};
use crate::app::message::{Effect, Message, WantedStudy};
use crate::app::state::tab::Tab;
use crate::core::findings::Findings;
use crate::core::rows::Shown;
use crate::core::study::Study;
use crate::core::study::testing::{name, tag};
use crate::core::study_source::StudySource;
use crate::core::tags::{Edit, Scope};
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

/// A view is added to the file of a study of one's own; pair files replace the study by that of names.
#[test]
fn a_study_of_ones_own_gets_its_baseline_in_its_file() {
    let mut two = study(&["there", "back"]);
    (two.views[1].pairs, two.views[1].direction) = (0, crate::core::view::Direction::Reversed);
    for (study, says, takes) in [
        (two, "no baseline: add a view to the study file", "in place of number; empty: with its own"),
        (Study::clone(&request().study.study), "", "empty means the names inside the program"),
    ] {
        let mut pilot = Pilot::with(run_of(study.clone()));
        let mut request = request();
        request.study.study = Arc::new(study);
        pilot.state.setting.request = Some(request);
        pilot.state.record.opened = false;
        pilot.resize(240, 40);
        pilot.press(if says.is_empty() { "4" } else { "3" });
        assert_eq!(row(&pilot, 2).contains("no baseline"), !says.is_empty(), "{}", row(&pilot, 2));
        assert!(row(&pilot, 2).contains(says), "{}", row(&pilot, 2));
        pilot.press("P");
        assert!(pilot.hint().is_ok_and(|hint| hint.ends_with(takes)), "{:?}", pilot.hint());
    }
}

#[test]
fn a_study_of_five_views_has_a_digit_for_each_and_for_both_comparisons() {
    let names = ["first", "second", "third", "fourth", "fifth"];
    let mut pilot = Pilot::with(run_of(study(&names)));
    pilot.resize(160, 40);
    for (place, name) in names.iter().enumerate() {
        pilot.press(&(place + 1).to_string());
        assert_eq!(pilot.state.shown(), Shown::Single(View(place as u8)));
        assert!(pilot.screen().iter().any(|line| line.contains(&format!("submodules · {name}"))));
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
    let findings = Findings::from_run(other, None, subject);
    pilot.tell(Message::RunRead(Ok(Arc::new(findings))));
    assert_eq!(pilot.state.tab, Tab::Single(View(0)));
    assert_eq!(pilot.state.filter, None, "there is no view baseline any more");
    assert!(!pilot.state.table.is_empty());
    // The same switch to the published figures, which have three views, and back.
    pilot.press("p 3");
    assert_eq!(pilot.state.tab, Tab::Single(View(2)));
    pilot.press("p");
    assert_eq!(pilot.state.tab, Tab::Single(View(0)));
    pilot.screen();
    // Each is looked at as it was left.
    pilot.press("/ nouns>0 enter p");
    assert_eq!((pilot.state.tab, &pilot.state.filter), (Tab::Single(View(2)), &None));
    pilot.press("p");
    assert_eq!(pilot.state.filter.as_ref().map(crate::core::filter::Filter::text), Some("nouns>0"));
}

/// Whatever is pressed before the first study of another shape has opened, its views are never asked of the new one.
#[test]
fn a_study_that_changes_while_it_opens_takes_what_names_views_along() {
    for keys in ["3", "s 3", "5", "v", "3 1"] {
        let mut pilot = Pilot::new(crate::ui::testing::empty());
        pilot.state.setting.request = Some(request());
        pilot.press("r");
        pilot.press(keys);
        let other = run_of(study(&["nouns"]));
        let source = StudySource { study: Arc::new(other.manifest.study.clone()), lists: Vec::new() };
        pilot.tell(Message::StudyRead(Ok(source)));
        pilot.screen();
        pilot.press("v ?");
        pilot.screen();
        pilot.press("esc / tag=any");
        let job = pilot.state.jobs;
        pilot.news(job, opened(&other));
        for news in found(&other, View(0), 6) {
            pilot.news(job, news);
        }
        pilot.press("esc");
        assert_eq!(pilot.state.shown(), Shown::Single(View(0)), "{keys}");
        assert!(!pilot.state.table.is_empty(), "{keys}");
        pilot.screen();
    }
}

#[test]
fn a_filter_that_is_left_is_that_of_the_study_on_the_screen() {
    let mut pilot = Pilot::with(run());
    pilot.state.setting.request = Some(request());
    pilot.press("/ baseline>0 enter /");
    let subject = pilot.state.study.as_ref().unwrap().subject.clone().unwrap();
    let findings = Findings::from_run(run_of(study(&["nouns"])), None, subject);
    pilot.tell(Message::RunRead(Ok(Arc::new(findings))));
    pilot.press("esc");
    assert_eq!(pilot.state.filter, None);
    pilot.screen();
}

#[test]
fn views_are_also_gone_through_one_by_one() {
    let names: Vec<String> = (0..5).map(|view| format!("view-number-{view}")).collect();
    let mut pilot = Pilot::with(run_of(study(&names.iter().map(String::as_str).collect::<Vec<_>>())));
    let mut seen = Vec::new();
    for _ in 0..7 {
        seen.push(pilot.state.tab);
        pilot.press("]");
    }
    assert_eq!((seen, pilot.state.tab), (Tab::all(pilot.state.about()), Tab::Single(View(0))));
    pilot.press("[");
    assert_eq!(pilot.state.tab, Tab::Similarity);
    pilot.resize(80, 20);
    assert!(pilot.screen().iter().any(|line| line.contains("view-number-0-view-number-1")), "the compared pair is always named");
}

#[test]
fn tags_of_other_studies_can_be_taken_away() {
    let mut pilot = Pilot::with(run());
    let feature = pilot.state.feature().unwrap();
    let book = pilot.state.tagging.book.as_mut().unwrap();
    book.apply(Edit::Toggle(feature, Scope::Everywhere, tag("STEREO")));
    pilot.press("m");
    assert!(pilot.screen().iter().any(|line| line.contains("STEREO") && line.contains("another study")));
    pilot.press("1");
    assert!(pilot.state.tags().is_empty());
}
