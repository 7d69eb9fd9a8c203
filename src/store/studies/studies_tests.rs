//! Tests of study files, and of the messages for faulty ones.

use super::*;
use crate::core::study::{MOST_VIEWS, RESERVED_NAMES};
use crate::core::tags::Vocabulary;
use crate::core::view::Direction;

const FILE: &str = "mine.toml";

/// A correct study; the tests change parts of it.
const GOOD: &str = r#"title = "Mine"
compare = ["a", "b"]
[[views]]
name = "a"
pairs = "first"
[[views]]
name = "b"
pairs = "first"
direction = "reversed"
[[tags]]
name = "FP"
meaning = "female pronoun"
key = "p"
[[tags]]
name = "MP"
meaning = "male pronoun"
key = "P"
[words]
man = ["Tom", "Bob"]
woman = ["Ann", "Eve"]
verb = { list = ["runs"], use = "cycled" }
[pairs.first]
clean_prefix = "{man} {verb}"
patch_prefix = "{woman} {verb}"
clean_answer = " he"
patch_answer = " she"
"#;

fn read_text(text: &str) -> Result<StudySource> {
    from_text(text, Path::new(FILE))
}

fn text_of(source: &PairSource) -> &str {
    match source {
        PairSource::Text { text, .. } => text,
        PairSource::File(path) => panic!("{} is a file", path.display()),
    }
}

#[test]
fn a_study_is_read_with_what_is_left_out() {
    let StudySource { study, lists } = read_text(GOOD).unwrap();
    assert_eq!((study.name.as_str(), study.title.as_str(), study.compare), ("mine", "Mine", Some((View(0), View(1)))));
    assert_eq!(lists.len(), 1);
    assert_eq!(lists[0].name(), "mine.toml, pairs.first");
    assert_eq!(text_of(&lists[0]).lines().count(), 2);
    let [a, b] = study.views.as_slice() else { panic!("{study:?}") };
    assert_eq!((a.label.as_str(), a.clean.as_str(), a.patch.as_str()), ("a", "clean prompt", "patch prompt"));
    assert_eq!((a.pairs, a.direction, b.pairs, b.direction), (0, Direction::Forward, 0, Direction::Reversed));
    let without = |line: &str| read_text(&GOOD.replace(line, "")).unwrap().study;
    assert_eq!(without("title = \"Mine\"\n").title, "mine");
    assert_eq!(without("compare = [\"a\", \"b\"]\n").compare, study.compare);
    // A view without words takes those of a view of the same pairs, the other way round if it takes these so.
    let worded = read_text(&GOOD.replace("name = \"a\"", "name = \"a\"\nclean = \"he\"\npatch = \"she\"")).unwrap().study;
    let words: Vec<(&str, &str)> = worded.views.iter().map(|view| (view.clean.as_str(), view.patch.as_str())).collect();
    assert_eq!(words, [("he", "she"), ("she", "he")]);
    // One word alone is filled from the other view, too, and white space at its ends is not part of it.
    let (a, b) = ("name = \"a\"\nclean = \"he\"\npatch = \"she \"", "name = \"b\"\nclean = \" she\"");
    let half = read_text(&GOOD.replace("name = \"a\"", a).replace("name = \"b\"", b)).unwrap().study;
    let words: Vec<(&str, &str)> = half.views.iter().map(|view| (view.clean.as_str(), view.patch.as_str())).collect();
    assert_eq!(words, [("he", "she"), ("she", "he")]);
    let swapped = read_text(&GOOD.replace("[\"a\", \"b\"]", "[\"b\", \"a\"]")).unwrap().study;
    assert_eq!(swapped.compare, Some((View(1), View(0))));
}

#[test]
fn one_view_is_enough() {
    let text = "[[views]]\nname = \"only\"\npairs = \"p\"\n[pairs.p]\nclean_prefix = \"a\"\npatch_prefix = \"b\"\nclean_answer = \"c\"\npatch_answer = \"d\"\n";
    let StudySource { study, lists } = read_text(text).unwrap();
    assert_eq!((study.views.len(), study.compare, study.tags.0.len()), (1, None, 0));
    assert_eq!(
        text_of(&lists[0]),
        "{\"clean_prefix\":\"a\",\"patch_prefix\":\"b\",\"clean_answer\":\"c\",\"patch_answer\":\"d\"}\n"
    );
}

/// [`GOOD`] with one part changed.
fn change(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "{from}");
    GOOD.replacen(from, to, 1)
}

