//! What others say of features: the Neuronpedia export, and the files that the program keeps of it.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use saescope::core::explanations::{Known, OfDictionary};
use saescope::core::submodule::Submodule;
use saescope::store::explanations::{self, Header};
use saescope::store::neuronpedia::{self, Export};

use crate::harness::{Door, Verdict};
use crate::mutate::Mutator;

/// A file of explanations, one of features, and one with an older form of the index.
fn exports() -> Vec<Vec<u8>> {
    let explanations = r#"{"id":"a","modelId":"m","layer":"0-res-sm","index":"7","description":" female names ","typeName":"np_acts","explanationModelName":"gpt-4o-mini","embedding":[0.1,-2e-3]}
{"id":"b","modelId":"m","layer":"0-res-sm","index":"7","description":"the name \"Anna\" \ud83c\udff3","typeName":"oai","explanationModelName":null}

{"id":"c","modelId":"m","layer":"1-att-sm","index":"4194303","description":"verbs / nouns"}
"#;
    let features = r#"{"modelId":"m","layer":"0-res-sm","index":"7","maxActApprox":12.5,"frac_nonzero":0.001,"pos_str":["she"],"pos_values":[1.5]}
{"modelId":"m","layer":"0-res-sm","index":"9","maxActApprox":0.5,"frac_nonzero":null}
"#;
    let older = r#"{"modelId":"m","layer":"0-res-sm","index":3,"description":"numbers"}"#;
    [explanations, features, older].map(|text| text.as_bytes().to_vec()).to_vec()
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Everything that was taken over is small, can be the name of a file, and is the same when it is read back.
fn sound(export: Export) -> Result<(), String> {
    for ((model, source), imported) in export.dictionaries {
        explanations::path(Path::new("data"), &model, &source).map_err(|problem| problem.to_string())?;
        if imported.explainers.len() > 21 {
            return Err(format!("{} explainers", imported.explainers.len()));
        }
        let known = imported.over(BTreeMap::new());
        for Known { label, largest, rate } in known.values() {
            let finite = [largest, rate].into_iter().flatten().all(|number| number.is_finite());
            if label.len() > 80_100 || label.chars().any(char::is_control) || !finite {
                return Err(format!("{label:?} {largest:?} {rate:?}"));
            }
        }
        let all = OfDictionary::new(&known)?;
        let (indices, ends, largest, rates, text) = all.arrays();
        let again = OfDictionary::from_arrays(indices.into(), ends.into(), largest.into(), rates.into(), text.to_owned())?;
        if again.known() != known {
            return Err("it reads back as something else".to_owned());
        }
    }
    Ok(())
}

fn export(name: &'static str, seeds: Vec<Vec<u8>>, mutator: Mutator, packed: impl Fn(&[u8]) -> Vec<u8>) {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("batch.jsonl");
    let read = |bytes: &[u8]| {
        std::fs::write(&path, packed(bytes)).unwrap();
        Verdict::of(neuronpedia::read(&path, &|| ()), sound)
    };
    Door { name, seeds, mutator, one_in: 1, read: &read }.pass();
}

#[test]
fn neuronpedia_lines() {
    export("neuronpedia_lines", exports(), Mutator::JsonLines, <[u8]>::to_vec);
}

#[test]
fn neuronpedia_lines_packed() {
    export("neuronpedia_lines_packed", exports(), Mutator::JsonLines, gzipped);
}

#[test]
fn neuronpedia_gzip() {
    let seeds = exports().iter().map(|text| gzipped(text)).collect();
    export("neuronpedia_gzip", seeds, Mutator::Bytes, <[u8]>::to_vec);
}

#[test]
fn label_files() {
    let place = tempfile::tempdir().unwrap();
    let known = |label: &str, largest, rate| Known { label: label.to_owned(), largest, rate };
    let features = BTreeMap::from([(3, known("gender é", Some(1.5), None)), (9, known("", None, Some(0.25)))]);
    let header = Header {
        model: "m-1".to_owned(),
        source: "0-res-sm".to_owned(),
        submodule: "resid_0".to_owned(),
        features: features.len(),
        explainers: vec![("np_max-act by gpt-4o-mini".to_owned(), 2)],
    };
    explanations::write(place.path(), &header, &OfDictionary::new(&features).unwrap()).unwrap();
    let path = explanations::path(place.path(), &header.model, &header.source).unwrap();
    let seeds = vec![std::fs::read(&path).unwrap()];
    let read = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        Verdict::of(explanations::read(&path), |found| {
            let (header, all) = found.ok_or("it is not there")?;
            if let Err(problem) = header.submodule.parse::<Submodule>()
                && problem.to_string().chars().any(char::is_control)
            {
                return Err(format!("no printable line: {problem:?}"));
            }
            if header.features != all.len() || all.known().len() != all.len() {
                return Err(format!("{} features of {}", all.known().len(), header.features));
            }
            let known = all.known();
            let finite =
                known.values().all(|known| [known.largest, known.rate].iter().flatten().all(|number| number.is_finite()));
            if finite { Ok(()) } else { Err("a number is not finite".to_owned()) }
        })
    };
    Door { name: "label_files", seeds, mutator: Mutator::Headed, one_in: 1, read: &read }.pass();
}
