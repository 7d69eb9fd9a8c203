//! Tests that a notice of several lines is read as a whole, whatever window is open.

use super::pilot::{Pilot, with_dropped};
use crate::app::notice::Notice;
use crate::ui::testing::run;

/// The lines of the notice are the last of the screen.
fn is_read(pilot: &Pilot, what: &str) {
    let (width, height) = pilot.state.size();
    let lines = pilot.state.notice.as_ref().unwrap_or_else(|| panic!("{what} says nothing")).lines(usize::from(width));
    let screen = pilot.screen();
    let shown = &screen[usize::from(height) - lines.len()..];
    for (line, shown) in lines.iter().zip(shown) {
        assert_eq!(line.trim_end(), shown.trim_end(), "{what}: {screen:#?}");
    }
}

const SIZES: [(u16, u16); 6] = [(60, 16), (70, 20), (80, 24), (100, 30), (160, 45), (240, 60)];

#[test]
fn no_window_covers_a_line_of_a_notice() {
    let long = "a sentence that takes more than one line on a narrow screen, because it names what is wrong and what helps";
    for (width, height) in SIZES {
        for keys in ["", "y", "m", "s", ":", "?", "? manual enter", "R", "!", "L", "H"] {
            let mut pilot = Pilot::with(with_dropped());
            pilot.resize(width, height);
            pilot.press(keys);
            pilot.state.notice = Some(Notice::refused(long));
            is_read(&pilot, &format!("'{keys}' at {width}x{height}"));
        }
    }
}

#[test]
fn a_refusal_of_a_box_is_read_below_the_box() {
    for (width, height) in SIZES {
        for keys in ["y l", "y p", ": sort space zz enter", ": tag space zz enter"] {
            let mut run = run();
            run.manifest.model.name = "a-model-that-nobody-hosts".to_owned();
            let mut pilot = Pilot::with(run);
            pilot.resize(width, height);
            pilot.press(keys);
            is_read(&pilot, &format!("'{keys}' at {width}x{height}"));
        }
    }
}
