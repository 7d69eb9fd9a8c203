//! Tests of typing into prompts: a value is replaced, earlier texts come back, Tab goes on, and commands take arguments.

use super::pilot::Pilot;
use crate::app::message::{Effect, Message, WantedStudy};
use crate::app::state::download::Offer;
use crate::app::state::overlay::Overlay;
use crate::app::state::prompt::Names;
use crate::app::state::tab::Tab;
use crate::core::filter::Filter;
use crate::core::pair_effects::PairEffects;
use crate::core::rows::column::Column;
use crate::core::run::Method;
use crate::core::selection::Selection;
use crate::core::study::testing::{FEMALE, MALE, tag};
use crate::ui::testing::run;

fn text(pilot: &Pilot) -> String {
    match &pilot.state.overlay {
        Some(Overlay::Prompt(prompt)) => prompt.input.value().to_owned(),
        other => panic!("no prompt is open: {other:?}"),
    }
}

fn filter(pilot: &Pilot) -> Option<&str> {
    pilot.state.filter.as_ref().map(Filter::text)
}

#[test]
fn the_first_character_replaces_the_value_and_a_movement_keeps_it() {
    let mut pilot = Pilot::study();
    pilot.press("t 0.1 enter t 0.3");
    assert_eq!(text(&pilot), "0.3");
    pilot.press("enter");
    assert_eq!(pilot.state.selection, Selection::Threshold(0.3));
    for (keys, value) in [("end 5", "0.35"), ("home 1", "10.3"), ("left 1", "0.13"), ("ctrl-u 7", "7"), ("9 8", "98")] {
        pilot.press("t").press(keys);
        assert_eq!(text(&pilot), value, "{keys}");
        pilot.press("esc");
    }
    // What deletes takes the selected value, as in every field with a selection, and one character of what is not selected.
    for (key, left) in
        [("backspace", "0."), ("delete", "0.3"), ("ctrl-w", ""), ("alt-backspace", ""), ("ctrl-k", "0.3"), ("ctrl-u", "")]
    {
        pilot.press("t").press(key);
        assert_eq!(text(&pilot), "", "{key}");
        pilot.press("esc t end").press(key);
        assert_eq!(text(&pilot), left, "{key}");
        pilot.press("esc");
    }
    pilot.press("t");
    pilot.tell(Message::Paste("0.25\n".to_owned()));
    assert_eq!(text(&pilot), "0.25");
    pilot.press("esc /");
    pilot.tell(Message::Paste("kind=mlp\tor kind=attn\n".to_owned()));
    assert_eq!((text(&pilot), pilot.notice()), ("kind=mlp or kind=attn".to_owned(), ""));
}

#[test]
fn prompts_are_searched_where_a_feature_acts_most() {
    let mut pilot = Pilot::study();
    pilot.press("/");
    pilot.type_text("Mary");
    assert_eq!(pilot.hint(), Ok("0 of 18 features; prompt~Mary looks in prompts".to_owned()));
    let findings = std::sync::Arc::clone(pilot.state.findings().unwrap());
    let all = pilot.state.table.listing.total().selected;
    for (place, name) in ["mary", "ANNA", "Lisa", "eva"].into_iter().enumerate() {
        pilot.press("ctrl-u").type_text(&format!("prompt~{name}"));
        let found = pilot.features();
        // Of four pairs three count, so that a feature is left out where the pair has its smallest |effect|.
        for feature in &findings.detail(MALE).detail().features {
            let effects: Vec<f64> = findings.detail(MALE).by_example(*feature).unwrap().into_iter().map(f64::abs).collect();
            let weaker = effects.iter().filter(|effect| **effect < effects[place]).count();
            let stronger = effects.iter().filter(|effect| **effect > effects[place]).count();
            assert!(weaker == 0 || effects[place] == 0.0 || found.contains(feature), "{name}: {feature} {effects:?}");
            assert!(stronger < 3 || !found.contains(feature), "{name}: {feature} {effects:?}");
        }
        pilot.press("ctrl-u").type_text(&format!("prompt!={name}"));
        assert_eq!(pilot.features().len() + found.len(), all, "{name}");
    }
}

