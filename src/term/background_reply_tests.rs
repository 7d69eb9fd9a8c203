//! Tests of the reply among the keys: the reply never comes through, and all other keys do.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::*;

const LIGHT: &str = "11;rgb:ffff/FFFF/ffff";

fn milliseconds(count: u64) -> Duration {
    Duration::from_millis(count)
}

fn key(code: KeyCode) -> KeyEvent {
    KeyEvent::new(code, KeyModifiers::NONE)
}

fn with(character: char, modifiers: KeyModifiers) -> KeyEvent {
    KeyEvent::new(KeyCode::Char(character), modifiers)
}

/// The keys of characters as crossterm delivers them.
fn characters(text: &str) -> Vec<KeyEvent> {
    let modifiers = |character: char| if character.is_uppercase() { KeyModifiers::SHIFT } else { KeyModifiers::NONE };
    text.chars().map(|character| with(character, modifiers(character))).collect()
}

fn openings() -> [Vec<KeyEvent>; 2] {
    [vec![with(']', KeyModifiers::ALT)], vec![key(KeyCode::Esc), with(']', KeyModifiers::NONE)]]
}

fn endings() -> [Vec<KeyEvent>; 3] {
    let escape = [key(KeyCode::Esc), with('\\', KeyModifiers::NONE)];
    [vec![with('g', KeyModifiers::CONTROL)], vec![with('\\', KeyModifiers::ALT)], escape.to_vec()]
}

/// Feeds keys that all come at `now`.
fn feed_all(reply: &mut BackgroundReply, keys: &[KeyEvent], now: Duration) -> Fed {
    let mut all = Fed::default();
    for key in keys {
        let fed = reply.feed(key, now);
        assert!(all.answer.is_none() || fed.answer.is_none());
        all.answer = all.answer.or(fed.answer);
        all.keys.extend(fed.keys);
    }
    all
}

/// Feeds keys 20 ms after the query, then lets 10 s pass.
fn feed_and_wait(keys: &[KeyEvent]) -> Fed {
    let mut reply = BackgroundReply::asked(Duration::ZERO);
    let mut fed = feed_all(&mut reply, keys, milliseconds(20));
    let rest = reply.pass_time(milliseconds(10_000));
    assert_eq!(reply.deadline(), None);
    fed.keys.extend(rest.keys);
    Fed { answer: fed.answer.or(rest.answer), keys: fed.keys }
}

#[test]
fn a_reply_is_taken_out_in_every_form() {
    for opening in openings() {
        for ending in endings() {
            let keys = [opening.clone(), characters(LIGHT), ending.clone()].concat();
            assert_eq!(feed_and_wait(&keys), Fed { answer: Some(Background::Light), keys: Vec::new() }, "{keys:?}");
        }
    }
}

#[test]
fn keys_after_the_answer_come_through_at_once() {
    let mut reply = BackgroundReply::asked(Duration::ZERO);
    let ending = &endings()[0];
    let answer =
        feed_all(&mut reply, &[openings()[0].clone(), characters("11;rgb:0/0/0"), ending.clone()].concat(), milliseconds(5));
    assert_eq!(answer.answer, Some(Background::Dark));
    for pressed in [key(KeyCode::Esc), with(']', KeyModifiers::ALT), with('1', KeyModifiers::NONE)] {
        assert_eq!(reply.feed(&pressed, milliseconds(6)), Fed { answer: None, keys: vec![pressed] });
    }
}

#[test]
fn without_a_query_every_key_comes_through_at_once() {
    let mut reply = BackgroundReply::not_asked();
    let keys = [openings()[1].clone(), characters(LIGHT), endings()[0].clone()].concat();
    for pressed in keys {
        assert_eq!(reply.feed(&pressed, Duration::ZERO), Fed { answer: None, keys: vec![pressed] });
    }
}

#[test]
fn an_escape_alone_is_held_for_a_moment_only() {
    let mut reply = BackgroundReply::asked(Duration::ZERO);
    assert_eq!(reply.deadline(), None);
    assert_eq!(reply.feed(&key(KeyCode::Esc), milliseconds(50)), Fed::default());
    assert_eq!(reply.deadline(), Some(milliseconds(150)));
    assert_eq!(reply.pass_time(milliseconds(149)), Fed::default());
    assert_eq!(reply.pass_time(milliseconds(150)), Fed { answer: None, keys: vec![key(KeyCode::Esc)] });
    // The query still waits for its answer.
    let late = [openings()[1].clone(), characters(LIGHT), endings()[1].clone()].concat();
    assert_eq!(feed_all(&mut reply, &late, milliseconds(500)).answer, Some(Background::Light));
}

