//! Pictures in lines of characters, in the room that there is: over the screen of the explorer, and printed by `saescope plot`.
//!
//! A sign is always a character or a side of zero, never a colour alone.

use unicode_width::UnicodeWidthStr;

use super::checks::line::{Line, Tone};
use super::checks::table::table;
use crate::core::causal::scatter::{MARKS, SEVERAL, scatter as drawing};
use crate::core::picture::{Bars, Content, Grid, IntervalRow, Intervals, Picture, Scale, Scatter};
use crate::core::text::counted;
use crate::core::uncertainty::Touched;

/// Columns of the longest bar, at least and at most.
const BAR: [usize; 2] = [6, 30];

/// Columns of the axis of intervals, at least and at most.
const AXIS: [usize; 2] = [21, 41];

/// From this many columns on the ends of intervals are numbers, too.
const ROOMY: usize = 74;

/// How a number is shaded by its size, from none to the largest of the grid.
const SHADES: [char; 5] = ['·', '░', '▒', '▓', '█'];

/// What a bar is made of, above and below zero.
pub const ABOVE: char = '█';
/// The same below zero.
pub const BELOW: char = '░';

/// Columns between two cells of a table.
const GAP: usize = 2;

/// The room of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Columns of a line.
    pub columns: usize,
    /// Rows that are seen at once.
    pub rows: usize,
    /// Most features of a scatter plot that are listed below it.
    pub features: usize,
}

impl Room {
    /// As much as a picture takes, where lines and their number do not matter.
    pub const ANY: Self = Self { columns: usize::MAX, rows: usize::MAX, features: usize::MAX };
}

/// The numbers of `picture`, without its title and caption.
pub fn lines(picture: &Picture, room: Room) -> Vec<Line> {
    match &picture.content {
        Content::Bars(panels) => parted(panels.iter().map(|panel| bars(panel, room))),
        Content::Grids(grids) => of_grids(grids, room),
        Content::Scatter(scatter) => of_scatter(scatter, room),
        Content::Intervals(intervals) => of_intervals(intervals, room),
    }
}

/// All parts, an empty line between each two.
fn parted(parts: impl Iterator<Item = Vec<Line>>) -> Vec<Line> {
    let mut lines = Vec::new();
    for part in parts {
        if !lines.is_empty() {
            lines.push(Line::plain(""));
        }
        lines.extend(part);
    }
    lines
}

fn widest<'a>(texts: impl IntoIterator<Item = &'a String>) -> usize {
    texts.into_iter().map(|text| text.width()).max().unwrap_or(0)
}

/// What is measured, then for each group and series the number behind its bar: whole numbers without decimals.
fn bars(bars: &Bars, room: Room) -> Vec<Line> {
    let known = || bars.series.iter().flat_map(|(_, values)| values.iter().copied().flatten());
    let largest = known().fold(0.0_f64, |largest, value| largest.max(value.abs()));
    let whole = known().all(|value| value.fract() == 0.0);
    let number = |value: f64| if whole { format!("{value:.0}") } else { format!("{value:+.4}") };
    let several = bars.series.len() > 1;
    let series = if several { GAP + widest(bars.series.iter().map(|(name, _)| name)) } else { 0 };
    let others = "submodule".len() + series + widest(&known().map(number).collect::<Vec<_>>()) + 2 * GAP;
    let longest = room.columns.saturating_sub(others).clamp(BAR[0], BAR[1]);
    let mut rows = vec![vec!["submodule".to_owned()]];
    rows[0].resize(if several { 4 } else { 3 }, String::new());
    for (group, name) in bars.groups.iter().enumerate() {
        for (place, (series, values)) in bars.series.iter().enumerate() {
            let value = values.get(group).copied().flatten();
            let mut row = vec![if place == 0 { name.clone() } else { String::new() }];
            row.extend(several.then(|| series.clone()));
            row.push(value.map_or_else(String::new, |value| bar(value, largest, longest)));
            row.push(value.map_or_else(String::new, number));
            rows.push(row);
        }
    }
    let left = rows[0].len() - 1;
    let mut lines = vec![Line::title(bars.axis.clone())];
    lines.extend(table(&rows, left, room.columns));
    lines.extend(bars.line.as_ref().map(|(name, value)| Line::plain(format!("{name}: {value:+.4}"))));
    lines
}

/// A bar of full characters for positive numbers, of light ones for negative.
fn bar(value: f64, largest: f64, longest: usize) -> String {
    if largest == 0.0 {
        return String::new();
    }
    let length = (value.abs() / largest * longest as f64).round() as usize;
    String::from(if value < 0.0 { BELOW } else { ABOVE }).repeat(length)
}

/// A table of numbers for each grid, with shades for their sizes, all on one scale.
fn of_grids(grids: &[Grid], room: Room) -> Vec<Line> {
    let Some(first) = grids.first() else { return Vec::new() };
    let mut lines = parted(grids.iter().map(|grid| of_grid(grid, room)));
    let whole = match first.scale {
        Scale::Largest => "the largest",
        Scale::Whole => "one",
    };
    let shades = SHADES.iter().collect::<String>();
    let (across, down, cells) = (&first.across, &first.down, &first.axis);
    let says = format!("across: {across}; down: {down}; cells: {cells}, behind each its share of {whole}: {shades}");
    lines.push(Line::plain(""));
    lines.extend(Line::sentence(&says, Tone::Plain, room.columns));
    lines
}