/// The text of a faulty study, and the beginning of its message.
type Case = (String, &'static str);

fn faults_of_keys_and_types() -> Vec<Case> {
    vec![
        // Text that is not TOML.
        (change("title = \"Mine\"", "title = Mine"), "mine.toml:1: "),
        (
            change("[[views]]", "[[views"),
            "mine.toml:3: has a bracket that is not closed; correct the line; `saescope studies new FILE`",
        ),
        (change("[words]", "title = \"x\"\nname = 1\n[words]"), "mine.toml:19: has the key 'name' twice"),
        // Keys.
        (
            change("title", "titel"),
            "mine.toml:1: 'titel' is not a key of the file; use title, compare, views, tags, words, pairs",
        ),
        (
            change("direction", "directoin"),
            "mine.toml:9: 'directoin' is not a key of [[views]]; use name, label, pairs, direction, clean, patch",
        ),
        (change("meaning", "means"), "mine.toml:12: 'means' is not a key of [[tags]]; use name, meaning, key"),
        (change("use = ", "how = "), "mine.toml:21: 'how' is not a key of [words.verb]; use list, use"),
        (
            change("clean_prefix", "clean"),
            "mine.toml:23: 'clean' is not a key of [pairs.first]; use clean_prefix, patch_prefix, clean_answer, patch_answer",
        ),
        // Types.
        (change("\"Mine\"", "3"), "mine.toml:1: 'title' is a number and should be a text; write it in quotes"),
        (change("\"Mine\"", "\" \""), "mine.toml:1: ' ' is empty; name something"),
        (change("[\"a\", \"b\"]", "true"), "mine.toml:2: 'compare' is true or false and should be a list of texts; write ["),
        (change("[\"Tom\", \"Bob\"]", "[\"Tom\", 1]"), "mine.toml:19: 'man' has an entry that is no text; write ["),
        (change("[\"Tom\", \"Bob\"]", "\"Tom\""), "mine.toml:19: 'man' is a text and should be a list of texts; write ["),
        (change("[\"runs\"]", "\"runs\""), "mine.toml:21: 'list' is a text and should be a list of texts; write ["),
        (
            "views = 1\n".to_owned(),
            "mine.toml:1: 'views' is a number and should be a list of tables; begin each with a line [[views]]",
        ),
        ("views = [1]\n".to_owned(), "mine.toml:1: [[views]] has an entry that is not a table; begin each with a line [[views]]"),
        ("words = 1\n".to_owned(), "mine.toml:1: 'words' is a number and should be a table; begin it with a line [words]"),
        ("\npairs.x = []\n".to_owned(), "mine.toml:2: 'x' is a list and should be a table; begin it with a line [pairs.x]"),
    ]
}

fn faults_of_views() -> Vec<Case> {
    vec![
        // Views.
        (String::new(), "mine.toml:1: the file has no views; add one that begins with a line [[views]]"),
        (change("pairs = \"first\"\n", ""), "mine.toml:3: [[views]] has no pairs; add pairs = \"..\""),
        (change("name = \"b\"\n", ""), "mine.toml:6: [[views]] has no name; add name = \"..\""),
        (change("name = \"b\"", "name = \"a\""), "mine.toml:7: 'a' is the name of two views; choose another name"),
        (change("name = \"b\"", "name = \"B\""), "mine.toml:7: 'B' is not a name for a view; use lower-case letters"),
        (change("name = \"b\"", "name = \"2b\""), "mine.toml:7: '2b' is not a name for a view; use lower-case letters"),
        (
            change("name = \"b\"", "name = \"b c\""),
            "mine.toml:7: 'b c' is not a name of letters, digits, - and _; choose another",
        ),
        (
            change("name = \"b\"", "name = \"effect\""),
            "mine.toml:7: 'effect' means something else in filters and commands; choose",
        ),
        (
            change("pairs = \"first\"", "pairs = \"second\""),
            "mine.toml:5: 'second' is not a template of this study, and there is no such file in this folder; use a template (\"first\"), \
             or a file's path",
        ),
        (
            change("pairs = \"first\"", "pairs = \"no/such.json\""),
            "mine.toml:5: 'no/such.json' is not a template of this study, and",
        ),
        (
            change("name = \"b\"", "name = \"b\"\nclean = \"Patch\""),
            "mine.toml:8: 'Patch' means something else on the screen and in filters than the clean prompt; choose another word",
        ),
        (change("name = \"b\"", "name = \"b\"\npatch = \"both\""), "mine.toml:8: 'both' means something else on the screen"),
        (
            change("name = \"b\"", "name = \"b\"\nclean = \"x\"\npatch = \"X\""),
            "mine.toml:9: 'X' is the word for both prompts; choose two words",
        ),
        (change("name = \"b\"", "name = \"b\"\npatch = \"both \""), "mine.toml:8: 'both ' means something else on the screen"),
        (
            change("name = \"b\"", "name = \"b\"\nclean = \"a  wo\u{e4}\"\npatch = \"a WO\u{c4} \""),
            "mine.toml:9: 'a WO\u{c4} ' is the word for both prompts; choose two words",
        ),
        // The words of two views of the same pairs.
        (
            change("name = \"a\"", "name = \"a\"\nclean = \"he\"").replace("name = \"b\"", "name = \"b\"\nclean = \"he\""),
            "mine.toml:9: 'he' is the word for the other prompt of these pairs in the view a; exchange the words of clean and patch, as",
        ),
        (
            change("name = \"a\"", "name = \"a\"\nclean = \"he\"").replace("direction = \"reversed\"", "patch = \"He\""),
            "mine.toml:10: 'He' is the word for the other prompt of these pairs in the view a; use one word for one prompt",
        ),
        (change("\"reversed\"", "\"back\""), "mine.toml:9: 'back' is not a direction; use \"forward\" or \"reversed\""),
        // The views that are compared first.
        (change("[\"a\", \"b\"]", "[\"a\", \"c\"]"), "mine.toml:2: 'c' is not a view of the study; use two of a, b"),
        (change("[\"a\", \"b\"]", "[\"a\", \"a\"]"), "mine.toml:2: 'a' is compared with itself; name two different views"),
        (change("[\"a\", \"b\"]", "[\"a\"]"), "mine.toml:2: 'compare' names 1 view and should name two; write ["),
        (
            change("[[views]]\nname = \"b\"\npairs = \"first\"\ndirection = \"reversed\"\n", ""),
            "mine.toml:2: 'compare' needs two views, and the study has one; leave it out, or add a view",
        ),
    ]
}

fn faults_of_tags_and_words() -> Vec<Case> {
    vec![
        // Tags.
        (change("name = \"MP\"", "name = \"fp\""), "mine.toml:15: 'fp' is the name of two tags, capitals or not; choose"),
        (change("name = \"MP\"", "name = \"Any\""), "mine.toml:15: 'Any' means something else in filters and lists; choose"),
        (change("name = \"MP\"", "name = \"M P\""), "mine.toml:15: 'M P' is not a name of letters, digits, - and _; choose"),
        (change("key = \"P\"", "key = \"p\""), "mine.toml:17: 'p' is the key of the tags FP and MP; choose another key"),
        (change("key = \"P\"", "key = \"x\""), "mine.toml:17: 'x' rejects a feature or notes something about it; choose"),
        (change("key = \"P\"", "key = \"PP\""), "mine.toml:17: 'PP' is not a key for a tag; use one character that can be seen"),
        (
            change("key = \"P\"", "key = \"\\t\""),
            "mine.toml:17: '\\t' is not a key for a tag; use one character that can be seen",
        ),
        (change("key = \"P\"", "key = \"\""), "mine.toml:17: '' is not a key for a tag; use one character that can be seen"),
        (change("key = \"P\"\n", ""), "mine.toml:14: [[tags]] has no key; add key = \"..\""),
        // Words and templates.
        (
            change("\"cycled\"", "\"paired\""),
            "mine.toml:21: 'paired' is not a use of words; use \"cycled\" or \"crossed\", or write",
        ),
        (change(", use = \"cycled\"", ""), "mine.toml:21: [words.verb] has no use; add use = \"..\""),
        (change("list = [\"runs\"], ", ""), "mine.toml:21: [words.verb] has no list; add list = ["),
        (change("[\"Ann\", \"Eve\"]", "[\"Ann\"]"), "mine.toml:20: 'woman' has 1 entry, 'man' has 2; make them equally long, or"),
        (change("[\"runs\"]", "[]"), "mine.toml:21: 'verb' has no entries; add at least one"),
        (
            change("[words]", "[words]\nplace = [\"here\"]"),
            "mine.toml:19: 'place' is a word that no template uses; use it in braces",
        ),
        (
            change("{woman} {verb}", "{woman} {adverb}"),
            "mine.toml:24: '{adverb}' is not a word of [words]; use {man}, {woman}, {verb}, or add adverb = [..] under [words]",
        ),
        (change("{woman} {verb}", "{woman {verb}"), "mine.toml:24: '{woman {verb}' has an open brace; close it, or write {{"),
        (change("patch_answer = \" she\"\n", ""), "mine.toml:22: [pairs.first] has no patch_answer; add patch_answer = \"..\""),
        (
            format!(
                "{GOOD}[pairs.second]\nclean_prefix = \"a\"\npatch_prefix = \"a\"\nclean_answer = \"a\"\npatch_answer = \"a\"\n"
            ),
            "mine.toml:27: 'second' is a template that no view uses; name it as the pairs of a view, or remove it",
        ),
    ]
}

#[test]
fn every_fault_names_its_line_the_value_and_a_remedy() {
    let cases = [faults_of_keys_and_types(), faults_of_views(), faults_of_tags_and_words()].concat();
    for (text, says) in &cases {
        let problem = read_text(text).expect_err(says).to_string();
        assert!(problem.starts_with(says), "expected {says}\nis       {problem}\n{text}");
        assert!(!problem.contains('\n') && !problem.ends_with("; "), "{problem}");
        for word in ["untagged", "struct", "enum", "variant", "Spanned", "De", "invalid type"] {
            assert!(!problem.contains(word), "{problem}");
        }
    }
    for reserved in RESERVED_NAMES {
        assert!(read_text(&change("name = \"b\"", &format!("name = \"{reserved}\""))).is_err(), "{reserved}");
    }
    for key in Vocabulary::TAKEN_KEYS {
        assert!(read_text(&change("key = \"P\"", &format!("key = \"{key}\""))).is_err(), "{key}");
    }
}

#[test]
fn there_is_a_largest_number_of_views_and_of_pairs() {
    let words: Vec<String> = (0..400).map(|number| format!("\"{number}\"")).collect();
    let list = words.join(", ");
    let crossed = GOOD.replace("{ list = [\"runs\"], use = \"cycled\" }", &format!("{{ list = [{list}], use = \"crossed\" }}"));
    assert_eq!(text_of(&read_text(&crossed).unwrap().lists[0]).lines().count(), 800);
    let far = crossed.replace("[pairs.first]", &format!("more = {{ list = [{list}], use = \"crossed\" }}\n[pairs.first]"));
    let problem = read_text(&far.replace("\" he\"", "\"{more}\"")).unwrap_err().to_string();
    assert_eq!(problem, "mine.toml:23: pairs.first makes more than 100000 pairs; cross fewer or shorter lists");

    let view = |number: usize| format!("[[views]]\nname = \"v{number}\"\npairs = \"first\"\n");
    let (head, rest) = GOOD.split_once("[[tags]]").unwrap();
    let with = |count: usize| {
        let views: String = (2..count).map(view).collect();
        read_text(&format!("{head}{views}[[tags]]{rest}"))
    };
    assert_eq!(with(MOST_VIEWS).unwrap().study.views.len(), MOST_VIEWS);
    let problem = with(MOST_VIEWS + 1).unwrap_err().to_string();
    assert!(problem.ends_with("[[views]] is one view too many; keep at most 64"), "{problem}");
}

#[test]
fn files_are_found_beside_the_study_and_shared_by_views() {
    let folder = tempfile::tempdir().unwrap();
    let study = folder.path().join("studies/mine.toml");
    std::fs::create_dir(folder.path().join("studies")).unwrap();
    std::fs::write(folder.path().join("pairs.json"), "{}\n").unwrap();
    let text =
        "[[views]]\nname = \"a\"\npairs = \"../pairs.json\"\n[[views]]\nname = \"b\"\npairs = \"./../studies/../pairs.json\"\n";
    std::fs::write(&study, text).unwrap();
    let source = Studies::with(None).open(study.to_str().unwrap()).unwrap();
    assert_eq!(source.lists, [PairSource::File(folder.path().join("studies/../pairs.json"))]);
    assert_eq!(source.study.views.iter().map(|view| view.pairs).collect::<Vec<_>>(), [0, 0]);
    std::fs::remove_file(folder.path().join("pairs.json")).unwrap();
    let problem = read(&study).unwrap_err().to_string();
    assert!(
        problem.contains("mine.toml:3: '../pairs.json' is not a template of this study, and there is no such file in "),
        "{problem}"
    );
}

#[test]
fn the_programs_studies_read_the_same_from_disk() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for built_in in built_in() {
        let inside = built_in.open().unwrap();
        let disk = read(&root.join("data/studies").join(format!("{}.toml", built_in.name))).unwrap();
        assert_eq!(inside.study, disk.study);
        assert_eq!(inside.study.name, built_in.name);
        let text = |list: &PairSource| match list {
            PairSource::Text { text, .. } => text.to_string(),
            PairSource::File(path) => std::fs::read_to_string(path).unwrap(),
        };
        assert_eq!(inside.lists.iter().map(text).collect::<Vec<_>>(), disk.lists.iter().map(text).collect::<Vec<_>>());
    }
}