#[test]
fn a_slow_frame_between_two_keys_lets_nothing_through() {
    let mut reply = BackgroundReply::asked(Duration::ZERO);
    for (second, key) in [openings()[1].clone(), characters(LIGHT)].concat().iter().enumerate() {
        assert_eq!(reply.feed(key, milliseconds(1_000 * second as u64)), Fed::default());
    }
    assert_eq!(reply.feed(&endings()[0][0], milliseconds(60_000)).answer, Some(Background::Light));
}

#[test]
fn long_after_the_query_an_escape_is_an_escape_but_a_late_reply_still_no_command() {
    let mut reply = BackgroundReply::asked(Duration::ZERO);
    let late = milliseconds(30_000);
    assert_eq!(reply.feed(&key(KeyCode::Esc), late).keys, [key(KeyCode::Esc)]);
    let keys = [openings()[0].clone(), characters(LIGHT), endings()[0].clone()].concat();
    assert_eq!(feed_all(&mut reply, &keys, late), Fed { answer: Some(Background::Light), keys: Vec::new() });
}

#[test]
fn what_a_reply_holds_is_never_a_command_even_if_it_is_no_color_or_breaks_off() {
    let unknown = |keys| Fed { answer: Some(Background::Unknown), keys };
    for (rest, keys) in [
        ([characters("11;#1e1e1e"), endings()[0].clone()].concat(), vec![]),
        ([characters("11;rgb:ff/ff"), vec![key(KeyCode::Down)]].concat(), vec![key(KeyCode::Down)]),
        (
            [characters("11;rgb:ff"), vec![key(KeyCode::Esc), key(KeyCode::Down)]].concat(),
            vec![key(KeyCode::Esc), key(KeyCode::Down)],
        ),
        (characters("11;rgb:ff/ff"), vec![]),
    ] {
        let all = [openings()[0].clone(), rest].concat();
        assert_eq!(feed_and_wait(&all), unknown(keys), "{all:?}");
    }
    // Some terminals end the reply with only half of `ESC \`.
    let half = [openings()[0].clone(), characters(LIGHT), vec![key(KeyCode::Esc), with('j', KeyModifiers::NONE)]].concat();
    assert_eq!(feed_and_wait(&half), Fed { answer: Some(Background::Light), keys: vec![with('j', KeyModifiers::NONE)] });
}

#[test]
fn a_reply_without_an_end_is_not_waited_for_for_ever() {
    let mut reply = BackgroundReply::asked(Duration::ZERO);
    let endless = [openings()[0].clone(), characters("11;"), characters(&"f".repeat(LONGEST))].concat();
    let fed = feed_all(&mut reply, &endless, milliseconds(1));
    assert_eq!(fed.answer, Some(Background::Unknown));
    assert_eq!(reply.feed(&with('q', KeyModifiers::NONE), milliseconds(2)).keys, [with('q', KeyModifiers::NONE)]);
}

/// Keys that occur in replies, and some that do not.
fn any_key() -> impl Strategy<Value = KeyEvent> {
    let plain = prop::sample::select(characters("11;]]rgb:f/\\jA"));
    let special = prop::sample::select(vec![
        key(KeyCode::Esc),
        key(KeyCode::Esc),
        key(KeyCode::Down),
        key(KeyCode::Char('é')),
        with(']', KeyModifiers::ALT),
        with(']', KeyModifiers::ALT),
        with('\\', KeyModifiers::ALT),
        with('g', KeyModifiers::CONTROL),
        KeyEvent::new_with_kind(KeyCode::Char('1'), KeyModifiers::NONE, KeyEventKind::Release),
    ]);
    prop_oneof![plain, special]
}

/// Keys, each with the milliseconds since the key before.
fn streams() -> impl Strategy<Value = Vec<(KeyEvent, u64)>> {
    let pause = prop_oneof![Just(0_u64), 0..150_u64, 0..2_000_u64];
    prop::collection::vec((any_key(), pause), 0..40)
}

