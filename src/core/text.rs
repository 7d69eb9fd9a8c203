//! Text that people read: cut, broken into lines, and told apart from other texts by what is left of it.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

pub use super::escape::{printable, printable_part, printable_start};

/// Characters that are read for each column: letters may have marks without a width.
const MARKS: usize = 4;

/// At most `limit` columns of `text`, made printable; a cut is marked by `…` behind them.
pub fn excerpt(text: &str, limit: usize) -> String {
    // A text may be a whole file.
    let head: String = text.chars().take(MARKS * (limit + 1)).collect();
    let is_whole = head.len() == text.len();
    let shown = if is_whole { printable(&head) } else { printable_part(&head) };
    if is_whole && shown.width() <= limit { shown } else { cut(&(shown + "…"), limit + 1) }
}

/// At most `columns` of `text`; `…` marks a cut.
pub fn cut(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let (mut kept, mut used) = (String::new(), 1);
    for character in text.chars() {
        used += character.width().unwrap_or(0);
        if used > columns {
            break;
        }
        kept.push(character);
    }
    // Some characters are wider together than the sum of their widths.
    while kept.width() + 1 > columns && kept.pop().is_some() {}
    if columns > 0 {
        kept.push('…');
    }
    kept
}

/// `text` cut or padded to exactly `columns`, aligned to the left.
pub fn left(text: &str, columns: usize) -> String {
    let text = cut(text, columns);
    let rest = columns.saturating_sub(text.width());
    format!("{text}{}", " ".repeat(rest))
}

/// `text` cut or padded to exactly `columns`, aligned to the right.
pub fn right(text: &str, columns: usize) -> String {
    let text = cut(text, columns);
    let rest = columns.saturating_sub(text.width());
    format!("{}{text}", " ".repeat(rest))
}

/// `text` in at most `room` columns, so that what is left is not mistaken for one of `others`: a beginning that it shares with one of
/// them is left out where the difference would be cut off.
pub fn told_apart(text: &str, others: &[&str], room: usize) -> String {
    let own = end_told_apart(text, others, room);
    let is_same = |other: &&&str| **other != text && end_told_apart(other, &[others, &[text]].concat(), room) == own;
    if own != text && others.iter().any(|other| is_same(&other)) { without_middle(text, room) } else { own }
}

/// The beginning of `text`, or its end if the beginning is that of one of `others`, too.
fn end_told_apart(text: &str, others: &[&str], room: usize) -> String {
    let own: Vec<char> = text.chars().collect();
    let shared = |other: &&&str| own.iter().zip(other.chars()).take_while(|(own, other)| **own == *other).count();
    let longest = others.iter().filter(|other| **other != text).map(|other| shared(&other)).max().unwrap_or(0);
    let wide = |from: usize, to: usize| own[from..to.min(own.len())].iter().collect::<String>().width();
    if text.width() <= room || wide(0, longest + 1) < room {
        return cut(text, room);
    }
    let word = own[..longest].iter().rposition(|character| " -_/".contains(*character)).map_or(longest, |place| place + 1);
    // Between two signs of a cut there is room for the difference, or the word is left out up to it.
    let from = if wide(word, longest + 1) + 2 > room { longest } else { word };
    cut(&std::iter::once('…').chain(own[from..].iter().copied()).collect::<String>(), room)
}

/// The beginning and the end of `text`, which is wider than `room` columns.
fn without_middle(text: &str, room: usize) -> String {
    let mut end = String::new();
    for character in text.chars().rev() {
        if end.width() + character.width().unwrap_or(0) > room / 2 {
            break;
        }
        end.insert(0, character);
    }
    cut(text, room.saturating_sub(end.width())) + &end
}

/// A name in the user's words without its article, to stand behind `the`.
pub fn without_article(name: &str) -> &str {
    ["the ", "a ", "an "].into_iter().find_map(|article| name.strip_prefix(article)).unwrap_or(name)
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

/// An activation: two digits behind the point, and never the text of zero for what is not zero.
pub fn activation(number: f64) -> String {
    match number {
        0.0 => "0.00".to_owned(),
        -0.005..0.0 => ">-0.01".to_owned(),
        0.0..0.005 => "<0.01".to_owned(),
        _ => format!("{number:.2}"),
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
            ("…men".to_owned(), "a sentence …".to_owned())
        );
        // What differs before the cut, or fits, keeps its beginning.
        assert_eq!((told_apart(man, &["b"], 12), told_apart(man, &[woman], 22)), ("a sentence …".to_owned(), man.to_owned()));
        assert_eq!(told_apart("ééééé", &["éééée"], 3), "…é");
        // One that begins with the whole other one.
        assert_eq!(told_apart("prompts of men", &["prompts of men and women"], 8), "…men");
        // Columns count, not characters.
        let [man, woman] = ["研究の中の男性の文", "研究の中の女性の文"];
        assert_eq!(
            (told_apart(man, &[woman], 12), told_apart(woman, &[man], 12)),
            ("…男性の文".to_owned(), "…女性の文".to_owned())
        );
        assert_eq!(told_apart("prompt🙂🙂🙂🙂🙂a", &["prompt🙂🙂🙂🙂🙂b"], 14), "…a");
        // A word too long to be shown up to the difference.
        assert_eq!(told_apart("of aaaaaaaaaaaaaaaa1", &["of aaaaaaaaaaaaaaaa2"], 8), "…1");
    }

    #[test]
    fn of_many_names_no_two_are_shown_alike() {
        let names = ["singular-noun-subject-a", "singular-noun-subject-b", "plural-noun-subject-a", "plural-noun-subject-b"];
        for room in 6..24 {
            let shown: std::collections::BTreeSet<String> = names.iter().map(|name| told_apart(name, &names, room)).collect();
            assert!(shown.len() == 4 && shown.iter().all(|name| name.width() <= room), "{room}: {shown:?}");
        }
    }

    #[test]
    fn an_article_is_left_out() {
        let names = ["he-prompt", "the study of men", "a sentence", "an answer", "theory"].map(without_article);
        assert_eq!(names, ["he-prompt", "study of men", "sentence", "answer", "theory"]);
    }

    #[test]
    fn an_address_is_broken_between_its_parts() {
        assert_eq!(words("x.org/model-deduped/5-res-sm/26074 end", 22), ["x.org/model-deduped/", "5-res-sm/26074 ", "end"]);
        assert_eq!(words("a/bcdefgh", 4), ["a/", "bcde", "fgh"]);
    }

    #[test]
    fn an_excerpt_says_that_it_was_cut() {
        assert_eq!(excerpt("abcdef", 3), "abc…");
        assert_eq!(excerpt("abc", 3), "abc");
        assert_eq!(
            (excerpt("名前です", 5), excerpt("a\u{301}b\u{301}c\u{301}", 3)),
            ("名前…".to_owned(), "a\u{301}b\u{301}c\u{301}".to_owned())
        );
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
