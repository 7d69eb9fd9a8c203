//! Tests with any keys in any order, on terminals of any size.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::pilot::{Pilot, draw, found, opened, problem, request, with_dropped};
use crate::app::command::{Command, Reach};
use crate::app::commands;
use crate::app::layout::table_rows;
use crate::app::message::{JobNews, Message, Mouse};
use crate::app::silence::Seen;
use crate::app::state::download::Offer;
use crate::app::state::overlay::Overlay;
use crate::core::progress::{Progress, Step};
use crate::core::selection::Selection;
use crate::core::study::testing::{BASELINE, FEMALE, MALE};
use crate::ui::testing::run;

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, rng_seed: RngSeed::Fixed(7), ..ProptestConfig::default() }
}

/// An action of a user, a terminal or a job.
#[derive(Debug, Clone)]
enum Deed {
    Press(String),
    Type(String),
    Paste(String),
    Resize(u16, u16),
    Mouse(Mouse, u16, u16),
    News(u64, usize),
    Saved(u64),
    NotSaved,
    Read(String),
}

fn keys() -> Vec<String> {
    let mut keys: Vec<String> = commands::all().flat_map(|command| command.keys).map(|key| (*key).to_owned()).collect();
    keys.extend(["enter", "esc", "backspace", "delete", "alt-b", "ctrl-w", "ctrl-k", "%", "e"].map(str::to_owned));
    keys
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let mouse = prop::sample::select(vec![Mouse::Click, Mouse::WheelDown, Mouse::WheelUp]);
    let texts =
        prop::sample::select(vec!["0.1", "1e-9", "12", "99999999", "kind=mlp", "effect>0.1 or", "tag=FP", "名前\u{301}", "sort"]);
    let deed = prop_oneof![
        12 => prop::sample::select(keys()).prop_map(Deed::Press),
        2 => texts.prop_map(|text| Deed::Type(text.to_owned())),
        1 => "[ -~]{0,8}".prop_map(Deed::Type),
        1 => "(?s).{0,8}".prop_map(Deed::Paste),
        2 => (0..=200_u16, 0..=60_u16).prop_map(|(width, height)| Deed::Resize(width, height)),
        3 => (mouse, 0..200_u16, 0..60_u16).prop_map(|(mouse, x, y)| Deed::Mouse(mouse, x, y)),
        1 => (1..4_u64, 0..22_usize).prop_map(|(number, news)| Deed::News(number, news)),
        1 => (0..9_u64).prop_map(Deed::Saved),
        1 => Just(Deed::NotSaved),
        1 => "(?s).{0,12}".prop_map(Deed::Read),
    ];
    prop::collection::vec(deed, 0..40)
}

fn news(which: usize) -> JobNews {
    let run = run();
    let views = [MALE, FEMALE, BASELINE];
    match which {
        0 => opened(&run),
        1 => JobNews::Ended(Err(problem())),
        2 => JobNews::Step(Step::Progress(Progress { stage: "\x1b[2J名前".repeat(9), done: 9, total: 0 })),
        3 => JobNews::Step(Step::Progress(Progress { stage: String::new(), done: u64::MAX / 200, total: 1 })),
        _ => found(&run, views[which % 3], 6).swap_remove((which - 4) / 3),
    }
}

fn act(pilot: &mut Pilot, deed: Deed) {
    match deed {
        Deed::Press(key) => {
            pilot.press(&key);
        }
        Deed::Type(text) => pilot.type_text(&text),
        Deed::Paste(text) => pilot.tell(Message::Paste(text)),
        Deed::Resize(width, height) => pilot.resize(width, height),
        Deed::Mouse(mouse, x, y) => pilot.tell(Message::Mouse(mouse, x, y)),
        Deed::News(number, which) => pilot.news(number, news(which)),
        Deed::Saved(revision) => pilot.tell(Message::TagsSaved(revision)),
        Deed::NotSaved => pilot.tell(Message::TagsNotSaved(problem())),
        Deed::Read(text) => pilot.tell(Message::TagsRead(Ok((text, "list.md".to_owned())))),
    }
}

fn holds(pilot: &Pilot) {
    let state = &pilot.state;
    let (cursor, length) = (state.table.cursor, state.table.len());
    assert!(cursor < length || (cursor, length) == (0, 0), "cursor {cursor} of {length}");
    assert!(state.table.top <= cursor && cursor < state.table.top + table_rows(state).max(1), "cursor {cursor} is out of sight");
    match state.selection {
        Selection::Threshold(threshold) => assert!(threshold.is_finite() && threshold >= 0.0, "{threshold}"),
        Selection::TopK(count) => assert!(count > 0),
    }
    let buffer = draw(state, state.size());
    let hidden = |cell: &ratatui::buffer::Cell| cell.symbol().contains(char::is_control);
    assert!(!buffer.content().iter().any(hidden), "a control character is on the screen");
}

