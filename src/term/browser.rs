//! Opens a feature's page in the browser of the user at the terminal, and never on a remote machine.

use super::environment::Environment;
use super::tmux::Tmux;
use crate::core::problem::{Problem, Result};

/// The hosts of feature pages.
const SITE: [&str; 2] = ["neuronpedia.org", "www.neuronpedia.org"];

const OVER_SSH: &str = "over SSH a browser would open on the other machine";

/// Whether a browser can be opened in `environment`.
///
/// # Errors
/// The reason why not, in words that end a sentence like "no browser: …".
pub fn can_open(environment: &Environment) -> std::result::Result<(), String> {
    if environment.over_ssh() {
        Err(OVER_SSH.to_owned())
    } else if environment.has_local_display() {
        Ok(())
    } else {
        Err("there is no display here (neither DISPLAY nor WAYLAND_DISPLAY is set)".to_owned())
    }
}

/// Opens `url` in the user's browser, as a process of its own that neither reads keys nor writes on the screen.
///
/// # Errors
/// If [`can_open`] fails, if somebody attached to this tmux session over SSH meanwhile, if `url` is not the address of a web
/// page over HTTPS (or of Neuronpedia), or if no browser starts.
pub fn open(environment: &Environment, url: &str) -> Result<()> {
    let refused = |why: &str| Problem::new("browser", why, "copy the address and open it yourself");
    check(url)?;
    can_open(environment).map_err(|why| refused(&why))?;
    if environment.in_tmux() && Tmux::default().is_attached_over_ssh() {
        return Err(refused(OVER_SSH));
    }
    open::that_detached(url).map_err(|error| refused(&format!("none starts: {error}")))
}

/// Refuses everything but web addresses: addresses come partly from files, and the programs that open them also accept paths,
/// options and programs.
fn check(url: &str) -> Result<()> {
    let host = |rest: &str| rest.split(['/', '?', '#']).next().unwrap_or_default().to_owned();
    let plain = url.bytes().all(|byte| byte.is_ascii_graphic());
    let secure = url.strip_prefix("https://").is_some_and(|rest| !host(rest).is_empty());
    let site = url.strip_prefix("http://").is_some_and(|rest| SITE.contains(&host(rest).as_str()));
    if plain && (secure || site) {
        return Ok(());
    }
    Err(Problem::new("browser", format_args!("{url:?} is not opened"), "only pages over HTTPS are, and those of neuronpedia.org"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::term::testing::unix;

    #[test]
    fn a_browser_opens_only_in_front_of_the_user() {
        assert_eq!(can_open(&unix("DISPLAY=:0")), Ok(()));
        assert!(can_open(&unix("DISPLAY=localhost:10 SSH_CONNECTION=10.0.0.1")).unwrap_err().contains("SSH"));
        assert!(can_open(&unix("TERM=xterm")).unwrap_err().contains("no display"));
        let problem = open(&unix("DISPLAY=:0 SSH_TTY=/dev/pts/1"), "https://neuronpedia.org/").unwrap_err();
        assert!(problem.to_string().contains("over SSH") && problem.to_string().contains("copy the address"), "{problem}");
    }

    #[test]
    fn only_web_pages_are_opened() {
        for good in ["https://neuronpedia.org/a/5-res-sm/1?x=%20#y", "http://www.neuronpedia.org", "https://example.org"] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "https://",
            "https:///etc/passwd",
            "file:///etc/passwd",
            "/bin/sh",
            "--help",
            "javascript:alert(1)",
            "http://example.org/",
            "http://neuronpedia.org@example.org/",
            "http://neuronpedia.org.example.org/",
            "https://neuronpedia.org/a b",
            "https://neuronpedia.org/\u{1b}]52;c;AA",
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
