//! Selecting the listed features: those with |effect| above a threshold, or the k strongest.

use super::conditions::always;
use crate::app::command::{Command, Reach};
use crate::app::message::Effect;
use crate::app::notice::Notice;
use crate::app::state::State;
use crate::app::state::prompt::Asked;
use crate::app::{chance, selecting, table};
use crate::core::selection::Selection;

/// Commands that set the threshold or the k.
pub const COMMANDS: &[Command] = &[
    Command {
        name: "threshold",
        help: "list features with |effect| above a value",
        keys: &["t"],
        reach: Reach::Screen,
        enabled: always,
        run: threshold,
    },
    Command {
        name: "top-k",
        help: "list the k features of largest |effect|",
        keys: &["T"],
        reach: Reach::Screen,
        enabled: always,
        run: top_k,
    },
    Command {
        name: "raise",
        help: "raise the threshold or the k a little",
        keys: &["+", "="],
        reach: Reach::Screen,
        enabled: always,
        run: |state| nudge(state, 1.0),
    },
    Command {
        name: "lower",
        help: "lower the threshold or the k a little",
        keys: &["-", "_"],
        reach: Reach::Screen,
        enabled: always,
        run: |state| nudge(state, -1.0),
    },
    Command {
        name: "chance",
        help: "say how many of the listed features chance alone would list: pairs exchanged",
        keys: &[],
        reach: Reach::Screen,
        enabled: has_examples,
        run: chance::ask,
    },
];

fn has_examples(state: &State) -> Result<(), String> {
    let findings = state.findings().ok_or("nothing is computed yet")?;
    let found = findings.view(state.shown().first());
    if found.metrics.is_none() || !found.keeps_pairs() {
        return Err("it needs the effects in single pairs, which are known when the run is whole and keeps them".to_owned());
    }
    Ok(())
}

fn threshold(state: &mut State) -> Vec<Effect> {
    let before = state.selection;
    state.selection = Selection::Threshold(state.threshold);
    let effects = if state.selection == before { Vec::new() } else { table::refresh(state) };
    state.ask(Asked::Threshold(before), state.threshold.to_string());
    effects
}

fn top_k(state: &mut State) -> Vec<Effect> {
    let before = state.selection;
    state.selection = Selection::TopK(state.top_k);
    let effects = if state.selection == before { Vec::new() } else { table::refresh(state) };
    state.ask(Asked::TopK(before), state.top_k.to_string());
    effects
}

/// Moves the threshold or the k by one step up (1) or down (-1).
fn nudge(state: &mut State, step: f64) -> Vec<Effect> {
    let selection = match state.selection {
        Selection::Threshold(threshold) => Selection::Threshold(nudged(threshold, step)),
        Selection::TopK(k) => Selection::TopK((k as f64 + step).clamp(1.0, u32::MAX.into()) as usize),
    };
    if selection == state.selection {
        let end = if step < 0.0 { "least" } else { "largest" };
        state.notice = Some(Notice::refused(format!("{} is the {end} that there is", selecting::counted(state))));
        return Vec::new();
    }
    state.selection = selection;
    selecting::remember(state);
    let effects = table::refresh(state);
    state.notice = Some(Notice::done(selecting::counted(state)));
    effects
}

/// Moves a threshold by steps of its second significant digit: 0.1 to 0.11, 0.011 to 0.012. The result is rounded to that step,
/// so that going up and down again ends at the start.
fn nudged(threshold: f32, steps: f64) -> f32 {
    let threshold = f64::from(threshold);
    if threshold <= 0.0 {
        return if steps > 0.0 { 0.001 } else { 0.0 };
    }
    // Scaled up a little, so that 0.1, which is 0.1000000015 in f32, counts as 10 steps of 0.01 whichever way it is approached.
    let exponent = (threshold * 1.000_001).log10().floor() - 1.0;
    let going_down_a_digit = steps < 0.0 && (threshold / 10f64.powf(exponent)).round() <= 10.0;
    let step = 10f64.powf(if going_down_a_digit { exponent - 1.0 } else { exponent });
    let moved = ((threshold / step).round() + steps) * step;
    if steps < 0.0 && moved < 0.000_01 { 0.0 } else { moved.min(f32::MAX.into()) as f32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::float_cmp, reason = "steps are rounded to exact decimals")]
    fn a_threshold_moves_in_steps_that_fit_its_size() {
        assert_eq!(nudged(0.1, 1.0), 0.11);
        assert_eq!(nudged(0.11, -1.0), 0.1);
        assert_eq!(nudged(0.1, -1.0), 0.099);
        assert_eq!(nudged(0.099, 1.0), 0.1);
        assert_eq!(nudged(1.0, 5.0), 1.5);
        assert_eq!(nudged(0.0, 1.0), 0.001);
        assert_eq!(nudged(0.0, -1.0), 0.0);
        let mut down = 0.3;
        for _ in 0..1000 {
            down = nudged(down, -1.0);
        }
        assert_eq!(down, 0.0);
    }
}