#[test]
fn of_several_pasted_lines_the_first_is_taken_and_said_so() {
    for end in ["\n", "\r\n", "\r"] {
        let mut pilot = Pilot::study();
        pilot.press("/");
        pilot.tell(Message::Paste(format!("{end}tag=FP{end}q{end}")));
        assert_eq!((text(&pilot), pilot.hint()), ("tag=FP".to_owned(), Err("only the first line was taken".to_owned())));
        pilot.tell(Message::Paste(" or tag=any".to_owned()));
        assert_eq!((text(&pilot), pilot.notice()), ("tag=FP or tag=any".to_owned(), ""));
        pilot.press("enter");
        assert_eq!(filter(&pilot), Some("tag=FP or tag=any"));
    }
    let mut pilot = Pilot::study();
    pilot.tell(Message::Paste("a\nb".to_owned()));
    assert_eq!(pilot.notice(), "nothing here takes what was pasted; it did nothing");
}

#[test]
fn up_brings_earlier_texts_of_the_same_prompt_back_and_down_what_was_typed() {
    let mut pilot = Pilot::study();
    pilot.press("/ kind=mlp enter / kind=attn enter / kind=mlp enter t 0.1 enter /");
    pilot.press("esc / up");
    assert_eq!((text(&pilot), filter(&pilot)), ("kind=mlp".to_owned(), Some("kind=mlp")));
    pilot.press("up");
    assert_eq!((text(&pilot), filter(&pilot)), ("kind=attn".to_owned(), Some("kind=attn")));
    pilot.press("up");
    assert_eq!((text(&pilot), pilot.hint()), ("kind=attn".to_owned(), Err("nothing was entered before this".to_owned())));
    pilot.press("down down");
    assert_eq!(text(&pilot), "kind=mlp");
    pilot.press("ctrl-u effect>0 up down enter");
    assert_eq!(filter(&pilot), Some("effect>0"));
    pilot.press("T up");
    assert_eq!(pilot.hint(), Err("nothing was entered here before".to_owned()));
}

#[test]
fn tab_goes_on_with_fields_values_and_names() {
    let mut pilot = Pilot::study();
    pilot.press("/ ki tab");
    assert_eq!(text(&pilot), "kind=");
    pilot.press("m tab space r tab");
    assert_eq!((text(&pilot), pilot.hint()), ("kind=mlp r".to_owned(), Ok("ratio>  rank>  rejected=".to_owned())));
    pilot.press("tab");
    assert_eq!(pilot.hint(), Err("type on: ratio>  rank>  rejected=".to_owned()));
    pilot.press("e tab N tab");
    assert_eq!((text(&pilot), pilot.hint()), ("kind=mlp rejected=no".to_owned(), Ok("6 of 18 features".to_owned())));
    pilot.press("ctrl-u kind=x tab");
    assert_eq!(pilot.hint(), Err("nothing begins with 'x'".to_owned()));
    pilot.press("ctrl-u effect> tab");
    assert_eq!(pilot.hint(), Err("there is nothing to choose from here".to_owned()));
    pilot.press("esc : view enter fe tab enter");
    assert_eq!(pilot.state.tab, Tab::Single(FEMALE));
}

