//! The areas of the screen: `ui` draws into them, and clicks are looked up in them.

use super::command_id::CommandId;
use super::question;
use super::state::overlay::Overlay;
use super::state::tab::Tab;
use super::state::{Pane, State};
use crate::core::findings::Source;
use crate::core::name::LONGEST;
use crate::core::rows::{DIFFERENCE, SIMILARITY};
use crate::core::text::told_apart;

/// A rectangle of the screen, in columns and rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Area {
    /// Leftmost column, from 0.
    pub x: u16,
    /// Top row, from 0.
    pub y: u16,
    /// Width in columns.
    pub width: u16,
    /// Height in rows.
    pub height: u16,
}

impl Area {
    /// Whether the cell in column `x` and row `y` is inside.
    pub fn contains(self, x: u16, y: u16) -> bool {
        (self.x..self.x.saturating_add(self.width)).contains(&x) && (self.y..self.y.saturating_add(self.height)).contains(&y)
    }

    /// The area within a border of one cell.
    pub fn inside(self) -> Self {
        Self {
            x: self.x.saturating_add(1),
            y: self.y.saturating_add(1),
            width: self.width.saturating_sub(2),
            height: self.height.saturating_sub(2),
        }
    }
}

/// Columns and rows of the smallest terminal that the explorer works on.
pub const SMALLEST: (u16, u16) = (60, 16);

/// Most columns and rows that are drawn: a terminal may report any size, and every cell takes memory.
const LARGEST: (u16, u16) = (2_000, 500);

/// The columns and rows that are drawn of a terminal of `size`: its left upper part if it is absurdly large.
pub fn usable((width, height): (u16, u16)) -> (u16, u16) {
    (width.min(LARGEST.0), height.min(LARGEST.1))
}

/// From this many columns on, the card stands beside the table, with the submodules below the table. The card gets half of the
/// columns, as long as the table keeps [`TABLE`].
pub const WIDE: u16 = 160;

/// From this many columns on, the submodules stand beside the table.
pub const MEDIUM: u16 = 100;

/// From this many rows of panes on, there is room for two panes one above the other.
const TALL: u16 = 26;

const HEADER: u16 = 4;
const FOOTER: u16 = 1;

/// Most columns of the submodules beside the table: with bars.
const SUBMODULES: u16 = 36;

/// Least columns of the submodules beside the table: with counts and sums.
const NARROW_SUBMODULES: u16 = 24;

/// Columns of the submodules where nothing but counts is known.
const COUNTED_SUBMODULES: u16 = 18;

/// Columns that the table has before the submodules beside it are widened.
const SOME_TABLE: u16 = 84;

/// Least columns of the table beside the card: as many as the usual columns of any view need. A table that is wider only because the
/// card stands below it shows no more columns than this one, so that a wider window never loses one.
pub const TABLE: u16 = 90;

/// Rows of a pane that hold no row of its list: the border and the heading.
const AROUND: u16 = 3;

/// Least number of listed features for which a table above the card has rows.
const FEW: u16 = 4;

/// Rows that the card of a comparison has more than half, in which it says the difference and its interval.
const COMPARED: u16 = 1;

/// Rows of the card for tags and a note, without which the first pair of prompts would be cut in two.
const SAID: u16 = 3;

/// What the panes would hold, on which their sizes depend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Needs {
    /// Rows of the table, without heading.
    features: u16,
    /// Rows of the submodule list, without heading.
    submodules: u16,
    /// Whether the table compares two views.
    is_comparison: bool,
    /// Whether submodules have sums and shares of the error term.
    has_sums: bool,
}

impl Needs {
    /// More than any screen holds.
    const MANY: Self = Self { features: u16::MAX, submodules: u16::MAX, is_comparison: false, has_sums: true };

    fn of(state: &State) -> Self {
        let Some(findings) = state.findings() else { return Self::MANY };
        let count = |count: usize| u16::try_from(count).unwrap_or(u16::MAX);
        Self {
            features: count(state.table.len()),
            submodules: count(state.submodules().len()),
            // The rows on the screen may still be those of another view.
            is_comparison: state.table.spec.as_ref().is_some_and(|spec| spec.shown.pair().is_some()),
            has_sums: !matches!(findings.source, Source::Published { .. }),
        }
    }
}

/// The areas of a screen of one size. A pane without an area is visible only while it takes keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// Four lines: source of the numbers, views, selection, legend.
    pub header: Area,
    /// The submodule list; None if it is not visible.
    pub submodules: Option<Area>,
    /// The feature table; None if it is not visible.
    pub features: Option<Area>,
    /// The feature card; None if it is not visible.
    pub card: Option<Area>,
    /// The prompt, the notice, or one line of the most useful keys.
    pub footer: Area,
}

