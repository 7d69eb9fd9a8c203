//! Gradients at activations inside of attention and MLP, from those at the entry after the block.
//!
//! With `a(z)` what the block adds to the stream for the activation `z` ([`Compute::added`](crate::engine::compute::Compute::added)),
//! the metric's gradient at `z` is `J(z)^T g`, where `g` is its gradient at the stream after the block and `J` the derivative of `a`.
//! - `a` is affine for heads that no norm follows. Then moving `z` straight moves `a(z)` straight, `J` is the output projection
//!   everywhere, and the integrated gradient at `z` is the projected one at the attention's output, with all that is shared there.
//! - Otherwise each point of the segment goes through `a` by itself. These gradients are not remembered.

use super::batch::ViewBatch;
use super::inside::Source;
use super::prepared::Prepared;
use super::sharing::{Path, PlainGradients};
use crate::core::problem::Result;
use crate::core::quadrature::{Point, Points};
use crate::core::submodule::Submodule;
use crate::engine::compute::{Entry, Inner, Segment, TOKENS_AT_ONCE};
use crate::engine::model::site::Site;

/// A submodule that lies inside of a block.
struct Place {
    inner: Inner,
    site: Site,
}

impl Place {
    fn of(submodule: Submodule) -> Option<Self> {
        let inner = Inner::of(submodule)?;
        Some(Self { inner, site: inner.site()? })
    }
}

/// For each pair of a view the gradients at `submodule` in the plain run that the view starts from, `[positions, width]`; `starts` are
/// the gradients at all outputs.
pub fn plain(
    prepared: &Prepared<'_>,
    submodule: Submodule,
    view: &ViewBatch,
    starts: &[PlainGradients],
) -> Result<Vec<Vec<f32>>> {
    let sharing = &prepared.sharing;
    let layers = sharing.model.compute.config().layers;
    let Some(Place { inner, site }) = Place::of(submodule) else {
        return Ok(starts.iter().map(|start| start.at(submodule, layers)).collect());
    };
    let back = |(pair, start): (usize, &PlainGradients)| {
        let rows = prepared.ends(Source::Inside(inner), view.direction, pair).0;
        sharing.model.compute.added_back(site, rows, &start.at(inner.output(), layers), sharing.cancel)
    };
    starts.iter().enumerate().map(back).collect()
}

/// For every view and pair of the batch the integrated gradient at `submodule`, `[positions, width]`.
pub fn integrated(prepared: &Prepared<'_>, submodule: Submodule, path: &Path) -> Result<Vec<Vec<Vec<f32>>>> {
    let (sharing, traces) = (&prepared.sharing, &prepared.traces);
    let (compute, config) = (sharing.model.compute, sharing.model.compute.config());
    let Some(Place { inner, site }) = Place::of(submodule) else {
        return sharing.integrated_gradients(submodule, traces, path);
    };
    if inner.is_affine(config) {
        let at_output = sharing.integrated_gradients(inner.output(), traces, path)?;
        let back = |(view, pairs): (usize, Vec<Vec<f32>>)| -> Result<Vec<Vec<f32>>> {
            let direction = sharing.batch.views[view].direction;
            let pairs = pairs.iter().enumerate().map(|(pair, gradient)| {
                let rows = prepared.ends(Source::Inside(inner), direction, pair).0;
                compute.added_back(site, rows, gradient, sharing.cancel)
            });
            pairs.collect()
        };
        return at_output.into_iter().enumerate().map(back).collect();
    }
    let Points { start, between } = path.quadrature.points();
    let mut found = Vec::with_capacity(sharing.batch.views.len());
    for (place, view) in sharing.batch.views.iter().enumerate() {
        let mut means = match &path.starts {
            Some(starts) => plain(prepared, submodule, view, &starts[place])?,
            None => (0..view.answers.len())
                .map(|pair| vec![0.0; prepared.ends(Source::Inside(inner), view.direction, pair).0.len()])
                .collect(),
        };
        means.iter_mut().flatten().for_each(|mean| *mean *= start);
        let pairs: Vec<usize> = (0..means.len()).collect();
        let at_once = (TOKENS_AT_ONCE / (sharing.batch.positions * between.len()).max(1)).max(1);
        for pairs in pairs.chunks(at_once) {
            add_points(prepared, &Moved { inner, site, view, pairs }, &between, &mut means)?;
        }
        found.push(means);
    }
    Ok(found)
}

/// Pairs of a view whose activation is moved.
struct Moved<'a> {
    inner: Inner,
    site: Site,
    view: &'a ViewBatch,
    pairs: &'a [usize],
}

/// Adds the weighted gradients at `points` of the segments of `moved` to `means`, which hold every pair's.
fn add_points(prepared: &Prepared<'_>, moved: &Moved<'_>, points: &[Point], means: &mut [Vec<f32>]) -> Result<()> {
    let Moved { inner, site, view, pairs } = *moved;
    let sharing = &prepared.sharing;
    let (compute, config) = (sharing.model.compute, sharing.model.compute.config());
    let (width, entry) = (inner.width(config), Entry::after(inner.output(), config));
    // Above the last attention only the last position is read.
    let reaching = |rows: usize| if entry.is_above_attention(config) { rows - width } else { 0 };
    let mut rows = Vec::new();
    for pair in pairs {
        let (from, to) = prepared.ends(Source::Inside(inner), view.direction, *pair);
        let (from, to) = (&from[reaching(from.len())..], &to[reaching(to.len())..]);
        for point in points {
            rows.extend(from.iter().zip(to).map(|(from, to)| from + point.alpha * (to - from)));
        }
    }
    let added = compute.added(site, &rows, sharing.cancel)?;
    let each = pairs.len() * points.len();
    let added: Vec<&[f32]> = added.chunks_exact(added.len() / each.max(1)).collect();
    let segments: Vec<Segment<'_>> = added
        .iter()
        .enumerate()
        .map(|(place, added)| {
            let pair = pairs[place / points.len()];
            let trace = prepared.trace_from(view.direction, pair);
            let own = entry.reaching(trace.output(inner.output()), config);
            let stream = entry.stream(trace, config);
            let stream: Vec<f32> =
                stream.iter().zip(own).zip(*added).map(|((stream, own), added)| stream - own + added).collect();
            // A segment of no length: the point itself.
            Segment { stream: stream.into(), from: own, to: own, metrics: vec![view.answers[pair]] }
        })
        .collect();
    let here = [Point { alpha: 0.0, weight: 1.0 }];
    let gradients = compute.gradient_sums(entry, &segments, &here, sharing.cancel)?;
    let gradients: Vec<f32> = gradients.iter().flat_map(|metrics| metrics[0].iter().copied()).collect();
    let back = compute.added_back(site, &rows, &gradients, sharing.cancel)?;
    for (place, gradient) in back.chunks_exact(back.len() / each.max(1)).enumerate() {
        let (mean, weight) = (&mut means[pairs[place / points.len()]], points[place % points.len()].weight);
        let reached = mean.len() - gradient.len();
        mean[reached..].iter_mut().zip(gradient).for_each(|(mean, value)| *mean += weight * value);
    }
    Ok(())
}
