//! The flags of `import`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::core::submodule::Submodule;

/// Flags of `import`.
#[derive(Debug, Args)]
pub struct ImportArguments {
    /// Where it comes from.
    #[command(subcommand)]
    pub from: ImportFrom,
}

/// What can be imported.
#[derive(Debug, Subcommand)]
pub enum ImportFrom {
    /// Read labels of features from Neuronpedia's bulk export: the card, filters, exports and reports then show them, without a network.
    ///
    /// The export lies at `https://neuronpedia-datasets.s3.us-east-1.amazonaws.com/index.html?prefix=v1/`; read are the gzipped JSON lines of
    /// `explanations` and `features`.
    Neuronpedia(NeuronpediaArguments),
}

/// Flags of `import neuronpedia`.
#[derive(Debug, Args)]
pub struct NeuronpediaArguments {
    /// A file of the export, or a folder with any number of them.
    #[arg(value_name = "FILE|DIR", required_unless_present = "remove")]
    pub path: Option<PathBuf>,

    /// Instead of importing, remove the imported labels of a model, or of one dictionary of it, by their names on Neuronpedia.
    #[arg(long, value_name = "MODEL[/SOURCE]", conflicts_with_all = ["path", "submodule"])]
    pub remove: Option<String>,

    /// The submodule that the dictionary reads, such as resid_6, for dictionaries with other names than 6-res-sm.
    #[arg(long, value_name = "NAME")]
    pub submodule: Option<Submodule>,
}