impl Layout {
    /// The areas on a screen of `size` while `pane` takes keys, with more in each list than fits; None if the screen is smaller than
    /// [`SMALLEST`].
    pub fn of(size: (u16, u16), pane: Pane) -> Option<Self> {
        Self::fitted(size, pane, FOOTER, Needs::MANY)
    }

    /// The areas for what `state` lists, with its notice.
    pub fn showing(state: &State, size: (u16, u16), pane: Pane) -> Option<Self> {
        Self::fitted(size, pane, footer_rows(state, size), Needs::of(state))
    }

    fn fitted(size: (u16, u16), pane: Pane, footer: u16, needs: Needs) -> Option<Self> {
        let (width, height) = size;
        if width < SMALLEST.0 || height < SMALLEST.1 {
            return None;
        }
        let rows = height - HEADER - footer;
        let area = |x: u16, y: u16, width: u16, height: u16| Some(Area { x, y: y + HEADER, width, height });
        let table = needs.features.max(FEW).saturating_add(AROUND);
        let (submodules, features, card) = if width >= WIDE {
            let card = (width / 2).min(width - TABLE);
            let left = width - card;
            let beside = area(left, 0, card, rows);
            if rows >= TALL {
                // The list gets a third of the rows, and those that the table does not need.
                let list = needs.submodules.saturating_add(AROUND).min((rows / 3).max(rows.saturating_sub(table)));
                (area(0, rows - list, left, list), area(0, 0, left, rows - list), beside)
            } else if pane == Pane::Submodules {
                (area(0, 0, left, rows), None, beside)
            } else {
                (None, area(0, 0, left, rows), beside)
            }
        } else if width >= MEDIUM {
            let left = if needs.has_sums {
                width.saturating_sub(SOME_TABLE).clamp(NARROW_SUBMODULES, SUBMODULES)
            } else {
                COUNTED_SUBMODULES
            };
            let right = width - left;
            let list = area(0, 0, left, rows);
            if rows >= TALL {
                // The card gets half of the rows and a few for tags and a note, and those that the table does not need.
                let least = rows / 2 + SAID + if needs.is_comparison { COMPARED } else { 0 };
                let card = least.max(rows.saturating_sub(table));
                (list, area(left, 0, right, rows - card), area(left, rows - card, right, card))
            } else if pane == Pane::Card {
                (list, None, area(left, 0, right, rows))
            } else {
                (list, area(left, 0, right, rows), None)
            }
        } else {
            let all = area(0, 0, width, rows);
            match pane {
                Pane::Submodules => (all, None, None),
                Pane::Features => (None, all, None),
                Pane::Card => (None, None, all),
            }
        };
        let header = Area { x: 0, y: 0, width, height: HEADER };
        let footer = Area { x: 0, y: height - footer, width, height: footer };
        Some(Self { header, submodules, features, card, footer })
    }

    /// The pane at column `x` and row `y`, with its area.
    pub fn pane_at(&self, x: u16, y: u16) -> Option<(Pane, Area)> {
        let panes = [(Pane::Submodules, self.submodules), (Pane::Features, self.features), (Pane::Card, self.card)];
        panes.into_iter().filter_map(|(pane, area)| Some((pane, area?))).find(|(_, area)| area.contains(x, y))
    }
}

/// Rows of the footer: a long notice takes more lines at the bottom, up to a third of the screen.
pub fn footer_rows(state: &State, (width, height): (u16, u16)) -> u16 {
    let notice = question::notice(state).filter(|_| !matches!(state.overlay, Some(Overlay::Prompt(_))));
    let lines = notice.map_or(1, |notice| notice.lines(usize::from(width)).len());
    (lines as u16).clamp(FOOTER, (height / 3).max(FOOTER))
}

/// Rows of the palette's window, with its border.
const PALETTE: (u16, u16) = (8, 18);

/// The widest list of runs, pairs or checks; wider terminals show the panes beside it.
const LIST: u16 = 140;

/// The widest copy box, in which whole reasons have room why something cannot be had.
const COPY: u16 = 156;

/// Columns inside the border of a list over the panes.
pub fn list_columns(state: &State) -> usize {
    usize::from(state.size().0.min(LIST).saturating_sub(2))
}

