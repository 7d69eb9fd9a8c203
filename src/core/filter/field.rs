//! The fields that a comparison can name: one table for the parser, its messages and the help screen.

use std::borrow::Cow;

use super::error::{FilterError, quote};
use super::facts::{Facts, NumberField};
use super::token::Token;
use crate::core::study::Study;
use crate::core::view::View;

/// The name of each field of a filter about `study`, with an explanation that contains an example.
pub fn fields(study: &Study) -> Vec<(String, String)> {
    table(study).into_iter().map(|field| (field.name.into_owned(), field.explanation.into_owned())).collect()
}

/// A field that a comparison can name.
#[derive(Debug, Clone)]
pub(super) struct Field {
    pub(super) name: Cow<'static, str>,
    pub(super) meaning: Meaning,
    /// A comparison with this field, for messages; the explanation contains it too.
    pub(super) example: Cow<'static, str>,
    explanation: Cow<'static, str>,
}

/// What a field compares; this decides which operators are allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A number, compared by every operator.
    Number(Quantity),
    /// A property, compared by `=` and `!=` only.
    Property(Property),
}

/// A number of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quantity {
    Layer,
    Index,
    Fact(NumberField),
}

/// A property of a row that is not a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Property {
    Kind,
    Submodule,
    Tag,
    Side,
    Fires,
    Rejected,
    Marked,
    Note,
    Label,
    Prompt,
}

/// Every field; the study's views are fields under their own names.
pub(super) fn table(study: &Study) -> Vec<Field> {
    let view = |view: View| {
        let name = study.name(view).to_string();
        let example = format!("{name}>0");
        Field {
            meaning: Meaning::Number(Quantity::Fact(NumberField::In(view))),
            explanation: format!("the effect in the {name} view: {example}").into(),
            name: name.into(),
            example: example.into(),
        }
    };
    BEFORE.into_iter().chain(study.all().map(view)).chain(AFTER).collect()
}

/// The fields listed before those of the views.
const BEFORE: [Field; 4] = [
    fact(NumberField::Effect, "effect", "effect>0.2", "the effect by which the row is ranked, with its sign: effect>0.2"),
    fact(NumberField::Absolute, "abs", "abs>=0.1", "that effect without its sign: abs>=0.1"),
    fact(NumberField::StandardError, "se", "se<0.05", "the standard error of that effect: se<0.05"),
    fact(NumberField::Ratio, "ratio", "ratio>2", "that effect without its sign, in standard errors: ratio>2"),
];

/// The fields listed after those of the views.
const AFTER: [Field; 18] = [
    fact(NumberField::Delta, "delta", "delta>0.1", "in a comparison, first view's effect minus the second's: delta>0.1"),
    fact(NumberField::DeltaError, "delta-se", "delta-se<0.05", "the standard error of that difference: delta-se<0.05"),
    fact(
        NumberField::DeltaShare,
        "delta-share",
        "delta-share>2",
        "the difference as shares of the total effects, in percent: delta-share>2",
    ),
    fact(NumberField::P, "p", "p<0.01", "p of the exchange of clean and patch prompt within pairs: p<0.01"),
    fact(NumberField::Q, "q", "q<0.05", "the false discovery rate by that test: q<0.05"),
    number(Quantity::Layer, "layer", "layer>=4", "the layer, from 0: layer>=4"),
    number(Quantity::Index, "index", "index=26074", "the feature's number in its dictionary, from 0: index=26074"),
    fact(NumberField::Rank, "rank", "rank<=50", "the place in the ranking, from 1: rank<=50"),
    property(Property::Kind, "kind", "kind=resid", "what the dictionary reads, attn, mlp or resid: kind=resid"),
    property(Property::Submodule, "submodule", "submodule=resid_5", "one submodule: submodule=resid_5 or submodule=5-res-sm"),
    property(Property::Tag, "tag", "tag=FP", "a tag that it has: tag=FP, or tag=any, or tag=none"),
    property(Property::Side, "side", "side=both", "in a comparison, whose selection holds it, a view's or both: side=both"),
    property(
        Property::Fires,
        "fires",
        "fires=patch",
        "the prompt it fires on, clean, patch, both or the study's word: fires=patch",
    ),
    property(Property::Rejected, "rejected", "rejected=no", "whether it is crossed out: rejected=no"),
    property(Property::Marked, "marked", "marked=yes", "whether it is marked: marked=yes"),
    property(Property::Note, "note", "note=plural", "a text in its note: note=plural or note=\"two words\""),
    property(Property::Label, "label", "label~gender", "a text in its label from Neuronpedia: label~gender"),
    property(
        Property::Prompt,
        "prompt",
        "prompt~Anna",
        "a text in a prompt of one of the three pairs in which its effect is largest: prompt~Anna",
    ),
];

const fn number(quantity: Quantity, name: &'static str, example: &'static str, explanation: &'static str) -> Field {
    Field {
        name: Cow::Borrowed(name),
        meaning: Meaning::Number(quantity),
        example: Cow::Borrowed(example),
        explanation: Cow::Borrowed(explanation),
    }
}

const fn fact(field: NumberField, name: &'static str, example: &'static str, explanation: &'static str) -> Field {
    number(Quantity::Fact(field), name, example, explanation)
}

const fn property(property: Property, name: &'static str, example: &'static str, explanation: &'static str) -> Field {
    Field {
        name: Cow::Borrowed(name),
        meaning: Meaning::Property(property),
        example: Cow::Borrowed(example),
        explanation: Cow::Borrowed(explanation),
    }
}

impl Field {
    /// The field that `word` names, ignoring case.
    pub(super) fn named(word: &Token, study: &Study) -> Result<Self, FilterError> {
        let table = table(study);
        table.iter().find(|field| field.name.eq_ignore_ascii_case(&word.text)).cloned().ok_or_else(|| {
            let names = table.iter().map(|field| &*field.name).collect::<Vec<_>>().join(", ");
            FilterError::new(word.column, format_args!("unknown field {}; fields are {names}", quote(&word.text)))
        })
    }
}

impl Quantity {
    /// Whether rows store it as `f32`.
    pub(super) fn is_single_precision(self) -> bool {
        !matches!(self, Self::Layer | Self::Index | Self::Fact(NumberField::Rank | NumberField::P | NumberField::Q))
    }

    /// The quantity's value in a row; None or NaN if it is not known.
    pub(super) fn of<F: Facts + ?Sized>(self, facts: &F) -> Option<f64> {
        match self {
            Self::Layer => Some(facts.feature().submodule.layer.0 as f64),
            Self::Index => Some(f64::from(facts.feature().index.0)),
            Self::Fact(field) => facts.number(field),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::filter::Filter;
    use crate::core::study::RESERVED_NAMES;
    use crate::core::study::testing::names;

    #[test]
    fn every_field_is_explained_with_an_example_that_can_be_typed() {
        let study = names();
        for (field, (name, explanation)) in table(&study).iter().zip(fields(&study)) {
            assert_eq!(field.name, name);
            assert!(field.example.starts_with(&name) && explanation.contains(&*field.example), "{name}");
            assert!(Filter::parse(&field.example, &study).is_ok_and(|filter| filter.is_some()), "{name}");
        }
    }

    /// A view of such a name could not be asked for.
    #[test]
    fn no_view_can_have_the_name_of_another_field_or_of_a_word_of_the_language() {
        let fields = BEFORE.into_iter().chain(AFTER).map(|field| field.name.into_owned());
        for word in fields.chain(["and", "or", "not"].map(str::to_owned)) {
            assert!(RESERVED_NAMES.contains(&word.as_str()), "{word}");
        }
    }
}