proptest! {
    #![proptest_config(config(48))]

    #[test]
    fn nothing_breaks_the_explorer(deeds in deeds(), other in (0..=200_u16, 0..=60_u16)) {
        let mut pilot = Pilot::computing();
        for deed in deeds {
            act(&mut pilot, deed);
            holds(&pilot);
        }
        // A terminal may be resized between the last message and the drawing.
        draw(&pilot.state, other);
    }
}

/// Keys that change tags, and some that move between them.
fn tagging() -> impl Strategy<Value = String> {
    let edits = ["m p", "m P", "m x", "m tab w", "m t", "m e seen enter", "m e ctrl-u enter", "space space space", "space", "c"];
    let moves = ["j", "k", "G", "2", "1", "5", "s t", "u", "U", "space space"];
    let keys = prop::collection::vec(prop::sample::select([edits, moves].concat()), 0..30);
    keys.prop_map(|keys| keys.join(" "))
}

proptest! {
    #![proptest_config(config(96))]

    #[test]
    fn undo_gives_the_first_tags_back_and_redo_the_last(before in tagging(), after in tagging()) {
        let mut pilot = Pilot::study();
        pilot.press(&before);
        let book = |pilot: &Pilot| pilot.state.tagging.book.clone().unwrap();
        let first = (book(&pilot).features().clone(), book(&pilot).undoable());
        let edits = after.replace(" u", "").replace(" U", "");
        pilot.press(edits.strip_prefix("u").or(edits.strip_prefix("U")).unwrap_or(&edits));
        let last = book(&pilot).features().clone();
        let steps = book(&pilot).undoable() - first.1;
        (0..steps).for_each(|_| { pilot.press("u"); });
        prop_assert_eq!(book(&pilot).features().clone(), first.0);
        (0..steps).for_each(|_| { pilot.press("U"); });
        prop_assert_eq!(book(&pilot).features().clone(), last);
        (0..book(&pilot).undoable()).for_each(|_| { pilot.press("u"); });
        prop_assert!(book(&pilot).features().is_empty());
    }

    #[test]
    fn the_cursor_stays_on_its_feature(
        down in 0..18_usize,
        steps in prop::collection::vec(prop::sample::select(vec![
            "1", "2", "3", "4", "5", "v", "S", "s f", "s e", "s 3", "s t", "/ ctrl-u kind=mlp enter", "/ ctrl-u layer=1 enter",
            "/ ctrl-u enter", "/ effect>0 esc", "\\", "t ctrl-u 0.1 enter", "t ctrl-u 0 enter", "T ctrl-u 4 enter", "esc", "h j l",
            "h g l", "h k l", "+", "-", "m p", "H H", "? esc", "1 2", "F", "F",
        ]), 0..25),
    ) {
        let mut pilot = Pilot::study();
        pilot.press("j k");
        (0..down).for_each(|_| { pilot.press("j"); });
        let feature = pilot.state.feature().unwrap();
        for keys in steps {
            pilot.press(keys);
            if pilot.features().contains(&feature) {
                prop_assert_eq!(pilot.state.feature(), Some(feature), "after {}", keys);
            }
        }
    }
}

/// Keys that lead to states in which different commands can do something.
const STARTS: [&str; 20] = [
    "",
    "2 j j j",
    "y n",
    "2 h j j",
    "1 l",
    "j j l",
    "2 4",
    "/ kind=mlp enter j j",
    "j space",
    "m p",
    "m p u",
    "2 s e",
    "t ctrl-u 0.1 enter",
    "p",
    "H",
    "r y",
    "D enter",
    "T enter",
    "b enter esc",
    "W",
];

#[test]
fn dropped_pairs_are_counted_and_listed() {
    let mut pilot = Pilot::with(with_dropped());
    assert!(pilot.screen()[0].contains("4 of 5 pairs.json pairs"), "{}", pilot.screen()[0]);
    pilot.press("!");
    let screen = pilot.screen().join("\n");
    assert!(screen.contains("pairs.json: 4 of 5 pairs are used; dropped: 1 line with prompts of unequal length"), "{screen}");
    assert!(screen.contains("line 3     prompts of 3 and 4 tokens: 'The Ole runs' / 'The Ingeborg runs'"), "{screen}");
    pilot.press("esc");
    assert!(pilot.state.overlay.is_none());
    let mut pilot = Pilot::computing();
    pilot.press("r");
    pilot.news(1, opened(&with_dropped()));
    let says = "1 pair was dropped from pairs.json (line 3: prompts of 3 and 4 tokens); ! lists them";
    assert_eq!(pilot.notice(), says);
    let mut pilot = Pilot::computing();
    pilot.press("r");
    pilot.state.notice = Some(crate::app::notice::Notice::refused("the defaults are used"));
    pilot.news(1, opened(&with_dropped()));
    assert_eq!(pilot.notice(), format!("the defaults are used; {says}"), "nobody has read it yet");
    let mut pilot = Pilot::study();
    pilot.press("!");
    assert_eq!(pilot.notice(), "dropped: no pair was dropped");
}

