//! Number of colours that the terminal shows, so that a theme never asks for a colour that the terminal would replace.

use super::environment::{Environment, System};

/// A number of colours, in order from the most to the fewest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ColorDepth {
    /// Any 24-bit colour, by red, green and blue.
    True,
    /// The palette of 256.
    Indexed256,
    /// The palette of 16, whose colours the user chooses.
    Sixteen,
    /// No colours, only bold, reverse and characters.
    Monochrome,
}

/// Parts of `TERM` of terminals that show any 24-bit colour and set `COLORTERM`, which SSH drops.
const TRUE_COLOR_TERMS: [&str; 8] = ["kitty", "alacritty", "wezterm", "foot", "ghostty", "contour", "rio", "iterm2"];

/// Values of `TERM_PROGRAM` of terminals that show any 24-bit colour but set `TERM` to `xterm-256color`.
const TRUE_COLOR_PROGRAMS: [&str; 4] = ["iTerm.app", "WezTerm", "vscode", "ghostty"];

/// The depth in `environment`, and the reason in words, such as the variable that decides it.
pub fn detect(environment: &Environment) -> (ColorDepth, String) {
    let term = environment.term();
    let because_of_term = |depth| (depth, format!("TERM is {term}"));
    if environment.no_color.is_some() {
        return (ColorDepth::Monochrome, "NO_COLOR is set".to_owned());
    }
    if term == "dumb" {
        return because_of_term(ColorDepth::Monochrome);
    }
    // This comes before COLORTERM, which inside screen is left over from the terminal around it: screen up to version 4 shows
    // 256 colours.
    if environment.in_screen() && !term.ends_with("-direct") {
        return (ColorDepth::Indexed256, "inside GNU screen".to_owned());
    }
    if let Some(value) = environment.color_term.as_deref().filter(|value| matches!(*value, "truecolor" | "24bit")) {
        return (ColorDepth::True, format!("COLORTERM is {value}"));
    }
    // Names like `tmux-256color` and `foot-extra` have parts; a part must match whole, so that `rio` is not found in `superior`.
    let has_part = |part: &&str| term.split(['-', '.', '+']).any(|found| found == *part);
    if term.ends_with("-direct") || TRUE_COLOR_TERMS.iter().any(has_part) {
        return because_of_term(ColorDepth::True);
    }
    if let Some(program) = environment.term_program.as_deref().filter(|program| TRUE_COLOR_PROGRAMS.contains(program)) {
        return (ColorDepth::True, format!("TERM_PROGRAM is {program}"));
    }
    if environment.in_tmux() {
        return (ColorDepth::Indexed256, "inside tmux".to_owned());
    }
    if term.contains("256color") || has_part(&"tmux") {
        return because_of_term(ColorDepth::Indexed256);
    }
    if environment.system == System::Windows && term.is_empty() {
        return (ColorDepth::True, "a Windows console".to_owned());
    }
    if term.is_empty() {
        return (ColorDepth::Sixteen, "TERM is not set".to_owned());
    }
    because_of_term(ColorDepth::Sixteen)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::term::testing::unix;

    #[test]
    fn the_depth_follows_from_what_the_terminal_says() {
        use ColorDepth::{Indexed256, Monochrome, Sixteen, True};
        for (variables, depth, reason) in [
            ("TERM=xterm-kitty COLORTERM=truecolor NO_COLOR=1", Monochrome, "NO_COLOR is set"),
            ("TERM=xterm-256color NO_COLOR=", Indexed256, "TERM is xterm-256color"),
            ("TERM=dumb COLORTERM=truecolor", Monochrome, "TERM is dumb"),
            ("TERM=xterm-256color COLORTERM=truecolor", True, "COLORTERM is truecolor"),
            ("TERM=xterm COLORTERM=24bit", True, "COLORTERM is 24bit"),
            ("TERM=xterm COLORTERM=yes", Sixteen, "TERM is xterm"),
            ("TERM=screen.xterm-256color STY=1.a COLORTERM=truecolor", Indexed256, "inside GNU screen"),
            ("TERM=screen STY=1.a", Indexed256, "inside GNU screen"),
            ("TERM=xterm-direct", True, "TERM is xterm-direct"),
            ("TERM=xterm-kitty", True, "TERM is xterm-kitty"),
            ("TERM=alacritty", True, "TERM is alacritty"),
            ("TERM=foot-extra", True, "TERM is foot-extra"),
            ("TERM=superior", Sixteen, "TERM is superior"),
            ("TERM=xterm-256color TERM_PROGRAM=iTerm.app", True, "TERM_PROGRAM is iTerm.app"),
            ("TERM=xterm-256color TERM_PROGRAM=Apple_Terminal", Indexed256, "TERM is xterm-256color"),
            ("TERM=tmux-256color TMUX=/tmp/a,1,0 COLORTERM=truecolor", True, "COLORTERM is truecolor"),
            ("TERM=screen TMUX=/tmp/a,1,0", Indexed256, "inside tmux"),
            ("TERM=tmux", Indexed256, "TERM is tmux"),
            ("TERM=linux", Sixteen, "TERM is linux"),
            ("", Sixteen, "TERM is not set"),
        ] {
            assert_eq!(detect(&unix(variables)), (depth, reason.to_owned()), "{variables}");
        }
        let windows = Environment { system: System::Windows, ..Environment::default() };
        assert_eq!(detect(&windows).0, True);
    }
}
