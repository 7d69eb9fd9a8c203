//! A corpus as a stream of documents: one a line, so that files of any size are read in little memory.

use std::io::{BufRead, ErrorKind, Read};

use crate::core::corpus::responses::Place;
use crate::core::problem::{Problem, Result};

/// Longest document in bytes: a longer line is cut at the last space before, and the rest is a document of its own.
pub const LONGEST: usize = 1 << 16;

/// What some programs write at the beginning of UTF-8 text.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// A line of the corpus, or a part of a very long one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The line, from 1.
    pub line: u64,
    /// The text, without the line's end; never blank.
    pub text: String,
}

/// Reads documents one after another.
pub struct Documents<R> {
    reader: R,
    /// The corpus's name, for messages.
    name: String,
    /// Behind the bytes that were read.
    place: Place,
    /// The part of a long line that was read and is not given yet.
    rest: Vec<u8>,
}

impl<R: BufRead> Documents<R> {
    /// The documents of `reader`, which stands at `place` of the corpus called `name`.
    pub fn new(reader: R, name: String, place: Place) -> Self {
        Self { reader, name, place, rest: Vec::new() }
    }

    /// Where the next document begins, or the end.
    pub fn place(&self) -> Place {
        Place { read: self.place.read - self.rest.len() as u64, ..self.place }
    }

    /// The next document that is not blank; None at the end.
    ///
    /// # Errors
    /// When the corpus cannot be read, or a line is not UTF-8.
    pub fn next_document(&mut self) -> Result<Option<Document>> {
        loop {
            let Some(text) = self.next_part()? else { return Ok(None) };
            if !text.trim().is_empty() {
                return Ok(Some(Document { line: self.place.lines, text }));
            }
        }
    }

    /// The next line without its end, or the next part of a long one.
    fn next_part(&mut self) -> Result<Option<String>> {
        let mut bytes = std::mem::take(&mut self.rest);
        let room = (LONGEST - bytes.len()) as u64;
        let before = bytes.len();
        let is_first = self.place.read == 0;
        let outcome = read_line(&mut self.reader, room, &mut bytes);
        outcome.map_err(|error| {
            Problem::environment(&self.name, format_args!("cannot be read: {error}"), "check the file and its disk")
        })?;
        self.place.read += (bytes.len() - before) as u64;
        if bytes.is_empty() {
            return Ok(None);
        }
        if !self.place.in_line {
            self.place.lines += 1;
        }
        let is_end = bytes.last() == Some(&b'\n') || bytes.len() < LONGEST;
        if !is_end {
            let cut = bytes.iter().rposition(u8::is_ascii_whitespace).filter(|space| *space > 0);
            let cut = cut.unwrap_or_else(|| boundary(&bytes));
            self.rest = bytes.split_off(cut);
        }
        self.place.in_line = !is_end;
        while matches!(bytes.last(), Some(b'\n' | b'\r')) {
            bytes.pop();
        }
        // A byte order mark is a part of the file's encoding, not of the first document.
        if is_first && bytes.starts_with(BYTE_ORDER_MARK) {
            bytes.drain(..BYTE_ORDER_MARK.len());
        }
        String::from_utf8(bytes).map(Some).map_err(|error| {
            let at = error.utf8_error().valid_up_to() + 1;
            Problem::new(
                format_args!("{}:{}", self.name, self.place.lines),
                format_args!("is not UTF-8 from byte {at} of the line on"),
                "save the corpus as UTF-8 text",
            )
        })
    }
}

/// Appends at most `room` bytes up to the end of the line, which is included.
fn read_line(reader: &mut impl BufRead, room: u64, bytes: &mut Vec<u8>) -> std::io::Result<()> {
    loop {
        match reader.by_ref().take(room).read_until(b'\n', bytes) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            outcome => return outcome.map(|_| ()),
        }
    }
}

/// The last place at which `bytes` can be cut without cutting a character.
fn boundary(bytes: &[u8]) -> usize {
    (1..bytes.len()).rev().find(|place| bytes[*place] & 0xc0 != 0x80).unwrap_or(bytes.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(bytes: &[u8]) -> Result<Vec<Document>> {
        let mut documents = Documents::new(bytes, "c.txt".to_owned(), Place::default());
        let mut found = Vec::new();
        while let Some(document) = documents.next_document()? {
            found.push(document);
        }
        assert_eq!(documents.place().read, bytes.len() as u64);
        Ok(found)
    }

    #[test]
    fn lines_are_documents_and_blank_ones_are_none() {
        let found = all(b"one\r\n\n  \ntwo \xc3\xa9\n\nthree").unwrap();
        let found: Vec<(u64, &str)> = found.iter().map(|document| (document.line, document.text.as_str())).collect();
        assert_eq!(found, [(1, "one"), (4, "two é"), (6, "three")]);
        let marked = all("\u{feff}one\n\u{feff}two\n".as_bytes()).unwrap();
        assert_eq!(marked.iter().map(|document| document.text.as_str()).collect::<Vec<_>>(), ["one", "\u{feff}two"]);
        assert!(all("\u{feff}\n".as_bytes()).unwrap().is_empty());
        let problem = all(b"fine\nbad \xff\n").unwrap_err().to_string();
        assert_eq!(problem, "c.txt:2: is not UTF-8 from byte 5 of the line on; save the corpus as UTF-8 text");
    }

    #[test]
    fn a_line_without_end_is_cut_between_words_and_else_between_characters() {
        let long = format!("a{}\nnext\n", " word".repeat(LONGEST / 2));
        let found = all(long.as_bytes()).unwrap();
        assert!(found.len() > 2 && found.iter().all(|document| document.text.len() <= LONGEST));
        assert_eq!(
            found.iter().filter(|document| document.line == 1).map(|document| document.text.as_str()).collect::<String>()
                + "\nnext\n",
            long
        );
        let found = all("é".repeat(LONGEST).as_bytes()).unwrap();
        assert_eq!(found.iter().map(|document| document.text.chars().count()).sum::<usize>(), LONGEST);
    }

    proptest! {
        /// What is read from any place that [`Documents::place`] gives is what follows there.
        #[test]
        fn reading_goes_on_from_where_it_stopped(lines in prop::collection::vec(("[ab é]{0,6}", prop::sample::select(vec![1, LONGEST / 4])), 0..8), stop in 0_usize..12) {
            let lines: Vec<String> = lines.into_iter().map(|(line, times)| line.repeat(times)).collect();
            let text = lines.join("\n");
            let whole = all(text.as_bytes()).unwrap();
            let mut first = Documents::new(text.as_bytes(), String::new(), Place::default());
            let mut found = Vec::new();
            for _ in 0..stop {
                found.extend(first.next_document().unwrap());
            }
            let place = first.place();
            let mut second = Documents::new(&text.as_bytes()[place.read as usize..], String::new(), place);
            while let Some(document) = second.next_document().unwrap() {
                found.push(document);
            }
            prop_assert_eq!(found, whole);
        }
    }
}
