//! Tests that no message, hint or screen names a key that the user gave to another command: with every command on another key,
//! in many states and after every command, no default key is on the screen.

use super::pilot::{Pilot, found, opened, problem, request, wide};
use crate::app::commands;
use crate::app::config::Config;
use crate::app::message::{DownloadNews, JobNews, Message};
use crate::app::state::download::Offer;
use crate::app::state::overlay::Overlay;
use crate::core::progress::{Progress, Step};
use crate::core::request::{ModelSource, Request};
use crate::core::study::testing::MALE;
use crate::ui::testing::{empty, run};

/// A digit after one of these words, or before one of the next, is a number and not a key.
const BEFORE_NUMBERS: [&str; 7] = ["of", "part", "after", "match", "rank", "top", "in"];
const AFTER_NUMBERS: [&str; 17] = [
    "of",
    "features",
    "views",
    "feature",
    "entries",
    "examples",
    "pairs",
    "comparisons",
    "gauss",
    "midpoint",
    "tokens",
    "addresses",
    "marked",
    "submodule",
    "submodules",
    "others",
    "match",
];

/// Formulas on the screen, whose signs are not keys.
const FORMULAS: [&str; 2] = ["logit(patch answer) - logit(clean answer)", "|error term| / (|sum| + |error term|)"];

/// The row of the legend.
const LEGEND: usize = 3;

/// The words of `text` that can only be meant as a default key of the program: characters, `Esc`, and keys with control.
fn default_keys_in(text: &str) -> Vec<String> {
    let trimmed = |word: &str| {
        let inner = word.trim_matches(|character| "();,.·│'\"▸".contains(character));
        if inner.is_empty() { word.to_owned() } else { inner.to_owned() }
    };
    let raw: Vec<&str> = text.split_whitespace().collect();
    let words: Vec<String> = raw.iter().map(|word| trimmed(word)).collect();
    let defaults: Vec<String> = commands::all()
        .flat_map(|command| command.keys)
        .map(|key| key.parse::<crate::app::key::Key>().unwrap().spoken())
        .filter(|key| key.chars().count() == 1 || key.starts_with("ctrl-") || key == "Esc")
        .collect();
    let is_key = |(at, word): &(usize, &String)| {
        let before = at.checked_sub(1).map_or("", |before| raw[before]);
        let after = words.get(at + 1).map_or("", String::as_str);
        let is_sentence = after.starts_with(char::is_alphabetic);
        defaults.contains(word)
            && match word.as_str() {
                digit if digit.chars().all(|character| character.is_ascii_digit()) => {
                    is_sentence && !BEFORE_NUMBERS.contains(&before) && !AFTER_NUMBERS.contains(&after)
                }
                // These signs are also used before bars and in formulas, and a window may cut a number behind its sign.
                "+" | "-" | "=" | "_" | "/" => is_sentence && !raw[*at].contains('│'),
                // `k` is a variable of the method, `s` and `B` are units.
                "k" => !["the", "strongest", "no", "top"].contains(&before) && !after.starts_with("ctrl-"),
                "s" | "B" => !before.ends_with(|character: char| character.is_ascii_digit()),
                _ => true,
            }
    };
    words.iter().enumerate().filter(is_key).map(|(_, word)| word.clone()).collect()
}

/// A configuration that puts every command on a key of its own, which is not the default key of any command.
fn rebound() -> Config {
    let mut text = "[keys]\n".to_owned();
    for (command, key) in commands::all().zip('а'..) {
        text.push_str(&format!("{} = \"{key}\"\n", command.name));
    }
    Config::parse(&text, "config.toml").unwrap()
}

/// Presses the key of the command of that name.
fn run_command(pilot: &mut Pilot, name: &str) {
    let command = commands::find(name).unwrap();
    let key = pilot.state.setting.keymap.key(command.id()).unwrap().to_string();
    pilot.press(&key);
}

fn after(mut pilot: Pilot, deeds: &[&str]) -> Pilot {
    pilot.state.setting.keymap = rebound().keymap;
    for deed in deeds {
        match deed.strip_prefix("type ") {
            Some(keys) => drop(pilot.press(keys)),
            None => run_command(&mut pilot, deed),
        }
    }
    pilot
}

fn offering(model: ModelSource) -> Pilot {
    let mut pilot = Pilot::new(empty());
    let offer = Offer { name: "pythia-70m".to_owned(), files: 39, missing: 20, about_bytes: Some(2_586_000_000) };
    pilot.state.setting.offers = vec![offer];
    pilot.state.setting.request = Some(Request { model, ..request() });
    pilot
}