#[test]
fn the_study_of_names_is_as_it_was() {
    let StudySource { study, lists } = Studies::with(None).open(NAMES).unwrap();
    let views: Vec<_> = study.views.iter().map(|view| (view.name.as_str(), view.pairs, view.direction)).collect();
    let expected = [("male", 0, Direction::Forward), ("female", 0, Direction::Reversed), ("baseline", 1, Direction::Forward)];
    assert_eq!(views, expected);
    assert_eq!(study.compare, Some((View(0), View(2))));
    assert_eq!(lists.iter().map(PairSource::name).collect::<Vec<_>>(), ["data/names.json", "data/baseline_names.json"]);
    let tags: Vec<_> = study.tags.0.iter().map(|tag| (tag.name.as_str(), tag.key, tag.meaning.as_str())).collect();
    let expected = [
        ("FP", 'p', "female pronoun"),
        ("MP", 'P', "male pronoun"),
        ("FW", 'w', "female word other than pronouns and names"),
        ("MW", 'W', "male word other than pronouns and names"),
        ("FN", 'n', "female name"),
        ("MN", 'N', "male name"),
        ("NOT", 't', "not about gender"),
        ("AMB", 'a', "ambiguous: several meanings"),
        ("MAYBE", 'm', "perhaps about gender"),
        ("NOACT", 'z', "no activations known"),
    ];
    assert_eq!(tags, expected);
}

