//! The facts that a filter or an order asks for and that a row may lack.

use super::expression::Expression;
use super::facts::NumberField;
use super::field::Quantity;
use crate::core::firing::Firing;
use crate::core::view::View;

/// A fact that is asked for and that may not be known of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// A number.
    Number(NumberField),
    /// The interval of the effect.
    Interval,
    /// The prompt on which the feature fires.
    Fires,
    /// One of these prompts, each in the view whose word it is: of other views the word says nothing.
    FiresOn(Vec<(View, Firing)>),
    /// The prompts on which the feature acts most.
    Prompt,
    /// The selection that holds the row.
    Side,
    /// What others say of the feature.
    Label,
    /// What the user says of the feature.
    Tags,
}

impl Expression {
    /// The facts that the parts ask for, each once, in the order of the text; without those that every row has.
    pub(super) fn asked(&self) -> Vec<Asked> {
        let mut asked = Vec::new();
        self.collect(&mut asked);
        asked
    }

    fn collect(&self, asked: &mut Vec<Asked>) {
        let mut more = |fact: Asked| {
            if !asked.contains(&fact) {
                asked.push(fact);
            }
        };
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.collect(asked)),
            Self::Not(part) => part.collect(asked),
            Self::Number { quantity: Quantity::Fact(field), .. } => more(Asked::Number(*field)),
            Self::Side(_) | Self::OtherSide(_) => more(Asked::Side),
            Self::Fires(on) | Self::FiresElse(on) => {
                more(Asked::Fires);
                more(Asked::FiresOn(on.clone()));
            }
            Self::Label(_) => more(Asked::Label),
            Self::Prompt(_) | Self::NoPrompt(_) => more(Asked::Prompt),
            Self::Number { quantity: Quantity::Layer | Quantity::Index, .. }
            | Self::Text(_)
            | Self::Kind(_)
            | Self::Submodule(_)
            | Self::Tag(_)
            | Self::AnyTag
            | Self::Rejected
            | Self::Marked
            | Self::Note(_) => {}
        }
    }
}
