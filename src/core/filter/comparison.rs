//! Builds a comparison from a field, an operator and a value.

use std::collections::BTreeSet;

use super::error::{FilterError, quote};
use super::expression::Expression;
use super::field::{Field, Meaning, Property, Quantity};
use super::needle::lowercase;
use super::token::{Operator, Token};
use crate::core::firing::Firing;
use crate::core::selection::HeldBy;
use crate::core::study::Study;
use crate::core::submodule::{Submodule, SubmoduleKind};
use crate::core::view::View;

/// The comparison of `field` with `value`; `sign` is the operator as it was typed.
pub(super) fn comparison(
    field: &Field,
    sign: &Token,
    operator: Operator,
    value: &Token,
    study: &Study,
) -> Result<Expression, FilterError> {
    let refused = |reason: String| FilterError::new(value.column, format_args!("{} {reason}", quote(&value.text)));
    match (field.meaning, operator) {
        (Meaning::Number(_), Operator::Contains) => {
            let message = format!("{} is a number: ~ looks for a text, use {}", field.name, field.example);
            Err(FilterError::new(sign.column, message))
        }
        (Meaning::Number(quantity), _) => {
            let value = number(field, quantity, &value.text).map_err(refused)?;
            Ok(Expression::Number { quantity, operator, value })
        }
        (Meaning::Property(property), Operator::Equal) => equal(field, property, &value.text, study).map_err(refused),
        // To equal a text means to be found in it.
        (Meaning::Property(property @ (Property::Note | Property::Label | Property::Prompt)), Operator::Contains) => {
            equal(field, property, &value.text, study).map_err(refused)
        }
        (Meaning::Property(property), Operator::Unequal) => {
            Ok(equal(field, property, &value.text, study).map_err(refused)?.unequal())
        }
        (Meaning::Property(_), _) => {
            let is_text = matches!(field.meaning, Meaning::Property(Property::Note | Property::Label | Property::Prompt));
            let signs = if is_text { "=, != and ~" } else { "= and !=" };
            let message = format!("{} takes only {signs}, such as {}", field.name, field.example);
            Err(FilterError::new(sign.column, message))
        }
    }
}

/// The value as the rows hold it, see the notes on numbers in [`super`]. Text that is not a finite number is refused with the
/// reason.
fn number(field: &Field, quantity: Quantity, text: &str) -> Result<f64, String> {
    let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
    let number = number.ok_or_else(|| format!("is not a number; {} takes one, such as {}", field.name, field.example))?;
    let rounded = text.parse::<f32>().ok().filter(|_| quantity.is_single_precision());
    Ok(rounded.map_or(number, f64::from))
}

/// The expression `field=text`, or the reason why it cannot be built.
fn equal(field: &Field, property: Property, text: &str, study: &Study) -> Result<Expression, String> {
    let word = lowercase(text);
    match property {
        Property::Kind => kind(&word)
            .map(Expression::Kind)
            .ok_or_else(|| format!("is not a kind; kinds are {}", SubmoduleKind::ALL.map(SubmoduleKind::name).join(", "))),
        Property::Submodule => submodule(&word)
            .map(Expression::Submodule)
            .ok_or_else(|| format!("is not a submodule; {0} takes one, such as {0}=resid_5 or {0}=5-res-sm", field.name)),
        Property::Tag => tag(&word, study).ok_or_else(|| {
            let names = [study.tags.names(), vec!["none", "any"]].concat();
            format!("is not a tag of this study; it takes {}; a word finds tags of other studies", names.join(", "))
        }),
        Property::Side => {
            let side = side(&word, study).map(Expression::Side);
            side.ok_or_else(|| format!("is not a side; sides are {}, both", study.names().join(", ")))
        }
        Property::Fires => fires(&word, study),
        Property::Rejected => yes_or_no(field, &word, Expression::Rejected),
        Property::Marked => yes_or_no(field, &word, Expression::Marked),
        Property::Note | Property::Label | Property::Prompt if word.is_empty() => Err("is no text to look for".to_owned()),
        Property::Note => Ok(Expression::Note(word)),
        Property::Label => Ok(Expression::Label(word)),
        Property::Prompt => Ok(Expression::Prompt(word)),
    }
}

fn kind(word: &str) -> Option<SubmoduleKind> {
    SubmoduleKind::ALL.into_iter().find(|kind| kind.name() == word || kind.neuronpedia_name() == word)
}

/// Parses `resid_5`, or Neuronpedia's `5-res-sm`.
fn submodule(word: &str) -> Option<Submodule> {
    if let Ok(submodule) = word.parse() {
        return Some(submodule);
    }
    Submodule::of_neuronpedia(word)
}

fn tag(word: &str, study: &Study) -> Option<Expression> {
    match word {
        "any" => Some(Expression::AnyTag),
        "none" => Some(Expression::AnyTag.unequal()),
        // As the column of tags shows it.
        "x" => Some(Expression::Rejected),
        name => study.tags.find(name).map(|tag| Expression::Tag(tag.name)),
    }
}

fn side(word: &str, study: &Study) -> Option<HeldBy> {
    if word == "both" { Some(HeldBy::Both) } else { study.find(word).map(HeldBy::Only) }
}

/// The prompts that `word` names in each view: `clean`, `both` and `patch` mean the same in every view, the study's own words may
/// name the clean prompt of one view and the patch prompt of another.
fn fires(word: &str, study: &Study) -> Result<Expression, String> {
    let named = |view: View| {
        let spec = study.view(view);
        let fixed = [("clean", Firing::Clean), ("both", Firing::Both), ("patch", Firing::Patch)].into_iter();
        let own = [(spec.clean.as_str(), Firing::Clean), (spec.patch.as_str(), Firing::Patch)].into_iter();
        let is_fixed = fixed.clone().any(|(name, _)| name == word);
        let own = own.filter(move |_| !is_fixed);
        fixed.chain(own).filter(|(name, _)| lowercase(name) == word).map(move |(_, firing)| (view, firing)).collect::<Vec<_>>()
    };
    let on: Vec<(View, Firing)> = study.all().flat_map(named).collect();
    if !on.is_empty() {
        return Ok(Expression::Fires(on));
    }
    let own: BTreeSet<&str> = study.views.iter().flat_map(|view| [view.clean.as_str(), view.patch.as_str()]).collect();
    let own: Vec<String> = own.into_iter().map(quoted).collect();
    Err(format!("is no prompt; prompts are clean, patch, both, {}", own.join(", ")))
}

/// A value as it must be typed.
fn quoted(text: &str) -> String {
    if text.contains(' ') { format!("\"{text}\"") } else { text.to_owned() }
}

fn yes_or_no(field: &Field, word: &str, fact: Expression) -> Result<Expression, String> {
    match word {
        "yes" => Ok(fact),
        "no" => Ok(fact.unequal()),
        _ => Err(format!("is neither yes nor no; {} takes one, such as {}", field.name, field.example)),
    }
}
