//! One sentence about a feature: on which prompt it fires, at which words, and what that does to the answer.

use super::Pairs;
use crate::core::detail_index::Entry;
use crate::core::firing::{Firing, MOST};
use crate::core::rows::cells;
use crate::core::sides::alone;
use crate::core::study::ViewSpec;
use crate::core::text::{excerpt, printable, told_apart, without_article};

/// The share of all activation below which a prompt is called silent.
const SILENT: f64 = 0.01;

/// The share of the strongest activation from which a word is named as one on which the feature fires.
const NAMED: f64 = 0.1;

/// The most words that are named of one prompt, and the most columns of one word and of the name of a prompt.
const WORDS: usize = 2;
const WORD: usize = 16;
const PROMPT: usize = 30;

/// How many times as strong on one of two prompts a feature is said to be stronger there.
const STRONGER: f64 = 1.5;

/// The sentence, on one line and without a full stop. `effect` and `standard_error` are those of the feature in the view; None if
/// they are not known. Without pairs there is the reason.
pub fn sentence(view: &ViewSpec, effect: Option<f32>, standard_error: Option<f32>, pairs: Result<&Pairs<'_>, &str>) -> String {
    let fires = match pairs {
        Ok(pairs) => fires(view, pairs),
        Err(reason) => format!("what it fires on is not known: {}", printable(reason)),
    };
    format!("{fires}; {}", pushes(view, effect, standard_error, pairs.ok()))
}

/// The names of the clean and of the patch prompt, to stand behind `the`.
fn names(view: &ViewSpec) -> [String; 2] {
    let [clean, patch] = [&view.clean, &view.patch].map(|name| without_article(name));
    [told_apart(clean, &[patch], PROMPT), told_apart(patch, &[clean], PROMPT)]
}

/// On which prompt the feature fires, and at which words.
fn fires(view: &ViewSpec, pairs: &Pairs) -> String {
    let Some(firing) = pairs.firing() else { return "its activation is the same in both prompts".to_owned() };
    let [clean_name, patch_name] = names(view);
    let (at, only) = at(pairs, firing);
    match firing {
        Firing::Clean => {
            let (clean, patch, quiet) = loud_and_quiet(pairs, Prompt::Clean, only);
            format!("fires on the {clean_name}{clean}{at}, {quiet} on the {patch_name}{patch}")
        }
        Firing::Patch => {
            let (patch, clean, quiet) = loud_and_quiet(pairs, Prompt::Patch, only);
            format!("{quiet} on the {clean_name}{clean}, fires on the {patch_name}{patch}{at}")
        }
        Firing::Both => {
            let more = match Prompt::stronger(pairs) {
                Some(Prompt::Clean) => format!(", more on the {clean_name}"),
                Some(Prompt::Patch) => format!(", more on the {patch_name}"),
                None => String::new(),
            };
            let [clean, patch] = [Prompt::Clean, Prompt::Patch].map(|prompt| prompt.tokens(pairs, prompt, only, &anywhere));
            if clean == patch {
                format!("fires on both prompts{}{at}{more}", bracketed(&clean))
            } else {
                let (clean, patch) = (bracketed(&clean), bracketed(&patch));
                format!("fires on both, the {clean_name}{clean} and the {patch_name}{patch}{at}{more}")
            }
        }
    }
}

/// The words on which the feature fires, those of the other prompt, and how little it fires there: of a silent prompt the words at
/// the same tokens, of a weak one those on which it fires most. If the words are the same, those before them that differ tell the two
/// prompts apart.
fn loud_and_quiet(pairs: &Pairs, loud: Prompt, only: Option<usize>) -> (String, String, &'static str) {
    let quiet = loud.other();
    let all = loud.sum(pairs) + quiet.sum(pairs);
    let is_silent = quiet.sum(pairs) <= SILENT * all;
    let (degree, by) = if is_silent { ("silent", loud) } else { ("weak", quiet) };
    // A prompt that is silent as a whole may have a word or two on which it is not: these are no examples of silence.
    let named = |entry: &Entry| !is_silent || quiet.activation(entry) <= SILENT * pairs.largest;
    let (heard, unheard) = (loud.tokens(pairs, loud, only, &anywhere), quiet.tokens(pairs, by, only, &anywhere));
    if heard != unheard {
        return (bracketed(&heard), bracketed(&quiet.tokens(pairs, by, only, &named)), degree);
    }
    let after = |prompt: Prompt, by: Prompt, named: &dyn Fn(&Entry) -> bool| {
        let words = prompt.differing(pairs, by, only, named);
        if words.is_empty() { words } else { format!("after {words}") }
    };
    let heard = format!("{heard} {}", after(loud, loud, &anywhere));
    (bracketed(heard.trim_end()), bracketed(&after(quiet, by, &named)), degree)
}

