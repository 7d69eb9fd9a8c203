//! `assets/screen.svg`, the picture in the README, is what the program draws of its demo.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use saescope::app::commands;
use saescope::app::message::Message;
use saescope::app::state::{Setting, State, ThemeName};
use saescope::app::update::update;
use saescope::core::findings::Findings;
use saescope::core::neuronpedia::Hosted;
use saescope::core::progress::Event;
use saescope::core::quadrature::Rule;
use saescope::core::request::{Backend, ModelSource, Options, Request, Settings};
use saescope::core::run::{Method, Run};
use saescope::core::selection::Selection;
use saescope::core::tags::TagBook;
use saescope::engine::identity;
use saescope::engine::worker::Job;
use saescope::store::{published, studies};
use saescope::ui;

const SIZE: (u16, u16) = (140, 40);

/// Width and height of a cell, in pixels.
const CELL: (usize, usize) = (8, 17);

/// Size of the font in pixels, at which the usual ones are as wide as a cell.
const FONT: f64 = 13.28;

/// The background of the dark theme, which is the terminal's own.
const GROUND: &str = "#121212";

/// Two computers round the last digit of a figure and the last bit of a colour differently.
const FIGURE: f64 = 0.000_3;
const CHANNEL: u8 = 6;

fn demo() -> Run {
    let request = Request {
        model: ModelSource::Demo,
        study: studies::names().unwrap(),
        options: Options { seed: 12, tokens: None, examples: None },
        settings: Settings { method: Method::Ig, rule: Rule::Riemann, steps: 10, batch: 50, detail: 100 },
        backend: Some(Backend::Native),
        threads: None,
        shard: None,
    };
    let job = Job::start(request).unwrap();
    loop {
        if let Event::Ended(outcome) = job.events().recv().unwrap() {
            return *outcome.unwrap();
        }
    }
}

fn state(run: Run) -> State {
    let subject = identity::subject_of(&run);
    let mut state = State::new(Setting {
        size: SIZE,
        request: None,
        published: Arc::new(published::names().unwrap()),
        keymap: commands::default_keys(),
        theme: ThemeName::Dark,
        true_colour: true,
        theme_chosen: true,
        selection: Selection::TopK(30),
        selection_chosen: true,
        keeps_runs: true,
        no_browser: None,
        home: None,
        log: String::new(),
        offers: Vec::new(),
        hosted: Hosted::default(),
    });
    update(&mut state, Message::RunRead(Ok(Arc::new(Findings::from_run(run, None, subject.clone())))));
    update(&mut state, Message::TagsOpened(Box::new(TagBook::new(subject)), "tags.json".to_owned()));
    state
}

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
fn svg(buffer: &Buffer) -> String {
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
fn same(left: &str, right: &str) -> bool {
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
    let (left, right) = (parts(&colorless(left, &left_colors)), parts(&colorless(right, &right_colors)));
    let number = |text: &str| text.contains('.').then(|| text.parse::<f64>().ok()).flatten();
    left.len() == right.len()
        && left.iter().zip(&right).all(|(left, right)| match (number(left), number(right)) {
            (Some(left), Some(right)) => (left - right).abs() <= FIGURE,
            _ => left == right,
        })
}

/// With `UPDATE_SCREEN=1` the picture is written instead of compared.
#[test]
fn the_picture_in_the_readme_is_what_the_program_draws() {
    let state = state(demo());
    let mut terminal = Terminal::new(TestBackend::new(SIZE.0, SIZE.1)).unwrap();
    terminal.draw(|frame| ui::view(&state, frame)).unwrap();
    let drawn = svg(terminal.backend().buffer());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/screen.svg");
    if std::env::var_os("UPDATE_SCREEN").is_some_and(|update| update == "1") {
        fs::write(&path, &drawn).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        same(&drawn, &kept),
        "assets/screen.svg differs from the screen; write it with: UPDATE_SCREEN=1 cargo test --test picture, and look at it"
    );
}

#[test]
fn a_picture_may_differ_in_the_last_digit_only() {
    let line = |color: &str, figure: &str| format!("<text x=\"8\" fill=\"{color}\">{figure}</text>");
    assert!(same(&line("#102030", "+0.0999"), &line("#112130", "+0.1000")));
    assert!(!same(&line("#102030", "+0.0999"), &line("#102030", "+0.1999")));
    assert!(!same(&line("#102030", "+0.0999"), &line("#902030", "+0.0999")));
    assert!(!same(&line("#102030", "12 pairs"), &line("#102030", "13 pairs")));
}
