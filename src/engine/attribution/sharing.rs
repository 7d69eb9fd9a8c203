//! What is computed once, and for which questions. All sharing is decided here, above the backends, so that each of them gains
//! by it:
//!
//! - **Remembered**: the [memory](crate::engine::memory) is asked first, and only what it does not hold is computed; if one call
//!   asks for something twice, it is computed once, too.
//! - **Equal prefixes**: a causal model computes the same at tokens that read the same text, so each prefix is encoded once
//!   ([`super::prefix`]).
//! - **One run, several metrics**: views that start from the same prompt differ only in the metric, so the prompt goes forward
//!   once and back once for each metric. The same holds for segments with the same ends.
//! - **Both directions of a segment**: at `resid_i` and `embed` the moved output is all that the rest of the model reads, and the points between
//!   the ends lie symmetrically under every rule of quadrature, so a view of the other direction passes the same points with the
//!   same weights. At `attn_i` and `mlp_i` the stream beside the output is that of the view's own start, and nothing is shared.
//! - **Exchanged answers**: a metric with its answers exchanged is the negative metric, and so is its gradient.
//! - **The start is known**: the clean end of a segment, which only a Riemann sum takes, is the plain run, whose gradients come for
//!   all submodules at once; only the points between the ends are left.
//! - **The last position alone**: above the last attention the metric depends on no other position
//!   ([`Entry::is_above_attention`](crate::engine::compute::Entry::is_above_attention)).

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use super::prefix::Prefixes;
use super::{Batch, Model};
use crate::core::problem::Result;
use crate::core::quadrature::{Point, Points, Quadrature};
use crate::core::submodule::{Submodule, SubmoduleKind};
use crate::engine::activation::{Array, Trace};
use crate::engine::cancel::Cancel;
use crate::engine::compute::{Answers, Entry, Segment, Start};
use crate::engine::dictionary::codes::TokenCodes;
use crate::engine::memory::{ArrayKey, CodesKey};

/// A batch and the model that it runs through.
#[derive(Clone, Copy)]
pub struct Sharing<'a> {
    /// The model with its memory.
    pub model: Model<'a>,
    /// The prompts and what is asked about them.
    pub batch: &'a Batch<'a>,
    /// Raised when nobody waits for the result any more.
    pub cancel: &'a Cancel,
}

/// A metric up to its sign.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Metric {
    /// The answers in ascending order of their ids.
    answers: Answers,
    /// -1 if the view asks for the answers in the other order, else 1.
    sign: f32,
}

impl Metric {
    fn of(answers: Answers) -> Self {
        if answers.clean <= answers.patch {
            return Self { answers, sign: 1.0 };
        }
        Self { answers: Answers { clean: answers.patch, patch: answers.clean }, sign: -1.0 }
    }
}

/// The gradients of a view's metric at the plain run that it starts from.
#[derive(Debug, Clone)]
pub struct PlainGradients {
    /// The blocks of a trace, `[1 + outputs, positions, width]`, to be multiplied by `sign`.
    gradients: Array,
    sign: f32,
}

impl PlainGradients {
    /// The gradient at `submodule`, which traces hold, in a model with `layers` layers, `[positions, width]`.
    pub fn at(&self, submodule: Submodule, layers: usize) -> Vec<f32> {
        let (part, size) = (Trace::part(submodule, layers), self.gradients.len() / Trace::parts(layers));
        self.gradients[part * size..(part + 1) * size].iter().map(|value| self.sign * value).collect()
    }
}

/// How the integrals along the segments of a batch are approximated.
pub struct Path {
    /// The rule and the number of its points.
    pub quadrature: Quadrature,
    /// The gradients at the plain runs, per view and pair, if the rule takes them.
    pub starts: Option<Vec<Vec<PlainGradients>>>,
}

/// A view's segment from one run to another, at some submodule.
struct Route<'a> {
    from: &'a Trace,
    to: &'a Trace,
    /// Token ids of both prompts.
    ends: [&'a [u32]; 2],
    metric: Metric,
}

impl<'a> Route<'a> {
    /// The ends as a key: routes through the same points have the same key.
    fn points(&self, submodule: Submodule) -> [&'a [u32]; 2] {
        let mut ends = self.ends;
        if matches!(submodule.kind, SubmoduleKind::Residual | SubmoduleKind::Embedding) {
            ends.sort_unstable();
        }
        ends
    }
}

