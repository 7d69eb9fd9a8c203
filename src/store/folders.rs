//! The program's own folders, chosen by the XDG Base Directory Specification on every Unix.
//!
//! <https://specifications.freedesktop.org/basedir-spec/latest/>

use std::path::PathBuf;

use crate::core::problem::{Problem, Result};

/// The name of the program's folder in each base folder.
const NAME: &str = "saescope";

/// The folder of the tag files in the data folder.
pub const TAGS: &str = "tags";

/// The program's folders for the current user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folders {
    /// Configuration: `$XDG_CONFIG_HOME/saescope`.
    pub config: PathBuf,
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
    Ok(base.ok_or_else(|| no_home(variable))?.join(NAME))
}

/// The current user's home folder: `HOME`, otherwise the one in the list of users.
pub fn home() -> Option<PathBuf> {
    std::env::home_dir().filter(|home| !home.as_os_str().is_empty())
}

/// The problem that a folder of the user is needed, and neither `variable` nor the home folder is known.
pub fn no_home(variable: &str) -> Problem {
    Problem::environment("home folder", "is not known", format_args!("set the variable HOME, or {variable}"))
}

impl Folders {
    /// The folders of the current user. None of them needs to exist.
    ///
    /// # Errors
    /// If one of them is in the home folder, and the user has none.
    pub fn find() -> Result<Self> {
        Ok(Self { config: config()?, data: data()?, state: folder("XDG_STATE_HOME", ".local/state")? })
    }

    /// The configuration file.
    pub fn config_file(&self) -> PathBuf {
        self.config.join("config.toml")
    }

    /// The user's own presets; `data/models.toml` describes the format.
    pub fn models_file(&self) -> PathBuf {
        self.config.join("models.toml")
    }

    /// The folder of the user's own studies: one file each, named after the study with the extension `.toml`.
    pub fn studies(&self) -> PathBuf {
        self.config.join("studies")
    }

    /// The log file.
    pub fn log_file(&self) -> PathBuf {
        self.state.join("saescope.log")
    }

    /// The folder of the runs that the explorer keeps by itself.
    pub fn runs(&self) -> PathBuf {
        self.state.join("runs")
    }

    /// The folder of what features respond to in corpora.
    pub fn responses(&self) -> PathBuf {
        self.state.join("corpus")
    }

    /// The folder of effects with shuffled partners.
    pub fn shuffled(&self) -> PathBuf {
        self.state.join("shuffled")
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
