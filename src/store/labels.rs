//! Files of labels: `data/labels/*.toml` describes the format. The ready-made ones are a part of the program.

use std::path::Path;

use regex::Regex;
use serde::Deserialize;
use toml::Spanned;

use super::toml_source::Source;
use crate::core::label::predicate::Predicate;
use crate::core::label::words::{Words, is_word};
use crate::core::label::{Label, Labels};
use crate::core::problem::{Problem, Result};
use crate::core::tags::Tag;
use crate::core::text::{excerpt, printable};
use crate::files::whole;

/// The ready-made labels: gendered words, and positions.
const READY: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/data/labels/gender.toml"));

/// What messages call [`READY`].
const READY_NAME: &str = "the ready-made labels";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    labels: Vec<Spanned<Entry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: Option<Spanned<String>>,
    meaning: Option<Spanned<String>>,
    tag: Option<Spanned<String>>,
    words: Option<Vec<Spanned<String>>>,
    pattern: Option<Spanned<String>>,
    positions: Option<Spanned<Vec<usize>>>,
    after: Option<Spanned<String>>,
    within: Option<Spanned<usize>>,
    since: Option<Spanned<String>>,
    until: Option<Spanned<String>>,
    any: Option<Vec<Spanned<String>>>,
    all: Option<Vec<Spanned<String>>>,
    not: Option<Spanned<String>>,
}

/// The ready-made labels, then those of the file at `path`, which may refer to them.
///
/// # Errors
/// When the file cannot be read, or a label of it cannot be used; the problem names the line.
pub fn open(path: Option<&Path>) -> Result<Labels> {
    let mut labels = Labels::new();
    parse(Source { text: READY, path: READY_NAME }, &mut labels)?;
    if let Some(path) = path {
        let text = whole::text(path, whole::BY_HAND)?;
        parse(Source { text: &text, path: &path.display().to_string() }, &mut labels)?;
    }
    Ok(labels)
}

/// Appends the labels of a file to `labels`.
fn parse(source: Source<'_>, labels: &mut Labels) -> Result<()> {
    const SEE: &str = "see data/labels/gender.toml for the format";
    let file: File = toml::from_str(source.text).map_err(|error| source.unreadable(&error, SEE))?;
    if file.labels.is_empty() {
        return Err(Problem::new(source.path, "has no [[labels]]", SEE));
    }
    for entry in file.labels {
        let place = source.place(&entry.span());
        let entry = entry.into_inner();
        let required = |value: &Option<Spanned<String>>, key: &str| {
            let missing = || Problem::new(&place, format_args!("[[labels]] has no {key}"), format_args!("add {key} = \"..\""));
            value.clone().ok_or_else(missing)
        };
        let (name, meaning) = (required(&entry.name, "name")?, required(&entry.meaning, "meaning")?);
        let predicate = predicate(source, labels, &name, &entry)?;
        let printed = |text: &Spanned<String>| source.not_empty(text).map(|text| printable(text.trim()));
        let tag = |text: &Spanned<String>| {
            Tag::new(text.get_ref()).map_err(|error| source.bad(text, &error, "name a tag as the study does, such as FP"))
        };
        let tag = entry.tag.as_ref().map(tag).transpose()?;
        let label = Label { name: printed(&name)?, meaning: printed(&meaning)?, tag, predicate };
        labels.push(label).map_err(|what| source.bad(&name, &what, "change the name, or take labels away"))?;
    }
    Ok(())
}

/// What the keys of `entry`, which is called `name`, mean, of which one must say what the label is.
fn predicate(source: Source<'_>, labels: &Labels, name: &Spanned<String>, entry: &Entry) -> Result<Predicate> {
    let known = |name: &Spanned<String>| {
        labels.find(name.get_ref()).ok_or_else(|| source.bad(name, "is no label before this one", "name one that stands above"))
    };
    let alone =
        |what: &str| source.bad(name, what, "give it one of words, pattern, positions, after, since with until, any, all, not");
    let all_known = |names: &[Spanned<String>]| {
        if names.is_empty() {
            return Err(alone("has no other labels"));
        }
        names.iter().map(known).collect::<Result<Vec<usize>>>()
    };
    if entry.within.is_some() && entry.after.is_none() {
        return Err(alone("has within, which goes with after"));
    }
    let mut found: Vec<Predicate> = Vec::new();
    if let Some(words) = &entry.words {
        if words.is_empty() {
            return Err(alone("has no words"));
        }
        if let Some(other) = words.iter().find(|word| !is_word(word.get_ref())) {
            return Err(source.bad(other, "is not one word of letters and digits", "use a pattern for anything else"));
        }
        found.push(Predicate::Words(Words::new(words.iter().map(|word| word.get_ref().as_str()))));
    }
    if let Some(pattern) = &entry.pattern {
        found.push(Predicate::Pattern(regular_expression(source, pattern)?));
    }
    if let Some(positions) = &entry.positions {
        if positions.get_ref().is_empty() {
            return Err(alone("has no positions"));
        }
        found.push(Predicate::Positions(positions.get_ref().iter().copied().collect()));
    }
    if let Some(after) = &entry.after {
        let within = entry.within.as_ref().map_or(1, |within| *within.get_ref());
        if within == 0 {
            return Err(alone("is within 0 tokens, where nothing is"));
        }
        found.push(Predicate::After { label: known(after)?, within });
    }
    match (&entry.since, &entry.until) {
        (Some(since), Some(until)) => found.push(Predicate::Since { since: known(since)?, until: known(until)? }),
        (None, None) => {}
        _ => return Err(alone("has one of since and until")),
    }
    found.extend(entry.any.as_deref().map(all_known).transpose()?.map(Predicate::Any));
    found.extend(entry.all.as_deref().map(all_known).transpose()?.map(Predicate::All));
    found.extend(entry.not.as_ref().map(known).transpose()?.map(Predicate::Not));
    if found.len() > 1 {
        return Err(alone("says in two ways what it is"));
    }
    found.pop().ok_or_else(|| alone("does not say what it is"))
}