#[test]
fn pairs_alone_make_the_study_of_names_with_other_pairs() {
    let with = pairs_only("p.json".into(), Some("b.json".into())).unwrap();
    assert_eq!(with.study, Studies::with(None).open(NAMES).unwrap().study);
    assert_eq!(with.lists, [PairSource::File("p.json".into()), PairSource::File("b.json".into())]);
    let without = pairs_only("p.json".into(), None).unwrap();
    assert_eq!(without.study.names(), ["male", "female"]);
    assert_eq!(without.study.compare, Some((View(0), View(1))));
    assert_eq!(without.lists, [PairSource::File("p.json".into())]);
}

#[test]
fn ones_own_studies_have_names_that_clash_with_none() {
    let folder = tempfile::tempdir().unwrap();
    let studies = Studies::with(Some(folder.path().join("studies")));
    assert_eq!(studies.own().unwrap(), Vec::<PathBuf>::new());
    std::fs::create_dir(folder.path().join("studies")).unwrap();
    let own = folder.path().join("studies/mine.toml");
    std::fs::write(&own, GOOD).unwrap();
    std::fs::write(folder.path().join("studies/notes.txt"), "").unwrap();
    assert_eq!(studies.own().unwrap(), [own]);
    assert_eq!(studies.open("mine").unwrap().study.title, "Mine");
    assert_eq!(studies.open(NAMES).unwrap().study.title, "Names");
    std::fs::write(folder.path().join("studies/names.toml"), GOOD).unwrap();
    let problem = studies.open(NAMES).unwrap_err().to_string();
    assert!(
        problem.ends_with("names.toml: has the name of the study 'names' inside the program; give the file another name"),
        "{problem}"
    );
    let problem = studies.open("nams").unwrap_err().to_string();
    assert!(
        problem.starts_with("study 'nams': is not known; use names, professions, template, one of your own in "),
        "{problem}"
    );
    let problem = studies.open("no/such.toml").unwrap_err().to_string();
    assert!(problem.starts_with("no/such.toml: cannot read it: "), "{problem}");
}

#[test]
fn the_templates_of_a_study_share_one_bound() {
    let long = format!("\"{{man}} {}\"", "a ".repeat(40_000));
    let more = |name: &str| {
        format!(
            "[pairs.{name}]\nclean_prefix = {long}\npatch_prefix = \"{{woman}}\"\nclean_answer = \" he\"\npatch_answer = \" she\"\n"
        )
    };
    let views = |names: &[&str]| -> String {
        let view = |name: &&str| format!("[[views]]\nname = \"{name}\"\npairs = \"{name}\"\n");
        names.iter().map(view).collect()
    };
    let names = |name: &str| format!("{name} = [{}]\n", vec!["\"Tom\""; 300].join(", "));
    let words = format!("[words]\n{}{}", names("man"), names("woman"));
    let study = |names: &[&str]| views(names) + &words + &names.iter().map(|name| more(name)).collect::<String>();
    assert!(read_text(&study(&["c", "d"])).is_ok());
    let said = read_text(&study(&["c", "d", "e"])).unwrap_err().to_string();
    assert!(
        said.contains(": pairs.e makes 24.0 MB of prompts in 300 pairs, more than what is left (15.9 MB) of the 64.0 MB"),
        "{said}"
    );
}
