//! Lists over the panes: kept runs, and dropped pairs.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::fit::{self, cut, left};
use super::rect;
use super::theme::Theme;
use super::window::open;
use crate::app::state::State;
use crate::app::state::overlay::Overlay;
use crate::app::state::run_list::RunList;
use crate::app::{dropped, layout};
use crate::core::kept_run::KeptRun;
use crate::core::text::{bytes, printable};

/// Draws the list that is open, if one is.
pub fn draw(state: &State, theme: &Theme, area: Rect, frame: &mut Frame) {
    let window = |lines| layout::window(state, (area.width, area.height), lines).map(rect);
    match &state.overlay {
        Some(Overlay::Runs(list)) => window(list.lines()).into_iter().for_each(|area| runs(list, theme, area, frame)),
        Some(Overlay::Dropped(top)) => {
            let lines = dropped::lines(state);
            window(lines.len()).into_iter().for_each(|area| dropped_pairs(&lines, *top, theme, area, frame));
        }
        _ => {}
    }
}

fn runs(list: &RunList, theme: &Theme, area: Rect, frame: &mut Frame) {
    let inside = open("kept runs: Enter opens, Esc closes", theme, area, frame);
    let Some(runs) = list.runs.as_ref().filter(|runs| !runs.is_empty()) else {
        let says = if list.runs.is_some() { " no run is kept yet; every whole computation will be" } else { " looking…" };
        frame.buffer_mut().set_stringn(inside.x, inside.y, says, usize::from(inside.width), theme.text);
        return;
    };
    let width = usize::from(inside.width);
    let columns = Columns::of(runs, width);
    frame.buffer_mut().set_line(inside.x, inside.y, &Line::styled(columns.heading(), theme.dim), inside.width);
    let rows = usize::from(inside.height).saturating_sub(1);
    let top = list.top(rows);
    for (row, run) in runs.iter().enumerate().skip(top).take(rows) {
        let place = Rect::new(inside.x, inside.y + 1 + (row - top) as u16, inside.width, 1);
        let style = if run.about.is_ok() { theme.text } else { theme.warning };
        let is_chosen = row == list.cursor;
        frame.buffer_mut().set_line(place.x, place.y, &Line::styled(columns.row(run, width, is_chosen), style), place.width);
        if is_chosen {
            frame.buffer_mut().set_string(place.x, place.y, ">", theme.title);
            frame.buffer_mut().set_style(place, theme.cursor);
        }
    }
}

/// The columns that names may always have: as many as the names that the program gives.
const NAME: usize = 31;

/// Columns of the numbers of pairs, and the most of them: `50 + 50`, `1000 of 1000 + 999 of 1000`.
const PAIRS: usize = 8;
const LONG_PAIRS: usize = 26;

/// The columns of the list, each with its width.
struct Columns(Vec<(Cell, usize)>);

/// What a column says of a run, in the order of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cell {
    When,
    Name,
    Study,
    Model,
    Method,
    Pairs,
    Size,
}

impl Cell {
    /// The column that has no room leaves, the least telling one first. Time and name stay.
    const LEAVES_FIRST: [Self; 5] = [Self::Size, Self::Pairs, Self::Method, Self::Study, Self::Model];

    fn heading(self) -> &'static str {
        match self {
            Self::When => "when (UTC)",
            Self::Name => "name",
            Self::Study => "study",
            Self::Model => "model",
            Self::Method => "method",
            Self::Pairs => "pairs",
            Self::Size => "size",
        }
    }
}

impl Columns {
    /// The columns for `runs` that fit into `width`; names are whole unless they are so long that they would crowd out the rest.
    fn of(runs: &[KeptRun], width: usize) -> Self {
        let names = runs.iter().map(|run| fit::width(&printable(&run.name))).max().unwrap_or(0);
        let pairs =
            runs.iter().filter_map(|run| Some(fit::width(&printable(&run.about.as_ref().ok()?.pairs)))).max().unwrap_or(0);
        let pairs = pairs.clamp(PAIRS, LONG_PAIRS);
        let least = names.clamp(4, NAME);
        let mut columns = vec![(Cell::When, 16), (Cell::Name, least), (Cell::Study, 10), (Cell::Model, 18), (Cell::Method, 12)];
        columns.extend([(Cell::Pairs, pairs), (Cell::Size, 9)]);
        let used = |columns: &[(Cell, usize)]| 2 + columns.iter().map(|(_, width)| width + 1).sum::<usize>();
        for leaves in Cell::LEAVES_FIRST {
            if used(&columns) > width {
                columns.retain(|(cell, _)| *cell != leaves);
            }
        }
        // What the columns that are left do not need is for longer names.
        let spare = width.saturating_sub(used(&columns));
        for (cell, width) in &mut columns {
            if *cell == Cell::Name {
                *width = names.clamp(*width, *width + spare);
            }
        }
        Self(columns)
    }

    fn line(&self, text: impl Fn(Cell) -> String) -> String {
        let cells: Vec<String> = self.0.iter().map(|(cell, width)| left(&text(*cell), *width)).collect();
        format!("  {}", cells.join(" "))
    }

    fn heading(&self) -> String {
        self.line(|cell| cell.heading().to_owned())
    }

