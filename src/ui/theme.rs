//! Colours by role. Meaning never hangs on colour alone: signs, arrows and marks say the same.
//!
//! Signed effects are blue below zero and orange above, which people with any common colour blindness tell apart; red and green are
//! not. Wong, "Points of view: Color blindness", Nature Methods 8 (2011).

use ratatui::style::{Color, Modifier, Style};

use crate::app::state::ThemeName;

/// The styles of one theme.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Theme {
    /// Which.
    pub name: ThemeName,
    /// Ordinary text.
    pub text: Style,
    /// What matters less.
    pub dim: Style,
    /// Headings.
    pub title: Style,
    /// Lines around a pane.
    pub border: Style,
    /// Lines around the pane that takes keys.
    pub focus: Style,
    /// The row with the cursor, in the pane that takes keys.
    pub cursor: Style,
    /// The row with the cursor, in another pane.
    pub cursor_elsewhere: Style,
    /// The mark of a marked row.
    pub mark: Style,
    /// The view that is on.
    pub tab: Style,
    /// A key in the footer.
    pub key: Style,
    /// Something is well.
    pub good: Style,
    /// Something should be looked at.
    pub warning: Style,
    /// Something failed.
    pub error: Style,
    /// Effects above zero.
    pub positive: Style,
    /// Effects below zero.
    pub negative: Style,
    /// Full strength of both, to mix with the background, where any colour can be shown.
    mix: Option<Mix>,
}

/// Colours to mix, as red, green and blue.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Mix {
    background: [u8; 3],
    positive: [u8; 3],
    negative: [u8; 3],
}

const PLAIN: Style = Style::new();

impl Theme {
    /// The theme of that name; `true_colour` says whether the terminal shows any colour or only a palette of 256.
    pub fn new(name: ThemeName, true_colour: bool) -> Self {
        match name {
            ThemeName::Dark => Self::dark(true_colour),
            ThemeName::Light => Self::light(true_colour),
            ThemeName::Sixteen => Self::sixteen(),
            ThemeName::Monochrome => Self::monochrome(),
        }
    }

    fn dark(true_colour: bool) -> Self {
        let (positive, negative) = ([0xe6, 0x9f, 0x00], [0x56, 0xb4, 0xe9]);
        let colour =
            |[red, green, blue]: [u8; 3], index| if true_colour { Color::Rgb(red, green, blue) } else { Color::Indexed(index) };
        let foreground = |rgb, index| PLAIN.fg(colour(rgb, index));
        Self {
            name: ThemeName::Dark,
            text: foreground([0xd0, 0xd0, 0xd0], 252),
            dim: foreground([0x8a, 0x8a, 0x8a], 245),
            title: foreground([0xff, 0xff, 0xff], 231).add_modifier(Modifier::BOLD),
            border: foreground([0x4e, 0x4e, 0x4e], 239),
            focus: foreground([0xd0, 0xd0, 0xd0], 252),
            cursor: PLAIN.bg(colour([0x3a, 0x3a, 0x5a], 60)).add_modifier(Modifier::BOLD),
            cursor_elsewhere: PLAIN.bg(colour([0x30, 0x30, 0x30], 236)),
            mark: foreground([0xcc, 0x79, 0xa7], 175).add_modifier(Modifier::BOLD),
            tab: PLAIN.fg(colour([0x12, 0x12, 0x12], 233)).bg(colour([0xd0, 0xd0, 0xd0], 252)).add_modifier(Modifier::BOLD),
            key: foreground([0xf0, 0xe4, 0x42], 227),
            good: foreground([0x00, 0xc0, 0x90], 43),
            warning: foreground([0xf0, 0xe4, 0x42], 227).add_modifier(Modifier::BOLD),
            error: foreground([0xff, 0x87, 0x5f], 209).add_modifier(Modifier::BOLD),
            positive: foreground(positive, 208),
            negative: foreground(negative, 39),
            mix: true_colour.then_some(Mix { background: [0x12, 0x12, 0x12], positive, negative }),
        }
    }

    fn light(true_colour: bool) -> Self {
        let (positive, negative) = ([0xaf, 0x5f, 0x00], [0x00, 0x5f, 0xaf]);
        let colour =
            |[red, green, blue]: [u8; 3], index| if true_colour { Color::Rgb(red, green, blue) } else { Color::Indexed(index) };
        let foreground = |rgb, index| PLAIN.fg(colour(rgb, index));
        Self {
            name: ThemeName::Light,
            text: foreground([0x26, 0x26, 0x26], 235),
            dim: foreground([0x6c, 0x6c, 0x6c], 242),
            title: foreground([0x00, 0x00, 0x00], 16).add_modifier(Modifier::BOLD),
            border: foreground([0xb2, 0xb2, 0xb2], 249),
            focus: foreground([0x26, 0x26, 0x26], 235),
            cursor: PLAIN.bg(colour([0xc6, 0xd8, 0xf0], 153)).add_modifier(Modifier::BOLD),
            cursor_elsewhere: PLAIN.bg(colour([0xe4, 0xe4, 0xe4], 254)),
            mark: foreground([0x9a, 0x3a, 0x74], 126).add_modifier(Modifier::BOLD),
            tab: PLAIN.fg(colour([0xff, 0xff, 0xff], 231)).bg(colour([0x26, 0x26, 0x26], 235)).add_modifier(Modifier::BOLD),
            key: foreground([0x5f, 0x3a, 0xa8], 61),
            good: foreground([0x00, 0x6f, 0x50], 23),
            warning: foreground([0x87, 0x5f, 0x00], 94).add_modifier(Modifier::BOLD),
            error: foreground([0xa8, 0x2a, 0x00], 124).add_modifier(Modifier::BOLD),
            positive: foreground(positive, 130),
            negative: foreground(negative, 25),
            mix: true_colour.then_some(Mix { background: [0xff, 0xff, 0xff], positive, negative }),
        }
    }

