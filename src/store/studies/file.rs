//! Reads and checks a study's file. `data/studies/template.toml` explains the format.

use std::collections::BTreeSet;
use std::sync::Arc;

use toml::Spanned;

use super::pair_files::PairFiles;
use crate::core::name::Name;
use crate::core::problem::{Problem, Result};
use crate::core::study::{MOST_VIEWS, RESERVED_NAMES, Study, ViewSpec};
use crate::core::study_source::{PairSource, StudySource};
use crate::core::tags::{TagSpec, Vocabulary};
use crate::core::template::{self, FIELDS, Fault, Part, Template, Use, WordList};
use crate::core::text::{counted, excerpt};
use crate::core::view::{Direction, View};
use crate::store::toml_source::Source;
use crate::store::toml_table::{Table, Value};

/// Reads the study `name` from the file `source`; `files` resolves its paths.
///
/// # Errors
/// The first fault, with its file and line.
pub fn read(name: &str, source: Source<'_>, files: &PairFiles) -> Result<StudySource> {
    let mut root = Table::root(source, "correct the line; `saescope studies new FILE` writes a study to compare with")?;
    root.only(&["title", "compare", "views", "tags", "words", "pairs"])?;
    let title = root.text("title")?.map(|title| source.not_empty(&title)).transpose()?;
    let compare = root.take("compare");
    let tags = tags(source, root.tables("tags")?)?;
    let words = words(source, root.values_of("words")?)?;
    let templates = templates(root.values_of("pairs")?)?;
    let tables = root.tables("views")?;
    if tables.is_empty() {
        return Err(root.problem("has no views", "add one that begins with a line [[views]]"));
    }
    let mut reader = Reader {
        source,
        files,
        words: &words,
        templates: &templates,
        lists: Vec::new(),
        views: Vec::new(),
        room: template::MOST_BYTES,
    };
    for table in tables {
        reader.read(table)?;
    }
    let Reader { lists, mut views, .. } = reader;
    fill_words(&mut views);
    refuse_unused(source, &words, &templates, &lists)?;
    let compare = comparison(source, compare, &views)?;
    let study = Study { name: name.to_owned(), title: title.unwrap_or_else(|| name.to_owned()), views, compare, tags };
    Ok(StudySource { study: Arc::new(study), lists: lists.into_iter().map(|list| list.source).collect() })
}

/// Gives each prompt without a word the first one that a view of the same pairs has for it, whichever way round that view takes the
/// pairs; else a plain one.
fn fill_words(views: &mut [ViewSpec]) {
    let said = views.to_vec();
    for view in views {
        let filled = |prompt: usize| {
            let words = |other: &ViewSpec| {
                let place = if other.direction == view.direction { prompt } else { 1 - prompt };
                [&other.clean, &other.patch][place].clone()
            };
            said.iter().filter(|other| other.pairs == view.pairs).map(words).find(|words| !words.is_empty())
        };
        let filled = [filled(0), filled(1)];
        let own = [(&mut view.clean, "clean prompt"), (&mut view.patch, "patch prompt")];
        for ((words, otherwise), filled) in own.into_iter().zip(filled) {
            if words.is_empty() {
                *words = filled.unwrap_or_else(|| otherwise.to_owned());
            }
        }
    }
}

/// The two views that are compared first; None if there is only one view.
fn comparison(source: Source<'_>, compare: Option<Value<'_>>, views: &[ViewSpec]) -> Result<Option<(View, View)>> {
    let Some(compare) = compare else { return Ok((views.len() > 1).then_some((View(0), View(1)))) };
    let names = compare.texts()?;
    let wrong = |what: &str, remedy: &str| Problem::new(source.place(&names.span()), format_args!("'compare' {what}"), remedy);
    if views.len() == 1 {
        return Err(wrong("needs two views, and the study has one", "leave it out, or add a view"));
    }
    let [first, second] = names.get_ref().as_slice() else {
        return Err(wrong(
            &format!("names {} and should name two", counted(names.get_ref().len(), "view")),
            "write [\"..\", \"..\"]",
        ));
    };
    let known = views.iter().map(|view| view.name.as_str()).collect::<Vec<_>>();
    let find = |name: &Spanned<String>| {
        let place = known.iter().position(|known| known == name.get_ref());
        place
            .map(|place| View(place as u8))
            .ok_or_else(|| source.bad(name, "is not a view of the study", &format!("use two of {}", known.join(", "))))
    };
    let pair = (find(first)?, find(second)?);
    if pair.0 == pair.1 {
        return Err(source.bad(second, "is compared with itself", "name two different views"));
    }
    Ok(Some(pair))
}

