//! The flags that say which features of a run are listed, shared by all commands that list features.

use clap::Args;

use super::values::{positive, threshold};
use crate::app::state::THRESHOLD;
use crate::core::selection::Selection;

/// Which features of a run.
#[derive(Debug, Clone, Args)]
pub struct ListingArguments {
    /// Which features: of one view of the study, by its name, or of two compared: `difference` (only one of two selections holds them) or
    /// `similarity` (both do). [default: the first view]
    #[arg(long, value_name = "VIEW|difference|similarity")]
    pub view: Option<String>,

    /// The two views that difference and similarity compare. [default: those that the study compares first]
    #[arg(long, value_name = "A,B", value_delimiter = ',', num_args = 1, requires = "view")]
    pub of: Option<Vec<String>>,

    /// Which of them.
    #[command(flatten)]
    pub list: ListArguments,
}

/// Which features of one view or comparison.
#[derive(Debug, Clone, Args)]
pub struct ListArguments {
    /// Select the features with |effect| above X; 0 selects every feature with an effect. [default: 0.1; in a single view 0 with --filter or --tag]
    #[arg(long, value_name = "X", conflicts_with = "top_k", value_parser = threshold)]
    pub threshold: Option<f32>,

    /// Select the N features of largest |effect|, over all submodules together.
    #[arg(long, value_name = "N", value_parser = positive)]
    pub top_k: Option<usize>,

    /// Only the selected features that match, in the language of the explorer's filter: `layer>=3 and tag=FP`.
    #[arg(long, value_name = "FILTER")]
    pub filter: Option<String>,

    /// Only the selected features with this tag; of several --tag, one is enough.
    #[arg(long, value_name = "TAG")]
    pub tag: Vec<String>,
}

impl ListArguments {
    /// The rule that selects features of one view. Whoever asks for features by a tag or filter means all of them, whatever their effect.
    pub fn selection(&self) -> Selection {
        let is_limited = self.filter.is_some() || !self.tag.is_empty();
        self.selection_above(if is_limited { 0.0 } else { THRESHOLD })
    }

    /// The rule that selects features of each of two views that are compared, whose tags and filters limit the comparison: what is held by one
    /// selection alone follows from the threshold.
    pub fn selection_compared(&self) -> Selection {
        self.selection_above(THRESHOLD)
    }

    fn selection_above(&self, default: f32) -> Selection {
        self.top_k.map_or_else(|| Selection::Threshold(self.threshold.unwrap_or(default)), Selection::TopK)
    }
}