    /// Only what the user's own palette names, on the user's own background.
    fn sixteen() -> Self {
        Self {
            name: ThemeName::Sixteen,
            text: PLAIN,
            dim: PLAIN.add_modifier(Modifier::DIM),
            title: PLAIN.add_modifier(Modifier::BOLD),
            border: PLAIN.add_modifier(Modifier::DIM),
            focus: PLAIN.add_modifier(Modifier::BOLD),
            cursor: PLAIN.add_modifier(Modifier::REVERSED),
            cursor_elsewhere: PLAIN.add_modifier(Modifier::UNDERLINED),
            mark: PLAIN.fg(Color::Magenta).add_modifier(Modifier::BOLD),
            tab: PLAIN.add_modifier(Modifier::REVERSED.union(Modifier::BOLD)),
            key: PLAIN.fg(Color::Cyan),
            good: PLAIN.fg(Color::Green),
            warning: PLAIN.fg(Color::Magenta).add_modifier(Modifier::BOLD),
            error: PLAIN.fg(Color::Red).add_modifier(Modifier::BOLD),
            positive: PLAIN.fg(Color::Yellow),
            negative: PLAIN.fg(Color::Blue),
            mix: None,
        }
    }

    fn monochrome() -> Self {
        Self {
            name: ThemeName::Monochrome,
            text: PLAIN,
            dim: PLAIN.add_modifier(Modifier::DIM),
            title: PLAIN.add_modifier(Modifier::BOLD),
            border: PLAIN.add_modifier(Modifier::DIM),
            focus: PLAIN.add_modifier(Modifier::BOLD),
            cursor: PLAIN.add_modifier(Modifier::REVERSED),
            cursor_elsewhere: PLAIN.add_modifier(Modifier::UNDERLINED),
            mark: PLAIN.add_modifier(Modifier::BOLD),
            tab: PLAIN.add_modifier(Modifier::REVERSED),
            key: PLAIN.add_modifier(Modifier::BOLD),
            good: PLAIN,
            warning: PLAIN.add_modifier(Modifier::BOLD),
            error: PLAIN.add_modifier(Modifier::BOLD.union(Modifier::UNDERLINED)),
            positive: PLAIN,
            negative: PLAIN,
            mix: None,
        }
    }

    /// Whether bars are drawn with `+` and `-` instead of blocks.
    pub fn is_monochrome(&self) -> bool {
        self.name == ThemeName::Monochrome
    }

    /// The style of a signed number.
    pub fn signed(&self, number: f64) -> Style {
        if number > 0.0 {
            self.positive
        } else if number < 0.0 {
            self.negative
        } else {
            self.dim
        }
    }

    /// The style of a cell or token whose number is `number` on a scale up to `largest`: stronger numbers are shown stronger. The
    /// number or a sign must stand beside it.
    pub fn heat(&self, number: f64, largest: f64) -> Style {
        let strength = if largest > 0.0 { (number.abs() / largest).clamp(0.0, 1.0) } else { 0.0 };
        if strength == 0.0 || !strength.is_finite() {
            return self.dim;
        }
        if let Some(mix) = self.mix {
            let full = if number > 0.0 { mix.positive } else { mix.negative };
            // Even the weakest must be told from the background, and text must stay readable on the strongest.
            let share = 0.15 + 0.85 * strength;
            let mixed: [u8; 3] = std::array::from_fn(|channel| {
                let (from, to) = (f64::from(mix.background[channel]), f64::from(full[channel]));
                (from + (to - from) * share) as u8
            });
            let text = readable_on(mixed);
            return PLAIN.bg(Color::Rgb(mixed[0], mixed[1], mixed[2])).fg(text);
        }
        let style = self.signed(number);
        if strength >= 2.0 / 3.0 {
            style.add_modifier(Modifier::REVERSED)
        } else if strength >= 1.0 / 3.0 {
            style.add_modifier(Modifier::BOLD)
        } else {
            style
        }
    }
}

/// Black or white, whichever stands out more: relative luminance as in WCAG 2.1.
fn readable_on([red, green, blue]: [u8; 3]) -> Color {
    let linear = |channel: u8| {
        let value = f64::from(channel) / 255.0;
        if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    let luminance = 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
    if luminance > 0.179 { Color::Rgb(0, 0, 0) } else { Color::Rgb(255, 255, 255) }
}