/// What `run` prints as a note is said in the explorer, too, and stays in the list when all is computed or read from a file.
#[test]
fn notes_on_the_inputs_are_said_when_they_arrive_and_listed() {
    let mut run = run();
    run.manifest.data[0].not_joined = vec![10, 999];
    run.manifest.model.bos = Some(1);
    // The first prompts have a BOS token of their own, too.
    for example in &mut run.manifest.data[0].examples[..2] {
        for (tokens, texts) in
            [(&mut example.clean_tokens, &mut example.clean_text), (&mut example.patch_tokens, &mut example.patch_text)]
        {
            (tokens[0], tokens[1]) = (1, 1);
            texts[0] = "The".to_owned();
        }
    }
    let taken = "rope_theta is not in config.json: 10000 is taken, as transformers does";
    let unused = "not used: dictionaries/a, which holds cfg.json, but no sae_weights.safetensors";
    run.manifest.notes = vec![taken.to_owned(), unused.to_owned()];
    run.manifest.dictionaries = vec![crate::core::notes::testing::record("resid_0", "it was trained on another model")];
    let bos = "every prompt begins with the BOS token The (number 1), as the dictionaries' training data did";
    let joined = "pairs.json: in 1 of 4 pairs, prompt and answer as one text are other tokens than one after the other, for example where a prompt \
                  ends in a space";
    let mut pilot = Pilot::computing();
    pilot.press("r");
    crate::app::welcome::greet(&mut pilot.state);
    let JobNews::Opened(mut inputs) = opened(&run) else { panic!("the inputs come first") };
    // As the opened study says them.
    inputs.notes = crate::core::notes::of_run(&run.manifest);
    let second = "pairs.json: the prompts of 2 of 4 pairs begin with a BOS token of their own and get a second one in front";
    let all = [taken, unused, bos, second, joined];
    assert!(inputs.notes.iter().zip(all).all(|(note, part)| note.starts_with(part)), "{:?}", inputs.notes);
    assert_eq!(inputs.notes.len(), all.len());
    pilot.news(1, JobNews::Opened(inputs.clone()));
    assert_eq!(pilot.notice(), format!("{}; ! lists them", inputs.notes.join("; ")));
    for mut pilot in [pilot, Pilot::with(run)] {
        pilot.resize(240, 40);
        pilot.press("!");
        let lines = pilot.screen().join("\n");
        assert!(pilot.state.overlay.is_some(), "{}", pilot.notice());
        assert!(
            ["no pair was dropped", "notes"].iter().chain(&all).all(|part| lines.contains(part.get(..80).unwrap_or(part))),
            "{lines}"
        );
        assert!(all.iter().all(|part| lines.matches(part.get(..80).unwrap_or(part)).count() == 1), "each is said once: {lines}");
        let is_whole = pilot.state.job.is_none();
        assert_eq!(lines.contains("all dictionaries: it was trained on another model"), is_whole, "{lines}");
    }
}

/// The outcome of a command: whether it was refused, whether it asked for anything or changed the screen apart from the notice, and
/// what it said.
fn outcome(command: &'static Command, start: &str, size: (u16, u16)) -> (bool, bool, String) {
    let mut pilot = Pilot::with(with_dropped());
    pilot.resize(size.0, size.1);
    pilot.state.setting.request = Some(request());
    pilot.state.setting.offers = vec![Offer { name: "pythia-70m".to_owned(), files: 2, missing: 1, about_bytes: None }];
    pilot.press(start);
    pilot.state.notice = None;
    pilot.asked();
    let before = pilot.buffer();
    let hidden = matches!(pilot.state.overlay, Some(Overlay::Pictures)) && command.reach == Reach::Features;
    let enabled = !hidden && (command.enabled)(&pilot.state).is_ok();
    pilot.state.card_before = pilot.state.card_scroll;
    let effects = commands::run(&mut pilot.state, command);
    pilot.effects(effects);
    pilot.settle_card();
    let refused = pilot.notice().starts_with(&format!("{}: ", command.name));
    assert_eq!(refused, !enabled, "{} after '{start}' says {:?}", command.name, pilot.notice());
    let says = pilot.notice().to_owned();
    pilot.state.notice = None;
    (refused, !pilot.asked().is_empty() || pilot.buffer() != before, says)
}

