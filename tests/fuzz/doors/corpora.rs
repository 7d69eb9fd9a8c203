//! Texts that features are tested on, and the labels that they are tested against.

use saescope::core::corpus::responses::Place;
use saescope::core::label::Tokens;
use saescope::engine::corpus::source::Source;
use saescope::engine::corpus::windows::windows;
use saescope::engine::demo;
use saescope::store::labels;

use crate::harness::{Door, Verdict};
use crate::mutate::Mutator;

/// Longest document in bytes: see `engine::corpus::documents`.
const LONGEST: usize = 1 << 16;

/// The vocabulary of the demo's model.
const VOCABULARY: usize = 1874;

/// Every text becomes windows of tokens of the vocabulary, and what is read from the middle on is what follows there.
#[test]
fn corpus_texts() {
    let tokenizer = demo::tokenizer().unwrap();
    let labels = labels::open(None).unwrap();
    let place = tempfile::tempdir().unwrap();
    let source = Source::File(place.path().join("corpus.txt"));
    let Source::File(path) = &source else { unreachable!() };
    let read = |bytes: &[u8]| {
        std::fs::write(path, bytes).unwrap();
        let whole = || {
            let mut documents = source.documents(Place::default())?;
            let mut found = Vec::new();
            while let Some(document) = documents.next_document()? {
                found.push((document, documents.place()));
            }
            Ok::<_, saescope::core::problem::Problem>(found)
        };
        let checked = |found: Vec<_>| {
            let middle = found.len() / 2;
            if let Some((_, place)) = found.get(middle) {
                let mut rest = source.documents(*place).unwrap();
                for (document, _) in &found[middle + 1..] {
                    if rest.next_document().unwrap().as_ref() != Some(document) {
                        return Err(format!("another text from {place:?} on"));
                    }
                }
            }
            let documents: Vec<_> = found.into_iter().map(|(document, _)| document).collect();
            let characters: usize = documents.iter().map(|document| document.text.len()).sum();
            let is_one = |text: &str| !text.trim().is_empty() && text.len() <= LONGEST;
            if characters > bytes.len() || !documents.iter().all(|document| is_one(&document.text)) {
                return Err(format!("{characters} bytes in {} documents", documents.len()));
            }
            // A window takes time with each of its tokens.
            let few = &documents[..documents.len().min(40)];
            match windows(few, &tokenizer, &labels, 16, VOCABULARY) {
                Err(problem) => Err(problem.to_string()),
                Ok(windows) => {
                    let sound = windows.iter().all(|window| {
                        (1..=16).contains(&window.tokens.len())
                            && window.masks.len() == window.tokens.len()
                            && window.tokens.iter().all(|token| (*token as usize) < VOCABULARY)
                    });
                    if sound { Ok(()) } else { Err("a window that is none".to_owned()) }
                }
            }
        };
        Verdict::of(source.identify(&saescope::engine::cancel::Cancel::default()).and_then(|_| whole()), checked)
    };
    let text = "Anna waits because he is late.\r\n\n  \nThe king said that his sister, Rose, left. 名 é\n\nend";
    let long = format!("{} {}\nshort", "word ".repeat(20_000), "é".repeat(40_000));
    let seeds = vec![text.as_bytes().to_vec(), text.as_bytes().to_vec(), text.as_bytes().to_vec(), long.into_bytes()];
    Door { name: "corpus_texts", seeds, mutator: Mutator::Text, one_in: 20, read: &read }.pass();
}

#[test]
fn corpus_labels() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("labels.toml");
    let text = "Anna waits because he is late. 名 é";
    let spans: Vec<_> = text
        .split_inclusive(' ')
        .scan(0, |end, word| {
            Some(
                *end..{
                    *end += word.len();
                    *end
                },
            )
        })
        .collect();
    let read = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        Verdict::of(labels::open(Some(&path)), |labels| {
            let masks = labels.masks(&Tokens { text, spans: &spans });
            let known = labels.all().len();
            let beyond = masks.iter().any(|mask| known < 64 && mask >> known != 0);
            let hidden = labels.all().iter().any(|label| label.name.chars().chain(label.meaning.chars()).any(char::is_control));
            if beyond || hidden || masks.len() != spans.len() { Err(format!("{masks:?}")) } else { Ok(()) }
        })
    };
    let seed = br#"# Labels of all kinds.
[[labels]]
name = "waits"
meaning = "to wait"
words = ["wait", "waits", "Waiting"]

[[labels]]
name = "of late"
meaning = "is and late"
pattern = '\bis (late|early)\b'

[[labels]]
name = "first"
meaning = "the first tokens"
positions = [0, 3]

[[labels]]
name = "after"
meaning = "within two of a pronoun"
after = "male pronoun"
within = 2

[[labels]]
name = "between"
meaning = "from waiting to being late"
since = "waits"
until = "of late"

[[labels]]
name = "some"
meaning = "some"
any = ["first", "after"]

[[labels]]
name = "both"
meaning = "both"
all = ["first", "some"]

[[labels]]
name = "none"
meaning = "none"
not = "both"
"#;
    Door { name: "corpus_labels", seeds: vec![seed.to_vec()], mutator: Mutator::Text, one_in: 4, read: &read }.pass();
}
