//! The choice of the way to the clipboard that works in an environment, as measured with tmux 3.3a and GNU screen 4.09.

use crate::core::problem::{Problem, Result};
use crate::term::environment::Environment;

/// A way to the clipboard of the user at the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Provider {
    /// `tmux load-buffer -w`: tmux sends the text on to its terminal.
    Tmux,
    /// OSC 52 in chunks that GNU screen passes through.
    Screen,
    /// The escape sequence OSC 52, which the terminal turns into clipboard contents, also over SSH.
    Osc52,
    /// The clipboard of the desktop on this machine.
    Local,
    /// A file in place of a clipboard, whose path is shown.
    File,
}

impl Provider {
    /// All providers, in the order in which messages list them.
    pub const ALL: [Self; 5] = [Self::Tmux, Self::Screen, Self::Osc52, Self::Local, Self::File];

    /// The name in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tmux => "tmux",
            Self::Screen => "screen",
            Self::Osc52 => "osc52",
            Self::Local => "local",
            Self::File => "file",
        }
    }

    /// The provider called `name` in the configuration; None for `auto`, which leaves the choice to [`choose`].
    pub fn configured(name: &str) -> Result<Option<Self>> {
        if name == "auto" {
            return Ok(None);
        }
        let known = Self::ALL.into_iter().find(|provider| provider.name() == name);
        let names = Self::ALL.map(Self::name).join(", ");
        known
            .map(Some)
            .ok_or_else(|| Problem::new("clipboard", format_args!("{name:?} is unknown"), format_args!("use auto, {names}")))
    }
}

/// A provider, and the reason why it was chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The chosen provider.
    pub provider: Provider,
    /// The reason in words, for the log and for `saescope doctor`.
    pub reason: String,
}

/// The provider for `environment`; a provider that the user `configured` is taken without a check. `tmux_available` says whether
/// the program `tmux` can be started.
pub fn choose(environment: &Environment, configured: Option<Provider>, tmux_available: bool) -> Choice {
    let (provider, reason) = if let Some(provider) = configured {
        (provider, "the configuration says so")
    } else if environment.in_tmux() && tmux_available {
        (Provider::Tmux, "inside tmux, which sends it on to the terminal")
    } else if environment.in_tmux() && environment.has_local_display() {
        (Provider::Local, "inside tmux without the program `tmux`, on a local display")
    } else if environment.in_tmux() {
        (Provider::File, "inside tmux, where OSC 52 is lost by default, and the program `tmux` is not found")
    } else if environment.in_screen() {
        (Provider::Screen, "inside GNU screen, which passes chunks on to the terminal")
    } else if environment.over_ssh() {
        (Provider::Osc52, "over SSH, where only the terminal knows the clipboard")
    } else if environment.has_local_display() {
        (Provider::Local, "on a local display")
    } else {
        (Provider::File, "there is no display, SSH, tmux or screen; if the terminal takes OSC 52, configure osc52")
    };
    Choice { provider, reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::term::environment::System;
    use crate::term::testing::unix;

    #[test]
    fn the_order_is_what_was_measured_to_work() {
        for (variables, tmux_available, provider) in [
            ("TMUX=/tmp/tmux-0/default,1,0 SSH_CONNECTION=a DISPLAY=:0", true, Provider::Tmux),
            ("TMUX=/tmp/tmux-0/default,1,0", true, Provider::Tmux),
            ("TMUX=/tmp/tmux-0/default,1,0 STY=1.a", true, Provider::Tmux),
            ("TMUX=/tmp/tmux-0/default,1,0 DISPLAY=:0", false, Provider::Local),
            ("TMUX=/tmp/tmux-0/default,1,0 DISPLAY=:0 SSH_CLIENT=a", false, Provider::File),
            ("TMUX=/tmp/tmux-0/default,1,0", false, Provider::File),
            ("STY=1.a SSH_TTY=/dev/pts/1", true, Provider::Screen),
            ("STY=1.a DISPLAY=:0", true, Provider::Screen),
            ("SSH_TTY=/dev/pts/1 DISPLAY=localhost:10.0", true, Provider::Osc52),
            ("SSH_CLIENT=a", false, Provider::Osc52),
            ("DISPLAY=:0", true, Provider::Local),
            ("WAYLAND_DISPLAY=wayland-0", false, Provider::Local),
            ("TERM=xterm-256color", true, Provider::File),
            ("", false, Provider::File),
        ] {
            let environment = unix(variables);
            assert_eq!(choose(&environment, None, tmux_available).provider, provider, "{variables}");
            for configured in Provider::ALL {
                let choice = choose(&environment, Some(configured), tmux_available);
                assert_eq!(choice, Choice { provider: configured, reason: "the configuration says so".to_owned() });
            }
        }
        let mac = Environment { system: System::MacOs, ..Environment::default() };
        assert_eq!(choose(&mac, None, false).provider, Provider::Local);
    }

    #[test]
    fn names_are_read() {
        assert_eq!(Provider::configured("auto"), Ok(None));
        for provider in Provider::ALL {
            assert_eq!(Provider::configured(provider.name()), Ok(Some(provider)));
        }
        let problem = Provider::configured("xclip").unwrap_err().to_string();
        assert_eq!(problem, "clipboard: \"xclip\" is unknown; use auto, tmux, screen, osc52, local, file");
    }
}
