//! Tests that every form holds the same rows: one feature with all that can be said of it, and others.

use std::sync::Arc;

use super::{Extract, Pages, csv, json, lists, markdown, tsv};
use crate::core::detail_index::DetailIndex;
use crate::core::effects::{Detail, ErrorTerm, SubmoduleEffects, ViewEffects};
use crate::core::families::{Alike, Families};
use crate::core::filter::Filter;
use crate::core::findings::Findings;
use crate::core::findings::Source;
use crate::core::neuronpedia::Hosted;
use crate::core::pair_effects::PairEffects;
use crate::core::ranking::Ranked;
use crate::core::rows::Spec;
use crate::core::rows::arrange::arrange;
use crate::core::rows::{Listing, Shown};
use crate::core::run::Method;
use crate::core::selection::Selection;
use crate::core::study::testing::{BASELINE, MALE, names, tag};
use crate::core::submodule::{FeatureId, FeatureIndex, Submodule, SubmoduleKind};
use crate::core::tags::{Edit, Scope, Subject, TagBook};
use crate::core::view_findings::ViewFindings;

const MODEL: &str = "pythia-70m-deduped";

/// Three views with two features in each dictionary of one layer; the effects of later views are larger.
fn findings() -> Findings {
    let source = Source::Published { method: Method::Ig, steps: 1 };
    let mut findings = Findings::new(source, Arc::new(names()), MODEL.to_owned(), 1);
    for (place, view) in names().all().enumerate() {
        let scale = 1.0 + place as f32;
        let submodules = Submodule::all(1).into_iter().map(|submodule| SubmoduleEffects {
            submodule,
            dictionary_features: 32_768,
            features: vec![FeatureIndex(3), FeatureIndex(26_074)],
            effects: vec![0.1 * scale, -0.7 * scale],
            standard_errors: vec![0.012_345_6, if place == 0 { f32::NAN } else { 0.25 * place as f32 }],
            position_effects: vec![0.1, -0.7],
            pair_effects: PairEffects::default(),
            error: ErrorTerm { effect: 0.5, standard_error: f32::NAN, position_effects: vec![0.5] },
            gradient_dot_change: None,
        });
        let effects = ViewEffects {
            view,
            clean_metrics: vec![0.0, 0.0],
            patch_metrics: vec![2.0, 2.0],
            positions: 1,
            submodules: submodules.collect(),
            detail: Detail::default(),
        };
        *findings.view_mut(view) = ViewFindings::from_effects(effects, 1);
    }
    findings
}

fn feature(kind: SubmoduleKind, index: u32) -> FeatureId {
    FeatureId { submodule: Submodule::new(kind, 0), index: FeatureIndex(index) }
}

fn book() -> TagBook {
    let mut book = TagBook::new(Subject { model: MODEL.to_owned(), dictionaries: String::new() });
    let strong = feature(SubmoduleKind::Attention, 26_074);
    book.apply(Edit::Toggle(strong, Scope::Everywhere, tag("FP")));
    book.apply(Edit::Toggle(strong, Scope::Everywhere, tag("FN")));
    book.apply(Edit::Reject(strong, Scope::Everywhere, true));
    book.apply(Edit::Note(strong, Scope::Everywhere, "a|b\t\"c\"\n*d*".to_owned()));
    book
}

