//! Keys that move in a list which has no text to type.

use super::key::{Code, Key};

/// Rows by which PageUp and PageDown move.
const PAGE: isize = 10;

/// The number of rows by which `key` moves, if it moves; the first and the last row are as far as a number can say.
pub fn rows(key: Key) -> Option<isize> {
    match (key.code, key.control) {
        (Code::Down | Code::Tab, _) | (Code::Character('j'), false) | (Code::Character('n'), true) => Some(1),
        (Code::Up | Code::BackTab, _) | (Code::Character('k'), false) | (Code::Character('p'), true) => Some(-1),
        (Code::PageDown, _) | (Code::Character('d' | 'f'), true) => Some(PAGE),
        (Code::PageUp, _) | (Code::Character('u' | 'b'), true) => Some(-PAGE),
        (Code::Home, _) | (Code::Character('g'), false) => Some(isize::MIN),
        (Code::End, _) | (Code::Character('G'), false) => Some(isize::MAX),
        _ => None,
    }
}

/// Whether `key` closes such a list.
pub fn closes(key: Key) -> bool {
    key.code == Code::Escape || key.typed() == Some('q') || (key.control && key.code == Code::Character('c'))
}
