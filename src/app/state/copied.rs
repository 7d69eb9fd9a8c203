//! In which form features are taken along, and under which title.

/// A form in which features are copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Addresses of a quick list.
    List,
    /// The address of the feature's page.
    Page,
    /// One name a line.
    Names,
    /// A table for spreadsheets and programs.
    Tsv,
    /// A table to read.
    Markdown,
    /// An object for programs.
    Json,
    /// The card of the feature at the cursor.
    Card,
}

impl Form {
    /// All forms, in the order of the copy box.
    pub const ALL: [Self; 7] = [Self::List, Self::Page, Self::Names, Self::Tsv, Self::Markdown, Self::Json, Self::Card];

    /// The letter that chooses the form in the copy box.
    pub fn key(self) -> char {
        match self {
            Self::List => 'l',
            Self::Page => 'p',
            Self::Names => 'n',
            Self::Tsv => 't',
            Self::Markdown => 'm',
            Self::Json => 'j',
            Self::Card => 'c',
        }
    }

    /// The name of the form.
    pub fn name(self) -> &'static str {
        match self {
            Self::List => "link to list",
            Self::Page => "link to page",
            Self::Names => "names",
            Self::Tsv => "TSV",
            Self::Markdown => "Markdown",
            Self::Json => "JSON",
            Self::Card => "card",
        }
    }

    /// The use of the form, in a few words.
    pub fn explanation(self) -> &'static str {
        match self {
            Self::List => "Neuronpedia's quick list of them",
            Self::Page => "Neuronpedia's page of the feature at the cursor",
            Self::Names => "one a line",
            Self::Tsv => "a table for spreadsheets, full numbers",
            Self::Markdown => "a table to read, numbers as on the screen",
            Self::Json => "for programs, full numbers and error terms",
            Self::Card => "all that is known of the feature at the cursor",
        }
    }
}

/// A title that the user typed. It holds as long as the list has the same title by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Title {
    /// The title of the list by itself, for which the other one was typed.
    pub instead_of: String,
    /// The title that was typed.
    pub typed: String,
}
