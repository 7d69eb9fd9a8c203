//! Where the run on the screen is stored, and what was checked of it.

use std::num::NonZeroUsize;
use std::sync::Arc;

use crate::core::causal::check::Done;
use crate::core::request::{Backend, ModelSource, Request};

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
#[derive(Debug, Clone, Default)]
pub struct Record {
    /// Whether the program kept it.
    pub keeping: Keeping,
    /// Whether it was read from a file, so that the request of the program is not about it.
    pub opened: bool,
    /// The file into which the user wrote it last.
    pub written: Option<String>,
    /// What computed it in this session; None if it was read from a file.
    pub computed: Option<Computed>,
    /// What was found by causal checks, the latest last.
    pub checks: Vec<Arc<Done>>,
}

/// With what a run was computed.
#[derive(Debug, Clone)]
pub struct Computed {
    /// The model.
    pub model: ModelSource,
    /// The backend; None for the fastest that works.
    pub backend: Option<Backend>,
    /// The number of threads; None for one for each core.
    pub threads: Option<NonZeroUsize>,
}

impl Computed {
    /// With what `request` computes.
    pub fn by(request: &Request) -> Self {
        Self { model: request.model.clone(), backend: request.backend, threads: request.threads }
    }
}
