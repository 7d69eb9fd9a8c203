//! What edits do elsewhere: to the prediction of neutral text, and to the bias of other pairs. One source for every table of it.

use serde::{Deserialize, Serialize};

use super::scores::{Denominator, Score};
use super::side_effects::Damage;
use super::way::Way;
use super::words::{interval, number, ratio, small, small_interval};
use crate::core::text::{counted, printable};

/// What some edits do elsewhere.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Elsewhere {
    /// The value that ablated features take there; None of steering, and in what earlier versions kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub way: Option<Way>,
    /// What they do to neutral text.
    pub text: Neutral,
    /// What they do to the pairs of other views, in order.
    pub others: Vec<Other>,
    /// The other views that were not measured.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unmeasured: Vec<Unmeasured>,
    /// Whether something was not measured although it can be: the same, asked for again, may measure it. `text` and `unmeasured` have the
    /// reasons.
    #[serde(default)]
    pub broken_off: bool,
}

/// Another view whose pairs were not measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unmeasured {
    /// The view's name.
    pub name: String,
    /// Why its pairs were not measured.
    pub why: String,
}

/// What some edits do to neutral text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Neutral {
    /// The name of the text, and the damage of each edit.
    Measured(String, Vec<Damage>),
    /// Why it was not measured.
    Unmeasured(String),
}

/// The pairs of another view.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Other {
    /// The view's name.
    pub name: String,
    /// Number of its pairs.
    pub examples: usize,
    /// Number of lines of its pair list that are none of these pairs.
    #[serde(default)]
    pub dropped: usize,
    /// The bias without an edit.
    pub all: Denominator,
    /// The share of its bias that each edit removes.
    pub bias: Vec<Score>,
}

impl Elsewhere {
    /// What was measured, of everything that was asked for.
    pub fn new(way: Option<Way>, text: Neutral, others: Vec<Other>) -> Self {
        Self { way, text, others, unmeasured: Vec::new(), broken_off: false }
    }

    /// Nothing, for the reason `why`: the measurement did not come to its end.
    pub fn broken_off(way: Option<Way>, why: impl Into<String>) -> Self {
        Self { broken_off: true, ..Self::new(way, Neutral::Unmeasured(why.into()), Vec::new()) }
    }

    /// Whether the measurement was broken off before anything was measured: `text` has the reason.
    pub fn is_nothing(&self) -> bool {
        self.broken_off && self.damages().is_empty() && self.others.is_empty() && self.unmeasured.is_empty()
    }

    /// The damage of edit number `edit` on neutral text; None if it was not measured.
    pub fn damage(&self, edit: usize) -> Option<&Damage> {
        self.damages().get(edit)
    }

    /// The damage of every edit on neutral text; empty if it was not measured.
    pub fn damages(&self) -> &[Damage] {
        match &self.text {
            Neutral::Measured(_, damages) => damages,
            Neutral::Unmeasured(_) => &[],
        }
    }

    fn has_text(&self) -> bool {
        self.damage(0).is_some()
    }

    /// The heads of a table's columns, with those of intervals if it `is_wide`. The first is that of names.
    pub fn heading(&self, is_wide: bool) -> Vec<String> {
        let mut heads = vec![self.way.map_or_else(|| "elsewhere".to_owned(), |way| format!("elsewhere, {way}"))];
        if self.has_text() {
            let of_text = if is_wide { &["divergence", "95 %", "loss", "95 %"][..] } else { &["divergence", "loss"] };
            heads.extend(of_text.iter().map(|head| (*head).to_owned()));
        }
        heads.extend(self.others.iter().map(|other| printable(&other.name)));
        heads
    }

    /// The cells of edit number `edit`, called `name`, below [`Elsewhere::heading`].
    pub fn row(&self, edit: usize, name: &str, is_wide: bool) -> Vec<String> {
        let mut row = vec![printable(name)];
        if self.has_text() {
            // A file of kept checks may hold fewer than were asked for.
            let damage = self.damage(edit);
            let (divergence, loss) = (damage.map(|damage| &damage.divergence), damage.map(|damage| &damage.loss_change));
            let mean = |score: Option<&Score>| score.and_then(|score| score.mean);
            let ends = |score: Option<&Score>| score.and_then(|score| score.interval);
            row.push(small(mean(divergence)));
            row.extend(is_wide.then(|| small_interval(ends(divergence))));
            row.push(number(mean(loss)));
            row.extend(is_wide.then(|| interval(ends(loss))));
        }
        let bias = |other: &Other| other.bias.get(edit).map_or_else(|| "-".to_owned(), |bias| ratio(bias, other.all)[0].clone());
        row.extend(self.others.iter().map(bias));
        row
    }