/// Lets the words at every token be named.
fn anywhere(_: &Entry) -> bool {
    true
}

fn bracketed(words: &str) -> String {
    if words.is_empty() { String::new() } else { format!(" ({words})") }
}

/// One of the two prompts of every pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Prompt {
    Clean,
    Patch,
}

impl Prompt {
    fn activation(self, entry: &Entry) -> f64 {
        // A signed code (absolute TopK) fires with either sign.
        f64::from(match self {
            Self::Clean => entry.clean.abs(),
            Self::Patch => entry.patch.abs(),
        })
    }

    fn sum(self, pairs: &Pairs) -> f64 {
        pairs.entries().iter().map(|entry| self.activation(entry)).sum()
    }

    /// The prompt on which a feature that fires on both is stronger; None if it is about as strong on both.
    fn stronger(pairs: &Pairs) -> Option<Self> {
        let [clean, patch] = [Self::Clean, Self::Patch].map(|prompt| prompt.sum(pairs));
        if clean >= STRONGER * patch {
            Some(Self::Clean)
        } else if patch >= STRONGER * clean {
            Some(Self::Patch)
        } else {
            None
        }
    }

    fn other(self) -> Self {
        match self {
            Self::Clean => Self::Patch,
            Self::Patch => Self::Clean,
        }
    }

    /// The texts of this prompt and of the other one, token by token.
    fn texts<'a>(self, pairs: &Pairs<'a>, pair: usize) -> [&'a [String]; 2] {
        let [clean, patch] = pairs.sides(pair);
        match self {
            Self::Clean => [clean.tokens, patch.tokens],
            Self::Patch => [patch.tokens, clean.tokens],
        }
    }

    /// The tokens of this prompt where `loud` is most active.
    fn tokens(self, pairs: &Pairs, loud: Self, only: Option<usize>, named: &dyn Fn(&Entry) -> bool) -> String {
        strongest(pairs, loud, only, named, |entry| self.texts(pairs, entry.example)[0].get(entry.position))
    }

    /// The last tokens of this prompt that differ from the other one, before the tokens where `loud` is most active.
    fn differing(self, pairs: &Pairs, loud: Self, only: Option<usize>, named: &dyn Fn(&Entry) -> bool) -> String {
        strongest(pairs, loud, only, named, |entry| {
            let [own, other] = self.texts(pairs, entry.example);
            own.iter().zip(other).take(entry.position).rfind(|(own, other)| own != other).map(|(own, _)| own)
        })
    }
}

/// The words that `word` gives for the tokens where `loud` is most active, of those at position `only` if the sentence says that it is
/// there that the feature fires; two dots stand for more. A word is left out if one of its tokens is none that may be `named`.
fn strongest<'a>(
    pairs: &'a Pairs,
    loud: Prompt,
    only: Option<usize>,
    named: &dyn Fn(&Entry) -> bool,
    word: impl Fn(&Entry) -> Option<&'a String>,
) -> String {
    let mut entries: Vec<&Entry> =
        pairs.entries().iter().filter(|entry| only.is_none_or(|only| entry.position == only)).collect();
    let barred: Vec<&String> = entries.iter().filter(|entry| !named(entry)).filter_map(|entry| word(entry)).collect();
    entries.sort_by(|left, right| loud.activation(right).total_cmp(&loud.activation(left)));
    let largest = entries.first().map_or(0.0, |entry| loud.activation(entry));
    let mut words: Vec<String> = Vec::new();
    for entry in entries.into_iter().take_while(|entry| loud.activation(entry) > NAMED * largest) {
        let word = word(entry).filter(|word| !barred.contains(word));
        let Some(word) = word.map(|word| excerpt(&alone(word), WORD)) else { continue };
        if !words.contains(&word) {
            words.push(word);
        }
        if words.len() > WORDS {
            break;
        }
    }
    let more = if words.len() > WORDS { " .." } else { "" };
    words.truncate(WORDS);
    format!("{}{more}", words.join(", "))
}

