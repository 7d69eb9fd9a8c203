//! The meaning of a filter, and the test whether it holds for a row.

use super::facts::{Facts, NumberField};
use super::field::Quantity;
use super::needle::Needle;
use super::token::Operator;
use crate::core::firing::Firing;
use crate::core::selection::HeldBy;
use crate::core::submodule::{Submodule, SubmoduleKind};
use crate::core::tags::Tag;
use crate::core::view::View;

/// A filter or a part of one.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expression {
    /// Every part holds.
    All(Vec<Expression>),
    /// At least one part holds.
    Any(Vec<Expression>),
    /// The part does not hold.
    Not(Box<Expression>),
    /// The text occurs in a name, in a tag's name or in the note.
    Text(Needle),
    /// The number is known, and `operator` holds between it and the finite `value`.
    Number { quantity: Quantity, operator: Operator, value: f64 },
    /// The submodule is of this kind.
    Kind(SubmoduleKind),
    /// The submodule equals this one.
    Submodule(Submodule),
    /// The feature has this tag.
    Tag(Tag),
    /// The feature has at least one tag.
    AnyTag,
    /// The side is known and equals this one.
    Side(HeldBy),
    /// The side is known and differs from this one.
    OtherSide(HeldBy),
    /// The prompt on which the feature fires is known and is one of these.
    Fires(Vec<(View, Firing)>),
    /// The prompt on which the feature fires is known and is none of these.
    FiresElse(Vec<(View, Firing)>),
    /// The feature is rejected (crossed out).
    Rejected,
    /// The row is marked.
    Marked,
    /// The text, which is lowercase, occurs in the note.
    Note(String),
    /// The text, which is lowercase, occurs in the label.
    Label(String),
    /// The text, which is lowercase, is known to occur in a prompt on which the feature acts most.
    Prompt(String),
    /// It is known to occur in none of them.
    NoPrompt(String),
}

impl Expression {
    /// Turns a comparison by `=` into the one by `!=`: its opposite, except that both fail if the fact is unknown.
    pub(super) fn unequal(self) -> Self {
        match self {
            Self::Side(held_by) => Self::OtherSide(held_by),
            Self::Fires(on) => Self::FiresElse(on),
            Self::Prompt(text) => Self::NoPrompt(text),
            always_known => Self::Not(Box::new(always_known)),
        }
    }

    /// Whether a part asks for the test against chance.
    pub(super) fn asks_chance(&self) -> bool {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().any(Self::asks_chance),
            Self::Not(part) => part.asks_chance(),
            Self::Number { quantity, .. } => matches!(quantity, Quantity::Fact(NumberField::P | NumberField::Q)),
            _ => false,
        }
    }

    /// Whether a part asks for what only a comparison has: differences and sides.
    pub(super) fn asks_comparison(&self) -> bool {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().any(Self::asks_comparison),
            Self::Not(part) => part.asks_comparison(),
            Self::Side(_) | Self::OtherSide(_) => true,
            Self::Number { quantity, .. } => {
                matches!(quantity, Quantity::Fact(NumberField::Delta | NumberField::DeltaError | NumberField::DeltaShare))
            }
            _ => false,
        }
    }

    /// Whether a part asks for what the user says of a feature: tags, rejection, note.
    pub(super) fn asks_tags(&self) -> bool {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().any(Self::asks_tags),
            Self::Not(part) => part.asks_tags(),
            Self::Text(_) | Self::Tag(_) | Self::AnyTag | Self::Rejected | Self::Note(_) => true,
            Self::Number { .. }
            | Self::Kind(_)
            | Self::Submodule(_)
            | Self::Side(_)
            | Self::OtherSide(_)
            | Self::Fires(_)
            | Self::FiresElse(_)
            | Self::Marked
            | Self::Label(_)
            | Self::Prompt(_)
            | Self::NoPrompt(_) => false,
        }
    }

    /// Whether the expression holds for the row with these facts.
    pub(super) fn holds<F: Facts + ?Sized>(&self, facts: &F) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(facts)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(facts)),
            Self::Not(part) => !part.holds(facts),
            Self::Text(needle) => needle.is_in(facts),
            Self::Number { quantity, operator, value } => {
                // NaN has no order, so it is treated like an unknown number.
                let ordering = quantity.of(facts).and_then(|number| number.partial_cmp(value));
                ordering.is_some_and(|ordering| operator.accepts(ordering))
            }
            Self::Kind(kind) => facts.feature().submodule.kind == *kind,
            Self::Submodule(submodule) => facts.feature().submodule == *submodule,
            Self::Tag(tag) => facts.has_tag(*tag),
            Self::AnyTag => facts.has_any_tag(),
            Self::Side(held_by) => facts.side().is_some_and(|side| side == *held_by),
            Self::OtherSide(held_by) => facts.side().is_some_and(|side| side != *held_by),
            Self::Fires(on) => facts.fires().is_some_and(|fires| on.contains(&fires)),
            Self::FiresElse(on) => facts.fires().is_some_and(|fires| !on.contains(&fires)),
            Self::Rejected => facts.rejected(),
            Self::Marked => facts.marked(),
            Self::Note(text) => facts.note_contains(text),
            Self::Label(text) => facts.label_contains(text),
            Self::Prompt(text) => facts.prompts_contain(text) == Some(true),
            Self::NoPrompt(text) => facts.prompts_contain(text) == Some(false),
        }
    }
}
