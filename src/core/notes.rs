//! What a reader of the results should know about the inputs: sentences without a full stop.

use super::findings::{Findings, Source};
use super::run::{DataRecord, DictionaryRecord, Manifest};

/// Says that every prompt begins with this token.
pub fn bos(text: &str, number: u32) -> String {
    format!("every prompt begins with the BOS token {text} (number {number}), as the dictionaries' training data did")
}

/// The notes of the findings, as far as their source knows them: those of the opened inputs, or those that follow from the manifest of a
/// run. Published figures have none.
pub fn of(findings: &Findings) -> Vec<String> {
    match &findings.source {
        Source::Live { opened, .. } => opened.notes.clone(),
        Source::Run { manifest, .. } => {
            let data = manifest.data.iter().filter_map(DataRecord::note);
            let dictionaries = of_dictionaries(&manifest.dictionaries);
            let dictionaries = dictionaries.into_iter().map(|(note, whose)| format!("{whose}: {note}"));
            bos_of(manifest).into_iter().chain(data).chain(dictionaries).collect()
        }
        Source::Published { .. } => Vec::new(),
    }
}

/// The note about the token in front of the prompts of a run, if there is one; its text is that of the first prompt.
fn bos_of(manifest: &Manifest) -> Option<String> {
    let number = manifest.model.bos?;
    let first = manifest.data.iter().flat_map(|data| &data.examples).next();
    let text = first.and_then(|example| example.clean_text.first()).map_or("", String::as_str);
    Some(bos(text, number))
}

/// The notes about dictionaries, each once, with those that have it: `all dictionaries`, or their submodules.
pub fn of_dictionaries(records: &[DictionaryRecord]) -> Vec<(&str, String)> {
    let mut noted: Vec<(&str, Vec<&str>)> = Vec::new();
    for record in records {
        for note in &record.notes {
            match noted.iter_mut().find(|(known, _)| known == note) {
                Some((_, submodules)) => submodules.push(&record.submodule),
                None => noted.push((note, vec![&record.submodule])),
            }
        }
    }
    let whose = |submodules: Vec<&str>| {
        if submodules.len() == records.len() { "all dictionaries".to_owned() } else { submodules.join(", ") }
    };
    noted.into_iter().map(|(note, submodules)| (note, whose(submodules))).collect()
}

/// Records of dictionaries for tests.
#[cfg(test)]
pub mod testing {
    use super::DictionaryRecord;

    /// The record of a small dictionary with a note.
    pub fn record(submodule: &str, note: &str) -> DictionaryRecord {
        DictionaryRecord {
            submodule: submodule.to_owned(),
            format: "npz".to_owned(),
            arithmetic: None,
            source: "dictionary.npz".to_owned(),
            sha256: String::new(),
            config_sha256: None,
            features: 8,
            report: None,
            fit: None,
            stated_active: None,
            stated_explained: None,
            neuronpedia: None,
            decoder_norms: None,
            notes: vec![note.to_owned()],
        }
    }
}