/// The area of the open window, border included, above the footer with its notice; if it is a list or box, it has this many `lines`.
/// None if none is open.
pub fn window(state: &State, (width, height): (u16, u16), lines: usize) -> Option<Area> {
    let free = height.saturating_sub(footer_rows(state, (width, height)));
    let bordered = u16::try_from(lines).unwrap_or(u16::MAX).saturating_add(2);
    let area = match &state.overlay {
        Some(Overlay::Chooser(_)) => at_bottom((width, free), 68, bordered),
        Some(Overlay::Copy(_)) => at_bottom((width, free), COPY, bordered),
        Some(Overlay::Palette(_)) => at_bottom((width, free), 110, (height / 2).clamp(PALETTE.0, PALETTE.1)),
        Some(Overlay::Runs(_) | Overlay::Dropped(_) | Overlay::Check(_) | Overlay::Checks(_)) => {
            // The last line of the header, the legend, may be covered.
            at_bottom((width, free), LIST, bordered.min(free.saturating_sub(HEADER - 1)))
        }
        Some(Overlay::Help(_) | Overlay::Topic(_)) => Area { x: 0, y: 0, width, height: free },
        Some(Overlay::Prompt(_) | Overlay::Question(_) | Overlay::Pictures) | None => return None,
    };
    Some(area)
}

/// An area of that size, or as large as `free` allows, the screen above the footer: centred at its bottom.
fn at_bottom(free: (u16, u16), width: u16, height: u16) -> Area {
    let (width, height) = (width.min(free.0), height.min(free.1));
    Area { x: (free.0 - width) / 2, y: free.1 - height, width, height }
}

/// Columns of a table inside its border by which its columns are chosen, on a screen of `width` columns: fewer than `inside` where a
/// screen of a few more columns has other panes beside the table.
pub fn chosen_by(width: u16, inside: u16) -> u16 {
    let border = 2;
    match width {
        ..MEDIUM => inside.min(MEDIUM - NARROW_SUBMODULES - border),
        MEDIUM..WIDE => inside.min(TABLE - border),
        _ => inside,
    }
}

/// Number of rows of the feature table that are visible, without border and heading.
pub fn table_rows(state: &State) -> usize {
    let shown = |pane| Layout::showing(state, state.size(), pane).and_then(|layout| layout.features);
    let area = shown(state.pane).or_else(|| shown(Pane::Features));
    area.map_or(1, |area| usize::from(area.inside().height).saturating_sub(1))
}

/// The first `longest` characters of the view `name`, or others if another one of `names` begins with the same.
fn shortened(name: &str, names: &[&str], longest: usize) -> String {
    let first = |name: &str| name.chars().take(longest).collect::<String>();
    // One column has no room to tell anything apart: there the key does.
    let is_told = longest < 3 || names.iter().all(|other| *other == name || first(other) != first(name));
    if is_told { first(name) } else { told_apart(name, names, longest) }
}

