//! Pairs of prompts from a template: one pair with words in braces, and lists of words that replace them.

use std::collections::BTreeSet;

use serde::Serialize;

use super::text::{bytes as in_words, excerpt};

/// The most lines that a template may make: a larger number means that too many lists are crossed.
pub const MOST_LINES: usize = 100_000;

/// The most bytes of pair files that the templates of one study may make together: [`MOST_LINES`] with prompts of a hundred words each.
pub const MOST_BYTES: u64 = 64_000_000;

/// The parts of a pair, under their names in a pair file.
pub const FIELDS: [&str; 4] = ["clean_prefix", "patch_prefix", "clean_answer", "patch_answer"];

/// One pair: a text for each of [`FIELDS`]. In it `{word}` stands for an entry of the list `word`, and `{{` and `}}` for
/// braces.
pub type Template = [String; 4];

/// How the entries of a list are distributed to lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// One entry per row, in step with all paired lists of the template.
    Paired,
    /// The next entry for each line, beginning again after the last.
    Cycled,
    /// All entries for each row.
    Crossed,
}

/// A list of words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WordList {
    /// The word that stands in braces.
    pub word: String,
    /// The entries that can replace the word, at least one.
    pub entries: Vec<String>,
    /// How the entries are distributed.
    pub usage: Use,
}

/// A fault in a template, for a caller that knows where each part stands in its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The part that is wrong.
    pub at: Part,
    /// The fault, with the value that is wrong.
    pub what: String,
    /// What to do about it.
    pub remedy: String,
}

/// A part of a template or of its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// One of [`FIELDS`].
    Field(usize),
    /// The list of the word with this name.
    Words(String),
    /// The whole template.
    Whole,
}

/// A field split at its words; each word is the index of its list.
struct Pattern(Vec<Piece<usize>>);

/// A literal text, or the place of a word.
enum Piece<W> {
    Literal(String),
    Word(W),
}

/// A line of a pair file; its fields are in the order of [`FIELDS`].
#[derive(Default, Serialize)]
struct Line {
    clean_prefix: String,
    patch_prefix: String,
    clean_answer: String,
    patch_answer: String,
}

/// The words that `template` names, whether or not there are lists for them.
///
/// # Errors
/// If a brace is not closed or not opened.
pub fn words(template: &Template) -> Result<BTreeSet<String>, Fault> {
    let mut words = BTreeSet::new();
    for (index, text) in template.iter().enumerate() {
        words.extend(pieces(text).map_err(at_field(index))?.into_iter().filter_map(|piece| match piece {
            Piece::Literal(_) => None,
            Piece::Word(word) => Some(word),
        }));
    }
    Ok(words)
}

