//! Tests of the sentence: each kind of evidence with the words that it must give, and any text and number.

use proptest::prelude::*;

use super::*;
use crate::core::run::ExampleRecord;
use crate::core::study::testing::{BASELINE, FEMALE, MALE, names};
use crate::core::view::View;

/// One pair: clean prompt, patch prompt, their answers, and (position, effect, clean, patch) of the tokens that differ.
type Pair<'a> = (&'a str, &'a str, [&'a str; 2], &'a [(usize, f32, f32, f32)]);

const PRONOUNS: [&str; 2] = [" he", " she"];

fn tokens(prompt: &str) -> Vec<String> {
    prompt.split_inclusive(' ').map(str::to_owned).collect()
}

fn example((clean, patch, answers, _): &Pair) -> ExampleRecord {
    let (clean_text, patch_text) = (tokens(clean), tokens(patch));
    ExampleRecord {
        line: 1,
        clean_tokens: vec![0; clean_text.len()],
        patch_tokens: vec![0; patch_text.len()],
        clean_text,
        patch_text,
        clean_answer: 0,
        patch_answer: 1,
        clean_answer_text: answers[0].to_owned(),
        patch_answer_text: answers[1].to_owned(),
    }
}

fn said(view: View, effect: f32, standard_error: Option<f32>, given: &[Pair]) -> String {
    let study = names();
    let examples: Vec<ExampleRecord> = given.iter().map(example).collect();
    let entries = given.iter().enumerate().flat_map(|(example, (.., entries))| {
        entries.iter().map(move |(position, effect, clean, patch)| Entry {
            example,
            position: *position,
            effect: *effect,
            clean: *clean,
            patch: *patch,
        })
    });
    let pairs = Pairs::new(study.view(view), &examples, entries.collect());
    sentence(study.view(view), Some(effect), standard_error, Ok(&pairs))
}

#[test]
fn a_feature_of_one_prompt_names_its_words_and_those_on_which_it_is_silent() {
    let pairs: [Pair; 3] = [
        ("Andrew waits", "Jean waits", PRONOUNS, &[(0, 0.5, 0.0, 1.7)]),
        ("Michael waits", "Sarah waits", PRONOUNS, &[(0, 0.6, 0.0, 1.9)]),
        ("John waits", "Anna waits", PRONOUNS, &[(0, -0.1, 0.0, 1.5)]),
    ];
    assert_eq!(
        said(MALE, 0.45, Some(0.05), &pairs),
        "silent on the he-prompt (Michael, Andrew ..), fires on the she-prompt (Sarah, Jean ..) at the token that differs; \
         +0.4500 ± 0.0500 logits towards ' she', in 2 of 3 pairs"
    );
    // The reversed view exchanges prompts and answers; entries are those of the view itself.
    assert_eq!(
        said(FEMALE, -0.45, Some(0.05), &pairs),
        "silent on the she-prompt (Sarah, Jean ..), fires on the he-prompt (Michael, Andrew ..) at the token that differs; \
         -0.4500 ± 0.0500 logits, so towards ' she', in 1 of 3 pairs"
    );
}

/// The words of a weak prompt are those on which it does fire, whatever stands at the strongest tokens of the other one.
#[test]
fn a_weak_prompt_names_the_words_on_which_it_fires() {
    let pairs: [Pair; 3] = [
        ("Andrew waits", "Jean waits", PRONOUNS, &[(0, 0.5, 4.0, 0.0)]),
        ("Michael waits", "Sarah waits", PRONOUNS, &[(0, 0.5, 3.0, 0.0)]),
        ("John waits", "Kelly waits", PRONOUNS, &[(0, 0.5, 1.0, 0.5)]),
    ];
    let said = said(MALE, 0.5, None, &pairs);
    assert!(
        said.starts_with(
            "fires on the he-prompt (Andrew, Michael ..) at the token that differs, weak on the she-prompt (Kelly);"
        ),
        "{said}"
    );
}

