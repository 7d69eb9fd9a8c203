//! Tests of the heat map of a small study: cells are the sums of the findings, and no size breaks it.

use ratatui::style::Color;

use super::*;
use crate::app::state::ThemeName;
use crate::app::state::tab::Tab;
use crate::app::table;
use crate::core::study::testing::{BASELINE, FEMALE, MALE, names};
use crate::ui::testing::{LAYERS, POSITIONS, empty, rows, run, screen, showing};

fn theme(name: ThemeName) -> Theme {
    Theme::new(name, true)
}

fn drawn(state: &State, size: (u16, u16)) -> Vec<String> {
    rows(&screen(size, |frame| draw(state, &theme(ThemeName::Dark), frame.area(), frame)))
}

#[test]
fn cells_are_the_sums_of_the_findings() {
    let mut state = showing(run());
    for view in [MALE, FEMALE, BASELINE] {
        state.tab = Tab::Single(view);
        let shown = drawn(&state, (100, 20));
        assert_eq!(shown[0], format!("effect by submodule and position, {}", names().name(view)));
        assert_eq!(shown[1].split_whitespace().collect::<Vec<_>>(), ["0", "1", "2", "sum", "error", "share"]);
        let names = if view == FEMALE { "Mary/John" } else { "John/Mary" };
        assert_eq!(shown[2].split_whitespace().collect::<Vec<_>>(), ["The", names, "..", "runs", "term"]);
        for (submodule, line) in Submodule::all(LAYERS).into_iter().zip(&shown[3..]) {
            let ranked = state.findings().unwrap().view(view).submodule(submodule).unwrap();
            let mut expected = vec![submodule.to_string(), "0".to_owned()];
            expected.extend(ranked.position_sums()[1..].iter().map(|sum| format!("{sum:+.3}")));
            expected.push(format!("{:+.3}", ranked.feature_sum()));
            expected.push(format!("{:+.3}", ranked.effects().error.effect));
            expected.push(format!("{:.1} %", 100.0 * ranked.error_share().unwrap()));
            assert_eq!(line.split_whitespace().collect::<Vec<_>>(), expected.join(" ").split(' ').collect::<Vec<_>>());
        }
        let legend = shown[9..].join(" ");
        assert!(
            legend.starts_with("effect in logits, logit(patch answer) - logit(clean answer), summed over all features"),
            "{legend}"
        );
    }
}

#[test]
fn in_a_comparison_the_map_shows_the_difference() {
    let mut state = showing(run());
    for tab in [Tab::Difference, Tab::Similarity] {
        state.tab = tab;
        let shown = drawn(&state, (100, 20));
        assert_eq!(shown[0], "Δ by submodule and position, male-baseline");
        assert_eq!(shown[1].split_whitespace().collect::<Vec<_>>(), ["0", "1", "2", "sum", "error"]);
        assert_eq!(shown[2].split_whitespace().collect::<Vec<_>>(), ["The", "John/Mary", "..", "runs", "term"]);
        for (submodule, line) in Submodule::all(LAYERS).into_iter().zip(&shown[3..]) {
            let [male, baseline] =
                [MALE, BASELINE].map(|view| state.findings().unwrap().view(view).submodule(submodule).unwrap());
            let mut expected = vec![submodule.to_string(), "0".to_owned()];
            let sums = male.position_sums().iter().zip(baseline.position_sums()).skip(1);
            expected.extend(sums.map(|(male, baseline)| format!("{:+.3}", male - baseline)));
            expected.push(format!("{:+.3}", male.feature_sum() - baseline.feature_sum()));
            let errors = [male, baseline].map(|ranked| f64::from(ranked.effects().error.effect));
            expected.push(format!("{:+.3}", errors[0] - errors[1]));
            assert_eq!(line.split_whitespace().collect::<Vec<_>>(), expected.join(" ").split(' ').collect::<Vec<_>>());
        }
        assert!(shown[9..].join(" ").starts_with("effect in male minus effect in baseline, in logits"), "{shown:#?}");
    }
}

