//! What the program can read, as its readers say it.

/// A kind of file and what is done with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capability {
    /// The format's name.
    pub format: &'static str,
    /// Its files.
    pub files: String,
    /// What of it is read.
    pub reads: String,
    /// What of it is refused, because its numbers would be wrong or are not proven.
    pub refuses: String,
}
