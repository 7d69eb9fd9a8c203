//! Rust text as the tokens that say what a file uses: no comments, no lifetimes, and no code that is compiled for tests only.

/// A token and the line that it stands in, from 1 on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub line: usize,
    pub kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// An identifier, a keyword or a number.
    Word(String),
    /// The content of a string, with its escapes as they are written.
    Text(String),
    /// `::`
    Path,
    /// Any other character.
    Sign(char),
}

impl Token {
    pub fn is_word(&self, word: &str) -> bool {
        matches!(&self.kind, Kind::Word(found) if found == word)
    }

    pub fn is_sign(&self, sign: char) -> bool {
        self.kind == Kind::Sign(sign)
    }

    pub fn word(&self) -> Option<&str> {
        match &self.kind {
            Kind::Word(word) => Some(word),
            _ => None,
        }
    }
}

/// All tokens of `code`.
pub fn tokens(code: &str) -> Vec<Token> {
    let characters: Vec<char> = code.chars().collect();
    let (mut tokens, mut at, mut line) = (Vec::new(), 0, 1);
    while at < characters.len() {
        let (kind, length) = next(&characters[at..]);
        tokens.extend(kind.map(|kind| Token { line, kind }));
        line += characters[at..at + length].iter().filter(|character| **character == '\n').count();
        at += length;
    }
    tokens
}

