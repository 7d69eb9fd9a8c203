//! The layers of a model, as many of them in memory as there is room for.
//!
//! A layer that is not kept is read from the model's files whenever a pass reaches it, and one such layer is in memory at a time: who wants another
//! one waits until nobody uses the one that is there. Threads that go through the model side by side thereby wait for each other
//! and use what was read together. Numbers do not depend on which layers are kept.

use std::ops::Deref;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::core::problem::Result;
use crate::engine::cancel::Cancel;
use crate::engine::model::config::Config;
use crate::engine::model::load::Reading;
use crate::engine::model::weight_files::WeightFiles;

/// A model to be loaded.
#[derive(Clone, Copy)]
pub struct Stored<'a> {
    /// Its sizes.
    pub config: &'a Config,
    /// Its files.
    pub weights: &'a WeightFiles,
    /// How many of its layers are kept in memory.
    pub kept: usize,
}

/// Reads a layer's weights from the files of the model.
type Read<L> = dyn Fn(usize, Reading, &Cancel) -> Result<L> + Send + Sync;

/// The layers of a model, with their weights as a backend needs them.
pub struct Layers<L> {
    /// The number of layers that are not kept. The last ones are: more paths run through them than through the first.
    below: usize,
    kept: Vec<L>,
    read: Box<Read<L>>,
    passing: Mutex<Option<Passing<L>>>,
    /// Told when nobody uses the layer in `passing` any more.
    free: Condvar,
}

/// A layer that is in memory for the passes that are in it.
struct Passing<L> {
    index: usize,
    layer: Arc<L>,
    users: usize,
}

/// A layer in use.
pub enum Held<'a, L> {
    /// One that is kept.
    Kept(&'a L),
    /// One that is read when it is needed. It is let go of before the turn ends, so that it is not there beside the next one.
    Passing {
        /// Its weights.
        layer: Arc<L>,
        /// Until when it cannot go.
        _turn: Turn<'a, L>,
    },
}

/// The use of the one layer that is in memory without being kept; after the last turn it can go.
pub struct Turn<'a, L>(&'a Layers<L>);

impl<L> Layers<L> {
    /// Reads all of `count` layers once, by all threads, so that what is unusable is refused now, and keeps the last `kept` of them. Later a
    /// layer is read by one thread: while it waited for others, it could take a task that asks for the same layer, and wait for itself.
    ///
    /// # Errors
    /// When `read` fails.
    pub fn load(
        count: usize,
        kept: usize,
        read: impl Fn(usize, Reading, &Cancel) -> Result<L> + Send + Sync + 'static,
        cancel: &Cancel,
    ) -> Result<Self> {
        let below = count.saturating_sub(kept);
        (0..below).try_for_each(|index| read(index, Reading::ByAllThreads, cancel).map(drop))?;
        let kept = (below..count).map(|index| read(index, Reading::ByAllThreads, cancel)).collect::<Result<_>>()?;
        Ok(Self { below, kept, read: Box::new(read), passing: Mutex::default(), free: Condvar::new() })
    }

    /// Whether every layer is kept.
    pub fn are_kept(&self) -> bool {
        self.below == 0
    }

    /// Layer `index`.
    ///
    /// # Errors
    /// When it has to be read and its file was changed, or `cancel` is raised.
    ///
    /// # Panics
    /// When there are not so many layers: a fault of the caller.
    pub fn get(&self, index: usize, cancel: &Cancel) -> Result<Held<'_, L>> {
        if index >= self.below {
            return Ok(Held::Kept(&self.kept[index - self.below]));
        }
        let is_other = |passing: &mut Option<Passing<L>>| passing.as_ref().is_some_and(|it| it.index != index && it.users > 0);
        let mut passing = self.free.wait_while(self.lock(), is_other).unwrap_or_else(PoisonError::into_inner);
        let there = passing.take().filter(|there| there.index == index);
        let Passing { layer, users, .. } = match there {
            Some(there) => there,
            None => Passing { index, layer: Arc::new((self.read)(index, Reading::ByOne, cancel)?), users: 0 },
        };
        *passing = Some(Passing { index, layer: Arc::clone(&layer), users: users + 1 });
        Ok(Held::Passing { layer, _turn: Turn(self) })
    }

    fn lock(&self) -> MutexGuard<'_, Option<Passing<L>>> {
        // It is whole at every moment: what a panic interrupts is the reading, before which it is emptied.
        self.passing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<L> Deref for Held<'_, L> {
    type Target = L;

    fn deref(&self) -> &L {
        match self {
            Self::Kept(layer) => layer,
            Self::Passing { layer, .. } => layer,
        }
    }
}