/// A prompt may be silent as a whole although one of its words is not: that word is no example of silence.
#[test]
fn words_on_which_a_silent_prompt_fires_are_not_named_as_silent() {
    let quiet = [("Tom waits", "Rose waits", 0.0), ("Max waits", "Kim waits", 0.12), ("Ben waits", "Ada waits", 0.0)];
    let same_word = |position: usize| -> Vec<(&str, &str, f32, usize)> {
        (0..5).flat_map(|_| quiet.map(|(clean, patch, activation)| (clean, patch, activation, position))).collect()
    };
    for (position, silent) in [(0, "silent on the she-prompt (Rose, Ada);"), (1, "silent on the she-prompt (after Rose, Ada);")] {
        let mut entries = Vec::new();
        for (place, (clean, patch, activation, position)) in same_word(position).into_iter().enumerate() {
            // Only one of the fifteen pairs is not silent.
            let activation = if place == 1 { activation } else { 0.0 };
            entries.push((clean, patch, [(position, 0.5, 1.28 - 0.01 * place as f32, activation)]));
        }
        let pairs: Vec<Pair> = entries.iter().map(|(clean, patch, entry)| (*clean, *patch, PRONOUNS, &entry[..])).collect();
        let said = said(MALE, 0.5, None, &pairs);
        assert!(said.contains(silent), "{said}");
    }
}

/// What is stronger on the clean prompt is weakened by the change to the patch prompt, so its effect is not that of its firing.
#[test]
fn the_effect_of_a_feature_that_is_stronger_on_the_clean_prompt_is_that_of_weakening_it() {
    let of = |clean: f32, patch: f32| said(MALE, 0.5, None, &[("Tom waits", "Ann waits", PRONOUNS, &[(0, 0.5, clean, patch)])]);
    let (clean, patch) = (of(3.0, 1.0), of(1.0, 3.0));
    assert!(clean.contains("more on the he-prompt; weakened: +0.5000 logits towards ' she'"), "{clean}");
    assert!(patch.contains("more on the she-prompt; +0.5000 logits towards ' she'"), "{patch}");
}

#[test]
fn every_kind_of_evidence_has_its_words() {
    let weak: [Pair; 2] = [
        ("Tom waits because", "Ann waits because", PRONOUNS, &[(2, -0.5, 2.0, 0.2)]),
        ("Max waits because", "Eve waits because", PRONOUNS, &[(2, -0.5, 2.0, 0.2)]),
    ];
    let same_words: [Pair; 1] = [("Tom waits because", "Ann waits because", PRONOUNS, &[(2, 0.5, 2.0, 3.5)])];
    let both: [Pair; 2] = [
        ("Tom waits", "Ann waits", ["Tom", "Ann"], &[(0, 0.5, 2.0, 2.1), (1, 0.1, 0.0, 1.0)]),
        ("Max waits", "Eve waits", ["Max", "Eve"], &[(0, 0.5, 2.0, 2.1)]),
    ];
    let spread: [Pair; 1] =
        [("a b c d", "e f g h", PRONOUNS, &[(0, 0.1, 1.0, 0.0), (1, 0.1, 1.0, 0.0), (2, 0.1, 1.0, 0.0), (3, 0.1, 0.5, 0.0)])];
    let mostly: [Pair; 2] = [
        ("Tom or", "Ann or", PRONOUNS, &[(0, 0.1, 0.0, 1.0)]),
        ("Max", "Eve", PRONOUNS, &[(0, 0.1, 0.0, 0.05), (1, 0.0, 0.0, 0.5)]),
    ];
    let unlike: [Pair; 2] = [("a b", "c d", PRONOUNS, &[(0, 0.1, 0.0, 1.0)]), ("e b", "f b", PRONOUNS, &[(0, 0.1, 0.0, 1.0)])];
    let silent: [Pair; 1] = [("Tom", "Ann", PRONOUNS, &[])];
    for (view, effect, error, pairs, expected) in [
        (
            MALE,
            -0.5,
            Some(0.0),
            &weak[..],
            "fires on the he-prompt (because after Tom, Max) at the last token, weak on the she-prompt (after Ann, Eve); taken away: \
             -0.5000 ± 0.0000 logits, so towards ' he', in 2 of 2 pairs",
        ),
        (
            MALE,
            0.5,
            None,
            &same_words[..],
            "fires on both prompts (because) at the last token, more on the she-prompt; +0.5000 logits towards ' she', in 1 of 1 \
             pair",
        ),
        (
            BASELINE,
            0.55,
            Some(0.05),
            &both[..],
            "fires on both, the male name (Tom, Max) and the female name (Ann, Eve) at the token that differs; +0.5500 ± \
             0.0500 logits towards the answer to the female name, in 2 of 2 pairs",
        ),
        (
            MALE,
            0.4,
            Some(0.1),
            &spread[..],
            "fires on the he-prompt (a, b ..) over several tokens, silent on the she-prompt (e, f ..); taken away: +0.4000 ± 0.1000 \
             logits towards ' she', in 1 of 1 pair",
        ),
        (
            MALE,
            0.1,
            Some(0.1),
            &mostly[..],
            "silent on the he-prompt (Tom), fires on the she-prompt (Ann) mostly at the token that differs; +0.1000 ± 0.1000 \
             logits towards ' she', in 2 of 2 pairs",
        ),
        (
            MALE,
            0.1,
            Some(0.1),
            &unlike[..],
            "silent on the he-prompt (a, e), fires on the she-prompt (c, f) at token 0; +0.1000 ± 0.1000 logits towards ' she', in \
             2 of 2 pairs",
        ),
        (MALE, 0.0, Some(0.0), &silent[..], "its activation is the same in both prompts; no effect"),
        (MALE, 0.0, None, &[][..], "its activation is the same in both prompts; no effect"),
    ] {
        assert_eq!(said(view, effect, error, pairs), expected);
    }
}

