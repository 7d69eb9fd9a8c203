//! What may stand at the end of a filter that is being typed, and whether its last word is unfinished.

use std::collections::BTreeSet;

use super::field::{Field, Meaning, Property, table};
use super::token::{Kind, Token, ends_word, tokens};
use crate::core::study::Study;
use crate::core::submodule::SubmoduleKind;

/// Words that can begin at one place of a filter's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// The byte at which the last word begins; the length of the text if a word may begin at its end.
    pub from: usize,
    /// The words that may stand there, whether or not they begin as the last word does.
    pub words: Vec<String>,
}

/// The words that may stand in place of the last word of `text`: fields and `and`, `or`, `not`, or, after a field and an operator,
/// the values of the field, in quotes where they need them or where a quote is open. None if there is nothing to choose from, such as for a
/// number.
pub fn completion(text: &str, study: &Study, known: &Known) -> Option<Completion> {
    let quote = open_quote(text);
    let (from, before) = match quote {
        Some(quote) => (quote, tokens(text.get(..quote)?).ok()?),
        None => last_word(text)?,
    };
    let words = match before.as_slice() {
        [.., name, sign] if matches!(sign.kind, Kind::Operator(_)) => {
            let values = values(&Field::named(name, study).ok()?, study, known)?.into_iter();
            values.map(|value| if quote.is_some() { quoted(&value) } else { typed(value) }).collect()
        }
        _ if quote.is_some() => return None,
        _ => {
            let word = |field: Field| match field.meaning {
                Meaning::Number(_) => format!("{}>", field.name),
                Meaning::Property(Property::Label | Property::Prompt) => format!("{}~", field.name),
                Meaning::Property(_) => format!("{}=", field.name),
            };
            table(study).into_iter().map(word).chain(["and", "or", "not"].map(str::to_owned)).collect()
        }
    };
    Some(Completion { from, words })
}

/// Values that are known of the rows, not of the study.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// The names of the submodules.
    pub submodules: Vec<String>,
    /// The labels of the features.
    pub labels: Vec<String>,
}

/// The first word of `text` that is the name of a field but stands by itself, so that it is looked for as a text, and what asks for the
/// field. `rejected` and `marked` by themselves mean yes.
pub fn bare_field(text: &str, study: &Study) -> Option<(String, String)> {
    let all = tokens(text).ok()?;
    let fields = table(study);
    let is_sign = |token: Option<&Token>| token.is_some_and(|token| matches!(token.kind, Kind::Operator(_)));
    all.iter().enumerate().find_map(|(place, word)| {
        let is_alone = word.kind == Kind::Word
            && !is_sign(all.get(place + 1))
            && !is_sign(place.checked_sub(1).and_then(|before| all.get(before)));
        let field = fields.iter().find(|field| is_alone && field.name.eq_ignore_ascii_case(&word.text))?;
        let asks = match field.meaning {
            Meaning::Property(Property::Rejected | Property::Marked) => format!("{}=yes", field.name),
            _ => field.example.to_string(),
        };
        Some((word.text.clone(), asks))
    })
}

/// The byte of the quote with which an unfinished quoted text begins.
fn open_quote(text: &str) -> Option<usize> {
    let mut quotes = text.char_indices().filter(|(_, character)| *character == '"').map(|(at, _)| at);
    let mut start = quotes.next()?;
    loop {
        let end = quotes.next();
        let Some(end) = end else { return Some(start) };
        let next = quotes.next()?;
        // Two quotes in a row stand for one inside the text.
        if next != end + 1 {
            start = next;
        }
    }
}

/// A value in quotes.
fn quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('"', "\"\""))
}

/// A value as it must be typed.
fn typed(value: String) -> String {
    if value.contains(ends_word) { quoted(&value) } else { value }
}

/// An example for each field that the last word of `text` may become; None if the word cannot become a field or a joining word.
/// Until such a word is finished, it should not be looked for as a text. A space behind the name of a field leaves it unfinished: its sign
/// is still to come.
pub fn unfinished(text: &str, study: &Study) -> Option<Vec<String>> {
    let bare = text.trim_end();
    if bare.len() < text.len() {
        let (from, _) = last_word(bare)?;
        let word = bare.get(from..)?.to_lowercase();
        return if table(study).iter().any(|field| field.name == word) { unfinished(bare, study) } else { None };
    }
    let (from, before) = last_word(text)?;
    let word = text.get(from..).filter(|word| !word.is_empty())?.to_lowercase();
    if before.last().is_some_and(|sign| matches!(sign.kind, Kind::Operator(_))) {
        return None;
    }
    let fields = table(study).into_iter().filter(|field| field.name.starts_with(&word));
    let examples: Vec<String> = fields.map(|field| field.example.into_owned()).collect();
    let joins = ["and", "or", "not"].into_iter().any(|join| join.starts_with(&word));
    (joins || !examples.is_empty()).then_some(examples)
}

/// The byte at which the last word of `text` begins, and the tokens before it; None if the text ends inside quotes.
fn last_word(text: &str) -> Option<(usize, Vec<Token>)> {
    let mut before = tokens(text).ok()?;
    let ends_in_word = before.last().is_some_and(|last| {
        let is_word = matches!(last.kind, Kind::Word | Kind::And | Kind::Or | Kind::Not);
        is_word && last.text.starts_with(|first: char| !"!&|".contains(first)) && text.ends_with(last.text.as_str())
    });
    let word = if ends_in_word { before.pop() } else { None };
    Some((text.len() - word.map_or(0, |word| word.text.len()), before))
}

