//! Where the run on the screen is stored.

/// Whether the run on the screen was kept by the program.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Keeping {
    /// Nobody asked for it: the run is not whole, was read from a file, or runs are not kept.
    #[default]
    Unasked,
    /// It is on its way into its file.
    Asked,
    /// It is in the folder of kept runs.
    Kept,
    /// It could not be kept.
    Failed,
}

/// Where the run on the screen is stored, beside the file that it was read from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
    /// Whether the program kept it.
    pub keeping: Keeping,
    /// Whether it was read from a file, so that the request of the program is not about it.
    pub opened: bool,
    /// The file into which the user wrote it last.
    pub written: Option<String>,
}