fn regular_expression(source: Source<'_>, pattern: &Spanned<String>) -> Result<Regex> {
    Regex::new(pattern.get_ref()).map_err(|error| {
        let error = error.to_string();
        let reason = error.lines().last().unwrap_or_default().trim_start_matches("error: ");
        let what = format!("is no regular expression: {}", excerpt(reason, 100));
        source.bad(pattern, &what, "the syntax is that of docs.rs/regex")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Labels> {
        let mut labels = Labels::new();
        parse(Source { text, path: "l.toml" }, &mut labels).map(|()| labels)
    }

    #[test]
    fn the_ready_made_labels_are_read_and_others_follow_them() {
        let ready = open(None).unwrap();
        assert!(ready.find("male pronoun").is_some() && ready.find("female name").is_some());
        for (tag, name) in [("FP", "female pronoun"), ("MN", "male name"), ("MS", "male profession")] {
            assert_eq!(ready.all()[ready.find(name).unwrap()].tag.unwrap().as_str(), tag);
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mine.toml");
        std::fs::write(&path, "[[labels]]\nname = \"after he\"\nmeaning = \"m\"\nafter = \"male pronoun\"\n").unwrap();
        assert_eq!(open(Some(&path)).unwrap().all().len(), ready.all().len() + 1);
    }

    #[test]
    fn each_position_of_a_list_stands_for_itself() {
        for (list, expected) in [("[2]", [0, 0, 1, 0]), ("[0, 3]", [1, 0, 0, 1]), ("[3, 0, 1]", [1, 1, 0, 1])] {
            let labels = read(&format!("[[labels]]\nname = \"a\"\nmeaning = \"m\"\npositions = {list}\n")).unwrap();
            let tokens = crate::core::label::Tokens { text: "abcd", spans: &[0..1, 1..2, 2..3, 3..4] };
            assert_eq!(labels.masks(&tokens), expected, "{list}");
        }
    }

    #[test]
    fn faults_are_named_with_their_line() {
        let first = "[[labels]]\nname = \"a\"\nmeaning = \"m\"\n";
        for (rest, says) in [
            ("", "l.toml:2: 'a' does not say what it is"),
            ("words = [\"one\", \"two words\"]", "l.toml:4: 'two words' is not one word"),
            ("pattern = \"(\"", "l.toml:4: '(' is no regular expression: unclosed group"),
            ("positions = []", "l.toml:2: 'a' has no positions"),
            ("words = []", "l.toml:2: 'a' has no words"),
            ("any = []", "l.toml:2: 'a' has no other labels"),
            ("after = \"b\"", "l.toml:4: 'b' is no label before this one"),
            ("not = \"a\"", "l.toml:4: 'a' is no label before this one"),
            ("within = 2\nnot = \"a\"", "within, which goes with after"),
            ("since = \"a\"", "one of since and until"),
            ("words = [\"x\"]\npattern = \"x\"", "in two ways"),
            ("word = [\"x\"]", "l.toml:4: "),
        ] {
            let said = read(&format!("{first}{rest}\n")).unwrap_err().to_string();
            assert!(said.contains(says), "{rest}: {said}");
        }
        for (text, says) in [
            ("", "l.toml: has no [[labels]]; see data/labels/gender.toml"),
            ("\n[[labels]]\nname = \"x\"\nwords = [\"a\"]", "l.toml:2: [[labels]] has no meaning; add meaning = \"..\""),
            ("[[labels]]\nmeaning = \"x\"", "l.toml:1: [[labels]] has no name; add name = \"..\""),
            ("[[labels]]\nname = 5", "l.toml:2: holds 5 where a text should be; see"),
            ("labels = 5", "l.toml:1: holds 5 where a list should be; see"),
            ("label = []", "l.toml:1: has the key 'label' where only labels can stand; see"),
            ("[[labels]", "l.toml:1: has a bracket that is not closed"),
        ] {
            let said = read(text).unwrap_err().to_string();
            assert!(said.starts_with(says), "{text}: {said}");
        }
        let twice = format!("{first}positions = [0]\n{first}positions = [0]\n");
        assert!(read(&twice).unwrap_err().to_string().starts_with("l.toml:6: 'a' is the name of two labels"));
    }
}