/// The lines of `template` as the text of a pair file: one JSON object per line.
///
/// The rows of the paired lists follow one another. Each row makes one line for every combination of entries of the crossed
/// lists; the crossed list that is last in `lists` changes fastest. Each line takes the next entry of every cycled list.
/// Without paired lists there is one row.
///
/// `room` is the number of bytes that are left of [`MOST_BYTES`]; what the lines take is reckoned before any of them is made.
///
/// # Errors
/// If the template has an open brace, a word without a list, lists that are empty or do not fit together, more than
/// [`MOST_LINES`], or more bytes than `room`.
pub fn expand(template: &Template, lists: &[WordList], room: u64) -> Result<String, Fault> {
    let parse = |(index, text): (usize, &String)| Pattern::parse(text, lists).map_err(at_field(index));
    let patterns = template.iter().enumerate().map(parse).collect::<Result<Vec<Pattern>, Fault>>()?;
    let used: BTreeSet<usize> = patterns.iter().flat_map(Pattern::lists).collect();
    let of = |usage| used.iter().copied().filter(move |list| lists[*list].usage == usage);
    if let Some(list) = used.iter().map(|list| &lists[*list]).find(|list| list.entries.is_empty()) {
        return Err(fault(&list.word, "has no entries", "add at least one"));
    }
    let rows = rows(lists, of(Use::Paired))?;
    let crossed: Vec<usize> = of(Use::Crossed).collect();
    if let (None, true, Some(cycled)) = (rows, crossed.is_empty(), of(Use::Cycled).next()) {
        let remedy = "make one of the template's lists a plain one, as in word = [\"a\", \"b\"]";
        return Err(fault(&lists[cycled].word, "is cycled, and nothing says how often", remedy));
    }
    let columns = crossed.iter().try_fold(1_usize, |product, list| product.checked_mul(lists[*list].entries.len()));
    let rows = rows.unwrap_or(1);
    let Some((columns, count)) =
        columns.and_then(|columns| Some((columns, rows.checked_mul(columns)?))).filter(|(_, count)| *count <= MOST_LINES)
    else {
        let what = format!("makes more than {MOST_LINES} pairs");
        return Err(Fault { at: Part::Whole, what, remedy: "cross fewer or shorter lists".to_owned() });
    };
    let length = length(&patterns, lists, count)?;
    if length > room {
        let left = if room < MOST_BYTES { format!("what is left ({}) of ", in_words(room)) } else { String::new() };
        let what = format!(
            "makes {} of prompts in {count} pairs, more than {left}the {} that a study's templates may make",
            in_words(length),
            in_words(MOST_BYTES)
        );
        return Err(Fault {
            at: Part::Whole,
            what,
            remedy: "shorten its texts and entries, or cross fewer or shorter lists".to_owned(),
        });
    }
    let mut text = String::new();
    let mut chosen = vec![0; lists.len()];
    for line in 0..count {
        of(Use::Paired).for_each(|list| chosen[list] = line / columns);
        of(Use::Cycled).for_each(|list| chosen[list] = line % lists[list].entries.len());
        let mut rest = line % columns;
        for &list in crossed.iter().rev() {
            chosen[list] = rest % lists[list].entries.len();
            rest /= lists[list].entries.len();
        }
        let fill = |field: usize| patterns[field].fill(lists, &chosen);
        let line = Line { clean_prefix: fill(0), patch_prefix: fill(1), clean_answer: fill(2), patch_answer: fill(3) };
        text.push_str(&json(&line)?);
        text.push('\n');
    }
    Ok(text)
}

/// The bytes of `count` lines, reckoned from what stands how often in them: lines of long texts would fill the memory.
fn length(patterns: &[Pattern], lists: &[WordList], count: usize) -> Result<u64, Fault> {
    let written = |text: &str| -> Result<u64, Fault> {
        let line = Line { clean_prefix: text.to_owned(), ..Line::default() };
        Ok(json(&line)?.len() as u64)
    };
    let frame = written("")?;
    let own = |text: &str| Ok(written(text)? - frame);
    let lines = count as u64;
    // The line break counts, too.
    let mut total = (frame + 1).saturating_mul(lines);
    let mut times = vec![0_u64; lists.len()];
    for piece in patterns.iter().flat_map(|pattern| &pattern.0) {
        match piece {
            Piece::Literal(text) => total = total.saturating_add(own(text)?.saturating_mul(lines)),
            Piece::Word(list) => times[*list] += 1,
        }
    }
    for (list, times) in lists.iter().zip(times).filter(|(_, times)| *times > 0) {
        // An empty entry counts as a byte, since filling it in takes its time as well.
        let entries = list.entries.iter().map(|entry| own(entry).map(|length| length.max(1)));
        let entries = entries.collect::<Result<Vec<u64>, Fault>>()?;
        // Every entry stands in equally many lines, but for the last round through a cycled list.
        let (rounds, rest) = (count / entries.len(), count % entries.len());
        let sum = |entries: &[u64]| entries.iter().fold(0_u64, |sum, length| sum.saturating_add(*length));
        let all = sum(&entries).saturating_mul(rounds as u64).saturating_add(sum(&entries[..rest]));
        total = total.saturating_add(all.saturating_mul(times));
    }
    Ok(total)
}

