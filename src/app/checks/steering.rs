//! Steering in lines: the dose curve as numbers and as a drawing, the flips, and the continuations side by side.

use super::line::{Line, Tone};
use super::said;
use crate::core::causal::side_effects::Damage;
use crate::core::causal::steering::{Dose, Flips, Mode, Steered, Written};
use crate::core::causal::words::{interval, number, probability};
use crate::core::findings::Findings;
use crate::core::text::{counted, excerpt, left, printable};
use crate::core::total::total;
use crate::core::view::View;

/// The widths of a drawing, at least and at most; where there is less room there is none.
const LEAST: usize = 15;
const DRAWING: usize = 31;

/// Columns of the numbers before the drawings.
const NUMBERS: usize = 66;

/// Everything that was found so far, with the `damages` on neutral text where they are known.
pub fn lines(steered: &Steered, damages: &[Damage], findings: &Findings, view: View, columns: usize) -> Vec<Line> {
    let [clean, patch] =
        steered.activations.map(|mean| mean.map_or_else(|| "never active".to_owned(), |mean| format!("{mean:.3}")));
    let about = format!(
        "x + {} at {} of the clean prompts; the row as stored, of length {:.3}; mean activation where active: \
         clean {clean}, patch {patch}",
        steered.added(),
        steered.positions.words(),
        steered.decoder_norm
    );
    let mut lines = Line::sentence(&about, Tone::Plain, columns);
    lines.extend(doses(steered, columns));
    lines.extend(flips(steered, columns));
    lines.extend(steered.dose_summary(damages).iter().flat_map(|text| Line::sentence(text, Tone::Plain, columns)));
    lines.extend(written(steered, findings, view, columns));
    let units = steered.units();
    let explained = format!(
        "{units}. metric: mean of logit(patch answer) - \
                     logit(clean answer); p: mean probability over the whole vocabulary. ● metric, c and p the probabilities of clean and patch \
                     answer (* both), │ zero. Intervals: bootstrap over pairs. Continuations go by the modes named at their left, whatever the \
                     positions above; neutral text is steered at every position."
    );
    lines.extend(Line::sentence(&explained, Tone::Dim, columns));
    lines
}

fn mean(values: &[f64]) -> f64 {
    total(values.iter().copied()) / values.len().max(1) as f64
}

