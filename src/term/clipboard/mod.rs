//! Copies text to the clipboard of the user at the terminal, and reports what was done.
//!
//! Most users run the program on a machine other than that of their clipboard; [`choice`] picks the way to it. Only the local
//! way gives a receipt, so the messages of the others say "sent" or "wrote", not "copied". If a way fails, the text goes to a
//! file, and the message says so.

pub mod choice;
pub mod file;
pub mod sequence;

use std::io::Write;
use std::path::{Path, PathBuf};

pub use choice::{Choice, Provider, choose};

use super::environment::Environment;
use super::tmux::Tmux;
use crate::core::problem::{Problem, Result};
use crate::core::text::printable;

/// The way to the clipboard. It lives as long as the program, because on X11 the contents of the clipboard are lost when their
/// owner ends.
pub struct Clipboard {
    choice: Choice,
    tmux: Tmux,
    local: Option<arboard::Clipboard>,
    file: PathBuf,
}

/// The result of copying a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The way that the text went, which is [`Provider::File`] if the chosen way failed.
    pub through: Provider,
    /// The length of the text in bytes.
    pub bytes: usize,
    /// A sentence for the user that says this, and the failure of the chosen way, if it failed.
    pub message: String,
}

impl Clipboard {
    /// Picks the way for `environment`. If it fails or there is none, texts go to a file in `folder`, which is made when needed.
    pub fn new(environment: &Environment, configured: Option<Provider>, folder: &Path) -> Self {
        let tmux = Tmux::default();
        let tmux_available = configured.is_none() && environment.in_tmux() && tmux.is_available();
        Self { choice: choose(environment, configured, tmux_available), tmux, local: None, file: folder.join(file::NAME) }
    }

    /// The way that [`Clipboard::copy`] tries, and why.
    pub fn choice(&self) -> &Choice {
        &self.choice
    }

    /// Copies `text`. Frames are drawn on `terminal`, too, and some ways write to it, all at once, so call this between two
    /// frames.
    ///
    /// # Errors
    /// If there is nothing to copy, or if the file cannot be written either.
    pub fn copy(&mut self, text: &str, terminal: &mut dyn Write) -> Result<Receipt> {
        if text.is_empty() {
            return Err(Problem::new("clipboard", "there is nothing to copy", "what was copied before is still there"));
        }
        let (through, amount) = (self.choice.provider, amount(text.len()));
        let sent = match through {
            Provider::Tmux => self.tmux.load_buffer(text).map(|()| through_tmux(text, &amount)),
            Provider::Screen => write_at_once(terminal, sequence::through_screen(text))
                .map(|()| format!("wrote {amount} to the terminal through screen (OSC 52; terminals give no receipt)")),
            Provider::Osc52 => write_at_once(terminal, sequence::for_terminal(text))
                .map(|()| format!("wrote {amount} to the terminal (OSC 52; terminals give no receipt)")),
            Provider::Local => self.copy_locally(text).map(|()| format!("copied {amount} to the clipboard")),
            Provider::File => return self.copy_to_file(text, None),
        };
        match sent {
            Ok(message) => Ok(Receipt { through, bytes: text.len(), message }),
            Err(why) => self.copy_to_file(text, Some(&format!("{} failed ({})", described(through), printable(&why)))),
        }
    }

    fn copy_locally(&mut self, text: &str) -> std::result::Result<(), String> {
        let clipboard = match self.local.take() {
            Some(clipboard) => Ok(clipboard),
            None => arboard::Clipboard::new(),
        };
        let mut clipboard = clipboard.map_err(|error| error.to_string())?;
        clipboard.set_text(text).map_err(|error| error.to_string())?;
        // Only a working connection is kept for the next text.
        self.local = Some(clipboard);
        Ok(())
    }

    fn copy_to_file(&self, text: &str, failure: Option<&str>) -> Result<Receipt> {
        let (amount, shown) = (amount(text.len()), printable(&self.file.display().to_string()));
        let written = file::write(&self.file, text);
        let message = match (failure, written) {
            (None, written) => written.map(|()| format!("wrote {amount} to {shown}: {}", printable(text)))?,
            (Some(failure), Ok(())) => format!("wrote {amount} to {shown}, since {failure}: {}", printable(text)),
            (Some(failure), Err(problem)) => {
                let what = format_args!("{failure}, and the file in its place, too: {problem}");
                return Err(Problem::new("clipboard", what, "configure another way to the clipboard"));
            }
        };
        Ok(Receipt { through: Provider::File, bytes: text.len(), message })
    }
}

/// The message for tmux. tmux takes a text of any length, but its terminal may not, and tmux may be set to pass nothing on, or have
/// no terminal: its own buffer has the text in any case.
fn through_tmux(text: &str, amount: &str) -> String {
    let doubt = if text.len() > sequence::LONGEST { "; many terminals cut so much" } else { "" };
    format!("sent {amount} through tmux{doubt}; prefix ] pastes it inside tmux")
}

fn described(provider: Provider) -> &'static str {
    match provider {
        Provider::Tmux => "tmux",
        Provider::Screen => "OSC 52 through screen",
        Provider::Osc52 => "OSC 52",
        Provider::Local => "the local clipboard",
        Provider::File => "the file",
    }
}

fn write_at_once(terminal: &mut dyn Write, sequence: std::result::Result<Vec<u8>, String>) -> std::result::Result<(), String> {
    let sequence = sequence?;
    let written = terminal.write_all(&sequence).and_then(|()| terminal.flush());
    written.map_err(|error| format!("the terminal cannot be written: {error}"))
}

/// A number of bytes in words: `512 bytes`, `3.8 KB`, `1.2 MB`.
fn amount(bytes: usize) -> String {
    match bytes {
        1 => "1 byte".to_owned(),
        0..1_000 => format!("{bytes} bytes"),
        1_000..999_950 => format!("{:.1} KB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

#[cfg(test)]
#[path = "clipboard_tests.rs"]
mod tests;
