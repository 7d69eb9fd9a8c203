//! Why a pickle is not read.

/// Why a pickle is not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// A sentence that follows the file's name.
    pub what: String,
    /// What would make the file readable; None if it is damaged.
    pub remedy: Option<String>,
}

impl Fault {
    /// The file is whole, but not what is read.
    pub fn whole(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { what: what.into(), remedy: Some(remedy.into()) }
    }
}

impl From<String> for Fault {
    fn from(what: String) -> Self {
        Self { what, remedy: None }
    }
}

impl From<&str> for Fault {
    fn from(what: &str) -> Self {
        what.to_owned().into()
    }
}

/// How to save what is read, for messages.
pub const SAVE: &str = "save the state dict alone, in Python: torch.save(dictionary.state_dict(), 'ae.pt')";

/// What reading a part of a pickle gives.
pub type Outcome<T> = Result<T, Fault>;
