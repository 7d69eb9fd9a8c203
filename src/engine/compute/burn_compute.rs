//! The arithmetic of [`Compute`] on any burn backend.

mod inner;
mod interventions;
mod patterns;

use std::ops::Range;
use std::sync::Arc;

use burn::tensor::backend::Backend;
use burn::tensor::{Tensor, TensorData};

use super::division::Division;
use super::layers::{Held, Layers, Stored};
use super::{Answers, Compute, Edit, Entry, Inner, Segment, Start, grouped};
use crate::core::problem::Result;
use crate::core::quadrature::Point;
use crate::core::submodule::{Submodule, SubmoduleKind};
use crate::engine::activation::{Array, Trace, zeros};
use crate::engine::cancel::Cancel;
use crate::engine::model::attention::at_the_end;
use crate::engine::model::config::Config;
use crate::engine::model::load::{Names, Reading};
use crate::engine::model::operations::Operations;
use crate::engine::model::passes::{Kept, KeptEnd, KeptMlpHalf};
use crate::engine::model::positions::Positions;
use crate::engine::model::site::Site;
use crate::engine::model::tables::Tables;
use crate::engine::model::transformer::{Layer, Transformer};

/// A model on backend `B`.
pub struct BurnCompute<B: Operations> {
    /// Everything but the tables and the layers.
    model: Transformer<B>,
    tables: Tables<B>,
    layers: Layers<Layer<B>>,
    device: B::Device,
    backend: &'static str,
    division: Division,
}

/// What sequences left behind on their way from an entry to the end of the model. Any number of backward passes can read it.
struct Walk<B: Backend> {
    entry: Entry,
    positions: Positions<B>,
    /// Kept values of the half layer at [`Entry::Mlp`], if the walk starts there.
    mlp: Option<KeptMlpHalf<B>>,
    /// What the layers from the entry on left, with their index, in order.
    layers: Vec<(usize, Trail<B>)>,
    end: KeptEnd<B>,
}

/// What a layer's forward pass leaves for its backward pass.
enum Trail<B: Backend> {
    /// All values that it reads.
    Kept(Kept<B>),
    /// The stream that entered the layer, which runs through it once more: where not even all weights fit, the values of all layers
    /// would take gigabytes, too.
    Entering(Tensor<B, 3>),
}

impl<B: Operations> BurnCompute<B> {
    /// Loads the weights onto `device`. Where calls are divided into tasks, embedding and unembedding stay in their files.
    pub fn load(
        backend: &'static str,
        model: Stored<'_>,
        device: B::Device,
        division: Division,
        cancel: &Cancel,
    ) -> Result<Self> {
        let Stored { config, weights, kept } = model;
        let names = Names::of(config, weights, cancel)?;
        let held = matches!(division, Division::Batches(_));
        let tables = Tables::load(config, weights, names, held, &device, cancel)?;
        let model = Transformer::load_norms(config, weights, names, &device, cancel)?;
        let (sizes, files, on) = (config.clone(), weights.clone(), device.clone());
        let read = move |index, reading, cancel: &Cancel| {
            // Batches follow one another: no other pass waits for the layer.
            let reading = if held { Reading::ByAllThreads } else { reading };
            let layer = Layer::load(&sizes, &files, names, index, reading, &on, cancel);
            files.release();
            layer
        };
        let layers = Layers::load(config.layers, kept, read, cancel)?;
        Ok(Self { model, tables, layers, device, backend, division })
    }