fn tags(source: Source<'_>, tables: Vec<Table<'_>>) -> Result<Vocabulary> {
    let mut tags = Vocabulary::default();
    for mut table in tables {
        table.only(&["name", "meaning", "key"])?;
        let text = table.required_text("name")?;
        let name = name(source, &text, "tag")?;
        if Vocabulary::TAKEN_NAMES.iter().any(|taken| taken.eq_ignore_ascii_case(text.get_ref())) {
            return Err(source.bad(&text, "means something else in filters and lists", "choose another name for the tag"));
        }
        if tags.find(text.get_ref()).is_some() {
            return Err(source.bad(&text, "is the name of two tags, capitals or not", "choose another name for one of them"));
        }
        let meaning = source.not_empty(&table.required_text("meaning")?)?;
        let text = table.required_text("key")?;
        let mut characters = text.get_ref().chars();
        let (Some(key), None) =
            (characters.next().filter(|key| Vocabulary::TAKEN_KEYS.contains(key) || Vocabulary::is_key(*key)), characters.next())
        else {
            return Err(source.bad(&text, "is not a key for a tag", "use one character that can be seen"));
        };
        if Vocabulary::TAKEN_KEYS.contains(&key) {
            return Err(source.bad(&text, "rejects a feature or notes something about it", "choose another key"));
        }
        if let Some(other) = tags.of_key(key) {
            return Err(source.bad(&text, &format!("is the key of the tags {} and {name}", other.name), "choose another key"));
        }
        tags.0.push(TagSpec { name, meaning, key });
    }
    Ok(tags)
}

/// A text with single spaces in place of all white space, and none at its ends: other white space cannot be told apart on the screen.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a filter cannot tell two words apart.
fn is_same(word: &str, other: &str) -> bool {
    word.to_lowercase() == other.to_lowercase()
}

/// Checks a name; messages call the named thing `what`.
fn name(source: Source<'_>, text: &Spanned<String>, what: &str) -> Result<Name> {
    Name::new(text.get_ref()).map_err(|wrong| source.bad(text, &wrong, &format!("choose another name for the {what}")))
}

/// Lists of words, each with its place in the file.
type Words = Vec<(Spanned<String>, WordList)>;

fn words(source: Source<'_>, values: Vec<Value<'_>>) -> Result<Words> {
    let list = |value: Value<'_>| {
        let word = value.key.clone();
        let (usage, entries) = if value.is_table() {
            let mut table = value.table(&format!("words.{}", excerpt(word.get_ref(), 80)))?;
            table.only(&["list", "use"])?;
            let usage = table.required_text("use")?;
            let Some(list) = table.take("list") else { return Err(table.problem("has no list", "add list = [\"..\", \"..\"]")) };
            let usage = match usage.get_ref().as_str() {
                "cycled" => Use::Cycled,
                "crossed" => Use::Crossed,
                _ => {
                    return Err(source.bad(
                        &usage,
                        "is not a use of words",
                        "use \"cycled\" or \"crossed\", or write a plain list",
                    ));
                }
            };
            (usage, list.texts()?)
        } else {
            (Use::Paired, value.texts()?)
        };
        let entries = entries.into_inner().into_iter().map(Spanned::into_inner).collect();
        let list = WordList { word: word.get_ref().clone(), entries, usage };
        Ok((word, list))
    };
    values.into_iter().map(list).collect()
}

/// A template, with the places of its name and its fields in the file.
struct Placed {
    name: Spanned<String>,
    fields: [Spanned<String>; 4],
}

impl Placed {
    fn template(&self) -> Template {
        self.fields.each_ref().map(|field| field.get_ref().clone())
    }
}

