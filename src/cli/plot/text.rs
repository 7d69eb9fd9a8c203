//! Pictures as text for a terminal: the same numbers with bars of characters.

use crate::app::drawing::{Room, lines};
use crate::core::picture::Picture;
use crate::core::text::wrap;

/// Columns of a caption.
const COLUMNS: usize = 100;

/// Title, numbers and caption.
pub fn text(picture: &Picture) -> String {
    let numbers: String = lines(picture, Room::ANY).into_iter().map(|line| line.text + "\n").collect();
    let caption: Vec<String> = wrap(&picture.caption.join(" "), COLUMNS).iter().map(|line| line.trim_end().to_owned()).collect();
    format!("{}\n\n{numbers}\n{}\n", picture.title, caption.join("\n"))
}
