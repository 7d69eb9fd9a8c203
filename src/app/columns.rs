//! Which columns of the feature table fit into a width, and where they are.

use unicode_width::UnicodeWidthStr;

use super::layout;
use super::state::State;
use crate::core::findings::Source;
use crate::core::rows::Shown;
use crate::core::rows::column::{Column, Sort};
use crate::core::study::Study;
use crate::core::tags::{FeatureTags, Marks};
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

/// Least width of the tags. They get the width that they need of what is left over, before the bar.
const TAGS: u16 = 6;

/// Most width of tags that the bar waits for: a longer note is on the card.
const LONG_TAGS: u16 = 32;

/// The features whose tags are measured: of very many tagged features, the first ones.
const MEASURED: usize = 1_000;

/// Least and largest width of the bar. Both are odd, so that the axis is in the middle; a longer bar shows nothing more.
const BAR: u16 = 5;
const LONGEST_BAR: u16 = 41;

/// Width of a label; the card shows it whole.
const LABEL: u16 = 24;

/// Least and largest width of a difference. The heading of the largest names both views.
const DELTA: (u16, u16) = (9, 26);

/// Width of a view's effects: that of the view's name above them, within 8 to 12.
fn view_width(study: &Study, view: View) -> u16 {
    (study.name(view).as_str().len() as u16).clamp(8, 12)
}

/// Width of the prompt on which features fire: that of the longest word for one, within 8 to 14.
fn fires_width(study: &Study, shown: Shown) -> u16 {
    let views = [Some(shown.first()), shown.pair().map(|(_, second)| second)];
    let words = views.into_iter().flatten().flat_map(|view| [&study.view(view).clean, &study.view(view).patch]);
    words.map(|word| word.width().min(14) as u16).max().unwrap_or(0).max(8)
}

/// The columns of the table on the screen, `width` columns wide; see [`place`].
pub fn on_screen(width: u16, state: &State) -> Vec<Placed> {
    let table = Table {
        shown: state.shown(),
        study: state.about(),
        extra: extra(state),
        sorted: Some(state.sort.column).filter(|_| state.sort != Sort::STRENGTH),
        is_printed: state.findings().is_some_and(|findings| matches!(findings.source, Source::Published { .. })),
        tags: tags_width(state),
    };
    table.place(width, layout::chosen_by(state.size().0, width))
}

/// Width of the longest tags and notes, within [`TAGS`] to [`LONG_TAGS`].
fn tags_width(state: &State) -> u16 {
    let of = |said: &FeatureTags| -> usize {
        let marks = |marks: &Marks| {
            let note = if marks.note.is_empty() { 0 } else { marks.note.width() + 3 };
            let words = marks.tags.iter().map(|tag| tag.as_str().len() + 1).sum::<usize>();
            words + note + if marks.rejected { 2 } else { 0 }
        };
        said.scopes().map(|(_, found)| marks(found)).sum::<usize>().saturating_sub(1)
    };
    // The number of copies that a row stands for is written before its tags.
    let folded = if state.table.listing.folded.is_empty() { 0 } else { 4 };
    let longest = state.tags().values().take(MEASURED).map(of).max().unwrap_or(0) + folded;
    u16::try_from(longest).unwrap_or(u16::MAX).clamp(TAGS, LONG_TAGS)
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

/// The columns that fit into `width` while nothing but the usual is known, in the order of strength.
pub fn place(width: u16, shown: Shown, study: &Study) -> Vec<Placed> {
    Table { shown, study, extra: Vec::new(), sorted: None, is_printed: false, tags: TAGS }.place(width, width)
}

/// What decides the columns of a table.
struct Table<'a> {
    shown: Shown,
    study: &'a Study,
    /// The columns beyond the usual ones.
    extra: Vec<Column>,
    /// The column that decides the order, which is always shown; None for the order of strength, which the header names where no
    /// column shows it.
    sorted: Option<Column>,
    /// Whether only printed figures are known: then some columns are empty in every row.
    is_printed: bool,
    /// Width of the longest tags.
    tags: u16,
}