/// A row for each dose: its numbers, the metric as a mark between the smallest and the largest, the probabilities from 0 to the largest.
fn doses(steered: &Steered, columns: usize) -> Vec<Line> {
    let metric = |dose: &Dose| mean(&dose.metrics.iter().map(|value| f64::from(*value)).collect::<Vec<_>>());
    let metrics = steered.doses.iter().map(metric);
    let (low, high) = metrics.fold((0.0_f64, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
    let most = steered.doses.iter().map(|dose| mean(&dose.clean).max(mean(&dose.patch))).fold(0.0, f64::max);
    let width = columns.saturating_sub(NUMBERS + 2).min(DRAWING);
    let (first, second) = (width >= LEAST, columns >= NUMBERS + 2 * (DRAWING + 2));
    let is_wide = columns >= NUMBERS;
    let mut heading = numbers(["coefficient", "x mean", "metric", "95 %", "p clean", "p patch"].map(str::to_owned), is_wide);
    if first {
        heading.push_str(&format!("  {:<width$}", format!("metric {low:+.2} to {high:+.2}")));
    }
    if second {
        heading.push_str(&format!("  p 0 to {}", probability(most)));
    }
    let row = |(dose, score): (&Dose, &crate::core::causal::scores::Score)| {
        let (clean, patch) = (mean(&dose.clean), mean(&dose.patch));
        let mut text = numbers(
            [
                dose.coefficient.to_string(),
                steered.in_units(dose.coefficient),
                number(score.mean),
                interval(score.interval),
                probability(clean),
                probability(patch),
            ],
            is_wide,
        );
        if first {
            text.push_str(&format!("  {}", drawn(&[(metric(dose), '●')], low, high, width)));
        }
        if second {
            text.push_str(&format!("  {}", drawn(&[(clean, 'c'), (patch, 'p')], 0.0, most, width)));
        }
        Line::plain(text.trim_end())
    };
    let rows = steered.doses.iter().zip(&steered.metrics).map(row);
    std::iter::once(Line::title(heading.trim_end())).chain(rows).collect()
}

/// The numbers of a dose, with the interval if there is room for it.
fn numbers([coefficient, unit, metric, interval, clean, patch]: [String; 6], is_wide: bool) -> String {
    let interval = if is_wide { format!("  {interval:<18}") } else { String::new() };
    format!("{coefficient:>11} {unit:>8} {metric:>9}{interval} {clean:>8} {patch:>8}")
}

/// Marks at their places between `low` and `high` in `width` columns, over a line at zero; two marks at one place become `*`.
fn drawn(marks: &[(f64, char)], low: f64, high: f64, width: usize) -> String {
    let place = |value: f64| {
        let share = if high > low { (value - low) / (high - low) } else { 0.0 };
        ((share * (width - 1) as f64).round() as usize).min(width - 1)
    };
    let mut cells = vec![' '; width];
    cells[place(0.0)] = '│';
    let mut taken: Vec<usize> = Vec::new();
    for (value, mark) in marks {
        let at = place(*value);
        cells[at] = if taken.contains(&at) { '*' } else { *mark };
        taken.push(at);
    }
    cells.iter().collect()
}

fn flips(steered: &Steered, columns: usize) -> Vec<Line> {
    let mut text = said::flips(steered);
    if let Some([up, down]) = &steered.flips {
        let turned = |sign: &str, flips: &Flips| {
            let turned = flips.per_example.iter().flatten().count();
            format!("; {sign}: in {turned} of {}", counted(flips.per_example.len(), "pair"))
        };
        text.push_str(&(turned("+", up) + &turned("-", down)));
    }
    Line::sentence(&text, Tone::Title, columns)
}

/// For each prompt the continuations of each mode, one column for each coefficient, smallest first.
fn written(steered: &Steered, findings: &Findings, view: View, columns: usize) -> Vec<Line> {
    let mut lines: Vec<Line> = steered.shortened.iter().flat_map(|why| Line::sentence(why, Tone::Warning, columns)).collect();
    let Some(unsteered) = steered.written.first() else { return lines };
    let mut coefficients: Vec<f32> = steered.written.iter().map(|written| written.continuation.coefficient).collect();
    coefficients.sort_by(f32::total_cmp);
    coefficients.dedup();
    let room = columns.saturating_sub(15) / coefficients.len().max(1);
    let side_by_side = |texts: Vec<String>| {
        texts.iter().map(|text| left(&excerpt(text, room.saturating_sub(3)), room)).collect::<Vec<_>>().concat()
    };
    let heads = coefficients.iter().map(|coefficient| match *coefficient {
        0.0 => "unsteered".to_owned(),
        coefficient => format!("{coefficient:+}"),
    });
    let heads = side_by_side(heads.collect());
    for place in 0..unsteered.greedy.len() {
        lines.push(Line::title(format!("{:<14} {heads}", "continued").trim_end()));
        lines.extend(Line::sentence(&printable(&prompt(findings, view, place)), Tone::Plain, columns));
        for mode in Mode::ALL {
            let of = |coefficient: &f32| {
                let is_it = |written: &&Written| {
                    let found = &written.continuation;
                    found.coefficient.to_bits() == coefficient.to_bits() && (found.mode == mode || *coefficient == 0.0)
                };
                let text = steered.written.iter().find(is_it).and_then(|written| written.greedy.get(place)).cloned();
                text.unwrap_or_else(|| "…".to_owned())
            };
            let texts = side_by_side(coefficients.iter().map(of).collect());
            lines.push(Line::plain(format!("  {:<12} {texts}", mode.name()).trim_end()));
        }
    }
    lines
}

fn prompt(findings: &Findings, view: View, place: usize) -> String {
    let direction = findings.study.view(view).direction;
    let example = findings.data(view).and_then(|data| data.examples.get(place));
    example.map_or_else(String::new, |example| direction.orient(&example.clean_text, &example.patch_text).0.concat())
}
