//! How far the heat map scrolls: decides whether the keys that scroll it are offered, and what they say where they cannot.

use unicode_width::UnicodeWidthStr;

use super::commands::conditions::with_findings;
use super::state::State;
use super::state::overlay::Overlay;
use crate::core::findings::{Findings, Source};
use crate::core::rows::Shown;
use crate::core::text::words;
use crate::core::view::View;

/// Least width in columns of a cell with the gap after it, also that of the sums.
const CELL: usize = 8;

/// Number of lines above the cells.
const HEADING: usize = 3;

/// The sentence below the map, whose colours reach to `largest`.
pub fn legend(findings: &Findings, shown: Shown, largest: f64) -> String {
    let study = &findings.study;
    let (what, share) = match shown.pair() {
        None => {
            let metric = "effect in logits, logit(patch answer) - logit(clean answer)";
            (metric.to_owned(), "; share: |error term| / (|sum| + |error term|)")
        }
        Some((first, second)) => {
            (format!("effect in {} minus effect in {}, in logits", study.name(first), study.name(second)), "")
        }
    };
    format!(
        "{what}, summed over all features of the submodule, mean over \
         pairs; colours reach to ±{largest:.3}{share}"
    )
}

/// The reason why there is nothing to draw; None if there is.
pub fn missing(state: &State, findings: &Findings) -> Option<String> {
    let of = |view: View| {
        let name = findings.study.name(view);
        if matches!(findings.source, Source::Published { .. }) {
            return Some(format!("the study printed no effects by position and no error terms of the {name} view"));
        }
        let says = if state.job.is_some() { "has arrived yet" } else { "was computed" };
        findings.view(view).is_empty().then(|| format!("nothing of the {name} view {says}"))
    };
    views(state.shown()).find_map(of)
}

/// Ok if the map can be opened, or closed where a picture is open, else the reason. While its numbers are computed it fills up by itself.
pub fn can_toggle(state: &State) -> Result<(), String> {
    if matches!(state.overlay, Some(Overlay::Pictures)) {
        return Ok(());
    }
    with_findings(state)?;
    let is_filling = state.job.is_some() && !state.show_published;
    let missing = state.findings().filter(|_| !is_filling).and_then(|findings| missing(state, findings));
    missing.map_or(Ok(()), Err)
}

fn views(shown: Shown) -> impl Iterator<Item = View> {
    [Some(shown.first()), shown.pair().map(|(_, second)| second)].into_iter().flatten()
}

/// The most submodules that can be hidden above the first row of a map of so many columns and rows: 0 where all are shown, and where a sentence stands in the
/// place of the map.
pub fn most_scroll(state: &State, (columns, rows): (usize, usize)) -> usize {
    let Some(findings) = state.findings() else { return 0 };
    let shown = state.shown();
    if missing(state, findings).is_some() {
        return 0;
    }
    let submodules = findings.submodules();
    let label = submodules.iter().map(|submodule| submodule.to_string().len()).max().unwrap_or(0) + 1;
    let sums = if shown.pair().is_some() { 2 } else { 3 };
    let known = views(shown).flat_map(|view| findings.view(view).submodules());
    let positions = known.map(|ranked| ranked.position_sums().len()).max().unwrap_or(0);
    let hides_positions = columns.saturating_sub(label + sums * CELL) / CELL < positions;
    let below = lines(&legend(findings, shown, 0.0), columns) + usize::from(hides_positions);
    let all = submodules.len();
    all - rows.saturating_sub(HEADING + below).clamp(1, all.max(1)).min(all)
}

/// The lines that `text` takes.
fn lines(text: &str, columns: usize) -> usize {
    let (mut lines, mut used) = (1, 0);
    for word in words(text, columns.max(1)) {
        if used + word.width() > columns && used > 0 {
            (lines, used) = (lines + 1, 0);
        }
        used += word.width();
    }
    lines
}
