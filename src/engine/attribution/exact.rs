//! Exact effects: the metric of the run that a view starts from, with one feature at one token set to its value in the run that
//! the view moves toward, minus the metric of the unchanged run.

use super::TokenEffects;
use super::batch::ViewBatch;
use super::inside::Source;
use super::site::Site;
use crate::core::problem::Result;
use crate::engine::compute::{Answers, Entry, Inner, TOKENS_AT_ONCE};
use crate::engine::dictionary::codes::{Change, changes_of_scaled};

/// What one forward pass changes at its token.
#[derive(Clone, Copy)]
enum Target {
    Feature(Change),
    /// The whole error vector.
    Error,
}

/// The effects at every token of a batch, one entry per pair and position; `clean_metrics` are those of the runs that the view
/// starts from, one per pair.
pub fn effects(site: &Site<'_>, view: &ViewBatch, clean_metrics: &[f32]) -> Result<Vec<TokenEffects>> {
    let entry = Entry::after(site.submodule, site.compute().config());
    let mut effects: Vec<TokenEffects> = (0..site.rows())
        .map(|row| {
            let (clean, patch) = site.ends(view.direction, row);
            let changes = changes_of_scaled(clean.codes, patch.codes, (clean.factor, patch.factor));
            let features = changes.into_iter().map(|change| (change, 0.0)).collect();
            TokenEffects { features, error: 0.0, gradient_dot_change: None }
        })
        .collect();
    // What does not differ has no effect; a pass for it would only give rounding noise.
    let error_differs = |row: usize| {
        let (clean, patch) = site.ends(view.direction, row);
        clean.rest != patch.rest
    };
    let passes: Vec<(usize, Target)> = effects
        .iter()
        .enumerate()
        .filter(|(row, token)| reaches_the_metric(site, entry, *row) && (!token.features.is_empty() || error_differs(*row)))
        .flat_map(|(row, token)| {
            token
                .features
                .iter()
                .map(move |(change, _)| (row, Target::Feature(*change)))
                .chain(error_differs(row).then_some((row, Target::Error)))
        })
        .collect();
    // Passes come in the order of the features at each token, so each metric belongs to that token's next feature.
    let mut next = vec![0; effects.len()];
    for passes in passes.chunks((TOKENS_AT_ONCE / site.positions()).max(1)) {
        let metrics = run(site, view, entry, passes)?;
        for ((row, target), metric) in passes.iter().zip(metrics) {
            let effect = metric - clean_metrics[row / site.positions()];
            match target {
                Target::Feature(_) => {
                    effects[*row].features[next[*row]].1 = effect;
                    next[*row] += 1;
                }
                Target::Error => effects[*row].error = effect,
            }
        }
    }
    Ok(effects)
}

/// Above the last attention only the last position is read: a change elsewhere has an effect of exactly 0.
fn reaches_the_metric(site: &Site<'_>, entry: Entry, row: usize) -> bool {
    !entry.is_above_attention(site.compute().config()) || row % site.positions() + 1 == site.positions()
}

/// The metric of each pass, in order.
fn run(site: &Site<'_>, view: &ViewBatch, entry: Entry, passes: &[(usize, Target)]) -> Result<Vec<f32>> {
    let (config, positions) = (site.compute().config(), site.positions());
    let steps = steps(site, view, passes)?;
    let stream = |((row, _), step): (&(usize, Target), &Vec<f32>)| {
        let mut stream = entry.stream(site.prepared.trace_from(view.direction, row / positions), config).into_owned();
        // Counted from the end, since a stream may hold the last position alone.
        let start = stream.len() - (positions - row % positions) * config.width;
        let moved = &mut stream[start..start + config.width];
        moved.iter_mut().zip(step).for_each(|(value, step)| *value += step);
        stream
    };
    let streams: Vec<Vec<f32>> = passes.iter().zip(&steps).map(stream).collect();
    let streams: Vec<&[f32]> = streams.iter().map(Vec::as_slice).collect();
    let answers: Vec<Answers> = passes.iter().map(|(row, _)| view.answers[row / positions]).collect();
    site.compute().metrics(entry, &streams, &answers, site.cancel())
}

/// What each pass adds to the stream at its token, `[width]`.
fn steps(site: &Site<'_>, view: &ViewBatch, passes: &[(usize, Target)]) -> Result<Vec<Vec<f32>>> {
    let change = |(row, target): &(usize, Target)| -> Vec<f32> {
        let (clean, patch) = site.ends(view.direction, *row);
        match target {
            Target::Feature(change) => {
                let step = change.written(clean.factor, patch.factor);
                site.decoder.row(change.feature).iter().map(|weight| step * weight).collect()
            }
            Target::Error => patch.rest.iter().zip(clean.rest).map(|(patch, clean)| patch - clean).collect(),
        }
    };
    let changes: Vec<Vec<f32>> = passes.iter().map(change).collect();
    let Some(inside) = Inner::of(site.submodule).and_then(Inner::site) else { return Ok(changes) };
    // Inside of a block the stream changes by what the block makes of the change.
    let rows = |(row, _): &(usize, Target)| {
        let (clean_side, _) = view.direction.orient(0, 1);
        site.prepared.row(Source::of(site.submodule), clean_side, *row)
    };
    let before: Vec<f32> = passes.iter().flat_map(rows).copied().collect();
    let after: Vec<f32> = before.iter().zip(changes.iter().flatten()).map(|(value, step)| value + step).collect();
    let [before, after] = [before, after].map(|rows| site.compute().added(inside, &rows, site.cancel()));
    let steps: Vec<f32> = after?.iter().zip(&before?).map(|(after, before)| after - before).collect();
    Ok(steps.chunks_exact(site.compute().config().width).map(<[f32]>::to_vec).collect())
}
