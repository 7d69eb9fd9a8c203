//! The figures on the drawn screen, and texts of the manual that repeat them.

use std::collections::BTreeMap;
use std::ops::Range;

use ratatui::buffer::Buffer;

/// The row of the screen that says what is listed.
const LISTED: u16 = 2;

/// The words on the screen, by what they are about.
pub struct Figures {
    /// What is listed, in words.
    listed: String,
    /// The names of the features, strongest first, each with the words behind it: effect, standard error, prompt, effects in other views.
    features: Vec<(String, Vec<String>)>,
    /// Behind the name of each submodule: listed features, sum, share of the error term.
    submodules: BTreeMap<String, Vec<String>>,
}

/// The words of a line, each with its place; bars and borders are none.
fn words(line: &[char]) -> Vec<(Range<usize>, String)> {
    let is_part = |character: &char| !character.is_whitespace() && !('\u{2500}'..='\u{25ff}').contains(character);
    let mut words = Vec::new();
    let mut at = 0;
    for part in line.chunk_by(|left, right| is_part(left) == is_part(right)) {
        if is_part(&part[0]) {
            words.push((at..at + part.len(), part.iter().collect()));
        }
        at += part.len();
    }
    words
}

/// A word of a sentence without the signs around it.
fn bare(word: &str) -> &str {
    word.trim_matches(['`', ',', ':', ';', '(', ')']).trim_end_matches('.')
}

/// The number of digits behind the point; None if the word is no such number.
fn digits(word: &str) -> Option<usize> {
    let (_, behind) = word.split_once('.')?;
    word.parse::<f64>().is_ok().then_some(behind.len())
}

impl Figures {
    pub fn of(screen: &Buffer) -> Self {
        let line =
            |y: u16| -> Vec<char> { (0..screen.area.width).map(|x| screen[(x, y)].symbol().chars().next().unwrap()).collect() };
        let mut found = Self {
            listed: line(LISTED).into_iter().collect::<String>().trim().to_owned(),
            features: Vec::new(),
            submodules: BTreeMap::new(),
        };
        for y in LISTED..screen.area.height {
            let words: Vec<String> = words(&line(y)).into_iter().map(|(_, word)| word).collect();
            if let [name, figures @ ..] = &words[..]
                && ["attn_", "mlp_", "resid_"].iter().any(|kind| name.starts_with(kind))
            {
                found.submodules.insert(name.clone(), figures[..3].to_vec());
            }
            let next = (found.features.len() + 1).to_string();
            if let Some(place) = words.windows(2).position(|pair| pair[0] == next && pair[1].contains("-sm/")) {
                found.features.push((words[place + 1].clone(), words[place + 2..].to_vec()));
            }
        }
        assert!(found.features.len() > 10, "{} features are on the screen", found.features.len());
        found
    }

    pub fn submodules(&self) -> usize {
        self.submodules.len()
    }

    pub fn layers(&self) -> usize {
        self.submodules.keys().filter(|name| name.starts_with("resid_")).count()
    }

    /// A line of `text` that names a listed feature and holds a figure with four digits, if there is one.
    pub fn named<'a>(&self, text: &'a str) -> Option<&'a str> {
        text.lines().find(|line| {
            self.features.iter().any(|(name, _)| line.contains(name)) && line.split(' ').any(|word| digits(bare(word)) == Some(4))
        })
    }

    /// `block` with the figures of the screen: those behind a feature's name, up to the next name, are that feature's, those behind a
    /// submodule's name, in its line, that submodule's.
    ///
    /// # Panics
    /// If the features are not named in the order of the list.
    pub fn renewed(&self, block: &str) -> String {
        let mut seen: Vec<String> = Vec::new();
        let mut behind: Vec<&str> = Vec::new();
        let lines = block.lines().map(|line| {
            let mut line: Vec<char> = line.chars().collect();
            let mut submodule: &[String] = &[];
            let found = words(&line);
            let at = |wanted: &str| found.iter().find(|(_, word)| word == wanted).map(|(place, _)| place);
            if let (Some(start), Some(_), Some(end)) = (at("top"), at("→"), at("submodules")) {
                put(&mut line, start.start..end.end, &self.listed);
            }
            for (place, word) in found {
                let bare = bare(&word);
                if bare.contains("-sm/") {
                    if !seen.iter().any(|name| name == bare) {
                        seen.push(bare.to_owned());
                    }
                    let rank = seen.iter().position(|name| name == bare).unwrap();
                    let (name, figures) = &self.features[rank];
                    assert_eq!(bare, name, "the feature of rank {}", rank + 1);
                    behind = figures.iter().map(String::as_str).collect();
                } else if let Some(figures) = self.submodules.get(bare) {
                    submodule = figures;
                } else if let Some((count, rest)) = submodule.split_first() {
                    let shown = match digits(&word) {
                        Some(digits) => format!("{:+.digits$}", count.parse::<f64>().unwrap()),
                        None => count.clone(),
                    };
                    put(&mut line, place, &shown);
                    submodule = rest;
                } else if digits(bare) == Some(4) || (bare.ends_with("-prompt") && !behind.is_empty()) {
                    let shown = behind.remove(0);
                    let start = place.start + word.find(bare).unwrap();
                    put(&mut line, start..start + bare.chars().count(), shown);
                }
            }
            line.into_iter().collect::<String>() + "\n"
        });
        lines.collect()
    }
}

/// Writes `shown` over the word at `place`, a number up to its last column, another word from its first; everything else stays where it is.
fn put(line: &mut [char], place: Range<usize>, shown: &str) {
    let width = shown.chars().count();
    let is_number = shown.starts_with(|first: char| "+-".contains(first) || first.is_ascii_digit());
    let start = if is_number { place.end.saturating_sub(width) } else { place.start };
    line[place.clone()].fill(' ');
    let free = line.get(start..start + width).is_some_and(|free| free.iter().all(|character| *character == ' '));
    assert!(free, "there is no room for {shown}");
    line[start..start + width].iter_mut().zip(shown.chars()).for_each(|(cell, character)| *cell = character);
}
