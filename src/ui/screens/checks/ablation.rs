//! Tests of ablations on the screen: what they take, and how their results are ordered, copied and gone to.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{asked, checked, kept, tell, text, whole};
use crate::app::message::{Effect, Message};
use crate::core::causal::check::{Done, Found, News, What};
use crate::core::causal::set;
use crate::core::causal::way::{ErrorTreatment, Way};
use crate::core::submodule::FeatureId;
use crate::ui::screens::check_results::{elsewhere, found};
use crate::ui::screens::pilot::Pilot;

#[test]
fn the_marked_features_are_ablated_together_and_without_marks_the_one_at_the_cursor() {
    let mut pilot = kept();
    pilot.press("space space");
    let marked: BTreeSet<FeatureId> = pilot.state.marked.iter().copied().collect();
    pilot.press("b ctrl-u resample space clean_touched enter");
    let (_, request) = asked(&mut pilot);
    let expected = What::Set { features: marked, way: Way::Resample, error: ErrorTreatment::CleanTouched };
    assert_eq!((request.check.view.as_str(), request.check.what), ("male", expected));
    assert!(request.model.is_none(), "the run was read from a file: its record says where its model is");
    let mut pilot = kept();
    pilot.press("2 j b enter");
    let (_, request) = asked(&mut pilot);
    let features = BTreeSet::from([pilot.state.feature().unwrap()]);
    let expected = What::Set { features, way: Way::Zero, error: ErrorTreatment::Recomputed };
    assert_eq!((request.check.view.as_str(), request.check.what), ("female", expected));
    let mut pilot = kept();
    pilot.press("space b ctrl-u listed enter");
    let (_, request) = asked(&mut pilot);
    assert!(matches!(request.check.what, What::Set { features, .. } if features.len() == 18));
}

#[test]
fn whole_submodules_and_kinds_are_ablated_by_name_and_unknown_ones_are_named() {
    let mut pilot = kept();
    pilot.press("b ctrl-u");
    pilot.type_text("attn resid_1 resample attn resid_0/5");
    pilot.press("enter");
    let (number, request) = asked(&mut pilot);
    let members = ["resid_0/5", "attn", "resid_1"].map(|member| member.parse().unwrap()).to_vec();
    let error = ErrorTreatment::Recomputed;
    assert_eq!(request.check.what, What::Members { members, way: Way::Resample, error });
    let found = found(&request.check);
    tell(&mut pilot, number, News::Ended(Ok(Arc::new(Done { check: request.check, found, elsewhere: None, whole: true }))));
    let screen = text(&pilot);
    assert!(screen.contains("ablation of 0-res-sm/5, attn, resid_1, resample, errors recomputed"), "{screen}");
    for (typed, says) in [
        ("resid_9", "names nothing that this run has a dictionary of"),
        ("attn listed", "two sets"),
        ("all", "'all' is not known"),
    ] {
        let mut pilot = kept();
        pilot.press("b ctrl-u");
        pilot.type_text(typed);
        pilot.press("enter");
        assert!(pilot.asked().is_empty() && text(&pilot).contains(says), "{typed}: {}", text(&pilot));
    }
}

#[test]
fn the_palette_takes_way_and_treatment_and_wrong_words_are_named() {
    let mut pilot = kept();
    pilot.press(":");
    pilot.type_text("ablate mean_all clean");
    pilot.press("enter");
    let (_, request) = asked(&mut pilot);
    assert!(matches!(request.check.what, What::Set { way: Way::MeanAll, error: ErrorTreatment::Clean, .. }));
    let mut pilot = kept();
    pilot.press("b ctrl-u half");
    assert!(pilot.hint().unwrap_err().starts_with("'half' is not known here; use zero, mean_position,"));
    pilot.press("enter");
    assert!(pilot.asked().is_empty() && pilot.state.check.is_none());
    pilot.press("ctrl-u clea tab");
    assert_eq!(pilot.hint(), Ok("clean_touched  clean".to_owned()));
}

