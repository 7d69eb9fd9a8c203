//! Tests of the exports, on random books and on the notebook's published lists.

use proptest::prelude::*;

use super::*;
use crate::core::study::testing::{name, tag};
use crate::core::submodule::FeatureId;
use crate::core::tags::import::{Target, notebook};
use crate::core::tags::testing::{books, config, subject, vocabulary};
use crate::core::tags::{Edit, Marks, Tag, TagSpec};

fn reimported(text: &str) -> TagBook {
    let subject = subject();
    let other = TagSpec { name: tag("STEREO"), meaning: String::new(), key: 's' };
    let vocabulary = Vocabulary([vocabulary().0, vec![other]].concat());
    let target = Target {
        name: "tags.md",
        subject: &subject,
        scope: Scope::Everywhere,
        vocabulary: &vocabulary,
        views: &[],
        exists: &|_| true,
    };
    let imported = notebook(text, &target);
    assert_eq!(imported.problems, []);
    let mut book = TagBook::new(subject.clone());
    book.apply(imported.edit);
    book
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_record_of_the_csv_holds_its_marks(book in books()) {
        let text = to_csv(&book, &vocabulary()).unwrap();
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let records: Vec<csv::StringRecord> = reader.records().map(|record| record.unwrap()).collect();
        prop_assert_eq!(records.len(), book.entries().count());
        for (record, (feature, scope, marks)) in records.iter().zip(book.entries()) {
            let tags = record[4].split_whitespace().map(|tag| Tag::new(tag).unwrap()).collect();
            let marks = &Marks { note: marks.shown_note(), ..marks.clone() };
            let read = Marks { tags, rejected: &record[5] == "true", note: record[6].to_owned() };
            prop_assert_eq!(&format!("{}/{}", &record[2], &record[1]), &feature.to_string());
            prop_assert_eq!((Scope::new(&record[3]).unwrap(), &read), (scope, marks));
        }
    }

    #[test]
    fn the_markdown_is_read_back_as_it_was_and_holds_no_control_character(book in books()) {
        let text = to_markdown(&book, &vocabulary());
        let read = reimported(&text);
        prop_assert_eq!(read.features(), book.features());
        prop_assert!(text.lines().all(|line| printable(line) == line));
    }
}

#[test]
fn a_line_looks_as_in_the_notebook() {
    let mut book = TagBook::new(subject());
    let scope = Scope::In(name("male"));
    let feature: FeatureId =
        FeatureId { submodule: "resid_5".parse().unwrap(), index: crate::core::submodule::FeatureIndex(26074) };
    book.apply(Edit::Toggle(feature, scope, tag("FP")));
    book.apply(Edit::Reject(feature, scope, true));
    assert_eq!(
        to_markdown(&book, &vocabulary()),
        "# Tags of pythia-70m-deduped\n\n## male\n\n- X {'modelId': 'pythia-70m-deduped', 'layer': '5-res-sm', 'index': '26074'}, FP\n"
    );
    assert_eq!(
        to_csv(&book, &vocabulary()).unwrap(),
        "submodule,index,neuronpedia_layer,scope,tags,rejected,note\nresid_5,26074,5-res-sm,male,FP,true,\n"
    );
}
