//! Splits a filter's text into words, quoted texts and symbols.

use std::cmp::Ordering;

use super::error::FilterError;

/// A word, quoted text or symbol of the filter's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    /// The text as it was typed; for a quoted text, the content without its quotes.
    pub(super) text: String,
    /// Column of the first character, from 1.
    pub(super) column: usize,
}

/// The role of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Word,
    Quoted,
    Operator(Operator),
    And,
    Or,
    Not,
    Open,
    Close,
}

/// The comparison operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    Unequal,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    /// For texts only.
    Contains,
}

impl Operator {
    /// Whether the operator holds for a fact that has this `ordering` to the value.
    pub(super) fn accepts(self, ordering: Ordering) -> bool {
        match self {
            Self::Equal | Self::Contains => ordering.is_eq(),
            Self::Unequal => ordering.is_ne(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
        }
    }
}

impl Token {
    /// Whether the token can follow an operator as a value: `and`, `or` and `not` are words there; `&`, `|` and `!` are not.
    pub(super) fn is_value(&self) -> bool {
        match self.kind {
            Kind::Word | Kind::Quoted => true,
            Kind::And | Kind::Or | Kind::Not => self.text.starts_with(char::is_alphabetic),
            Kind::Operator(_) | Kind::Open | Kind::Close => false,
        }
    }
}

/// The symbols; those of two characters come before those that are their first character.
const SYMBOLS: [(&str, Kind); 12] = [
    (">=", Kind::Operator(Operator::GreaterOrEqual)),
    ("<=", Kind::Operator(Operator::LessOrEqual)),
    ("!=", Kind::Operator(Operator::Unequal)),
    (">", Kind::Operator(Operator::Greater)),
    ("<", Kind::Operator(Operator::Less)),
    ("=", Kind::Operator(Operator::Equal)),
    ("~", Kind::Operator(Operator::Contains)),
    ("!", Kind::Not),
    ("&", Kind::And),
    ("|", Kind::Or),
    ("(", Kind::Open),
    (")", Kind::Close),
];

const KEYWORDS: [(&str, Kind); 3] = [("and", Kind::And), ("or", Kind::Or), ("not", Kind::Not)];

pub(super) fn ends_word(character: char) -> bool {
    character.is_whitespace() || "()&|!=<>~\"".contains(character)
}

/// The tokens of `text`, in order.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, FilterError> {
    let mut scanner = Scanner { rest: text, column: 1 };
    let mut tokens = Vec::new();
    loop {
        scanner.take_while(char::is_whitespace);
        if scanner.rest.is_empty() {
            return Ok(tokens);
        }
        tokens.push(scanner.token()?);
    }
}

struct Scanner<'a> {
    rest: &'a str,
    column: usize,
}

impl<'a> Scanner<'a> {
    fn token(&mut self) -> Result<Token, FilterError> {
        let column = self.column;
        if self.skip("\"") {
            return Ok(Token { kind: Kind::Quoted, text: self.quoted(column)?, column });
        }
        if let Some((symbol, kind)) = SYMBOLS.into_iter().find(|(symbol, _)| self.skip(symbol)) {
            return Ok(Token { kind, text: symbol.to_owned(), column });
        }
        let text = self.take_while(|character| !ends_word(character)).to_owned();
        let keyword = KEYWORDS.into_iter().find(|(word, _)| word.eq_ignore_ascii_case(&text));
        Ok(Token { kind: keyword.map_or(Kind::Word, |(_, kind)| kind), text, column })
    }

    /// The text after the quote at column `start`, up to the closing quote; two quotes in a row stand for one inside the text.
    fn quoted(&mut self, start: usize) -> Result<String, FilterError> {
        let mut text = String::new();
        loop {
            text.push_str(self.take_while(|character| character != '"'));
            if !self.skip("\"") {
                return Err(FilterError::new(start, "a '\"' is missing"));
            }
            if !self.skip("\"") {
                return Ok(text);
            }
            text.push('"');
        }
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|character| !wanted(character)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        self.column += taken.chars().count();
        taken
    }

    /// Skips `symbol` if the rest begins with it, and returns whether it did.
    fn skip(&mut self, symbol: &str) -> bool {
        let Some(rest) = self.rest.strip_prefix(symbol) else { return false };
        self.rest = rest;
        self.column += symbol.chars().count();
        true
    }
}
