//! Lists over the panes: kept runs, and dropped pairs.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::fit::{cut, left};
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
    frame.buffer_mut().set_line(inside.x, inside.y, &Line::styled(heading(width), theme.dim), inside.width);
    let rows = usize::from(inside.height).saturating_sub(1);
    let top = list.top(rows);
    for (row, run) in runs.iter().enumerate().skip(top).take(rows) {
        let place = Rect::new(inside.x, inside.y + 1 + (row - top) as u16, inside.width, 1);
        let style = if run.about.is_ok() { theme.text } else { theme.warning };
        frame.buffer_mut().set_line(place.x, place.y, &Line::styled(line(run, width), style), place.width);
        if row == list.cursor {
            frame.buffer_mut().set_string(place.x, place.y, ">", theme.title);
            frame.buffer_mut().set_style(place, theme.cursor);
        }
    }
}

fn heading(width: usize) -> String {
    cut(&cells(["when (UTC)", "study", "model", "method", "pairs", "size", "name"]), width)
}

fn line(run: &KeptRun, width: usize) -> String {
    let (when, size, name) = (run.when.as_str(), bytes(run.bytes), printable(&run.name));
    match &run.about {
        Ok(about) => {
            let [study, model, method, pairs] =
                [&about.study, &about.model, &about.method, &about.pairs].map(|text| printable(text));
            cut(&cells([when, &study, &model, &method, &pairs, &size, &name]), width)
        }
        Err(problem) => cut(&format!("  {} {name}: {}", left(when, 16), problem.what()), width),
    }
}

/// The columns in the order of what tells runs apart; on a narrow screen the last ones are cut.
fn cells([when, study, model, method, pairs, size, name]: [&str; 7]) -> String {
    let [when, study, model, method, pairs, size] =
        [(when, 16), (study, 10), (model, 18), (method, 12), (pairs, 8), (size, 9)].map(|(text, width)| left(text, width));
    format!("  {when} {study} {model} {method} {pairs} {size} {name}")
}

fn dropped_pairs(lines: &[String], top: usize, theme: &Theme, area: Rect, frame: &mut Frame) {
    let inside = open("dropped pairs: Esc closes", theme, area, frame);
    let rows = usize::from(inside.height);
    let top = top.min(lines.len().saturating_sub(rows));
    for (row, line) in lines.iter().skip(top).take(rows).enumerate() {
        let style = if line.starts_with(' ') { theme.text } else { theme.title };
        let line = Line::styled(cut(&format!(" {line}"), usize::from(inside.width)), style);
        frame.buffer_mut().set_line(inside.x, inside.y + row as u16, &line, inside.width);
    }
}
