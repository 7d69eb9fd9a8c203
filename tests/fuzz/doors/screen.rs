//! The explorer: any run on screens of any size, under any keys and pastes.

use std::sync::Arc;
use std::time::Duration;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use saescope::app::commands;
use saescope::app::key::{Code, Key};
use saescope::app::message::{Message, Mouse};
use saescope::app::state::{Setting, State, ThemeName};
use saescope::app::update::update;
use saescope::core::findings::Findings;
use saescope::core::neuronpedia::Hosted;
use saescope::core::run::Run;
use saescope::core::selection::Selection;
use saescope::core::tags::TagBook;
use saescope::engine::identity;
use saescope::store::published;
use saescope::store::run_file::{from_bytes, to_bytes};

use super::Small;
use crate::harness::{Door, Verdict};
use crate::mutate::Mutator;
use crate::numbers::Numbers;

/// The explorer with a run on its screen.
pub fn state(run: Run) -> State {
    let mut state = State::new(Setting {
        size: (120, 40),
        request: None,
        published: Arc::new(published::names().unwrap()),
        keymap: commands::default_keys(),
        theme: ThemeName::Dark,
        true_colour: true,
        theme_chosen: true,
        selection: Selection::TopK(20),
        no_browser: None,
        selection_chosen: false,
        keeps_runs: true,
        log: "log".to_owned(),
        home: None,
        offers: Vec::new(),
        hosted: Hosted::also([]),
    });
    let subject = identity::subject_of(&run);
    let findings = Findings::from_run(run, Some("run".to_owned()), subject.clone());
    update(&mut state, Message::RunRead(Ok(Arc::new(findings))));
    update(&mut state, Message::TagsOpened(Box::new(TagBook::new(subject)), "tags.json".to_owned()));
    state
}

/// Draws the state, and fails if a control character reaches the screen.
pub fn draw(state: &State) -> Result<(), String> {
    let (width, height) = state.setting.size;
    let mut terminal = Terminal::new(TestBackend::new(width.min(300), height.min(100))).unwrap();
    terminal.draw(|frame| saescope::ui::view(state, frame)).unwrap();
    let hidden = |character: char| character.is_control() || ('\u{202a}'..='\u{202e}').contains(&character);
    let cells = &terminal.backend().buffer().content;
    if cells.iter().any(|cell| cell.symbol().contains(hidden)) { Err("a control character is drawn".to_owned()) } else { Ok(()) }
}

/// Fails if the count of marked rows, which is kept step by step, is not their number.
fn count(state: &State) -> Result<(), String> {
    let marked = state.table.listing.rows.iter().filter(|row| state.marked.contains(&row.feature)).count();
    if state.table.marked == marked {
        Ok(())
    } else {
        Err(format!("{} rows are said to be marked of {marked}", state.table.marked))
    }
}

fn act(state: &mut State, numbers: &mut Numbers, now: Duration) {
    let key = match numbers.below(4) {
        0 => Key::plain(*numbers.of_these(&[Code::Enter, Code::Escape, Code::Tab, Code::Backspace, Code::Down, Code::End])),
        1 => Key { code: Code::Character((b'a' + numbers.below(26) as u8) as char), control: true, alt: false },
        _ => Key::character((b' ' + numbers.below(95) as u8) as char),
    };
    let side = |numbers: &mut Numbers| *numbers.of_these(&[0, 1, 20, 59, 80, 120, 300, 65_535]);
    let message = match numbers.below(12) {
        0 => Message::Resize(side(numbers), side(numbers)),
        1 => Message::Mouse(*numbers.of_these(&[Mouse::Click, Mouse::WheelDown, Mouse::WheelUp]), side(numbers), side(numbers)),
        2 => {
            let piece = *numbers.of_these(&["名", "\u{1b}[2J", "a", "0.1", " ", "e\u{301}", "\n"]);
            let times = *numbers.of_these(&[1, 3, 100, 20_000]);
            Message::Paste(piece.repeat(times))
        }
        3 => Message::TagsRead(Ok((
            format!("- 0-mlp-sm/{} FP {}", numbers.below(20), "x".repeat(numbers.below(99))),
            "a".to_owned(),
        ))),
        _ => Message::Key(key, now),
    };
    // Effects are the outside's to carry out.
    drop(update(state, message));
}

#[test]
fn screens_of_any_run() {
    let read = |bytes: &[u8]| {
        Verdict::of(from_bytes(bytes, "run"), |run| {
            let mut state = state(run);
            let mut numbers = Numbers::of("screens", bytes.len() as u64 + u64::from(bytes[bytes.len() / 2]));
            for deed in 0..12 {
                draw(&state)?;
                act(&mut state, &mut numbers, Duration::from_secs(deed));
            }
            draw(&state)
        })
    };
    let seeds = vec![to_bytes(&Small::new().run(None)).unwrap()];
    Door { name: "screens_of_any_run", seeds, mutator: Mutator::SafeTensors, one_in: 40, read: &read }.pass();
}

#[test]
fn deeds_on_the_screen() {
    let whole = Small::new().run(None);
    let read = |bytes: &[u8]| {
        let mut state = state(whole.clone());
        let seed = bytes.iter().fold(0_u64, |seed, byte| seed.wrapping_mul(31).wrapping_add(u64::from(*byte)));
        let mut numbers = Numbers::of("deeds", seed);
        for deed in 0..60 {
            act(&mut state, &mut numbers, Duration::from_secs(deed));
            let drawn = if deed % 6 == 0 { draw(&state) } else { Ok(()) };
            if let Err(wrong) = drawn.and_then(|()| count(&state)) {
                return Verdict::Wrong(wrong);
            }
        }
        Verdict::Read
    };
    Door { name: "deeds_on_the_screen", seeds: vec![b"any".to_vec()], mutator: Mutator::Bytes, one_in: 40, read: &read }.pass();
}