    fn layer(&self, index: usize, cancel: &Cancel) -> Result<Held<'_, Layer<B>>> {
        cancel.check()?;
        self.layers.get(index, cancel)
    }

    /// The residual stream that enters layer 0, `[prompts, positions, width]`.
    fn embed(&self, prompts: &[&[u32]]) -> Result<Tensor<B, 3>> {
        let positions = prompts.first().map_or(0, |prompt| prompt.len());
        let rows = self.tables.embedding_rows(&prompts.concat())?;
        Ok(self.model.placed(rows.reshape([prompts.len(), positions, self.model.config().width])))
    }

    /// The unembedding's rows of the answers (clean, patch), `[answers, width]` each.
    fn answers(&self, answers: &[Answers]) -> Result<[Tensor<B, 2>; 2]> {
        let rows = |pick: fn(&Answers) -> u32| self.tables.unembedding_rows(&answers.iter().map(pick).collect::<Vec<_>>());
        Ok([rows(|answers| answers.clean)?, rows(|answers| answers.patch)?])
    }

    /// `0..total` sequences of `positions` tokens, in parts that go through the layers together.
    fn parts(&self, total: usize, positions: usize) -> Vec<Range<usize>> {
        self.division.parts(total, self.division.sequences(positions))
    }

    /// Uploads streams that lie one after another, as `[streams, positions, width]`.
    fn upload(&self, values: Vec<f32>, positions: usize) -> Tensor<B, 3> {
        let width = self.model.config().width;
        let streams = values.len() / (positions * width);
        Tensor::from_data(TensorData::new(values, [streams, positions, width]), &self.device)
    }

    /// Runs `work` on each of `parts` as the division says. Where layers are read again, so many at once as there are threads, which go
    /// through the layers side by side: one that was ahead would wait for a layer that the others leave behind.
    fn run<P: Sync, T: Send>(&self, parts: &[P], work: impl Fn(&P) -> Result<T> + Sync + Send) -> Result<Vec<T>> {
        if self.layers.are_kept() {
            return self.division.run(parts, work);
        }
        let rounds = parts.chunks(rayon::current_num_threads()).map(|parts| self.division.run(parts, &work));
        Ok(rounds.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
    }

    /// The logits of the whole vocabulary of streams that leave the last layer, `[streams, positions, width]`.
    fn logits(&self, leaving: Tensor<B, 3>, cancel: &Cancel) -> Result<Vec<f32>> {
        self.tables.logits(&self.model.normalised(leaving), |logits| B::numbers(self.model.capped(logits)), cancel)
    }

    fn is_last(&self, layer: usize) -> bool {
        layer + 1 == self.model.config().layers
    }

    /// Runs `stream`, which enters at `entry`, to the end of the model.
    fn forward(&self, entry: Entry, stream: Tensor<B, 3>, cancel: &Cancel) -> Result<Walk<B>> {
        let positions = self.model.positions(&stream);
        let (mut hidden, mut mlp) = (stream, None);
        if let Entry::Mlp(layer) = entry {
            let (written, kept) = self.model.mlp_forward(&*self.layer(layer, cancel)?, hidden.clone());
            (hidden, mlp) = (B::add(written, hidden), Some(kept));
        }
        let mut layers = Vec::new();
        for layer in entry.first_layer()..self.model.config().layers {
            let entering = (!self.layers.are_kept()).then(|| Trail::Entering(hidden.clone()));
            let (leaving, kept) = self.model.layer_forward(&*self.layer(layer, cancel)?, hidden, &positions, self.is_last(layer));
            hidden = leaving;
            layers.push((layer, entering.unwrap_or(Trail::Kept(kept))));
        }
        Ok(Walk { entry, positions, mlp, layers, end: self.model.end_forward(hidden) })
    }

    /// Passes the gradient of every sequence's metric back to the entry. `each` sees the gradients with respect to the outputs
    /// of the submodules on the way; those of the last layer hold only the last position.
    fn backward(
        &self,
        walk: &Walk<B>,
        answers: &[Answers],
        each: &mut dyn FnMut(Submodule, &Tensor<B, 3>),
        cancel: &Cancel,
    ) -> Result<Tensor<B, 3>> {
        let mut gradient = self.model.end_backward(&walk.end, self.answers(answers)?);
        for (layer, trail) in walk.layers.iter().rev() {
            let weights = self.layer(*layer, cancel)?;
            each(Submodule::new(SubmoduleKind::Residual, *layer), &gradient);
            let mut of_outputs = |site, gradient: &Tensor<B, 3>| {
                if let Site::Output(submodule) = site {
                    each(submodule, gradient);
                }
            };
            let again;
            let kept = match trail {
                Trail::Kept(kept) => kept,
                Trail::Entering(entering) => {
                    again = self.model.layer_forward(&weights, entering.clone(), &walk.positions, self.is_last(*layer)).1;
                    &again
                }
            };
            gradient = self.model.layer_backward(&weights, gradient, kept, &walk.positions, &mut of_outputs);
        }
        Ok(match (walk.entry, &walk.mlp) {
            (Entry::Mlp(layer), Some(kept)) => {
                let through_mlp = self.model.mlp_backward(&*self.layer(layer, cancel)?, gradient.clone(), kept, &mut |_, _| {});
                B::add(through_mlp, gradient)
            }
            _ => gradient,
        })
    }

    /// The weighted sums over `points` of some segments with equally many metrics: per metric `[segments, positions * width]`.
    fn sums(&self, entry: Entry, segments: &[&Segment<'_>], points: &[Point], cancel: &Cancel) -> Result<Vec<Vec<f32>>> {
        let size = segments.first().map_or(0, |segment| segment.stream.len());
        let mut streams = Vec::with_capacity(segments.len() * points.len() * size);
        for segment in segments {
            points.iter().for_each(|point| segment.append_point(point.alpha, &mut streams));
        }
        let walk = self.forward(entry, self.upload(streams, size / self.model.config().width), cancel)?;
        let weights: Vec<f32> = points.iter().map(|point| point.weight).collect();
        let weights = Tensor::<B, 3>::from_data(TensorData::new(weights, [1, points.len(), 1]), &self.device);
        let metrics = 0..segments.first().map_or(0, |segment| segment.metrics.len());
        let sums = metrics.map(|metric| {
            let of_points = |segment: &&Segment<'_>| std::iter::repeat_n(segment.metrics[metric], points.len());
            let answers: Vec<Answers> = segments.iter().flat_map(of_points).collect();
            let gradient = self.backward(&walk, &answers, &mut |_, _| {}, cancel)?;
            Ok(B::numbers((gradient.reshape([segments.len(), points.len(), size]) * weights.clone()).sum_dim(1)))
        });
        sums.collect()
    }
}

/// Writes `tensor`, `[arrays, ..]`, into block `part` of each array.
fn distribute<B: Operations>(tensor: Tensor<B, 3>, part: usize, arrays: &mut [Array]) {
    let values = B::numbers(tensor);
    let size = values.len() / arrays.len();
    for (values, array) in values.chunks_exact(size).zip(arrays) {
        Arc::make_mut(array)[part * size..(part + 1) * size].copy_from_slice(values);
    }
}

impl<B: Operations> Compute for BurnCompute<B> {
    fn backend(&self) -> &'static str {
        self.backend
    }

    fn config(&self) -> &Config {
        self.model.config()
    }

    fn traces(&self, prompts: &[&[u32]], cancel: &Cancel) -> Result<Vec<Trace>> {
        let Config { layers, width, .. } = *self.model.config();
        let positions = prompts.first().map_or(0, |prompt| prompt.len());
        let run = |part: &Range<usize>| {
            let mut arrays: Vec<Array> = part.clone().map(|_| zeros(Trace::parts(layers) * positions * width)).collect();
            let mut hidden = self.embed(&prompts[part.clone()])?;
            distribute(hidden.clone(), 0, &mut arrays);
            let positions = self.model.positions(&hidden);
            for layer in 0..layers {
                let mut keep = |submodule, output: Tensor<B, 3>| {
                    distribute(output.clone(), Trace::part(submodule, layers), &mut arrays);
                    output
                };
                hidden = self.model.run_layer(&*self.layer(layer, cancel)?, hidden, &positions, &mut keep);
            }
            Ok(arrays)
        };
        let arrays = self.run(&self.parts(prompts.len(), positions), run)?;
        Ok(arrays.into_iter().flatten().map(|values| Trace::new(values, layers)).collect())
    }

    fn activations(&self, wanted: &[Inner], prompts: &[&[u32]], cancel: &Cancel) -> Result<Vec<Vec<Array>>> {
        self.activations_inside(wanted, prompts, cancel)
    }

    fn attention_patterns(&self, layer: usize, prompts: &[&[u32]], cancel: &Cancel) -> Result<Vec<Array>> {
        self.patterns(layer, prompts, cancel)
    }

    fn added(&self, site: Site, rows: &[f32], cancel: &Cancel) -> Result<Vec<f32>> {
        self.added_by(site, rows, cancel)
    }

    fn added_back(&self, site: Site, rows: &[f32], gradient: &[f32], cancel: &Cancel) -> Result<Vec<f32>> {
        self.added_by_back(site, rows, gradient, cancel)
    }

    fn last_logits(&self, prompts: &[&[u32]], cancel: &Cancel) -> Result<Vec<f32>> {
        let mut hidden = self.embed(prompts)?;
        let tables = self.model.positions(&hidden);
        for layer in 0..self.model.config().layers {
            hidden = self.model.run_layer(&*self.layer(layer, cancel)?, hidden, &tables, &mut |_, output| output);
        }
        let [_, positions, _] = hidden.dims();
        self.logits(hidden.narrow(1, positions - 1, 1), cancel)
    }

    fn embedded(&self, prompts: &[&[u32]]) -> Result<Vec<Vec<f32>>> {
        prompts.iter().map(|prompt| Ok(B::numbers(self.embed(&[prompt])?))).collect()
    }

    fn run_edited(&self, first: usize, streams: &[&[f32]], edit: &dyn Edit, cancel: &Cancel) -> Result<Vec<Vec<f32>>> {
        self.run_with(first, streams, edit, cancel)
    }

    fn end_logits(&self, tokens: &[&[f32]], cancel: &Cancel) -> Result<Vec<f32>> {
        self.logits_of(tokens, cancel)
    }

    fn output_gradients(&self, later: Submodule, prompts: &[&[u32]], upstream: &[&[f32]], cancel: &Cancel) -> Result<Vec<Array>> {
        self.gradients_of_output(later, prompts, upstream, cancel)
    }

    fn metrics(&self, entry: Entry, streams: &[&[f32]], answers: &[Answers], cancel: &Cancel) -> Result<Vec<f32>> {
        let positions = streams.first().map_or(1, |stream| stream.len() / self.model.config().width);
        let run = |part: &Range<usize>| {
            let walk = self.forward(entry, self.upload(streams[part.clone()].concat(), positions), cancel)?;
            Ok(B::numbers(self.model.logit_difference(&walk.end, self.answers(&answers[part.clone()])?)))
        };
        Ok(self.run(&self.parts(streams.len(), positions), run)?.concat())
    }

    fn gradient_sums(
        &self,
        entry: Entry,
        segments: &[Segment<'_>],
        points: &[Point],
        cancel: &Cancel,
    ) -> Result<Vec<Vec<Array>>> {
        let size = segments.first().map_or(0, |segment| segment.stream.len());
        let sequences = self.division.sequences(size / self.model.config().width);
        let groups = grouped(segments, |segment| segment.metrics.len());
        let tasks: Vec<(&[usize], &[Point])> =
            groups.iter().flat_map(|group| tasks(self.division, sequences, group, points)).collect();
        let run = |(places, points): &(&[usize], &[Point])| {
            let segments: Vec<&Segment<'_>> = places.iter().map(|place| &segments[*place]).collect();
            self.sums(entry, &segments, points, cancel)
        };
        let parts = self.run(&tasks, run)?;
        let none = |segment: &Segment<'_>| segment.metrics.iter().map(|_| zeros(size)).collect();
        let mut sums: Vec<Vec<Array>> = segments.iter().map(none).collect();
        // Summed in the order of the tasks, so that no bit depends on the threads' pace.
        for ((places, _), metrics) in tasks.iter().zip(parts) {
            for (metric, parts) in metrics.iter().enumerate() {
                for (place, part) in places.iter().zip(parts.chunks_exact(size)) {
                    let sum = Arc::make_mut(&mut sums[*place][metric]);
                    sum.iter_mut().zip(part).for_each(|(sum, value)| *sum += value);
                }
            }
        }
        Ok(sums)
    }

    fn plain_gradients(&self, starts: &[Start<'_>], cancel: &Cancel) -> Result<Vec<Vec<Array>>> {
        let Config { layers, width, .. } = *self.model.config();
        let positions = starts.first().map_or(0, |start| start.prompt.len());
        let groups = grouped(starts, |start| start.metrics.len());
        let of_group =
            |group: &Vec<usize>| self.parts(group.len(), positions).into_iter().map(|part| group[part].to_vec()).collect();
        let tasks: Vec<Vec<usize>> = groups.iter().flat_map::<Vec<Vec<usize>>, _>(of_group).collect();
        let run = |places: &Vec<usize>| {
            let prompts: Vec<&[u32]> = places.iter().map(|place| starts[*place].prompt).collect();
            let walk = self.forward(Entry::Layer(0), self.embed(&prompts)?, cancel)?;
            let gradients = (0..starts[places[0]].metrics.len()).map(|metric| {
                let answers: Vec<Answers> = places.iter().map(|place| starts[*place].metrics[metric]).collect();
                let length = Trace::parts(layers) * positions * width;
                let mut arrays: Vec<Array> = places.iter().map(|_| zeros(length)).collect();
                let mut keep = |submodule: Submodule, gradient: &Tensor<B, 3>| {
                    distribute(at_the_end(gradient.clone(), 1, positions), Trace::part(submodule, layers), &mut arrays);
                };
                let entering = self.backward(&walk, &answers, &mut keep, cancel)?;
                keep(Submodule::EMBEDDING, &entering);
                Ok(arrays)
            });
            gradients.collect::<Result<Vec<Vec<Array>>>>()
        };
        let mut found: Vec<Vec<Array>> = vec![Vec::new(); starts.len()];
        for (places, metrics) in tasks.iter().zip(self.run(&tasks, run)?) {
            for arrays in metrics {
                places.iter().zip(arrays).for_each(|(place, array)| found[*place].push(array));
            }
        }
        Ok(found)
    }
}

/// Some of the segments of `group`, which have equally many metrics, with some of the points, so that at most `sequences` go together.
fn tasks<'a>(division: Division, sequences: usize, group: &'a [usize], points: &'a [Point]) -> Vec<(&'a [usize], &'a [Point])> {
    let parts = points.len().div_ceil(sequences).max(1);
    let points: Vec<&[Point]> =
        (0..parts).map(|part| &points[part * points.len() / parts..(part + 1) * points.len() / parts]).collect();
    let segments = division.parts(group.len(), sequences / points[0].len().max(1));
    segments.into_iter().flat_map(|segments| points.iter().map(move |points| (&group[segments.clone()], *points))).collect()
}

#[cfg(test)]
mod tests {
    use burn_ndarray::{NdArray, NdArrayDevice};

    use super::*;
    use crate::core::quadrature::{Quadrature, Rule};
    use crate::engine::compute::extent::tokens_on_card;
    use crate::engine::demo;

    /// The settings of a graphics card, used on the processor: all points of all segments in one batch.
    #[test]
    fn as_many_tokens_as_on_a_card_give_a_processor_s_numbers() {
        let (config, weights, cancel) = (demo::config().unwrap(), demo::weights().unwrap(), Cancel::default());
        let load = |division| {
            let model = Stored { config: &config, weights: &weights, kept: config.layers };
            BurnCompute::<NdArray<f32>>::load("ndarray", model, NdArrayDevice::Cpu, division, &cancel).unwrap()
        };
        let (card, processor) = (load(Division::Batches(tokens_on_card(80 << 30, &config))), load(Division::Tasks(20)));
        let prompts: Vec<Vec<u32>> = (0..7).map(|prompt| vec![prompt, 20 + prompt, 30, 31]).collect();
        let prompts: Vec<&[u32]> = prompts.iter().map(Vec::as_slice).collect();
        let metrics = [Answers { clean: 5, patch: 9 }, Answers { clean: 5, patch: 7 }];
        let points = Quadrature { rule: Rule::Gauss, steps: 9 }.points().between;
        let traces = card.traces(&prompts, &cancel).unwrap();
        for submodule in Submodule::all(config.layers) {
            let entry = Entry::after(submodule, &config);
            let segment = |place: usize| Segment {
                stream: entry.stream(&traces[place], &config),
                from: entry.reaching(traces[place].output(submodule), &config),
                to: entry.reaching(traces[place + 3].output(submodule), &config),
                // Segments with one metric alternate with segments with two.
                metrics: metrics[..=place % 2].to_vec(),
            };
            let segments: Vec<Segment<'_>> = (0..4).map(segment).collect();
            let sums = |compute: &dyn Compute| compute.gradient_sums(entry, &segments, &points, &cancel).unwrap();
            let (card, processor) = (sums(&card), sums(&processor));
            assert_eq!(card.iter().map(Vec::len).collect::<Vec<_>>(), [1, 2, 1, 2]);
            for (card, processor) in card.iter().flatten().zip(processor.iter().flatten()) {
                let largest = processor.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
                assert!(largest > 0.0 && card.len() == processor.len());
                for (card, processor) in card.iter().zip(processor.iter()) {
                    assert!((card - processor).abs() <= 1e-5 * largest, "{submodule}: {card}, {processor} of {largest}");
                }
            }
        }
    }
}
