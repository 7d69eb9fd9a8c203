//! What a reader of the results should know about the inputs: sentences without a full stop.

use super::findings::{Findings, Source};
use super::run::{DataRecord, DictionaryRecord, Manifest};

/// The notes of the findings, as far as their source knows them: those of the opened inputs, or those of a run. Published figures have none.
pub fn of(findings: &Findings) -> Vec<String> {
    match &findings.source {
        Source::Live { opened, .. } => opened.notes.clone(),
        Source::Run { manifest, .. } => of_manifest(manifest),
        Source::Published { .. } => Vec::new(),
    }
}

/// The notes of a run.
pub fn of_manifest(manifest: &Manifest) -> Vec<String> {
    let dictionaries = of_dictionaries(&manifest.dictionaries);
    let dictionaries = dictionaries.into_iter().map(|(note, whose)| format!("{whose}: {note}"));
    each_once(of_run(manifest).into_iter().chain(dictionaries))
}

/// The notes of a run but for those about its dictionaries, which are said beside them.
pub fn of_run(manifest: &Manifest) -> Vec<String> {
    // The token in front has the text that it has in the first prompt.
    let bos = manifest.model.bos.map(|number| {
        let first = manifest.data.iter().flat_map(|data| &data.examples).next();
        (first.and_then(|example| example.clean_text.first()).map_or("", String::as_str), number)
    });
    of_inputs(bos, &manifest.notes, &manifest.data)
}

/// The notes about inputs, each once: those `found` when they were opened, that every prompt begins with the token of this text and number,
/// and those about the pair lists.
pub fn of_inputs(bos: Option<(&str, u32)>, found: &[String], data: &[DataRecord]) -> Vec<String> {
    let first = bos.map(|(text, number)| {
        format!("every prompt begins with the BOS token {text} (number {number}), as the dictionaries' training data did")
    });
    let second = bos.into_iter().flat_map(|(_, number)| data.iter().filter_map(move |data| data.note_of_second(number)));
    each_once(found.iter().cloned().chain(first).chain(second).chain(data.iter().filter_map(DataRecord::note)))
}

/// `notes` without those that were there before.
pub(super) fn each_once(notes: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut known = Vec::new();
    for note in notes {
        if !known.contains(&note) {
            known.push(note);
        }
    }
    known
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_note_is_said_twice() {
        let found = ["a", "b", "a"].map(str::to_owned);
        let said = of_inputs(Some(("<s>", 7)), &found, &[]);
        assert_eq!(
            said,
            ["a", "b", "every prompt begins with the BOS token <s> (number 7), as the dictionaries' training data did"]
        );
        assert_eq!(of_inputs(None, &found, &[]), ["a", "b"]);
    }
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
