//! What edits do elsewhere: to the prediction of neutral text, and to the bias of other pairs. One source for every table of it.

use serde::{Deserialize, Serialize};

use super::scores::{Denominator, Score};
use super::side_effects::Damage;
use super::words::{interval, number, ratio, small, small_interval};
use crate::core::text::{counted, printable};

/// What some edits do elsewhere.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Elsewhere {
    /// What they do to neutral text.
    pub text: Neutral,
    /// What they do to the pairs of other views, in order.
    pub others: Vec<Other>,
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
    /// The bias without an edit.
    pub all: Denominator,
    /// The share of its bias that each edit removes.
    pub bias: Vec<Score>,
}

impl Elsewhere {
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
        let mut heads = vec!["elsewhere"];
        if self.has_text() {
            heads.extend(if is_wide { &["divergence", "95 %", "loss", "95 %"][..] } else { &["divergence", "loss"] });
        }
        let others = self.others.iter().map(|other| printable(&other.name));
        heads.into_iter().map(str::to_owned).chain(others).collect()
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
            (Neutral::Measured(name, _), Some(first)) => format!(
                "divergence: Kullback-Leibler divergence of the edited from the plain predictions on {}, {} tokens of {}, in nats a token; \
                 loss: the change of the cross-entropy there (without the edit {:.4}). Intervals: bootstrap over texts.",
                printable(name),
                first.tokens,
                counted(first.divergence.per_example.len(), "text"),
                first.loss_before
            ),
            (Neutral::Measured(..), None) => String::new(),
            (Neutral::Unmeasured(why), _) => format!("Neutral text: not measured, since {}.", printable(why)),
        };
        let of_other = |other: &Other| {
            let doubt = if other.all.is_within_error() { ", within its error of zero" } else { "" };
            format!("{}: {}, F(M) {:+.4}{doubt}", printable(&other.name), counted(other.examples, "pair"), other.all.mean)
        };
        let others: Vec<String> = self.others.iter().map(of_other).collect();
        if others.is_empty() {
            return of_text;
        }
        format!(
            "{of_text} Other columns: the share of the bias that is removed from the pairs of other views, with their own prompts ({}).",
            others.join("; ")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::causal::scores::{denominator_of, removed_bias, resamples};
    use crate::core::causal::side_effects::TextSums;

    fn other(metrics: &[f32]) -> Other {
        let bias = removed_bias(metrics, &[0.5, 1.0], &resamples(2));
        Other { name: "fe\u{1b}male".to_owned(), examples: 2, all: denominator_of(metrics), bias: vec![bias] }
    }

    #[test]
    fn rows_fit_their_heading_even_where_an_edit_is_missing() {
        let sums = TextSums { tokens: 4, loss_before: 8.0, loss_after: 8.4, divergence: 0.2 };
        let damage = Damage::of(&[sums, sums], &resamples(2));
        let others = vec![other(&[1.0, 2.0]), other(&[1.0, -1.0])];
        for text in [Neutral::Measured("texts".to_owned(), vec![damage]), Neutral::Unmeasured("it is not".to_owned())] {
            let elsewhere = Elsewhere { text, others: others.clone() };
            for (is_wide, edit) in [(true, 0), (false, 0), (true, 7), (false, 7)] {
                assert_eq!(elsewhere.heading(is_wide).len(), elsewhere.row(edit, "one", is_wide).len());
            }
        }
    }

    #[test]
    fn what_is_not_known_is_said_and_not_shown_as_a_number() {
        let elsewhere = Elsewhere { text: Neutral::Unmeasured("there is none".to_owned()), others: vec![other(&[1.0, -1.0])] };
        assert_eq!(elsewhere.row(0, "one", true), ["one", "-"], "the bias of the other view is within its error of zero");
        let said = elsewhere.explanation();
        assert!(said.contains("not measured, since there is none") && said.contains("within its error of zero"), "{said}");
        assert!(!said.contains('\u{1b}') && !elsewhere.heading(true).concat().contains('\u{1b}'));
    }
}