fn templates(values: Vec<Value<'_>>) -> Result<Vec<Placed>> {
    let template = |value: Value<'_>| {
        let name = value.key.clone();
        let mut table = value.table(&format!("pairs.{}", excerpt(name.get_ref(), 80)))?;
        table.only(&FIELDS)?;
        let [clean_prefix, patch_prefix, clean_answer, patch_answer] = FIELDS.map(|field| table.required_text(field));
        Ok(Placed { name, fields: [clean_prefix?, patch_prefix?, clean_answer?, patch_answer?] })
    };
    values.into_iter().map(template).collect()
}

/// The problem for `fault`, at its place in the file.
fn placed(source: Source<'_>, words: &Words, template: &Placed, fault: Fault) -> Problem {
    let Fault { at, mut what, remedy } = fault;
    if at == Part::Whole {
        what = format!("pairs.{} {what}", excerpt(template.name.get_ref(), 80));
    }
    let span = match &at {
        Part::Field(index) => template.fields[*index].span(),
        Part::Words(word) => {
            let list = words.iter().find(|(name, _)| name.get_ref() == word);
            list.map_or_else(|| template.name.span(), |(name, _)| name.span())
        }
        Part::Whole => template.name.span(),
    };
    Problem::new(source.place(&span), what, remedy)
}

/// Checks that every template is a list of some view, and that every word occurs in a template.
fn refuse_unused(source: Source<'_>, words: &Words, templates: &[Placed], lists: &[List]) -> Result<()> {
    let mut used = BTreeSet::new();
    for template in templates {
        if !lists.iter().any(|list| list.id == Id::Template(template.name.get_ref().clone())) {
            return Err(source.bad(
                &template.name,
                "is a template that no view uses",
                "name it as the pairs of a view, or remove it",
            ));
        }
        used.extend(template::words(&template.template()).map_err(|fault| placed(source, words, template, fault))?);
    }
    match words.iter().find(|(word, _)| !used.contains(word.get_ref())) {
        Some((word, _)) => Err(source.bad(word, "is a word that no template uses", "use it in braces, or remove it")),
        None => Ok(()),
    }
}

/// The identity of a list: two lists with equal ids are one list.
#[derive(Debug, PartialEq, Eq)]
enum Id {
    Template(String),
    File(super::pair_files::Id),
}

struct List {
    id: Id,
    source: PairSource,
}

/// The views read so far, and the lists that they name.
struct Reader<'a> {
    source: Source<'a>,
    files: &'a PairFiles,
    words: &'a Words,
    templates: &'a [Placed],
    lists: Vec<List>,
    views: Vec<ViewSpec>,
    /// Bytes that are left for what templates make.
    room: u64,
}