/// What `take` makes of the rows of `shown` above 0.15 that match `filter`, with pages or without.
fn taken<T>(shown: Shown, filter: &str, has_pages: bool, take: impl FnOnce(&Extract<'_>) -> T) -> T {
    let (findings, book) = (findings(), book());
    let filter = Filter::parse(filter, &findings.study).unwrap();
    let spec = Spec { filter, ..Spec::all(shown, Selection::Threshold(0.15)) };
    extracted(&findings, &book, &spec, has_pages, take)
}

/// What `take` makes of the rows of `spec`.
fn extracted<T>(findings: &Findings, book: &TagBook, spec: &Spec, has_pages: bool, take: impl FnOnce(&Extract<'_>) -> T) -> T {
    let Listing { rows, folded, .. } = arrange(findings, book.features(), spec);
    let title = spec.title(&findings.study, false);
    let pages = has_pages.then(|| Pages::of(findings, &Hosted::default()).unwrap());
    take(&Extract { findings, tags: book.features(), spec, rows: &rows, folded: &folded, title: &title, pages })
}

/// Two copies are one line that names the other; without families there is no such column.
#[test]
fn a_family_is_one_line_that_names_its_members() {
    let (left, right) = (feature(SubmoduleKind::Mlp, 26_074), feature(SubmoduleKind::Residual, 26_074));
    let entry = Detail {
        features: vec![left, right],
        entry_features: vec![0, 1],
        entry_examples: vec![0, 0],
        entry_positions: vec![0, 0],
        entry_effects: vec![-0.7, -0.7],
        entry_clean: vec![1.0, 2.0],
        entry_patch: vec![0.0, 0.0],
        ..Detail::default()
    };
    let families = Families::new([left, right], &[Alike { left, right, cosine: 0.9 }], &DetailIndex::new(entry, 2));
    let spec = Spec { families: Some(Arc::new(families)), ..Spec::all(Shown::Single(MALE), Selection::Threshold(0.15)) };
    let (findings, book) = (findings(), book());
    let rows = table(&extracted(&findings, &book, &spec, false, |extract| tsv(extract).unwrap()), b'\t');
    let place = rows[0].iter().position(|key| key == "copies").unwrap();
    let shown: Vec<(&str, &str)> = rows[1..].iter().map(|row| (row[1].as_str(), row[place].as_str())).collect();
    assert_eq!(shown, [("0-att-sm/26074", ""), ("0-mlp-sm/26074", "0-res-sm/26074")]);
    let object: serde_json::Value =
        serde_json::from_str(&extracted(&findings, &book, &spec, false, |extract| json(extract).unwrap())).unwrap();
    assert_eq!(object["features"][1]["copies"], serde_json::json!(["0-res-sm/26074"]));
    let text = extracted(&findings, &book, &spec, false, markdown);
    let lines: Vec<&str> = text.lines().skip(2).collect();
    assert!(lines[0].ends_with("| note | copies |") && lines[1].ends_with("| --- | --- |"), "{text}");
    assert!(lines[3].ends_with("|  | 0-res-sm/26074 |") && lines.len() == 4, "{text}");
    assert!(!taken(Shown::Single(MALE), "", false, |extract| tsv(extract).unwrap()).contains("copies"));
}

fn table(text: &str, separator: u8) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().delimiter(separator).has_headers(false).from_reader(text.as_bytes());
    reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
}

#[test]
fn a_table_for_programs_has_full_numbers_and_everything_that_is_said() {
    let text = taken(Shown::Single(MALE), "", true, |extract| tsv(extract).unwrap());
    let rows = table(&text, b'\t');
    let head = "rank feature submodule index effect standard_error male_effect male_standard_error \
                female_effect female_standard_error baseline_effect baseline_standard_error";
    let head: Vec<&str> = head.split(' ').chain(["tags", "rejected", "note", "neuronpedia_layer", "page"]).collect();
    assert_eq!(rows[0].iter().filter(|key| head.contains(&key.as_str())).collect::<Vec<_>>(), head);
    assert!(rows.len() == 4 && rows.iter().all(|row| row.len() == rows[0].len()), "{text}");
    let cell = |row: usize, key: &str| rows[row][rows[0].iter().position(|other| other == key).unwrap()].as_str();
    let cells = ["rank", "feature", "submodule", "index", "effect", "standard_error", "baseline_effect"].map(|key| cell(1, key));
    assert_eq!(cells, ["1", "0-att-sm/26074", "attn_0", "26074", "-0.7", "", "-2.1"]);
    let cells = ["tags", "rejected", "note", "neuronpedia_layer"].map(|key| cell(1, key));
    assert_eq!(cells, ["FP FN", "yes", "a|b\\t\"c\"\\n*d*", "0-att-sm"]);
    assert_eq!(cell(1, "page"), "https://neuronpedia.org/pythia-70m-deduped/0-att-sm/26074");
    assert_eq!((cell(2, "tags"), cell(2, "rejected")), ("", "no"));
    assert_eq!((cell(1, "male_standard_error"), cell(1, "female_standard_error")), ("", "0.25"));
    let csv = taken(Shown::Single(MALE), "", true, |extract| csv(extract).unwrap());
    assert_eq!(table(&csv, b','), rows);
    let without = taken(Shown::Single(MALE), "", false, |extract| tsv(extract).unwrap());
    assert!(!without.contains("neuronpedia.org"));
}

#[test]
fn a_table_to_read_is_the_table_of_the_screen() {
    let text = taken(Shown::Single(MALE), "tag=FP", true, markdown);
    assert_eq!(
        text.lines().next().unwrap(),
        "**Names male |effect| > 0.15, filter tag=FP**".replace('|', "\\|").replace('>', "\\>")
    );
    let [head, row] = [2, 4].map(|line| text.lines().nth(line).unwrap());
    assert!(
        head.starts_with("| # | feature | effect | s.e. | effect/s.e. | 95 % interval | fires on | female | baseline |"),
        "{head}"
    );
    assert!(head.ends_with("| tags | note |"), "{head}");
    let page = "https://neuronpedia.org/pythia-70m-deduped/0-att-sm/26074";
    assert!(row.starts_with(&format!("| 1 | [0-att-sm/26074]({page}) | -0.7000 |  |  |  |  | -1.4000 | -2.1000 |")), "{row}");
    assert!(row.ends_with("| X FP FN | a\\|b\\\\t\"c\"\\\\n\\*d\\* |"), "{row}");
    assert_eq!(text.lines().count(), 5);
}

#[test]
fn an_object_has_the_effects_of_all_views_and_the_selection() {
    let text = taken(Shown::Difference(MALE, BASELINE), "layer=0", false, |extract| json(extract).unwrap());
    let object: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(object["title"], "Names difference male-baseline |effect| > 0.15, filter layer=0");
    assert_eq!((&object["filter"], &object["of"][1]), (&"layer=0".into(), &"baseline".into()));
    let first = &object["features"][0];
    assert_eq!((&first["side"], &first["feature"]), (&"baseline".into(), &"0-att-sm/3".into()));
    assert_eq!(first["effects"]["female"].to_string(), "0.2");
    assert_eq!(first["standard_errors"]["female"].to_string(), "0.0123456");
    assert_eq!(first["tags"], serde_json::json!([]));
    assert_eq!(object["errors"]["attn_0"]["male"]["effect"].to_string(), "0.5");
}

#[test]
fn names_and_links_hold_the_same_features() {
    let shown = Shown::Single(MALE);
    assert_eq!(taken(shown, "", true, names_of), "0-att-sm/26074\n0-mlp-sm/26074\n0-res-sm/26074\n");
    let links = taken(shown, "kind=mlp", true, |extract| lists::links(extract).unwrap());
    assert!(links.len() == 1 && links[0].matches("modelId").count() == 1 && links[0].contains("0-mlp-sm"), "{links:?}");
    assert!(taken(shown, "", false, |extract| lists::links(extract).is_err() && lists::saved_list(extract).is_err()));
}

#[test]
fn a_saved_list_describes_features_by_their_tags_and_notes() {
    let text = taken(Shown::Single(MALE), "kind!=resid", true, |extract| lists::saved_list(extract).unwrap());
    let body: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(body["name"], "Names male |effect| > 0.15, filter kind!=resid");
    let expected = [("0-att-sm", "X FP FN: a|b\\t\"c\"\\n*d*"), ("0-mlp-sm", "")].map(|(layer, description)| {
        serde_json::json!({ "modelId": MODEL, "layer": layer, "index": 26_074, "description": description })
    });
    assert_eq!(body["features"], serde_json::json!(expected));
}

#[test]
fn features_have_pages_only_where_their_dictionaries_are_those_shown() {
    let found = findings();
    let pages = Pages::of(&found, &Hosted::default()).unwrap();
    assert!(pages.reference(feature(SubmoduleKind::Mlp, 32_767)).is_ok());
    let beyond = pages.reference(feature(SubmoduleKind::Mlp, 32_768)).unwrap_err();
    assert_eq!(beyond, "0-mlp-sm/32768 has no page: Neuronpedia shows 32768 features, numbered from 0");
    let mut others = found.clone();
    others.model = "other".to_owned();
    assert!(Pages::of(&others, &Hosted::default()).unwrap_err().contains("does not host other"));
    // A model whose width there is not known: that of its own dictionaries counts.
    let pages = Pages::of(&others, &Hosted::also(["other".to_owned()])).unwrap();
    assert!(pages.reference(feature(SubmoduleKind::Mlp, 32_768)).is_err());
    let mut narrow = found.view(MALE).submodules().next().unwrap().effects().clone();
    narrow.dictionary_features = 512;
    let mut own = Findings::new(found.source.clone(), Arc::new(names()), MODEL.to_owned(), 1);
    own.insert(MALE, Arc::new(Ranked::new(narrow)));
    // Each dictionary is judged by its own width.
    let pages = Pages::of(&own, &Hosted::default()).unwrap();
    assert!(pages.reference(feature(SubmoduleKind::Mlp, 1)).is_ok());
    let reason = pages.reference(feature(SubmoduleKind::Attention, 1)).unwrap_err();
    assert_eq!(reason, "Neuronpedia shows dictionaries of pythia-70m-deduped with 32768 features; these have 512");
}

/// Where the site shows some of the dictionaries, the features of the others are named by nothing there, in no form.
#[test]
fn features_without_a_page_have_no_name_on_the_site_in_any_form() {
    let (mut findings, book) = (findings(), book());
    let mut narrow = findings.view(MALE).submodules().next().unwrap().effects().clone();
    assert_eq!(narrow.submodule.kind, SubmoduleKind::Attention);
    narrow.dictionary_features = 30_000;
    findings.insert(MALE, Arc::new(Ranked::new(narrow)));
    let spec = Spec::all(Shown::Single(MALE), Selection::Threshold(0.15));
    for (some, expected) in [(true, ["", "0-mlp-sm", "0-res-sm"]), (false, ["", "", ""])] {
        for (separator, take) in [(b',', csv as fn(&Extract<'_>) -> _), (b'\t', tsv)] {
            let rows = table(&extracted(&findings, &book, &spec, some, |extract| take(extract).unwrap()), separator);
            let column = |key: &str| {
                let place = rows[0].iter().position(|other| other == key).unwrap();
                rows[1..].iter().map(move |row| row[place].clone())
            };
            assert!(column("neuronpedia_layer").eq(expected), "{rows:?}");
            assert!(column("page").map(|page| page.is_empty()).eq(expected.map(str::is_empty)), "{rows:?}");
        }
        let object: serde_json::Value =
            serde_json::from_str(&extracted(&findings, &book, &spec, some, |extract| json(extract).unwrap())).unwrap();
        for (feature, expected) in object["features"].as_array().unwrap().iter().zip(expected) {
            assert_eq!(
                (&feature["neuronpedia_layer"], feature["neuronpedia"].is_null()),
                (&expected.into(), expected.is_empty())
            );
        }
        let text = extracted(&findings, &book, &spec, some, markdown);
        assert_eq!(text.matches("neuronpedia.org").count(), expected.iter().filter(|name| !name.is_empty()).count(), "{text}");
    }
}

fn names_of(extract: &Extract<'_>) -> String {
    super::names(extract)
}
