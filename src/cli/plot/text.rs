//! Pictures as text for a terminal: the same numbers with bars of characters.

use crate::cli::table::Table;
use crate::core::causal::scatter::{MARKS, SEVERAL, scatter as drawing};
use crate::core::picture::{Bars, Content, Grid, Intervals, Picture, Scale, Scatter};
use crate::core::text::wrap;
use crate::core::uncertainty::Touched;

/// Columns of the longest bar.
const BAR: usize = 30;

/// Columns of the axis of intervals.
const AXIS: usize = 41;

/// How a number is shaded by its size, from none to the largest of the grid.
const SHADES: [char; 5] = ['·', '░', '▒', '▓', '█'];

/// Columns of a caption.
const COLUMNS: usize = 100;

/// Title, numbers and caption.
pub fn text(picture: &Picture) -> String {
    let content = match &picture.content {
        Content::Bars(panels) => panels.iter().map(bars).collect::<Vec<_>>().join("\n"),
        Content::Grids(grids) => of_grids(grids),
        Content::Scatter(scatter) => of_scatter(scatter),
        Content::Intervals(intervals) => of_intervals(intervals),
    };
    let caption: Vec<String> = wrap(&picture.caption.join(" "), COLUMNS).iter().map(|line| line.trim_end().to_owned()).collect();
    format!("{}\n\n{content}\n{}\n", picture.title, caption.join("\n"))
}

/// A column of numbers for each series, with a bar behind each: whole numbers without decimals.
fn bars(bars: &Bars) -> String {
    let known = || bars.series.iter().flat_map(|(_, values)| values.iter().copied().flatten());
    let largest = known().fold(0.0_f64, |largest, value| largest.max(value.abs()));
    let whole = known().all(|value| value.fract() == 0.0);
    let number = |value: f64| if whole { format!("{value:.0}") } else { format!("{value:+.4}") };
    let mut table = Table::new(3, &["submodule", "", "", &bars.axis]);
    for (group, name) in bars.groups.iter().enumerate() {
        for (place, (series, values)) in bars.series.iter().enumerate() {
            let value = values.get(group).copied().flatten();
            let first = if place == 0 { name.clone() } else { String::new() };
            let bar = value.map_or_else(String::new, |value| bar(value, largest));
            let series = if bars.series.len() > 1 { series.clone() } else { String::new() };
            table.push(vec![first, series, bar, value.map_or_else(String::new, number)]);
        }
    }
    let line = bars.line.as_ref().map_or_else(String::new, |(name, value)| format!("{name}: {value:+.4}\n"));
    table.plain() + &line
}

/// A bar of full characters for positive numbers, of light ones for negative.
fn bar(value: f64, largest: f64) -> String {
    if largest == 0.0 {
        return String::new();
    }
    let length = (value.abs() / largest * BAR as f64).round() as usize;
    if value < 0.0 { "░" } else { "█" }.repeat(length)
}

/// A table of numbers for each grid, with shades for their sizes, all on one scale.
fn of_grids(grids: &[Grid]) -> String {
    let tables: Vec<String> = grids.iter().map(of_grid).collect();
    let Some(first) = grids.first() else { return String::new() };
    format!(
        "{}\nacross: {}; down: {}; cells: {}, behind each its share of {}: {}\n",
        tables.join("\n"),
        first.across,
        first.down,
        first.axis,
        match first.scale {
            Scale::Largest => "the largest",
            Scale::Whole => "one",
        },
        SHADES.iter().collect::<String>()
    )
}

fn of_grid(grid: &Grid) -> String {
    let first = if grid.name.is_empty() { &grid.down } else { &grid.name };
    let header: Vec<&str> = [first.as_str()].into_iter().chain(grid.columns.iter().map(String::as_str)).collect();
    let mut table = Table::new(1, &header);
    let largest = grid.largest().max(f64::MIN_POSITIVE);
    let shade = |value: f64| SHADES[((value.abs() / largest).min(1.0) * (SHADES.len() - 1) as f64).round() as usize];
    for (name, values) in grid.rows.iter().zip(&grid.values) {
        let cell = |value: f64| format!("{} {}", grid.number(value, 4), shade(value));
        let values = values.iter().map(|value| value.map_or_else(String::new, cell));
        table.push([name.clone()].into_iter().chain(values).collect());
    }
    table.plain()
}

fn of_scatter(scatter: &Scatter) -> String {
    let mut table = Table::new(1, &["feature", &scatter.axes[0], &scatter.axes[1], &scatter.told]);
    for point in &scatter.points {
        let series = scatter.series.get(point.series).cloned().unwrap_or_default();
        let [across, up] = point.at.map(|value| format!("{value:+.4}"));
        table.push(vec![point.feature.to_string(), across, up, series]);
    }
    let points: Vec<([f64; 2], usize)> = scatter.points.iter().map(|point| (point.at, point.series)).collect();
    let drawn = drawing(&points, [&scatter.axes[0], &scatter.axes[1]], COLUMNS);
    if drawn.is_empty() {
        return table.plain();
    }
    let series: Vec<String> = scatter.series.iter().zip(MARKS).map(|(name, mark)| format!("{mark} {name}")).collect();
    format!(
        "{}\n{}: {}, {SEVERAL} several in one place; · equal effects; ┄ ┊ zero\n\n{}",
        drawn.join("\n"),
        scatter.told,
        series.join(", "),
        table.plain()
    )
}

/// A row of characters for each feature: `├──●─┤` on an axis that holds 0 (`|`).
fn of_intervals(intervals: &Intervals) -> String {
    let ends = intervals.rows.iter().flat_map(|row| row.interval.into_iter().flatten().chain([row.effect]));
    let (low, high) = ends.fold((0.0_f64, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
    let place = |value: f64| if high > low { ((value - low) / (high - low) * (AXIS - 1) as f64).round() as usize } else { 0 };
    let mut table = Table::new(2, &["feature", "", &intervals.axis, "95 % interval", ""]);
    for row in &intervals.rows {
        let mut cells = vec![' '; AXIS];
        if let Some([from, to]) = row.interval {
            cells[place(from)..=place(to)].fill('─');
            cells[place(from)] = '├';
            cells[place(to)] = '┤';
        }
        if cells[place(0.0)] == ' ' {
            cells[place(0.0)] = '|';
        }
        cells[place(row.effect)] = '●';
        let interval = row.interval.map_or_else(|| "none".to_owned(), |[from, to]| format!("[{from:+.3}, {to:+.3}]"));
        let holds = row.holds.map_or("", Touched::mark).to_owned();
        table.push(vec![row.name.clone(), cells.into_iter().collect(), format!("{:+.4}", row.effect), interval, holds]);
    }
    let threshold = intervals.threshold.map_or_else(String::new, |threshold| format!("threshold {threshold}; "));
    format!(
        "{}{threshold}| is 0, {} holds 0, {} holds the threshold\n",
        table.plain(),
        Touched::Zero.mark(),
        Touched::Threshold.mark()
    )
}
