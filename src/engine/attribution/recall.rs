//! Asks the memory before the backend: traces, codes and gradients of a batch, of which only what is not remembered is computed.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::prefix::Prefixes;
use super::{Batch, Model, ViewBatch, oriented};
use crate::core::problem::Result;
use crate::core::view::View;
use crate::engine::activation::Activation;
use crate::engine::cancel::Cancel;
use crate::engine::compute::{Answers, Route, Trace, join};
use crate::engine::dictionary::codes::Codes;
use crate::engine::memory::{Array, ArrayKey, CodesKey, TokenCodes};

/// A batch and the model that it runs through.
#[derive(Clone, Copy)]
pub struct Recall<'a> {
    /// The model with its memory.
    pub model: Model<'a>,
    /// The prompts and what is asked about them.
    pub batch: &'a Batch<'a>,
    /// Raised when nobody waits any more.
    pub cancel: &'a Cancel,
}

impl Recall<'_> {
    /// The plain runs of the clean and of the patch prompts.
    pub fn traces(&self) -> Result<[Trace; 2]> {
        Ok([self.trace(&self.batch.clean)?, self.trace(&self.batch.patch)?])
    }

    fn trace(&self, prompts: &[&[u32]]) -> Result<Trace> {
        let compute = self.model.compute;
        let keys = prompts.iter().map(|prompt| ArrayKey::Outputs { prompt: (*prompt).into() }).collect();
        let arrays = self.model.memory.arrays(keys, |missing| {
            let trace = compute.trace(&select(prompts, missing), self.cancel)?;
            Ok((0..missing.len()).map(|example| trace.example(example).into()).collect())
        })?;
        let config = compute.config();
        Ok(Trace::of_examples(&slices(&arrays), config.layers, self.batch.positions, config.width))
    }

    /// The codes of every prefix, whose `outputs` are `[prefixes, 1, width]`, in the dictionary of ordinal `ordinal`.
    pub fn codes(&self, ordinal: usize, prefixes: &Prefixes<'_>, outputs: &Activation) -> Result<Codes> {
        let key = |prefix: &&[u32]| CodesKey { submodule: ordinal as u32, prefix: (*prefix).into() };
        let rows = self.model.memory.codes(prefixes.texts().iter().map(key).collect(), |missing| {
            let values = missing.iter().flat_map(|prefix| outputs.row(*prefix)).copied().collect();
            let outputs = Activation::new(values, [missing.len(), 1, outputs.width]);
            let codes = self.model.compute.encode(&self.model.dictionaries[ordinal], &[&outputs], self.cancel)?.remove(0);
            Ok((0..missing.len()).map(|row| codes.row(row).collect::<TokenCodes>()).collect())
        })?;
        let mut codes = Codes::new();
        rows.iter().for_each(|row| codes.push(row.iter().copied()));
        Ok(codes)
    }

    /// For every view of the batch and every submodule the gradient at the plain run that the view starts from.
    pub fn plain_gradients(&self) -> Result<Vec<Vec<Activation>>> {
        let config = self.model.compute.config();
        let mut found = vec![Vec::new(); self.batch.views.len()];
        // Views that start from the same run are asked for together.
        for starts_from_patch in [false, true] {
            let prompts = if starts_from_patch { &self.batch.patch } else { &self.batch.clean };
            let chosen: Vec<usize> = (0..found.len())
                .filter(|view| oriented(self.batch.views[*view].view, false, true).0 == starts_from_patch)
                .collect();
            let views: Vec<&ViewBatch> = chosen.iter().map(|view| &self.batch.views[*view]).collect();
            let keys = views.iter().flat_map(|view| {
                let examples = prompts.iter().zip(&view.answers);
                examples.map(|(prompt, answers)| ArrayKey::PlainGradients { prompt: (*prompt).into(), answers: *answers })
            });
            let arrays = self.model.memory.arrays(keys.collect(), |missing| {
                let part = Part::of(missing, prompts.len());
                let answers: Vec<Vec<Answers>> =
                    part.views.iter().map(|view| select(&views[*view].answers, &part.examples)).collect();
                let answers: Vec<&[Answers]> = answers.iter().map(Vec::as_slice).collect();
                let prompts = select(prompts, &part.examples);
                let gradients = self.model.compute.gradients_of_each(&prompts, &answers, self.cancel)?;
                let array = |(view, example): (usize, usize)| -> Array {
                    gradients[view].iter().flat_map(|gradient| gradient.example(example)).copied().collect()
                };
                Ok(missing.iter().map(|index| array(part.place(*index))).collect())
            })?;
            for (view, arrays) in chosen.into_iter().zip(arrays.chunks(prompts.len())) {
                found[view] = join(&slices(arrays), self.model.dictionaries.len(), self.batch.positions, config.width);
            }
        }
        Ok(found)
    }

    /// For every view of the batch the integrated gradient at the submodule of ordinal `ordinal`; `starts` are what
    /// [`Recall::plain_gradients`] gave.
    pub fn path_gradients(
        &self,
        ordinal: usize,
        [clean, patch]: [&Trace; 2],
        starts: &[&Activation],
        steps: usize,
    ) -> Result<Vec<Activation>> {
        let (submodule, batch) = (self.model.dictionaries[ordinal].submodule(), self.batch);
        let key = |view: View, example: usize, answers: Answers| {
            let (from, to) = oriented(view, batch.clean[example], batch.patch[example]);
            ArrayKey::PathGradient { submodule: ordinal as u32, from: from.into(), to: to.into(), answers, steps: steps as u32 }
        };
        let keys = batch.views.iter().flat_map(|view| {
            view.answers.iter().enumerate().map(|(example, answers)| key(view.view, example, *answers)).collect::<Vec<_>>()
        });
        let arrays = self.model.memory.arrays(keys.collect(), |missing| {
            let part = Part::of(missing, batch.clean.len());
            let [clean, patch] = [clean, patch].map(|trace| part.of_trace(trace));
            let asked: Vec<(Vec<Answers>, Cow<'_, Activation>)> = part
                .views
                .iter()
                .map(|view| (select(&batch.views[*view].answers, &part.examples), part.of_activation(starts[*view])))
                .collect();
            let routes: Vec<Route<'_>> = part
                .views
                .iter()
                .zip(&asked)
                .map(|(view, (answers, start))| {
                    let (from, to) = oriented(batch.views[*view].view, &*clean, &*patch);
                    Route { from, to, answers, start }
                })
                .collect();
            let gradients = self.model.compute.path_gradients(submodule, &routes, steps, self.cancel)?;
            let array = |(view, example): (usize, usize)| -> Array { gradients[view].example(example).into() };
            Ok(missing.iter().map(|index| array(part.place(*index))).collect())
        })?;
        let [examples, positions, width] = clean.output(submodule).shape();
        Ok(arrays.chunks(examples).map(|arrays| join(&slices(arrays), 1, positions, width).remove(0)).collect())
    }
}

