//! What outlives a computation: the model that it used, with that model's memory.

use std::sync::{Arc, Mutex, PoisonError};

use super::cancel::Cancel;
use super::loaded::Loaded;
use super::memory::Bounds;
use crate::core::problem::Result;
use crate::core::request::{Backend, ModelSource};

/// Holds the last model. A program that computes repeatedly hands the same cache to every job.
pub struct Cache {
    bounds: Bounds,
    last: Mutex<Option<Arc<Loaded>>>,
}

impl Cache {
    /// An empty cache; models that it opens remember at most `bounds`.
    pub fn new(bounds: Bounds) -> Self {
        Self { bounds, last: Mutex::new(None) }
    }

    /// The model of `source` on `backend`. This is the last one, if it is the same and its files are unchanged; else the last
    /// one is released first, and a new one is opened.
    ///
    /// # Errors
    /// When [`Loaded::open`] fails.
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

/// A cache for a single run.
impl Default for Cache {
    fn default() -> Self {
        Self::new(Bounds::RUN)
    }
}
