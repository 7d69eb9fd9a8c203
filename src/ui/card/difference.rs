//! In a comparison, the difference of the feature's effects in both views, and what its standard error is of.

use ratatui::text::{Line, Span};

use super::part::Card;
use crate::core::delta::{CLEAR, Delta};
use crate::core::paired_difference::PairedDifference;
use crate::core::rows::cells::{interval, signed, unsigned};
use crate::core::uncertainty::Touched;
use crate::ui::fit;

/// The difference with its standard error, and a sentence about both; nothing outside comparisons.
pub fn lines(card: &Card) -> Vec<Line<'static>> {
    let shown = card.state.shown();
    let Some((first, second)) = shown.pair() else { return Vec::new() };
    let Some(delta) = Delta::between(card.findings, first, second, card.row.feature) else {
        return card.dim(&format!("the difference {} is not known", shown.pair_name(&card.findings.study)));
    };
    let error = unsigned(delta.standard_error.map(f64::from));
    let error = if error.is_empty() { error } else { format!(" ± {error}") };
    let share = delta.share.map_or_else(String::new, |share| format!("  {share:+.1} percentage points of the total effects"));
    let effect = f64::from(delta.effect);
    let (title, number) = (format!("Δ {} ", shown.pair_name(&card.findings.study)), signed(Some(effect)));
    let used: usize = [&title, &number, &error].into_iter().map(|text| fit::width(text)).sum();
    // A share that is cut off would be read as another number.
    let share = if used + fit::width(&share) <= card.columns { share } else { String::new() };
    let mut lines = vec![Line::from(vec![
        Span::styled(title, card.theme.title),
        Span::styled(number, card.theme.signed(effect)),
        Span::styled(error + &share, card.theme.text),
    ])];
    let single = [first, second].into_iter().find(|view| card.findings.data(*view).is_some_and(|data| data.examples.len() == 1));
    let single = single.map(|view| card.findings.study.name(view).to_string());
    lines.extend(card.dim(&judged(&delta, single.as_deref())));
    let resamples = card.findings.view(first).resamples();
    if let Ok(difference) = PairedDifference::between(card.findings, [first, second], card.row.feature, resamples)
        && let Some(found) = difference.uncertainty.interval()
    {
        let zero = if found.holds(0.0) { format!(" {}", Touched::Zero.mark()) } else { String::new() };
        lines.extend(card.dim(&format!("95 % interval of Δ {}{zero}, over pairs", interval(Some(found)))));
    }
    lines
}

/// `single` is the name of a view that has one pair.
fn judged(delta: &Delta, single: Option<&str>) -> String {
    let of = if delta.is_paired { "paired, pair by pair" } else { "both views taken as independent" };
    match (delta.standard_error, delta.may_be_zero()) {
        (None, _) if let Some(view) = single => format!("no standard error: {view} has one pair"),
        (None, _) => "its standard error is not known".to_owned(),
        (Some(_), true) => format!("within {CLEAR} standard errors of zero; {of}"),
        (Some(_), false) => format!("more than {CLEAR} standard errors from zero; {of}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_standard_error_the_reason_is_said() {
        let delta = |standard_error| Delta { effect: 0.5, standard_error, is_paired: true, share: None };
        assert_eq!(judged(&delta(None), Some("baseline")), "no standard error: baseline has one pair");
        assert_eq!(judged(&delta(None), None), "its standard error is not known");
        assert_eq!(judged(&delta(Some(0.1)), Some("baseline")), "more than 2 standard errors from zero; paired, pair by pair");
    }
}