impl Table<'_> {
    /// The columns from left to right. Those that do not fit into `chosen_by` columns are left out, the least important ones first;
    /// the rest are spread over `width`.
    fn place(&self, width: u16, chosen_by: u16) -> Vec<Placed> {
        let mut items = self.items();
        for item in self.leaves_first() {
            let is_sorted = self.sorted.is_some_and(|column| item == Item::Cell(column));
            if needed(&items) > chosen_by.min(width) && !is_sorted {
                items.retain(|(kept, _)| *kept != item);
            }
        }
        let spare = width.saturating_sub(needed(&items));
        self.widen(&mut items, spare);
        let mut x = GUTTER;
        let mut placed = Vec::new();
        for (item, item_width) in items {
            let room = item_width.min(width.saturating_sub(x));
            if room > 0 {
                placed.push(Placed { item, x, width: room });
            }
            x += room + SPACE;
        }
        placed
    }

    /// The views whose effects stand beside the shown one, or those that a comparison compares.
    fn beside(&self) -> impl DoubleEndedIterator<Item = View> {
        self.study.all().filter(|view| self.shown != Shown::Single(*view)).collect::<Vec<_>>().into_iter()
    }

    /// All columns that hold something, each with its least width.
    fn items(&self) -> Vec<(Item, u16)> {
        let (shown, study) = (self.shown, self.study);
        let mut columns = vec![(Column::Rank, 5), (Column::Name, 15)];
        if shown.pair().is_none() {
            // A table that is sorted by the effects of its own view calls them so.
            let own = self.sorted.filter(|column| *column == Column::Effects(shown.first()));
            columns.extend([(own.unwrap_or(Column::Effect), 8), (Column::StandardError, 6)]);
            columns.extend([(Column::Ratio, 11), (Column::Interval, 20)]);
        } else {
            columns.extend([(Column::Delta, DELTA.0), (Column::DeltaError, 6), (Column::DeltaShare, 8)]);
            // The effect by which a row is ranked is that of the first or of the second view, so it is shown only on demand.
            columns.extend(self.sorted.filter(|column| *column == Column::Effect).map(|column| (column, 8)));
        }
        columns.extend(self.extra.iter().map(|column| (*column, if *column == Column::Label { LABEL } else { 7 })));
        columns.push((Column::Fires, fires_width(study, shown)));
        columns.extend(self.beside().map(|view| (Column::Effects(view), view_width(study, view))));
        if Column::Side.is_of(shown) {
            let longest = shown.pair().map_or(0, |(one, other)| {
                [one, other].map(|view| study.name(view).as_str().len()).into_iter().max().unwrap_or(0)
            });
            columns.push((Column::Side, (longest as u16).clamp(8, 12)));
        }
        columns.push((Column::Tags, TAGS));
        let is_empty = |column: Column| self.is_printed && is_never_printed(column) && self.sorted != Some(column);
        let mut items: Vec<(Item, u16)> = columns
            .into_iter()
            .filter(|(column, _)| !is_empty(*column))
            .map(|(column, width)| (Item::Cell(column), width))
            .collect();
        items.insert(2, (Item::Bar, BAR));
        items
    }

    /// The columns that may leave, the least important one first. The other views leave early, the last of them before the others:
    /// the card shows all views. Of the two views of a comparison the second leaves first, since the difference and the first say it.
    fn leaves_first(&self) -> Vec<Item> {
        let pair = self.shown.pair();
        let compared = |view: &View| pair.is_some_and(|(first, second)| *view == first || *view == second);
        let mut columns = vec![Column::Interval, Column::Ratio];
        columns.extend(self.beside().rev().filter(|view| !compared(view)).map(Column::Effects));
        columns.extend(self.extra.iter().rev());
        columns.push(Column::Rank);
        let mut leaves: Vec<Item> = columns.into_iter().map(Item::Cell).chain([Item::Bar]).collect();
        let last = match pair {
            None => vec![Column::StandardError, Column::Fires, Column::Tags],
            Some((first, second)) => vec![
                Column::DeltaShare,
                Column::Effects(second),
                Column::Effects(first),
                // After both effects, which the card says: a difference is little without its error.
                Column::DeltaError,
                Column::Fires,
                Column::Tags,
            ],
        };
        leaves.extend(last.into_iter().map(Item::Cell));
        leaves
    }

    /// Spreads `spare` columns: tags get what they need, then the difference a heading that names both views, then the bar half of
    /// the rest, an even number so that its axis stays in the middle. Tags get what is left, as the last column.
    fn widen(&self, items: &mut [(Item, u16)], spare: u16) {
        let mut spare = spare;
        let mut widen = |wanted: Item, most: u16, whole: bool, spare: &mut u16| {
            if let Some((_, width)) = items.iter_mut().find(|(item, _)| *item == wanted) {
                let more = most.saturating_sub(*width);
                let more = if whole && more > *spare { 0 } else { more.min(*spare) };
                *width += more;
                *spare -= more;
            }
        };
        widen(Item::Cell(Column::Tags), self.tags, false, &mut spare);
        // With the sign of the order behind it.
        let named = Column::Delta.title(self.study, self.shown).width() as u16 + 1;
        widen(Item::Cell(Column::Delta), named.clamp(DELTA.0, DELTA.1), true, &mut spare);
        let bar = BAR + spare / 4 * 2;
        widen(Item::Bar, bar.min(LONGEST_BAR), false, &mut spare);
        widen(Item::Cell(Column::Tags), u16::MAX, false, &mut spare);
    }
}