#[test]
fn the_strongest_cell_has_the_strongest_colour_in_every_theme() {
    let state = showing(run());
    let map = Map::new(state.findings().unwrap(), Shown::Single(MALE));
    assert_eq!(map.positions, POSITIONS);
    // As wide as `John/Mary ..`.
    let places = map.places(100);
    assert_eq!(places, Places { label: 8, positions: POSITIONS, cell: 13 });
    for name in ThemeName::ALL {
        let theme = theme(name);
        let buffer = screen((100, 20), |frame| draw(&state, &theme, frame.area(), frame));
        for (row, submodule) in Submodule::all(LAYERS).into_iter().enumerate() {
            let sums = state.findings().unwrap().view(MALE).submodule(submodule).unwrap().position_sums();
            for (position, sum) in sums.iter().enumerate() {
                // The cell of the last digit.
                let column = places.label + position * places.cell + places.cell - 2;
                let cell = &buffer[(column as u16, (HEADING + row) as u16)];
                let heat = theme.heat(*sum, map.largest);
                assert_eq!(
                    (cell.fg, cell.bg),
                    (heat.fg.unwrap_or(Color::Reset), heat.bg.unwrap_or(Color::Reset)),
                    "{name:?} {sum}"
                );
                assert_eq!(cell.modifier, heat.add_modifier);
            }
        }
    }
}

#[test]
fn what_does_not_fit_is_counted() {
    let state = showing(run());
    let shown = drawn(&state, (8 + 4 * 8, 30));
    assert_eq!(shown[1].split_whitespace().collect::<Vec<_>>(), ["0", "sum", "error", "share"]);
    assert!(shown.contains(&"2 more positions do not fit".to_owned()), "{shown:#?}");
    let shown = drawn(&state, (200, 8));
    assert_eq!(shown[0], "effect by submodule and position, male · ↓ 2 more below");
    assert!(shown[6].starts_with("mlp_1") && !shown[7].starts_with("resid_0"), "{shown:#?}");
}

#[test]
fn cells_grow_to_the_longest_words_and_only_as_far_as_all_positions_fit() {
    let state = showing(run());
    let map = Map::new(state.findings().unwrap(), Shown::Single(MALE));
    let cells: Vec<(usize, usize)> =
        (56..200).map(|columns| map.places(columns)).map(|places| (places.positions, places.cell)).collect();
    assert!(cells.is_sorted() && cells[0] == (POSITIONS, CELL) && cells[143] == (POSITIONS, 13), "{cells:?}");
    for columns in 56..200 {
        let Places { label, positions, cell } = map.places(columns);
        assert!(label + positions * cell + map.columns() * CELL <= columns, "{columns}");
    }
}

#[test]
fn prompts_of_several_lengths_have_no_common_words() {
    let mut run = run();
    run.manifest.data[0].examples[2].clean_text.pop();
    let shown = drawn(&showing(run), (100, 20));
    assert_eq!((shown[1].split_whitespace().count(), shown[2].trim()), (6, "term"));
}

#[test]
fn where_nothing_is_known_a_sentence_says_why() {
    assert_eq!(drawn(&empty(), (80, 3))[0], "nothing is computed yet");
    let mut state = empty();
    state.show_published = true;
    table::refresh(&mut state);
    let says = drawn(&state, (90, 3))[0].clone();
    assert_eq!(says, "the study printed no effects by position and no error terms of the male view");
    let mut run = run();
    run.views[2].submodules.clear();
    let mut state = showing(run);
    state.tab = Tab::Single(BASELINE);
    assert_eq!(drawn(&state, (80, 3))[0], "nothing of the baseline view was computed");
}

#[test]
fn no_size_and_no_text_breaks_the_map() {
    let mut hostile = run();
    for example in &mut hostile.manifest.data[0].examples {
        example.clean_text = vec!["\x1b[2J".to_owned(), " 名前\u{202e}\n".repeat(5), String::new()];
    }
    for effects in &mut hostile.views[0].submodules {
        effects.position_effects[1] = f32::MAX;
        effects.position_effects[2] = f32::NAN;
    }
    for run in [run(), hostile] {
        let state = showing(run);
        for name in [ThemeName::Dark, ThemeName::Monochrome] {
            let theme = theme(name);
            for width in 0..=80 {
                for height in 0..=30 {
                    let buffer = screen((width, height), |frame| draw(&state, &theme, frame.area(), frame));
                    let hidden = |character: char| character.is_control() || character == '\u{202e}';
                    assert!(buffer.content().iter().all(|cell| !cell.symbol().contains(hidden)), "{width}x{height}");
                }
            }
        }
        screen((20, 10), |frame| draw(&state, &theme(ThemeName::Dark), Rect::new(15, 5, 200, 200), frame));
    }
}