/// The token at the start of `rest`, if it is one, and the number of characters to go on by.
fn next(rest: &[char]) -> (Option<Kind>, usize) {
    let second = rest.get(1).copied();
    match rest[0] {
        '/' if second == Some('/') => (None, length_while(rest, |character| character != '\n')),
        '/' if second == Some('*') => (None, block_comment(rest)),
        '"' => text(rest, 0, true),
        'r' if matches!(second, Some('"' | '#')) => match raw_quote(rest) {
            Some(hashes) => text(rest, hashes + 1, false),
            // `r#type` is an identifier.
            None => word(rest),
        },
        '\'' => (None, character_or_lifetime(rest)),
        ':' if second == Some(':') => (Some(Kind::Path), 2),
        first if is_word(first) => word(rest),
        first if first.is_whitespace() => (None, 1),
        first => (Some(Kind::Sign(first)), 1),
    }
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

fn length_while(rest: &[char], accepted: impl Fn(char) -> bool) -> usize {
    rest.iter().take_while(|character| accepted(**character)).count()
}

fn word(rest: &[char]) -> (Option<Kind>, usize) {
    let length = length_while(rest, is_word);
    (Some(Kind::Word(rest[..length].iter().collect())), length)
}

/// The length of a comment that may hold others.
fn block_comment(rest: &[char]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        match (rest[at], rest.get(at + 1)) {
            ('/', Some('*')) => (depth, at) = (depth + 1, at + 2),
            ('*', Some('/')) => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

/// The number of `#` before the quote of a raw string at the start of `rest`; none if it is not one.
fn raw_quote(rest: &[char]) -> Option<usize> {
    let hashes = length_while(&rest[1..], |character| character == '#');
    (rest.get(hashes + 1) == Some(&'"')).then_some(hashes)
}

/// A string whose opening quote stands at `quote`; it ends at a quote with as many `#` behind it as stand before the first.
fn text(rest: &[char], quote: usize, escapes: bool) -> (Option<Kind>, usize) {
    let hashes = quote.saturating_sub(1);
    let mut at = quote + 1;
    while at < rest.len() {
        match rest[at] {
            '\\' if escapes => at += 1,
            '"' if rest[at + 1..].iter().take_while(|character| **character == '#').count() >= hashes => break,
            _ => {}
        }
        at += 1;
    }
    let content = rest[quote + 1..at.min(rest.len())].iter().collect();
    (Some(Kind::Text(content)), (at + 1 + hashes).min(rest.len()))
}

/// The length of `'x'`, `'\n'`, `'\u{1f600}'`, or of `'lifetime`.
fn character_or_lifetime(rest: &[char]) -> usize {
    match (rest.get(1), rest.get(2)) {
        (Some('\\'), _) => 3 + length_while(&rest[3..], |character| character != '\'') + 1,
        (Some(_), Some('\'')) => 3,
        _ => 1 + length_while(&rest[1..], is_word),
    }
}

/// `tokens` without the items that stand behind `#[cfg(test)]`, and the files, as their names in `mod` or `#[path]`, that such items declare
/// as modules.
pub fn without_tests(tokens: &[Token]) -> (Vec<Token>, Vec<String>) {
    let (mut kept, mut test_files, mut at) = (Vec::new(), Vec::new(), 0);
    while at < tokens.len() {
        if !is_test_attribute(&tokens[at..]) {
            kept.push(tokens[at].clone());
            at += 1;
            continue;
        }
        let length = item_length(&tokens[at..]);
        test_files.extend(declared_file(&tokens[at..at + length]));
        at += length;
    }
    (kept, test_files)
}

fn is_test_attribute(rest: &[Token]) -> bool {
    let is = |at: usize, sign| rest.get(at).is_some_and(|token| token.is_sign(sign));
    let has = |at: usize, word| rest.get(at).is_some_and(|token| token.is_word(word));
    is(0, '#') && is(1, '[') && has(2, "cfg") && is(3, '(') && has(4, "test") && is(5, ')') && is(6, ']')
}

/// The number of tokens of an item with its attributes: up to a `;` outside all brackets, or to the end of its block.
fn item_length(rest: &[Token]) -> usize {
    let mut depth = 0;
    for (at, token) in rest.iter().enumerate() {
        match token.kind {
            Kind::Sign('(' | '[' | '{') => depth += 1,
            Kind::Sign(')' | ']') => depth -= 1,
            Kind::Sign('}') => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            Kind::Sign(';') if depth == 0 => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// The file of an item `mod name;`, which may stand behind `#[path = "file.rs"]`.
fn declared_file(item: &[Token]) -> Option<String> {
    let path = item.iter().position(|token| token.is_word("path")).and_then(|at| match &item.get(at + 2)?.kind {
        Kind::Text(file) => Some(file.clone()),
        _ => None,
    });
    let at = item.iter().position(|token| token.is_word("mod"))?;
    let name = item.get(at + 1)?.word()?;
    item.get(at + 2)?.is_sign(';').then(|| path.unwrap_or_else(|| name.to_owned()))
}

#[test]
fn comments_strings_and_lifetimes_are_not_code() {
    let code = "/* a::b /* c */ */ x // d::e\n'q' '\\'' '\\u{1f600}' 'a b\"crate::\\\"f\" r#\"g\"h\"# i::j";
    let text = |content: &str| Kind::Text(content.to_owned());
    let word = |name: &str| Kind::Word(name.to_owned());
    let kinds: Vec<Kind> = tokens(code).into_iter().map(|token| token.kind).collect();
    let expected = [word("x"), word("b"), text("crate::\\\"f"), text("g\"h"), word("i"), Kind::Path, word("j")];
    assert_eq!(kinds, expected);
    assert_eq!(tokens(code).iter().map(|token| token.line).collect::<Vec<_>>(), [1, 2, 2, 2, 2, 2, 2]);
}

#[test]
fn test_code_is_left_out_and_its_files_are_named() {
    let code = "use a; #[cfg(test)] #[path = \"x_tests.rs\"] mod tests; #[cfg(test)] mod y; #[cfg(test)] use b::{c};
        #[cfg(test)] mod z { fn f() { let x = [1; 2]; } } fn kept() {} #[cfg(any(test, unix))] fn too() {}";
    let (kept, files) = without_tests(&tokens(code));
    assert_eq!(files, ["x_tests.rs", "y"]);
    let words: Vec<&str> = kept.iter().filter_map(Token::word).collect();
    assert_eq!(words, ["use", "a", "fn", "kept", "cfg", "any", "test", "unix", "fn", "too"]);
}
