//! What all pictures share: sizes, colours, text, the frame of title, legend and caption around the chart.
//!
//! Colours are told apart by people with colour blindness (Okabe and Ito 2008, darkened until text of the colour has a contrast of 4.5 on
//! white), and none stands alone: bars differ in their filling, points in their shape, cells hold their number.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use unicode_width::UnicodeWidthStr;

use crate::core::picture::Picture;
use crate::core::text::wrap;

/// An area to draw in.
pub type Area<B> = DrawingArea<B, Shift>;

/// What can go wrong with one.
pub type Failure<B> = DrawingAreaErrorKind<<B as DrawingBackend>::ErrorType>;

/// Width of every picture.
pub const WIDTH: i32 = 960;

pub const INK: RGBColor = RGBColor(0x1a, 0x1a, 0x1a);
pub const FAINT: RGBColor = RGBColor(0x66, 0x66, 0x66);
pub const BLUE: RGBColor = RGBColor(0x00, 0x5f, 0x99);
pub const ORANGE: RGBColor = RGBColor(0xa8, 0x4a, 0x00);
pub const GREEN: RGBColor = RGBColor(0x00, 0x70, 0x52);

/// The font's name, in SVG files and in the list of registered fonts.
const FONT: &str = "sans-serif";

/// Characters of a caption on a line of [`WIDTH`].
const CAPTION_COLUMNS: usize = 140;

const MARGIN: i32 = 16;
const TITLE_HEIGHT: i32 = 40;

/// The sizes of a title that is too long and of all others.
const TITLE_SIZES: (i32, i32) = (11, 18);

const LEGEND_HEIGHT: i32 = 26;
const CAPTION_LINE: i32 = 17;

/// How large everything is: pixels of the picture for each unit of length.
#[derive(Debug, Clone, Copy)]
pub struct Paper {
    pub scale: i32,
}

/// One sign of the legend.
#[derive(Debug, Clone, Copy)]
pub enum Sign {
    /// The filling of a bar.
    Bar(usize),
    /// The shape of a point.
    Shape(usize),
    /// A line.
    Line(RGBColor),
    /// A colour of cells.
    Cell(RGBColor),
}

impl Paper {
    /// So many units of length in pixels.
    pub fn px(self, units: i32) -> i32 {
        units * self.scale
    }

    /// Text of a size in units.
    pub fn text(self, size: i32, color: RGBColor) -> TextStyle<'static> {
        // plotters divides the size of a font by 1.24 in SVG files; sizes here are those of the file.
        let font = (FONT, f64::from(size * self.scale) * 1.24).into_font();
        TextStyle { color: color.to_backend_color(), ..TextStyle::from(font) }
    }

    /// Text of which `at` is the anchor.
    pub fn anchored(self, size: i32, color: RGBColor, across: HPos, up: VPos) -> TextStyle<'static> {
        self.text(size, color).pos(Pos::new(across, up))
    }

    /// A line of a width in units.
    pub fn stroke(self, color: RGBColor, width: i32) -> ShapeStyle {
        color.stroke_width(self.px(width) as u32)
    }
}

/// The filling and the outline of the bars of a series.
pub fn bar_styles(paper: Paper, series: usize) -> (ShapeStyle, ShapeStyle) {
    let (filling, outline) = match series % 3 {
        0 => (BLUE, BLUE),
        1 => (RGBColor(0xf2, 0xb0, 0x7a), ORANGE),
        _ => (WHITE, INK),
    };
    (filling.filled(), paper.stroke(outline, 1))
}

/// The whole height of a picture whose chart is `chart` units high.
pub fn height(picture: &Picture, legend: bool, chart: i32) -> i32 {
    let legend = if legend { LEGEND_HEIGHT } else { 0 };
    TITLE_HEIGHT + legend + chart + MARGIN + CAPTION_LINE * caption(picture).len() as i32
}

/// The caption in lines none of which passes the edge.
fn caption(picture: &Picture) -> Vec<String> {
    let text = picture.caption.join(" ");
    let mut columns = CAPTION_COLUMNS;
    loop {
        let lines = wrap(&text, columns);
        let fits = |line: &String| drawn_width(line.trim_end(), 12) <= WIDTH - 2 * MARGIN;
        if columns < 40 || lines.iter().all(fits) {
            return lines;
        }
        columns -= 5;
    }
}

