//! The areas of the screen: `ui` draws into them, and clicks are looked up in them.

use super::command_id::CommandId;
use super::question;
use super::state::overlay::Overlay;
use super::state::tab::Tab;
use super::state::{Pane, State};
use crate::core::name::LONGEST;
use crate::core::rows::{DIFFERENCE, SIMILARITY};

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
const LARGEST: (u16, u16) = (2_000, 2_000);

/// The columns and rows that are drawn of a terminal of `size`: its left upper part if it is absurdly large.
pub fn usable((width, height): (u16, u16)) -> (u16, u16) {
    (width.min(LARGEST.0), height.min(LARGEST.1))
}

/// From this many columns on, three panes stand side by side: submodules, table and card. The card gets half of the columns, as
/// long as the table keeps [`TABLE`].
const WIDE: u16 = 160;

/// From this many columns on, two panes stand side by side.
const MEDIUM: u16 = 100;

/// From this many rows of panes on, the card stands below the table if it does not fit beside it.
const TALL: u16 = 26;

const HEADER: u16 = 4;
const FOOTER: u16 = 1;
const SUBMODULES: u16 = 36;

/// Columns of the submodules beside table and card.
const NARROW_SUBMODULES: u16 = 30;

/// Least columns of the table beside the card.
const TABLE: u16 = 60;

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
    /// The areas on a screen of `size` while `pane` takes keys; None if the screen is smaller than [`SMALLEST`].
    pub fn of(size: (u16, u16), pane: Pane) -> Option<Self> {
        Self::with_footer(size, pane, FOOTER)
    }

    /// The areas with the notice of `state`: a long notice takes more lines at the bottom, up to a third of the screen.
    pub fn showing(state: &State, size: (u16, u16), pane: Pane) -> Option<Self> {
        let (width, height) = size;
        let notice = question::notice(state).filter(|_| !matches!(state.overlay, Some(Overlay::Prompt(_))));
        let lines = notice.map_or(1, |notice| notice.lines(usize::from(width)).len());
        Self::with_footer(size, pane, (lines as u16).clamp(FOOTER, (height / 3).max(FOOTER)))
    }

    fn with_footer(size: (u16, u16), pane: Pane, footer: u16) -> Option<Self> {
        let (width, height) = size;
        if width < SMALLEST.0 || height < SMALLEST.1 {
            return None;
        }
        let rows = height - HEADER - footer;
        let area = |x: u16, y: u16, width: u16, height: u16| Some(Area { x, y: y + HEADER, width, height });
        let (submodules, features, card) = if width >= WIDE {
            let left = NARROW_SUBMODULES;
            let card = (width / 2).min(width - left - TABLE);
            let table = width - left - card;
            (area(0, 0, left, rows), area(left, 0, table, rows), area(left + table, 0, card, rows))
        } else if width >= MEDIUM {
            let (left, right) = (SUBMODULES, width - SUBMODULES);
            let list = area(0, 0, left, rows);
            if rows >= TALL {
                let card = rows / 2;
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

/// Rows of the palette's window, with its border.
const PALETTE: (u16, u16) = (8, 18);

/// The widest list of runs, pairs or checks; wider terminals show the panes beside it.
const LIST: u16 = 140;

/// Columns inside the border of a list over the panes.
pub fn list_columns(state: &State) -> usize {
    usize::from(state.size().0.min(LIST).saturating_sub(2))
}

/// The area of the open window, border included; if it is a list or box, it has this many `lines`. None if none is open.
pub fn window(state: &State, (width, height): (u16, u16), lines: usize) -> Option<Area> {
    let bordered = u16::try_from(lines).unwrap_or(u16::MAX).saturating_add(2);
    let below_header = bordered.min(height.saturating_sub(HEADER));
    let area = match &state.overlay {
        Some(Overlay::Chooser(_)) => at_bottom((width, height), 68, bordered),
        Some(Overlay::Copy(_)) => at_bottom((width, height), 90, bordered),
        Some(Overlay::Palette(_)) => at_bottom((width, height), 110, (height / 2).clamp(PALETTE.0, PALETTE.1)),
        Some(Overlay::Runs(_) | Overlay::Dropped(_) | Overlay::Check(_) | Overlay::Checks(_)) => {
            at_bottom((width, height), LIST, below_header)
        }
        Some(Overlay::Help(_) | Overlay::Topic(_)) => Area { x: 0, y: 0, width, height: height.saturating_sub(FOOTER) },
        Some(Overlay::Prompt(_) | Overlay::Question(_) | Overlay::HeatMap) | None => return None,
    };
    Some(area)
}

/// An area of that size, or as large as the screen allows, centred at the bottom above the footer.
fn at_bottom(screen: (u16, u16), width: u16, height: u16) -> Area {
    let (width, height) = (width.min(screen.0), height.min(screen.1.saturating_sub(1)));
    Area { x: (screen.0 - width) / 2, y: screen.1.saturating_sub(1).saturating_sub(height), width, height }
}

/// Number of rows of the feature table that are visible, without border and heading.
pub fn table_rows(state: &State) -> usize {
    let shown = |pane| Layout::showing(state, state.size(), pane).and_then(|layout| layout.features);
    let area = shown(state.pane).or_else(|| shown(Pane::Features));
    area.map_or(1, |area| usize::from(area.inside().height).saturating_sub(1))
}

/// The views and comparisons in the second line of the header: for each its label, which begins with its key, the first column
/// and the width.
pub fn tabs(state: &State) -> Vec<(Tab, String, u16, u16)> {
    let (study, (columns, _)) = (state.about(), state.size());
    let narrow = columns < MEDIUM;
    let compared =
        state.compared().map_or_else(String::new, |(first, second)| format!(" {}-{}", study.name(first), study.name(second)));
    let name = |tab: Tab, longest: usize| match tab {
        Tab::Single(view) => study.name(view).as_str().chars().take(longest).collect(),
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
            ((2_000, 2_000), (2_000, 2_000)),
            ((2_001, 24), (2_000, 24)),
            ((u16::MAX, u16::MAX), (2_000, 2_000)),
            ((0, u16::MAX), (0, 2_000)),
        ] {
            assert_eq!(usable(size), drawn);
        }
    }

    #[test]
    fn the_card_gets_half_of_a_wide_screen_and_half_the_rows_of_a_narrower_one() {
        let card = |width, height| Layout::of((width, height), Pane::Features).unwrap().card.unwrap();
        for width in [180, 200, 240, 400] {
            assert_eq!(card(width, 50).width, width / 2);
        }
        assert_eq!((card(160, 50).width, card(170, 50).width), (70, 80));
        assert_eq!(card(120, 40).height, 17);
    }

    #[test]
    fn areas_never_overlap_and_stay_on_the_screen() {
        for width in (0..400).step_by(7).chain([59, 60, 99, 100, 159, 160, u16::MAX]) {
            for height in (0..120).chain([u16::MAX]) {
                for pane in [Pane::Submodules, Pane::Features, Pane::Card] {
                    let Some(layout) = Layout::of((width, height), pane) else {
                        assert!(width < SMALLEST.0 || height < SMALLEST.1);
                        continue;
                    };
                    let areas = [Some(layout.header), layout.submodules, layout.features, layout.card, Some(layout.footer)];
                    let cells: u32 = areas.iter().flatten().map(|area| u32::from(area.width) * u32::from(area.height)).sum();
                    assert_eq!(cells, u32::from(width) * u32::from(height), "{width}x{height}");
                    assert!(areas.iter().flatten().all(|area| area.x + area.width <= width && area.y + area.height <= height));
                    let (_, shown) = layout.pane_at(width - 1, HEADER).unwrap();
                    assert!(shown.contains(width - 1, HEADER));
                }
            }
        }
    }
}