    /// The name of the chosen run is whole, if need be in place of the columns behind it; those that it does not reach stay.
    fn row(&self, run: &KeptRun, width: usize, is_chosen: bool) -> String {
        let name = printable(&run.name);
        let about = match &run.about {
            Ok(about) => about,
            Err(problem) => {
                return cut(&format!("  {} {}: {}", left(&run.when, 16), name, problem.what()), width);
            }
        };
        let text = |cell: Cell| match cell {
            Cell::When => run.when.clone(),
            Cell::Name => name.clone(),
            Cell::Study => printable(&about.study),
            Cell::Model => printable(&about.model),
            Cell::Method => printable(&about.method),
            Cell::Pairs => printable(&about.pairs),
            Cell::Size => bytes(run.bytes),
        };
        let room = self.0.iter().find(|(cell, _)| *cell == Cell::Name).map_or(0, |(_, width)| *width);
        if !is_chosen || fit::width(&name) <= room {
            return self.line(text);
        }
        let mut line = format!("  {} {name}", left(&run.when, 16));
        let mut place = 2;
        for (cell, columns) in &self.0 {
            if !matches!(cell, Cell::When | Cell::Name) && fit::width(&line) < place {
                line = format!("{}{}", left(&line, place), left(&text(*cell), *columns));
            }
            place += columns + 1;
        }
        cut(&line, width)
    }
}

fn dropped_pairs(lines: &[String], top: usize, theme: &Theme, area: Rect, frame: &mut Frame) {
    let inside = open("dropped pairs and notes: Esc closes", theme, area, frame);
    let rows = usize::from(inside.height);
    let top = top.min(lines.len().saturating_sub(rows));
    for (row, line) in lines.iter().skip(top).take(rows).enumerate() {
        let style = if line.starts_with(' ') { theme.text } else { theme.title };
        let line = Line::styled(cut(&format!(" {line}"), usize::from(inside.width)), style);
        frame.buffer_mut().set_line(inside.x, inside.y + row as u16, &line, inside.width);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::state::ThemeName;
    use crate::core::kept_run::About;
    use crate::ui::testing::{rows, run as study, screen, showing};

    #[test]
    fn the_name_of_a_run_stays_while_its_size_leaves() {
        let about = About {
            study: "names".to_owned(),
            model: "saescope-demo".to_owned(),
            method: "ig 10 steps".to_owned(),
            pairs: "50 + 50".to_owned(),
        };
        let run = KeptRun {
            name: "before-the-fix".to_owned(),
            path: std::path::PathBuf::new(),
            when: "2026-11-26 17:50".to_owned(),
            bytes: 2_300_000,
            about: Ok(about),
        };
        let mut before = 0;
        for width in 58..150 {
            let columns = Columns::of(std::slice::from_ref(&run), width);
            let (heading, row) = (columns.heading(), columns.row(&run, width, false));
            assert!(heading.contains("name") && row.contains("before-the-fix"), "{width}: {row}");
            assert!(fit::width(row.trim_end()) <= width, "{width}: {row}");
            assert!(!heading.contains("size") || (heading.contains("pairs") && heading.contains("method")), "{width}: {heading}");
            assert!(columns.0.len() >= before, "{width}");
            before = columns.0.len();
        }
        assert_eq!(before, 7);
        let long = KeptRun { name: "n".repeat(60), ..run };
        let columns = Columns::of(std::slice::from_ref(&long), 90);
        assert!(columns.row(&long, 90, true).contains(&long.name) && !columns.row(&long, 90, false).contains(&long.name));
    }

    /// No heading stands above nothing in the chosen row, whose name is whole: a name that the program gave has room beside other columns.
    #[test]
    fn the_chosen_run_has_something_below_every_heading() {
        let about =
            About { study: "names".to_owned(), model: "demo".to_owned(), method: "ig".to_owned(), pairs: "50".to_owned() };
        for length in [NAME, 60] {
            let run = KeptRun {
                name: "n".repeat(length),
                path: std::path::PathBuf::new(),
                when: "2026-11-26 17:50".to_owned(),
                bytes: 2_300_000,
                about: Ok(about.clone()),
            };
            for width in 58..200 {
                let columns = Columns::of(std::slice::from_ref(&run), width);
                let row = columns.row(&run, width, true);
                assert!(fit::width(row.trim_end()) <= width && (width < 80 || row.contains(&run.name)), "{width}: {row}");
                let mut place = 2;
                for (cell, wide) in &columns.0 {
                    let below: String = row.chars().skip(place).take(*wide).collect();
                    let is_reached = !matches!(cell, Cell::When | Cell::Name) && place < 2 + 17 + run.name.len() + 1;
                    assert!(is_reached || !below.trim().is_empty(), "{width}, {cell:?}: {row}");
                    assert!(!is_reached || length > NAME, "{width}, {cell:?}: {row}");
                    place += wide + 1;
                }
                assert!(width < 76 || columns.0.iter().any(|(cell, _)| *cell == Cell::Model), "{width}");
            }
        }
    }

    #[test]
    fn long_lines_about_dropped_pairs_are_broken_and_not_cut() {
        let mut run = study();
        let data = &mut run.manifest.data[0];
        data.source = format!("{}/pairs.json", "a-long-name-of-a-folder/".repeat(6));
        data.lines = 41;
        data.dropped.other_length = 37;
        let mut state = showing(run);
        state.overlay = Some(Overlay::Dropped(0));
        for width in [60, 80, 120] {
            state.setting.size = (width, 30);
            let theme = Theme::new(ThemeName::Dark, true);
            let shown = rows(&screen((width, 30), |frame| draw(&state, &theme, frame.area(), frame))).join("\n");
            assert!(!shown.contains('…') && shown.contains("pairs are used;") && shown.contains("pairs.json"), "{shown}");
        }
    }
}