/// The words are those at the place that is named, whatever the feature does elsewhere.
#[test]
fn the_words_are_those_at_the_place_that_is_named() {
    let pairs: [Pair; 2] = [
        ("Tom waits because", "Jane waits because", PRONOUNS, &[(0, 0.1, 0.0, 3.0), (2, 0.5, 0.0, 2.0)]),
        ("Max sits since", "Hope sits since", PRONOUNS, &[(2, 0.5, 0.0, 2.9)]),
    ];
    let said = said(MALE, 0.5, None, &pairs);
    assert!(said.contains("fires on the she-prompt (since, because after Hope, Jane) mostly at the last token;"), "{said}");
}

#[test]
fn names_that_begin_alike_are_told_apart_and_have_one_article() {
    let study = names();
    let mut view = study.view(MALE).clone();
    view.clean = "the prompt of the study of names with men".to_owned();
    view.patch = "the prompt of the study of names with women".to_owned();
    let told = |effect| sentence(&view, Some(effect), None, Err("nothing was kept"));
    assert!(told(0.5).ends_with("+0.5000 logits towards the answer to the …women"), "{}", told(0.5));
    assert!(told(-0.5).ends_with("-0.5000 logits, so towards the answer to the …men"), "{}", told(-0.5));
}

#[test]
fn what_is_not_known_is_said() {
    let study = names();
    let told = |effect, error| sentence(study.view(MALE), effect, error, Err("nothing was kept"));
    assert_eq!(
        told(Some(-0.25), Some(0.5)),
        "what it fires on is not known: nothing was kept; -0.2500 ± 0.5000 logits, so towards the answer to the he-prompt"
    );
    assert_eq!(told(None, None), "what it fires on is not known: nothing was kept; its effect is not known");
}

proptest! {
    #[test]
    fn it_is_one_line_of_moderate_length(
        texts in prop::collection::vec(("(?s).{0,40}", "(?s).{0,40}"), 0..4),
        numbers in prop::collection::vec((0usize..5, 0usize..5, any::<f32>(), any::<f32>(), any::<f32>()), 0..12),
        effect: f32, error: f32, view in 0u8..3,
    ) {
        let given: Vec<Pair> = texts.iter().map(|(clean, patch)| (clean.as_str(), patch.as_str(), [&**patch, &**clean], &[][..])).collect();
        let examples: Vec<ExampleRecord> = given.iter().map(example).collect();
        let mut entries: Vec<Entry> = numbers.into_iter()
            .map(|(example, position, effect, clean, patch)| Entry { example, position, effect, clean, patch })
            .collect();
        entries.sort_by_key(|entry| (entry.example, entry.position));
        let study = names();
        let view = study.view(View(view));
        let pairs = Pairs::new(view, &examples, entries);
        let told = sentence(view, Some(effect), Some(error), Ok(&pairs));
        prop_assert!(!told.contains(char::is_control) && told.chars().count() < 400, "{told:?}");
        prop_assert!(pairs.agreeing(effect) <= pairs.len());
    }
}
