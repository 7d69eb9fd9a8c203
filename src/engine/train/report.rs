//! The measurements of the training command, and the requirements of the demo model: the program's tests, its documentation and
//! its first impression rest on a model that behaves like a real one.

use super::behaviour::Behaviour;
use super::quality::Quality;
use crate::core::submodule::Submodule;

/// Everything that was measured on the saved files.
#[derive(Debug, Clone)]
pub struct Report {
    /// The seed of everything random.
    pub seed: u32,
    /// Number of optimiser steps of the language model, and of each dictionary.
    pub steps: (usize, usize),
    /// Number of tokens in the vocabulary.
    pub vocabulary: usize,
    /// Mean next-token cross-entropy in nats on held-out text.
    pub held_out_loss: f64,
    /// Behaviour on `data/names.json` with the male prompts as clean.
    pub male: Behaviour,
    /// Behaviour on `data/names.json` with the female prompts as clean.
    pub female: Behaviour,
    /// Behaviour on `data/baseline_names.json`.
    pub baseline: Behaviour,
    /// After the baseline's clean prompts: logit of the prompt's own name minus the mean logit of the other names of its gender.
    pub own_name_lead: f64,
    /// The quality of every dictionary, in submodule order.
    pub dictionaries: Vec<(Submodule, Quality)>,
    /// Per profession: its name, the corpus's share of women, logit\[" she"\] - logit\[" he"\].
    pub professions: Vec<(&'static str, f64, f64)>,
    /// Prompts with their most probable next tokens and the probabilities.
    pub continuations: Vec<(String, Vec<(String, f64)>)>,
    /// Number of features that are in only one of the male and the baseline top 30 (integrated gradients).
    pub lists_differ_in: usize,
    /// Size of the model and the dictionaries in bytes.
    pub bytes: u64,
}

/// A requirement of the demo model, with the measured figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Requirement {
    /// Name of the measured figure.
    pub figure: &'static str,
    /// The accepted values, in words.
    pub wanted: &'static str,
    /// The measured value, as text.
    pub measured: String,
    /// Whether the measured value is accepted.
    pub met: bool,
}

impl Report {
    /// All requirements with their figures.
    pub fn requirements(&self) -> Vec<Requirement> {
        let number = |figure, wanted, value: f64, met| Requirement { figure, wanted, measured: format!("{value:.2}"), met };
        let worst =
            |figure: fn(&Quality) -> f64| self.dictionaries.iter().map(|(_, quality)| figure(quality)).fold(f64::NAN, f64::max);
        let fewest = self.dictionaries.iter().map(|(_, quality)| quality.active).fold(f64::NAN, f64::min);
        let unexplained = worst(|quality| quality.unexplained);
        let most = worst(|quality| quality.active);
        let dead = worst(|quality| quality.dead);
        let mebibytes = self.bytes as f64 / f64::from(1 << 20);
        // `max` and `min` skip NaN, `all` does not.
        let all = |met: fn(&Quality) -> bool| {
            !self.dictionaries.is_empty() && self.dictionaries.iter().all(|(_, quality)| met(quality))
        };
        vec![
            number("mean clean logit difference, male", "at most -2", self.male.clean, self.male.clean <= -2.0),
            number("mean clean logit difference, female", "below 0", self.female.clean, self.female.clean < 0.0),
            number("mean total effect, names", "at least 2", self.male.total_effect(), self.male.total_effect() >= 2.0),
            number(
                "mean total effect, baseline",
                "at least 2",
                self.baseline.total_effect(),
                self.baseline.total_effect() >= 2.0,
            ),
            Requirement {
                figure: "variance unexplained, worst dictionary",
                wanted: "at most 15 %",
                measured: percent(unexplained),
                met: all(|quality| quality.unexplained <= 0.15),
            },
            Requirement {
                figure: "active features a token, all dictionaries",
                wanted: "5 to 40",
                measured: format!("{fewest:.1} to {most:.1}"),
                met: all(|quality| (5.0..=40.0).contains(&quality.active)),
            },
            Requirement {
                figure: "dead features, worst dictionary",
                wanted: "at most 25 %",
                measured: percent(dead),
                met: all(|quality| quality.dead <= 0.25),
            },
            number("size of the model and dictionaries in MiB", "at most 6", mebibytes, mebibytes <= 6.0),
            Requirement {
                figure: "features in only one of the male and baseline top 30",
                wanted: "at least 10",
                measured: self.lists_differ_in.to_string(),
                met: self.lists_differ_in >= 10,
            },
        ]
    }

