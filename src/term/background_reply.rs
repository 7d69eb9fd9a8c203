//! Takes the terminal's reply to [`super::background::QUERY`] out of the keys: crossterm delivers it as some.
//!
//! The reply is `ESC ] 1 1 ;`, a colour, and BEL or `ESC \`. crossterm 0.29 knows no such sequence: it makes of it Alt-`]`, the
//! characters one by one, and Ctrl-g or Alt-`\`. Where a read ends after an `ESC`, that one becomes the key Esc, and the character
//! after it has no Alt. (An Esc pressed just before the reply and read together with it makes one Esc of both, too; that press is
//! lost.)
//!
//! Digits and letters are commands, so a reply must not come through as keys, and a key press must not vanish. What begins like a
//! reply is held until `ESC ] 1 1 ;` is complete, which nobody types within a moment, or until it goes on otherwise, or does not go
//! on: then it is handed back in order.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::background::{Background, parse_color};

/// How long after the query an Esc may be the beginning of the reply, and is held. A reply whose beginning is beyond doubt (Alt-`]`) is
/// taken out however late it comes: the program may have read no keys meanwhile.
const PATIENCE: Duration = Duration::from_secs(3);

/// How long what may be the beginning of a reply is held, waiting for more: an Esc that was pressed should not seem stuck.
const OPENING_GAP: Duration = Duration::from_millis(100);

/// How long a reply may pause once it is certain that it is one.
const REPLY_GAP: Duration = Duration::from_secs(1);

/// Between `ESC ]` and the ending, every reply to the query begins so.
const NUMBER: &str = "11;";

/// More than any colour has.
const LONGEST: usize = 100;

/// What came of a key or of a pause.
#[derive(Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct Fed {
    /// The terminal's answer, once; [`Background::Unknown`] if it is no colour.
    pub answer: Option<Background>,
    /// Keys that were pressed and are to be handled now, in order.
    pub keys: Vec<KeyEvent>,
}

/// Stands between the terminal and the program and keeps replies out of the keys.
#[derive(Debug, Default)]
pub struct BackgroundReply {
    /// When the query was sent; none if there was none, or if it was answered.
    asked: Option<Duration>,
    /// What may be a reply, so far.
    held: Vec<KeyEvent>,
    /// When the last of them came.
    last: Duration,
}

impl BackgroundReply {
    /// No query was sent: every key comes through.
    pub fn not_asked() -> Self {
        Self::default()
    }

    /// The query was sent at `now`, a time on any clock that the other calls use too.
    pub fn asked(now: Duration) -> Self {
        Self { asked: Some(now), ..Self::default() }
    }

    /// Takes the next key, and says which keys to handle.
    pub fn feed(&mut self, key: &KeyEvent, now: Duration) -> Fed {
        // However long ago the key before was: a slow frame between two keys is no pause of the terminal.
        let mut fed = Fed::default();
        let Some(asked) = self.asked else {
            fed.keys.push(*key);
            return fed;
        };
        // What is held already was allowed to begin.
        let escape_may_begin = !self.held.is_empty() || now.saturating_sub(asked) <= PATIENCE;
        self.held.push(*key);
        self.last = now;
        while !self.held.is_empty() {
            match judge(&self.held, escape_may_begin) {
                Judgement::Undecided => break,
                // A reply may still begin at a later key.
                Judgement::NoReply => fed.keys.push(self.held.remove(0)),
                Judgement::Reply { color, keys } => {
                    fed.answer = Some(parse_color(&color).unwrap_or(Background::Unknown));
                    fed.keys.extend(self.held.drain(..).skip(keys));
                    self.asked = None;
                }
            }
        }
        fed
    }

    /// Gives back what was held for too long. To be called when the [`BackgroundReply::deadline`] has come and no key is waiting.
    pub fn pass_time(&mut self, now: Duration) -> Fed {
        if self.deadline().is_none_or(|deadline| now < deadline) {
            return Fed::default();
        }
        let held = std::mem::take(&mut self.held);
        match certain(&held) {
            // The rest of it got lost, perhaps all but an ending cut short.
            Some(color) => {
                self.asked = None;
                Fed { answer: Some(parse_color(&color).unwrap_or(Background::Unknown)), keys: Vec::new() }
            }
            None => Fed { answer: None, keys: held },
        }
    }

