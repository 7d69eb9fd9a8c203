//! Turns tokens into an expression: `or` between `and` between `not` before a term, one function for each level.

use super::comparison::comparison;
use super::error::FilterError;
use super::expression::Expression;
use super::field::Field;
use super::needle::Needle;
use super::token::{Kind, Operator, Token, tokens};
use crate::core::study::Study;

/// The most parentheses and `not` that may be nested. Each level takes some of the stack, and text can be pasted.
const DEPTH: usize = 100;

/// Parses `text` into an expression; None if it is empty.
pub(super) fn parse(text: &str, study: &Study) -> Result<Option<Expression>, FilterError> {
    let tokens = tokens(text)?;
    if tokens.is_empty() {
        return Ok(None);
    }
    let mut parser = Parser { tokens: &tokens, position: 0, study };
    let expression = parser.alternatives(0)?;
    match parser.peek() {
        None => Ok(Some(expression)),
        Some(unopened) => Err(unopened_error(unopened.column)),
    }
}

struct Parser<'a> {
    tokens: &'a [Token],
    position: usize,
    study: &'a Study,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<&'a Token> {
        self.tokens.get(self.position)
    }

    fn previous(&self) -> Option<&'a Token> {
        self.tokens.get(self.position.checked_sub(1)?)
    }

    /// Takes the next token if it is of this kind.
    fn take(&mut self, kind: Kind) -> Option<&'a Token> {
        let token = self.peek().filter(|token| token.kind == kind)?;
        self.position += 1;
        Some(token)
    }

    /// Parses parts joined by `or`, up to the end or to a closing parenthesis.
    fn alternatives(&mut self, depth: usize) -> Result<Expression, FilterError> {
        let first = self.conjunction(depth)?;
        let mut parts = vec![first];
        while self.take(Kind::Or).is_some() {
            parts.push(self.conjunction(depth)?);
        }
        Ok(single(&mut parts).unwrap_or(Expression::Any(parts)))
    }

    fn conjunction(&mut self, depth: usize) -> Result<Expression, FilterError> {
        let first = self.negation(depth)?;
        let mut parts = vec![first];
        while self.peek().is_some_and(|token| !matches!(token.kind, Kind::Or | Kind::Close)) {
            // Two terms side by side mean `and`, so the operator is optional.
            self.take(Kind::And);
            parts.push(self.negation(depth)?);
        }
        Ok(single(&mut parts).unwrap_or(Expression::All(parts)))
    }

    fn negation(&mut self, depth: usize) -> Result<Expression, FilterError> {
        let Some(not) = self.take(Kind::Not) else { return self.term(depth) };
        let inner = self.negation(deeper(depth, not)?)?;
        Ok(Expression::Not(Box::new(inner)))
    }

    fn term(&mut self, depth: usize) -> Result<Expression, FilterError> {
        let Some(token) = self.peek() else { return Err(self.missing_term()) };
        match token.kind {
            Kind::Word => {
                self.position += 1;
                match self.peek().map(|sign| (sign, sign.kind)) {
                    Some((sign, Kind::Operator(operator))) => self.comparison(token, sign, operator),
                    Some((list, Kind::Word)) if list.text.eq_ignore_ascii_case("in") => match Field::named(token, self.study) {
                        Ok(field) => Err(self.no_list(&field, list)),
                        Err(_) => word(token),
                    },
                    _ => word(token),
                }
            }
            Kind::Quoted => {
                self.position += 1;
                Ok(Expression::Text(Needle::new(token)?))
            }
            Kind::Open => {
                self.position += 1;
                let inner = self.alternatives(deeper(depth, token)?)?;
                let closed = self.take(Kind::Close).is_some();
                if closed { Ok(inner) } else { Err(FilterError::new(token.column, "a ')' is missing")) }
            }
            Kind::Operator(_) => {
                let message = format!("'{}' needs a field before it, such as in effect>0.2", token.text);
                Err(FilterError::new(token.column, message))
            }
            Kind::And | Kind::Or | Kind::Not | Kind::Close => Err(self.missing_term()),
        }
    }

    fn comparison(&mut self, name: &Token, sign: &Token, operator: Operator) -> Result<Expression, FilterError> {
        let field = Field::named(name, self.study)?;
        self.position += 1;
        let Some(value) = self.peek().filter(|token| token.is_value()) else {
            let message = format!("'{}' needs a value after it, such as {}", sign.text, field.example);
            return Err(FilterError::new(sign.column, message));
        };
        self.position += 1;
        comparison(&field, sign, operator, value, self.study)
    }

    /// The error for `field in 1,2`, which would otherwise be three words to look for.
    fn no_list(&self, field: &Field, list: &Token) -> FilterError {
        let values = self.tokens.get(self.position + 1).map_or("", |token| &token.text);
        let values: Vec<&str> = values.split(',').filter(|value| !value.is_empty()).collect();
        let values = if values.is_empty() { vec!["a", "b"] } else { values };
        let equal = values.iter().map(|value| format!("{}={value}", field.name)).collect::<Vec<_>>().join(" or ");
        FilterError::new(list.column, format_args!("there is no 'in'; write ({equal})"))
    }

    /// The error for a missing term: it blames the token before the gap, or else the token in its place.
    fn missing_term(&self) -> FilterError {
        let joins = |token: &Token| matches!(token.kind, Kind::And | Kind::Or);
        match (self.previous(), self.peek()) {
            (before, Some(here)) if joins(here) && before.is_none_or(|before| before.kind == Kind::Open) => {
                FilterError::new(here.column, format_args!("'{}' needs a term before it", here.text))
            }
            (Some(before), _) => FilterError::new(before.column, format_args!("'{}' needs a term after it", before.text)),
            (None, here) => unopened_error(here.map_or(1, |close| close.column)),
        }
    }
}

/// A word by itself: a text to look for, or a yes-or-no field, which means `yes`. In quotes it is always a text.
fn word(token: &Token) -> Result<Expression, FilterError> {
    match token.text.to_ascii_lowercase().as_str() {
        "rejected" => Ok(Expression::Rejected),
        "marked" => Ok(Expression::Marked),
        _ => Ok(Expression::Text(Needle::new(token)?)),
    }
}

fn unopened_error(column: usize) -> FilterError {
    FilterError::new(column, "a '(' is missing before this ')'")
}

fn deeper(depth: usize, token: &Token) -> Result<usize, FilterError> {
    if depth == DEPTH {
        let message = format!("more than {DEPTH} parentheses and 'not' inside one another");
        return Err(FilterError::new(token.column, message));
    }
    Ok(depth + 1)
}

fn single(parts: &mut Vec<Expression>) -> Option<Expression> {
    if parts.len() == 1 { parts.pop() } else { None }
}
