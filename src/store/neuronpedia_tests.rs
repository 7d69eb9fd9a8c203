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
    assert_eq!(residual.features[&7], known("female names / the name \"Anna\"", Some(12.5), Some(0.001)));
    assert_eq!(residual.features[&9], known("", Some(0.5), None));
    assert_eq!(attention.features[&3], known("verbs", None, None));
    let explainers: Vec<(&str, usize)> = residual.explainers.iter().map(|(name, count)| (name.as_str(), *count)).collect();
    assert_eq!(explainers, [("np_acts by gpt-4o-mini", 1), ("oai by unknown model", 1)]);
}

#[test]
fn a_new_import_replaces_labels_and_keeps_what_it_does_not_say() {
    let new = Imported { features: BTreeMap::from([(7, known("new", None, None))]), ..Imported::default() };
    let before = BTreeMap::from([(7, known("old", Some(1.0), None)), (8, known("kept", None, Some(0.5)))]);
    assert_eq!(
        new.over(before).features,
        BTreeMap::from([(7, known("new", Some(1.0), None)), (8, known("kept", None, Some(0.5)))])
    );
}

#[test]
fn what_is_no_export_is_refused_with_file_and_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("batch.jsonl");
    let lines = |text: &[u8]| {
        std::fs::write(&path, text).unwrap();
        read(&path, &|| ()).unwrap_err().to_string()
    };
    assert!(
        lines(b"{\"modelId\":\"m\",\"layer\":\"0-res-sm\",\"index\":\"x\",\"description\":\"d\"}\n")
            .contains("line 1 is no line")
    );
    assert!(lines(format!("{EXPLANATIONS}[1]\n").as_bytes()).contains("line 5 is no line"));
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