#[test]
fn tab_knows_submodules_and_words_of_the_study_and_goes_on_in_quotes() {
    let mut pilot = Pilot::study();
    pilot.press("/ submodule=re tab");
    assert_eq!((text(&pilot), pilot.hint()), ("submodule=resid_".to_owned(), Ok("resid_0  resid_1".to_owned())));
    pilot.press("1 tab enter");
    assert_eq!(pilot.notice(), "filtered: 3 of 18 features; Esc shows all again");
    pilot.press("/ ctrl-u side=fe tab");
    assert_eq!(text(&pilot), "side=female");
    let clean = pilot.state.about().view(MALE).clean.clone();
    let (first, _) = clean.split_at(1);
    pilot.press("ctrl-u").type_text(&format!("fires=\"{first}"));
    pilot.press("tab");
    assert!(
        text(&pilot).starts_with(&format!("fires=\"{first}"))
            && pilot.hint() != Err("there is nothing to choose from here".to_owned())
    );
    pilot.press("ctrl-u").type_text("fires=");
    pilot.press("tab");
    assert!(pilot.hint().is_ok_and(|hint| hint.contains("clean") && hint.contains(&clean)), "{:?}", pilot.hint());
}

#[test]
fn tab_shows_the_choices_while_the_present_one_is_selected() {
    let mut pilot = Pilot::computing();
    pilot.press(": method enter tab");
    assert_eq!((text(&pilot), pilot.hint()), ("ig".to_owned(), Ok("ig  attrib  exact".to_owned())));
    pilot.press("a tab");
    assert_eq!(text(&pilot), "attrib");
}

#[test]
fn a_word_that_is_a_field_is_answered_as_one() {
    for (typed, says) in [
        ("rejected", "filtered: 0 of 18 features; rejected is a field: rejected=yes; Esc shows all again"),
        ("TAG", "filtered: 0 of 18 features; TAG is a field: tag=FP; Esc shows all again"),
        ("kind=mlp layer", "filtered: 0 of 18 features; layer is a field: layer>=4; Esc shows all again"),
        ("Mary", "filtered: 0 of 18 features; prompt~Mary looks in prompts; Esc shows all again"),
    ] {
        let mut pilot = Pilot::study();
        pilot.press("/").type_text(typed);
        pilot.press("enter");
        assert_eq!(pilot.notice(), says);
    }
}

#[test]
fn a_command_is_named_whatever_the_case_the_spaces_before_it_and_the_end_of_its_name() {
    for line in ["threshold 0.1", "Threshold 0.1", "  threshold 0.1", "thres 0.1", " THRES  0.1"] {
        let mut pilot = Pilot::study();
        pilot.press(":").type_text(line);
        pilot.press("enter");
        assert_eq!(
            (pilot.state.selection, pilot.state.overlay.is_none()),
            (Selection::Threshold(0.1), true),
            "{line}: {}",
            pilot.notice()
        );
    }
    let mut pilot = Pilot::study();
    pilot.press(":").type_text("heat map");
    pilot.press("enter");
    assert!(matches!(pilot.state.overlay, Some(Overlay::Pictures)), "words are looked for together");
    // Several names begin so.
    pilot.press("esc :").type_text("sort-by 3");
    pilot.press("enter");
    assert_eq!(pilot.notice(), "no command matches");
}

#[test]
fn a_file_whose_name_holds_a_comma_may_be_meant() {
    let mut pilot = Pilot::computing();
    let wanted = |pilot: &mut Pilot| {
        pilot.asked().into_iter().find_map(|effect| match effect {
            Effect::ReadStudy(WantedStudy::Pairs(readings)) => Some(readings),
            _ => None,
        })
    };
    for (typed, expected) in [
        ("a.jsonl", vec![("a.jsonl", None)]),
        ("a, b.jsonl", vec![("a, b.jsonl", None), ("a", Some("b.jsonl"))]),
        ("a,b,c", vec![("a,b,c", None), ("a", Some("b,c")), ("a,b", Some("c"))]),
    ] {
        pilot.press("P ctrl-u").type_text(typed);
        pilot.press("enter");
        let expected: Vec<_> = expected.into_iter().map(|(pairs, baseline)| (pairs.into(), baseline.map(Into::into))).collect();
        assert_eq!(wanted(&mut pilot), Some(expected), "{typed}");
    }
}

