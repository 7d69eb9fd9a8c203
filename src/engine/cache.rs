//! What outlives a computation: the model that it was done with, and what that remembers.

use std::sync::{Arc, Mutex, PoisonError};

use super::cancel::Cancel;
use super::loaded::Loaded;
use super::memory::Bounds;
use crate::core::problem::Result;
use crate::core::request::{Backend, ModelSource};

/// Holds the last model. Whoever computes again and again hands the same one to every job.
pub struct Cache {
    bounds: Bounds,
    last: Mutex<Option<Arc<Loaded>>>,
}

impl Cache {
    /// Empty; models that it opens remember so much.
    pub fn new(bounds: Bounds) -> Self {
        Self { bounds, last: Mutex::new(None) }
    }

    /// The model of `source` on `backend`: the last one, if it is that and its files are unchanged, else a newly opened one, for which the
    /// last one is let go first.
    ///
    /// # Errors
    /// Those of [`Loaded::open`].
    pub fn loaded(&self, source: &ModelSource, backend: Option<Backend>, cancel: &Cancel) -> Result<Arc<Loaded>> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(loaded) = last.as_ref().filter(|loaded| loaded.is_still(source, backend)) {
            return Ok(Arc::clone(loaded));
        }
        *last = None;
        let loaded = Arc::new(Loaded::open(source, backend, self.bounds, cancel)?);
        *last = Some(Arc::clone(&loaded));
        Ok(loaded)
    }
}

/// For a single run.
impl Default for Cache {
    fn default() -> Self {
        Self::new(Bounds::RUN)
    }
}