fn select<T: Clone>(all: &[T], which: &[usize]) -> Vec<T> {
    which.iter().map(|index| all[*index].clone()).collect()
}

fn slices(arrays: &[Array]) -> Vec<&[f32]> {
    arrays.iter().map(|array| &**array).collect()
}

/// The smallest block of views and examples that holds all that is missing: backends compute blocks.
struct Part {
    /// Examples of the whole.
    of: usize,
    /// Ascending.
    views: Vec<usize>,
    /// Ascending.
    examples: Vec<usize>,
}

impl Part {
    /// `missing` are places among views x `examples`.
    fn of(missing: &[usize], examples: usize) -> Self {
        let sorted = |place: fn(usize, usize) -> usize| {
            missing.iter().map(|index| place(*index, examples)).collect::<BTreeSet<usize>>().into_iter().collect()
        };
        Self { of: examples, views: sorted(|index, of| index / of), examples: sorted(|index, of| index % of) }
    }

    /// Which view and which example of the block the place `index` among all is.
    ///
    /// # Panics
    /// When it is not in the block: a fault of the caller.
    fn place(&self, index: usize) -> (usize, usize) {
        let find = |sorted: &[usize], value: usize| {
            sorted.binary_search(&value).unwrap_or_else(|_| unreachable!("{value} is none of the missing {sorted:?}"))
        };
        (find(&self.views, index / self.of), find(&self.examples, index % self.of))
    }

    fn is_whole(&self) -> bool {
        self.examples.len() == self.of
    }

    fn of_trace<'a>(&self, trace: &'a Trace) -> Cow<'a, Trace> {
        if self.is_whole() { Cow::Borrowed(trace) } else { Cow::Owned(trace.select(&self.examples)) }
    }

    fn of_activation<'a>(&self, activation: &'a Activation) -> Cow<'a, Activation> {
        if self.is_whole() { Cow::Borrowed(activation) } else { Cow::Owned(activation.select(&self.examples)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_holds_all_that_is_missing_and_no_other_view_or_example() {
        // Three views of five examples: the last example of the first view, the second of the third.
        let part = Part::of(&[4, 11], 5);
        assert_eq!((&part.views[..], &part.examples[..]), (&[0, 2][..], &[1, 4][..]));
        assert_eq!((part.place(4), part.place(11)), ((0, 1), (1, 0)));
        assert!(!part.is_whole() && Part::of(&[5, 6, 7, 8, 9], 5).is_whole());
        let activation = Activation::new((0..5_u8).map(f32::from).collect(), [5, 1, 1]);
        assert_eq!(part.of_activation(&activation).values, [1.0, 4.0]);
    }
}
