//! The charts themselves.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::axes::{Names, span};
use super::paper::{Area, BLUE, FAINT, Failure, GREEN, INK, ORANGE, Paper, Sign, bar_styles, text_width};
use crate::core::picture::{Bars, IntervalRow, Intervals, Scatter};
use crate::core::uncertainty::Touched;

/// Height of the numbers and the name of the axis below a chart.
const BELOW: i32 = 48;

/// Height of a row of cells, or of one interval.
pub const ROW: i32 = 20;

/// Points of a scatter plot that have their names beside them.
const NAMED: usize = 8;

/// The height of the bars of one panel.
pub fn bars_height(bars: &Bars) -> i32 {
    bars.groups.len() as i32 * bar_group(bars) + BELOW + 8
}

fn bar_group(bars: &Bars) -> i32 {
    match bars.series.len() {
        0 | 1 => 18,
        series => 9 * series as i32 + 6,
    }
}

/// The height of intervals.
pub fn intervals_height(intervals: &Intervals) -> i32 {
    intervals.rows.len().max(1) as i32 * ROW + BELOW + 8
}

/// The height of a scatter plot.
pub const SCATTER_HEIGHT: i32 = 640;

/// The chart of values across and names down, with its axes.
fn named_chart<'a, B: DrawingBackend + 'a>(
    area: &Area<B>,
    paper: Paper,
    values: std::ops::Range<f64>,
    names: &[String],
    axis: &str,
) -> Result<ChartContext<'a, B, Cartesian2d<plotters::coord::types::RangedCoordf64, Names>>, Failure<B>> {
    let mut chart = ChartBuilder::on(area)
        .margin(paper.px(8))
        .x_label_area_size(paper.px(BELOW - 8))
        .y_label_area_size(paper.px(label_width(names)))
        .build_cartesian_2d(values, Names::down(names))?;
    chart
        .configure_mesh()
        .disable_y_mesh()
        .x_labels(9)
        .y_labels(names.len().max(1))
        .x_desc(axis)
        .label_style(paper.text(12, INK))
        .axis_desc_style(paper.text(13, INK))
        .light_line_style(WHITE)
        .draw()?;
    Ok(chart)
}

/// The width of a column of names.
pub fn label_width(names: &[String]) -> i32 {
    16 + names.iter().map(|name| text_width(name, 12)).max().unwrap_or(0)
}

/// The signs of a panel of bars, with their names.
pub fn bars_legend(bars: &Bars) -> Vec<(Sign, String)> {
    let series = bars.series.iter().enumerate().map(|(number, (name, _))| (Sign::Bar(number), name.clone()));
    let line = bars.line.as_ref().map(|(name, value)| (Sign::Line(GREEN), format!("{name} {value:+.4}")));
    if bars.series.len() + usize::from(line.is_some()) < 2 { Vec::new() } else { series.chain(line).collect() }
}

/// Draws one panel of bars.
pub fn bars<B: DrawingBackend>(area: &Area<B>, paper: Paper, bars: &Bars) -> Result<(), Failure<B>> {
    let values = bars.series.iter().flat_map(|(_, values)| values.iter().copied().flatten());
    let values = span(values.chain(bars.line.iter().map(|(_, value)| *value)));
    let mut chart = named_chart(area, paper, values, &bars.groups, &bars.axis)?;
    let each = 0.8 / bars.series.len().max(1) as f64;
    for (number, (_, values)) in bars.series.iter().enumerate() {
        let (filling, outline) = bar_styles(paper, number);
        for (group, value) in values.iter().enumerate() {
            let Some(value) = value else { continue };
            let top = group as f64 + 0.1 + each * number as f64;
            let corners = [(0.0, top), (*value, top + each)];
            chart.draw_series([Rectangle::new(corners, filling), Rectangle::new(corners, outline)])?;
        }
    }
    let down = bars.groups.len() as f64;
    let line = bars.line.iter().map(|(_, value)| (*value, paper.stroke(GREEN, 2)));
    for (value, style) in line.chain([(0.0, paper.stroke(INK, 1))]) {
        chart.draw_series([PathElement::new([(value, 0.0), (value, down)], style)])?;
    }
    Ok(())
}

/// The signs of a scatter plot.
pub fn scatter_legend(scatter: &Scatter) -> Vec<(Sign, String)> {
    let name = |(number, name): (usize, &String)| (Sign::Shape(number), format!("{} {name}", scatter.told));
    let shapes = scatter.series.iter().enumerate().map(name);
    shapes.chain([(Sign::Line(FAINT), "equal effects".to_owned())]).collect()
}

