//! Which lines become examples: the notebook's filters, and a count of what each filter dropped.

use std::collections::{BTreeSet, HashMap};

use super::Limits;
use super::line::{Line, Words};
use crate::core::dropped_line::{DroppedLine, MOST_LISTED};
use crate::core::problem::{Problem, Result};
use crate::core::request::Options;
use crate::core::run::Dropped;
use crate::core::text::{bytes as in_words, counted, excerpt, printable};
use crate::engine::cancel::Cancel;
use crate::engine::tokenizer::Tokenizer;

/// One example, tokenised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// Line number in the file, from 1.
    pub line: usize,
    /// Token ids of the clean prompt.
    pub clean: Vec<u32>,
    /// Token ids of the patch prompt, as many as `clean` has.
    pub patch: Vec<u32>,
    /// The token that fits the clean prompt.
    pub clean_answer: u32,
    /// The token that fits the patch prompt.
    pub patch_answer: u32,
}

/// The examples that were kept, and the lines that were not.
#[derive(Debug)]
pub struct Filtered {
    /// The kept examples, in the order of the lines.
    pub examples: Vec<Example>,
    /// How many lines were not kept, by reason.
    pub dropped: Dropped,
    /// The first of the lines that were not kept, by line number, without those beyond the number asked for.
    pub dropped_lines: Vec<DroppedLine>,
}

/// Keeps the examples that can be compared position by position and answer by answer, up to `options.examples`.
pub fn filter(
    lines: &[Line],
    name: &str,
    tokenizer: Option<&Tokenizer>,
    options: Options,
    limits: Limits,
    cancel: &Cancel,
) -> Result<Filtered> {
    let mut examples = Vec::new();
    let mut dropped = Dropped::default();
    let mut dropped_lines: Vec<DroppedLine> = Vec::new();
    let wanted = options.examples.unwrap_or(usize::MAX);
    for line in lines {
        cancel.check()?;
        if examples.len() >= wanted {
            dropped.beyond_limit += 1;
            continue;
        }
        let reader = Reader { name, line: line.number, tokenizer, limits };
        let (clean, patch) = (reader.tokens(&line.pair.clean_prefix)?, reader.tokens(&line.pair.patch_prefix)?);
        let (clean_answer, patch_answer) = (reader.tokens(&line.pair.clean_answer)?, reader.tokens(&line.pair.patch_answer)?);
        let mut drop_because = |count: &mut usize, reason: String| {
            *count += 1;
            let [clean, patch] = [&line.pair.clean_prefix, &line.pair.patch_prefix].map(plain);
            dropped_lines.push(DroppedLine::new(line.number, reason, &clean, &patch));
        };
        if clean.len() != patch.len() {
            drop_because(&mut dropped.unequal_length, format!("prompts of {} and {} tokens", clean.len(), patch.len()));
            continue;
        }
        let (&[clean_answer], &[patch_answer]) = (clean_answer.as_slice(), patch_answer.as_slice()) else {
            let (answer, count) = if clean_answer.len() == 1 {
                (&line.pair.patch_answer, patch_answer.len())
            } else {
                (&line.pair.clean_answer, clean_answer.len())
            };
            drop_because(&mut dropped.answer_not_one_token, format!("the answer {} has {count} tokens", shown(answer)));
            continue;
        };
        if options.tokens.is_some_and(|tokens| tokens != clean.len()) {
            drop_because(&mut dropped.other_length, format!("prompts of {}", counted(clean.len(), "token")));
            continue;
        }
        if clean.is_empty() {
            return Err(Problem::new(
                name,
                format_args!("line {}: its prefixes are empty", line.number),
                "remove or complete the line",
            ));
        }
        if clean.len() > limits.context {
            return Err(Problem::new(
                name,
                format_args!(
                    "line {}: its prefixes have {} tokens, the model's context is {}",
                    line.number,
                    clean.len(),
                    limits.context
                ),
                "shorten or remove the line, or choose a length with --tokens",
            ));
        }
        examples.push(Example { line: line.number, clean, patch, clean_answer, patch_answer });
    }
    dropped_lines.sort_by_key(|line| line.line);
    dropped_lines.truncate(MOST_LISTED);
    if examples.is_empty() {
        let first = dropped_lines.first();
        let example = first.map_or_else(String::new, |first| format!("; line {}: {}", first.line, first.reason));
        return Err(Problem::new(
            name,
            format_args!("no example is left of {} ({dropped}{example})", counted(lines.len(), "line")),
            "prefixes must have equal length (and --tokens, if given), and each answer must be one token of this model",
        ));
    }
    Ok(Filtered { examples, dropped, dropped_lines })
}

/// The lines of those `examples` with a prompt and an answer that, as one text, are other tokens than one after the other: then no text
/// continues the prompt with that answer. feature-circuits now drops such lines (`load_examples`); the study kept them, so they are
/// kept and said.
pub fn not_joined(lines: &[Line], examples: &[Example], tokenizer: Option<&Tokenizer>) -> Result<BTreeSet<usize>> {
    let Some(tokenizer) = tokenizer else { return Ok(BTreeSet::new()) };
    let joins = |prompt: &Words, answer: &Words, tokens: &[u32], answer_token: u32| match (prompt, answer) {
        (Words::Text(prompt), Words::Text(answer)) => {
            let joined = tokenizer.encode(&format!("{prompt}{answer}"))?;
            Ok(joined.split_last() == Some((&answer_token, tokens)))
        }
        _ => Ok(true),
    };
    let by_number: HashMap<usize, &Line> = lines.iter().map(|line| (line.number, line)).collect();
    let mut found = BTreeSet::new();
    for example in examples {
        let Some(Line { number, pair }) = by_number.get(&example.line) else { continue };
        let clean = joins(&pair.clean_prefix, &pair.clean_answer, &example.clean, example.clean_answer)?;
        if !clean || !joins(&pair.patch_prefix, &pair.patch_answer, &example.patch, example.patch_answer)? {
            found.insert(*number);
        }
    }
    Ok(found)
}

