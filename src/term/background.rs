//! Whether the terminal's background is dark or light: read from the environment, or asked of the terminal.

use super::environment::Environment;

/// The query for the background colour (OSC 11). It ends in BEL because terminals end their reply like the query, and BEL is one
/// byte that no two reads can split; a known fault of rxvt-unicode also breaks its replies to the other ending.
pub const QUERY: &[u8] = b"\x1b]11;?\x07";

/// The brightness of the background, if known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Background {
    /// Dark, so that text should be light.
    Dark,
    /// Light, so that text should be dark.
    Light,
    /// Neither the environment nor the terminal says.
    Unknown,
}

/// The background by `COLORFGBG`, which has the colour numbers of text and background (`15;0`, or `15;default;0`).
pub fn from_environment(environment: &Environment) -> Background {
    let number = environment.color_fg_bg.as_deref().and_then(|value| value.rsplit(';').next()?.parse::<u8>().ok());
    match number {
        // The eight dim colours without light grey (7), and dark grey (8).
        Some(0..=6 | 8) => Background::Dark,
        Some(7 | 9..=15) => Background::Light,
        _ => Background::Unknown,
    }
}

/// Whether it is safe and useful to send [`QUERY`]: some terminals print a query that they do not understand.
pub fn should_ask(environment: &Environment) -> bool {
    !matches!(environment.term(), "" | "dumb" | "linux" | "cons25") && !environment.term().starts_with("vt")
}

/// The background by a terminal's reply, of which `color` is the part after `11;`: `rgb:` and three components of one to four
/// hexadecimal digits, like `rgb:ffff/ffff/ffff`, or `rgba:` and four.
pub fn parse_color(color: &str) -> Option<Background> {
    let (components, count) = match (color.strip_prefix("rgb:"), color.strip_prefix("rgba:")) {
        (Some(components), _) => (components, 3),
        (_, Some(components)) => (components, 4),
        _ => return None,
    };
    let components: Vec<f32> = components.split('/').map(component).collect::<Option<_>>()?;
    let [red, green, blue] = *components.first_chunk()?;
    // Perceived brightness from 0 to 1 (the weights of ITU-R BT.601).
    let brightness = 0.299 * red + 0.587 * green + 0.114 * blue;
    let background = if brightness > 0.5 { Background::Light } else { Background::Dark };
    (components.len() == count).then_some(background)
}

/// A component as a number from 0 to 1: `f`, `ff`, `fff` and `ffff` are all 1.
fn component(digits: &str) -> Option<f32> {
    let hexadecimal = (1..=4).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    let value = u16::from_str_radix(digits, 16).ok().filter(|_| hexadecimal)?;
    let largest = (1_u32 << (4 * digits.len())) - 1;
    Some(f32::from(value) / largest as f32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::term::testing::unix;

    #[test]
    fn color_numbers_are_read() {
        for (value, background) in [
            ("15;0", Background::Dark),
            ("0;15", Background::Light),
            ("0;default;15", Background::Light),
            ("7;8", Background::Dark),
            ("0;7", Background::Light),
            ("0;default", Background::Unknown),
            ("12;300", Background::Unknown),
            ("", Background::Unknown),
        ] {
            assert_eq!(from_environment(&unix(&format!("COLORFGBG={value}"))), background, "{value}");
        }
    }

    #[test]
    fn replies_are_read() {
        for (color, background) in [
            ("rgb:ffff/ffff/ffff", Some(Background::Light)),
            ("rgb:f/f/f", Some(Background::Light)),
            ("rgb:000/000/000", Some(Background::Dark)),
            // Solarized, light and dark.
            ("rgb:fdfd/f6f6/e3e3", Some(Background::Light)),
            ("rgb:00/2b/36", Some(Background::Dark)),
            ("rgb:FFFF/FFFF/FFFF", Some(Background::Light)),
            ("rgba:0000/0000/0000/ffff", Some(Background::Dark)),
            ("rgba:0000/0000/0000", None),
            ("rgb:ffff/ffff", None),
            ("rgb:ffff/ffff/ffff/ffff", None),
            ("rgb:fffff/ffff/ffff", None),
            ("rgb:ffff//ffff", None),
            ("rgb:+fff/ffff/ffff", None),
            ("rgb:gggg/ffff/ffff", None),
            ("rgb:é/é/é", None),
            ("#ffffff", None),
            ("", None),
        ] {
            assert_eq!(parse_color(color), background, "{color}");
        }
    }

    #[test]
    fn consoles_that_print_the_query_are_not_asked() {
        assert!(should_ask(&unix("TERM=xterm-256color")) && should_ask(&unix("TERM=screen STY=1")));
        assert!(!should_ask(&unix("TERM=linux")) && !should_ask(&unix("")) && !should_ask(&unix("TERM=vt220")));
    }
}