/// Draws the points; the first have their names beside them.
pub fn scatter<B: DrawingBackend>(area: &Area<B>, paper: Paper, scatter: &Scatter) -> Result<(), Failure<B>> {
    let along = |axis: usize| span(scatter.points.iter().map(move |point| point.at[axis]));
    let (across, up) = (along(0), along(1));
    let mut chart = ChartBuilder::on(area)
        .margin(paper.px(8))
        .x_label_area_size(paper.px(BELOW - 8))
        .y_label_area_size(paper.px(64))
        .build_cartesian_2d(across.clone(), up.clone())?;
    chart
        .configure_mesh()
        .light_line_style(WHITE)
        .x_labels(9)
        .y_labels(9)
        .x_desc(&scatter.axes[0])
        .y_desc(&scatter.axes[1])
        .label_style(paper.text(12, INK))
        .axis_desc_style(paper.text(13, INK))
        .draw()?;
    let (low, high) = (across.start.max(up.start), across.end.min(up.end));
    for (ends, color) in [
        ([(low, low), (high, high)], FAINT),
        ([(0.0, up.start), (0.0, up.end)], INK),
        ([(across.start, 0.0), (across.end, 0.0)], INK),
    ] {
        chart.draw_series([PathElement::new(ends, paper.stroke(color, 1))])?;
    }
    for (number, point) in scatter.points.iter().enumerate().rev() {
        let at = (point.at[0], point.at[1]);
        match point.series {
            0 => chart.draw_series([TriangleMarker::new(at, paper.px(5), BLUE.filled())]).map(drop)?,
            1 => chart.draw_series([Circle::new(at, paper.px(4), GREEN.filled())]).map(drop)?,
            _ => chart.draw_series([Cross::new(at, paper.px(4), paper.stroke(ORANGE, 2))]).map(drop)?,
        }
        if number < NAMED {
            // Names stay inside the chart.
            let is_right = at.0 > across.start + 0.75 * (across.end - across.start);
            let (side, away) = if is_right { (HPos::Right, -8) } else { (HPos::Left, 8) };
            let style = paper.anchored(11, INK, side, VPos::Center);
            let name = Text::new(point.feature.to_string(), (paper.px(away), 0), style);
            chart.draw_series([EmptyElement::at(at) + name])?;
        }
    }
    Ok(())
}

/// The signs of intervals: the line of the threshold, if there is one.
pub fn intervals_legend(intervals: &Intervals) -> Vec<(Sign, String)> {
    intervals
        .threshold
        .into_iter()
        .map(|threshold| (Sign::Line(ORANGE), format!("threshold, +{threshold} and -{threshold}")))
        .collect()
}

/// Draws every interval as a bar with ends, and the effect as a point.
pub fn intervals<B: DrawingBackend>(area: &Area<B>, paper: Paper, intervals: &Intervals) -> Result<(), Failure<B>> {
    let ends = |row: &IntervalRow| [Some(row.effect), row.interval.map(|[low, _]| low), row.interval.map(|[_, high]| high)];
    let mut values = span(intervals.rows.iter().flat_map(ends).flatten());
    // Room for the words behind the bars.
    values.end += 0.15 * (values.end - values.start);
    let names: Vec<String> = intervals.rows.iter().map(|row| row.name.clone()).collect();
    let mut chart = named_chart(area, paper, values.clone(), &names, &intervals.axis)?;
    let down = names.len() as f64;
    let thresholds = intervals.threshold.iter().flat_map(|threshold| [-threshold, *threshold]);
    let lines = thresholds.map(|value| (value, paper.stroke(ORANGE, 1))).chain([(0.0, paper.stroke(INK, 1))]);
    for (value, style) in lines.filter(|(value, _)| values.contains(value)) {
        chart.draw_series([PathElement::new([(value, 0.0), (value, down)], style)])?;
    }
    for (number, row) in intervals.rows.iter().enumerate() {
        let middle = number as f64 + 0.5;
        if let Some([low, high]) = row.interval {
            let line = |from, to| PathElement::new([from, to], paper.stroke(BLUE, 2));
            let end = |at: f64| line((at, middle - 0.2), (at, middle + 0.2));
            chart.draw_series([line((low, middle), (high, middle)), end(low), end(high)])?;
        }
        chart.draw_series([Circle::new((row.effect, middle), paper.px(4), BLUE.filled())])?;
        let words = match (row.interval, row.holds) {
            (None, _) => "no interval",
            (Some(_), Some(Touched::Zero)) => "holds 0",
            (Some(_), Some(Touched::Threshold)) => "holds threshold",
            (Some(_), None) => continue,
        };
        let right = row.interval.map_or(row.effect, |[_, high]| high).max(row.effect);
        let style = paper.anchored(11, FAINT, HPos::Left, VPos::Center);
        chart.draw_series([EmptyElement::at((right, middle)) + Text::new(words, (paper.px(8), 0), style)])?;
    }
    Ok(())
}