/// The largest usual size at which a title does not pass the edge.
fn title_size(title: &str) -> i32 {
    let fits = |size: &i32| text_width(title, *size) <= WIDTH - 2 * MARGIN;
    (TITLE_SIZES.0..=TITLE_SIZES.1).rev().find(fits).unwrap_or(TITLE_SIZES.0)
}

/// Draws everything around the chart, and returns the area for it.
pub fn frame<B: DrawingBackend>(
    root: &Area<B>,
    paper: Paper,
    picture: &Picture,
    legend: &[(Sign, String)],
) -> Result<Area<B>, Failure<B>> {
    root.fill(&WHITE)?;
    root.draw(&Text::new(
        picture.title.clone(),
        (paper.px(MARGIN), paper.px(MARGIN)),
        paper.text(title_size(&picture.title), INK),
    ))?;
    let mut left = MARGIN;
    for (sign, name) in legend {
        draw_sign(root, paper, *sign, (left, TITLE_HEIGHT + 10))?;
        let style = paper.anchored(13, INK, HPos::Left, VPos::Center);
        root.draw(&Text::new(name.clone(), (paper.px(left + 24), paper.px(TITLE_HEIGHT + 10)), style))?;
        left += 44 + text_width(name, 13);
    }
    let lines = caption(picture);
    let (_, all) = root.dim_in_pixel();
    let caption_top = all as i32 - paper.px(MARGIN / 2 + CAPTION_LINE * lines.len() as i32);
    for (number, line) in lines.iter().enumerate() {
        let at = (paper.px(MARGIN), caption_top + paper.px(CAPTION_LINE * number as i32));
        root.draw(&Text::new(line.trim_end().to_owned(), at, paper.text(12, FAINT)))?;
    }
    let top = TITLE_HEIGHT + if legend.is_empty() { 0 } else { LEGEND_HEIGHT };
    let (_, below) = root.clone().split_vertically(paper.px(top));
    let (chart, _) = below.split_vertically(caption_top - paper.px(top + MARGIN / 2));
    Ok(chart)
}

/// The most units that a text is wide: in the font of PNG files, and by the columns of a terminal in one that a viewer of SVG files takes.
pub fn text_width(text: &str, size: i32) -> i32 {
    drawn_width(text, size).max(text.width() as i32 * size * 3 / 5)
}

/// How many units wide a text is in the program's own font, at the size that SVG files say.
pub fn drawn_width(text: &str, size: i32) -> i32 {
    // plotters measures from the top of the highest letters to the bottom of the lowest, which are further apart than the size.
    const HEIGHT: f64 = 1.362;
    let font = (FONT, f64::from(size) * HEIGHT).into_font();
    font.box_size(text).map_or(0, |(wide, _)| wide as i32 + 1)
}

fn draw_sign<B: DrawingBackend>(root: &Area<B>, paper: Paper, sign: Sign, (left, middle): (i32, i32)) -> Result<(), Failure<B>> {
    let at = |across: i32, up: i32| (paper.px(left + across), paper.px(middle + up));
    match sign {
        Sign::Bar(series) => {
            let (filling, outline) = bar_styles(paper, series);
            root.draw(&Rectangle::new([at(0, -6), at(18, 6)], filling))?;
            root.draw(&Rectangle::new([at(0, -6), at(18, 6)], outline))
        }
        Sign::Cell(color) => {
            root.draw(&Rectangle::new([at(0, -6), at(18, 6)], color.filled()))?;
            root.draw(&Rectangle::new([at(0, -6), at(18, 6)], paper.stroke(FAINT, 1)))
        }
        Sign::Line(color) => root.draw(&PathElement::new([at(0, 0), at(18, 0)], paper.stroke(color, 2))),
        Sign::Shape(0) => root.draw(&TriangleMarker::new(at(9, 0), paper.px(6), BLUE.filled())),
        Sign::Shape(1) => root.draw(&Circle::new(at(9, 0), paper.px(5), GREEN.filled())),
        Sign::Shape(_) => root.draw(&Cross::new(at(9, 0), paper.px(5), paper.stroke(ORANGE, 2))),
    }
}