/// The views and comparisons in the second line of the header: for each its label, which begins with its key, the first column
/// and the width.
pub fn tabs(state: &State) -> Vec<(Tab, String, u16, u16)> {
    let (study, (columns, _)) = (state.about(), state.size());
    let narrow = columns < MEDIUM;
    let compared =
        state.compared().map_or_else(String::new, |(first, second)| format!(" {}-{}", study.name(first), study.name(second)));
    let names: Vec<&str> = study.views.iter().map(|view| view.name.as_str()).collect();
    let name = |tab: Tab, longest: usize| match tab {
        Tab::Single(view) => shortened(study.name(view).as_str(), &names, longest),
        Tab::Difference if narrow || longest < usize::MAX => DIFFERENCE.chars().take(longest).collect(),
        Tab::Similarity if narrow || longest < usize::MAX => SIMILARITY.chars().take(longest).collect(),
        Tab::Difference => format!("{DIFFERENCE}{compared}"),
        Tab::Similarity => format!("{SIMILARITY}{compared}"),
    };
    let labels = |longest: usize| -> Vec<(Tab, String)> {
        let tabs = Tab::all(study).into_iter().enumerate();
        let label = |(place, tab): (usize, Tab)| {
            let key = CommandId::VIEWS.get(place).and_then(|command| state.setting.keymap.key(*command));
            let key = key.map_or_else(String::new, |key| format!("{} ", key.spoken()));
            // The view on the screen keeps its whole name.
            let longest = if tab == state.tab { longest.max(LONGEST) } else { longest };
            (tab, format!(" {key}{} ", name(tab, longest)))
        };
        tabs.map(label).collect()
    };
    // The longest form of the names that fits is used.
    let fits =
        |labels: &[(Tab, String)]| labels.iter().map(|(_, label)| label.chars().count()).sum::<usize>() < usize::from(columns);
    let forms = [usize::MAX, LONGEST, 8, 4, 1];
    let mut fitting = forms.into_iter().map(labels).find(|labels| fits(labels)).unwrap_or_else(|| labels(1));
    // If not even the shortest form fits, the row begins as far to the right as it must for the present view to be in it.
    while let Some(here) = fitting.iter().position(|(tab, _)| *tab == state.tab).filter(|here| *here > 0)
        && !fits(&fitting[..=here])
    {
        fitting.remove(0);
    }
    let mut x = 1;
    let placed = fitting.into_iter().map(|(tab, label)| {
        let width = label.chars().count() as u16;
        x += width;
        (tab, label, x - width, width)
    });
    placed.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_absurd_size_a_part_is_drawn() {
        for (size, drawn) in [
            ((80, 24), (80, 24)),
            ((2_000, 500), (2_000, 500)),
            ((2_001, 24), (2_000, 24)),
            ((u16::MAX, u16::MAX), (2_000, 500)),
            ((0, u16::MAX), (0, 500)),
        ] {
            assert_eq!(usable(size), drawn);
        }
    }

    /// The areas of the panes on a screen of that size, for so many features of a single view and so many submodules.
    fn listing(size: (u16, u16), features: u16, submodules: u16) -> Layout {
        Layout::fitted(size, Pane::Features, FOOTER, Needs { features, submodules, ..Needs::MANY }).unwrap()
    }

    #[test]
    fn the_card_gets_half_of_a_wide_screen_and_half_the_rows_of_a_narrower_one() {
        let card = |width, height| Layout::of((width, height), Pane::Features).unwrap().card.unwrap();
        for width in [180, 200, 240, 400] {
            assert_eq!(card(width, 50).width, width / 2);
        }
        assert_eq!((card(160, 50).width, card(170, 50).width), (70, 80));
        assert_eq!(card(120, 40).height, 20);
        let comparison = Needs { is_comparison: true, ..Needs::MANY };
        assert_eq!(Layout::fitted((120, 40), Pane::Features, FOOTER, comparison).unwrap().card.unwrap().height, 21);
    }

    #[test]
    fn rows_that_a_short_list_does_not_need_go_to_the_pane_below_it() {
        let heights = |features, submodules| {
            let layout = listing((120, 40), features, submodules);
            (layout.features.unwrap().height, layout.card.unwrap().height)
        };
        assert_eq!((heights(1, 20), heights(0, 20), heights(8, 20)), ((7, 28), (7, 28), (11, 24)));
        assert_eq!((heights(15, 20), heights(500, 20)), ((15, 20), (15, 20)));
        let heights = |features, submodules| {
            let layout = listing((180, 50), features, submodules);
            (layout.features.unwrap().height, layout.submodules.unwrap().height)
        };
        assert_eq!(
            (heights(500, 13), heights(500, 79), heights(10, 79), heights(10, 13)),
            ((30, 15), (30, 15), (13, 32), (29, 16))
        );
    }

    #[test]
    fn the_width_by_which_columns_are_chosen_never_shrinks() {
        let chosen = |width: u16| {
            let inside = Layout::of((width, 40), Pane::Features).unwrap().features.unwrap().inside().width;
            assert!(chosen_by(width, inside) <= inside, "{width}");
            chosen_by(width, inside)
        };
        assert!((SMALLEST.0..400).map(chosen).is_sorted(), "{:?}", (SMALLEST.0..400).map(chosen).collect::<Vec<_>>());
        assert_eq!([60, 80, 100, 120, 160, 180, 240].map(chosen), [58, 74, 74, 82, 88, 88, 118]);
    }

    #[test]
    fn areas_never_overlap_and_stay_on_the_screen() {
        for width in (0..400).step_by(7).chain([59, 60, 99, 100, 159, 160, u16::MAX]) {
            for height in (0..120).chain([u16::MAX]) {
                for pane in [Pane::Submodules, Pane::Features, Pane::Card] {
                    let few = Needs { features: 5, submodules: 7, is_comparison: true, has_sums: false };
                    for needs in [Needs::MANY, few] {
                        let Some(layout) = Layout::fitted((width, height), pane, FOOTER, needs) else {
                            assert!(width < SMALLEST.0 || height < SMALLEST.1);
                            continue;
                        };
                        let areas = [Some(layout.header), layout.submodules, layout.features, layout.card, Some(layout.footer)];
                        let cells: u32 = areas.iter().flatten().map(|area| u32::from(area.width) * u32::from(area.height)).sum();
                        assert_eq!(cells, u32::from(width) * u32::from(height), "{width}x{height}");
                        assert!(
                            areas.iter().flatten().all(|area| area.x + area.width <= width && area.y + area.height <= height)
                        );
                        let (_, shown) = layout.pane_at(width - 1, HEADER).unwrap();
                        assert!(shown.contains(width - 1, HEADER));
                    }
                }
            }
        }
    }
}