/// States in which the program says something about keys.
fn starts() -> Vec<(&'static str, Pilot)> {
    let absent = || offering(ModelSource::Preset("pythia-70m".to_owned()));
    let mut computing = after(Pilot::computing(), &["compute"]);
    computing.news(1, opened(&run()));
    found(&run(), MALE, 3).into_iter().for_each(|news| computing.news(1, news));
    let progress = Progress { stage: "resid_0".to_owned(), done: 40, total: 180 };
    computing.news(1, JobNews::Step(Step::Progress(progress.clone())));
    let mut cancelled = Pilot::new(computing.state.clone());
    run_command(&mut cancelled, "cancel");
    cancelled.press("y");
    let mut downloading = after(absent(), &["fetch", "type enter"]);
    let now = downloading.now();
    downloading.tell(Message::Download(1, DownloadNews::Progress(Progress { stage: "downloading".to_owned(), ..progress }), now));
    let mut demo = after(offering(ModelSource::Demo), &[]);
    crate::app::welcome::greet(&mut demo.state);
    let mut arrived = after(offering(ModelSource::Demo), &["fetch", "type enter"]);
    arrived.tell(Message::Download(1, DownloadNews::Ended(Ok(ModelSource::Demo)), now));
    let mut unsaved = after(Pilot::study(), &["tag", "type p"]);
    unsaved.tell(Message::TagsNotSaved(problem()));
    let mut no_browser = after(Pilot::study(), &[]);
    no_browser.state.setting.no_browser = Some("there is no display".to_owned());
    vec![
        ("nothing", after(Pilot::new(empty()), &[])),
        ("study", after(Pilot::study(), &[])),
        ("computing", computing),
        ("cancelled", cancelled),
        ("published", after(Pilot::computing(), &["published"])),
        ("comparison", after(Pilot::study(), &["similarity"])),
        ("filtered", after(Pilot::study(), &["filter", "type kind=mlp enter"])),
        ("none matches", after(Pilot::study(), &["filter", "type layer=7 enter"])),
        ("none selected", after(Pilot::study(), &["threshold", "type ctrl-u 999 enter"])),
        ("marked", after(Pilot::study(), &["mark", "mark"])),
        ("heat map", after(Pilot::study(), &["heat-map"])),
        ("absent", after(absent(), &[])),
        ("demo", demo),
        ("downloading", downloading),
        ("arrived", arrived),
        ("unsaved", unsaved),
        ("no browser", no_browser),
        ("long list", after(Pilot::with(wide(400)), &[])),
        ("mouse given back", after(Pilot::study(), &["mouse"])),
    ]
}

/// The notice and the screens at two sizes. The keys of a chooser, of the copy box and of the window on a check are their own and not in
/// the key map, so their screens are left out.
fn said(pilot: &mut Pilot) -> String {
    let mut said = pilot.notice().to_owned();
    if let Some(Overlay::Chooser(_) | Overlay::Copy(_) | Overlay::Check(_)) = pilot.state.overlay {
        return said;
    }
    for (width, height) in [(180, 50), (70, 20)] {
        pilot.resize(width, height);
        for (row, line) in pilot.screen().iter().enumerate() {
            // Only the line of views and the last line name single digits as keys; elsewhere digits are numbers.
            let has_keys = row == 1 || row + 1 == usize::from(height);
            let number = |character: char| character.is_ascii_digit() && !has_keys;
            // Notes of the published study are words of its authors.
            if pilot.state.show_published && (4..usize::from(height) - 1).contains(&row) {
                continue;
            }
            // The signs in the legend are those of effects, and the mark before a refusal is no key.
            let line = if row == LEGEND { line.replace(['+', '-'], "") } else { line.clone() };
            let line = line.strip_prefix(" ! ").unwrap_or(&line);
            said.push('\n');
            said.push_str(&FORMULAS.iter().fold(line.replace(number, "0"), |line, formula| line.replace(formula, "")));
        }
    }
    // The letters of the picture in the help name parts of the screen.
    let letters = |said: String| ('a'..='i').fold(said, |said, letter| said.replace(&format!("({letter})"), ""));
    match pilot.state.overlay {
        Some(Overlay::Palette(_) | Overlay::Help(_) | Overlay::Runs(_) | Overlay::Dropped(_) | Overlay::Checks(_)) => {
            letters(said.replace("Esc closes", ""))
        }
        // The answers of a question are not in the key map.
        Some(Overlay::Question(_)) => said.replace(" y ", " ").replace(" n ", " "),
        _ => said,
    }
}

#[test]
fn no_default_key_is_named_where_keys_are_others() {
    let mut left = Vec::new();
    let mut look = |place: &str, pilot: &mut Pilot| {
        let said = said(pilot);
        let keys = default_keys_in(&said);
        if !keys.is_empty() {
            let lines: Vec<&str> = said.lines().filter(|line| !default_keys_in(line).is_empty()).collect();
            left.push(format!("{place}: {keys:?}: {lines:#?}"));
        }
    };
    for (name, mut start) in starts() {
        look(name, &mut start);
        for command in commands::all() {
            let mut pilot = Pilot::new(start.state.clone());
            run_command(&mut pilot, command.name);
            look(&format!("{name}, then {}", command.name), &mut pilot);
        }
    }
    assert!(left.is_empty(), "{left:#?}");
}

#[test]
fn a_command_without_a_key_is_named_by_its_name() {
    let mut pilot = Pilot::study();
    pilot.state.setting.keymap = Config::parse("[keys]\nback = []\n", "config.toml").unwrap().keymap;
    pilot.press("/ kind=mlp enter");
    assert_eq!(pilot.notice(), "filtered: 6 of 18 features; the command 'back' shows all again");
}

#[test]
fn the_search_finds_what_was_left() {
    for (text, keys) in [
        ("the published figures; p goes back to the study", vec!["p"]),
        ("the view male compares nothing; 4 and 5 do", vec!["4", "5"]),
        (" 1 male  2 female ", vec!["1", "2"]),
        ("40 % · Esc stops · tags saved", vec!["Esc"]),
        ("the selection holds no feature: T lists the 30 strongest", vec!["T"]),
        ("part 1 of 4 (Y copies the next)", vec!["Y"]),
        ("pythia is not on this machine; fetch, key D, downloads it", vec!["D"]),
        ("% is not a command here; ? lists what is", vec!["?"]),
        ("match 2 of 5, 3 features, - ▂▃, 28 s left, the k features", vec![]),
    ] {
        assert_eq!(default_keys_in(text), keys, "{text}");
    }
}
