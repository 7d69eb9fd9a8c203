//! Which model and which dictionaries a run used, by the hashes of their files.
//!
//! The files have gigabytes, so hashing runs beside the attribution, and the decoders are measured while their files are read.
//! The dictionaries come first: tags belong to them, and results should be shown with their tags as early as possible.

use std::fmt::Write;
use std::time::Instant;

use crate::core::dictionary_report::DecoderNorms;
use crate::core::problem::Result;
use crate::core::run::{DataRecord, DictionaryRecord, Run};
use crate::core::tags::Subject;
use crate::engine::cancel::Cancel;
use crate::engine::dictionary::Dictionary;
use crate::engine::dictionary::arithmetic::Arithmetic;
use crate::engine::dictionary::report::decoder_norms;
use crate::engine::dictionary::rule::Rule;
use crate::engine::file_facts::{known_or, sha256};
use crate::engine::hash::sha256_hex;
use crate::engine::model::weight_files::WeightFiles;

/// The hashes and measures of a model's files.
#[derive(Debug, Clone, PartialEq)]
pub struct Identity {
    /// SHA-256 of the model's weights: see [`WeightFiles::sha256`].
    pub weights_sha256: String,
    /// One record per dictionary, in submodule order.
    pub dictionaries: Vec<DictionaryRecord>,
    /// Seconds that hashing and measuring took.
    pub seconds: f64,
}

/// Hashes the files of the model called `model`; `identified` is called as soon as the dictionaries are known.
///
/// # Errors
/// When `cancel` is raised, or a decoder holds values that are not finite.
pub fn identify(
    model: &str,
    weights: &WeightFiles,
    dictionaries: &[Dictionary],
    identified: &dyn Fn(Subject),
    cancel: &Cancel,
) -> Result<Identity> {
    let start = Instant::now();
    let dictionaries = dictionaries.iter().map(|dictionary| record(model, dictionary, cancel)).collect::<Result<Vec<_>>>()?;
    identified(subject(model, &dictionaries));
    let weights_sha256 = weights.sha256(cancel)?;
    Ok(Identity { weights_sha256, dictionaries, seconds: start.elapsed().as_secs_f64() })
}

/// The subject to which tags belong for the model called `model` with `dictionaries`, in submodule order as in every manifest.
/// Its hash is the SHA-256 over one line for each dictionary, `SUBMODULE SHA256` and a line feed, as
/// `printf 'attn_0 ba78..\n..' | sha256sum` computes it.
pub fn subject(model: &str, dictionaries: &[DictionaryRecord]) -> Subject {
    let lines = dictionaries.iter().fold(String::new(), |mut lines, record| {
        // Writing into a string cannot fail.
        let _ = writeln!(lines, "{} {}", record.submodule, record.sha256);
        lines
    });
    Subject { model: model.to_owned(), dictionaries: sha256_hex(lines.as_bytes()) }
}

/// The subject to which the tags of a run belong.
pub fn subject_of(run: &Run) -> Subject {
    subject(&run.manifest.model.name, &run.manifest.dictionaries)
}

/// Which prompts were kept, in which order: the SHA-256 over one line for each example, with clean prompt, patch prompt, clean
/// answer and patch answer as text, separated by tabs.
pub fn prompts_sha256(data: &DataRecord) -> String {
    let lines = data.examples.iter().fold(String::new(), |mut lines, example| {
        let (clean, patch) = (example.clean_text.concat(), example.patch_text.concat());
        // Writing into a string cannot fail.
        let _ = writeln!(lines, "{clean}\t{patch}\t{}\t{}", example.clean_answer_text, example.patch_answer_text);
        lines
    });
    sha256_hex(lines.as_bytes())
}

/// Fails as [`identify`] does if a decoder holds values that are not finite; nothing is hashed.
///
/// # Errors
/// The problem of the first such dictionary in submodule order, or when `cancel` is raised.
pub fn expect_finite_decoders(dictionaries: &[Dictionary], cancel: &Cancel) -> Result<()> {
    dictionaries.iter().try_for_each(|dictionary| norms(dictionary, cancel).map(drop))
}

/// The norms of the decoder, which are known of a file that was measured before.
fn norms(dictionary: &Dictionary, cancel: &Cancel) -> Result<DecoderNorms> {
    // The same file holds other numbers under another configuration, and another version may measure in another way.
    let config = dictionary.stated().config_sha256.as_deref().unwrap_or("-");
    let arithmetic = dictionary.arithmetic().in_words();
    let what = format!("norms of the decoder, {arithmetic}, configuration {config}, version {}", env!("CARGO_PKG_VERSION"));
    let measure = || decoder_norms(dictionary, cancel);
    known_or(dictionary.shared_bytes(), &what, |norms: &DecoderNorms| norms.fault().is_none(), measure)
}

fn record(model: &str, dictionary: &Dictionary, cancel: &Cancel) -> Result<DictionaryRecord> {
    // Measured before the hash, which releases the file's pages.
    let decoder_norms = norms(dictionary, cancel)?;
    let (bytes, arithmetic) = (dictionary.shared_bytes(), dictionary.arithmetic().in_words());
    Ok(DictionaryRecord {
        submodule: dictionary.submodule().to_string(),
        format: dictionary.format().name().to_owned(),
        arithmetic: Some(arithmetic),
        source: dictionary.name().to_owned(),
        sha256: sha256(dictionary.name(), bytes, cancel)?,
        config_sha256: dictionary.stated().config_sha256.clone(),
        features: dictionary.features(),
        report: None,
        fit: None,
        stated_active: dictionary.stated().active,
        stated_explained: dictionary.stated().explained,
        neuronpedia: dictionary.stated().neuronpedia.clone(),
        decoder_norms: Some(decoder_norms),
        notes: notes(model, dictionary),
    })
}

/// What a reader of results should know of `dictionary` on the model called `model`: what it computes, unless that is what the first
/// published study's compute, and what its files say.
fn notes(model: &str, dictionary: &Dictionary) -> Vec<String> {
    let words = dictionary.arithmetic().in_words();
    let is_plain = *dictionary.arithmetic() == Arithmetic::plain(Rule::Relu, true);
    let computes = (!is_plain).then(|| format!("computes by {words}"));
    computes.into_iter().chain(dictionary.stated().notes_on(model)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_subject_is_what_sha256sum_says_of_its_lines() {
        let record = |submodule: &str, sha256: &str| DictionaryRecord {
            submodule: submodule.to_owned(),
            format: String::new(),
            arithmetic: None,
            source: String::new(),
            sha256: sha256.to_owned(),
            config_sha256: None,
            features: 1,
            report: None,
            fit: None,
            stated_active: None,
            stated_explained: None,
            neuronpedia: None,
            decoder_norms: None,
            notes: Vec::new(),
        };
        let subject = subject("m", &[record("attn_0", "aa"), record("mlp_0", "bb")]);
        assert_eq!(subject.model, "m");
        // printf 'attn_0 aa\nmlp_0 bb\n' | sha256sum
        assert_eq!(subject.dictionaries, "10d732a896a6af17faf6b0e74d8d84fad441040e5fe2c502054c7924a0b9bd69");
    }
}
