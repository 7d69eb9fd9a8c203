//! Colours by role. Colour alone never carries a meaning: signs, arrows and marks say the same.
//!
//! Effects are blue below zero and orange above zero, which people with any common colour blindness distinguish; red and green
//! are not safe. Wong, "Points of view: Color blindness", Nature Methods 8 (2011).

use ratatui::style::{Color, Modifier, Style};

use crate::app::state::ThemeName;

/// The styles of one theme.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Theme {
    /// The name of the theme.
    pub name: ThemeName,
    /// Ordinary text.
    pub text: Style,
    /// Less important text.
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
    /// The label of the view on the screen.
    pub tab: Style,
    /// A key in the footer.
    pub key: Style,
    /// Notices of success.
    pub good: Style,
    /// Notices and marks that deserve attention.
    pub warning: Style,
    /// Notices of failure.
    pub error: Style,
    /// Effects above zero.
    pub positive: Style,
    /// Effects below zero.
    pub negative: Style,
    /// The backgrounds of the heat scale; None if the theme has no colours of its own.
    heat: Option<Heat>,
}

/// The backgrounds of numbers by their strength.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Heat {
    /// Any colour between two.
    Mixed(Mix),
    /// Colours of the palette of 256, from the weakest to the strongest, above and below zero.
    Steps([u8; STEPS], [u8; STEPS]),
}

/// Steps on each side of the heat scale in a palette of 256 colours. The first is nearly the background.
const STEPS: usize = 8;

/// The background, and the colours of the strongest effects, which are mixed with it for weaker ones.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Mix {
    background: Rgb,
    positive: Rgb,
    negative: Rgb,
}

/// Red, green and blue.
pub(super) type Rgb = (u8, u8, u8);

/// A colour, and its index for terminals with a palette of 256.
type Hue = (Rgb, u8);

/// The colours of a theme with colours of its own.
struct Palette {
    background: Rgb,
    text: Hue,
    dim: Hue,
    title: Hue,
    border: Hue,
    cursor: Hue,
    cursor_elsewhere: Hue,
    mark: Hue,
    /// Text of the label of the view on the screen, whose background has the colour of `text`.
    on_tab: Hue,
    key: Hue,
    good: Hue,
    warning: Hue,
    error: Hue,
    positive: Hue,
    negative: Hue,
    /// Heat above and below zero in the palette of 256, from the weakest to the strongest.
    steps: [[u8; STEPS]; 2],
}

const DARK: Palette = Palette {
    background: (0x12, 0x12, 0x12),
    text: ((0xd0, 0xd0, 0xd0), 252),
    dim: ((0x9a, 0x9a, 0x9a), 247),
    title: ((0xff, 0xff, 0xff), 231),
    border: ((0x4e, 0x4e, 0x4e), 239),
    cursor: ((0x20, 0x2c, 0x58), 18),
    cursor_elsewhere: ((0x2c, 0x2c, 0x2c), 235),
    mark: ((0xd7, 0x87, 0xaf), 175),
    on_tab: ((0x12, 0x12, 0x12), 233),
    key: ((0xf0, 0xe4, 0x42), 227),
    good: ((0x00, 0xc0, 0x90), 43),
    warning: ((0xf0, 0xe4, 0x42), 227),
    error: ((0xff, 0x87, 0x5f), 209),
    positive: ((0xe6, 0x9f, 0x00), 208),
    negative: ((0x56, 0xb4, 0xe9), 39),
    steps: [[234, 58, 94, 130, 136, 172, 208, 214], [233, 17, 18, 24, 25, 31, 32, 39]],
};

const LIGHT: Palette = Palette {
    background: (0xff, 0xff, 0xff),
    text: ((0x26, 0x26, 0x26), 235),
    dim: ((0x58, 0x58, 0x58), 240),
    title: ((0x00, 0x00, 0x00), 16),
    border: ((0xb2, 0xb2, 0xb2), 249),
    cursor: ((0xd6, 0xe8, 0xff), 195),
    cursor_elsewhere: ((0xe4, 0xe4, 0xe4), 254),
    mark: ((0x9a, 0x3a, 0x74), 126),
    on_tab: ((0xff, 0xff, 0xff), 231),
    key: ((0x5f, 0x3a, 0xa8), 55),
    good: ((0x00, 0x6f, 0x50), 23),
    warning: ((0x7f, 0x57, 0x00), 94),
    error: ((0xa8, 0x2a, 0x00), 124),
    positive: ((0x95, 0x4f, 0x00), 94),
    negative: ((0x00, 0x5f, 0xaf), 25),
    steps: [[230, 223, 222, 216, 215, 172, 166, 130], [195, 189, 153, 117, 75, 33, 32, 25]],
};

const PLAIN: Style = Style::new();

impl Theme {
    /// The theme of that name; `true_colour` says whether the terminal shows any 24-bit colour or only a palette of 256.
    pub fn new(name: ThemeName, true_colour: bool) -> Self {
        match name {
            ThemeName::Dark => Self::painted(name, &DARK, true_colour),
            ThemeName::Light => Self::painted(name, &LIGHT, true_colour),
            ThemeName::Sixteen => Self::sixteen(),
            ThemeName::Monochrome => Self::monochrome(),
        }
    }