#[test]
fn the_list_stays_while_a_term_is_unfinished() {
    let mut pilot = Pilot::study();
    pilot.press("m p /");
    for letter in "tag=F".chars() {
        pilot.press(&letter.to_string());
        assert_eq!(pilot.features().len(), 18, "{}", text(&pilot));
    }
    assert!(pilot.hint().unwrap_err().contains("'F' is not a tag"));
    pilot.press("P");
    assert_eq!(pilot.features().len(), 1);
    for letter in [" ", "k", "i", "n", "d", "=", "m"] {
        pilot.type_text(letter);
        assert_eq!(pilot.features().len(), 1, "{}", text(&pilot));
    }
    // The header says so while the list is that of a text before.
    pilot.press("ctrl-u t a g = F P X");
    assert!(pilot.screen()[2].contains("filter still tag=FP (1 match)"), "{}", pilot.screen()[2]);
    pilot.press("ctrl-u l a y e r space");
    assert_eq!((pilot.features().len(), pilot.hint().is_ok_and(|hint| hint.contains("Tab goes on: layer"))), (18, true));
    pilot.press("ctrl-u eff");
    assert_eq!(pilot.hint(), Ok("Tab goes on: effect>0.2; Enter looks for the last word".to_owned()));
    pilot.press("tab");
    assert_eq!(text(&pilot), "effect>");
    pilot.press("ctrl-u eff");
    // A word that is finished by Enter is a text to look for.
    pilot.press("enter");
    assert_eq!((filter(&pilot), pilot.features().len()), (Some("eff"), 0));
}

#[test]
fn what_only_a_comparison_has_is_said_where_nothing_matches() {
    for text in ["delta>0.1", "side=male", "kind=mlp delta-se<1"] {
        let mut pilot = Pilot::study();
        pilot.press("/");
        pilot.type_text(text);
        let says = "delta and side are known in a comparison only: 4 or 5";
        assert!(pilot.hint().is_ok_and(|hint| hint.ends_with(says)), "{text}: {:?}", pilot.hint());
        pilot.press("enter");
        assert!(pilot.screen().iter().any(|line| line.contains("no feature matches the filter: delta and side")), "{text}");
        pilot.press("4");
        assert!(!pilot.screen().iter().any(|line| line.contains("known in a comparison only")), "{text}");
    }
}

/// Few rows may have a figure, or none: else it looks as if the others did not match.
#[test]
fn how_many_rows_lack_a_figure_is_said_with_the_reason() {
    let mut run = run();
    let views = run.views.iter_mut();
    views.for_each(|view| {
        let detail = &mut view.detail;
        let kept: Vec<usize> = (0..detail.entry_features.len()).filter(|row| detail.entry_features[*row] == 0).collect();
        let of = |numbers: &[u32]| kept.iter().map(|row| numbers[*row]).collect::<Vec<u32>>();
        let floats = |numbers: &[f32]| kept.iter().map(|row| numbers[*row]).collect::<Vec<f32>>();
        (detail.entry_examples, detail.entry_positions) = (of(&detail.entry_examples), of(&detail.entry_positions));
        detail.entry_effects = floats(&detail.entry_effects);
        (detail.entry_clean, detail.entry_patch) = (floats(&detail.entry_clean), floats(&detail.entry_patch));
        detail.entry_features = of(&detail.entry_features);
        detail.features.truncate(1);
        view.submodules.iter_mut().for_each(|effects| effects.pair_effects = PairEffects::default());
    });
    let activations = "their activations were not kept; a larger --detail keeps more";
    let reason = "the run did not keep them: compute it again";
    for (text, says) in [
        ("fires=both", format!("17 of 18 rows have no activations: {activations}")),
        ("p<0.1", format!("17 of 18 rows have no p: {reason}")),
        ("q<0.1", format!("17 of 18 rows have no q: {reason}")),
        ("not prompt~Anna", format!("17 of 18 rows have no effects of single pairs: {reason}")),
        (
            "label~he",
            "18 of 18 rows have no label: no labels were imported for these dictionaries: saescope import neuronpedia".to_owned(),
        ),
        (
            "fires=\"male name\"",
            "'male name' is a prompt of the view baseline; those of the view male are 'he-prompt' and 'she-prompt'".to_owned(),
        ),
    ] {
        let mut pilot = Pilot::with(run.clone());
        pilot.press("/");
        pilot.type_text(text);
        pilot.arrange();
        let hint = pilot.hint().unwrap();
        assert!(hint.ends_with(&says), "{text}: {hint}");
        pilot.press("enter");
        pilot.arrange();
        if pilot.features().is_empty() {
            let screen = pilot.screen().join(" ");
            assert!(screen.contains("no feature matches the filter:"), "{text}: {screen}");
        }
    }
    // Figures that every row has are no matter.
    let mut pilot = Pilot::with(run);
    pilot.press("/ se>9 enter");
    assert!(pilot.notice().starts_with("filtered: 0 of 18 features; Esc"), "{}", pilot.notice());
}