impl<L> Drop for Turn<'_, L> {
    fn drop(&mut self) {
        if let Some(passing) = self.0.lock().as_mut() {
            passing.users -= 1;
        }
        self.0.free.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;
    use crate::core::problem::Problem;

    /// A layer that counts itself while it is in memory.
    struct Counted {
        index: usize,
        there: Arc<AtomicUsize>,
    }

    impl Drop for Counted {
        fn drop(&mut self) {
            self.there.fetch_sub(1, Ordering::SeqCst);
        }
    }

    /// Six layers of which `kept` are kept, the number that are in memory, the largest that it was, and the number of readings.
    fn layers(kept: usize) -> (Layers<Counted>, [Arc<AtomicUsize>; 3]) {
        let counts: [Arc<AtomicUsize>; 3] = Default::default();
        let [there, most, reads] = counts.clone();
        let read = move |index, _, cancel: &Cancel| {
            cancel.check()?;
            most.fetch_max(1 + there.fetch_add(1, Ordering::SeqCst), Ordering::SeqCst);
            reads.fetch_add(1, Ordering::SeqCst);
            Ok(Counted { index, there: Arc::clone(&there) })
        };
        (Layers::load(6, kept, read, &Cancel::default()).unwrap(), counts)
    }

    #[test]
    fn kept_layers_are_read_once_and_one_other_is_in_memory_at_a_time() {
        for kept in [0, 2, 6] {
            let (layers, [there, most, reads]) = layers(kept);
            assert_eq!((there.load(Ordering::SeqCst), reads.load(Ordering::SeqCst)), (kept, 6));
            for index in (0..6).chain((0..6).rev()) {
                assert_eq!(layers.get(index, &Cancel::default()).unwrap().index, index);
            }
            // The layer at which the way turns is there twice.
            let again = if kept == 6 { 0 } else { 2 * (6 - kept) - 1 };
            assert_eq!((reads.load(Ordering::SeqCst), layers.are_kept()), (6 + again, kept == 6));
            assert_eq!(most.load(Ordering::SeqCst), (kept + 1).min(6));
        }
    }

    #[test]
    fn threads_side_by_side_use_what_one_of_them_read() {
        let (layers, [_, most, reads]) = layers(1);
        let cancel = Cancel::default();
        let way = || {
            for index in 0..6 {
                let layer = layers.get(index, &cancel).unwrap();
                std::thread::sleep(Duration::from_millis(5));
                assert_eq!(layer.index, index);
            }
        };
        std::thread::scope(|scope| (0..3).for_each(|_| drop(scope.spawn(way))));
        // One may come late; alone each of the three would read five layers.
        assert_eq!(most.load(Ordering::SeqCst), 2);
        assert!(reads.load(Ordering::SeqCst) < 6 + 15, "{reads:?}");
    }

    #[test]
    fn a_layer_that_cannot_be_read_is_a_problem_each_time_and_blocks_nothing() {
        let fails = Arc::new(AtomicUsize::new(0));
        let state = Arc::clone(&fails);
        let read = move |index, _, _: &Cancel| match state.load(Ordering::SeqCst) {
            0 => Ok(index),
            _ => Err(Problem::new("model.safetensors", "became shorter", "start again")),
        };
        let layers = Layers::load(2, 0, read, &Cancel::default()).unwrap();
        let get = |index| layers.get(index, &Cancel::default()).map(|layer| *layer).map_err(|problem| problem.to_string());
        assert_eq!(get(0), Ok(0));
        fails.store(1, Ordering::SeqCst);
        assert_eq!(get(0), Ok(0), "it is still there");
        for _ in 0..2 {
            assert!(get(1).is_err_and(|said| said.contains("became shorter")));
        }
        fails.store(0, Ordering::SeqCst);
        assert_eq!(get(1), Ok(1));
    }
}
