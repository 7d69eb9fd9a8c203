//! The address of a feature's page as a hyperlink (OSC 8), which terminals open by a click.
//!
//! Cells of the screen cannot hold a link. So after a frame, the cells of the address are written once more, between the two
//! sequences that begin and end a link. A frame that changes only a part of the address would leave the other part linked to the
//! old page; therefore the whole address is written after every frame.
//! Source: <https://gist.github.com/egmontkob/eb114294efbcd5adb1944c9f3cb5feda>.

use std::io::{self, Write};

use crossterm::cursor::{RestorePosition, SavePosition};
use crossterm::queue;
use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::Modifier;

use super::environment::Environment;

/// Least characters of a part of the address that becomes a link: an address may be broken over lines.
const SHORTEST: usize = 4;

/// A cell of the screen with its column and row.
type Placed = (u16, u16, Cell);

/// Whether the terminal shows hyperlinks, or at least leaves out the sequences that it does not know.
///
/// GNU screen and the consoles of Linux and of old terminals may print them.
pub fn are_taken(environment: &Environment) -> bool {
    let term = environment.term();
    !environment.in_screen() && !term.is_empty() && term != "linux" && !term.starts_with("vt") && !term.starts_with("screen.")
}

/// The underlined cells of a frame that show a part of `address`.
pub fn cells(frame: &Buffer, address: &str) -> Vec<Placed> {
    let area = frame.area;
    let mut found = Vec::new();
    for y in area.top()..area.bottom() {
        let row = (area.left()..area.right()).map(|x| (x, y, &frame[(x, y)]));
        let row: Vec<(u16, u16, &Cell)> = row.collect();
        for run in row.chunk_by(|left, right| is_underlined(left.2) == is_underlined(right.2)) {
            let text: String = run.iter().map(|(.., cell)| cell.symbol()).collect();
            let text = text.trim_end();
            if is_underlined(run[0].2) && text.len() >= SHORTEST && address.contains(text) {
                found.extend(run.iter().map(|(x, y, cell)| (*x, *y, (*cell).clone())));
            }
        }
    }
    found
}

fn is_underlined(cell: &Cell) -> bool {
    cell.modifier.contains(Modifier::UNDERLINED)
}

/// Writes `cells` as a hyperlink to `address`, and puts the cursor back.
pub fn write<W: Write>(backend: &mut CrosstermBackend<W>, cells: &[Placed], address: &str) -> io::Result<()> {
    if cells.is_empty() || address.chars().any(char::is_control) {
        return Ok(());
    }
    queue!(backend, SavePosition)?;
    // Parts with the same id are one link, which terminals mark as one.
    write!(backend, "\x1b]8;id=page;{address}\x1b\\")?;
    backend.draw(cells.iter().map(|(x, y, cell)| (*x, *y, cell)))?;
    write!(backend, "\x1b]8;;\x1b\\")?;
    queue!(backend, RestorePosition)
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    use super::*;
    use crate::term::testing::unix;

    const ADDRESS: &str = "https://neuronpedia.org/pythia-70m-deduped/3-res-sm/19558";

    #[test]
    fn every_part_of_the_address_is_a_link_and_nothing_else() {
        let mut frame = Buffer::empty(Rect::new(0, 0, 50, 4));
        let underlined = Style::new().add_modifier(Modifier::UNDERLINED);
        let (first, rest) = ADDRESS.split_at(40);
        frame.set_string(3, 0, first, underlined);
        frame.set_string(3, 1, rest, underlined);
        frame.set_string(0, 2, "another underlined line", underlined);
        frame.set_string(3, 3, first, Style::new());
        let found = cells(&frame, ADDRESS);
        assert_eq!(found.len(), ADDRESS.len());
        let mut written = Vec::new();
        write(&mut CrosstermBackend::new(&mut written), &found, ADDRESS).unwrap();
        let mut screen = vt100::Parser::new(4.try_into().unwrap(), 50.try_into().unwrap(), 0);
        screen.process(b"\x1b[4;7H");
        screen.process(&written);
        assert_eq!(screen.screen().contents().replace(['\n', ' '], ""), ADDRESS);
        assert_eq!(screen.screen().cursor_position(), (3, 6));
        let written = String::from_utf8(written).unwrap();
        assert!(
            written.contains(&format!("\x1b]8;id=page;{ADDRESS}\x1b\\")) && written.contains("\x1b]8;;\x1b\\"),
            "{written:?}"
        );
    }

    #[test]
    fn without_an_address_on_the_screen_nothing_is_written() {
        let mut written = Vec::new();
        let cells = cells(&Buffer::empty(Rect::new(0, 0, 9, 2)), ADDRESS);
        write(&mut CrosstermBackend::new(&mut written), &cells, ADDRESS).unwrap();
        assert!(written.is_empty());
    }

    #[test]
    fn terminals_that_may_print_the_sequences_get_none() {
        for (variables, taken) in [
            ("TERM=xterm-256color", true),
            ("TERM=tmux-256color TMUX=/tmp/tmux", true),
            ("TERM=xterm-256color NO_COLOR=1", true),
            ("TERM=linux", false),
            ("TERM=vt220", false),
            ("TERM=screen.xterm-256color STY=1.a", false),
            ("", false),
        ] {
            assert_eq!(are_taken(&unix(variables)), taken, "{variables}");
        }
    }
}
