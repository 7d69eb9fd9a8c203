//! `saescope studies`: lists the studies, shows their content, and writes a file to start a new study from.

use std::borrow::Cow;
use std::process::ExitCode;

use serde_json::{Map, Value};

use super::arguments::{NewStudyArguments, ShowStudyArguments, StudiesArguments, StudiesCommand};
use super::output;
use super::table::Table;
use crate::core::format_error::of_json_line;
use crate::core::problem::{Problem, Result};
use crate::core::study::Study;
use crate::core::study_source::{PairSource, StudySource};
use crate::core::text::printable;
use crate::core::view::Direction;
use crate::files::whole;
use crate::store::atomic;
use crate::store::studies::{self, Studies};

/// Runs `studies`.
pub fn studies(arguments: &StudiesArguments) -> Result<ExitCode> {
    match &arguments.command {
        None => list(&Studies::find()),
        Some(StudiesCommand::New(arguments)) => new(arguments),
        Some(StudiesCommand::Show(arguments)) => show(arguments),
    }
}

/// Lists all studies with a name. Faulty files are reported on standard error, and the exit status is then 2.
fn list(studies: &Studies) -> Result<ExitCode> {
    let mut table = Table::new(3, &["study", "views", "about"]);
    let mut push = |study: &Study, about: &str| {
        table.push(vec![printable(&study.name), study.names().join(", "), printable(about)]);
    };
    for study in studies::built_in() {
        push(&study.open()?.study, study.about);
    }
    let mut problems = Vec::new();
    for path in studies.own()? {
        match studies::read(&path) {
            Ok(source) => push(&source.study, &source.study.title),
            Err(problem) => problems.push(problem),
        }
    }
    output::print(&table.plain())?;
    problems.iter().for_each(|problem| output::note(&format!("error: {problem}")));
    Ok(if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(2) })
}

fn new(arguments: &NewStudyArguments) -> Result<ExitCode> {
    atomic::write_new(&arguments.file, studies::TEMPLATE.as_bytes())?;
    let path = arguments.file.display();
    output::print(&printable(&format!("wrote {path}; saescope studies show {path} says what it is")))?;
    output::print("\n")?;
    Ok(ExitCode::SUCCESS)
}

fn show(arguments: &ShowStudyArguments) -> Result<ExitCode> {
    let source = Studies::find().open(&arguments.study)?;
    let text = match &arguments.pairs {
        None => described(&source),
        Some(name) => {
            let view = source.study.view(source.study.named(name)?);
            let list = &source.lists[view.pairs];
            let text = text(list)?;
            match view.direction {
                Direction::Forward => text.into_owned(),
                Direction::Reversed => reversed(&text, &list.name())?,
            }
        }
    };
    output::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// Describes a study in words and tables.
fn described(source: &StudySource) -> String {
    let study = &source.study;
    let mut text = format!("{}: {}\n\n", printable(&study.name), printable(&study.title));
    let mut views = Table::new(5, &["view", "about", "clean", "patch", "pairs"]);
    for view in &study.views {
        let reversed = if view.direction == Direction::Reversed { ", reversed" } else { "" };
        let pairs = format!("{}{reversed}", source.lists[view.pairs].name());
        views.push([view.name.as_str(), &view.label, &view.clean, &view.patch, &pairs].map(printable).to_vec());
    }
    text.push_str(&views.plain());
    match study.compare {
        Some((first, second)) => {
            text.push_str(&format!("\ncompared first: {} and {}\n", study.name(first), study.name(second)));
        }
        None => text.push_str("\none view, nothing to compare\n"),
    }
    if study.tags.0.is_empty() {
        text.push_str("\nno tags\n");
    } else {
        let mut tags = Table::new(3, &["tag", "key", "meaning"]);
        for tag in &study.tags.0 {
            tags.push(vec![tag.name.to_string(), tag.key.to_string(), printable(&tag.meaning)]);
        }
        text.push('\n');
        text.push_str(&tags.plain());
    }
    text
}

/// The lines of a pair list; a file is read.
fn text(list: &PairSource) -> Result<Cow<'_, str>> {
    match list {
        PairSource::Text { text, .. } => Ok(Cow::Borrowed(whole::without_mark(text))),
        PairSource::File(path) => whole::text(path, whole::TAGS).map(Cow::Owned),
    }
}

/// The lines of a pair list with clean and patch exchanged.
fn reversed(text: &str, name: &str) -> Result<String> {
    let mut reversed = String::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let no_pair = |error: serde_json::Error| {
            let what = format_args!("line {} is no JSON object: it {}", index + 1, of_json_line(line.as_bytes(), &error));
            Problem::new(name, what, "correct the line")
        };
        let pair: Map<String, Value> = serde_json::from_str(line).map_err(no_pair)?;
        let exchanged = |key: &str| {
            match key {
                "clean_prefix" => "patch_prefix",
                "patch_prefix" => "clean_prefix",
                "clean_answer" => "patch_answer",
                "patch_answer" => "clean_answer",
                _ => return key.to_owned(),
            }
            .to_owned()
        };
        let value = |key: &String| {
            let partner = exchanged(key);
            let what = format!("line {} has no {partner}", index + 1);
            pair.get(&partner).cloned().ok_or_else(|| Problem::new(name, what, "complete the line"))
        };
        let pair: Map<String, Value> = pair.keys().map(|key| Ok((key.clone(), value(key)?))).collect::<Result<_>>()?;
        reversed.push_str(&serde_json::to_string(&pair).map_err(no_pair)?);
        reversed.push('\n');
    }
    Ok(reversed)
}