/// The width of columns at their least, with the gutter and the space after each.
fn needed(items: &[(Item, u16)]) -> u16 {
    GUTTER + items.iter().map(|(_, width)| width + SPACE).sum::<u16>()
}

/// Whether a study that printed its figures gave none for this column.
fn is_never_printed(column: Column) -> bool {
    matches!(
        column,
        Column::StandardError | Column::Ratio | Column::Interval | Column::Fires | Column::DeltaError | Column::DeltaShare
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::layout::Layout;
    use crate::app::state::Pane;
    use crate::core::study::testing::{BASELINE, FEMALE, MALE, names};

    /// On 242 columns every column has room, on 120 all that the card does not show.
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

    /// The table of a state that shows `shown`, sorted by `sorted`.
    fn sorted_by(shown: Shown, study: &Study, sorted: Option<Column>, is_printed: bool) -> Table<'_> {
        Table { shown, study, extra: vec![Column::Label], sorted, is_printed, tags: 20 }
    }

    /// The columns on a screen of that width.
    fn on(width: u16, height: u16, table: &Table) -> Vec<Item> {
        let pane = Layout::of((width, height), Pane::Features).unwrap().features.unwrap().inside().width;
        table.place(pane, layout::chosen_by(width, pane)).iter().map(|column| column.item).collect()
    }

    const SHOWN: [Shown; 5] = [
        Shown::Single(MALE),
        Shown::Single(FEMALE),
        Shown::Single(BASELINE),
        Shown::Difference(MALE, BASELINE),
        Shown::Similarity(MALE, BASELINE),
    ];

    #[test]
    fn a_wider_window_never_loses_a_column_and_always_shows_the_one_that_sorts() {
        let study = names();
        for shown in SHOWN {
            let sorts = Column::all(&study).into_iter().filter(|column| column.can_order(shown) && !column.is_extra());
            for sorted in sorts.map(Some).chain([None]) {
                for (is_printed, height) in [(false, 50), (false, 20), (true, 40)] {
                    let table = sorted_by(shown, &study, sorted, is_printed);
                    let mut before: Vec<Item> = Vec::new();
                    for width in 60..=400 {
                        let here = on(width, height, &table);
                        let lost: Vec<&Item> = before.iter().filter(|item| !here.contains(item)).collect();
                        assert!(lost.is_empty(), "{shown:?} by {sorted:?}: {width}x{height} loses {lost:?}");
                        assert!(
                            sorted.is_none_or(|column| here.contains(&Item::Cell(column))),
                            "{shown:?} by {sorted:?}: {width}"
                        );
                        before = here;
                    }
                    let mut before: Vec<Item> = Vec::new();
                    for width in 50..=260 {
                        let here: Vec<Item> = table.place(width, width).iter().map(|column| column.item).collect();
                        assert!(before.iter().all(|item| here.contains(item)), "{shown:?} by {sorted:?}: {width}");
                        assert!(
                            sorted.is_none_or(|column| here.contains(&Item::Cell(column))),
                            "{shown:?} by {sorted:?}: {width}"
                        );
                        before = here;
                    }
                }
            }
        }
    }

    #[test]
    fn a_comparison_says_on_which_prompt_features_fire_at_every_width() {
        let study = names();
        for shown in &SHOWN[3..] {
            let table = Table { extra: Vec::new(), ..sorted_by(*shown, &study, None, false) };
            let has = |width: u16, columns: &[Column]| {
                let here = on(width, 50, &table);
                assert!(columns.iter().all(|column| here.contains(&Item::Cell(*column))), "{shown:?} {width}: {here:?}");
            };
            (60..400).for_each(|width| has(width, &[Column::Name, Column::Delta, Column::Fires, Column::Tags]));
            let all = [Column::DeltaError, Column::Effects(MALE), Column::Effects(BASELINE), Column::Fires];
            (120..400).for_each(|width| has(width, &all));
        }
    }

    #[test]
    fn columns_that_are_never_printed_leave_their_width_to_the_tags() {
        let study = names();
        let tags = |is_printed| {
            let table = Table { extra: Vec::new(), ..sorted_by(Shown::Single(MALE), &study, None, is_printed) };
            let placed = table.place(82, 82);
            let empty = placed.iter().any(|column| matches!(column.item, Item::Cell(column) if is_never_printed(column)));
            assert_eq!(empty, !is_printed);
            placed.last().unwrap().width
        };
        assert!(tags(true) >= 20 && tags(false) < 20, "{} {}", tags(true), tags(false));
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
