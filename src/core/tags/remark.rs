//! Free text after a feature in a hand-written list, such as `end FN` or `FP (AMB?)`: tags among other words.

use std::collections::BTreeSet;

use super::marks::Marks;
use super::vocabulary::Vocabulary;
use crate::core::text::printable;

/// Separates the tags from a note that is not searched for tags.
const COLON: &str = ": ";

/// Reads the tags of `vocabulary` among the words of `text`. If the text contains more than tags, all of it also becomes the
/// note. In the form `TAGS: NOTE`, which the program itself writes, the note is the text after the colon, either plain or
/// quoted as in JSON.
pub(super) fn read(text: &str, vocabulary: &Vocabulary) -> Marks {
    let text = text.trim();
    if let Some((tags, note)) = text.split_once(COLON) {
        let before = words(tags, vocabulary);
        if before.note.is_empty() && (!before.tags.is_empty() || tags.is_empty()) {
            let quoted = serde_json::from_str::<String>(note).ok();
            return Marks { note: quoted.unwrap_or_else(|| note.to_owned()), ..before };
        }
    }
    words(text, vocabulary)
}

fn words(text: &str, vocabulary: &Vocabulary) -> Marks {
    let words = text.split(|character: char| character.is_whitespace() || ",+/".contains(character));
    let mut words = words.filter(|word| !word.is_empty()).peekable();
    let mut tags = BTreeSet::new();
    let mut only_tags = true;
    while let Some(word) = words.next() {
        let bare = word.trim_matches(|character: char| !character.is_alphanumeric());
        only_tags &= bare == word;
        // The notebook writes its tag NOACT as `No act`.
        let no_act = vocabulary.exactly("NOACT").is_some()
            && bare.eq_ignore_ascii_case("no")
            && words.next_if(|next| next.eq_ignore_ascii_case("act")).is_some();
        let tag = vocabulary.exactly(if no_act { "NOACT" } else { bare });
        only_tags &= tag.is_some();
        tags.extend(tag);
    }
    Marks { tags, rejected: false, note: if only_tags { String::new() } else { text.to_owned() } }
}

/// The text that [`read`] turns back into `marks`, without the reject mark: the note alone if it contains exactly these tags.
/// Has no control characters.
pub(super) fn write(marks: &Marks, vocabulary: &Vocabulary) -> String {
    let tags = || vocabulary.ordered(&marks.tags).iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let said = read(&marks.note, vocabulary);
    if marks.note.is_empty() {
        tags()
    } else if (&said.tags, &said.note) == (&marks.tags, &marks.note) && printable(&marks.note) == marks.note {
        marks.note.clone()
    } else {
        format!("{}{COLON}{}", tags(), quoted(&marks.note))
    }
}

/// The note unchanged if it is read back unchanged; otherwise a JSON string.
fn quoted(note: &str) -> String {
    if printable(note) == note && note.trim() == note && !note.starts_with('"') {
        return note.to_owned();
    }
    let mut text = String::from('"');
    for character in note.chars() {
        let plain = character.to_string();
        if printable(&plain) != plain || character == '"' || character == '\\' {
            let mut units = [0; 2];
            character.encode_utf16(&mut units).iter().for_each(|unit| text.push_str(&format!("\\u{unit:04x}")));
        } else {
            text.push(character);
        }
    }
    text + "\""
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::core::study::testing::tag;
    use crate::core::tags::testing::{config, notes, vocabulary};

    #[test]
    fn tags_are_found_among_words() {
        let cases = [
            ("FP", "FP", ""),
            ("FN AMB", "FN AMB", ""),
            ("FP + FW", "FP FW", ""),
            ("No act", "NOACT", ""),
            ("end FN", "FN", "end FN"),
            ("FP (AMB?)", "FP AMB", "FP (AMB?)"),
            ("FP + FW !!!", "FP FW", "FP + FW !!!"),
            ("MAYBE !!!!", "MAYBE", "MAYBE !!!!"),
            ("FP end FN XX", "FP FN", "FP end FN XX"),
            ("MN token NOT", "MN NOT", "MN token NOT"),
            ("FN AMB ??", "FN AMB", "FN AMB ??"),
            ("not a fp, no actor", "", "not a fp, no actor"),
            ("FP AMB: seen in \"she\"", "FP AMB", "seen in \"she\""),
            ("FP: \"NOT\\u0007\"", "FP", "NOT\u{7}"),
            (": only a note", "", "only a note"),
            ("end: FN", "FN", "end: FN"),
            ("", "", ""),
        ];
        for (text, tags, note) in cases {
            let marks = read(text, &vocabulary());
            assert_eq!(write(&Marks { note: String::new(), ..marks.clone() }, &vocabulary()), tags, "{text}");
            assert_eq!(marks.note, note, "{text}");
        }
    }

    #[test]
    fn tags_that_the_note_does_not_name_are_written_before_it() {
        let marks = Marks { tags: [tag("FP"), tag("FN")].into(), note: "end FN".to_owned(), ..Marks::default() };
        assert_eq!(write(&marks, &vocabulary()), "FP FN: end FN");
        assert_eq!(write(&Marks { tags: [tag("FN")].into(), ..marks }, &vocabulary()), "end FN");
    }

    proptest! {
        #![proptest_config(config())]

        #[test]
        fn what_was_read_is_written_so_that_it_reads_the_same(words in prop::collection::vec("FP|MN|AMB\\?|end|\\+|No act|!!", 0..6), more in notes()) {
            let marks = read(&(words.join(" ") + &more), &vocabulary());
            prop_assert_eq!(read(&write(&marks, &vocabulary()), &vocabulary()), marks);
        }
    }
}
