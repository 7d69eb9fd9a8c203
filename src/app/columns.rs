//! Which columns of the feature table fit into a width, and where they are.

use crate::core::rows::Shown;
use crate::core::rows::column::Column;
use crate::core::study::Study;
use crate::core::view::View;

/// The content of a column of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Item {
    /// The value of this column as text.
    Cell(Column),
    /// The effect as a signed bar.
    Bar,
}

/// A column with its position in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// The content of the column.
    pub item: Item,
    /// Offset of its first terminal column from the left of the table.
    pub x: u16,
    /// Width in terminal columns.
    pub width: u16,
}

/// Width before the first column, for the signs of cursor and mark.
pub const GUTTER: u16 = 2;

/// Width between two columns.
const SPACE: u16 = 1;

/// Least width of the tags, which also get the width that is left over.
const TAGS: u16 = 8;

/// Width of a view's effects: that of the view's name above them, within 8 to 12.
fn view_width(study: &Study, view: View) -> u16 {
    (study.name(view).as_str().len() as u16).clamp(8, 12)
}

/// The columns that fit into `width`, from left to right. The least important ones are left out first.
pub fn place(width: u16, shown: Shown, study: &Study) -> Vec<Placed> {
    let beside: Vec<View> = study.all().filter(|view| shown != Shown::Single(*view)).collect();
    let cell = |view: &View| Item::Cell(Column::Effects(*view));
    let mut items: Vec<(Item, u16)> =
        vec![(Item::Cell(Column::Rank), 5), (Item::Cell(Column::Name), 15), (Item::Bar, 9), (Item::Cell(Column::Effect), 8)];
    items.push((Item::Cell(Column::StandardError), 6));
    items.extend(beside.iter().map(|view| (cell(view), view_width(study, *view))));
    if shown.pair().is_some() {
        items.push((Item::Cell(Column::Side), 8));
    }
    items.push((Item::Cell(Column::Tags), TAGS));
    let needed = |items: &[(Item, u16)]| GUTTER + items.iter().map(|(_, width)| width + SPACE).sum::<u16>();
    // A comparison gives up the two views that it compares last, before the tags. Beside a single view the other views leave
    // after the standard error, the last view first.
    let mut leaves_first = vec![Item::Cell(Column::Rank), Item::Bar];
    match shown.pair() {
        None => {
            leaves_first.push(Item::Cell(Column::StandardError));
            leaves_first.extend(beside.iter().rev().map(cell));
        }
        Some((first, second)) => {
            leaves_first.extend(beside.iter().rev().filter(|view| **view != first && **view != second).map(cell));
            leaves_first.extend([Item::Cell(Column::StandardError), cell(&second), cell(&first)]);
        }
    }
    leaves_first.push(Item::Cell(Column::Tags));
    for item in leaves_first {
        if needed(&items) > width {
            items.retain(|(kept, _)| *kept != item);
        }
    }
    let spare = width.saturating_sub(needed(&items));
    let mut x = GUTTER;
    let mut placed = Vec::new();
    for (item, item_width) in items {
        let room = item_width + if item == Item::Cell(Column::Tags) { spare } else { 0 };
        let room = room.min(width.saturating_sub(x));
        if room > 0 {
            placed.push(Placed { item, x, width: room });
        }
        x += room + SPACE;
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::study::testing::{BASELINE, MALE, names};

    #[test]
    fn columns_stand_side_by_side_and_the_name_is_always_there() {
        let study = names();
        for width in 0..300 {
            for shown in [Shown::Single(MALE), Shown::Difference(MALE, BASELINE)] {
                let placed = place(width, shown, &study);
                assert!(placed.iter().all(|column| column.x + column.width <= width));
                assert!(placed.windows(2).all(|pair| pair[0].x + pair[0].width < pair[1].x));
                if width >= 48 {
                    let has = |item| placed.iter().any(|column| column.item == item);
                    assert!(has(Item::Cell(Column::Name)) && has(Item::Cell(Column::Effect)) && has(Item::Cell(Column::Tags)));
                    assert!(shown.pair().is_none() || has(Item::Cell(Column::Side)));
                }
            }
        }
    }
}
