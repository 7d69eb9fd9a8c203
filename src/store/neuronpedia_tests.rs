//! Tests of the export on files in its layout.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;

const EXPLANATIONS: &str = r#"{"id":"a","modelId":"m","layer":"0-res-sm","index":"7","description":" female names ","typeName":"np_acts","explanationModelName":"gpt-4o-mini","embedding":[0.1,-2e-3],"scores":[{"value":1}]}
{"id":"b","modelId":"m","layer":"0-res-sm","index":"7","description":"the name \"Anna\"","typeName":"oai","explanationModelName":null}

{"id":"c","modelId":"m","layer":"1-att-sm","index":3,"description":"verbs"}
"#;

const FEATURES: &str = r#"{"modelId":"m","layer":"0-res-sm","index":"7","maxActApprox":12.5,"frac_nonzero":0.001,"pos_str":["she"],"pos_values":[1.5]}
{"modelId":"m","layer":"0-res-sm","index":"9","maxActApprox":0.5,"frac_nonzero":null}
"#;

fn gzipped(text: &str) -> Vec<u8> {
    // Two members, as files that were put together have.
    let (first, second) = text.split_at(text.len() / 2);
    let member = |text: &str| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    [member(first), member(second)].concat()
}

fn room(most: u64) -> Room {
    Room { most, taken: AtomicU64::new(0) }
}

fn feature(labels: &[&str], largest: Option<f32>, rate: Option<f32>) -> Feature {
    Feature { labels: labels.iter().map(|label| (*label).to_owned()).collect(), largest, rate }
}

fn known(label: &str, largest: Option<f32>, rate: Option<f32>) -> Known {
    Known { label: label.to_owned(), largest, rate }
}

#[test]
fn a_folder_of_the_export_is_read_and_activations_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let at = |path: &str, bytes: &[u8]| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    };
    at("m/0-res-sm/explanations/batch-0.jsonl.gz", &gzipped(EXPLANATIONS));
    at("m/0-res-sm/features/batch-0.jsonl", FEATURES.as_bytes());
    at("m/0-res-sm/activations/batch-0.jsonl.gz", b"not even gzip");
    at("m/0-res-sm/README.txt", b"not read");
    let export = read(folder.path(), &|| ()).unwrap();
    assert_eq!((export.files, export.other_lines), (2, 0));
    let [residual, attention] = [("m", "0-res-sm"), ("m", "1-att-sm")]
        .map(|(model, source)| &export.dictionaries[&(model.to_owned(), source.to_owned())]);
    assert_eq!(residual.features[&7], feature(&["female names", "the name \"Anna\""], Some(12.5), Some(0.001)));
    assert_eq!(residual.features[&9], feature(&[], Some(0.5), None));
    assert_eq!(attention.features[&3], feature(&["verbs"], None, None));
    let all = residual.clone().over(BTreeMap::new());
    assert_eq!(all[&7], known("female names / the name \"Anna\"", Some(12.5), Some(0.001)));
    let explainers: Vec<(&str, usize)> = residual.explainers.iter().map(|(name, count)| (name.as_str(), *count)).collect();
    assert_eq!(explainers, [("np_acts by gpt-4o-mini", 1), ("oai by unknown model", 1)]);
}

#[test]
fn a_new_import_replaces_labels_and_keeps_what_it_does_not_say() {
    let new = Imported { features: BTreeMap::from([(7, feature(&["new"], None, None))]), ..Imported::default() };
    let before = BTreeMap::from([(7, known("old", Some(1.0), None)), (8, known("kept", None, Some(0.5)))]);
    let after = BTreeMap::from([(7, known("new", Some(1.0), None)), (8, known("kept", None, Some(0.5)))]);
    assert_eq!(new.over(before), after);
}

fn line(index: usize, description: &str) -> String {
    format!("{{\"modelId\":\"m\",\"layer\":\"0-res-sm\",\"index\":{index},\"description\":\"{description}\"}}\n")
}

#[test]
fn a_feature_keeps_a_bounded_number_of_labels_and_none_twice() {
    let lines: String = (0..2).flat_map(|_| 0..50).map(|number| line(1, &format!("label {number}"))).collect();
    let folder = tempfile::tempdir().unwrap();
    // The same twice, in files that are read on their own.
    for name in ["a.jsonl", "b.jsonl"] {
        std::fs::write(folder.path().join(name), &lines).unwrap();
    }
    let export = read(folder.path(), &|| ()).unwrap();
    let imported = &export.dictionaries[&("m".to_owned(), "0-res-sm".to_owned())];
    let expected: Vec<String> = (0..OF_FEATURE).map(|number| format!("label {number}")).collect();
    assert_eq!(imported.features[&1].labels, expected);
    // Thirty lines in each of two rounds of each of two files.
    assert_eq!(imported.left_out, 120);
    assert_eq!(imported.explainers.values().sum::<usize>(), 200);
}

