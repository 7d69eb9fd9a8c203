//! A drawn screen as an SVG picture, and whether two pictures are the same.

use std::fmt::Write;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

/// Width and height of a cell, in pixels.
const CELL: (usize, usize) = (8, 17);

/// Size of the font in pixels, at which the usual ones are as wide as a cell.
const FONT: f64 = 13.28;

/// The background of the dark theme, which is the terminal's own.
const GROUND: &str = "#121212";

/// Two computers round the last digit of a figure and the last bit of a colour differently.
const FIGURE: f64 = 0.000_3;
const CHANNEL: u8 = 6;

fn hex(color: Color) -> Option<String> {
    match color {
        Color::Rgb(red, green, blue) => Some(format!("#{red:02x}{green:02x}{blue:02x}")),
        _ => None,
    }
}

/// The look of a cell: colour of the text, of the ground where it is another than the terminal's, and whether it is bold.
fn look(cell: &Cell) -> (String, Option<String>, bool) {
    (hex(cell.fg).unwrap_or_else(|| "#d0d0d0".to_owned()), hex(cell.bg), cell.modifier.contains(Modifier::BOLD))
}

/// Cells of one look become one text, or several where there are gaps, each stretched to the width of its cells whatever the font.
pub fn svg(buffer: &Buffer) -> String {
    let (columns, rows) = (usize::from(buffer.area.width), usize::from(buffer.area.height));
    let (width, height) = (columns * CELL.0, rows * CELL.1);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-size=\"{FONT}\" \
         font-family=\"ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace\">\n\
         <title>saescope</title>\n<rect width=\"{width}\" height=\"{height}\" fill=\"{GROUND}\"/>\n"
    );
    for y in 0..rows {
        let cells: Vec<&Cell> = (0..columns).map(|x| &buffer[(x as u16, y as u16)]).collect();
        let mut x = 0;
        for run in cells.chunk_by(|left, right| look(left) == look(right)) {
            let (color, ground, bold) = look(run[0]);
            let (left, top, wide) = (x * CELL.0, y * CELL.1, run.len() * CELL.0);
            x += run.len();
            if let Some(ground) = ground {
                writeln!(svg, "<rect x=\"{left}\" y=\"{top}\" width=\"{wide}\" height=\"{}\" fill=\"{ground}\"/>", CELL.1)
                    .unwrap();
            }
            let text: String = run.iter().map(|cell| cell.symbol()).collect();
            let weight = if bold { " font-weight=\"bold\"" } else { "" };
            let base = top + CELL.1 - 4;
            let mut column = 0;
            // Words that stand apart begin where they do on the screen, whatever the font; every other space keeps its width.
            for piece in text.split("  ") {
                let words = piece.trim();
                let before = piece.chars().take_while(|character| *character == ' ').count();
                let (x, wide) = (left + (column + before) * CELL.0, words.chars().count() * CELL.0);
                column += piece.chars().count() + 2;
                if words.is_empty() {
                    continue;
                }
                let words = words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace(' ', "\u{a0}");
                let size = format!("x=\"{x}\" y=\"{base}\" textLength=\"{wide}\"");
                writeln!(svg, "<text {size} lengthAdjust=\"spacingAndGlyphs\" fill=\"{color}\"{weight}>{words}</text>").unwrap();
            }
        }
    }
    svg + "</svg>\n"
}

/// Numbers with a decimal point, colours, and everything between them.
fn parts(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let is_number = |character: char| character.is_ascii_digit() || character == '.';
    let mut before = ' ';
    for character in text.chars() {
        if character == '#' || is_number(character) != is_number(before) || character == '"' {
            parts.push(String::new());
        }
        parts.last_mut().unwrap().push(character);
        before = character;
    }
    parts
}

/// Whether both are the same picture, up to what two computers round differently.
pub fn same(left: &str, right: &str) -> bool {
    let colors = |text: &str| -> Vec<String> { text.split('#').skip(1).map(|rest| rest.chars().take(6).collect()).collect() };
    let channels = |color: &str| u32::from_str_radix(color, 16).map(u32::to_be_bytes).unwrap_or_default();
    let near = |left: &String, right: &String| {
        let pairs = channels(left).into_iter().zip(channels(right));
        pairs.into_iter().all(|(left, right)| left.abs_diff(right) <= CHANNEL)
    };
    let (left_colors, right_colors) = (colors(left), colors(right));
    if left_colors.len() != right_colors.len() || !left_colors.iter().zip(&right_colors).all(|(left, right)| near(left, right)) {
        return false;
    }
    let colorless = |text: &str, colors: &[String]| {
        colors.iter().fold(text.to_owned(), |text, color| text.replace(&format!("#{color}"), "#"))
    };
    same_figures(&colorless(left, &left_colors), &colorless(right, &right_colors))
}

/// Whether both are the same text, up to the last digit of figures.
pub fn same_figures(left: &str, right: &str) -> bool {
    let (left, right) = (parts(left), parts(right));
    let number = |text: &str| text.contains('.').then(|| text.parse::<f64>().ok()).flatten();
    left.len() == right.len()
        && left.iter().zip(&right).all(|(left, right)| match (number(left), number(right)) {
            (Some(left), Some(right)) => (left - right).abs() <= FIGURE,
            _ => left == right,
        })
}
