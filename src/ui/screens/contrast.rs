//! Tests that every text can be read: its contrast with what is behind it, as WCAG 2.1 computes it, is at least 4.5.

use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier, Style};

use super::colours::{SCREENS, THEMES, pilot, with_run};
use crate::app::state::ThemeName;
use crate::ui::testing::run;
use crate::ui::theme::{Rgb, Theme, in_palette, luminance};

const LEAST: f64 = 4.5;

/// The sixteen colours of xterm, in the order of their numbers.
const XTERM: [Rgb; 16] = [
    (0x00, 0x00, 0x00),
    (0xcd, 0x00, 0x00),
    (0x00, 0xcd, 0x00),
    (0xcd, 0xcd, 0x00),
    (0x00, 0x00, 0xee),
    (0xcd, 0x00, 0xcd),
    (0x00, 0xcd, 0xcd),
    (0xe5, 0xe5, 0xe5),
    (0x7f, 0x7f, 0x7f),
    (0xff, 0x00, 0x00),
    (0x00, 0xff, 0x00),
    (0xff, 0xff, 0x00),
    (0x5c, 0x5c, 0xff),
    (0xff, 0x00, 0xff),
    (0x00, 0xff, 0xff),
    (0xff, 0xff, 0xff),
];

/// The colours of text and background that a terminal has by itself where the theme is used.
fn default_colours(theme: ThemeName) -> (Rgb, Rgb) {
    match theme {
        ThemeName::Light => ((0x00, 0x00, 0x00), (0xff, 0xff, 0xff)),
        ThemeName::Dark => ((0xff, 0xff, 0xff), (0x12, 0x12, 0x12)),
        ThemeName::Sixteen | ThemeName::Monochrome => (XTERM[7], XTERM[0]),
    }
}

fn value(colour: Color, default: Rgb) -> Rgb {
    match colour {
        Color::Reset => default,
        Color::Rgb(red, green, blue) => (red, green, blue),
        Color::Indexed(index) => in_palette(index),
        Color::Black => XTERM[0],
        Color::Green => XTERM[2],
        Color::Yellow => XTERM[3],
        Color::Cyan => XTERM[6],
        Color::Gray => XTERM[7],
        Color::LightRed => XTERM[9],
        Color::LightMagenta => XTERM[13],
        other => panic!("{other:?} has no known value"),
    }
}

/// The contrast of a text with its background, from 1 to 21.
fn contrast(theme: ThemeName, text: Color, behind: Color, modifier: Modifier) -> f64 {
    let (own_text, own_ground) = default_colours(theme);
    let (mut text, mut ground) = (value(text, own_text), value(behind, own_ground));
    if modifier.contains(Modifier::DIM) {
        // As xterm draws faint text: at two thirds.
        let faint = |channel: u8| (u16::from(channel) * 2 / 3) as u8;
        text = (faint(text.0), faint(text.1), faint(text.2));
    }
    if modifier.contains(Modifier::REVERSED) {
        std::mem::swap(&mut text, &mut ground);
    }
    let (left, right) = (luminance(text) + 0.05, luminance(ground) + 0.05);
    left.max(right) / left.min(right)
}

#[test]
fn black_on_white_has_the_highest_contrast_and_grey_the_one_of_the_standard() {
    let on_white = |grey: u8| contrast(ThemeName::Light, Color::Rgb(grey, grey, grey), Color::Reset, Modifier::empty());
    assert!((on_white(0) - 21.0).abs() < 1e-9);
    // The lightest grey that satisfies the standard on white is #767676.
    assert!(on_white(0x76) >= LEAST && on_white(0x77) < LEAST);
}

#[test]
fn every_style_of_text_can_be_read_on_every_row() {
    for (name, true_colour, ..) in THEMES {
        let theme = Theme::new(name, true_colour);
        let Theme { text, dim, title, mark, tab, key, good, warning, error, positive, negative, .. } = theme;
        let texts = [text, dim, title, mark, key, good, warning, error, positive, negative];
        let read = |style: Style| {
            let (fg, bg) = (style.fg.unwrap_or(Color::Reset), style.bg.unwrap_or(Color::Reset));
            contrast(name, fg, bg, style.add_modifier)
        };
        // The label of a view has its own background and stands on no row.
        assert!(read(tab) >= LEAST, "{name:?} {true_colour}");
        for row in [Style::new(), theme.cursor, theme.cursor_elsewhere] {
            for (place, style) in texts.into_iter().enumerate() {
                // The row is drawn over its texts.
                let found = read(style.patch(row));
                assert!(found >= LEAST, "{name:?} {true_colour}: style {place} on {row:?}: {found:.2}");
            }
        }
    }
}

#[test]
fn strengths_have_at_least_six_colours_on_each_side_and_their_texts_can_be_read() {
    for (name, true_colour, ..) in THEMES.into_iter().filter(|(name, ..)| matches!(name, ThemeName::Dark | ThemeName::Light)) {
        let theme = Theme::new(name, true_colour);
        for side in [1.0, -1.0] {
            let heat = |strength: u32| theme.heat(side * f64::from(strength), 100.0);
            let mut grounds: Vec<Color> = (1..=100).map(|strength| heat(strength).bg.unwrap()).collect();
            for strength in 1..=100 {
                let style = heat(strength);
                let found = contrast(name, style.fg.unwrap(), style.bg.unwrap(), Modifier::empty());
                assert!(found >= LEAST, "{name:?} {true_colour} {side} {strength}: {found:.2}");
            }
            grounds.dedup();
            assert!(grounds.len() >= 6, "{name:?} {true_colour} {side}: {grounds:?}");
            // Away from the background from step to step.
            let light: Vec<f64> = grounds.iter().map(|ground| luminance(value(*ground, (0, 0, 0)))).collect();
            assert!(light.is_sorted() || light.iter().rev().is_sorted(), "{name:?} {true_colour} {side}: {light:?}");
        }
    }
}

/// Whether the cell has a text: lines of borders and axes are none.
fn is_text(cell: &Cell) -> bool {
    !cell.symbol().trim().is_empty() && !cell.symbol().chars().all(|character| ('─'..='╿').contains(&character))
}

#[test]
fn every_text_on_every_screen_can_be_read() {
    let mut signed = run();
    signed.views.iter_mut().flat_map(|view| &mut view.detail.entry_clean).for_each(|activation| *activation *= -1.0);
    for (name, true_colour, ..) in THEMES {
        let below_zero = with_run(signed.clone(), name, true_colour);
        let screens = SCREENS.into_iter().map(|keys| (pilot(name, true_colour), keys)).chain([(below_zero, "enter")]);
        for (mut pilot, keys) in screens {
            pilot.press(keys);
            for (width, height) in [(70, 20), (120, 40), (180, 50), (240, 60)] {
                pilot.resize(width, height);
                let buffer = pilot.buffer();
                for (at, cell) in buffer.content().iter().enumerate().filter(|(_, cell)| is_text(cell)) {
                    let found = contrast(name, cell.fg, cell.bg, cell.modifier);
                    let (x, y) = buffer.pos_of(at);
                    assert!(
                        found >= LEAST,
                        "{name:?} {true_colour} '{keys}' {width}: {:?} at {x}, {y}: {found:.2}",
                        cell.symbol()
                    );
                }
            }
        }
    }
}
