//! The escape sequence OSC 52, by which a program hands the terminal a text for its clipboard.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The longest text in bytes: its base64 and the sequence around it are 100,000 bytes, above which many terminals drop or cut
/// the text.
pub const LONGEST: usize = 74_994;

/// Longest piece in bytes that GNU screen passes on. It is a multiple of 4, so that each piece is base64 by itself.
const SCREEN_PIECE: usize = 740;

/// The sequence for a terminal that reads the program's output directly.
///
/// # Errors
/// If `text` is longer than [`LONGEST`], in words.
pub fn for_terminal(text: &str) -> Result<Vec<u8>, String> {
    Ok([b"\x1b]52;c;", base64(text)?.as_bytes(), b"\x1b\\"].concat())
}

/// The sequence wrapped in pieces that GNU screen passes on. Inside, it ends in BEL, because `ESC \` would end the wrapping.
///
/// # Errors
/// If `text` is longer than [`LONGEST`], in words.
pub fn through_screen(text: &str) -> Result<Vec<u8>, String> {
    let encoded = base64(text)?;
    let pieces: Vec<&[u8]> = encoded.as_bytes().chunks(SCREEN_PIECE).collect();
    Ok([b"\x1bP\x1b]52;c;", pieces.join(b"\x1b\\\x1bP".as_slice()).as_slice(), b"\x07\x1b\\"].concat())
}

fn base64(text: &str) -> Result<String, String> {
    if text.len() > LONGEST {
        return Err(format!("the text has {} bytes, terminals take at most {LONGEST}", text.len()));
    }
    Ok(STANDARD.encode(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::term::testing::Terminal;

    fn copied(sequence: &[u8]) -> String {
        let mut terminal = Terminal::new();
        terminal.read(sequence);
        assert_eq!(terminal.shown(), "", "the sequence draws nothing");
        let [text] = terminal.copied() else { panic!("{} texts", terminal.copied().len()) };
        text.clone()
    }

    /// The contents of each `ESC P … ESC \`, which screen sends to the terminal.
    fn unwrapped(sequence: &[u8]) -> Vec<Vec<u8>> {
        let text = String::from_utf8(sequence.to_vec()).unwrap();
        let pieces = text.strip_prefix("\x1bP").unwrap().strip_suffix("\x1b\\").unwrap().split("\x1b\\\x1bP");
        pieces.map(|piece| piece.as_bytes().to_vec()).collect()
    }

    #[test]
    fn a_terminal_reads_the_text() {
        for text in ["a", "5/resid 26074\n", "naïve “quotes” \u{1b}[31m", &"x".repeat(LONGEST)] {
            assert_eq!(copied(&for_terminal(text).unwrap()), text);
        }
        assert!(for_terminal(&"x".repeat(LONGEST)).unwrap().len() <= 100_000 + 2);
    }

    #[test]
    fn screen_gets_short_pieces_that_make_the_sequence() {
        for length in [1, 554, 555, 556, 3_800, LONGEST] {
            let text = "é0123".repeat(length).chars().take(length / 2).chain(['z']).collect::<String>();
            let pieces = unwrapped(&through_screen(&text).unwrap());
            for piece in &pieces {
                let encoded = piece.strip_prefix(b"\x1b]52;c;").unwrap_or(piece);
                let encoded = encoded.strip_suffix(b"\x07").unwrap_or(encoded);
                assert!(encoded.len() <= 740, "{}", encoded.len());
                assert!(encoded.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(byte)));
            }
            assert_eq!(copied(&pieces.concat()), text);
        }
    }

    #[test]
    fn a_text_that_terminals_would_cut_is_refused() {
        let why = for_terminal(&"x".repeat(LONGEST + 1)).unwrap_err();
        assert_eq!(why, "the text has 74995 bytes, terminals take at most 74994");
        assert_eq!(through_screen(&"x".repeat(LONGEST + 1)).unwrap_err(), why);
    }
    #[cfg(unix)]
    #[test]
    fn a_real_screen_passes_the_text_on() {
        use std::os::unix::fs::PermissionsExt;

        use crate::term::testing::{Program, skipped};

        // `screen -v` prints the version with a failing status, so only a failing start counts.
        if std::process::Command::new("screen").arg("-v").output().is_err() {
            return skipped("the program screen is not installed");
        }
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
        let text = "5/resid 26074 “naïve”\n".repeat(2_000);
        let sequence = folder.path().join("sequence");
        std::fs::write(&sequence, through_screen(&text).unwrap()).unwrap();
        let mut command = portable_pty::CommandBuilder::new("screen");
        command.env("SCREENDIR", folder.path());
        command.args(["-c", "/dev/null", "sh", "-c", "cat \"$0\"; sleep 5"]);
        command.arg(&sequence);
        let mut screen = Program::start(command);
        screen.wait_for("the text arrives", |terminal| terminal.copied() == [text.as_str()]);
    }
}
