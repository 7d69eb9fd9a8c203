//! Makes text from files safe to show: a prompt or a file name must never move the terminal's cursor.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Replaces every control character by its escape, such as `\n`, `\x1b` and `\u202e`: two texts that differ stay different.
pub fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            // Bidirectional overrides reorder the text after them on a line, so a label could show something it is not.
            other @ ('\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') => {
                shown.push_str(&format!("\\u{:04x}", u32::from(other)));
            }
            other if other.is_control() => shown.push_str(&format!("\\x{:02x}", u32::from(other))),
            other => shown.push(other),
        }
    }
    shown
}

/// At most `limit` characters of `text`, made printable; a cut is marked by `…`.
pub fn excerpt(text: &str, limit: usize) -> String {
    let mut cut: String = text.chars().take(limit).collect();
    if text.chars().nth(limit).is_some() {
        cut.push('…');
    }
    printable(&cut)
}

/// `text`, which may be cut to `room` characters, so that what is left is not mistaken for one of `others`: a beginning that it shares
/// with one of them is left out where the difference would be cut off.
pub fn told_apart(text: &str, others: &[&str], room: usize) -> String {
    let own: Vec<char> = text.chars().collect();
    let shared = |other: &&&str| own.iter().zip(other.chars()).take_while(|(own, other)| **own == *other).count();
    let longest = others.iter().filter(|other| **other != text).map(|other| shared(&other)).max().unwrap_or(0);
    if own.len() <= room || longest + 1 < room {
        return text.to_owned();
    }
    let word = own[..longest].iter().rposition(|character| " -_/".contains(*character)).map_or(longest, |place| place + 1);
    std::iter::once('…').chain(own[word..].iter().copied()).collect()
}

/// The words of `text`, each with the space after it, and none wider than `room` terminal columns. A wider word is broken behind its
/// last `/` that fits, else where it must be. A quoted token that begins with a space, such as `' he'`, is one word.
pub fn words(text: &str, room: usize) -> Vec<String> {
    let mut whole: Vec<String> = Vec::new();
    for word in text.split_inclusive(' ') {
        match whole
            .last_mut()
            .filter(|before| matches!(before.as_str(), "' " | "(' ") && before.width() + word.trim_end().width() <= room)
        {
            Some(before) => before.push_str(word),
            None => whole.push(word.to_owned()),
        }
    }
    let mut words = Vec::new();
    for word in &whole {
        let (mut part, mut used) = (String::new(), 0);
        for character in word.chars() {
            let wide = character.width().unwrap_or(0);
            if used + wide > room && !part.is_empty() && character != ' ' {
                // An address is broken between its parts, so that each can be read.
                let kept = part.rfind('/').map_or(part.len(), |slash| slash + 1);
                let rest = part.split_off(kept);
                used = rest.width();
                words.push(std::mem::replace(&mut part, rest));
            }
            part.push(character);
            used += wide;
        }
        words.push(part);
    }
    words
}

/// `text` in lines of at most `columns` terminal columns, broken between words.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in words(text, columns.max(1)) {
        let line = lines.last_mut().filter(|line| line.is_empty() || line.width() + word.trim_end().width() <= columns);
        match line {
            Some(line) => line.push_str(&word),
            None => lines.push(word),
        }
    }
    lines
}

/// So many of `thing`, of which several take an `s`: `1 feature`, `2 features`.
pub fn counted(count: usize, thing: &str) -> String {
    if count == 1 { format!("{count} {thing}") } else { format!("{count} {thing}s") }
}

/// A number of bytes in a readable unit, in powers of ten: `134.4 MB`.
pub fn bytes(count: u64) -> String {
    let scaled = |unit: f64| count as f64 / unit;
    match count {
        0..1_000 => format!("{count} B"),
        1_000..1_000_000 => format!("{:.1} kB", scaled(1e3)),
        1_000_000..1_000_000_000 => format!("{:.1} MB", scaled(1e6)),
        _ => format!("{:.2} GB", scaled(1e9)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_lose_nothing() {
        assert_eq!(wrap("one two three", 8), ["one two ", "three"]);
        assert_eq!(wrap("one two", 7), ["one two"]);
        assert_eq!(wrap("towards ' he', in (' she') 2", 11), ["towards ", "' he', in ", "(' she') 2"]);
        for columns in 1..30 {
            let text = "one two  three averyveryverylongword 名前 end";
            let lines = wrap(text, columns);
            assert_eq!(lines.concat(), text);
            assert!(lines.iter().all(|line| columns < 2 || line.trim_end().width() <= columns), "{columns}: {lines:?}");
        }
    }

    #[test]
    fn what_is_cut_is_told_apart_by_its_end() {
        let [man, woman] = ["a sentence about a man", "a sentence about a woman"];
        assert_eq!((told_apart(man, &[man, woman], 12), told_apart(woman, &[man], 12)), ("…man".to_owned(), "…woman".to_owned()));
        assert_eq!(
            (told_apart("singular-men", &["singular-women"], 8), told_apart(man, &[], 12)),
            ("…men".to_owned(), man.to_owned())
        );
        // What differs before the cut, or fits, stays as it is.
        assert_eq!((told_apart(man, &["b"], 12), told_apart(man, &[woman], 22)), (man.to_owned(), man.to_owned()));
        assert_eq!(told_apart("ééééé", &["éééée"], 3), "…é");
        // One that begins with the whole other one.
        assert_eq!(told_apart("prompts of men", &["prompts of men and women"], 8), "…men");
    }

    #[test]
    fn an_address_is_broken_between_its_parts() {
        assert_eq!(words("x.org/model-deduped/5-res-sm/26074 end", 22), ["x.org/model-deduped/", "5-res-sm/26074 ", "end"]);
        assert_eq!(words("a/bcdefgh", 4), ["a/", "bcde", "fgh"]);
    }

    #[test]
    fn control_characters_are_replaced() {
        assert_eq!(printable("a\x1b[31mb\nc\u{9b}d"), "a\\x1b[31mb\\nc\\x9bd");
        assert_eq!(printable("\u{202e}abc"), "\\u202eabc");
    }

    #[test]
    fn an_excerpt_says_that_it_was_cut() {
        assert_eq!(excerpt("abcdef", 3), "abc…");
        assert_eq!(excerpt("abc", 3), "abc");
    }

    #[test]
    fn one_thing_is_singular() {
        assert_eq!([0, 1, 2].map(|count| counted(count, "feature")), ["0 features", "1 feature", "2 features"]);
    }

    #[test]
    fn bytes_are_said_in_powers_of_ten() {
        let said = [0, 999, 1_000, 134_351_000, 2_584_000_000].map(bytes);
        assert_eq!(said, ["0 B", "999 B", "1.0 kB", "134.4 MB", "2.58 GB"]);
    }
}