    /// The requirements as a Markdown table.
    pub fn requirements_table(&self) -> String {
        let rows = self.requirements().into_iter().map(|row| {
            let met = if row.met { "yes" } else { "**no**" };
            [row.figure.to_owned(), row.wanted.to_owned(), row.measured, met.to_owned()]
        });
        table(&["figure", "wanted", "measured", "met"], rows)
    }

    /// The dictionaries as a Markdown table.
    pub fn dictionary_table(&self) -> String {
        let rows = self.dictionaries.iter().map(|(submodule, quality)| {
            [
                submodule.to_string(),
                percent(quality.unexplained),
                percent(quality.unexplained_prompts),
                format!("{:.1}", quality.active),
                percent(quality.dead),
            ]
        });
        let header =
            ["dictionary", "variance unexplained", "of names.json, later tokens", "active features a token", "dead features"];
        table(&header, rows)
    }

    /// The data sets as a Markdown table.
    pub fn behaviour_table(&self) -> String {
        let rows = [("male", self.male), ("female", self.female), ("baseline", self.baseline)].map(|(view, behaviour)| {
            let Behaviour { clean, patch, worst_clean } = behaviour;
            [
                view.to_owned(),
                format!("{clean:.2}"),
                format!("{worst_clean:.2}"),
                format!("{patch:.2}"),
                format!("{:.2}", behaviour.total_effect()),
            ]
        });
        table(&["view", "mean metric, clean", "largest metric, clean", "mean metric, patch", "mean total effect"], rows)
    }
}

/// A Markdown table whose columns also line up in a terminal.
pub fn table<const N: usize>(head: &[&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let mut lines: Vec<[String; N]> = vec![head.map(str::to_owned)];
    lines.extend(rows);
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; N] = std::array::from_fn(width);
    let mut text = String::new();
    for (number, line) in lines.iter().enumerate() {
        let cells: Vec<String> = line.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        text += &row(&cells);
        if number == 0 {
            let rule: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
            text += &row(&rule);
        }
    }
    text
}

fn row(cells: &[String]) -> String {
    format!("| {} |\n", cells.join(" | "))
}

pub fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::core::submodule::SubmoduleKind;

    pub fn example() -> Report {
        let behaviour = Behaviour { clean: -3.0, patch: 2.0, worst_clean: -2.5 };
        let quality = Quality { unexplained: 0.1, unexplained_prompts: 0.12, active: 16.0, dead: 0.01 };
        Report {
            seed: 1,
            steps: (4000, 2500),
            vocabulary: 2000,
            held_out_loss: 1.8,
            male: behaviour,
            female: behaviour,
            baseline: behaviour,
            own_name_lead: 1.5,
            dictionaries: vec![(Submodule::new(SubmoduleKind::Mlp, 0), quality)],
            professions: vec![("nurse", 0.8, 0.7)],
            continuations: vec![("Anna waits because".to_owned(), vec![(" she".to_owned(), 0.5)])],
            lists_differ_in: 12,
            bytes: 1 << 20,
        }
    }

    #[test]
    fn a_missed_requirement_is_named() {
        let mut report = example();
        assert!(report.requirements().iter().all(|requirement| requirement.met));
        report.dictionaries[0].1.active = 50.0;
        report.lists_differ_in = 3;
        let missed: Vec<_> =
            report.requirements().into_iter().filter(|requirement| !requirement.met).map(|row| row.measured).collect();
        assert_eq!(missed, ["50.0 to 50.0", "3"]);
        assert!(report.requirements_table().contains("**no**"));
    }

    #[test]
    fn figures_that_are_not_numbers_miss() {
        let mut report = example();
        report.male.clean = f64::NAN;
        report.dictionaries.clear();
        assert_eq!(report.requirements().iter().filter(|requirement| !requirement.met).count(), 5);
    }
}
