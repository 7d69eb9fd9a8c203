//! What features respond to: the plain model over a corpus, window by window, with the codes of a few features.
//!
//! A window holds at most the tokens of the model's context and never crosses the end of a document, which is a line. The corpus is read in
//! batches of a fixed size, whose numbers are added in the corpus's order, so that the result does not depend on the machine's threads or on
//! where the work was interrupted.

pub mod chosen;
mod documents;
pub mod source;
pub mod windows;

use std::collections::BTreeMap;

use crate::core::corpus::context::{AROUND, Context, EDGE};
use crate::core::corpus::responses::{LabelRecord, OfFeature, Responses};
use crate::core::corpus::tally::Tally;
use crate::core::label::{Label, Labels};
use crate::core::problem::{Problem, Result};
use crate::core::submodule::FeatureId;
use crate::engine::bos;
use crate::engine::cancel::Cancel;
use crate::engine::dictionary::Dictionary;
use crate::engine::hash::sha256_hex;
use crate::engine::identity::subject;
use crate::engine::loaded::Loaded;
use crate::engine::tokenizer::Tokenizer;
use chosen::Chosen;
use source::Source;
use windows::Window;

/// Bytes of text that make a batch.
const BATCH: usize = 1 << 15;

/// Tokens whose outputs of all submodules are in memory at once: 80 MB at pythia-70m's size.
const TOKENS_TOGETHER: usize = 2048;

/// What is asked of a corpus.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// The model.
    pub loaded: &'a Loaded,
    /// The features, each once.
    pub features: &'a [FeatureId],
    /// The labels that they are tested against.
    pub labels: &'a Labels,
    /// Most tokens of a window; None for the model's context.
    pub window: Option<usize>,
    /// The corpus.
    pub source: &'a Source,
}

