//! Tests of copying: each provider does what its message says; if one fails, the text goes to the file and the message says so.

use std::io;

use super::*;
use crate::term::testing::unix;

/// A terminal that records writes.
#[derive(Default)]
struct Screen {
    writes: Vec<Vec<u8>>,
    flushed: bool,
}

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writes.push(bytes.to_vec());
        self.flushed = false;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.flushed = true;
        Ok(())
    }
}

/// A terminal that hung up.
struct Broken;

impl Write for Broken {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::Error::new(io::ErrorKind::BrokenPipe, "hung up"))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn clipboard(provider: Provider, folder: &Path) -> Clipboard {
    Clipboard::new(&unix(""), Some(provider), folder)
}

fn in_file(folder: &Path) -> String {
    std::fs::read_to_string(folder.join(file::NAME)).unwrap()
}

#[test]
fn escape_sequences_go_to_the_terminal_in_one_write() {
    let folder = tempfile::tempdir().unwrap();
    let text = "x".repeat(3_800);
    for (provider, sequence, message) in [
        (Provider::Osc52, sequence::for_terminal(&text), "wrote 3.8 KB to the terminal (OSC 52; terminals give no receipt)"),
        (
            Provider::Screen,
            sequence::through_screen(&text),
            "wrote 3.8 KB to the terminal through screen (OSC 52; terminals give no receipt)",
        ),
    ] {
        let mut screen = Screen::default();
        let receipt = clipboard(provider, folder.path()).copy(&text, &mut screen).unwrap();
        assert_eq!(receipt, Receipt { through: provider, bytes: 3_800, message: message.to_owned() });
        assert_eq!((screen.writes, screen.flushed), (vec![sequence.unwrap()], true));
    }
    assert!(!folder.path().join(file::NAME).exists());
}

#[test]
fn the_file_is_written_where_there_is_no_clipboard() {
    let folder = tempfile::tempdir().unwrap();
    let mut clipboard = Clipboard::new(&unix("TERM=xterm"), None, folder.path());
    assert_eq!(clipboard.choice().provider, Provider::File);
    let mut screen = Screen::default();
    let receipt = clipboard.copy("5/resid 26074", &mut screen).unwrap();
    let path = folder.path().join(file::NAME);
    assert_eq!(receipt.message, format!("wrote 13 bytes to {}: 5/resid 26074", path.display()));
    assert_eq!((receipt.through, receipt.bytes, screen.writes.len()), (Provider::File, 13, 0));
    assert_eq!(in_file(folder.path()), "5/resid 26074");
}

#[test]
fn a_failing_terminal_is_reported_with_the_place_of_the_text() {
    let folder = tempfile::tempdir().unwrap();
    let receipt = clipboard(Provider::Osc52, folder.path()).copy("text", &mut Broken).unwrap();
    let path = folder.path().join(file::NAME);
    let path = path.display();
    let message = format!("wrote 4 bytes to {path}, since OSC 52 failed (the terminal cannot be written: hung up): text");
    assert_eq!(receipt, Receipt { through: Provider::File, bytes: 4, message });
    assert_eq!(in_file(folder.path()), "text");
}

#[test]
fn a_text_too_long_for_terminals_goes_to_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let text = "x".repeat(sequence::LONGEST + 1);
    for provider in [Provider::Osc52, Provider::Screen] {
        let mut screen = Screen::default();
        let receipt = clipboard(provider, folder.path()).copy(&text, &mut screen).unwrap();
        assert_eq!((receipt.through, screen.writes.len()), (Provider::File, 0));
        assert!(receipt.message.contains("failed (the text has 74995 bytes, terminals take at most 74994)"), "{receipt:?}");
        assert_eq!(in_file(folder.path()), text);
    }
}

#[test]
fn a_failing_tmux_is_reported_with_the_place_of_the_text() {
    let folder = tempfile::tempdir().unwrap();
    let mut clipboard = clipboard(Provider::Tmux, folder.path());
    clipboard.tmux = Tmux::with_arguments("no-such-tmux", []);
    let receipt = clipboard.copy("text", &mut Screen::default()).unwrap();
    assert_eq!(receipt.through, Provider::File);
    let said = &receipt.message;
    assert!(said.contains("saescope-copied.txt, since tmux failed (`no-such-tmux` cannot be started: "), "{receipt:?}");
    assert!(said.starts_with("wrote 4 bytes to ") && said.ends_with(": text"), "{receipt:?}");
    assert_eq!(in_file(folder.path()), "text");
}

#[test]
fn where_the_file_fails_too_both_reasons_are_told() {
    let folder = tempfile::tempdir().unwrap();
    // A file is in the place of the folder.
    let blocked = folder.path().join("blocked");
    std::fs::write(&blocked, "").unwrap();
    let problem = clipboard(Provider::Osc52, &blocked).copy("text", &mut Broken).unwrap_err().to_string();
    assert!(problem.contains("hung up") && problem.contains(&*blocked.to_string_lossy()), "{problem}");
    assert!(clipboard(Provider::File, &blocked).copy("text", &mut Broken).is_err());
}

#[test]
fn nothing_is_not_copied() {
    let folder = tempfile::tempdir().unwrap();
    let mut screen = Screen::default();
    // OSC 52 without a text would empty the clipboard.
    assert!(clipboard(Provider::Osc52, folder.path()).copy("", &mut screen).is_err());
    assert!(screen.writes.is_empty());
}

#[cfg(unix)]
#[test]
fn tmux_holds_what_was_sent() {
    let Some(server) = crate::term::tmux::tests::Server::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut clipboard = clipboard(Provider::Tmux, folder.path());
    clipboard.tmux = server.tmux.clone();
    let text = "5/resid 26074\t“naïve”\n".repeat(200);
    let receipt = clipboard.copy(&text, &mut Broken).unwrap();
    assert_eq!(
        receipt,
        Receipt {
            through: Provider::Tmux,
            bytes: 5_400,
            message: "sent 5.4 KB through tmux; prefix ] pastes it inside tmux".to_owned()
        }
    );
    assert_eq!(server.tmux.command(&["show-buffer"], b""), Ok(text));
}

#[test]
fn amounts_are_short() {
    for (bytes, shown) in
        [(1, "1 byte"), (999, "999 bytes"), (3_812, "3.8 KB"), (999_949, "999.9 KB"), (999_950, "1.0 MB"), (2_340_000, "2.3 MB")]
    {
        assert_eq!(amount(bytes), shown);
    }
    assert!(through_tmux(&"x".repeat(80_000), "80.0 KB").contains("many terminals cut"));
}
