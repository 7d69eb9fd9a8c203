//! Tests of the card of a small study: its numbers are those of the findings, and no control character from a file reaches the
//! terminal.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::style::Modifier;

use super::*;
use crate::app::message::Message;
use crate::app::state::ThemeName;
use crate::app::state::job::Job;
use crate::app::state::tab::Tab;
use crate::app::table;
use crate::app::update::update;
use crate::core::findings::Findings;
use crate::core::neuronpedia::Reference;
use crate::core::quadrature::{Quadrature, Rule};
use crate::core::request::{ModelSource, Options, Request, Settings};
use crate::core::rows::cells;
use crate::core::run::{Method, Opened, Run};
use crate::core::selection::Selection;
use crate::core::study::testing::{BASELINE, FEMALE, MALE, name, tag};
use crate::core::tags::{Edit, Scope, TagBook};
use crate::core::text::activation;
use crate::store::studies;
use crate::ui::testing::{empty, rows, run, screen, showing};

fn theme(name: ThemeName) -> Theme {
    Theme::new(name, true)
}

/// The card's lines as text, in the dark theme.
fn text(state: &State, width: usize) -> Vec<String> {
    lines(state, &theme(ThemeName::Dark), width).iter().map(|line| line.to_string().trim_end().to_owned()).collect()
}

fn drawn(state: &State, name: ThemeName, size: (u16, u16)) -> Buffer {
    screen(size, |frame| draw(state, &theme(name), frame.area(), frame))
}

fn look_at(state: &mut State, tab: Tab) {
    state.tab = tab;
    table::refresh(state);
}

/// The style of the first cell of `token`, at the first place where `number` follows it.
fn token_style(buffer: &Buffer, token: &str, number: &str) -> ratatui::style::Style {
    let wanted = format!("{token}{number}");
    let found = rows(buffer).iter().enumerate().find_map(|(y, row)| {
        let at = row.find(&wanted)?;
        let x = row.char_indices().take_while(|(byte, _)| *byte < at).count();
        Some(buffer[(x as u16, y as u16)].style())
    });
    found.unwrap_or_else(|| panic!("{wanted} is not in {:#?}", rows(buffer)))
}

/// The effect of the feature at the cursor in each example of the male view, summed from the findings.
fn totals(state: &State) -> [f64; 4] {
    let mut totals = [0.0; 4];
    for entry in state.findings().unwrap().detail(MALE).entries(state.feature().unwrap()).unwrap() {
        totals[entry.example] += f64::from(entry.effect);
    }
    totals
}

#[test]
fn the_numbers_are_those_of_the_findings() {
    let state = showing(run());
    let row = state.table.row().unwrap();
    let findings = state.findings().unwrap();
    let shown = text(&state, 82);
    assert_eq!(
        shown[..2].join(" "),
        "fires on both prompts (runs) mostly at the last token, more on the she-prompt; +0.1750 ± 0.1904 logits towards ' she', \
         in 3 of 4 pairs"
    );
    assert_eq!(shown[2], "           effect   ± s.e.    effect/s.e.  same sign");
    for (line, view) in shown[3..6].iter().zip([MALE, FEMALE, BASELINE]) {
        let found = findings.view(view);
        let (effect, error) = (found.effect(row.feature).unwrap(), found.standard_error(row.feature).unwrap());
        let numbers = format!(
            "{} ± {} {:.1} 3 of 4",
            cells::signed(Some(f64::from(effect))),
            cells::unsigned(Some(f64::from(error))),
            effect.abs() / error
        );
        let words: Vec<&str> = line.trim_start_matches(['>', ' ']).split_whitespace().collect();
        assert_eq!(words[0], findings.study.name(view).as_str());
        assert_eq!(words[1..8].join(" "), numbers, "{line}");
        assert_eq!(line.starts_with('>'), view == MALE);
        assert!(['├', '●', '┤'].into_iter().all(|part| line.contains(part)), "{line}");
    }
    let positions = findings.view(MALE).submodule(row.feature.submodule).unwrap().positions(row.feature.index).unwrap();
    let labels = shown.iter().position(|line| line.starts_with("0 The ")).unwrap();
    assert_eq!(shown[labels - 1], "mean effect by position, male");
    // Words of the first pair only, where the pairs differ, and over the whole width.
    assert_eq!(shown[labels], format!("{:27}{:27}2 runs", "0 The", "1 John/Mary .."));
    for position in &positions[1..] {
        assert!(shown[labels + 1].contains(&cells::signed(Some(f64::from(*position)))), "{shown:#?}");
    }
    assert!(shown[labels + 1].starts_with("0 "));
    assert!(shown[labels + 2].contains('█'));
    assert!(shown.contains(&"activation at 8 tokens where it differs".to_owned()));
    assert!(shown.contains(&"he-prompt: mean 0.75, from 0.00 to 1.50".to_owned()));
    assert!(shown.contains(&"she-prompt: mean 2.50, from 2.00 to 3.00".to_owned()));
}

