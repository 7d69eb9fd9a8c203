//! Key presses in the program's own types: independent of the terminal library, readable in a key map and in help.

use std::fmt;
use std::str::FromStr;

/// A key without its modifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Code {
    /// A character as typed; a capital letter is a character of its own.
    Character(char),
    /// A function key, numbered from 1.
    Function(u8),
    /// The return key.
    Enter,
    /// The escape key.
    Escape,
    /// The Insert key.
    Insert,
    /// The tabulator key.
    Tab,
    /// Shift with the tabulator key.
    BackTab,
    /// The key that deletes to the left of the cursor.
    Backspace,
    /// The key that deletes to the right of the cursor.
    Delete,
    /// The left arrow key.
    Left,
    /// The right arrow key.
    Right,
    /// The up arrow key.
    Up,
    /// The down arrow key.
    Down,
    /// The key that moves to the start.
    Home,
    /// The key that moves to the end.
    End,
    /// The key that moves a page up.
    PageUp,
    /// The key that moves a page down.
    PageDown,
}

/// A key with its modifiers. Shift is not one of them: it is part of the character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// The key itself.
    pub code: Code,
    /// Whether control is held.
    pub control: bool,
    /// Whether alt is held.
    pub alt: bool,
}

/// The keys that have names in the configuration and in help.
const NAMED: [(&str, Code); 16] = [
    ("space", Code::Character(' ')),
    ("enter", Code::Enter),
    ("esc", Code::Escape),
    ("insert", Code::Insert),
    ("tab", Code::Tab),
    ("backtab", Code::BackTab),
    ("backspace", Code::Backspace),
    ("delete", Code::Delete),
    ("left", Code::Left),
    ("right", Code::Right),
    ("up", Code::Up),
    ("down", Code::Down),
    ("home", Code::Home),
    ("end", Code::End),
    ("pageup", Code::PageUp),
    ("pagedown", Code::PageDown),
];

impl Key {
    /// A key without modifiers.
    pub const fn plain(code: Code) -> Self {
        Self { code, control: false, alt: false }
    }

    /// A character without modifiers.
    pub const fn character(character: char) -> Self {
        Self::plain(Code::Character(character))
    }

    /// The name of the key in a sentence: `Esc`, `Enter`, `j`, `ctrl-r`.
    pub fn spoken(self) -> String {
        let shown = self.to_string();
        let mut characters = shown.chars();
        match (self.code, self.control || self.alt, characters.next()) {
            (Code::Character(character), ..) if character != ' ' => shown,
            (_, false, Some(first)) => first.to_uppercase().chain(characters).collect(),
            _ => shown,
        }
    }

    /// The character that the key types; None for any other key, and with control or alt.
    pub fn typed(self) -> Option<char> {
        match self.code {
            Code::Character(character) if !self.control && !self.alt => Some(character),
            _ => None,
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        text.push_str(if self.control { "ctrl-" } else { "" });
        text.push_str(if self.alt { "alt-" } else { "" });
        match (NAMED.iter().find(|(_, code)| *code == self.code), self.code) {
            (Some((name, _)), _) => text.push_str(name),
            (None, Code::Character(character)) => text.push(character),
            (None, Code::Function(number)) => text.push_str(&format!("f{number}")),
            (None, _) => {}
        }
        formatter.pad(&text)
    }
}

impl FromStr for Key {
    type Err = String;

    /// Reads a key as [`Key`] displays it: `j`, `K`, `space`, `ctrl-r`, `alt-enter`, `f5`.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut key = Self::character(' ');
        let mut rest = text;
        loop {
            if let Some(after) = rest.strip_prefix("ctrl-").filter(|after| !after.is_empty() && !key.control) {
                (key.control, rest) = (true, after);
            } else if let Some(after) = rest.strip_prefix("alt-").filter(|after| !after.is_empty() && !key.alt) {
                (key.alt, rest) = (true, after);
            } else {
                break;
            }
        }
        let function = rest.strip_prefix('f').and_then(|number| number.parse().ok()).filter(|number| (1..=24).contains(number));
        let mut characters = rest.chars();
        key.code = match (NAMED.iter().find(|(name, _)| *name == rest), function, characters.next(), characters.next()) {
            (Some((_, code)), ..) => *code,
            (None, Some(number), ..) => Code::Function(number),
            (None, None, Some(character), None) if !character.is_control() => Code::Character(character),
            _ => return Err(format!("'{text}' is not a key; use names such as j, K, space, enter, ctrl-r or f5")),
        };
        Ok(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_read_back_as_they_are_shown() {
        let codes = NAMED.iter().map(|(_, code)| *code).chain([Code::Character('j'), Code::Character('-'), Code::Function(12)]);
        for code in codes.chain([Code::Character('f'), Code::Character('K')]) {
            for (control, alt) in [(false, false), (true, false), (false, true), (true, true)] {
                let key = Key { code, control, alt };
                assert_eq!(key.to_string().parse::<Key>(), Ok(key));
            }
        }
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for text in ["", "jj", "ctrl-", "f0", "f99", "shift-a", "\u{1b}"] {
            assert!(text.parse::<Key>().is_err(), "{text}");
        }
    }
}