/// The number of entries of the paired lists; None if there are no such lists.
fn rows(lists: &[WordList], mut paired: impl Iterator<Item = usize>) -> Result<Option<usize>, Fault> {
    let Some(first) = paired.next().map(|list| &lists[list]) else { return Ok(None) };
    let count = first.entries.len();
    if let Some(list) = paired.map(|list| &lists[list]).find(|list| list.entries.len() != count) {
        let entries = if list.entries.len() == 1 { "1 entry".to_owned() } else { format!("{} entries", list.entries.len()) };
        let what = format!("has {entries}, '{}' has {count}", excerpt(&first.word, 80));
        let remedy = "make them equally long, or write { list = [..], use = \"cycled\" } or \"crossed\"";
        return Err(fault(&list.word, &what, remedy));
    }
    Ok(Some(count))
}

fn fault(word: &str, what: &str, remedy: &str) -> Fault {
    Fault { at: Part::Words(word.to_owned()), what: format!("'{}' {what}", excerpt(word, 80)), remedy: remedy.to_owned() }
}

fn json(line: &Line) -> Result<String, Fault> {
    serde_json::to_string(line).map_err(|error| Fault {
        at: Part::Whole,
        what: format!("cannot be written as JSON: {error}"),
        remedy: "report it".to_owned(),
    })
}

/// A fault without its place: what is wrong, and what to do about it.
type Wrong = (String, String);

fn at_field(index: usize) -> impl Fn(Wrong) -> Fault {
    move |(what, remedy)| Fault { at: Part::Field(index), what, remedy }
}

/// Splits `text` at its words in braces.
fn pieces(text: &str) -> Result<Vec<Piece<String>>, Wrong> {
    let wrong = |what: &str, remedy: &str| (format!("'{}' {what}", excerpt(text, 80)), remedy.to_owned());
    let mut pieces = Vec::new();
    let mut literal = String::new();
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '{' | '}' if characters.next_if_eq(&character).is_some() => literal.push(character),
            '{' => {
                let mut word = String::new();
                loop {
                    match characters.next() {
                        Some('}') => break,
                        None | Some('{') => return Err(wrong("has an open brace", "close it, or write {{ for a brace")),
                        Some(character) => word.push(character),
                    }
                }
                if word.is_empty() {
                    return Err(wrong(
                        "has braces with no word between them",
                        "name a word of [words], or write {{}} for braces",
                    ));
                }
                pieces.push(Piece::Literal(std::mem::take(&mut literal)));
                pieces.push(Piece::Word(word));
            }
            '}' => return Err(wrong("closes a brace that is not open", "open it, or write }} for a brace")),
            other => literal.push(other),
        }
    }
    pieces.push(Piece::Literal(literal));
    Ok(pieces)
}

impl Pattern {
    fn parse(text: &str, lists: &[WordList]) -> Result<Self, Wrong> {
        let find = |word: String| {
            lists.iter().position(|list| list.word == word).ok_or_else(|| {
                let known: Vec<String> = lists.iter().map(|list| format!("{{{}}}", list.word)).collect();
                let use_known =
                    if known.is_empty() { String::new() } else { format!("use {}, or ", excerpt(&known.join(", "), 300)) };
                let word = excerpt(&word, 80);
                (format!("'{{{word}}}' is not a word of [words]"), format!("{use_known}add {word} = [..] under [words]"))
            })
        };
        let pieces = pieces(text)?.into_iter().map(|piece| match piece {
            Piece::Literal(literal) => Ok(Piece::Literal(literal)),
            Piece::Word(word) => find(word).map(Piece::Word),
        });
        pieces.collect::<Result<_, _>>().map(Self)
    }