#[test]
fn prompts_come_strongest_first_with_their_effect_at_the_end() {
    let state = showing(run());
    let totals = totals(&state);
    let mut order = [0, 1, 2, 3];
    order.sort_by(|left: &usize, right| totals[*right].abs().total_cmp(&totals[*left].abs()));
    let names = [("John", "Mary"), ("Paul", "Anna"), ("Tom", "Lisa"), ("Max", "Eva")];
    let expected: Vec<String> = order
        .into_iter()
        .flat_map(|pair| {
            let clean =
                format!("he-prompt   The {} {:.2} runs {:.2} → ' he'", names[pair].0, 0.5 * pair as f64, 0.5 * pair as f64);
            let patch = format!("she-prompt  The {} 2.00 runs 3.00 → ' she'", names[pair].1);
            let (effect, line) = (cells::signed(Some(totals[pair])), format!("line {}", 10 * (pair + 1)));
            let ended = |prompt: String, end: String| format!("{prompt}{end:>0$}", 80 - fit::width(&prompt));
            [ended(clean, effect), ended(patch, line)]
        })
        .collect();
    let shown = text(&state, 80);
    let from = shown.iter().position(|line| line.starts_with("prompts by")).unwrap() + 1;
    assert_eq!(shown[from..from + 8], expected);
}

#[test]
fn the_female_view_exchanges_prompts_and_answers() {
    let mut state = showing(run());
    for (view, words, names, answers) in [
        (MALE, ["he-prompt", "she-prompt"], ["John", "Mary"], ["' he'", "' she'"]),
        (FEMALE, ["she-prompt", "he-prompt"], ["Mary", "John"], ["' she'", "' he'"]),
        (BASELINE, ["male name", "female name"], ["John", "Mary"], ["' he'", "' she'"]),
    ] {
        look_at(&mut state, Tab::Single(view));
        let shown = text(&state, 80);
        let at = shown.iter().position(|line| line.ends_with("line 10")).unwrap();
        for (line, place) in [(&shown[at - 1], 0), (&shown[at], 1)] {
            let label = words[place];
            assert!(line.starts_with(label) && line.contains(&format!("The {}", names[place])), "{view:?}: {line}");
            assert!(line.contains(&format!("→ {}", answers[place])), "{view:?}: {line}");
        }
        assert!(shown.iter().any(|line| line.contains(&format!("1 {}/{} ..", names[0], names[1]))), "{view:?}: positions");
    }
}

#[test]
fn tokens_of_both_prompts_are_coloured_by_their_activation_and_carry_it_as_a_number() {
    tokens_are_coloured(&showing(run()));
}

/// A signed code fires below zero, too, and blue says so.
#[test]
fn activations_below_zero_have_the_colour_of_numbers_below_zero() {
    let mut run = run();
    run.views.iter_mut().flat_map(|view| &mut view.detail.entry_clean).for_each(|activation| *activation *= -1.0);
    let state = showing(run);
    tokens_are_coloured(&state);
    for name in ThemeName::ALL {
        let blue = theme(name).heat(-1.5, 3.0);
        let style = token_style(&drawn(&state, name, (80, 60)), "Max", " -1.50");
        assert_eq!(
            (style.fg.unwrap(), style.bg.unwrap()),
            (blue.fg.unwrap_or_default(), blue.bg.unwrap_or_default()),
            "{name:?}"
        );
        assert!(name == ThemeName::Monochrome || blue != theme(name).heat(1.5, 3.0), "{name:?}");
    }
}

