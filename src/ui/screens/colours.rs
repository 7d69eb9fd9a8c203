//! Tests of the colours of single cells, in every theme.

use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};

use super::pilot::Pilot;
use crate::app::columns::{Item, place};
use crate::app::layout::{Area, Layout};
use crate::app::state::{State, ThemeName};
use crate::core::rows::column::Column;
use crate::core::run::Run;
use crate::core::study::testing::FEMALE;
use crate::ui::testing::run;

/// Theme, whether the terminal shows any 24-bit colour, and the colours of effects above and below zero.
pub(super) const THEMES: [(ThemeName, bool, Color, Color); 6] = [
    (ThemeName::Dark, true, Color::Rgb(0xe6, 0x9f, 0x00), Color::Rgb(0x56, 0xb4, 0xe9)),
    (ThemeName::Dark, false, Color::Indexed(208), Color::Indexed(39)),
    (ThemeName::Light, true, Color::Rgb(0x95, 0x4f, 0x00), Color::Rgb(0x00, 0x5f, 0xaf)),
    (ThemeName::Light, false, Color::Indexed(94), Color::Indexed(25)),
    (ThemeName::Sixteen, true, Color::Yellow, Color::Cyan),
    (ThemeName::Monochrome, true, Color::Reset, Color::Reset),
];

pub(super) fn pilot(theme: ThemeName, true_colour: bool) -> Pilot {
    with_run(run(), theme, true_colour)
}

/// Shows `run` in these colours.
pub(super) fn with_run(run: Run, theme: ThemeName, true_colour: bool) -> Pilot {
    let mut pilot = Pilot::with(run);
    (pilot.state.theme, pilot.state.setting.true_colour) = (theme, true_colour);
    pilot.resize(240, 50);
    pilot
}

fn table(state: &State) -> Area {
    Layout::of(state.size(), state.pane).unwrap().features.unwrap().inside()
}

/// The place of the last character of a column in the row `row` of the table.
fn last_of(state: &State, item: Item, row: usize) -> (u16, u16) {
    let area = table(state);
    let column = place(area.width, state.shown(), state.about()).into_iter().find(|placed| placed.item == item).unwrap();
    (area.x + column.x + column.width - 1, area.y + 1 + (row - state.table.top) as u16)
}

#[test]
fn effects_above_and_below_zero_have_their_colours() {
    for (theme, true_colour, positive, negative) in THEMES {
        let pilot = pilot(theme, true_colour);
        let buffer = pilot.buffer();
        let mut seen = [0, 0];
        // In sixteen colours the row at the cursor has one colour of text.
        let skipped = usize::from(theme == ThemeName::Sixteen);
        for (index, row) in pilot.state.table.listing.rows.iter().enumerate().skip(skipped) {
            let female = pilot.state.findings().unwrap().view(FEMALE).effect(row.feature).unwrap();
            for (column, effect) in [(Column::Effect, row.effect), (Column::Effects(FEMALE), female)] {
                let cell = &buffer[last_of(&pilot.state, Item::Cell(column), index)];
                assert!(cell.symbol().chars().all(|digit| digit.is_ascii_digit()), "{theme:?} {}", cell.symbol());
                assert_eq!(cell.fg, if effect > 0.0 { positive } else { negative }, "{theme:?} {true_colour} {effect}");
                seen[usize::from(effect > 0.0)] += 1;
            }
        }
        assert!(seen.iter().all(|seen| *seen > 5), "{seen:?}");
    }
}

/// Whether every cell of the row at the cursor can be distinguished from the cell below it by its style.
fn told_apart(pilot: &Pilot, buffer: &Buffer) -> bool {
    let area = table(&pilot.state);
    let style = |row: usize| {
        let y = area.y + 1 + (row - pilot.state.table.top) as u16;
        (area.x..area.x + area.width).all(|x| {
            let (here, below) = (&buffer[(x, y)], &buffer[(x, y + 1)]);
            let highlights = Modifier::REVERSED | Modifier::UNDERLINED;
            here.bg != below.bg || here.modifier & highlights != below.modifier & highlights
        })
    };
    style(pilot.state.table.cursor)
}

#[test]
fn the_row_at_the_cursor_stands_out_in_the_pane_with_keys_and_in_another() {
    for (theme, true_colour, ..) in THEMES {
        let mut pilot = pilot(theme, true_colour);
        pilot.press("j j j");
        let here = pilot.buffer();
        assert!(told_apart(&pilot, &here), "{theme:?}");
        pilot.press("h");
        let elsewhere = pilot.buffer();
        assert!(told_apart(&pilot, &elsewhere), "{theme:?}");
        let cell = last_of(&pilot.state, Item::Cell(Column::Effect), 3);
        assert_ne!((here[cell].bg, here[cell].modifier), (elsewhere[cell].bg, elsewhere[cell].modifier), "{theme:?}");
        let sign = &here[(table(&pilot.state).x, cell.1)];
        assert_eq!(sign.symbol(), ">", "{theme:?}");
    }
}

/// Keys that lead to each kind of screen.
pub(super) const SCREENS: [&str; 14] = [
    "",
    "4",
    "5",
    "p",
    "H",
    "t ctrl-u x",
    "/ kind=mlp enter \\",
    "m",
    "m p j m x",
    "? end",
    ": sort",
    "s",
    "space space Y",
    "l l",
];

#[test]
fn without_colour_there_is_none_on_any_screen() {
    for keys in SCREENS {
        let mut pilot = pilot(ThemeName::Monochrome, true);
        pilot.press(keys);
        for size in [(70, 20), (120, 40), (180, 50)] {
            pilot.resize(size.0, size.1);
            let buffer = pilot.buffer();
            let coloured = buffer.content().iter().find(|cell| cell.fg != Color::Reset || cell.bg != Color::Reset);
            assert_eq!(coloured, None, "{keys} {size:?}");
        }
    }
}

#[test]
fn sixteen_colours_are_all_that_are_used_of_them() {
    for keys in SCREENS {
        let mut pilot = pilot(ThemeName::Sixteen, true);
        pilot.press(keys);
        let buffer = pilot.buffer();
        let other = buffer.content().iter().find(|cell| matches!(cell.fg, Color::Rgb(..) | Color::Indexed(_)));
        assert_eq!(other, None, "{keys}");
        assert!(buffer.content().iter().all(|cell| matches!(cell.bg, Color::Black | Color::Gray)), "{keys}");
    }
}

#[test]
fn a_palette_of_256_is_never_left() {
    for theme in [ThemeName::Dark, ThemeName::Light] {
        for keys in SCREENS {
            let mut pilot = pilot(theme, false);
            pilot.press(keys);
            let buffer = pilot.buffer();
            let other =
                buffer.content().iter().find(|cell| matches!((cell.fg, cell.bg), (Color::Rgb(..), _) | (_, Color::Rgb(..))));
            assert_eq!(other, None, "{theme:?} {keys}");
        }
    }
}

#[test]
fn the_key_walks_through_all_themes_and_back() {
    let mut pilot = pilot(ThemeName::Dark, true);
    let mut seen = Vec::new();
    for _ in ThemeName::ALL {
        pilot.press("ctrl-t");
        seen.push(pilot.state.theme);
        assert_eq!(pilot.notice(), format!("theme {}", pilot.state.theme.name()));
    }
    assert_eq!(seen, [ThemeName::Light, ThemeName::Sixteen, ThemeName::Monochrome, ThemeName::Dark]);
}
