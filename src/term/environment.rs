//! The environment variables about the terminal, captured once, so that decisions are pure functions of them.

/// The operating systems whose terminals or desktops differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum System {
    /// Linux, BSD and similar systems: there is a display only if a variable says so.
    #[default]
    Unix,
    /// macOS: there is always a display.
    MacOs,
    /// Windows: there is always a display, and the console shows any 24-bit colour without saying so.
    Windows,
}

/// The environment variables that say where the program runs. A variable that is set but empty counts as not set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment {
    /// `TMUX`: inside tmux, its socket.
    pub tmux: Option<String>,
    /// `STY`: inside GNU screen, its session.
    pub screen: Option<String>,
    /// `TERM`: the terminal's name.
    pub term: Option<String>,
    /// The first of `SSH_CONNECTION`, `SSH_TTY` and `SSH_CLIENT`: the terminal is on another machine.
    pub ssh: Option<String>,
    /// `DISPLAY`: an X11 server.
    pub x11_display: Option<String>,
    /// `WAYLAND_DISPLAY`: a Wayland compositor.
    pub wayland_display: Option<String>,
    /// `COLORTERM`: `truecolor` or `24bit` if the terminal shows any 24-bit colour.
    pub color_term: Option<String>,
    /// `NO_COLOR`: the user wants no colours.
    pub no_color: Option<String>,
    /// `COLORFGBG`: some terminals' colour numbers of text and background.
    pub color_fg_bg: Option<String>,
    /// `TERM_PROGRAM`: the terminal's name if `TERM` does not have it; not sent over SSH.
    pub term_program: Option<String>,
    /// The operating system for which the program was built.
    pub system: System,
}

impl Environment {
    /// The environment of this process.
    pub fn capture() -> Self {
        let system = match std::env::consts::OS {
            "macos" => System::MacOs,
            "windows" => System::Windows,
            _ => System::Unix,
        };
        Self::from_lookup(|name| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned()), system)
    }

    /// The environment in which `lookup` finds the value of a variable.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>, system: System) -> Self {
        let value = |name: &str| lookup(name).filter(|value| !value.is_empty());
        Self {
            tmux: value("TMUX"),
            screen: value("STY"),
            term: value("TERM"),
            ssh: ["SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT"].into_iter().find_map(value),
            x11_display: value("DISPLAY"),
            wayland_display: value("WAYLAND_DISPLAY"),
            color_term: value("COLORTERM"),
            no_color: value("NO_COLOR"),
            color_fg_bg: value("COLORFGBG"),
            term_program: value("TERM_PROGRAM"),
            system,
        }
    }

    /// Whether tmux is between the program and the terminal.
    pub fn in_tmux(&self) -> bool {
        self.tmux.is_some()
    }

    /// Whether GNU screen is between the program and the terminal.
    pub fn in_screen(&self) -> bool {
        self.screen.is_some()
    }

    /// Whether the terminal is on another machine.
    pub fn over_ssh(&self) -> bool {
        self.ssh.is_some()
    }

    /// Whether the user of the terminal has a desktop on this machine. A display over SSH is forwarded and does not count.
    pub fn has_local_display(&self) -> bool {
        let display = self.system != System::Unix || self.x11_display.is_some() || self.wayland_display.is_some();
        display && !self.over_ssh()
    }

    /// Whether the terminal only prints lines, as that of an editor's shell: its cursor cannot be moved. A terminal without a name
    /// counts as one that can: containers and serial lines often do not pass the name on.
    pub fn is_dumb(&self) -> bool {
        self.term() == "dumb" || self.term().starts_with("dumb-")
    }

    /// The terminal's name; empty if `TERM` is not set.
    pub fn term(&self) -> &str {
        self.term.as_deref().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::term::testing::unix;

    #[test]
    fn an_empty_variable_is_not_set() {
        let environment = unix("NO_COLOR= TMUX= SSH_CONNECTION= SSH_CLIENT=10.0.0.1");
        assert_eq!(environment, Environment { ssh: Some("10.0.0.1".to_owned()), ..Environment::default() });
    }

    #[test]
    fn a_terminal_that_only_prints_lines_has_a_name() {
        for (variables, is_dumb) in
            [("TERM=dumb", true), ("TERM=dumb-emacs-ansi", true), ("", false), ("TERM=xterm", false), ("TERM=vt100", false)]
        {
            assert_eq!(unix(variables).is_dumb(), is_dumb, "{variables}");
        }
    }

    #[test]
    fn a_forwarded_display_is_not_a_local_one() {
        assert!(unix("DISPLAY=:0").has_local_display());
        assert!(unix("WAYLAND_DISPLAY=wayland-0").has_local_display());
        assert!(!unix("DISPLAY=localhost:10.0 SSH_TTY=/dev/pts/3").has_local_display());
        assert!(!unix("").has_local_display());
        assert!(Environment { system: System::MacOs, ..Environment::default() }.has_local_display());
    }
}