    /// What the columns mean, and what was not measured.
    pub fn explanation(&self) -> String {
        let of_text = match (&self.text, self.damage(0)) {
            (Neutral::Unmeasured(why), _) if self.is_nothing() => {
                return format!("Side effects: not measured: {}.", printable(why));
            }
            (Neutral::Measured(name, _), Some(first)) => format!("{} Intervals: bootstrap over texts.", first.explanation(name)),
            (Neutral::Measured(..), None) => String::new(),
            (Neutral::Unmeasured(why), _) => format!("Neutral text: not measured, since {}.", printable(why)),
        };
        let of_other = |other: &Other| {
            let doubt = if other.all.is_within_error() { ", within its error of zero" } else { "" };
            let dropped =
                if other.dropped > 0 { format!(" ({} not used)", counted(other.dropped, "other line")) } else { String::new() };
            let pairs = counted(other.examples, "pair");
            let is_unknown = doubt.is_empty() && other.bias.iter().any(|bias| bias.mean.is_none());
            let unknown = if is_unknown { ", - where a metric is not finite or F(M) is rounding beside it" } else { "" };
            format!("{}: {pairs}{dropped}, F(M) {:+.4}{doubt}{unknown}", printable(&other.name), other.all.mean)
        };
        let others: Vec<String> = self.others.iter().map(of_other).collect();
        let way = self.way.map_or_else(String::new, |way| format!(", way {way}"));
        let of_others = format!(
            "Other columns: the share of the bias that is removed from the pairs of other views, with their own prompts{way} ({}).",
            others.join("; ")
        );
        let of_unmeasured =
            |Unmeasured { name, why }: &Unmeasured| format!("{}: not measured, since {}.", printable(name), printable(why));
        let of_broken = self.damages().iter().any(|damage| damage.divergence.mean.is_none() || damage.loss_change.mean.is_none());
        let of_broken =
            of_broken.then(|| "On neutral text `-` stands for numbers that are not finite after the edit.".to_owned());
        let mut sentences = vec![of_text];
        sentences.extend(of_broken);
        sentences.extend((!others.is_empty()).then_some(of_others));
        sentences.extend(self.unmeasured.iter().map(of_unmeasured));
        sentences.retain(|sentence| !sentence.is_empty());
        sentences.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::causal::scores::{denominator_of, removed_bias, resamples};
    use crate::core::causal::side_effects::TextSums;

    fn other(metrics: &[f32]) -> Other {
        let bias = removed_bias(metrics, &[0.5, 1.0], &resamples(2));
        Other { name: "fe\u{1b}male".to_owned(), examples: 2, dropped: 7, all: denominator_of(metrics), bias: vec![bias] }
    }

    #[test]
    fn rows_fit_their_heading_even_where_an_edit_is_missing() {
        let sums = TextSums { tokens: 4, loss_before: 8.0, loss_after: 8.4, divergence: 0.2 };
        let damage = Damage::of(&[sums, sums], &resamples(2));
        let others = vec![other(&[1.0, 2.0]), other(&[1.0, -1.0])];
        for text in [Neutral::Measured("texts".to_owned(), vec![damage]), Neutral::Unmeasured("it is not".to_owned())] {
            let elsewhere = Elsewhere::new(Some(Way::Zero), text, others.clone());
            for (is_wide, edit) in [(true, 0), (false, 0), (true, 7), (false, 7)] {
                assert_eq!(elsewhere.heading(is_wide).len(), elsewhere.row(edit, "one", is_wide).len());
            }
        }
    }

    #[test]
    fn an_edit_whose_numbers_are_not_finite_leaves_the_others_and_is_said() {
        let sums = |divergence| TextSums { tokens: 4, loss_before: 8.0, loss_after: 8.4, divergence };
        let of = |divergence| Damage::of(&[sums(0.2), sums(divergence)], &resamples(2));
        let bias = |removed: f32| removed_bias(&[1.0, 2.0], &[0.5, removed], &resamples(2));
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let damages = vec![of(0.4), of(f64::from(bad))];
            let others = vec![Other { bias: vec![bias(1.0), bias(bad)], ..other(&[1.0, 2.0]) }];
            let elsewhere = Elsewhere::new(Some(Way::Zero), Neutral::Measured("texts".to_owned(), damages), others);
            assert_eq!(elsewhere.row(0, "one", false), ["one", "0.075000", "+0.1000", "+0.5000"]);
            assert_eq!(elsewhere.row(1, "two", true), ["two", "-", "-", "+0.1000", "+0.100 .. +0.100", "-"], "{bad}");
            let said = elsewhere.explanation();
            assert!(said.contains("`-` stands for numbers that are not finite"), "{said}");
            assert!(said.contains("F(M) +1.5000, - where a metric is not finite or F(M) is rounding beside it"), "{said}");
        }
    }

    #[test]
    fn what_is_not_known_is_said_and_not_shown_as_a_number() {
        let text = Neutral::Unmeasured("there is none".to_owned());
        let mut elsewhere = Elsewhere::new(Some(Way::Zero), text, vec![other(&[1.0, -1.0])]);
        elsewhere.unmeasured.push(Unmeasured { name: "short\u{1b}".to_owned(), why: "its prompts are too short".to_owned() });
        assert_eq!(elsewhere.row(0, "one", true), ["one", "-"], "the bias of the other view is within its error of zero");
        let said = elsewhere.explanation();
        assert!(said.contains("not measured, since there is none") && said.contains("within its error of zero"), "{said}");
        assert!(
            said.contains("2 pairs (7 other lines not used)") && said.contains("not measured, since its prompts are too short"),
            "{said}"
        );
        assert_eq!(elsewhere.heading(true)[0], "elsewhere, zero");
        let stopped = Elsewhere::broken_off(None, "stopped").explanation();
        assert_eq!(stopped, "Side effects: not measured: stopped.");
        // What was measured before is shown beside the reason.
        elsewhere.broken_off = true;
        assert_eq!(elsewhere.explanation(), said);
        assert!(!said.contains('\u{1b}') && !elsewhere.heading(true).concat().contains('\u{1b}'));
    }
}
