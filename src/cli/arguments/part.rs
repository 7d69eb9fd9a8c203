//! The flags that choose some of a model's dictionaries.

use clap::Args;

use crate::core::parts::{Layers, Parts, kind_of};
use crate::core::submodule::SubmoduleKind;

/// Which dictionaries.
#[derive(Debug, Clone, Args)]
pub struct PartArguments {
    /// Only the dictionaries of these layers: 3, or 0-11.
    #[arg(long, value_name = "N-M")]
    pub layers: Option<Layers>,

    /// Only the dictionaries of these kinds of submodules, joined by commas: attn, mlp, resid, embed, z, attn_raw, mlp_raw.
    #[arg(long, value_name = "KIND,..", value_delimiter = ',', value_parser = kind_of)]
    pub sites: Vec<SubmoduleKind>,
}

impl PartArguments {
    /// The part that the flags name.
    pub fn parts(&self) -> Parts {
        Parts { layers: self.layers, kinds: self.sites.clone() }
    }
}