fn tokens_are_coloured(state: &State) {
    let feature = state.feature().unwrap();
    let entries: Vec<_> = state.findings().unwrap().detail(MALE).entries(feature).unwrap().collect();
    let names = [["John", "Paul", "Tom", "Max"], ["Mary", "Anna", "Lisa", "Eva"]];
    for name in ThemeName::ALL {
        let buffer = drawn(state, name, (80, 60));
        for entry in entries.iter().filter(|entry| entry.position == 1) {
            for (names, value) in names.iter().zip([entry.clean, entry.patch]) {
                let (token, number) = (names[entry.example], format!(" {}", activation(f64::from(value))));
                let style = token_style(&buffer, token, &number);
                // A silent token that differs from the other prompt is highlighted like any other that differs.
                let silent = value == 0.0;
                let heat = if silent { theme(name).title } else { theme(name).heat(f64::from(value), 3.0) };
                assert_eq!((style.fg.unwrap(), style.bg.unwrap()), (heat.fg.unwrap_or_default(), heat.bg.unwrap_or_default()));
                assert_eq!(style.add_modifier & (Modifier::BOLD | Modifier::REVERSED), heat.add_modifier);
                let brackets = matches!(name, ThemeName::Sixteen | ThemeName::Monochrome) && !silent;
                let bracketed = format!(" [{token}{number}]");
                assert_eq!(rows(&buffer).iter().any(|row| row.contains(&bracketed)), brackets, "{name:?} {bracketed}");
            }
        }
    }
}

#[test]
fn signs_are_told_without_colour() {
    let state = showing(run());
    let totals = totals(&state);
    for name in ThemeName::ALL {
        let shown: Vec<String> = lines(&state, &theme(name), 80).iter().map(ToString::to_string).collect();
        let at = shown.iter().position(|line| line.starts_with("effect in 4 pairs")).unwrap() + 1;
        let rows = if name == ThemeName::Monochrome { &shown[at + 1..at + 3] } else { &shown[at..at + 2] };
        for (example, total) in totals.into_iter().enumerate() {
            let marks: Vec<char> = rows.iter().map(|row| row.chars().nth(2 + example).unwrap()).collect();
            assert_eq!((marks[0] != ' ', marks[1] != ' '), (total > 0.0, total < 0.0), "{name:?} {total} {rows:#?}");
            if name == ThemeName::Monochrome {
                assert!(marks.iter().all(|mark| [' ', '+', '-'].contains(mark)));
            }
        }
        assert!(name == ThemeName::Monochrome || (rows[0].starts_with("+ ") && rows[1].starts_with("- ")));
    }
}

/// The small study with `count` examples, of which one token each is kept.
fn many(count: usize) -> State {
    let mut run = run();
    let example = run.manifest.data[0].examples[0].clone();
    run.manifest.data[0].examples = vec![example; count];
    let detail = &mut run.views[0].detail;
    let rows = count as u32;
    detail.features.truncate(1);
    detail.entry_features = vec![0; count];
    detail.entry_examples = (0..rows).collect();
    detail.entry_positions = vec![1; count];
    detail.entry_effects = (0..rows).map(|row| if row % 3 == 2 { -0.5 } else { 0.25 }).collect();
    detail.entry_clean = vec![0.0; count];
    detail.entry_patch = vec![1.0; count];
    let kept = detail.features[0];
    let mut state = showing(run);
    let place = state.table.listing.position(kept).unwrap();
    state.table.go(place);
    state
}

#[test]
fn more_examples_than_columns_share_them_and_the_card_says_so() {
    let shown = text(&many(200), 80);
    let at =
        shown.iter().position(|line| line == "effect in 200 pairs, up to 0.5000, each column 3 pairs, the strongest").unwrap();
    // The last column has two examples, both positive; in every other one the negative example is the strongest.
    assert_eq!(shown[at + 1], format!("+ {}▄", " ".repeat(66)));
    assert_eq!(shown[at + 2], format!("- {}", "█".repeat(66)));
}

#[test]
fn scrolling_stops_at_the_last_line() {
    let mut state = many(3000);
    let all = text(&state, 48);
    for scroll in [0, 1, 7, 5000, all.len() - 18, all.len() - 3, all.len(), 100_000, usize::MAX] {
        state.card_scroll = scroll;
        let shown = rows(&drawn(&state, ThemeName::Dark, (50, 20)));
        let first = scroll.min(all.len() - 18);
        for (row, line) in shown[1..19].iter().zip(&all[first..]) {
            let inside: String = row.chars().skip(1).take(48).collect();
            assert_eq!(inside.trim_end(), line, "from {scroll}");
        }
        assert_eq!(shown[19].contains("↑ more"), first > 0);
        assert_eq!(shown[19].contains("↓ more"), first < all.len() - 18);
    }
}