#[test]
fn every_command_does_something_or_says_why_not() {
    let mut silent = Vec::new();
    for command in commands::all() {
        let mut acts = false;
        for start in STARTS {
            for size in [(100, 40), (160, 45)] {
                let (refused, acted, says) = outcome(command, start, size);
                assert!(!(refused && acted), "{} is refused and acts after '{start}'", command.name);
                if !acted && says.is_empty() {
                    silent.push(format!("{} after '{start}' at {size:?}", command.name));
                }
                acts |= acted || refused && never(command);
            }
        }
        assert!(acts, "{} does nothing", command.name);
    }
    assert!(silent.is_empty(), "{silent:#?}");
}

/// Whether a command is refused after every start: the small study has three views, and another model than the published tags.
fn never(command: &Command) -> bool {
    command.name.starts_with("view-") || command.name == "take-published-tags"
}

/// Windows and prompts, and keys that open them.
const WINDOWS: [&str; 35] = [
    "y",
    "m",
    "s",
    ":",
    ": thr",
    "?",
    "? manual enter",
    "? zzz",
    "R",
    "!",
    "L",
    "L enter",
    "t",
    "T",
    "/",
    "/ kind=mlp",
    "m e",
    "m p E",
    "w",
    "b",
    "B",
    "Z",
    "d",
    "C",
    "I",
    "P",
    "D",
    "y e",
    "y e ctrl-u",
    ": study enter",
    ": method enter",
    ": steps enter",
    ": view enter",
    ": ablate-sets enter",
    ": ablate-search enter",
];

#[test]
fn every_key_in_a_window_or_prompt_does_something_or_is_said_to_do_nothing() {
    let more = ["x", "z", "pageup", "pagedown", "ctrl-k", "ctrl-e", "ctrl-x", "alt-q", "left", "right", "f5"].map(str::to_owned);
    let keys: Vec<String> = keys().into_iter().chain(more).filter(|key| key != "ctrl-z").collect();
    for start in WINDOWS {
        let mut opened = Pilot::with(with_dropped());
        opened.resize(100, 30);
        opened.state.setting.request = Some(request());
        opened.state.record.opened = false;
        opened.state.setting.offers = vec![Offer { name: "pythia-70m".to_owned(), files: 2, missing: 1, about_bytes: None }];
        opened.press(start);
        opened.asked();
        assert!(opened.state.overlay.is_some(), "{start} opens nothing: {}", opened.notice());
        for key in &keys {
            let mut pilot = Pilot::new(opened.state.clone());
            // The second press says that it does nothing although the screen says so already.
            for _ in 0..2 {
                let window = pilot.state.overlay.as_ref().map(std::mem::discriminant);
                if window != opened.state.overlay.as_ref().map(std::mem::discriminant) {
                    break;
                }
                pilot.state.notice = None;
                let before = (pilot.buffer(), Seen::of(&pilot.state));
                pilot.press(key);
                // What is said must be seen: words that stood there before are none.
                let acted = !pilot.asked().is_empty() || (pilot.buffer(), Seen::of(&pilot.state)) != before;
                assert!(acted, "{key} after '{start}' is silent, it says {:?}", pilot.notice());
            }
        }
    }
}

#[test]
fn every_default_key_runs_its_command() {
    let keymap = commands::default_keys();
    for command in commands::all() {
        for key in command.keys {
            assert_eq!(keymap.command(key.parse().unwrap()), Some(command.id()), "{key}");
        }
    }
}

#[test]
fn a_click_moves_the_cursor_and_the_card_begins_at_its_top() {
    let mut pilot = Pilot::study();
    pilot.resize(120, 40);
    pilot.press("l j j j j j j j h");
    assert_eq!(pilot.state.card_scroll, 7);
    pilot.tell(Message::Mouse(Mouse::Click, 50, 9));
    assert_eq!((pilot.state.table.cursor, pilot.state.card_scroll), (3, 0));
    assert!(pilot.screen()[9].contains('>'));
}

#[test]
fn a_click_below_the_last_submodule_chooses_none() {
    let mut pilot = Pilot::study();
    pilot.resize(120, 40);
    pilot.tell(Message::Mouse(Mouse::Click, 5, 30));
    assert_eq!(pilot.state.submodule, None);
    pilot.tell(Message::Mouse(Mouse::Click, 5, 7));
    assert_eq!(pilot.state.submodule.unwrap().to_string(), "attn_0");
}
