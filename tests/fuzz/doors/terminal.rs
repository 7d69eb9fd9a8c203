//! What a terminal sends: the reply to the question for its background, among pressed keys, in any pieces and at any pace.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use saescope::term::background_reply::{BackgroundReply, Fed};

use crate::harness::{Door, Verdict};
use crate::mutate::Mutator;

/// Most keys of a reply: its text, and the signs around it.
const LONGEST: usize = 110;

/// The keys of `bytes`, as crossterm makes them of what it reads at once, each with the milliseconds before it. A byte above ASCII is a pause,
/// after which another read begins.
fn keys(bytes: &[u8]) -> Vec<(KeyEvent, u64)> {
    let mut keys = Vec::new();
    let (mut pause, mut rest) = (0, bytes);
    while let [byte, behind @ ..] = rest {
        rest = behind;
        let of = |byte: u8, more: KeyModifiers| match byte {
            0x1b => KeyEvent::new(KeyCode::Esc, more),
            b'\r' => KeyEvent::new(KeyCode::Enter, more),
            0..0x20 => KeyEvent::new(KeyCode::Char((byte + 0x60) as char), KeyModifiers::CONTROL | more),
            b'A'..=b'Z' => KeyEvent::new(KeyCode::Char(byte as char), KeyModifiers::SHIFT | more),
            _ => KeyEvent::new(KeyCode::Char(byte as char), more),
        };
        match (byte, behind) {
            (0x80.., _) => {
                pause += u64::from(byte & 0x7f) * 20;
                continue;
            }
            (0x1b, [next @ ..0x80, behind @ ..]) => {
                rest = behind;
                keys.push((of(*next, KeyModifiers::ALT), pause));
            }
            (byte, _) => keys.push((of(*byte, KeyModifiers::NONE), pause)),
        }
        pause = 0;
    }
    keys
}

/// Whether `part` is `whole` without some keys that stand together.
fn is_without(part: &[KeyEvent], whole: &[KeyEvent]) -> bool {
    let same = part.iter().zip(whole).take_while(|(left, right)| left == right).count();
    (0..=same).any(|before| whole.ends_with(&part[before..]))
}

#[test]
fn background_replies() {
    let read = |bytes: &[u8]| {
        let stream = keys(bytes);
        let pressed: Vec<KeyEvent> = stream.iter().map(|(key, _)| *key).collect();
        let (mut reply, mut now) = (BackgroundReply::asked(Duration::ZERO), Duration::ZERO);
        let (mut out, mut answers) = (Vec::new(), 0);
        let mut take = |fed: Fed| {
            answers += usize::from(fed.answer.is_some());
            out.extend(fed.keys);
        };
        for (key, pause) in &stream {
            now += Duration::from_millis(*pause);
            // The loop looks for what was held too long before it waits for another key.
            take(reply.pass_time(now));
            take(reply.feed(key, now));
            if reply.deadline().is_some_and(|deadline| deadline > now + Duration::from_secs(1)) {
                return Verdict::Wrong("keys are held for more than a second".to_owned());
            }
        }
        take(reply.pass_time(now + Duration::from_secs(1)));
        let removed = pressed.len().saturating_sub(out.len());
        let right = match answers {
            0 => out == pressed,
            1 => (4..=LONGEST).contains(&removed) && is_without(&out, &pressed),
            _ => false,
        };
        if right && reply.deadline().is_none() {
            Verdict::Read
        } else {
            Verdict::Wrong(format!("{answers} answers, {out:?} of {pressed:?}"))
        }
    };
    let seeds = [
        &b"j\x1b]11;rgb:ffff/FFFF/ffff\x07k"[..],
        b"j\x1b]11;rgb:0/0/0\x1b\\k",
        b"\x1b\x81]11;rgb:ffff/ff\x82ff/ffff\x1b\x81\\kj",
        b"\x1b]11;rgba:0000/0000/0000/ffff\x07\x1b]11;rgb:f/f/f\x07",
        b"\x1b]1\xff1;\x1b",
    ];
    let seeds = seeds.map(<[u8]>::to_vec).to_vec();
    Door { name: "background_replies", seeds, mutator: Mutator::Bytes, one_in: 1, read: &read }.pass();
}
