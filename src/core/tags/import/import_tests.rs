//! Tests of the three forms of import, including the notebook's published lists.

use serde_json::Value;

use super::*;
use crate::core::study::testing::{name, names, tag};
use crate::core::submodule::FeatureIndex;
use crate::core::tags::export::to_markdown;
use crate::core::tags::json::to_json;
use crate::core::tags::testing::{subject, vocabulary};
use crate::core::tags::{Tag, TagBook};

const PUBLISHED: &str = include_str!("../../../../data/published/names_comparison.json");

fn imported(text: &str, scope: Scope) -> (TagBook, Vec<Problem>) {
    let subject = subject();
    let exists = |feature: FeatureId| feature.submodule.layer.0 < 6;
    let views: Vec<_> = names().views.iter().map(|view| view.name).collect();
    let imported = import(
        text,
        &Target { name: "list.md", subject: &subject, scope, vocabulary: &vocabulary(), views: &views, exists: &exists },
    );
    let mut book = TagBook::new(subject.clone());
    book.apply(imported.edit);
    (book, imported.problems)
}

fn feature(name: &str) -> FeatureId {
    let (submodule, index) = name.split_once('/').unwrap();
    FeatureId { submodule: submodule.parse().unwrap(), index: FeatureIndex(index.parse().unwrap()) }
}

fn published(view: &str) -> Vec<Value> {
    let file: Value = serde_json::from_str(PUBLISHED).unwrap();
    file["top30_tags"][view].as_array().unwrap().clone()
}

/// The list in the notebook's own form.
fn list(entries: &[Value]) -> String {
    let lines = entries.iter().map(|entry| {
        let [layer, note] = ["layer", "note"].map(|key| entry[key].as_str().unwrap());
        let mark = if entry["rejected"] == true { "X " } else { "" };
        format!("- {mark}{{'modelId': 'pythia-70m-deduped', 'layer': '{layer}', 'index': '{}'}}, {note}\n", entry["index"])
    });
    lines.collect()
}

#[test]
fn the_published_lists_are_read_whole_and_written_back() {
    for view in ["male", "female"] {
        let entries = published(view);
        let (book, problems) = imported(&list(&entries), Scope::In(name(view)));
        assert_eq!((problems, book.entries().count()), (Vec::new(), 30));
        for entry in &entries {
            let [layer, note] = ["layer", "note"].map(|key| entry[key].as_str().unwrap());
            let (feature, _, marks) = book
                .entries()
                .find(|(feature, ..)| {
                    crate::core::neuronpedia::layer_name(feature.submodule) == layer && entry["index"] == feature.index.0
                })
                .unwrap();
            assert_eq!(entry["rejected"] == true, marks.rejected, "{feature}");
            let note_with_tags = note.replace("No act", "NOACT");
            let named: Vec<Tag> =
                vocabulary().0.iter().map(|tag| tag.name).filter(|tag| note_with_tags.contains(tag.as_str())).collect();
            assert_eq!(named, vocabulary().ordered(&marks.tags), "{feature}: {note}");
            assert!(marks.note.is_empty() || marks.note == note);
        }
        let (again, problems) = imported(&to_markdown(&book, &vocabulary()), Scope::Everywhere);
        assert_eq!(problems, []);
        assert_eq!(again.features(), book.features());
    }
}

#[test]
fn lists_may_be_laid_out_in_many_ways() {
    let text = "\u{feff}# Top 30\r\n\r\n  * X{\"modelId\": \"pythia-70m-deduped\", 'layer': '5-res-sm', 'index': 26074} , FP\r\n\
        3. `{'layer': '3-att-sm', 'index': '7', 'modelId': 'pythia-70m-deduped'}`, FP (AMB?)\n\
        {'layer': '0-mlp-sm', 'index': '1'}\n## Female ##\n• {'layer': '0-mlp-sm', 'index': '1'} MW";
    let (book, problems) = imported(text, Scope::In(name("male")));
    assert_eq!(problems, []);
    let entries: Vec<String> =
        book.entries().map(|(feature, scope, marks)| format!("{feature} {scope} {} {}", marks.rejected, marks.note)).collect();
    assert_eq!(entries, ["3-att-sm/7 male false FP (AMB?)", "0-mlp-sm/1 female false ", "5-res-sm/26074 male true "]);
}

