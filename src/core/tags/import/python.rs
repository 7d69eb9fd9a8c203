//! Parses Python's notation of a flat dictionary, `{'layer': '5-res-sm', 'index': 26074}`; with `"` as quotes this is JSON too.

/// The keys and values of the dictionary at the start of `text`, and the text after it.
pub(super) fn dictionary(text: &str) -> Option<(Vec<(String, String)>, &str)> {
    let mut rest = text.strip_prefix('{')?.trim_start();
    let mut pairs = Vec::new();
    loop {
        if let Some(after) = rest.strip_prefix('}') {
            return Some((pairs, after));
        }
        let (key, after) = scalar(rest)?;
        let (value, after) = scalar(after.trim_start().strip_prefix(':')?.trim_start())?;
        pairs.push((key, value));
        rest = after.trim_start();
        match rest.strip_prefix(',') {
            Some(after) => rest = after.trim_start(),
            None if rest.starts_with('}') => {}
            None => return None,
        }
    }
}

/// Reads a string in either kind of quotes, or a bare word or number, and the text after it.
fn scalar(text: &str) -> Option<(String, &str)> {
    let Some(quote) = text.chars().next().filter(|character| matches!(character, '\'' | '"')) else {
        let end = text.find(|character: char| !(character.is_alphanumeric() || "_-.".contains(character)))?;
        let (bare, rest) = text.split_at(end);
        return (!bare.is_empty()).then(|| (bare.to_owned(), rest));
    };
    let mut characters = text.chars();
    characters.next();
    let mut value = String::new();
    while let Some(character) = characters.next() {
        match character {
            '\\' => value.push(characters.next()?),
            _ if character == quote => return Some((value, characters.as_str())),
            _ => value.push(character),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_quotes_bare_words_and_escapes() {
        let (pairs, rest) = dictionary(r#"{'a': "b\"c}", "d" :5 , e: 'it\'s',} tail"#).unwrap();
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        assert_eq!(pairs, [("a", "b\"c}"), ("d", "5"), ("e", "it's")]);
        assert_eq!(rest, " tail");
        for broken in ["", "{", "{'a'", "{'a': 'b", "{'a': 'b' 'c'}", "{'a' 'b'}", "{: 1}", "{'a': \\"] {
            assert_eq!(dictionary(broken), None, "{broken}");
        }
    }
}
