//! The fields that a comparison can name: one table for the parser, its messages and the help screen.

use super::error::{FilterError, quote};
use super::facts::{Facts, NumberField};
use super::token::Token;
use crate::core::view::View;

/// The name of each field, and what it compares, with an example.
pub const FIELDS: &[(&str, &str)] = &{
    let mut list = [("", ""); TABLE.len()];
    let mut at = 0;
    while at < list.len() {
        list[at] = (TABLE[at].name, TABLE[at].explanation);
        at += 1;
    }
    list
};

/// One field.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) meaning: Meaning,
    /// For messages; the explanation holds it too.
    pub(super) example: &'static str,
    explanation: &'static str,
}

/// What a field compares, and with that, by which operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// By every operator.
    Number(Quantity),
    /// By `=` and `!=`.
    Property(Property),
}

/// A number of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quantity {
    Layer,
    Index,
    Fact(NumberField),
}

/// Something about a row that is no number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Property {
    Kind,
    Submodule,
    Tag,
    Side,
    Rejected,
    Marked,
    Note,
}

const TABLE: [Field; 16] = [
    fact(NumberField::Effect, "effect", "effect>0.2", "the effect by which the row is ranked, with its sign: effect>0.2"),
    fact(NumberField::Absolute, "abs", "abs>=0.1", "that effect without its sign: abs>=0.1"),
    fact(NumberField::StandardError, "se", "se<0.05", "the standard error of that effect: se<0.05"),
    fact(NumberField::In(View::Male), "male", "male>0", "the effect in the male view: male>0"),
    fact(NumberField::In(View::Female), "female", "female<0", "the effect in the female view: female<0"),
    fact(NumberField::In(View::Baseline), "baseline", "baseline<0.01", "the effect in the baseline view: baseline<0.01"),
    number(Quantity::Layer, "layer", "layer>=4", "the layer, from 0: layer>=4"),
    number(Quantity::Index, "index", "index=26074", "the feature's number in its dictionary, from 0: index=26074"),
    fact(NumberField::Rank, "rank", "rank<=50", "the place in the ranking, from 1: rank<=50"),
    property(Property::Kind, "kind", "kind=resid", "what the dictionary reads, attn, mlp or resid: kind=resid"),
    property(Property::Submodule, "submodule", "submodule=resid_5", "one submodule: submodule=resid_5 or submodule=5-res-sm"),
    property(Property::Tag, "tag", "tag=FP", "a tag that it has: tag=FP, or tag=any, or tag=none"),
    property(Property::Side, "side", "side=both", "in a comparison, whose selection holds it, a view's or both: side=both"),
    property(Property::Rejected, "rejected", "rejected=no", "whether it is crossed out: rejected=no"),
    property(Property::Marked, "marked", "marked=yes", "whether it is marked: marked=yes"),
    property(Property::Note, "note", "note=plural", "a text in its note: note=plural or note=\"two words\""),
];

const fn number(quantity: Quantity, name: &'static str, example: &'static str, explanation: &'static str) -> Field {
    Field { name, meaning: Meaning::Number(quantity), example, explanation }
}

const fn fact(field: NumberField, name: &'static str, example: &'static str, explanation: &'static str) -> Field {
    number(Quantity::Fact(field), name, example, explanation)
}

const fn property(property: Property, name: &'static str, example: &'static str, explanation: &'static str) -> Field {
    Field { name, meaning: Meaning::Property(property), example, explanation }
}

impl Field {
    /// The field that `word` names, capitals or not.
    pub(super) fn named(word: &Token) -> Result<Self, FilterError> {
        TABLE.into_iter().find(|field| field.name.eq_ignore_ascii_case(&word.text)).ok_or_else(|| {
            let names = TABLE.map(|field| field.name).join(", ");
            FilterError::new(word.column, format_args!("unknown field {}; fields are {names}", quote(&word.text)))
        })
    }
}

impl Quantity {
    /// Whether rows store it as `f32`.
    pub(super) fn is_single_precision(self) -> bool {
        !matches!(self, Self::Layer | Self::Index | Self::Fact(NumberField::Rank))
    }

    /// Its value in a row; None or NaN where that is not known.
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

    #[test]
    fn every_field_is_explained_with_an_example_that_can_be_typed() {
        for (field, (name, explanation)) in TABLE.iter().zip(FIELDS) {
            assert_eq!(field.name, *name);
            assert!(field.example.starts_with(name) && explanation.contains(field.example), "{name}");
            assert!(Filter::parse(field.example).is_ok_and(|filter| filter.is_some()), "{name}");
        }
    }
}