#[test]
fn explainers_beyond_the_first_are_counted_together() {
    let mut imported = Imported::default();
    for number in 0..100 {
        imported.explained(format!("explainer {number:03}"), 2);
    }
    imported.explained("explainer 000".to_owned(), 1);
    assert_eq!((imported.explainers.len(), imported.explainers[OTHERS]), (EXPLAINERS + 1, 160));
    assert_eq!(imported.explainers["explainer 000"], 3);
}

/// A file of a few kilobytes can hold megabytes, and files that each take little can together take much.
#[test]
fn what_a_file_unpacks_to_and_what_is_kept_are_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let long = "x".repeat(900);
    let text: String = (0..1000).map(|index| line(index, &long)).collect();
    let packed = gzipped(&text);
    assert!(packed.len() * 50 < text.len());
    for name in ["a.jsonl.gz", "b.jsonl.gz"] {
        std::fs::write(folder.path().join(name), &packed).unwrap();
    }
    let within = |unpacked, kept| read_within(folder.path(), Limits { unpacked, kept }, &|| ()).map(|export| export.files);
    assert_eq!(within(1 << 20, 4 << 20), Ok(2));
    let unpacked = within(1 << 19, 4 << 20).unwrap_err().to_string();
    assert!(unpacked.contains(" ends behind the 524.3 kB that a file of the export can have, unpacked; "), "{unpacked}");
    let kept = within(1 << 20, 1 << 20).unwrap_err().to_string();
    assert!(kept.contains(" says more of features than fits into 1.0 MB of memory; import one dictionary at a time"), "{kept}");
    // A label is cut, whatever its length.
    let mut export = Export::default();
    let longer = line(1, &"é".repeat(5000));
    export.take(&Line::parse(longer.as_bytes()).unwrap(), &room(1 << 20)).unwrap();
    let imported = export.dictionaries.values().next().unwrap();
    assert_eq!(imported.features[&1].labels[0], format!("{}…", "é".repeat(LABEL)));
}

#[test]
fn what_is_no_export_is_refused_with_file_and_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("batch.jsonl");
    let lines = |text: &[u8]| {
        std::fs::write(&path, text).unwrap();
        read(&path, &|| ()).unwrap_err().to_string()
    };
    let wrong = lines(b"{\"modelId\":\"m\",\"layer\":\"0-res-sm\",\"index\":\"x\",\"description\":\"d\"}\n");
    assert!(wrong.contains(": line 1 has the index \"x\"; it must be a whole number"), "{wrong}");
    assert!(lines(format!("{EXPLANATIONS}[1]\n").as_bytes()).contains(": line 5 is [1] where an object is expected"));
    assert!(lines(b"<!DOCTYPE html><html>\n").contains("is a web page, not the file itself"));
    assert!(
        lines(b"{\"modelId\":\"m\",\"layer\":\"0-res-sm\",\"index\":\"1\"}\n")
            .contains("has no labels: 1 line with neither description nor maxActApprox")
    );
    let cut = gzipped(EXPLANATIONS);
    assert!(lines(&cut[..cut.len() - 9]).contains("cannot be read"));
    assert!(read(&folder.path().join("none"), &|| ()).unwrap_err().to_string().contains("none"));
    std::fs::remove_file(&path).unwrap();
    assert!(read(folder.path(), &|| ()).unwrap_err().to_string().contains("holds no files"));
}

#[test]
fn files_of_other_kinds_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("batch-0.jsonl");
    for (bytes, says) in [
        (
            format!("\u{feff}{EXPLANATIONS}").into_bytes(),
            "line 1 begins with a byte order mark; save the file as UTF-8 without it",
        ),
        (gzipped(&format!("\u{feff}{EXPLANATIONS}")), "line 1 begins with a byte order mark"),
        (
            b"PK\x03\x04\x14\0\0\0".to_vec(),
            "is a zip archive, perhaps of torch.save or numpy, where a text is expected; unpack it",
        ),
        (b"GGUF\x03\0\0\0".to_vec(), "is a GGUF file"),
    ] {
        std::fs::write(&path, &bytes).unwrap();
        let said = read(&path, &|| ()).unwrap_err().to_string();
        assert!(said.contains(says), "{says}: {said}");
    }
}

#[test]
fn a_packed_file_that_is_damaged_is_said_in_words_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.jsonl.gz");
    let whole = gzipped(EXPLANATIONS);
    let mut checksum = whole.clone();
    let at = checksum.len() - 6;
    checksum[at] ^= 1;
    let mut inside = whole.clone();
    inside[20] ^= 0xff;
    for (bytes, says) in [
        (&whole[..whole.len() - 12], "the packed file ends too early"),
        (&checksum, "the packed bytes of the file are damaged"),
        (&inside, "the packed"),
    ] {
        std::fs::write(&path, bytes).unwrap();
        let said = read(&path, &|| ()).unwrap_err().to_string();
        assert!(said.contains(says) && !said.contains("stream"), "{said}");
    }
}