fn of_grid(grid: &Grid, room: Room) -> Vec<Line> {
    let first = if grid.name.is_empty() { &grid.down } else { &grid.name };
    let largest = grid.largest().max(f64::MIN_POSITIVE);
    let shade = |value: f64| SHADES[((value.abs() / largest).min(1.0) * (SHADES.len() - 1) as f64).round() as usize];
    let cell =
        |value: &Option<f64>| value.map_or_else(String::new, |value| format!("{} {}", grid.number(value, 4), shade(value)));
    let mut rows = vec![[std::slice::from_ref(first), &grid.columns].concat()];
    let row = |(name, values): (&String, &Vec<Option<f64>>)| [name.clone()].into_iter().chain(values.iter().map(cell)).collect();
    rows.extend(grid.rows.iter().zip(&grid.values).map(row));
    table(&rows, 1, room.columns)
}

/// The points in a drawing that is seen at once, if there is room for one, then the points as numbers.
fn of_scatter(scatter: &Scatter, room: Room) -> Vec<Line> {
    let points: Vec<([f64; 2], usize)> = scatter.points.iter().map(|point| (point.at, point.series)).collect();
    let axes = [scatter.axes[0].as_str(), scatter.axes[1].as_str()];
    let mut drawn = drawing(&points, axes, room.columns);
    let series: Vec<String> = scatter.series.iter().zip(MARKS).map(|(name, mark)| format!("{mark} {name}")).collect();
    let legend = format!("{}: {}, {SEVERAL} several in one place; · equal effects; ┄ ┊ zero", scatter.told, series.join(", "));
    let legend = Line::sentence(&legend, Tone::Dim, room.columns);
    // A drawing has a quarter as many rows as columns.
    let hidden = (drawn.len() + legend.len()).saturating_sub(room.rows);
    if hidden > 0 {
        let smaller = widest(&drawn).saturating_sub(4 * hidden);
        drawn = Some(drawing(&points, axes, smaller)).filter(|drawn| !drawn.is_empty()).unwrap_or(drawn);
    }
    let mut lines: Vec<Line> = drawn.into_iter().map(Line::plain).collect();
    if !lines.is_empty() {
        lines.extend(legend);
        lines.push(Line::plain(""));
    }
    let mut rows = vec![["feature", "across", "up", &scatter.told].map(str::to_owned).to_vec()];
    rows.extend(scatter.points.iter().take(room.features).map(|point| {
        let series = scatter.series.get(point.series).cloned().unwrap_or_default();
        let [across, up] = point.at.map(|value| format!("{value:+.4}"));
        vec![point.feature.to_string(), across, up, series]
    }));
    lines.extend(table(&rows, 1, room.columns));
    let left = scatter.points.len().saturating_sub(room.features);
    if left > 0 {
        let says = format!("and {} with smaller effects", counted(left, "feature"));
        lines.extend(Line::sentence(&says, Tone::Dim, room.columns));
    }
    lines.extend(Line::sentence(&format!("across: {}; up: {}", axes[0], axes[1]), Tone::Dim, room.columns));
    lines
}

/// A row of characters for each feature: `├──●─┤` on an axis that holds 0 (`|`).
fn of_intervals(intervals: &Intervals, room: Room) -> Vec<Line> {
    let ends = intervals.rows.iter().flat_map(|row| row.interval.into_iter().flatten().chain([row.effect]));
    let (low, high) = ends.fold((0.0_f64, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
    let numbers =
        |row: &IntervalRow| row.interval.map_or_else(|| "none".to_owned(), |[from, to]| format!("[{from:+.3}, {to:+.3}]"));
    let mark = |row: &IntervalRow| row.holds.map_or("", Touched::mark).to_owned();
    let marks = widest(&intervals.rows.iter().map(mark).collect::<Vec<_>>());
    let roomy = room.columns >= ROOMY;
    let numbered = if roomy { GAP + widest(&intervals.rows.iter().map(numbers).collect::<Vec<_>>()) } else { 0 };
    let names = widest(intervals.rows.iter().map(|row| &row.name));
    let others = names + "+0.0000".len() + numbered + marks + 3 * GAP;
    let cells = room.columns.saturating_sub(others).clamp(AXIS[0], AXIS[1]);
    let place = |value: f64| if high > low { ((value - low) / (high - low) * (cells - 1) as f64).round() as usize } else { 0 };
    let mut rows = vec![vec!["feature".to_owned(), String::new(), "effect".to_owned()]];
    rows[0].extend(roomy.then(|| "95 % interval".to_owned()));
    rows[0].push(String::new());
    for row in &intervals.rows {
        let mut axis = vec![' '; cells];
        if let Some([from, to]) = row.interval {
            axis[place(from)..=place(to)].fill('─');
            axis[place(from)] = '├';
            axis[place(to)] = '┤';
        }
        if axis[place(0.0)] == ' ' {
            axis[place(0.0)] = '|';
        }
        axis[place(row.effect)] = '●';
        let mut shown = vec![row.name.clone(), axis.into_iter().collect(), format!("{:+.4}", row.effect)];
        shown.extend(roomy.then(|| numbers(row)));
        shown.push(mark(row));
        rows.push(shown);
    }
    let threshold = intervals.threshold.map_or_else(String::new, |threshold| format!("threshold {threshold}; "));
    let (zero, limit) = (Touched::Zero.mark(), Touched::Threshold.mark());
    let mut lines = vec![Line::title(intervals.axis.clone())];
    lines.extend(table(&rows, 2, room.columns));
    lines.extend(Line::sentence(
        &format!("{threshold}| is 0, {zero} holds 0, {limit} holds the threshold"),
        Tone::Dim,
        room.columns,
    ));
    lines
}
