//! Which columns of the feature table fit into a width, and where they are.

use super::state::State;
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

/// Least width of the tags. They share the width that is left over with the bar.
const TAGS: u16 = 6;

/// Least and largest width of the bar. Both are odd, so that the axis is in the middle; a longer bar shows nothing more.
const BAR: u16 = 5;
const LONGEST_BAR: u16 = 41;

/// Width of a label; the card shows it whole.
const LABEL: u16 = 24;

/// From this width on, the heading of a difference names both views.
const ROOMY: u16 = 90;

/// Width of a view's effects: that of the view's name above them, within 8 to 12.
fn view_width(study: &Study, view: View) -> u16 {
    (study.name(view).as_str().len() as u16).clamp(8, 12)
}

/// Width of the prompt on which features fire: that of the longest word for one, within 8 to 14.
fn fires_width(study: &Study, shown: Shown) -> u16 {
    let views = [Some(shown.first()), shown.pair().map(|(_, second)| second)];
    let words = views.into_iter().flatten().flat_map(|view| [&study.view(view).clean, &study.view(view).patch]);
    words.map(|word| word.chars().count().min(14) as u16).max().unwrap_or(0).max(8)
}

/// The columns of the table on the screen; see [`place`].
pub fn on_screen(width: u16, state: &State) -> Vec<Placed> {
    place_with(width, state.shown(), state.about(), &extra(state))
}

/// The columns beyond the usual ones that something is known for: p and q once the test against chance was asked for, labels once they were
/// imported.
pub fn extra(state: &State) -> Vec<Column> {
    let (Some(findings), shown) = (state.findings(), state.shown()) else { return Vec::new() };
    let tested = findings.tests(shown.first()).known().is_some_and(|tests| tests.is_ok());
    let labelled = findings.explanations.as_ref().is_some_and(|explanations| !explanations.dictionaries.is_empty());
    let known = [(Column::P, tested), (Column::Q, tested), (Column::Label, labelled)];
    known.into_iter().filter(|(column, known)| *known && column.is_of(shown)).map(|(column, _)| column).collect()
}

/// The columns that fit into `width`, from left to right. The least important ones are left out first.
pub fn place(width: u16, shown: Shown, study: &Study) -> Vec<Placed> {
    place_with(width, shown, study, &[])
}

fn place_with(width: u16, shown: Shown, study: &Study, extra: &[Column]) -> Vec<Placed> {
    let beside: Vec<View> = study.all().filter(|view| shown != Shown::Single(*view)).collect();
    let cell = |view: &View| Item::Cell(Column::Effects(*view));
    let mut items: Vec<(Item, u16)> = vec![(Item::Cell(Column::Rank), 5), (Item::Cell(Column::Name), 15), (Item::Bar, BAR)];
    if shown.pair().is_none() {
        items.extend([(Item::Cell(Column::Effect), 8), (Item::Cell(Column::StandardError), 6)]);
        items.extend([(Item::Cell(Column::Ratio), 11), (Item::Cell(Column::Interval), 20)]);
    } else {
        // The heading of the difference names both views where there is room for it.
        let named = Column::Delta.title(study, shown).chars().count() as u16 + 1;
        items.push((Item::Cell(Column::Delta), if width < ROOMY { 9 } else { named.clamp(9, 26) }));
        items.extend([(Item::Cell(Column::DeltaError), 6), (Item::Cell(Column::DeltaShare), 8)]);
    }
    items.extend(extra.iter().map(|column| (Item::Cell(*column), if *column == Column::Label { LABEL } else { 7 })));
    items.push((Item::Cell(Column::Fires), fires_width(study, shown)));
    items.extend(beside.iter().map(|view| (cell(view), view_width(study, *view))));
    if Column::Side.is_of(shown) {
        items.push((Item::Cell(Column::Side), 8));
    }
    items.push((Item::Cell(Column::Tags), TAGS));
    let needed = |items: &[(Item, u16)]| GUTTER + items.iter().map(|(_, width)| width + SPACE).sum::<u16>();
    // The other views leave first, the last of them before the others: the card shows all views. A comparison gives up the two
    // views that it compares last, before the tags.
    let compared = |view: &View| shown.pair().is_some_and(|(first, second)| *view == first || *view == second);
    let mut leaves_first = vec![Item::Cell(Column::Interval), Item::Cell(Column::Ratio)];
    leaves_first.extend(beside.iter().rev().filter(|view| !compared(view)).map(cell));
    leaves_first.extend(extra.iter().rev().map(|column| Item::Cell(*column)));
    leaves_first.extend([Item::Cell(Column::Rank), Item::Bar]);
    match shown.pair() {
        None => leaves_first.extend([Item::Cell(Column::StandardError), Item::Cell(Column::Fires)]),
        Some((first, second)) => {
            leaves_first.extend([Item::Cell(Column::DeltaShare), Item::Cell(Column::Fires), cell(&second), cell(&first)]);
            leaves_first.push(Item::Cell(Column::DeltaError));
        }
    }
    leaves_first.push(Item::Cell(Column::Tags));
    for item in leaves_first {
        if needed(&items) > width {
            items.retain(|(kept, _)| *kept != item);
        }
    }
    let spare = width.saturating_sub(needed(&items));
    let has_bar = items.iter().any(|(item, _)| *item == Item::Bar);
    let for_bar = if has_bar { (spare / 4 * 2).min(LONGEST_BAR - BAR) } else { 0 };
    let mut x = GUTTER;
    let mut placed = Vec::new();
    for (item, item_width) in items {
        let more = match item {
            Item::Bar => for_bar,
            Item::Cell(Column::Tags) => spare - for_bar,
            Item::Cell(_) => 0,
        };
        let room = item_width + more;
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

    /// At the width of the table on 120 columns every column has room, on 160 all that the card does not show.
    #[test]
    fn what_the_card_shows_leaves_first_and_the_bar_grows_with_the_table() {
        let study = names();
        let certain = [Column::Ratio, Column::Interval].map(Item::Cell);
        let has = |width: u16, item: Item| place(width, Shown::Single(MALE), &study).iter().any(|column| column.item == item);
        let all = Column::of(Shown::Single(MALE), &study);
        assert!(all.iter().copied().map(Item::Cell).chain([Item::Bar]).all(|item| has(115, item)));
        assert!(all.into_iter().map(Item::Cell).chain([Item::Bar]).all(|item| has(82, item) || certain.contains(&item)));
        let narrow = [Column::Name, Column::Effect, Column::StandardError, Column::Fires, Column::Tags];
        assert!(narrow.into_iter().map(Item::Cell).chain([Item::Bar]).all(|item| has(58, item)));
        let bar =
            |width: u16| place(width, Shown::Single(MALE), &study).iter().find(|column| column.item == Item::Bar).unwrap().width;
        let widths: Vec<u16> = (115..300).map(bar).collect();
        assert!(widths.is_sorted() && widths.iter().all(|width| width % 2 == 1) && widths.last() == Some(&LONGEST_BAR));
    }

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
                    let asked = if shown.pair().is_some() { Column::Delta } else { Column::Effect };
                    assert!(has(Item::Cell(Column::Name)) && has(Item::Cell(asked)) && has(Item::Cell(Column::Tags)));
                    assert!(shown.pair().is_none() || has(Item::Cell(Column::Side)));
                }
            }
        }
    }
}