impl Reader<'_> {
    fn read(&mut self, mut table: Table<'_>) -> Result<()> {
        let source = self.source;
        table.only(&["name", "label", "pairs", "direction", "clean", "patch"])?;
        if self.views.len() == MOST_VIEWS {
            return Err(table.problem("is one view too many", &format!("keep at most {MOST_VIEWS}")));
        }
        let text = table.required_text("name")?;
        let name = self.name(&text)?;
        let label = table.text("label")?.map_or_else(|| Ok(name.to_string()), |label| source.not_empty(&label))?;
        let pairs = table.required_text("pairs")?;
        let pairs = self.list(&pairs)?;
        let direction = match table.text("direction")? {
            None => Direction::Forward,
            Some(text) => [Direction::Forward, Direction::Reversed]
                .into_iter()
                .find(|direction| direction.name() == text.get_ref())
                .ok_or_else(|| source.bad(&text, "is not a direction", "use \"forward\" or \"reversed\""))?,
        };
        let (clean, patch) = self.words(&mut table, pairs, direction)?;
        self.views.push(ViewSpec { name, label, pairs, direction, clean, patch });
        Ok(())
    }

    /// What the view of these pairs calls its clean and its patch prompt; what it says nothing of is empty.
    fn words(&self, table: &mut Table<'_>, pairs: usize, direction: Direction) -> Result<(String, String)> {
        let mut found = [String::new(), String::new()];
        for (place, (key, other)) in [("clean", "patch"), ("patch", "clean")].into_iter().enumerate() {
            let Some(text) = table.text(key)? else { continue };
            let said = one_line(&self.source.not_empty(&text)?);
            let reserved = ["both", other, &format!("{other} prompt")].iter().any(|word| is_same(word, &said));
            if reserved {
                let what = format!("means something else on the screen and in filters than the {key} prompt");
                return Err(self.source.bad(&text, &what, "choose another word for it"));
            }
            if place == 1 && is_same(&found[0], &said) {
                return Err(self.source.bad(
                    &text,
                    "is the word for both prompts",
                    "choose two words that tell the prompts apart",
                ));
            }
            // What one view of the pairs calls one prompt cannot be the other prompt in another view of them.
            let otherwise = |view: &&ViewSpec| {
                let [clean, patch] = [&view.clean, &view.patch];
                let words = if view.direction == direction { [patch, clean] } else { [clean, patch] };
                view.pairs == pairs && is_same(words[place], &said)
            };
            if let Some(view) = self.views.iter().find(otherwise) {
                let what = format!("is the word for the other prompt of these pairs in the view {}", view.name);
                let remedy = if view.direction == direction {
                    "use one word for one prompt"
                } else {
                    "exchange the words of clean and patch, as the two views take the pairs opposite ways, or leave them out"
                };
                return Err(self.source.bad(&text, &what, remedy));
            }
            found[place] = said;
        }
        let [clean, patch] = found;
        Ok((clean, patch))
    }

    fn name(&self, text: &Spanned<String>) -> Result<Name> {
        let source = self.source;
        let view = name(source, text, "view")?;
        let is_plain = text.get_ref().starts_with(|first: char| first.is_ascii_lowercase())
            && !text.get_ref().contains(|character: char| character.is_ascii_uppercase());
        if !is_plain {
            return Err(source.bad(
                text,
                "is not a name for a view",
                "use lower-case letters, digits, - and _, beginning with a letter",
            ));
        }
        if RESERVED_NAMES.contains(&text.get_ref().as_str()) {
            return Err(source.bad(text, "means something else in filters and commands", "choose another name for the view"));
        }
        if self.views.iter().any(|other| other.name == view) {
            return Err(source.bad(text, "is the name of two views", "choose another name for one of them"));
        }
        Ok(view)
    }

    /// The index of the list that a view names as its `pairs`: a template, or otherwise a file.
    fn list(&mut self, pairs: &Spanned<String>) -> Result<usize> {
        let source = self.source;
        let text = source.not_empty(pairs)?;
        let known = |lists: &[List], id: &Id| lists.iter().position(|list| list.id == *id);
        let template = self.templates.iter().find(|template| *template.name.get_ref() == text);
        let (id, found) = if let Some(template) = template {
            let id = Id::Template(text);
            if let Some(index) = known(&self.lists, &id) {
                return Ok(index);
            }
            (id, self.expand(template)?)
        } else {
            let (id, file) = self.files.find(&text).ok_or_else(|| self.unknown(pairs))?;
            (Id::File(id), file)
        };
        if let Some(index) = known(&self.lists, &id) {
            return Ok(index);
        }
        self.lists.push(List { id, source: found });
        Ok(self.lists.len() - 1)
    }

    fn unknown(&self, pairs: &Spanned<String>) -> Problem {
        let names: Vec<String> = self.templates.iter().map(|template| format!("\"{}\"", template.name.get_ref())).collect();
        let templates = match names.as_slice() {
            [] => "add a template of that name".to_owned(),
            names => format!("use a template ({})", names.join(", ")),
        };
        let what = format!("is not a template of this study, and there is no such file in {}", self.files.folder());
        self.source.bad(pairs, &what, &format!("{templates}, or a file's path relative to the study"))
    }

    fn expand(&mut self, template: &Placed) -> Result<PairSource> {
        let lists: Vec<WordList> = self.words.iter().map(|(_, list)| list.clone()).collect();
        let text = template::expand(&template.template(), &lists, self.room)
            .map_err(|fault| placed(self.source, self.words, template, fault))?;
        self.room = self.room.saturating_sub(text.len() as u64);
        Ok(PairSource::Text { name: format!("{}, pairs.{}", self.source.path, template.name.get_ref()), text: text.into() })
    }
}
