//! A run that the explorer has kept by itself, as lists show it.

use std::path::PathBuf;

use super::problem::Problem;
use super::run::{DataRecord, Manifest, default_name};

/// A kept run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRun {
    /// The name, by which commands and lists call it: the file's without its ending.
    pub name: String,
    /// The run file.
    pub path: PathBuf,
    /// When it was computed last, in UTC: `2026-11-26 04:12`.
    pub when: String,
    /// Size of the file in bytes.
    pub bytes: u64,
    /// What it holds, or why it cannot be opened.
    pub about: Result<About, Problem>,
}

/// What a run holds, in the words of lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// The study's name.
    pub study: String,
    /// The model's name.
    pub model: String,
    /// The method, with the points on the path if it has one: `ig 10 steps`, `ig 5 gauss steps`.
    pub method: String,
    /// The number of used pairs of each pair list, and of all where some were dropped: `50 + 48 of 50`.
    pub pairs: String,
}

impl About {
    /// Describes the run with this manifest.
    pub fn of(manifest: &Manifest) -> Self {
        let quadrature = manifest.quadrature().map_or_else(String::new, |quadrature| format!(" {quadrature}"));
        let pairs: Vec<String> = manifest.data.iter().map(DataRecord::used).collect();
        Self {
            study: manifest.study.name.clone(),
            model: manifest.model.name.clone(),
            method: format!("{}{quadrature}", manifest.method),
            pairs: pairs.join(" + "),
        }
    }
}

/// The longest name of a kept run, in bytes; file systems allow 255.
pub const LONGEST_NAME: usize = 200;

/// The name under which a run is kept: model, study and method as in the name of a run file, and the time in UTC, which is written
/// `2026-11-26T04:12:33Z`.
pub fn automatic_name(manifest: &Manifest, time: &str) -> String {
    let safe = |character: char| if character.is_ascii_alphanumeric() || "-_.".contains(character) { character } else { '_' };
    let name: String = default_name(&manifest.model.name, &manifest.study, manifest.method).chars().map(safe).take(120).collect();
    let time: String = time.chars().filter(|character| character.is_ascii_digit() || *character == 'T').collect();
    format!("{}-{time}", name.trim_start_matches(['.', '-']))
}

/// Whether the program gave this name: it ends in a time such as `20261126T041233`, perhaps with a number behind it.
pub fn is_automatic(name: &str) -> bool {
    let is_time = |text: &str| {
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        text.split_once('T').is_some_and(|(day, time)| day.len() == 8 && time.len() == 6 && digits(day) && digits(time))
    };
    let mut parts = name.rsplit('-');
    let last = parts.next().unwrap_or_default();
    let is_number = !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit());
    is_time(last) || (is_number && parts.next().is_some_and(is_time))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_the_program_is_known_by_its_time() {
        for (name, is) in [
            ("saescope-demo-ig-20261126T041233", true),
            ("saescope-demo-ig-20261126T041233-2", true),
            ("20261126T041233", true),
            ("final", false),
            ("final-2", false),
            ("final-20261126", false),
            ("final-20261126T04", false),
            ("", false),
        ] {
            assert_eq!(is_automatic(name), is, "{name}");
        }
    }
}