/// The values of a field; None for numbers, and for texts that are not listed.
fn values(field: &Field, study: &Study, known: &Known) -> Option<Vec<String>> {
    let Meaning::Property(property) = field.meaning else { return None };
    let words: Vec<&str> = match property {
        Property::Kind => SubmoduleKind::ALL.map(SubmoduleKind::name).to_vec(),
        Property::Tag => [study.tags.names(), vec!["any", "none"]].concat(),
        Property::Side => [study.names(), vec!["both"]].concat(),
        Property::Fires => {
            let own: BTreeSet<&str> = study.views.iter().flat_map(|view| [view.clean.as_str(), view.patch.as_str()]).collect();
            let fixed = ["clean", "patch", "both"];
            fixed.into_iter().chain(own.into_iter().filter(|word| !fixed.contains(word))).collect()
        }
        Property::Rejected | Property::Marked => vec!["yes", "no"],
        Property::Submodule => known.submodules.iter().map(String::as_str).collect(),
        Property::Label => known.labels.iter().map(String::as_str).collect(),
        Property::Note | Property::Prompt => return None,
    };
    Some(words.into_iter().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::filter::Filter;
    use crate::core::study::testing::names;

    #[test]
    fn fields_and_their_values_are_offered_where_they_may_stand() {
        let offered = |text: &str| completion(text, &names(), &Known::default()).map(|found| (found.from, found.words.join(" ")));
        let (from, fields) = offered("kind=mlp ef").unwrap();
        assert!(
            from == 9
                && fields.starts_with("effect> abs> se> ratio> male>")
                && fields.ends_with("note= label~ prompt~ and or not"),
            "{fields}"
        );
        for (text, from, values) in [
            ("kind=", 5, "attn mlp resid embed z attn_raw mlp_raw"),
            ("é or KIND != m", 14, "attn mlp resid embed z attn_raw mlp_raw"),
            ("(marked=y", 8, "yes no"),
            ("side=", 5, "male female baseline both"),
        ] {
            assert_eq!(offered(text), Some((from, values.to_owned())), "{text}");
        }
        assert!(offered("tag=F").unwrap().1.starts_with("FP "));
        for text in ["effect>0", "note=x", "\"ta", "unknown=x"] {
            assert_eq!(offered(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_known_of_rows_and_study_is_offered_and_quoted_where_it_must_be() {
        let known = Known { submodules: vec!["mlp_0".to_owned()], labels: vec!["he \"or\" she".to_owned(), "names".to_owned()] };
        let mut study = names();
        study.views[0].clean = "he prompt".to_owned();
        study.views[0].patch = "she".to_owned();
        let offered = |text: &str| completion(text, &study, &known).map(|found| (found.from, found.words));
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        assert_eq!(offered("submodule=m"), Some((10, words(&["mlp_0"]))));
        assert_eq!(offered("label~"), Some((6, words(&["\"he \"\"or\"\" she\"", "names"]))));
        assert_eq!(offered("label~\"he \"\"o"), Some((6, words(&["\"he \"\"or\"\" she\"", "\"names\""]))));
        let (from, fires) = offered("note=\"a b\" fires=").unwrap();
        assert!(from == 17 && fires.starts_with(&words(&["clean", "patch", "both"])), "{fires:?}");
        assert!(fires.contains(&"\"he prompt\"".to_owned()) && fires.contains(&"she".to_owned()), "{fires:?}");
        for word in &fires {
            assert!(Filter::parse(&format!("fires={word}"), &study).is_ok(), "{word}");
        }
        let (from, fires) = offered("note=\"a b\" fires=\"h").unwrap();
        assert!(from == 17 && fires.iter().all(|word| word.starts_with('"')), "{fires:?}");
        assert_eq!(offered("kind=mlp \"h"), None);
    }

    #[test]
    fn a_field_that_stands_by_itself_is_known_as_one() {
        let bare = |text: &str| bare_field(text, &names()).map(|(word, asks)| format!("{word}: {asks}"));
        for (text, says) in [
            ("rejected", "rejected: rejected=yes"),
            ("not Marked", "Marked: marked=yes"),
            ("kind=mlp tag", "tag: tag=FP"),
            ("male", "male: male>0"),
        ] {
            assert_eq!(bare(text).as_deref(), Some(says), "{text}");
        }
        for field in table(&names()) {
            let (_, asks) = bare_field(&field.name, &names()).unwrap();
            assert!(Filter::parse(&asks, &names()).is_ok_and(|filter| filter.is_some()), "{asks}");
        }
        for text in ["", "effect>0", "note=tag", "\"tag\"", "tags", "26074"] {
            assert_eq!(bare(text), None, "{text}");
        }
    }

    #[test]
    fn every_beginning_of_a_field_is_unfinished_and_other_words_are_not() {
        for field in table(&names()) {
            for (end, _) in field.name.char_indices().skip(1).chain([(field.name.len(), ' ')]) {
                let (text, _) = field.name.split_at(end);
                let examples = unfinished(&format!("kind=mlp {text}"), &names()).unwrap();
                assert!(examples.iter().any(|example| *example == field.example), "{text}");
                assert!(examples.iter().all(|example| Filter::parse(example, &names()).is_ok()), "{examples:?}");
            }
        }
        assert_eq!(unfinished("kind=mlp o", &names()), Some(Vec::new()));
        assert_eq!(unfinished("kind=mlp LAYER  ", &names()), unfinished("layer", &names()));
        for text in ["", "res", "26074", "tag=F", "eff ", "or ", "kind=mlp ", "\"eff\"", "note=eff", "note=effect ", "("] {
            assert_eq!(unfinished(text, &names()), None, "{text}");
        }
    }
}
