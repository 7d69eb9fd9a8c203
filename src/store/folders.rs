//! The program's own folders, chosen by the XDG Base Directory Specification on every Unix.
//!
//! <https://specifications.freedesktop.org/basedir-spec/latest/>

use std::path::PathBuf;

use crate::core::problem::{Problem, Result};

/// The name of the program's folder in each base folder.
const NAME: &str = "saescope";

/// The folder of the tag files in the data folder.
pub const TAGS: &str = "tags";

/// The folder of kept runs in the state folder.
const RUNS: &str = "runs";

/// The folder of answers of corpora in the state folder.
const RESPONSES: &str = "corpus";

/// The folder of effects with shuffled partners in the state folder.
const SHUFFLED: &str = "shuffled";

/// The program's folders for the current user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folders {
    /// Configuration: `$XDG_CONFIG_HOME/saescope`; None if it is in the home folder, and the user has none.
    pub config: Option<PathBuf>,
    /// Tags, and the record of first downloads: `$XDG_DATA_HOME/saescope`.
    pub data: PathBuf,
    /// The log, kept runs, answers of corpora, effects with shuffled partners and sessions, and the file that replaces a missing clipboard: `$XDG_STATE_HOME/saescope`.
    pub state: PathBuf,
}

/// The folder of the configuration, as in [`Folders`].
pub fn config() -> Result<PathBuf> {
    folder("XDG_CONFIG_HOME", ".config")
}

/// The folder of the tags, as in [`Folders`].
pub fn data() -> Result<PathBuf> {
    folder("XDG_DATA_HOME", ".local/share")
}

/// The folder of the log, of kept runs and answers, as in [`Folders`].
pub fn state() -> Result<PathBuf> {
    folder("XDG_STATE_HOME", ".local/state")
}

/// The folder of the runs that the explorer keeps by itself.
///
/// # Errors
/// If it is in the home folder, and the user has none; other folders are not asked for.
pub fn runs() -> Result<PathBuf> {
    Ok(state()?.join(RUNS))
}

/// The folder of what features respond to in corpora; errors as for [`runs`].
pub fn responses() -> Result<PathBuf> {
    Ok(state()?.join(RESPONSES))
}

/// The folder of effects with shuffled partners; errors as for [`runs`].
pub fn shuffled() -> Result<PathBuf> {
    Ok(state()?.join(SHUFFLED))
}

/// What can be found out again: `$XDG_CACHE_HOME/saescope`.
///
/// # Errors
/// As for [`Folders::find`].
pub fn cache() -> Result<PathBuf> {
    folder("XDG_CACHE_HOME", ".cache")
}

/// The program's folder in the one that `variable` names. A relative path there does not count, as the specification demands.
fn folder(variable: &str, usual: &str) -> Result<PathBuf> {
    let chosen = std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = chosen.or_else(|| home().map(|home| home.join(usual)));
    Ok(base.ok_or_else(|| no_home(&[variable]))?.join(NAME))
}

/// The current user's home folder: `HOME`, otherwise the one in the list of users. A relative path does not count, as in the variables of
/// the specification.
pub fn home() -> Option<PathBuf> {
    std::env::home_dir().filter(|home| home.is_absolute())
}

/// The problem that folders of the user are needed, and neither `variables`, one for each of them, nor the home folder are known.
pub fn no_home(variables: &[&str]) -> Problem {
    let remedy = format_args!("set the variable HOME, or {}, to an absolute path", variables.join(" and "));
    Problem::environment("home folder", "is not known", remedy)
}

impl Folders {
    /// The folders of the current user. None of them needs to exist.
    ///
    /// # Errors
    /// If that of the tags or of the state is in the home folder, and the user has none; the remedy names what both need.
    pub fn find() -> Result<Self> {
        match (data(), state()) {
            (Ok(data), Ok(state)) => Ok(Self { config: config().ok(), data, state }),
            (Err(_), Err(_)) => Err(no_home(&["XDG_DATA_HOME", "XDG_STATE_HOME"])),
            (Err(problem), _) | (_, Err(problem)) => Err(problem),
        }
    }

    /// The configuration file.
    pub fn config_file(&self) -> Option<PathBuf> {
        self.config.as_ref().map(|config| config.join("config.toml"))
    }

    /// The log file.
    pub fn log_file(&self) -> PathBuf {
        self.state.join("saescope.log")
    }

    /// The folder of the runs that the explorer keeps by itself.
    pub fn runs(&self) -> PathBuf {
        self.state.join(RUNS)
    }

    /// The folder of what features respond to in corpora.
    pub fn responses(&self) -> PathBuf {
        self.state.join(RESPONSES)
    }

    /// The folder of effects with shuffled partners.
    pub fn shuffled(&self) -> PathBuf {
        self.state.join(SHUFFLED)
    }

    /// The folder of what the explorer showed last of each study.
    pub fn sessions(&self) -> PathBuf {
        self.state.join("sessions")
    }

    /// The folder of the tag files.
    pub fn tags(&self) -> PathBuf {
        self.data.join(TAGS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remedy_names_every_variable_that_is_needed() {
        let said = no_home(&["XDG_DATA_HOME", "XDG_STATE_HOME"]).to_string();
        assert!(said.ends_with("set the variable HOME, or XDG_DATA_HOME and XDG_STATE_HOME, to an absolute path"), "{said}");
    }
}