    fn lists(&self) -> impl Iterator<Item = usize> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Literal(_) => None,
            Piece::Word(list) => Some(*list),
        })
    }

    fn fill(&self, lists: &[WordList], chosen: &[usize]) -> String {
        let text = |piece: &Piece<usize>| match piece {
            Piece::Literal(text) => text.clone(),
            Piece::Word(list) => lists[*list].entries[chosen[*list]].clone(),
        };
        self.0.iter().map(text).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn list(word: &str, entries: &[&str], usage: Use) -> WordList {
        WordList { word: word.to_owned(), entries: entries.iter().map(|entry| (*entry).to_owned()).collect(), usage }
    }

    fn template(fields: [&str; 4]) -> Template {
        fields.map(str::to_owned)
    }

    /// The fields of each line; lines are split at line feeds only, as in pair files.
    fn fields(text: &str) -> Vec<Template> {
        let line = |line: &str| {
            let line: Value = serde_json::from_str(line).unwrap();
            FIELDS.map(|field| line[field].as_str().unwrap().to_owned())
        };
        text.split_terminator('\n').map(line).collect()
    }

    /// The fields of each line, joined by `|`.
    fn lines(template: &Template, lists: &[WordList]) -> Vec<String> {
        fields(&expand(template, lists, MOST_BYTES).unwrap()).into_iter().map(|line| line.join("|")).collect()
    }

    #[test]
    fn paired_lists_go_in_step_and_cycled_ones_start_again() {
        let lists = [
            list("man", &["Tom", "Bob", "Jim"], Use::Paired),
            list("woman", &["Ann", "Eve", "Joy"], Use::Paired),
            list("verb", &["runs", "sits"], Use::Cycled),
            list("other", &["not used"], Use::Crossed),
        ];
        let template = template(["{man} {verb}", "{woman} {verb}", " he", " she"]);
        let expected = ["Tom runs|Ann runs| he| she", "Bob sits|Eve sits| he| she", "Jim runs|Joy runs| he| she"];
        assert_eq!(self::lines(&template, &lists), expected);
        let first = r#"{"clean_prefix":"Tom runs","patch_prefix":"Ann runs","clean_answer":" he","patch_answer":" she"}"#;
        assert_eq!(expand(&template, &lists, MOST_BYTES).unwrap().lines().next(), Some(first));
        assert_eq!(words(&template).unwrap().into_iter().collect::<Vec<_>>(), ["man", "verb", "woman"]);
    }

    #[test]
    fn crossed_lists_are_inside_rows_and_the_last_changes_fastest() {
        let lists = [
            list("a", &["1", "2"], Use::Crossed),
            list("row", &["x", "y"], Use::Paired),
            list("b", &["3", "4"], Use::Crossed),
            list("c", &["p", "q", "r"], Use::Cycled),
        ];
        let expected = ["x13p", "x14q", "x23r", "x24p", "y13q", "y14r", "y23p", "y24q"].map(|text| format!("{text}|||"));
        assert_eq!(self::lines(&template(["{row}{a}{b}{c}", "", "", ""]), &lists), expected);
        assert_eq!(self::lines(&template(["{a}{c}", "", "", ""]), &lists), ["1p|||", "2q|||"]);
    }

    #[test]
    fn braces_can_be_written_and_entries_are_taken_as_they_are() {
        let lists = [list("word", &["{word}\"\n"], Use::Paired)];
        assert_eq!(self::lines(&template(["{{{word}}} }}{{", "a", "", ""]), &lists), ["{{word}\"\n} }{|a||"]);
        assert_eq!(self::lines(&template(["a", "b", "c", "d"]), &[]), ["a|b|c|d"]);
    }

    #[test]
    fn every_fault_says_where_and_what_to_do() {
        let many: Vec<String> = (0..400).map(|number| number.to_string()).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let lists = [
            list("two", &["a", "b"], Use::Paired),
            list("three", &["a", "b", "c"], Use::Paired),
            list("none", &[], Use::Crossed),
            list("again", &["a"], Use::Cycled),
            list("many", &many, Use::Crossed),
            list("more", &many, Use::Crossed),
        ];
        let words = |word: &str| Part::Words(word.to_owned());
        let cases = [
            (["{two", "", "", ""], Part::Field(0), "'{two' has an open brace"),
            (["", "{two {three}", "", ""], Part::Field(1), "'{two {three}' has an open brace"),
            (["", "", "two}", ""], Part::Field(2), "'two}' closes a brace that is not open"),
            (["", "", "", "a{}"], Part::Field(3), "'a{}' has braces with no word between them"),
            (["", "{four}", "", ""], Part::Field(1), "'{four}' is not a word of [words]"),
            (["{two}", "{three}", "", ""], words("three"), "'three' has 3 entries, 'two' has 2"),
            (["{none}", "", "", ""], words("none"), "'none' has no entries"),
            (["{again}", "", "", ""], words("again"), "'again' is cycled, and nothing says how often"),
            (["{many}{more}", "", "", ""], Part::Whole, "makes more than 100000 pairs"),
        ];
        for (fields, at, what) in cases {
            let fault = expand(&template(fields), &lists, MOST_BYTES).unwrap_err();
            assert_eq!((fault.at, fault.what.as_str()), (at, what));
            assert!(!fault.remedy.is_empty());
        }
    }

    /// The lines of a study file of 110 kB once took 3.6 GB.
    #[test]
    fn texts_that_would_fill_the_memory_are_refused_before_they_are_made() {
        let many: Vec<String> = (0..3_500).map(|number| number.to_string()).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let lists = [
            list("of", &many, Use::Crossed),
            list("one", &["a"; 25], Use::Paired),
            list("long", &[&"é".repeat(10_000)], Use::Cycled),
        ];
        let long = "a ".repeat(20_000);
        for (fields, says) in [
            (
                [format!("{{of}} {long}{{one}}"), format!("{{of}} {long}{{one}}")],
                "makes 7.01 GB of prompts in 87500 pairs, more than the 64.0 MB",
            ),
            ([format!("{{of}}{}", "{long}".repeat(1_000)), String::new()], "makes 70.00 GB of prompts in 3500 pairs"),
            // What stands for nothing takes time all the same.
            ([format!("{{of}}{}", "{{}}{one}".repeat(10_000)), String::new()], "GB of prompts"),
        ] {
            let [clean, patch] = fields;
            let fault = expand(&[clean, patch, String::new(), String::new()], &lists, MOST_BYTES).unwrap_err();
            assert_eq!(fault.at, Part::Whole);
            assert!(fault.what.contains(says), "{}", fault.what);
        }
        let fault = expand(&template(["{of}", "{of}", "", ""]), &lists, 1_000).unwrap_err();
        assert!(fault.what.contains("more than what is left (1.0 kB) of the 64.0 MB"), "{}", fault.what);
    }

    proptest! {
        #[test]
        fn expansion_is_json_lines_of_the_right_number(
            paired in proptest::collection::vec(".*", 1..6),
            cycled in proptest::collection::vec(".*", 1..6),
            crossed in proptest::collection::vec(".*", 1..6),
            text in "[^{}]*",
        ) {
            let list = |word: &str, entries: &[String], usage| WordList { word: word.to_owned(), entries: entries.to_vec(), usage };
            let lists = [list("p", &paired, Use::Paired), list("c", &cycled, Use::Cycled), list("x", &crossed, Use::Crossed)];
            let template = [format!("{text}{{p}}"), "{c}".to_owned(), "{x}".to_owned(), text.clone()];
            let made = expand(&template, &lists, MOST_BYTES).unwrap();
            let patterns = template.each_ref().map(|text| Pattern::parse(text, &lists).unwrap());
            let length = length(&patterns, &lists, paired.len() * crossed.len()).unwrap();
            let empty = [&paired, &cycled, &crossed].into_iter().flatten().any(String::is_empty);
            prop_assert!(if empty { length >= made.len() as u64 } else { length == made.len() as u64 }, "{} of {}", length, made.len());
            let lines = fields(&made);
            prop_assert_eq!(lines.len(), paired.len() * crossed.len());
            for (index, line) in lines.iter().enumerate() {
                let expected = [
                    format!("{text}{}", paired[index / crossed.len()]),
                    cycled[index % cycled.len()].clone(),
                    crossed[index % crossed.len()].clone(),
                    text.clone(),
                ];
                prop_assert_eq!(line, &expected);
            }
        }
    }
}