#[test]
fn unreadable_lines_are_named_and_the_rest_imported() {
    let lines = [
        "{'layer': '5-res-sm', 'index': '1'}, FP",
        "the male list",
        "# {'layer': '5-res-sm', 'index': '1'}, FP",
        "Y {'layer': '5-res-sm', 'index': '1'}, FP",
        "{'layer': '5-res-sm', 'index': '1', FP",
        "{'layer': '5-res-jb', 'index': '1'}, FP",
        "{'layer': '05-res-sm', 'index': '1'}, FP",
        "{'layer': '5-res-sm', 'index': 'one'}, FP",
        "{'layer': '6-res-sm', 'index': '1'}, FP",
        "{'modelId': 'gpt2-small', 'layer': '5-res-sm', 'index': '1'}, FP",
        "{'layer': '5-res-sm', 'index': '1'}, {'layer': '5-res-sm', 'index': '2'}",
        "{'index': '1'}, FP",
        "{'layer': '5-res-sm', 'index': '2'}, MP",
    ];
    let (book, problems) = imported(&lines.join("\n"), Scope::Everywhere);
    assert_eq!(book.features().len(), 2);
    assert_eq!(problems.len(), 11);
    for (problem, number) in problems.iter().zip(2..) {
        assert!(problem.to_string().starts_with(&format!("list.md: line {number} ")), "{problem}");
    }
}

#[test]
fn annotations_of_feature_circuits_become_notes() {
    let text = concat!(
        r#"{"Component": "resid", "Layer": "5", "Feature": "3036", "Name": "resid_5/3036", "Annotation": "verbs", "Notes": "on \"that\""}"#,
        "\n",
        r#"{"Component": "mlp", "Layer": 3, "Name": "3/mlp_6782", "Annotation": "FP", "Notes": ""}"#,
        "\n\n",
        r#"{"Component": "embed", "Layer": "", "Name": "embed/293", "Annotation": "plural nouns", "Notes": ""}"#,
        "\n{\"Name\": \n",
    );
    let (book, problems) = imported(text, Scope::Everywhere);
    assert_eq!(book.of(feature("resid_5/3036")).in_scope(Scope::Everywhere).note, "verbs; on \"that\"");
    let pronoun = book.of(feature("mlp_3/6782")).in_scope(Scope::Everywhere);
    assert_eq!((pronoun.tags.iter().copied().collect::<Vec<_>>(), pronoun.note.as_str()), (vec![tag("FP")], ""));
    assert_eq!(book.of(feature("embed/293")).in_scope(Scope::Everywhere).note, "plural nouns");
    assert_eq!(problems.len(), 1);
    assert!(problems[0].to_string().starts_with("list.md: line 5 is not an annotation"), "{}", problems[0]);
}

#[test]
fn own_json_comes_back_and_that_of_others_is_refused() {
    let (book, _) = imported(&list(&published("male")), Scope::In(name("male")));
    let text = to_json(&book).unwrap();
    let (again, problems) = imported(&text, Scope::Everywhere);
    assert_eq!((again.features(), problems), (book.features(), Vec::new()));
    let (other, problems) = imported(&text.replace("0123456789abcdef", "fedcba9876543210"), Scope::Everywhere);
    assert!(other.features().is_empty());
    assert!(problems[0].to_string().contains("fedcba987654"), "{}", problems[0]);
    let (cut, problems) = imported(text.get(..text.len() / 2).unwrap(), Scope::Everywhere);
    assert!(cut.features().is_empty() && problems.len() == 1);
}

#[test]
fn an_import_adds_and_is_one_step() {
    let (mut book, _) = imported("{'layer': '0-res-sm', 'index': '1'}, end FN", Scope::Everywhere);
    let (subject, vocabulary) = (subject(), vocabulary());
    let target = Target {
        name: "list.md",
        subject: &subject,
        scope: Scope::Everywhere,
        vocabulary: &vocabulary,
        views: &[],
        exists: &|_| true,
    };
    let more = "X {'layer': '0-res-sm', 'index': '1'}, MN ?\n{'layer': '0-res-sm', 'index': '2'}, FP";
    let before = book.features().clone();
    book.apply(notebook(more, &target).edit);
    let marks = book.of(feature("resid_0/1")).in_scope(Scope::Everywhere);
    assert_eq!((marks.note.as_str(), marks.rejected, marks.tags.len()), ("end FN / MN ?", true, 2));
    book.undo();
    assert_eq!(book.features(), &before);
}
