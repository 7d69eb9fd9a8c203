//! Pictures as SVG and as PNG. Text in PNG files is drawn with the program's own font, so that it is there on every machine.

use plotters::prelude::*;
use plotters::style::register_font;

use super::paper::{Area, Failure, Paper, Sign, WIDTH, frame, height};
use super::{charts, grids};
use crate::core::escape::visible;
use crate::core::picture::{Content, Picture};
use crate::core::problem::{Problem, Result};

/// See `assets/font/README.md`.
const FONT: &[u8] = include_bytes!("../../../assets/font/NotoSans-subset.ttf");

/// Pixels of a PNG for each unit: sharp on paper at 200 dots per inch, 12 cm wide.
const PNG_SCALE: i32 = 2;

/// The mark in the files, by which a later picture may replace them.
pub const MARK: &str = "picture of a run by saescope";

/// The picture as the text of an SVG file, with its title and caption as `title` and `desc` for screen readers.
pub fn svg(picture: &Picture) -> Result<String> {
    register()?;
    let mut text = String::new();
    {
        let (wide, high) = size(picture);
        let root = SVGBackend::with_string(&mut text, (wide as u32, high as u32)).into_drawing_area();
        draw(&root, Paper { scale: 1 }, picture).map_err(failed)?;
        root.present().map_err(failed)?;
    }
    let start = text.find("<svg").unwrap_or(0);
    let Some(end) = text.get(start..).and_then(|rest| rest.find('>')) else { return Err(failed("it has no svg element")) };
    let words = format!(
        " role=\"img\" aria-label=\"{0}\" data-from=\"{MARK}\"><title>{0}</title><desc>{1}</desc>",
        escaped(&picture.title),
        escaped(&picture.caption.join(" "))
    );
    text.replace_range(start + end..=start + end, &words);
    Ok(visible(&text).into_owned())
}

/// The picture as the bytes of a PNG file, with its caption as the chunk `Description`.
pub fn png(picture: &Picture) -> Result<Vec<u8>> {
    register()?;
    let (wide, high) = size(picture);
    let (wide, high) = ((wide * PNG_SCALE) as u32, (high * PNG_SCALE) as u32);
    let mut pixels = vec![0; wide as usize * high as usize * 3];
    {
        let root = BitMapBackend::with_buffer(&mut pixels, (wide, high)).into_drawing_area();
        draw(&root, Paper { scale: PNG_SCALE }, picture).map_err(failed)?;
        root.present().map_err(failed)?;
    }
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, wide, high);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.add_itxt_chunk("Software".to_owned(), MARK.to_owned()).map_err(failed)?;
    encoder.add_itxt_chunk("Title".to_owned(), picture.title.clone()).map_err(failed)?;
    encoder.add_itxt_chunk("Description".to_owned(), picture.caption.join(" ")).map_err(failed)?;
    let mut writer = encoder.write_header().map_err(failed)?;
    writer.write_image_data(&pixels).map_err(failed)?;
    writer.finish().map_err(failed)?;
    Ok(bytes)
}

/// Text for the inside of an XML element or attribute.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn failed(error: impl std::fmt::Display) -> Problem {
    Problem::new("picture", format_args!("cannot be drawn: {error}"), "report this as a fault")
}

/// plotters keeps fonts by name; sizes of text are measured with this one for SVG files, too.
fn register() -> Result<()> {
    register_font("sans-serif", FontStyle::Normal, FONT).map_err(|_| failed("its font cannot be read"))
}

/// Width and height in units.
fn size(picture: &Picture) -> (i32, i32) {
    let chart = match &picture.content {
        Content::Bars(panels) => panels.iter().map(charts::bars_height).sum(),
        Content::Grids(grids) => grids::height(grids),
        Content::Scatter(_) => charts::SCATTER_HEIGHT,
        Content::Intervals(intervals) => charts::intervals_height(intervals),
    };
    (WIDTH, height(picture, !legend(picture).is_empty(), chart))
}

fn legend(picture: &Picture) -> Vec<(Sign, String)> {
    match &picture.content {
        Content::Bars(panels) => panels.iter().flat_map(charts::bars_legend).collect(),
        Content::Grids(grids) => grids::legend(grids),
        Content::Scatter(scatter) => charts::scatter_legend(scatter),
        Content::Intervals(intervals) => charts::intervals_legend(intervals),
    }
}

fn draw<B: DrawingBackend>(root: &Area<B>, paper: Paper, picture: &Picture) -> std::result::Result<(), Failure<B>> {
    let area = frame(root, paper, picture, &legend(picture))?;
    match &picture.content {
        Content::Bars(panels) => {
            let mut rest = area;
            for panel in panels {
                let (upper, lower) = rest.split_vertically(paper.px(charts::bars_height(panel)));
                charts::bars(&upper, paper, panel)?;
                rest = lower;
            }
            Ok(())
        }
        Content::Grids(grids) => grids::draw(&area, paper, grids),
        Content::Scatter(scatter) => charts::scatter(&area, paper, scatter),
        Content::Intervals(intervals) => charts::intervals(&area, paper, intervals),
    }
}