    /// When [`BackgroundReply::pass_time`] will have something to give back; none while nothing is held.
    pub fn deadline(&self) -> Option<Duration> {
        let gap = if certain(&self.held).is_some() { REPLY_GAP } else { OPENING_GAP };
        (!self.held.is_empty()).then(|| self.last + gap)
    }
}

/// What keys are, looked at from the first.
enum Judgement {
    /// No reply begins with these keys.
    NoReply,
    /// A reply may begin with these keys.
    Undecided,
    /// So many of them are a reply about `color`.
    Reply { color: String, keys: usize },
}

/// What one key can be in a reply.
enum Part {
    Character(char),
    /// BEL or `ESC \`.
    End,
    /// The first half of `ESC \`, which another read cut off.
    Escape,
    /// Nothing: it was pressed.
    Pressed,
}

fn judge(keys: &[KeyEvent], escape_may_begin: bool) -> Judgement {
    let Some(opening) = opening(keys, escape_may_begin) else { return Judgement::NoReply };
    let body = keys.get(opening..).unwrap_or_default();
    let text = text(body);
    // Characters are ASCII: one byte is one key.
    let (ending, ended) = (&body[text.len()..], opening + text.len());
    let Some(color) = text.strip_prefix(NUMBER) else {
        return if ending.is_empty() && NUMBER.starts_with(&text) { Judgement::Undecided } else { Judgement::NoReply };
    };
    let keys = match ending {
        [] if text.len() <= LONGEST => return Judgement::Undecided,
        [end, ..] if matches!(part(end), Part::End) => ended + 1,
        [escape] if matches!(part(escape), Part::Escape) => return Judgement::Undecided,
        [escape, end, ..] if matches!(part(escape), Part::Escape) && is(end, '\\', KeyModifiers::NONE) => ended + 2,
        // Without its second half: the terminal's where the reply is whole (a fault of some), else it was pressed.
        [escape, ..] if matches!(part(escape), Part::Escape) && parse_color(color).is_some() => ended + 1,
        _ => ended,
    };
    Judgement::Reply { color: color.to_owned(), keys }
}

/// How many keys are the `ESC ]` at the beginning, or the part of it that is there; none if they cannot be.
fn opening(keys: &[KeyEvent], escape_may_begin: bool) -> Option<usize> {
    let (first, rest) = keys.split_first()?;
    if is(first, ']', KeyModifiers::ALT) {
        return Some(1);
    }
    let escape = matches!(part(first), Part::Escape) && escape_may_begin;
    let bracket = rest.first().is_none_or(|second| is(second, ']', KeyModifiers::NONE));
    (escape && bracket).then_some(2)
}

/// What comes after `ESC ] 1 1 ;`, if the held keys begin so: then they are a reply beyond doubt.
fn certain(held: &[KeyEvent]) -> Option<String> {
    text(held.get(opening(held, true)?..)?).strip_prefix(NUMBER).map(str::to_owned)
}

/// The characters up to the first key that is none.
fn text(keys: &[KeyEvent]) -> String {
    let characters =
        keys.iter().map(part).map_while(|part| if let Part::Character(character) = part { Some(character) } else { None });
    characters.collect()
}

fn part(key: &KeyEvent) -> Part {
    // The terminal's bytes are never a release or a repetition.
    if key.kind != KeyEventKind::Press {
        return Part::Pressed;
    }
    match (key.code, key.modifiers) {
        (KeyCode::Esc, KeyModifiers::NONE) => Part::Escape,
        (KeyCode::Char('g'), KeyModifiers::CONTROL) | (KeyCode::Char('\\'), KeyModifiers::ALT) => Part::End,
        // Capital letters come with Shift.
        (KeyCode::Char(character @ '!'..='~'), KeyModifiers::NONE | KeyModifiers::SHIFT) => Part::Character(character),
        _ => Part::Pressed,
    }
}

fn is(key: &KeyEvent, character: char, modifiers: KeyModifiers) -> bool {
    (key.code, key.modifiers, key.kind) == (KeyCode::Char(character), modifiers, KeyEventKind::Press)
}

#[cfg(test)]
#[path = "background_reply_tests.rs"]
mod tests;