impl Sharing<'_> {
    /// The plain runs of the clean and of the patch prompts; a side at a time, which is what a batch's size bounds.
    pub fn traces(&self) -> Result<[Vec<Trace>; 2]> {
        Ok([self.runs(&self.batch.clean)?, self.runs(&self.batch.patch)?])
    }

    fn runs(&self, prompts: &[&[u32]]) -> Result<Vec<Trace>> {
        let compute = self.model.compute;
        let key = |prompt: &&[u32]| ArrayKey::Outputs { prompt: (*prompt).into() };
        let keys: Vec<ArrayKey> = prompts.iter().map(key).collect();
        let arrays = self.model.memory.arrays(&keys, |missing| {
            let prompts: Vec<&[u32]> = missing.iter().map(|place| prompts[*place]).collect();
            let traces = compute.traces(&prompts, self.cancel)?;
            Ok(traces.iter().map(|trace| Arc::clone(trace.values())).collect())
        })?;
        Ok(arrays.into_iter().map(|values| Trace::new(values, compute.config().layers)).collect())
    }

    /// The codes of every prefix in the dictionary of ordinal `ordinal`; `read` are the activations that it reads, one `[width]` per
    /// prefix.
    pub fn codes(&self, ordinal: usize, prefixes: &Prefixes<'_>, read: &[&[f32]]) -> Result<Vec<TokenCodes>> {
        let key = |prefix: &&[u32]| CodesKey { submodule: ordinal as u32, prefix: (*prefix).into() };
        let keys: Vec<CodesKey> = prefixes.texts().iter().map(key).collect();
        self.model.memory.codes(&keys, |missing| {
            let read: Vec<&[f32]> = missing.iter().map(|prefix| read[*prefix]).collect();
            self.model.compute.encode(&self.model.dictionaries[ordinal], &read, self.cancel)
        })
    }

    /// For every view of the batch and each pair, the gradients at the plain run that the view starts from.
    pub fn plain_gradients(&self) -> Result<Vec<Vec<PlainGradients>>> {
        let Batch { clean, patch, views, .. } = self.batch;
        let starts = views.iter().flat_map(|view| {
            let pairs = clean.iter().zip(patch).zip(&view.answers);
            pairs.map(|((clean, patch), answers)| (view.direction.orient(*clean, *patch).0, Metric::of(*answers)))
        });
        let starts: Vec<(&[u32], Metric)> = starts.collect();
        let key =
            |(prompt, metric): &(&[u32], Metric)| ArrayKey::PlainGradients { prompt: (*prompt).into(), answers: metric.answers };
        let keys: Vec<ArrayKey> = starts.iter().map(key).collect();
        let arrays = self.model.memory.arrays(&keys, |missing| {
            let asked = Together::of(missing, |place| (starts[place].0, starts[place].1.answers));
            let runs = asked.groups.iter().map(|group| Start { prompt: starts[group.first].0, metrics: group.metrics.clone() });
            let found = self.model.compute.plain_gradients(&runs.collect::<Vec<_>>(), self.cancel)?;
            Ok(asked.pick(&found))
        })?;
        let gradients = arrays.into_iter().zip(&starts);
        let gradients = gradients.map(|(gradients, (_, metric))| PlainGradients { gradients, sign: metric.sign });
        Ok(chunks(gradients.collect(), clean.len()))
    }

    /// For every view of the batch and each pair, the integrated gradient at `submodule`, which traces hold: the mean over the segment
    /// between the runs `traces`, as `path` approximates it.
    ///
    /// # Shapes
    /// - output: per view and pair `[positions, width]`
    pub fn integrated_gradients(
        &self,
        submodule: Submodule,
        traces: &[Vec<Trace>; 2],
        path: &Path,
    ) -> Result<Vec<Vec<Vec<f32>>>> {
        let routes = self.routes(traces);
        let key = |route: &Route<'_>| ArrayKey::PathSum {
            submodule,
            ends: route.points(submodule).map(Into::into),
            answers: route.metric.answers,
            quadrature: path.quadrature,
        };
        let keys: Vec<ArrayKey> = routes.iter().map(key).collect();
        let Points { start, between } = path.quadrature.points();
        let sums = self.model.memory.arrays(&keys, |missing| {
            let asked = Together::of(missing, |place| (routes[place].points(submodule), routes[place].metric.answers));
            let found = self.sums_between(submodule, &asked, &routes, &between)?;
            Ok(asked.pick(&found))
        })?;
        let mut means: Vec<Vec<f32>> = match &path.starts {
            Some(starts) => {
                starts.iter().flatten().map(|plain| plain.at(submodule, self.model.compute.config().layers)).collect()
            }
            None => routes.iter().map(|route| vec![0.0; route.from.output(submodule).len()]).collect(),
        };
        for ((mean, sum), route) in means.iter_mut().zip(sums).zip(&routes) {
            mean.iter_mut().for_each(|mean| *mean *= start);
            // The sum may hold only the last position; the gradient at the others is 0.
            let reached = mean.len() - sum.len();
            mean[reached..].iter_mut().zip(&*sum).for_each(|(mean, sum)| *mean += route.metric.sign * sum);
        }
        Ok(chunks(means, self.batch.clean.len()))
    }

    /// The routes of all views, pair after pair.
    fn routes<'a>(&'a self, [clean, patch]: &'a [Vec<Trace>; 2]) -> Vec<Route<'a>> {
        let batch = self.batch;
        let routes = batch.views.iter().flat_map(|view| {
            view.answers.iter().enumerate().map(move |(pair, answers)| {
                let (from, to) = view.direction.orient(&clean[pair], &patch[pair]);
                let (start, end) = view.direction.orient(batch.clean[pair], batch.patch[pair]);
                Route { from, to, ends: [start, end], metric: Metric::of(*answers) }
            })
        });
        routes.collect()
    }

    /// The weighted sums of the gradients over the points `between` the ends of the segments that were `asked` for. These points are
    /// the same seen from either end.
    fn sums_between(
        &self,
        submodule: Submodule,
        asked: &Together,
        routes: &[Route<'_>],
        between: &[Point],
    ) -> Result<Vec<Vec<Array>>> {
        let (compute, config) = (self.model.compute, self.model.compute.config());
        let entry = Entry::after(submodule, config);
        let segment = |group: &Group| {
            let Route { from, to, .. } = routes[group.first];
            Segment {
                stream: entry.stream(from, config),
                from: entry.reaching(from.output(submodule), config),
                to: entry.reaching(to.output(submodule), config),
                metrics: group.metrics.clone(),
            }
        };
        let segments: Vec<Segment<'_>> = asked.groups.iter().map(segment).collect();
        compute.gradient_sums(entry, &segments, between, self.cancel)
    }
}

