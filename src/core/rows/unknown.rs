//! Figures that rows lack although a filter or an order asks for them: how many rows, and why.

use super::column::Column;
use super::facts::RowFacts;
use super::{Shown, cells};
use crate::core::filter::{Asked, Facts, NumberField};
use crate::core::findings::{Findings, Source};
use crate::core::study::Study;
use crate::core::tags::Features;
use crate::core::text::counted;
use crate::core::view::View;

/// A figure that is asked for, with the number of rows that lack it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// The figure.
    pub asked: Asked,
    /// Number of rows without it.
    pub rows: usize,
    /// Number of all rows.
    pub of: usize,
}

impl Unknown {
    /// Counts the rows without the figure; None if every row has it.
    pub(super) fn among<'a>(asked: Asked, rows: impl ExactSizeIterator<Item = RowFacts<'a>>, tags: &Features) -> Option<Self> {
        let of = rows.len();
        let lacking = rows.filter(|row| !is_known(&asked, row, tags)).count();
        (lacking > 0).then_some(Self { asked, rows: lacking, of })
    }

    /// None unless every one of some rows lacks the figure; what stands behind a row that has it is not looked at.
    pub(super) fn of_all<'a>(
        asked: Asked,
        mut rows: impl ExactSizeIterator<Item = RowFacts<'a>>,
        tags: &Features,
    ) -> Option<Self> {
        let of = rows.len();
        (of > 0 && rows.all(|row| !is_known(&asked, &row, tags))).then_some(Self { asked, rows: of, of })
    }

    /// How many rows of a table of `shown` lack the figure, and why, without a full stop.
    pub fn said(&self, findings: &Findings, shown: Shown) -> String {
        let Self { asked, rows, of } = self;
        let (study, view) = (&*findings.study, shown.first());
        if let Asked::FiresOn(on) = asked {
            return elsewhere(on, study, view);
        }
        let have = if *rows == 1 { "has" } else { "have" };
        format!("{rows} of {} {have} no {}: {}", counted(*of, "row"), name(asked, study), why(asked, findings, shown))
    }
}

/// The figure that decides the order by `column`; None if it is one that every row has.
pub(super) fn ordering(column: Column) -> Option<Asked> {
    Some(match column {
        Column::Rank => Asked::Number(NumberField::Rank),
        Column::Effect => Asked::Number(NumberField::Effect),
        Column::StandardError => Asked::Number(NumberField::StandardError),
        Column::Ratio => Asked::Number(NumberField::Ratio),
        Column::Interval => Asked::Interval,
        Column::P => Asked::Number(NumberField::P),
        Column::Q => Asked::Number(NumberField::Q),
        Column::Fires => Asked::Fires,
        Column::Label => Asked::Label,
        Column::Effects(view) => Asked::Number(NumberField::In(view)),
        Column::Delta => Asked::Number(NumberField::Delta),
        Column::DeltaError => Asked::Number(NumberField::DeltaError),
        Column::DeltaShare => Asked::Number(NumberField::DeltaShare),
        Column::Tags => Asked::Tags,
        Column::Name | Column::Side => return None,
    })
}

fn is_known(asked: &Asked, row: &RowFacts<'_>, tags: &Features) -> bool {
    match asked {
        Asked::Number(field) => row.number(*field).is_some_and(|number| !number.is_nan()),
        Asked::Interval => cells::interval_of(row.row, row.findings).is_some(),
        Asked::Fires => row.fires().is_some(),
        // Of a row without any prompt, the question before says why.
        Asked::FiresOn(on) => row.fires().is_none_or(|(view, _)| on.iter().any(|(of, _)| *of == view)),
        Asked::Prompt => {
            let view = row.row.ranked_in;
            row.findings.data(view).is_some() && row.findings.view(view).by_example(row.row.feature).is_some()
        }
        Asked::Side => row.side().is_some(),
        Asked::Label => row.findings.explanation(row.row.feature).is_some(),
        Asked::Tags => !cells::tags(row.row, &row.findings.study, tags, row.spec).is_empty(),
    }
}