#[test]
fn what_is_not_known_is_said_in_one_line() {
    let nothing = empty();
    assert_eq!(text(&nothing, 80), ["no feature is listed"]);

    let mut published = empty();
    published.show_published = true;
    table::refresh(&mut published);
    let shown = text(&published, 80);
    assert!(shown[0].starts_with("what it fires on is not known: the study printed no activations; +"), "{shown:#?}");
    assert!(shown.last().unwrap().starts_with("https://"), "{shown:#?}");
    assert!(shown.iter().filter(|line| line.starts_with('>')).all(|line| !line.contains('±')), "{shown:#?}");

    let mut dropped = run();
    for view in &mut dropped.views {
        view.detail.features.truncate(5);
    }
    let mut state = showing(dropped);
    let last = state.table.len() - 1;
    let place =
        (0..=last).find(|row| state.findings().unwrap().detail(MALE).entries(state.table.listing.rows[*row].feature).is_none());
    state.table.go(place.unwrap());
    let shown = text(&state, 200);
    assert!(
        shown[0].starts_with("what it fires on is not known: the run kept activations of the 5 strongest features only; "),
        "{shown:#?}"
    );
}

/// The small study while it is computed: the male view has arrived, without examples.
fn running(run: &Run) -> State {
    let whole = showing(run.clone());
    let manifest = &run.manifest;
    let (study, data) = (Arc::new(manifest.study.clone()), manifest.data.clone());
    let opened = Opened {
        model: manifest.model.name.clone(),
        layers: 2,
        submodules: Vec::new(),
        backend: "ndarray".to_owned(),
        study,
        data,
        notes: Vec::new(),
    };
    let mut findings = Findings::live(Arc::new(opened), Method::Ig, Some(Quadrature::riemann(10)));
    whole.findings().unwrap().view(MALE).submodules().for_each(|ranked| findings.insert(MALE, Arc::clone(ranked)));
    let mut state = empty();
    update(&mut state, Message::RunRead(Ok(Arc::new(findings))));
    state
}

#[test]
fn a_running_study_says_when_examples_come() {
    let mut state = running(&run());
    let shown = text(&state, 200);
    assert!(
        shown[0].starts_with("what it fires on is not known: the computation ended before activations were kept"),
        "{shown:#?}"
    );
    assert!(shown.iter().any(|line| line.contains("1 John/Mary ..")), "{shown:#?}");
    assert!(shown.contains(&"  female".to_owned()), "{shown:#?}");
    let settings = Settings { method: Method::Ig, rule: Rule::Riemann, steps: 10, batch: 4, detail: 100 };
    let options = Options { seed: 1, tokens: None, examples: None };
    let request = Request {
        model: ModelSource::Demo,
        study: studies::names().unwrap(),
        options,
        settings,
        backend: None,
        threads: None,
        shard: None,
    };
    crate::app::job::start(&mut state, request);
    assert!(matches!(state.job, Some(Job { .. })));
    let shown = text(&state, 200);
    assert!(shown[0].starts_with("what it fires on is not known: activations arrive when the run is whole; "), "{shown:#?}");
}

#[test]
fn tags_and_links_stand_on_the_card() {
    let mut state = showing(run());
    let feature = state.feature().unwrap();
    let untagged = text(&state, 80);
    let mut book = TagBook::new(state.findings().unwrap().subject.clone().unwrap());
    update(&mut state, Message::TagsOpened(Box::new(book.clone()), "tags.json".to_owned()));
    assert_eq!(text(&state, 80), untagged);
    book.apply(Edit::Toggle(feature, Scope::Everywhere, tag("FN")));
    book.apply(Edit::Reject(feature, Scope::In(name("male")), true));
    book.apply(Edit::Note(feature, Scope::In(name("male")), "only\x1b[31m names".to_owned()));
    update(&mut state, Message::TagsOpened(Box::new(book), "tags.json".to_owned()));
    let shown = text(&state, 80);
    assert!(shown.contains(&"everywhere FN".to_owned()), "{shown:#?}");
    assert!(shown.contains(&"male       X rejected note: only\\x1b[31m names".to_owned()), "{shown:#?}");
    // Below the sentence, above the figures; the address is the end of the card.
    let place = |wanted: &str| shown.iter().position(|line| line.starts_with(wanted)).unwrap();
    assert!(place("everywhere") < place("> male") && place("fires on") < place("everywhere"));
    let page = Reference::new("pythia-70m-deduped", feature).page();
    assert_eq!(shown.last().unwrap(), &page);

    let mut other = run();
    other.manifest.model.name = "other\x07model".to_owned();
    assert!(
        text(&showing(other), 80)
            .contains(&"Neuronpedia does not host other\\x07model, so its features have no pages".to_owned())
    );
}

