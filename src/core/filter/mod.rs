//! The filter language: it picks the rows of a ranking to show. A filter is typed after `/` and applied again on each key.
//!
//! A filter consists of terms, each of which holds for a row or does not:
//!
//! | term | holds for a row |
//! |---|---|
//! | `26074`, `"a word"` | with the text in a name (`5-res-sm/26074`, `resid_5/26074`), in a tag or in the note, ignoring case |
//! | `effect>0.2` | whose number satisfies the comparison: one of `=` `!=` `>` `>=` `<` `<=` |
//! | `label~gender`, `note~plural` | with the text in its label or note, ignoring case; `=` means the same there |
//! | `prompt~Anna` | with the text in a prompt of one of the three pairs in which its effect is largest |
//! | `tag=FP`, `kind!=mlp` | whose other facts equal the value, or do not; [`fields`] lists them all |
//!
//! `not` binds closer than `and`, which binds closer than `or`; parentheses group, and two terms side by side mean `and`. `!`,
//! `&` and `|` are the same operators as symbols. Case never matters. Each of `( ) & | ! = < > ~ "` ends a word. Text that
//! contains one of them or a space must be quoted, as must the words `and`, `or` and `not` if they are meant as text; inside
//! quotes `""` is one quote. Directly after an operator every word is a value: `tag=NOT` asks for the tag.
//!
//! # Unknown facts
//! A fact may be unknown: the standard error over a single example, the side or the difference outside a comparison, the prompt on
//! which a feature fires or acts most if its activations were not kept. A comparison with
//! an unknown fact does not hold, whatever the operator: neither `se>0.1` nor `se<=0.1`, neither `side=male` nor `side!=male`.
//! There is no third truth value, so `not` is a plain opposite: `not se>0.1` finds the rows with a smaller error and those with
//! an unknown one; `se<=0.1` leaves the latter out.
//!
//! # Numbers
//! Effects and their standard errors are stored in single precision. The number they are compared with is rounded in the same
//! way, so that `effect=0.2` finds an effect stored as 0.2. `layer`, `index` and `rank` are compared exactly.

mod asked;
mod comparison;
mod completion;
mod error;
#[cfg(test)]
mod evaluate_tests;
mod expression;
mod facts;
mod field;
mod name;
mod needle;
mod parse;
#[cfg(test)]
mod parse_tests;
#[cfg(test)]
mod testing;
mod token;
#[cfg(test)]
mod tree_testing;

pub use asked::Asked;
pub use completion::{Completion, Known, bare_field, completion, unfinished};
pub use error::FilterError;
pub use facts::{Facts, NumberField};
pub use field::fields;
pub use needle::contains_lowercase;

use super::study::Study;
use expression::Expression;

/// A filter that was typed and understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter {
    text: String,
    expression: Expression,
}

impl Filter {
    /// Parses `text`, which may name views and tags of `study`; None if it is empty, so that everything matches.
    ///
    /// # Errors
    /// The first part that cannot be understood, in a message short enough for the line under a prompt.
    pub fn parse(text: &str, study: &Study) -> Result<Option<Self>, FilterError> {
        let expression = parse::parse(text, study)?;
        Ok(expression.map(|expression| Self { text: text.to_owned(), expression }))
    }

    /// The filter's text exactly as it was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether the filter asks for the test against chance, which takes long the first time.
    pub fn asks_chance(&self) -> bool {
        self.expression.asks_chance()
    }

    /// Whether the filter asks for a difference or a side, which are known in a comparison of two views only.
    pub fn asks_comparison(&self) -> bool {
        self.expression.asks_comparison()
    }

    /// The facts that the filter asks for and that a row may lack, each once, in the order of the text.
    pub fn asked(&self) -> Vec<Asked> {
        self.expression.asked()
    }

    /// Whether the filter asks for tags, rejections or notes.
    pub fn asks_tags(&self) -> bool {
        self.expression.asks_tags()
    }

    /// Whether the filter lets the row with these facts through. Allocates nothing.
    pub fn matches<F: Facts + ?Sized>(&self, facts: &F) -> bool {
        self.expression.holds(facts)
    }
}