fn holds_the_beginning_of_a_reply(keys: &[KeyEvent]) -> bool {
    let beginnings = openings().map(|opening| [opening, characters(NUMBER)].concat());
    beginnings.iter().any(|beginning| keys.windows(beginning.len()).any(|window| window == beginning.as_slice()))
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2_000,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(7),
        ..ProptestConfig::default()
    })]

    #[test]
    fn keys_without_a_reply_come_out_unchanged(stream in streams(), looks in any::<bool>()) {
        let pressed: Vec<KeyEvent> = stream.iter().map(|(key, _)| *key).collect();
        prop_assume!(!holds_the_beginning_of_a_reply(&pressed));
        let (mut reply, mut now, mut out) = (BackgroundReply::asked(Duration::ZERO), Duration::ZERO, Vec::new());
        for (key, pause) in &stream {
            now += milliseconds(*pause);
            // `pass_time` may or may not be called between two keys.
            let fed = [if looks { reply.pass_time(now) } else { Fed::default() }, reply.feed(key, now)];
            prop_assert!(fed.iter().all(|fed| fed.answer.is_none()));
            out.extend(fed.into_iter().flat_map(|fed| fed.keys));
        }
        out.extend(reply.pass_time(now + REPLY_GAP).keys);
        prop_assert_eq!(out, pressed);
    }

    #[test]
    fn keys_around_a_reply_come_out_without_it(
        before in streams(),
        after in prop::collection::vec(any_key(), 0..8),
        opening in 0..2_usize,
        ending in 0..3_usize,
    ) {
        let before: Vec<KeyEvent> = before.into_iter().map(|(key, _)| key).collect();
        prop_assume!(!holds_the_beginning_of_a_reply(&before));
        let all = [before.clone(), openings()[opening].clone(), characters(LIGHT), endings()[ending].clone(), after.clone()].concat();
        prop_assert_eq!(feed_and_wait(&all), Fed { answer: Some(Background::Light), keys: [before, after].concat() });
    }
}

/// Only a process with a terminal sees which keys crossterm makes of the bytes, so the test runs itself in a terminal.
#[cfg(unix)]
mod in_a_terminal {
    use std::io::Write;
    use std::thread;

    use crossterm::event::{Event, read};
    use portable_pty::CommandBuilder;

    use super::*;
    use crate::term::testing::Program;

    const NAME: &str = "term::background_reply::tests::in_a_terminal::crossterm_delivers_a_reply_as_expected";

    const CHILD: &str = "SAESCOPE_TEST_SHOWS_KEYS";

    /// Shows every key that comes through, and the answer, until `q`.
    fn show_keys() {
        crossterm::terminal::enable_raw_mode().unwrap();
        let mut output = std::io::stdout();
        let mut reply = BackgroundReply::asked(Duration::ZERO);
        write!(output, "<ready>").unwrap();
        loop {
            output.flush().unwrap();
            let Event::Key(key) = read().unwrap() else { continue };
            // The time is always zero, so that a busy machine changes nothing.
            let fed = reply.feed(&key, Duration::ZERO);
            for key in fed.keys {
                write!(output, "<{} {}>", key.modifiers, key.code).unwrap();
                if key.code == KeyCode::Char('q') {
                    return output.flush().unwrap();
                }
            }
            fed.answer.iter().for_each(|answer| write!(output, "<{answer:?}>").unwrap());
        }
    }

    #[test]
    fn crossterm_delivers_a_reply_as_expected() {
        if std::env::var_os(CHILD).is_some() {
            return show_keys();
        }
        // Each string of an inner list is read by itself.
        for (reads, shown) in [
            (vec!["j\x1b]11;rgb:ffff/FFFF/ffff\x07k"], "< j><Light>< k>"),
            (vec!["j\x1b]11;rgb:0/0/0\x1b\\k"], "< j><Dark>< k>"),
            (vec!["j\x1b", "]11;rgb:ffff/ff", "ff/ffff\x1b", "\\k"], "< j><Light>< k>"),
            (vec!["\x1b]1", "q"], "<Alt ]>< 1>"),
        ] {
            let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
            command.args(["--exact", NAME, "--nocapture"]);
            command.env(CHILD, "1");
            let mut program = Program::start(command);
            program.wait_for("it is ready", |terminal| terminal.shown().contains("<ready>"));
            for bytes in reads.iter().copied().chain(["q"]) {
                program.keyboard.write_all(bytes.as_bytes()).unwrap();
                thread::sleep(milliseconds(40));
            }
            program.wait_for("it ends", |terminal| terminal.shown().contains("q>"));
            let seen = program.terminal.shown().replace('\n', "");
            assert!(seen.contains(&format!("<ready>{shown}< q>")), "{reads:?}: {seen}");
        }
    }
}
