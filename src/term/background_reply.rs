//! Removes the terminal's reply to [`super::background::QUERY`] from the keys: crossterm delivers the reply as keys.
//!
//! The reply is `ESC ] 1 1 ;`, a colour, and BEL or `ESC \`. crossterm 0.29 does not know this sequence: it delivers Alt-`]`,
//! the characters one by one, and Ctrl-g or Alt-`\`. If a read ends after an `ESC`, that `ESC` becomes the key Esc, and the
//! character after it has no Alt. (An Esc pressed just before the reply and read together with it also becomes one Esc with that
//! of the reply; that press is lost.)
//!
//! Digits and letters are commands, so a reply must not come through as keys, and a key press must not vanish. Keys that begin
//! like a reply are held until `ESC ] 1 1 ;` is complete, which nobody types within a moment. If they continue in another way,
//! or do not continue, they are handed back in order.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::background::{Background, parse_color};

/// How long after the query an Esc may begin the reply and is held. A reply that certainly begins as one (Alt-`]`) is removed
/// however late it comes: the program may have read no keys meanwhile.
const PATIENCE: Duration = Duration::from_secs(3);

/// How long keys that may begin a reply are held without a further key. It is short, because a pressed Esc should not seem
/// stuck.
const OPENING_GAP: Duration = Duration::from_millis(100);

/// How long a reply may pause once it is certain that the keys are a reply.
const REPLY_GAP: Duration = Duration::from_secs(1);

/// The beginning of every reply to the query, after `ESC ]`.
const NUMBER: &str = "11;";

/// Longest text of a reply in characters; every colour is shorter.
const LONGEST: usize = 100;

/// The result of a key or of a pause.
#[derive(Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct Fed {
    /// The terminal's answer, given once; [`Background::Unknown`] if the reply does not hold a colour.
    pub answer: Option<Background>,
    /// Pressed keys to handle now, in order.
    pub keys: Vec<KeyEvent>,
}

/// Stands between the terminal and the program and keeps replies out of the keys.
#[derive(Debug, Default)]
pub struct BackgroundReply {
    /// Time of the query; None if no query was sent, or if it was answered.
    asked: Option<Duration>,
    /// The keys so far that may be a reply.
    held: Vec<KeyEvent>,
    /// Time of the last held key.
    last: Duration,
}

impl BackgroundReply {
    /// A filter for when no query was sent: every key comes through.
    pub fn not_asked() -> Self {
        Self::default()
    }

    /// A filter for a query that was sent at `now`; the other calls must use the same clock.
    pub fn asked(now: Duration) -> Self {
        Self { asked: Some(now), ..Self::default() }
    }

    /// Feeds the next key, and returns the keys to handle.
    pub fn feed(&mut self, key: &KeyEvent, now: Duration) -> Fed {
        // The time since the previous key does not matter: it may be a slow frame and not a pause of the terminal.
        let mut fed = Fed::default();
        let Some(asked) = self.asked else {
            fed.keys.push(*key);
            return fed;
        };
        // Keys that are held already were allowed to begin a reply.
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

    /// Gives back keys that were held for too long. To be called when the [`BackgroundReply::deadline`] has come and no key is
    /// waiting.
    pub fn pass_time(&mut self, now: Duration) -> Fed {
        if self.deadline().is_none_or(|deadline| now < deadline) {
            return Fed::default();
        }
        let held = std::mem::take(&mut self.held);
        match certain(&held) {
            // The rest of the reply got lost, perhaps only a part of its ending.
            Some(color) => {
                self.asked = None;
                Fed { answer: Some(parse_color(&color).unwrap_or(Background::Unknown)), keys: Vec::new() }
            }
            None => Fed { answer: None, keys: held },
        }
    }

    /// Time at which [`BackgroundReply::pass_time`] will give something back; None while no key is held.
    pub fn deadline(&self) -> Option<Duration> {
        let gap = if certain(&self.held).is_some() { REPLY_GAP } else { OPENING_GAP };
        (!self.held.is_empty()).then(|| self.last + gap)
    }
}

/// Whether keys, from the first on, are a reply.
enum Judgement {
    /// No reply begins with these keys.
    NoReply,
    /// A reply may begin with these keys.
    Undecided,
    /// The first `keys` keys are a reply with this `color`.
    Reply { color: String, keys: usize },
}

/// The part of a reply that one key can be.
enum Part {
    Character(char),
    /// BEL or `ESC \`.
    End,
    /// The first half of `ESC \`, whose second half came in another read.
    Escape,
    /// Not a part of a reply: the key was pressed.
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
        // An `ESC` without its second half: it belongs to the reply if the colour is complete (a fault of some terminals), else
        // the key was pressed.
        [escape, ..] if matches!(part(escape), Part::Escape) && parse_color(color).is_some() => ended + 1,
        _ => ended,
    };
    Judgement::Reply { color: color.to_owned(), keys }
}

/// Number of keys that `ESC ]` takes at the beginning, even if only its first key is there; None if the keys do not begin a
/// reply.
fn opening(keys: &[KeyEvent], escape_may_begin: bool) -> Option<usize> {
    let (first, rest) = keys.split_first()?;
    if is(first, ']', KeyModifiers::ALT) {
        return Some(1);
    }
    let escape = matches!(part(first), Part::Escape) && escape_may_begin;
    let bracket = rest.first().is_none_or(|second| is(second, ']', KeyModifiers::NONE));
    (escape && bracket).then_some(2)
}

/// The text after `ESC ] 1 1 ;`, if the held keys begin with that: then they are certainly a reply.
fn certain(held: &[KeyEvent]) -> Option<String> {
    text(held.get(opening(held, true)?..)?).strip_prefix(NUMBER).map(str::to_owned)
}

/// The characters up to the first key that is not a character.
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