impl Question<'_> {
    /// The answer before anything was read. Its key names everything that decides the numbers, so that an earlier answer, whole or begun, is
    /// known by it.
    ///
    /// # Errors
    /// When the model has no tokenizer, a feature does not exist, the window is longer than the context, the corpus cannot be read, or `cancel`
    /// is raised.
    pub fn begin(&self, cancel: &Cancel) -> Result<Responses> {
        let loaded = self.loaded;
        self.tokenizer()?;
        self.chosen()?;
        let bos = bos::token(loaded.compute.config(), loaded.tokenizer.as_ref(), &loaded.dictionaries)?;
        let window = self.window_length(bos)?;
        let (corpus_sha256, bytes) = self.source.identify(cancel)?;
        let corpus = self.source.name();
        let begun = Responses { corpus, corpus_sha256, bytes, window, bos, ..Responses::default() };
        about(begun, loaded, self.features, self.labels, cancel)
    }

    /// Reads the corpus from where `responses`, an answer to this question, stopped, to its end. `batch_done` is called after each batch: what it
    /// has seen can be gone on with.
    ///
    /// # Errors
    /// When the corpus is no text or cannot be read, `batch_done` fails, or `cancel` is raised.
    pub fn go_on(
        &self,
        responses: &mut Responses,
        batch_done: &mut dyn FnMut(&Responses) -> Result<()>,
        cancel: &Cancel,
    ) -> Result<()> {
        let tokenizer = self.tokenizer()?;
        let chosen = self.chosen()?;
        let vocabulary = self.loaded.compute.config().vocabulary;
        let mut documents = self.source.documents(responses.place)?;
        loop {
            cancel.check()?;
            let (mut batch, mut bytes) = (Vec::new(), 0);
            while bytes < BATCH
                && let Some(document) = documents.next_document()?
            {
                bytes += document.text.len();
                batch.push(document);
            }
            let windows = windows::windows(&batch, tokenizer, self.labels, responses.window, vocabulary)?;
            let fired = self.fired(&chosen, &windows, responses.bos, cancel)?;
            for (window, fired) in windows.iter().zip(fired) {
                add(responses, tokenizer, window, fired);
            }
            responses.place = documents.place();
            let is_over = batch.is_empty() || responses.is_whole();
            if is_over && responses.tokens == 0 {
                return Err(Problem::new(self.source.name(), "holds blank lines only", "name a file with text"));
            }
            if is_over && !responses.is_whole() {
                let what = "became shorter while it was read";
                return Err(Problem::environment(self.source.name(), what, "ask again when no other program writes to it"));
            }
            batch_done(responses)?;
            if is_over {
                return Ok(());
            }
        }
    }

    fn tokenizer(&self) -> Result<&Tokenizer> {
        self.loaded.tokenizer.as_ref().ok_or_else(|| {
            let remedy = "put the model's tokenizer.json into its folder";
            Problem::new(format_args!("the model {}", self.loaded.name), "has no tokenizer, which a text needs", remedy)
        })
    }

    fn window_length(&self, bos: Option<u32>) -> Result<usize> {
        let longest = self.loaded.compute.config().context.saturating_sub(usize::from(bos.is_some())).max(1);
        match self.window {
            None => Ok(longest),
            Some(window) if (1..=longest).contains(&window) => Ok(window),
            Some(window) => {
                let what = format_args!("has {window} tokens, the model's context has {longest}");
                Err(Problem::new("--window", what, "give a number from 1 to that"))
            }
        }
    }

    /// The chosen features by dictionary, each with its place in the question.
    fn chosen(&self) -> Result<Vec<(Chosen<'_>, Vec<usize>)>> {
        let mut of: BTreeMap<usize, Vec<(u32, usize)>> = BTreeMap::new();
        for (slot, feature) in self.features.iter().enumerate() {
            let found = self.loaded.dictionaries.iter().position(|dictionary| has(dictionary, *feature)).ok_or_else(|| {
                let what = "does not exist in the run's dictionaries";
                Problem::new(format_args!("feature {feature}"), what, "take one that the run lists")
            })?;
            of.entry(found).or_default().push((feature.index.0, slot));
        }
        let chosen = |(dictionary, mut features): (usize, Vec<(u32, usize)>)| {
            features.sort_unstable();
            features.dedup_by_key(|(feature, _)| *feature);
            let (features, slots) = features.into_iter().unzip();
            Ok((Chosen::new(&self.loaded.dictionaries[dictionary], features)?, slots))
        };
        of.into_iter().map(chosen).collect()
    }

    /// For each window the features that fire in it, each with its tokens and codes.
    fn fired(
        &self,
        chosen: &[(Chosen<'_>, Vec<usize>)],
        windows: &[Window],
        bos: Option<u32>,
        cancel: &Cancel,
    ) -> Result<Vec<Fired>> {
        let mut fired = vec![Fired::new(); windows.len()];
        let mut places: Vec<usize> = (0..windows.len()).collect();
        places.sort_by_key(|place| windows[*place].tokens.len());
        let skipped = usize::from(bos.is_some());
        for same in places.chunk_by(|left, right| windows[*left].tokens.len() == windows[*right].tokens.len()) {
            let length = windows[same[0]].tokens.len() + skipped;
            for places in same.chunks((TOKENS_TOGETHER / length).max(1)) {
                let prompts: Vec<Vec<u32>> =
                    places.iter().map(|place| bos.into_iter().chain(windows[*place].tokens.iter().copied()).collect()).collect();
                let prompts: Vec<&[u32]> = prompts.iter().map(Vec::as_slice).collect();
                let traces = self.loaded.compute.traces(&prompts, cancel)?;
                for (chosen, slots) in chosen {
                    let (submodule, width) = (chosen.dictionary.submodule(), chosen.dictionary.width());
                    let tokens: Vec<&[f32]> =
                        traces.iter().flat_map(|trace| trace.output(submodule).chunks_exact(width).skip(skipped)).collect();
                    let codes = chosen.codes(self.loaded.compute.as_ref(), &tokens, cancel)?;
                    for (place, codes) in places.iter().zip(codes.chunks(length - skipped)) {
                        for (token, codes) in codes.iter().enumerate() {
                            for (feature, code) in codes {
                                fired[*place].entry(slots[*feature]).or_default().push((token, *code));
                            }
                        }
                    }
                }
            }
        }
        Ok(fired)
    }
}

/// Whether `kept` is an answer of `loaded`, tested against `labels`, whole or begun, whatever corpus and features it was about.
///
/// # Errors
/// When the model's files cannot be read, or `cancel` is raised.
pub fn is_of(kept: &Responses, loaded: &Loaded, labels: &Labels, cancel: &Cancel) -> Result<bool> {
    let features: Vec<FeatureId> = kept.features.iter().map(|found| found.feature).collect();
    let begun = Responses {
        corpus_sha256: kept.corpus_sha256.clone(),
        bytes: kept.bytes,
        window: kept.window,
        bos: kept.bos,
        ..Responses::default()
    };
    let begun = about(begun, loaded, &features, labels, cancel)?;
    Ok(kept.key == begun.key && kept.go_on_with(&begun))
}

/// The answer of `loaded` about `features` before anything was read, of the corpus, the windows and the BOS token of `begun`.
fn about(begun: Responses, loaded: &Loaded, features: &[FeatureId], labels: &Labels, cancel: &Cancel) -> Result<Responses> {
    let Responses { corpus, corpus_sha256, bytes, window, bos, .. } = begun;
    let identity = loaded.identify(&|_| {}, cancel)?;
    let rules: Vec<String> = loaded.dictionaries.iter().map(|dictionary| dictionary.arithmetic().in_words()).collect();
    let decisive = format!(
        "responses 2\n{}\n{}\n{}\n{:?}\n{}\n{rules:?}\n{corpus_sha256}\n{window} {bos:?}\n{:?}\n{:?}\n",
        identity.weights_sha256,
        loaded.config_sha256,
        loaded.tokenizer.as_ref().map_or("", Tokenizer::sha256),
        loaded.tokenizer.as_ref().and_then(Tokenizer::prefix_space),
        subject(&loaded.name, &identity.dictionaries).dictionaries,
        features,
        labels.all(),
    );
    let label =
        |label: &Label| LabelRecord { name: label.name.clone(), meaning: label.meaning.clone(), tag: label.tag, tokens: 0 };
    Ok(Responses {
        key: sha256_hex(decisive.as_bytes()),
        corpus,
        model: loaded.name.clone(),
        corpus_sha256,
        bytes,
        window,
        bos,
        labels: labels.all().iter().map(label).collect(),
        features: features.iter().map(|feature| OfFeature { feature: *feature, tally: Tally::new() }).collect(),
        ..Responses::default()
    })
}

/// The features that fire in a window, by their place among the asked ones, each with its tokens and codes.
type Fired = BTreeMap<usize, Vec<(usize, f32)>>;

fn has(dictionary: &Dictionary, feature: FeatureId) -> bool {
    dictionary.submodule() == feature.submodule && (feature.index.0 as usize) < dictionary.features()
}

/// Counts a window and what fired in it.
fn add(responses: &mut Responses, tokenizer: &Tokenizer, window: &Window, fired: BTreeMap<usize, Vec<(usize, f32)>>) {
    responses.windows += 1;
    responses.tokens += window.tokens.len() as u64;
    for mask in &window.masks {
        for (label, record) in responses.labels.iter_mut().enumerate() {
            record.tokens += mask >> label & 1;
        }
    }
    let labels = responses.labels.len();
    for (slot, fired) in fired {
        let tally = &mut responses.features[slot].tally;
        for (token, code) in &fired {
            tally.count(*code, window.masks[*token], labels);
        }
        let strongest = fired.iter().copied().reduce(|best, next| if next.1.abs() > best.1.abs() { next } else { best });
        if let Some((token, _)) = strongest.filter(|(_, code)| tally.contexts.wants(code.abs())) {
            tally.contexts.offer(context(tokenizer, window, &fired, token));
        }
    }
}

/// The context of the token at which `fired` is strongest. Where its edge would cut a character, it holds the whole of it.
fn context(tokenizer: &Tokenizer, window: &Window, fired: &[(usize, f32)], token: usize) -> Context {
    let [before, after] = AROUND;
    let mut shown = token.saturating_sub(before)..(token + after + 1).min(window.tokens.len());
    // The tokens of a character are understood together only: so these are read with as many before and behind as one may have.
    let read = shown.start.saturating_sub(EDGE)..(shown.end + EDGE).min(window.tokens.len());
    let texts = tokenizer.texts(&window.tokens[read.clone()]);
    let continues = |token: usize| texts[token - read.start].is_empty();
    while shown.start > read.start && continues(shown.start) {
        shown.start -= 1;
    }
    while shown.end < read.end && continues(shown.end) {
        shown.end += 1;
    }
    let mut activations = vec![0.0; shown.len()];
    for (token, code) in fired.iter().filter(|(token, _)| shown.contains(token)) {
        activations[token - shown.start] = *code;
    }
    Context {
        line: window.line,
        position: token,
        tokens: texts[shown.start - read.start..shown.end - read.start].to_vec(),
        activations,
        strongest: token - shown.start,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::label::predicate::Predicate;
    use crate::core::label::words::Words;
    use crate::core::request::ModelSource;
    use crate::engine::demo;
    use crate::engine::memory::Bounds;

    fn labels() -> Labels {
        let mut labels = Labels::new();
        let predicate = Predicate::Words(Words::new(["he", "she"]));
        labels.push(Label { name: "pronoun".to_owned(), meaning: String::new(), tag: None, predicate }).unwrap();
        labels
    }

    #[test]
    fn an_answer_is_known_by_model_labels_and_key() {
        let cancel = Cancel::default();
        let loaded = Loaded::open(&ModelSource::Demo, None, Bounds::NONE, &cancel).unwrap();
        let (labels, features) = (labels(), ["resid_1/374".parse().unwrap()]);
        let question = Question { loaded: &loaded, features: &features, labels: &labels, window: Some(9), source: &Source::Demo };
        let kept = question.begin(&cancel).unwrap();
        let is_of = |kept: &Responses, labels: &Labels| is_of(kept, &loaded, labels, &cancel).unwrap();
        assert!(is_of(&kept, &labels) && !is_of(&kept, &Labels::new()));
        let other = OfFeature { feature: "resid_1/375".parse().unwrap(), tally: Tally::new() };
        for changed in [
            Responses { features: vec![other], ..kept.clone() },
            Responses { window: 10, ..kept.clone() },
            Responses { corpus_sha256: String::new(), ..kept.clone() },
            Responses {
                tokens: 3,
                place: crate::core::corpus::responses::Place { read: u64::MAX, ..kept.place },
                ..kept.clone()
            },
        ] {
            assert!(!is_of(&changed, &labels), "{changed:?}");
        }
    }

    #[test]
    fn a_context_begins_and_ends_with_whole_characters() {
        let loaded = Loaded::open(&ModelSource::Demo, None, Bounds::NONE, &Cancel::default()).unwrap();
        let tokenizer = loaded.tokenizer.as_ref().unwrap();
        let text = "John 名前 🏳\u{fe0f}\u{200d}🌈 runs because he שלום é Кто ".repeat(8);
        let tokens = tokenizer.encode(&text).unwrap();
        let window = Window { line: 1, masks: vec![0; tokens.len()], tokens };
        for token in 0..window.tokens.len() {
            let context = context(tokenizer, &window, &[(token, 1.0)], token);
            let shown = context.tokens.concat();
            assert!(text.contains(&shown) && context.activations[context.strongest].to_bits() == 1.0_f32.to_bits(), "{shown}");
            assert_eq!(context.tokens.len(), context.activations.len());
            assert_eq!(window.tokens.len() > 60, context.tokens.len() < window.tokens.len());
        }
    }

    /// Two batches of the demo's corpus, the first of which is kept as JSON.
    #[test]
    fn interrupted_work_goes_on_and_ends_as_if_it_had_not_been() {
        let cancel = Cancel::default();
        let loaded = Loaded::open(&ModelSource::Demo, None, Bounds::NONE, &cancel).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let source = Source::File(folder.path().join("corpus.txt"));
        let text: String = demo::CORPUS.chars().take(BATCH + 3000).collect();
        std::fs::write(folder.path().join("corpus.txt"), &text).unwrap();
        let (labels, features) = (labels(), ["resid_1/374", "attn_2/165"].map(|name| name.parse().unwrap()));
        let question = Question { loaded: &loaded, features: &features, labels: &labels, window: None, source: &source };
        let begun = question.begin(&cancel).unwrap();
        let mut whole = begun.clone();
        let mut batches = Vec::new();
        let keep = &mut |responses: &Responses| {
            batches.push(serde_json::to_string(responses).unwrap());
            Ok(())
        };
        question.go_on(&mut whole, keep, &cancel).unwrap();
        assert_eq!(batches.len(), 2);
        assert!(whole.is_whole() && whole.features.iter().all(|feature| feature.tally.fired > 0));
        let mut second: Responses = serde_json::from_str(&batches[0]).unwrap();
        assert!(!second.is_whole() && second.key == begun.key);
        question.go_on(&mut second, &mut |_| Ok(()), &cancel).unwrap();
        assert_eq!(second, whole);
        // Against a count of its own: pronouns, tokens, and the largest activation among all contexts.
        let tokens: usize = text.lines().map(|line| loaded.tokenizer.as_ref().unwrap().encode(line).unwrap().len()).sum();
        assert_eq!((whole.tokens, whole.place.lines), (tokens as u64, text.lines().count() as u64));
        let words = |word: &str| {
            text.split(|letter: char| !letter.is_alphanumeric()).filter(|found| found.eq_ignore_ascii_case(word)).count()
        };
        assert_eq!(whole.labels[0].tokens, (words("he") + words("she")) as u64);
        for feature in &whole.features {
            let strongest = &feature.tally.contexts.kept()[0];
            assert_eq!(strongest.largest().to_bits(), feature.tally.largest.to_bits());
            assert_eq!(feature.tally.count_from(0.0, 0)[0], feature.tally.fired);
        }
        let other = Question { window: Some(9), ..question };
        assert_ne!(other.begin(&cancel).unwrap().key, begun.key);
        assert!(Question { window: Some(65), ..other }.begin(&cancel).unwrap_err().to_string().contains("--window"));
        let unknown = ["resid_9/1".parse().unwrap()];
        assert!(
            Question { features: &unknown, window: None, ..other }
                .begin(&cancel)
                .unwrap_err()
                .to_string()
                .contains("does not exist")
        );
    }
}
