//! Tables of coloured cells: one over the whole width, or several side by side on the same axes and scale.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::axes::Names;
use super::charts::{ROW, label_width};
use super::paper::{Area, BLUE, Failure, INK, ORANGE, Paper, Sign, WIDTH, text_width};
use crate::core::picture::{Grid, Scale};

/// The narrowest column of cells that has room for its numbers.
const NUMBER: i32 = 56;

/// Height of the name of a table, where there are several.
const NAME: i32 = 22;

/// Width of the name of the rows.
const DOWN: i32 = 20;

/// Height of the names of the columns.
const COLUMNS: i32 = 26;

/// Height of the name of the columns and of the cells: it stands once, below all tables, since most tables are narrower than it.
const AXIS: i32 = 24;

/// Around each table.
const MARGIN: i32 = 8;

/// Most tables side by side.
const MOST_ACROSS: i32 = 4;

/// The height of all tables.
pub fn height(grids: &[Grid]) -> i32 {
    let Some(first) = grids.first() else { return 0 };
    let name = if first.name.is_empty() { 0 } else { NAME };
    // The name of the rows stands upright beside them.
    let rows = (first.rows.len() as i32 * ROW).max(text_width(&first.down, 13));
    let down = (grids.len() as i32 + across(grids) - 1) / across(grids);
    down * (name + rows + COLUMNS + 2 * MARGIN) + AXIS
}

/// How many tables stand side by side: as many as leave every column room for its number and its name.
fn across(grids: &[Grid]) -> i32 {
    let Some(first) = grids.first() else { return 1 };
    let column = NUMBER.max(longest(&first.columns) + 8);
    let cells = left_of_cells(first) + column * first.columns.len() as i32;
    let name = grids.iter().map(|grid| text_width(&grid.name, 13)).max().unwrap_or(0);
    let one = cells.max(name) + 2 * MARGIN;
    (WIDTH / one).clamp(1, MOST_ACROSS).min(grids.len() as i32)
}

/// Width of the names of the rows. The name of the first column may reach as far to the left of it.
fn left_of_cells(grid: &Grid) -> i32 {
    (DOWN + label_width(&grid.rows)).max(longest(&grid.columns) / 2)
}

/// Width to the right of the cells of a table that is `wide`: the name of the last column is wider than it where names of columns are left out.
fn right_of_cells(grid: &Grid, wide: i32) -> i32 {
    let cells = wide - 2 * MARGIN - left_of_cells(grid);
    let longest = longest(&grid.columns);
    let overhangs = cells / (grid.columns.len().max(1) as i32) < longest;
    if overhangs { (longest / 2).max(MARGIN) } else { MARGIN }
}

fn longest(names: &[String]) -> i32 {
    names.iter().map(|name| text_width(name, 12)).max().unwrap_or(0).max(1)
}

/// The colour of a share of the largest |effect|, from -1 to 1: blue, white, orange.
pub fn heat(share: f64) -> RGBColor {
    let share = if share.is_finite() { share.clamp(-1.0, 1.0) } else { 0.0 };
    let end = if share < 0.0 { BLUE } else { ORANGE };
    let mix = |end: u8| (255.0 + (f64::from(end) - 255.0) * share.abs()).round() as u8;
    RGBColor(mix(end.0), mix(end.1), mix(end.2))
}

/// The signs of the tables: colours with the numbers that they stand for.
pub fn legend(grids: &[Grid]) -> Vec<(Sign, String)> {
    let Some(first) = grids.first() else { return Vec::new() };
    let shares: &[f64] = match first.scale {
        Scale::Largest => &[-1.0, -0.5, 0.0, 0.5, 1.0],
        Scale::Whole => &[0.0, 0.25, 0.5, 0.75, 1.0],
    };
    shares.iter().map(|share| (Sign::Cell(heat(*share)), first.number(share * first.largest(), 3))).collect()
}

/// Draws all tables, row by row.
pub fn draw<B: DrawingBackend>(area: &Area<B>, paper: Paper, grids: &[Grid]) -> Result<(), Failure<B>> {
    let Some(first) = grids.first() else { return Ok(()) };
    let across = across(grids) as usize;
    let (wide, high) = area.dim_in_pixel();
    let (tables, axis) = area.split_vertically(high as i32 - paper.px(AXIS));
    let areas = tables.split_evenly((grids.len().div_ceil(across), across));
    grids.iter().zip(areas).try_for_each(|(grid, area)| one(&area, paper, grid))?;
    let name = format!("{}; cells: {}", first.across, first.axis);
    axis.draw(&Text::new(name, (wide as i32 / 2, paper.px(AXIS / 2)), paper.anchored(13, INK, HPos::Center, VPos::Center)))
}

/// Draws the cells of one table; those that are wide enough hold their number.
fn one<B: DrawingBackend>(area: &Area<B>, paper: Paper, grid: &Grid) -> Result<(), Failure<B>> {
    let mut builder = ChartBuilder::on(area);
    if !grid.name.is_empty() {
        builder.caption(&grid.name, paper.text(13, INK));
    }
    let (whole, _) = area.dim_in_pixel();
    let mut chart = builder
        .margin(paper.px(MARGIN))
        .margin_right(paper.px(right_of_cells(grid, whole as i32 / paper.scale)))
        .x_label_area_size(paper.px(COLUMNS))
        .y_label_area_size(paper.px(left_of_cells(grid)))
        .build_cartesian_2d(Names::across(&grid.columns), Names::down(&grid.rows))?;
    let (wide, _) = chart.plotting_area().dim_in_pixel();
    let column = wide as i32 / paper.px(grid.columns.len().max(1) as i32);
    let labels = (wide as i32 / paper.px(longest(&grid.columns) + 8)).max(1) as usize;
    chart
        .configure_mesh()
        .disable_mesh()
        .x_labels(grid.columns.len().min(labels))
        .y_labels(grid.rows.len())
        .y_desc(&grid.down)
        .label_style(paper.text(12, INK))
        .axis_desc_style(paper.text(13, INK))
        .draw()?;
    let largest = grid.largest();
    for (row, values) in grid.values.iter().enumerate() {
        for (place, value) in values.iter().enumerate() {
            let Some(value) = value.filter(|value| value.is_finite()) else { continue };
            let (left, top) = (place as f64, row as f64);
            let color = heat(if largest > 0.0 { value / largest } else { 0.0 });
            let corners = [(left, top), (left + 1.0, top + 1.0)];
            chart.draw_series([Rectangle::new(corners, color.filled()), Rectangle::new(corners, paper.stroke(WHITE, 1))])?;
            if column >= NUMBER {
                let style = paper.anchored(12, readable_on(color), HPos::Center, VPos::Center);
                chart.draw_series([Text::new(grid.number(value, 3), (left + 0.5, top + 0.5), style)])?;
            }
        }
    }
    Ok(())
}

/// Black or white, whichever has more contrast on `color` by the relative luminance of WCAG 2.1.
fn readable_on(color: RGBColor) -> RGBColor {
    let linear = |part: u8| {
        let part = f64::from(part) / 255.0;
        if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    };
    let luminance = 0.2126 * linear(color.0) + 0.7152 * linear(color.1) + 0.0722 * linear(color.2);
    // Both contrasts are equal at 0.179.
    if luminance > 0.179 { BLACK } else { WHITE }
}
