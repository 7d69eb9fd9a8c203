//! A curve drawn with characters: a score against the number of features, beside the bands of control sets.

use super::axis::{Scale, framed};
use super::curve::{Curve, Rung, Spread};
use super::curve_score::CurveScore;

/// Rows of a drawing, without the axis of sizes.
const ROWS: usize = 10;

/// Decimals of the scores, which are shares.
const DECIMALS: usize = 2;

/// Columns of a size, at least and at most: three marks, and room for its number.
const LEAST: usize = 4;
const MOST: usize = 7;

/// The marks of the samplers' bands, in the order of [`Sampler::ALL`](super::controls::Sampler::ALL).
const BANDS: [char; 2] = ['░', '▒'];

/// What the marks mean.
pub const LEGEND: &str = "Drawn: ● the strongest features, │ their 95 % of pairs (cut at the ends); ░ 95 % of random sets, ▒ of stratified ones; ┄ zero.";

/// The lines of a drawing of `score` that is at most `columns` wide; none if nothing is known or there is no room. Where there is no
/// room for every size, some are left out.
pub fn drawing(curve: &Curve, score: CurveScore, columns: usize) -> Vec<String> {
    let label = |value: f64| format!("{value:+.DECIMALS$}");
    let Some(all) = Scale::of(curve.rungs.iter().flat_map(|rung| values(rung, score)), ROWS) else { return Vec::new() };
    let margin = all.margin(label);
    let room = columns.saturating_sub(margin) / LEAST;
    if room < 2 || curve.rungs.is_empty() || !score.is_known(curve) {
        return Vec::new();
    }
    let step = curve.rungs.len().div_ceil(room);
    let mut rungs: Vec<&Rung> = curve.rungs.iter().rev().step_by(step).collect();
    rungs.reverse();
    let Some(scale) = Scale::of(rungs.iter().flat_map(|rung| values(rung, score)), ROWS) else { return Vec::new() };
    let width = ((columns - margin) / rungs.len()).clamp(LEAST, MOST);
    let mut cells = vec![vec![' '; width * rungs.len()]; ROWS];
    cells[scale.row(0.0)].fill('┄');
    for (place, rung) in rungs.iter().enumerate() {
        // A file of kept checks may hold ends in any order, and any number of samplers.
        let mut fill = |column: usize, [one, other]: [f64; 2], mark: char| {
            for row in &mut cells[scale.row(one.max(other))..=scale.row(one.min(other))] {
                row[place * width + column] = mark;
            }
        };
        for (sampler, (controls, mark)) in rung.controls.iter().zip(BANDS).enumerate() {
            if let Some(Spread { interval, .. }) = score.of_controls(controls) {
                fill(sampler + 1, *interval, mark);
            }
        }
        let strongest = score.of_set(&rung.strongest);
        strongest.interval.into_iter().for_each(|interval| fill(0, interval, '│'));
        strongest.mean.into_iter().for_each(|mean| fill(0, [mean, mean], '●'));
    }
    let sizes: Vec<String> = rungs.iter().map(|rung| format!("{:<width$}", rung.size)).collect();
    let mut lines = framed(cells, &scale, margin, label);
    lines.push(format!("{:margin$}{}", "features", sizes.concat().trim_end()));
    lines
}

/// What the drawing has room for: intervals over pairs may be many times as large, and are cut.
fn values(rung: &Rung, score: CurveScore) -> Vec<f64> {
    let controls = rung.controls.iter().filter_map(|controls| score.of_controls(controls));
    score.of_set(&rung.strongest).mean.into_iter().chain(controls.flat_map(|spread| spread.interval)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::causal::scores::{AblatedSet, Ablation, Scores};
    use crate::core::causal::way::{ErrorTreatment, Way};

    /// A curve whose sets of `sizes` remove a tenth of the bias for each feature, and two control sets of each kind nothing and a tenth.
    fn curve(sizes: &[usize]) -> Curve {
        let (way, error) = (Way::Zero, ErrorTreatment::Recomputed);
        let all = vec![10.0, 10.0];
        let rung = |size: &usize| {
            let set = |removed: f32| AblatedSet {
                name: String::new(),
                members: Vec::new(),
                kept: vec![removed - 1.0, removed + 1.0],
                removed: vec![10.0 - removed - 1.0, 10.0 - removed + 1.0],
            };
            let sets = [*size as f32, 0.0, 1.0, -1.0, -2.0].map(set).to_vec();
            Rung::new(*size, &Ablation { way, error, all: all.clone(), empty: vec![0.0; 2], sets }, &[], 2)
        };
        let ends = Scores::of(&Ablation { way, error, all: all.clone(), empty: vec![0.0; 2], sets: Vec::new() });
        let Scores { all, empty, span, bias, .. } = ends;
        Curve {
            way,
            error,
            all,
            empty,
            span,
            bias,
            pool: 9,
            controls: 2,
            seed: 12,
            unmeasured: None,
            broken_off: false,
            rungs: sizes.iter().map(rung).collect(),
        }
    }

    #[test]
    fn the_strongest_rise_beside_the_bands() {
        let expected = [
            "  +0.70 ┤              ●",
            "        ┤              │",
            "        ┤",
            "        ┤       │",
            "        ┤       ●",
            "        ┤│      │",
            "        ┤●░      ░      ░",
            "  +0.00 ┤│░┄┄┄┄┄┄░┄┄┄┄┄┄░┄┄┄┄┄",
            "        ┤  ▒      ▒      ▒",
            "  -0.20 ┤  ▒      ▒      ▒",
            "        └─────────────────────",
            "features 1      3      7",
        ];
        assert_eq!(drawing(&curve(&[1, 3, 7]), CurveScore::Bias, 100), expected);
    }

    #[test]
    fn without_room_sizes_are_left_out_and_the_last_one_stays() {
        let sizes: Vec<usize> = (1..=30).collect();
        let drawn = drawing(&curve(&sizes), CurveScore::Faithfulness, 50);
        assert!(drawn.iter().all(|line| line.chars().count() <= 50), "{}", drawn.join("\n"));
        assert!(drawn.last().is_some_and(|sizes| sizes.ends_with(" 30")), "{}", drawn.join("\n"));
        assert!(drawing(&curve(&sizes), CurveScore::Bias, 12).is_empty());
        let mut doubtful = curve(&sizes);
        doubtful.bias.standard_error = Some(2.0 * doubtful.bias.mean.abs());
        assert!(drawing(&doubtful, CurveScore::Bias, 100).is_empty());
        assert!(!drawing(&doubtful, CurveScore::Completeness, 100).is_empty());
    }
}