#[test]
fn the_border_names_the_feature_with_its_rank_and_shows_the_focus() {
    let mut state = showing(run());
    let feature = state.feature().unwrap();
    let title = format!("┌ {} · {} · rank 1 of 18 ─", feature, feature.submodule);
    let buffer = drawn(&state, ThemeName::Dark, (60, 10));
    assert!(rows(&buffer)[0].starts_with(&title), "{}", rows(&buffer)[0]);
    assert_eq!(buffer[(0, 0)].fg, theme(ThemeName::Dark).border.fg.unwrap());
    state.pane = Pane::Card;
    let buffer = drawn(&state, ThemeName::Dark, (60, 10));
    assert_eq!(buffer[(0, 0)].fg, theme(ThemeName::Dark).focus.fg.unwrap());
    assert_eq!(buffer[(1, 0)].symbol(), "▸");
    state.selection = Selection::TopK(7);
    table::refresh(&mut state);
    assert!(rows(&drawn(&state, ThemeName::Dark, (60, 10)))[0].contains("rank 1 of 7"));
}

/// A study with hostile texts and extreme numbers.
fn hostile() -> Run {
    let mut run = run();
    for example in &mut run.manifest.data[0].examples {
        example.clean_text = vec!["\x1b[2J".to_owned(), " 名前\u{202e}\r\n".repeat(9), "   ".to_owned(), "\u{9b}31m".to_owned()];
        example.patch_text = vec![String::new(), "e\u{301}\t".to_owned()];
        example.clean_answer_text = "\x07".repeat(30);
    }
    for view in &mut run.views {
        view.detail.entry_effects[0] = f32::NAN;
        view.detail.entry_effects[1] = f32::MAX;
        view.detail.entry_positions[2] = u32::MAX;
        view.detail.entry_examples[3] = u32::MAX;
        view.detail.entry_clean[0] = f32::INFINITY;
    }
    run
}

#[test]
fn no_size_and_no_text_breaks_the_card() {
    for run in [run(), hostile()] {
        let mut state = showing(run);
        for name in [ThemeName::Dark, ThemeName::Monochrome] {
            let theme = theme(name);
            for width in 0..=80 {
                for height in 0..=30 {
                    state.card_scroll = usize::from(width * height % 50);
                    let buffer = screen((width, height), |frame| draw(&state, &theme, frame.area(), frame));
                    let clean = buffer
                        .content()
                        .iter()
                        .all(|cell| !cell.symbol().contains(|character: char| character.is_control() || character == '\u{202e}'));
                    assert!(clean, "{width}x{height}");
                }
            }
            for width in 0..=80 {
                for line in lines(&state, &theme, width) {
                    assert!(line.spans.iter().all(|span| !span.content.contains(char::is_control)));
                }
            }
        }
        screen((20, 10), |frame| draw(&state, &theme(ThemeName::Dark), Rect::new(15, 5, 200, 200), frame));
    }
}

#[test]
fn spaces_of_tokens_stay_visible_and_no_number_touches_a_word() {
    let mut run = run();
    run.manifest.data[0].examples[0].clean_text = vec!["a".to_owned(), " ".to_owned(), "  b".to_owned()];
    run.manifest.data[0].examples[0].patch_text = vec!["Ingeb".to_owned(), "org".to_owned(), "s".to_owned()];
    let state = showing(run);
    let shown = text(&state, 80);
    let at = shown.iter().position(|line| line.ends_with("line 10")).unwrap();
    assert!(shown[at - 1].starts_with("he-prompt   a␣ 0.00  b 0.00 → "), "{}", shown[at - 1]);
    assert!(shown[at].starts_with("she-prompt  Ingeborg 2.00 ·s 3.00 → "), "{}", shown[at]);
}

#[test]
fn a_prompt_longer_than_the_card_keeps_its_effect_at_the_right_end() {
    let state = showing(run());
    for width in 20..80 {
        let shown: Vec<String> = lines(&state, &theme(ThemeName::Dark), width).iter().map(ToString::to_string).collect();
        let ends: Vec<&String> = shown.iter().filter(|line| line.ends_with("line 10")).collect();
        assert_eq!(ends.len(), 1, "{width}");
        assert_eq!(fit::width(ends[0]), width, "{}", ends[0]);
    }
}
