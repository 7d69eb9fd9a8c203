//! The program's own folders, chosen by the XDG Base Directory Specification on every Unix.
//!
//! <https://specifications.freedesktop.org/basedir-spec/latest/>

use std::path::PathBuf;

use etcetera::{BaseStrategy, choose_base_strategy};

use crate::core::problem::{Problem, Result};

/// The name of the program's folder in each base folder.
const NAME: &str = "saescope";

/// The program's folders for the current user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folders {
    /// Configuration: `$XDG_CONFIG_HOME/saescope`.
    pub config: PathBuf,
    /// Tags, and the record of first downloads: `$XDG_DATA_HOME/saescope`.
    pub data: PathBuf,
    /// The log, and the file that replaces a missing clipboard: `$XDG_STATE_HOME/saescope`.
    pub state: PathBuf,
}

impl Folders {
    /// The folders of the current user. None of them needs to exist.
    pub fn find() -> Result<Self> {
        let base = choose_base_strategy()
            .map_err(|error| Problem::new("home folder", format_args!("cannot be found: {error}"), "set the variable HOME"))?;
        let data = base.data_dir();
        // A system without a state folder keeps the state in the data folder.
        let state = base.state_dir().unwrap_or_else(|| data.clone());
        Ok(Self { config: base.config_dir().join(NAME), data: data.join(NAME), state: state.join(NAME) })
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

    /// The folder of the tag files.
    pub fn tags(&self) -> PathBuf {
        self.data.join("tags")
    }
}