/// `values` in chunks of `size`.
fn chunks<T>(values: Vec<T>, size: usize) -> Vec<Vec<T>> {
    let mut values = values.into_iter();
    (0..values.len() / size.max(1)).map(|_| values.by_ref().take(size).collect()).collect()
}

/// Several metrics of one subject.
struct Group {
    /// The place of the first question about the subject.
    first: usize,
    metrics: Vec<Answers>,
}

/// Questions, grouped by their subject.
struct Together {
    groups: Vec<Group>,
    /// For each question, its group and the place of its metric in the group.
    answers: Vec<(usize, usize)>,
}

impl Together {
    /// Groups the questions at `places`; `question` returns a question's subject and its metric.
    fn of<K: Hash + Eq>(places: &[usize], question: impl Fn(usize) -> (K, Answers)) -> Self {
        let (mut groups, mut known): (Vec<Group>, HashMap<K, usize>) = (Vec::new(), HashMap::new());
        let answers = places.iter().map(|place| {
            let (about, metric) = question(*place);
            let group = *known.entry(about).or_insert_with(|| {
                groups.push(Group { first: *place, metrics: Vec::new() });
                groups.len() - 1
            });
            groups[group].metrics.push(metric);
            (group, groups[group].metrics.len() - 1)
        });
        Self { answers: answers.collect(), groups }
    }

    /// The array that was found for each question, in the order of the questions.
    fn pick(&self, found: &[Vec<Array>]) -> Vec<Array> {
        self.answers.iter().map(|(group, metric)| Arc::clone(&found[*group][*metric])).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(clean: u32, patch: u32) -> Answers {
        Answers { clean, patch }
    }

    #[test]
    fn exchanged_answers_are_one_metric_with_another_sign() {
        let (one, other) = (Metric::of(answers(3, 5)), Metric::of(answers(5, 3)));
        assert_eq!((one.answers, one.sign, other.answers, other.sign), (answers(3, 5), 1.0, answers(3, 5), -1.0));
    }

    #[test]
    fn residual_outputs_are_moved_through_the_same_points_from_both_ends() {
        let trace = Trace::new(Arc::from([0.0; 4]), 1);
        let route = |ends| Route { from: &trace, to: &trace, ends, metric: Metric::of(answers(3, 5)) };
        let (there, back) = (route([&[1, 2], &[0, 2]]), route([&[0, 2], &[1, 2]]));
        for kind in SubmoduleKind::OUTPUTS {
            let submodule = Submodule::new(kind, 0);
            assert_eq!(there.points(submodule) == back.points(submodule), kind == SubmoduleKind::Residual);
        }
    }

    #[test]
    fn questions_about_one_thing_are_put_together() {
        let about = [7, 8, 7, 9, 8];
        let together = Together::of(&[0, 1, 2, 4], |place| (about[place], answers(place as u32, 9)));
        let groups: Vec<(usize, usize)> = together.groups.iter().map(|group| (group.first, group.metrics.len())).collect();
        assert_eq!(groups, [(0, 2), (1, 2)]);
        assert_eq!(together.answers, [(0, 0), (1, 0), (0, 1), (1, 1)]);
        let array = |value: f32| Array::from([value]);
        let picked = together.pick(&[vec![array(1.0), array(2.0)], vec![array(3.0), array(4.0)]]);
        assert_eq!(picked.iter().map(|array| array[0]).collect::<Vec<_>>(), [1.0, 3.0, 2.0, 4.0]);
    }
}