#[test]
fn published_figures_lack_what_was_not_printed() {
    let mut pilot = Pilot::study();
    pilot.press("p t 0.1 enter");
    let rows = pilot.features().len();
    assert!(rows > 0 && pilot.state.show_published, "{}", pilot.notice());
    for (text, name) in [
        ("fires=patch", "activations"),
        ("se>0", "standard error"),
        ("prompt~Anna", "effects of single pairs"),
        ("p<0.5", "p"),
        ("ratio>1", "effect/s.e."),
    ] {
        pilot.press("/ ctrl-u");
        pilot.type_text(text);
        pilot.arrange();
        let says = format!("0 of {rows} features; {rows} of {rows} rows have no {name}: the published study did not print it");
        assert_eq!(pilot.hint(), Ok(says), "{text}");
        pilot.press("esc");
    }
    for (keys, name) in [("s s", "standard error"), ("s c", "effect/s.e."), ("s b", "95 % interval"), ("s o", "activations")] {
        pilot.press(keys);
        let says = format!("not ordered: {rows} of {rows} rows have no {name}: the published study did not print it");
        assert_eq!(pilot.notice(), says, "{keys}");
    }
    pilot.press("s e");
    assert_eq!(pilot.notice(), "");
}

#[test]
fn files_and_studies_are_asked_of_the_outside_and_a_late_answer_changes_nothing() {
    let mut pilot = Pilot::computing();
    pilot.state.setting.home = Some("/home/me".to_owned());
    pilot.press("P ~/da/x.jsonl,~/da/ba tab");
    let names = Names { typed: "/home/me/da/ba".to_owned(), studies: false };
    assert!(matches!(pilot.asked().last(), Some(Effect::ListNames(asked)) if *asked == names));
    let found = ["base/", "baseline.jsonl", "other"].map(str::to_owned).to_vec();
    pilot.tell(Message::NamesListed(names.clone(), found.clone()));
    assert_eq!((text(&pilot), pilot.hint()), ("~/da/x.jsonl,~/da/base".to_owned(), Ok("base/  baseline.jsonl".to_owned())));
    pilot.press("l tab x");
    pilot.tell(Message::NamesListed(Names { typed: "/home/me/da/basel".to_owned(), studies: false }, found));
    assert_eq!(text(&pilot), "~/da/x.jsonl,~/da/baselx");
    pilot.press("esc C tab");
    let names = Names { typed: String::new(), studies: true };
    pilot.tell(Message::NamesListed(names, vec!["names".to_owned()]));
    pilot.press("enter");
    let wanted = Effect::ReadStudy(WantedStudy::Named("names".to_owned()));
    assert!(pilot.asked().iter().any(|effect| format!("{effect:?}") == format!("{wanted:?}")));
}