/// The words as they stand in the file.
fn plain(words: &Words) -> String {
    match words {
        Words::Text(text) => text.clone(),
        Words::Token(token) => token.to_string(),
        Words::Tokens(tokens) => format!("{tokens:?}"),
    }
}

fn shown(words: &Words) -> String {
    match words {
        Words::Text(text) => format!("'{}'", excerpt(text, 40)),
        Words::Token(token) => token.to_string(),
        Words::Tokens(tokens) => excerpt(&format!("{tokens:?}"), 40),
    }
}

struct Reader<'a> {
    name: &'a str,
    line: usize,
    tokenizer: Option<&'a Tokenizer>,
    limits: Limits,
}

impl Reader<'_> {
    fn tokens(&self, words: &Words) -> Result<Vec<u32>> {
        let tokens = match (words, self.tokenizer) {
            (Words::Tokens(tokens), _) => tokens.clone(),
            (Words::Token(token), _) => vec![*token],
            (Words::Text(text), Some(tokenizer)) => {
                let most = tokenizer.most_bytes(self.limits.context);
                // Tokenising takes a hundred times the memory of the text, so the length is looked at first.
                if text.len() > most {
                    let what = format!(
                        "line {}: a text of {} is longer than the model's context of {} tokens can be",
                        self.line,
                        in_words(text.len() as u64),
                        self.limits.context
                    );
                    return Err(Problem::new(self.name, what, "shorten or remove the line"));
                }
                tokenizer.encode(text)?
            }
            (Words::Text(text), None) => {
                return Err(Problem::new(
                    self.name,
                    format_args!(
                        "line {} holds text ('{}'), but the model's folder has no tokenizer.json",
                        self.line,
                        excerpt(&printable(text), 40)
                    ),
                    "add the model's tokenizer.json, or give arrays of token ids",
                ));
            }
        };
        if let Some(token) = tokens.iter().find(|token| **token as usize >= self.limits.vocabulary) {
            return Err(Problem::new(
                self.name,
                format_args!(
                    "line {}: token id {token} is outside the model's vocabulary of {}",
                    self.line, self.limits.vocabulary
                ),
                "check that the ids, or the tokenizer.json, belong to this model",
            ));
        }
        Ok(tokens)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::dataset::line;

    const LIMITS: Limits = Limits { vocabulary: 10, context: 4 };

    fn run(text: &str, options: Options) -> Result<Filtered> {
        filter(&line::parse(text.as_bytes(), "x", &Cancel::default())?, "x", None, options, LIMITS, &Cancel::default())
    }

    fn options() -> Options {
        Options { seed: 0, tokens: None, examples: None }
    }

    const MIXED: &str = r#"{"clean_prefix": [1, 2], "patch_prefix": [3, 4], "clean_answer": 5, "patch_answer": 6}
{"clean_prefix": [1, 2], "patch_prefix": [3], "clean_answer": 5, "patch_answer": 6}
{"clean_prefix": [1, 2], "patch_prefix": [3, 4], "clean_answer": [5, 5], "patch_answer": 6}
{"clean_prefix": [1, 2, 3], "patch_prefix": [3, 4, 3], "clean_answer": 5, "patch_answer": 6}
{"clean_prefix": [1, 1], "patch_prefix": [3, 4], "clean_answer": 5, "patch_answer": 6}"#;

    #[test]
    fn every_drop_is_counted_by_its_reason() {
        let Filtered { examples, dropped, dropped_lines } =
            run(MIXED, Options { tokens: Some(2), examples: Some(1), ..options() }).unwrap();
        assert_eq!((examples.len(), dropped_lines), (1, Vec::new()), "nothing is said of what was asked to be left out");
        assert_eq!(dropped, Dropped { unequal_length: 0, answer_not_one_token: 0, other_length: 0, beyond_limit: 4 });
        let Filtered { examples, dropped, dropped_lines } = run(MIXED, Options { tokens: Some(2), ..options() }).unwrap();
        let said: Vec<String> =
            dropped_lines.iter().map(|line| format!("{} {}: {}", line.line, line.reason, line.shown())).collect();
        assert_eq!(
            said,
            [
                "2 prompts of 2 and 1 tokens: '[1, 2]' / '[3]'",
                "3 the answer [5, 5] has 2 tokens: '[1, 2]' / '[3, 4]'",
                "4 prompts of 3 tokens: '[1, 2, 3]' / '[3, 4, 3]'",
            ]
        );
        assert_eq!(examples.len(), 2);
        assert_eq!(dropped, Dropped { unequal_length: 1, answer_not_one_token: 1, other_length: 1, beyond_limit: 0 });
        assert_eq!(run(MIXED, options()).unwrap().examples.len(), 3);
    }

    #[test]
    fn nothing_left_says_why() {
        let text = r#"{"clean_prefix": [1], "patch_prefix": [3], "clean_answer": [5, 7], "patch_answer": 6}"#;
        let error = run(text, options()).unwrap_err().to_string();
        assert!(error.contains("answer [5, 7] has 2 tokens"), "{error}");
    }

    #[test]
    fn a_foreign_token_is_named() {
        let text = r#"{"clean_prefix": [1], "patch_prefix": [30], "clean_answer": 5, "patch_answer": 6}"#;
        assert!(run(text, options()).unwrap_err().to_string().contains("token id 30"));
    }
}