/// The figure in words, for a sentence that says that rows have none.
fn name(asked: &Asked, study: &Study) -> String {
    let words = match asked {
        Asked::Number(NumberField::In(view)) => return format!("effect in the view {}", study.name(*view)),
        Asked::Number(NumberField::Effect | NumberField::Absolute) => "effect",
        Asked::Number(NumberField::StandardError) => "standard error",
        Asked::Number(NumberField::Ratio) => "effect/s.e.",
        Asked::Number(NumberField::P) => "p",
        Asked::Number(NumberField::Q) => "q",
        Asked::Number(NumberField::Rank) => "rank",
        Asked::Number(NumberField::Delta) => "difference",
        Asked::Number(NumberField::DeltaError) => "standard error of the difference",
        Asked::Number(NumberField::DeltaShare) => "difference of shares",
        Asked::Interval => "95 % interval",
        Asked::Fires | Asked::FiresOn(_) => "activations",
        Asked::Prompt => "effects of single pairs",
        Asked::Side => "side",
        Asked::Label => "label",
        Asked::Tags => "tag and no note",
    };
    words.to_owned()
}

/// Why rows lack the figure, for the end of a sentence.
fn why(asked: &Asked, findings: &Findings, shown: Shown) -> String {
    match asked {
        Asked::Tags => return "nobody gave them one in this view".to_owned(),
        Asked::Label if findings.explanations.as_ref().is_none_or(|labels| labels.dictionaries.is_empty()) => {
            return "no labels were imported for these dictionaries: saescope import neuronpedia".to_owned();
        }
        Asked::Label => return "the imported labels do not have them".to_owned(),
        _ => {}
    }
    if matches!(findings.source, Source::Published { .. }) {
        return "the published study did not print it".to_owned();
    }
    let is_live = matches!(findings.source, Source::Live { .. });
    let views = [Some(shown.first()), shown.pair().map(|(_, second)| second)].into_iter().flatten();
    let one_pair = views.clone().any(|view| findings.view(view).summary.examples.is_some_and(|examples| examples < 2));
    let of_single = |not_kept: &str| if is_live { "single pairs are known when all is computed" } else { not_kept }.to_owned();
    let no_activations = || of_single("their activations were not kept; a larger --detail keeps more");
    let no_pairs = || of_single("the run did not keep them: compute it again");
    match asked {
        Asked::Number(NumberField::P | NumberField::Q) => {
            let refused = |view: View| findings.tests(view).known().and_then(|known| known.err().cloned());
            views.into_iter().find_map(refused).filter(|_| !is_live).unwrap_or_else(no_pairs)
        }
        Asked::Number(NumberField::StandardError | NumberField::Ratio | NumberField::DeltaError) if one_pair => {
            "a standard error takes at least two pairs".to_owned()
        }
        Asked::Number(NumberField::Ratio) => "their standard error is 0".to_owned(),
        Asked::Number(NumberField::DeltaShare) => "a total effect is 0 or not known yet".to_owned(),
        Asked::Number(_) if is_live => "it is still being computed".to_owned(),
        Asked::Number(_) | Asked::Side => "nothing is known of it".to_owned(),
        Asked::Interval if one_pair => "an interval takes at least two pairs".to_owned(),
        Asked::Interval | Asked::Prompt => no_pairs(),
        Asked::Fires | Asked::FiresOn(_) | Asked::Label | Asked::Tags => no_activations(),
    }
}

/// Whose word `on` is, which says nothing of the prompts of `view`, and what these are called.
fn elsewhere(on: &[(View, crate::core::firing::Firing)], study: &Study, view: View) -> String {
    let here = study.view(view);
    let of = on.first().map_or_else(String::new, |(of, firing)| {
        format!("'{}' is a prompt of the view {}; ", firing.said(study.view(*of)), study.name(*of))
    });
    format!("{of}those of the view {} are '{}' and '{}'", here.name, here.clean, here.patch)
}