    /// A theme with colours of its own.
    fn painted(name: ThemeName, palette: &Palette, true_colour: bool) -> Self {
        let colour = |((red, green, blue), index): Hue| {
            if true_colour { Color::Rgb(red, green, blue) } else { Color::Indexed(index) }
        };
        let foreground = |hue| PLAIN.fg(colour(hue));
        let strong = |hue| foreground(hue).add_modifier(Modifier::BOLD);
        Self {
            name,
            text: foreground(palette.text),
            dim: foreground(palette.dim),
            title: strong(palette.title),
            border: foreground(palette.border),
            focus: foreground(palette.text),
            cursor: PLAIN.bg(colour(palette.cursor)).add_modifier(Modifier::BOLD),
            cursor_elsewhere: PLAIN.bg(colour(palette.cursor_elsewhere)),
            mark: strong(palette.mark),
            tab: strong(palette.on_tab).bg(colour(palette.text)),
            key: foreground(palette.key),
            good: foreground(palette.good),
            warning: strong(palette.warning),
            error: strong(palette.error),
            positive: foreground(palette.positive),
            negative: foreground(palette.negative),
            heat: Some(if true_colour {
                Heat::Mixed(Mix { background: palette.background, positive: palette.positive.0, negative: palette.negative.0 })
            } else {
                Heat::Steps(palette.steps[0], palette.steps[1])
            }),
        }
    }

    /// The sixteen colours of the user's palette, on its black: no choice of them is read on a light background, too. Blue, red and magenta
    /// are hard to read on black in the usual palettes, so their neighbours are used. The row at the cursor has one colour of text: a reversed row would be a
    /// row of blocks.
    fn sixteen() -> Self {
        let bold = Modifier::BOLD;
        Self {
            name: ThemeName::Sixteen,
            text: PLAIN.fg(Color::Gray).bg(Color::Black),
            cursor: PLAIN.fg(Color::Black).bg(Color::Gray),
            mark: PLAIN.fg(Color::LightMagenta).add_modifier(bold),
            tab: PLAIN.add_modifier(Modifier::REVERSED.union(bold)),
            key: PLAIN.add_modifier(bold),
            good: PLAIN.fg(Color::Green),
            warning: PLAIN.fg(Color::LightMagenta).add_modifier(bold),
            error: PLAIN.fg(Color::LightRed).add_modifier(bold),
            positive: PLAIN.fg(Color::Yellow),
            negative: PLAIN.fg(Color::Cyan),
            ..Self::monochrome()
        }
    }

    fn monochrome() -> Self {
        let bold = PLAIN.add_modifier(Modifier::BOLD);
        Self {
            name: ThemeName::Monochrome,
            text: PLAIN,
            dim: PLAIN.add_modifier(Modifier::DIM),
            title: bold,
            border: PLAIN.add_modifier(Modifier::DIM),
            focus: bold,
            cursor: PLAIN.add_modifier(Modifier::REVERSED),
            cursor_elsewhere: PLAIN.add_modifier(Modifier::UNDERLINED),
            mark: bold,
            tab: PLAIN.add_modifier(Modifier::REVERSED),
            key: bold,
            good: PLAIN,
            warning: bold,
            error: PLAIN.add_modifier(Modifier::BOLD.union(Modifier::UNDERLINED)),
            positive: PLAIN,
            negative: PLAIN,
            heat: None,
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

    /// The style of a cell or token whose number is `number` on a scale up to `largest`: larger numbers get stronger colours.
    /// The number or a sign must stand beside it.
    pub fn heat(&self, number: f64, largest: f64) -> Style {
        let strength = if largest > 0.0 { (number.abs() / largest).clamp(0.0, 1.0) } else { 0.0 };
        if strength == 0.0 || !strength.is_finite() {
            return self.dim;
        }
        if let Some(Heat::Steps(positive, negative)) = self.heat {
            let steps = if number > 0.0 { positive } else { negative };
            // Most cells of a heat map are weak: the root of the strength tells them apart, so that the first step ends at a sixty-fourth.
            let step = ((strength.sqrt() * STEPS as f64).ceil() as usize).clamp(1, STEPS) - 1;
            // Black or white of the palette of 256.
            let text = if readable_on(in_palette(steps[step])) == Color::Rgb(0, 0, 0) { 16 } else { 231 };
            return PLAIN.bg(Color::Indexed(steps[step])).fg(Color::Indexed(text));
        }
        if let Some(Heat::Mixed(mix)) = self.heat {
            let full = if number > 0.0 { mix.positive } else { mix.negative };
            // Even the weakest number must be visible against the background; [`readable_on`] keeps the text readable on the
            // strongest.
            let share = 0.15 + 0.85 * strength;
            let between = |from: u8, to: u8| (f64::from(from) + (f64::from(to) - f64::from(from)) * share) as u8;
            let ground = mix.background;
            let (red, green, blue) = (between(ground.0, full.0), between(ground.1, full.1), between(ground.2, full.2));
            return PLAIN.bg(Color::Rgb(red, green, blue)).fg(readable_on((red, green, blue)));
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

/// Black or white, whichever has more contrast.
fn readable_on(colour: Rgb) -> Color {
    if luminance(colour) > 0.179 { Color::Rgb(0, 0, 0) } else { Color::Rgb(255, 255, 255) }
}

/// Relative luminance as in WCAG 2.1, from 0 for black to 1 for white.
pub(super) fn luminance((red, green, blue): Rgb) -> f64 {
    let linear = |channel: u8| {
        let value = f64::from(channel) / 255.0;
        if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
}

/// A colour of the fixed part of the palette of 256: a cube of six steps a channel from 16 on, then greys from 232 on.
pub(super) fn in_palette(index: u8) -> Rgb {
    const CUBE: [u8; 6] = [0x00, 0x5f, 0x87, 0xaf, 0xd7, 0xff];
    if index >= 232 {
        let grey = 8 + 10 * (index - 232);
        return (grey, grey, grey);
    }
    let place = usize::from(index.saturating_sub(16));
    (CUBE[place / 36], CUBE[place / 6 % 6], CUBE[place % 6])
}
