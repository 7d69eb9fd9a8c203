//! Kept answers of both kinds, damaged ones, and folders in which nothing can be kept.

use super::*;
use crate::core::corpus::responses::{LabelRecord, OfFeature};
use crate::core::corpus::tally::Tally;

fn responses(key: &str, fired: u8) -> Responses {
    let mut tally = Tally::new();
    (0..fired).for_each(|count| tally.count(0.1 + f32::from(count) / 3.0, u64::from(count), 2));
    let features = vec![OfFeature { feature: "resid_3/7".parse().unwrap(), tally }];
    let label = |name: &str| LabelRecord { name: name.to_owned(), meaning: String::new(), tag: None, tokens: 3 };
    let labels = ["a", "b"].map(label).to_vec();
    Responses { key: key.to_owned(), corpus: "now".to_owned(), features, labels, bytes: 9, tokens: 300, ..Responses::default() }
}

fn said<A: Answer + std::fmt::Debug>(kept: &KeptAnswers, begun: A) -> String {
    let problem = kept.or_kept(begun).unwrap_err().to_string();
    assert!(problem.ends_with("; delete it, and it is found out again"), "{problem}");
    problem
}

#[test]
fn an_answer_comes_back_as_it_was_and_a_damaged_one_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let kept = KeptAnswers::new(folder.path().join("corpus"));
    assert_eq!(kept.or_kept(responses("a", 0)).unwrap(), responses("a", 0));
    kept.keep(&responses("a", 200)).unwrap();
    assert_eq!(kept.or_kept(responses("a", 0)).unwrap(), responses("a", 200));
    std::fs::write(kept.path("b"), "{").unwrap();
    assert!(said(&kept, responses("b", 0)).contains("b.json: is no kept answer: it ends too early"));
    std::fs::write(kept.path("b"), "{\"key\": 3}").unwrap();
    assert!(said(&kept, responses("b", 0)).contains("is no kept answer: it holds 3 where a text should be"));
    let text = std::fs::read_to_string(kept.path("a")).unwrap();
    for (right, wrong) in [
        ("\"fired\":200", "\"fired\":301"),
        ("\"bytes\":9", "\"bytes\":8"),
        ("\"labelled\":[0,", "\"labelled\":["),
        ("\"read\":0", "\"read\":10"),
        ("\"name\":\"b\"", "\"name\":\"c\""),
        ("3-res-sm/7", "3-res-sm/8"),
        ("\"sum\":", "\"sum\":-"),
    ] {
        assert!(text.contains(right), "{right}: {text}");
        std::fs::write(kept.path("a"), text.replacen(right, wrong, 1)).unwrap();
        assert!(said(&kept, responses("a", 0)).contains("counts that do not belong together"), "{wrong}");
    }
    std::fs::write(kept.path("c"), &text).unwrap();
    assert!(said(&kept, responses("c", 0)).contains("another answer"));
}

#[test]
fn answers_are_bounded_and_the_latest_stays() {
    let folder = tempfile::tempdir().unwrap();
    let kept = KeptAnswers::new(folder.path().to_owned());
    for number in 0..KEPT + 3 {
        kept.keep(&responses(&number.to_string(), 1)).unwrap();
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), KEPT);
    assert!(kept.path(&(KEPT + 2).to_string()).exists());
}

#[test]
fn the_latest_answer_comes_first_and_what_is_none_is_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let kept = KeptAnswers::new(folder.path().to_owned());
    assert_eq!(kept.latest::<Responses>().count(), 0);
    for (key, fired, written) in [("a", 1, 20), ("b", 2, 10), ("c", 3, 30)] {
        kept.keep(&responses(key, fired)).unwrap();
        let file = std::fs::File::options().write(true).open(kept.path(key)).unwrap();
        file.set_modified(std::time::UNIX_EPOCH + Duration::from_secs(written)).unwrap();
    }
    std::fs::write(kept.path("d"), "{").unwrap();
    std::fs::write(folder.path().join("notes.txt"), "{}").unwrap();
    let found: Vec<Responses> = kept.latest().collect();
    assert_eq!(found, [responses("c", 3), responses("a", 1), responses("b", 2)]);
}

#[test]
fn what_would_not_be_read_is_not_written_and_what_is_too_long_can_be_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let kept = KeptAnswers::new(folder.path().to_owned());
    let corpus = "x".repeat(usize::try_from(LONGEST).unwrap());
    assert!(kept.keep(&Responses { corpus, ..responses("a", 0) }).unwrap_err().to_string().contains("would have more than"));
    assert!(!kept.path("a").exists());
    std::fs::File::create(kept.path("a")).unwrap().set_len(LONGEST + 1).unwrap();
    assert!(said(&kept, responses("a", 0)).contains("has more than"));
}

#[test]
fn shuffles_come_back_and_damaged_ones_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let kept = KeptAnswers::new(folder.path().join("shuffled"));
    let begun = |seed| Shuffled { key: "a".to_owned(), seed, shuffles: Vec::new() };
    assert_eq!(kept.or_kept(begun(3)).unwrap(), begun(3));
    let text = r#"{"key":"a","seed":3,"shuffles":[{"features":["0-res-sm/4","0-res-sm/5"],"effects":[0.1,-0.2],"beyond":0.0}]}"#;
    let shuffled: Shuffled = serde_json::from_str(text).unwrap();
    kept.keep(&shuffled).unwrap();
    assert_eq!(kept.or_kept(begun(3)).unwrap(), shuffled);
    assert!(said(&kept, begun(4)).contains("another seed"));
    for (right, wrong) in [
        ("[0.1,-0.2]", "[0.1]"),
        ("sm/5", "sm/4"),
        ("sm/5", "sm/3"),
        ("\"beyond\":0.0", "\"beyond\":-0.1"),
        ("\"beyond\":0.0", "\"beyond\":0.15"),
        ("0.1,", "1e300,"),
    ] {
        std::fs::write(kept.path("a"), text.replace(right, wrong)).unwrap();
        assert!(said(&kept, begun(3)).contains("holds "), "{wrong}");
    }
}

#[test]
fn where_nothing_can_be_kept_the_answer_is_found_out_all_the_same() {
    let nowhere = Problem::environment("HOME", "is not set", "set it");
    let mut keeping = Keeping::new(Err(nowhere.clone()));
    assert!(keeping.is_due());
    keeping.keep(&responses("a", 1));
    assert_eq!((keeping.or_kept(responses("a", 2)), keeping.problem()), (Ok(responses("a", 2)), Some(&nowhere)));
    // A file stands where the folder would have to be.
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut keeping = Keeping::new(Ok(file.path().to_owned()));
    assert_eq!(keeping.problem(), None);
    keeping.keep(&responses("a", 1));
    assert!(keeping.problem().is_some() && !keeping.is_due());
    let mut keeping = Keeping::new(Ok(file.path().to_owned()));
    assert_eq!(keeping.or_kept(responses("a", 2)), Ok(responses("a", 2)));
    assert!(keeping.problem().is_some_and(|problem| problem.to_string().contains("cannot read it")));
}