/// The place of the tokens at which the feature fires, after a space, and its position if it fires at this one, alone or mostly.
fn at(pairs: &Pairs, firing: Firing) -> (String, Option<usize>) {
    let weight = |entry: &Entry| match firing {
        Firing::Clean => Prompt::Clean.activation(entry),
        Firing::Patch => Prompt::Patch.activation(entry),
        Firing::Both => Prompt::Clean.activation(entry) + Prompt::Patch.activation(entry),
    };
    let mut sums: Vec<(usize, f64)> = Vec::new();
    for entry in pairs.entries() {
        match sums.iter_mut().find(|(position, _)| *position == entry.position) {
            Some((_, sum)) => *sum += weight(entry),
            None => sums.push((entry.position, weight(entry))),
        }
    }
    let all: f64 = sums.iter().map(|(_, sum)| sum).sum();
    let Some((position, sum)) = sums.into_iter().max_by(|(_, left), (_, right)| left.total_cmp(right)) else {
        return (String::new(), None);
    };
    let place = place(pairs, position);
    match sum / all {
        MOST.. => (format!(" at {place}"), Some(position)),
        0.5.. => (format!(" mostly at {place}"), Some(position)),
        _ => (" over several tokens".to_owned(), None),
    }
}

/// A position in words that hold for every pair.
fn place(pairs: &Pairs, position: usize) -> String {
    let all = |holds: &dyn Fn(&[String], &[String]) -> bool| {
        (0..pairs.len()).all(|pair| {
            let [clean, patch] = pairs.sides(pair);
            holds(clean.tokens, patch.tokens)
        })
    };
    let only_here = |clean: &[String], patch: &[String]| {
        let mut differing = (0..clean.len().max(patch.len())).filter(|at| clean.get(*at) != patch.get(*at));
        differing.next() == Some(position) && differing.next().is_none()
    };
    if all(&only_here) {
        "the token that differs".to_owned()
    } else if all(&|clean, _| clean.len() == position + 1) {
        "the last token".to_owned()
    } else {
        format!("token {position}")
    }
}

/// What the feature does to the answer, and in how many pairs.
fn pushes(view: &ViewSpec, effect: Option<f32>, standard_error: Option<f32>, pairs: Option<&Pairs>) -> String {
    let Some(effect) = effect else { return "its effect is not known".to_owned() };
    if effect == 0.0 {
        return "no effect".to_owned();
    }
    let number = cells::signed(Some(f64::from(effect)));
    let error = match standard_error {
        Some(error) => format!(" ± {}", cells::unsigned(Some(f64::from(error)))),
        None => String::new(),
    };
    // The effect is that of the patch activation in place of the clean one: it takes away what fires on the clean prompt, and weakens what
    // is stronger there.
    let change = match pairs.and_then(|pairs| Some((pairs.firing()?, Prompt::stronger(pairs)))) {
        Some((Firing::Clean, _)) => "taken away: ",
        Some((Firing::Both, Some(Prompt::Clean))) => "weakened: ",
        _ => "",
    };
    // A minus sign is that of the metric, not of the answer that is named.
    let so = if effect < 0.0 { ", so" } else { "" };
    let towards = answer(view, effect, pairs);
    let of = pairs.filter(|pairs| !pairs.is_empty()).map_or_else(String::new, |pairs| {
        let noun = if pairs.len() == 1 { "pair" } else { "pairs" };
        format!(", in {} of {} {noun}", pairs.agreeing(effect), pairs.len())
    });
    format!("{change}{number}{error} logits{so} towards {towards}{of}")
}

/// The answer that an effect of this sign makes more likely: its text if all pairs share it.
fn answer(view: &ViewSpec, effect: f32, pairs: Option<&Pairs>) -> String {
    let side = usize::from(effect > 0.0);
    let mut answers = pairs.into_iter().flat_map(|pairs| (0..pairs.len()).map(|pair| pairs.sides(pair)[side].answer));
    match answers.next() {
        Some(first) if answers.all(|answer| answer == first) => format!("'{}'", excerpt(first, WORD)),
        _ => format!("the answer to the {}", names(view)[side]),
    }
}

#[cfg(test)]
#[path = "sentence_tests.rs"]
mod tests;