#[test]
fn a_command_takes_its_argument_from_the_palette() {
    let mut pilot = Pilot::computing();
    let run = |pilot: &mut Pilot, line: &str| {
        pilot.press(":");
        pilot.type_text(line);
        pilot.press("enter");
        // What computes asks while something else is being computed.
        if matches!(pilot.state.overlay, Some(Overlay::Question(_))) {
            pilot.press("y");
        }
        assert!(pilot.state.overlay.is_none(), "{line}: {}", pilot.notice());
    };
    run(&mut pilot, "threshold 0.1");
    assert_eq!((pilot.state.selection, pilot.features().len()), (Selection::Threshold(0.1), 10));
    run(&mut pilot, "top-k 4");
    assert_eq!((pilot.state.selection, pilot.features().len()), (Selection::TopK(4), 4));
    run(&mut pilot, "filter kind=mlp");
    assert_eq!(filter(&pilot), Some("kind=mlp"));
    run(&mut pilot, "sort feature");
    assert_eq!(pilot.state.sort.column, Column::Name);
    run(&mut pilot, "tag FP");
    let feature = pilot.state.feature().unwrap();
    assert!(pilot.state.tags()[&feature].has(tag("FP"), crate::core::study::testing::name("male")));
    run(&mut pilot, "view female");
    assert_eq!(pilot.state.tab, Tab::Single(FEMALE));
    run(&mut pilot, "steps 20");
    assert_eq!(pilot.state.job.as_ref().map(|job| job.request.settings.steps), Some(20));
    run(&mut pilot, "method exact");
    assert_eq!(pilot.state.job.as_ref().map(|job| job.request.settings.method), Some(Method::Exact));
}

#[test]
fn a_name_that_no_command_has_runs_nothing_until_it_is_taken() {
    let mut pilot = Pilot::study();
    pilot.press(":");
    pilot.type_text("nosuch");
    pilot.press("enter");
    assert!(pilot.notice().starts_with("no command is named 'nosuch'; Tab takes "), "{}", pilot.notice());
    assert!(matches!(pilot.state.overlay, Some(Overlay::Palette(_))));
    pilot.press("ctrl-u");
    pilot.type_text("sort-by-delta");
    pilot.press("enter");
    assert!(pilot.notice().contains("only a comparison of two views has a difference"), "{}", pilot.notice());
    pilot.press("esc 4 :");
    pilot.type_text("sort-by-delta");
    pilot.press("enter");
    assert_eq!(pilot.state.sort.column, Column::Delta);
}

#[test]
fn an_argument_that_does_not_fit_stays_where_it_can_be_corrected() {
    let mut pilot = Pilot::study();
    pilot.state.setting.offers = vec![Offer { name: "pythia-70m".to_owned(), files: 2, missing: 1, about_bytes: None }];
    pilot.press(":");
    pilot.type_text("threshold x");
    pilot.press("enter");
    assert_eq!(text(&pilot), "x");
    assert!(pilot.hint().unwrap_err().starts_with("'x' is not a threshold"));
    pilot.press("esc :");
    pilot.type_text("reverse now");
    pilot.press("enter");
    assert_eq!(pilot.notice(), "reverse takes no argument");
    assert!(matches!(pilot.state.overlay, Some(Overlay::Palette(_))));
    // Of a run file nothing can be computed: that is said before the argument, and what was typed stays.
    pilot.press("ctrl-u");
    pilot.type_text("steps");
    assert_eq!(pilot.notice(), "");
    for keys in ["space", "5", "tab", "enter"] {
        pilot.press(keys);
        let says = "steps: this run was read from a file; start saescope without a run file to compute";
        assert_eq!((pilot.notice(), matches!(pilot.state.overlay, Some(Overlay::Palette(_)))), (says, true), "{keys}");
        assert!(pilot.screen().last().unwrap().contains(says), "{keys}");
    }
    pilot.press("esc : xyzzy");
    assert!(pilot.screen().iter().any(|line| line.contains("nothing matches 'xyzzy'")));
    pilot.press("enter");
    assert_eq!(pilot.notice(), "no command matches");
    pilot.press("ctrl-u fet tab tab");
    assert_eq!(text(&pilot), "pythia-70m");
}
