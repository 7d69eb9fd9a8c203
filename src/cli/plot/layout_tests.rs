//! No text of a picture lies on another one, and none passes the edge.

use super::draw::svg;
use super::paper::{WIDTH, drawn_width};
use crate::core::picture::{Content, Grid, Picture, Scale};

/// A text of a picture with the rectangle that it fills: left, top, right, bottom.
struct Placed {
    text: String,
    corners: [f64; 4],
}

/// The texts of an SVG file, as the program writes it.
fn texts(svg: &str) -> Vec<Placed> {
    let placed = |element: &str| {
        let (attributes, text) = element.split_once('>').unwrap();
        let attribute = |name: &str| {
            let (_, rest) = attributes.split_once(&format!(" {name}=\"")).unwrap_or_else(|| panic!("{name} in {attributes}"));
            rest.split_once('"').unwrap().0
        };
        let number = |name: &str| attribute(name).parse::<f64>().unwrap();
        let text = text.split_once("</text>").unwrap().0.trim();
        let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&");
        let (x, y, size) = (number("x"), number("y"), number("font-size"));
        let wide = f64::from(drawn_width(&text, size.round() as i32));
        let left = match attribute("text-anchor") {
            "start" => 0.0,
            "middle" => -wide / 2.0,
            _ => -wide,
        };
        // The lines of letters without parts below: an `x` is about half as high as the size.
        let base = match attribute("dy") {
            "0.76em" => 0.76 * size,
            "0.5ex" => 0.27 * size,
            _ => -0.27 * size,
        };
        let (top, bottom) = (base - 0.72 * size, base + 0.2 * size);
        // A quarter turn to the left moves what is right of the point above it.
        let corners = if attributes.contains("rotate(270") {
            [x + top, y - left - wide, x + bottom, y - left]
        } else {
            [x + left, y + top, x + left + wide, y + bottom]
        };
        Placed { text, corners }
    };
    svg.split("<text").skip(1).map(placed).collect()
}

fn expect_room(picture: &Picture, what: &str) {
    let drawn = svg(picture).unwrap();
    let height = drawn.split_once(" height=\"").unwrap().1.split_once('"').unwrap().0.parse::<f64>().unwrap();
    let texts = texts(&drawn);
    for (place, text) in texts.iter().enumerate() {
        let [left, top, right, bottom] = text.corners;
        let is_inside = left >= 0.0 && top >= 0.0 && right <= f64::from(WIDTH) && bottom <= height;
        assert!(is_inside, "{what}: {} at {:?} passes the edge of {WIDTH} x {height}", text.text, text.corners);
        for other in &texts[..place] {
            let [other_left, other_top, other_right, other_bottom] = other.corners;
            let apart = right <= other_left || other_right <= left || bottom <= other_top || other_bottom <= top;
            assert!(apart, "{what}: {} lies on {}, at {:?}", text.text, other.text, text.corners);
        }
    }
}

/// Words of every width: narrow and wide letters, letters that fill two columns, what stands for a space, and none at all.
const WORDS: [&str; 6] = ["The", "W@W@W@W@W@W@W@W…", "il", "␣", "漢字漢字漢字漢…", "·"];

/// Attention of so many heads in a prompt of so many tokens.
fn attention(heads: usize, tokens: usize, word: impl Fn(usize) -> &'static str) -> Picture {
    let names: Vec<String> = (0..tokens).map(|token| format!("{token} {}", word(token))).collect();
    let grid = |head: usize| Grid {
        name: format!("head {head}"),
        axis: "share of attention".to_owned(),
        across: "key: the token that is read".to_owned(),
        down: "query".to_owned(),
        columns: names.clone(),
        rows: names.clone(),
        values: (0..tokens).map(|query| (0..tokens).map(|key| (key <= query).then_some(0.25)).collect()).collect(),
        scale: Scale::Whole,
    };
    Picture {
        title: format!("Attention in layer 11, all {heads} heads: the {}", "W".repeat(40)),
        caption: vec!["WORDS IN CAPITALS ".repeat(30), "Each row is a query, the token that reads.".to_owned()],
        content: Content::Grids((0..heads).map(grid).collect()),
    }
}

#[test]
fn attention_of_any_size_has_room_for_every_text() {
    for heads in [1, 2, 3, 4, 8, 12] {
        for tokens in 1..=20 {
            expect_room(
                &attention(heads, tokens, |token| WORDS[token % WORDS.len()]),
                &format!("{heads} heads, {tokens} tokens"),
            );
        }
    }
    // Words of one width, too: those that decide how many tables stand side by side.
    for word in WORDS {
        for tokens in 1..=20 {
            expect_room(&attention(4, tokens, |_| word), &format!("4 heads, {tokens} tokens {word}"));
        }
    }
}

/// A single table has no name, and its rows are called otherwise than its columns.
#[test]
fn a_map_of_any_size_has_room_for_every_text() {
    for rows in [1, 2, 13] {
        for positions in [1, 2, 7, 20, 60] {
            let words = ["a", "a word of forty columns that is cut off…"];
            let columns = (0..positions).map(|position| format!("{position} {}", words[position % 2]));
            let grid = Grid {
                name: String::new(),
                axis: "sum of effects, male − baseline view, logits".to_owned(),
                across: "position in the prompt, from 0".to_owned(),
                down: "submodule".to_owned(),
                columns: columns.collect(),
                rows: (0..rows).map(|row| format!("mlp_{row}")).collect(),
                values: vec![vec![Some(-1.0); positions]; rows],
                scale: Scale::Largest,
            };
            let (title, caption) = ("Effect by submodule and position: male".to_owned(), vec!["Cells are sums.".to_owned()]);
            expect_room(&Picture { title, caption, content: Content::Grids(vec![grid]) }, &format!("{rows} by {positions}"));
        }
    }
}