#[test]
fn the_sets_of_a_file_are_ablated_each() {
    let mut pilot = kept();
    pilot.press(":");
    pilot.type_text("ablate-sets resample my sets.json");
    pilot.press("enter");
    let asked_for = pilot.asked();
    let [Effect::ReadSets { path, way: Way::Resample, error: ErrorTreatment::Recomputed }] = asked_for.as_slice() else {
        panic!("{asked_for:?}")
    };
    assert_eq!(path, "my sets.json");
    let read = |text: &str| {
        let (file, error) = ("my sets.json".to_owned(), ErrorTreatment::Recomputed);
        Message::SetsRead(set::parse(text, &file).map(|sets| (sets, file, Way::Resample, error)))
    };
    let many: Vec<String> = (0..1001).map(|number| format!("\"{number}\": []")).collect();
    pilot.tell(read(&format!("{{{}}}", many.join(","))));
    assert!(pilot.asked().is_empty() && pilot.notice().contains("1001 sets are more than the 1000"), "{}", pilot.notice());
    pilot.tell(read(r#"{"one": ["resid_9"]}"#));
    assert!(pilot.asked().is_empty() && pilot.notice().contains("names nothing that this run has"), "{}", pilot.notice());
    pilot.tell(read(r#"{"one\u001b[2J": ["resid_0/5"], "all attn": ["attn", "mlp_0"]}"#));
    let (number, request) = asked(&mut pilot);
    let What::Sets { sets, .. } = &request.check.what else { panic!("{request:?}") };
    assert_eq!(sets.iter().map(|set| set.members.len()).collect::<Vec<_>>(), [1, 2]);
    let found = found(&request.check);
    let done = Done { elsewhere: elsewhere(&found), found, check: request.check, whole: true };
    tell(&mut pilot, number, News::Ended(Ok(Arc::new(done))));
    pilot.resize(180, 60);
    let screen = text(&pilot);
    for part in [
        "ablation of 2 sets of my sets.json, resample, errors recomputed, view male",
        "set one\\x1b[2J",
        "set all attn",
        "Set all attn: attn, mlp_0",
    ] {
        assert!(screen.contains(part), "{part}: {screen}");
    }
    pilot.press("esc L");
    assert!(text(&pilot).contains("all attn removes the most, +0.3"), "{}", text(&pilot));
}

#[test]
fn submodules_are_ablated_although_nothing_is_listed() {
    let mut pilot = kept();
    pilot.press("t ctrl-u 99 enter");
    pilot.press("b ctrl-u");
    pilot.type_text("resid_1");
    pilot.press("enter");
    let (_, request) = asked(&mut pilot);
    assert!(matches!(request.check.what, What::Members { .. }));
    let mut pilot = kept();
    pilot.press("t ctrl-u 99 enter b enter");
    assert!(pilot.asked().is_empty() && text(&pilot).contains("no feature is listed"), "{}", text(&pilot));
}

#[test]
fn features_by_name_are_a_set_that_their_cards_know() {
    let mut pilot = kept();
    let feature = pilot.state.feature().unwrap();
    pilot.press("b ctrl-u");
    pilot.type_text(&feature.to_string());
    pilot.press("enter");
    let (number, request) = asked(&mut pilot);
    let (way, error) = (Way::Zero, ErrorTreatment::Recomputed);
    assert_eq!(request.check.what, What::Set { features: BTreeSet::from([feature]), way, error });
    tell(&mut pilot, number, News::Ended(Ok(Arc::new(whole(&request)))));
    pilot.press("esc");
    assert!(text(&pilot).contains("taken out: removes +0.2"), "{}", text(&pilot));
}

#[test]
fn single_features_are_ordered_copied_and_gone_to() {
    let mut pilot = kept();
    let done = checked(&mut pilot, "Z enter");
    let Found::Each(each) = &done.found else { panic!("{done:?}") };
    let first = |pilot: &Pilot| {
        // The table beneath the window has a space after the cursor.
        let cursors = pilot
            .screen()
            .into_iter()
            .filter_map(|line| line.rsplit("│>").next().filter(|rest| *rest != line).map(str::to_owned));
        let row = cursors.into_iter().rfind(|rest| !rest.starts_with(' ')).unwrap();
        row.split_whitespace().next().unwrap().to_owned()
    };
    // The order of effects is that of the table; zero removes most with the first feature in order of names.
    assert_eq!(first(&pilot), pilot.features()[0].to_string());
    pilot.press("s");
    assert_eq!(first(&pilot), each.features[0].feature.to_string());
    pilot.press("S");
    assert_eq!(first(&pilot), each.features[17].feature.to_string());
    pilot.asked();
    pilot.press("y");
    let copied = pilot.asked();
    let [Effect::Copy(table, what)] = copied.as_slice() else { panic!("{copied:?}") };
    assert_eq!((table.lines().count(), what.starts_with("ablation of 18 features")), (19, true));
    let share = each.features[17].zero.mean.unwrap().to_string();
    assert!(table.lines().nth(1).unwrap().contains(&share), "{table}");
    pilot.press("enter");
    assert!(pilot.state.overlay.is_none());
    assert_eq!(pilot.state.feature(), Some(each.features[17].feature));
    assert!(text(&pilot).contains("taken out: removes +0.0167 (+0.017 .. +0.017) zero, -0.0167"), "{}", text(&pilot));
}

#[test]
fn single_features_are_copied_with_their_side_effects_and_narrow_screens_cut_no_column() {
    let mut pilot = kept();
    checked(&mut pilot, "Z enter");
    pilot.asked();
    pilot.press("y");
    let copied = pilot.asked();
    let [Effect::Copy(copied, _)] = copied.as_slice() else { panic!("{copied:?}") };
    let rows: Vec<Vec<&str>> = copied.lines().map(|line| line.split('\t').collect()).collect();
    assert!(rows[0].ends_with(&["bias_baseline_zero", "bias_baseline_zero_low", "bias_baseline_zero_high"]), "{:?}", rows[0]);
    assert!(rows[0].contains(&"divergence_zero") && rows[0].contains(&"bias_female_zero"), "{:?}", rows[0]);
    assert!(rows.iter().all(|row| row.len() == rows[0].len()), "{copied}");
    pilot.resize(80, 200);
    let screen = text(&pilot);
    assert!(["elsewhere, zero", "divergence", "loss", "female", "baseline"].iter().all(|head| screen.contains(head)), "{screen}");
}

#[test]
fn marks_that_a_filter_hides_are_the_reason_why_nothing_is_ablated() {
    let mut pilot = kept();
    pilot.press("space space /");
    pilot.type_text("rank>2");
    pilot.press("enter b enter");
    assert!(pilot.asked().is_empty() && text(&pilot).contains("2 marked are hidden by the filter"), "{}", text(&pilot));
}
